// SPDX-License-Identifier: Apache-2.0
// The health of a store and of what Runlake stands on: what was looked at, what is wrong, what to do next. Reads only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

enum class Level : std::uint8_t { ok, note, problem };
std::string_view level_name(Level level);

struct Finding {
    std::string area;   // "store", "settings", "journal", "losses", "database", "locks", "clock", "disk", "git"
    Level level = Level::ok;
    std::string text;   // what was found, one sentence
    std::string next;   // what to do about it; "" when there is nothing to do
    core::Json facts = core::Json::object();  // the figures behind the text
};

struct DoctorRequest {
    core::Result<record::Store> store;             // as open_store(existing) answered
    std::optional<core::Error> settings_problem;   // why the settings can't be read
    const core::Clock* clock = nullptr;            // null: the system's
};

struct DoctorResponse {
    std::vector<Finding> findings;   // at least one an area, in the order of the areas
    bool is_well() const;            // no problem among them
};

// Never fails: what can't be looked at is a finding. Reads the whole journal once.
DoctorResponse doctor(const DoctorRequest& request);

}  // namespace runlake::ops
