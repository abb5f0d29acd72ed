// SPDX-License-Identifier: Apache-2.0
// Jobs that come with the program: configurations to run as they are, or to start one's own from.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::lake {

struct PresetDataset {
    std::string_view name;
    std::string_view query;
};

struct Preset {
    std::string_view name;
    std::string_view about;                       // one sentence
    std::span<const PresetDataset* const> datasets;
    bool is_release = false;                      // for release-site-dashboard
    std::string_view selection = {};              // JSON as a configuration has it; "" for every run
    std::string_view reference = {};              // likewise; "" for none
};

std::span<const Preset> all_presets();
// Errc::usage: there is none of that name; the message has the nearest.
core::Result<const Preset*> find_preset(std::string_view name);
// Its configuration, schema 2.
core::Json preset_config(const Preset& preset);

}  // namespace runlake::lake
