// SPDX-License-Identifier: Apache-2.0
// `replay run`: cells of a spec, a recorded run or a stage are run again in fresh processes, and a verdict is given of each.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/replay_targets.hpp"
#include "record/settings.hpp"
#include "record/store.hpp"
#include "replay/verdict.hpp"

namespace runlake::ops {

struct ReplayRunRequest {
    record::Store store;
    record::Settings settings;
    ReplayOf of;
    std::optional<int> replicas;                   // over the spec's
    std::optional<bool> parallel;                  // over the spec's
    std::optional<double> eps_num;                 // without a spec
    std::optional<std::string> events_file;
    std::optional<std::string> event_prefix;
    std::function<void(std::string_view)> say;     // a line for people
    std::function<void(std::string_view)> line;    // an event
};

struct ReplayedCell {
    replay::VerdictRecord verdict;
    std::string path;                              // of the verdict's file
    std::vector<std::string> next;                 // what to do, for people
};

struct ReplayRunResponse {
    std::string session;
    std::vector<ReplayedCell> cells;
    std::vector<std::string> notes;
    int exit_status() const;
};

// Errors: nothing was decided. Errc::interrupted: told to stop.
core::Result<ReplayRunResponse> replay_run(const ReplayRunRequest& request);
core::Json to_json(const ReplayRunResponse& response);

}  // namespace runlake::ops
