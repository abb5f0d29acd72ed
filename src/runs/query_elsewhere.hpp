// SPDX-License-Identifier: Apache-2.0
// Runs that no journal here recorded, laid beside the recorded ones for one session: every query finds them in the same tables.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

// What is known of such a run; every column that has no member here is NULL.
struct ElsewhereRun {
    core::RunId id;
    std::string status;                               // a state of record::RunState
    std::string machine;                              // a label
    std::optional<core::Timestamp> started_at;
    std::optional<core::Timestamp> finished_at;
    std::optional<double> duration_seconds;
    std::optional<std::string> code_ref;
    std::vector<std::pair<std::string, core::Json>> params;
    std::optional<std::string> stage;
    std::optional<std::string> tenant;
    std::optional<core::RunId> recorded_as;           // the run that it is where it was recorded: where that is here, this one is left out
};

// Machine ids and what people call them.
using MachineLabels = std::vector<std::pair<std::string, std::string>>;

// Puts temporary views under the names of `runs`, `run_details` and `run_params` in `connection`, which must be a session's and be given no more than once: the recorded
// runs with the label as their machine, and those of `elsewhere` less the ones that are recorded here. Nothing is stored.
core::Status add_elsewhere(sql::Connection& connection, std::span<const ElsewhereRun> elsewhere, const MachineLabels& labels);

}  // namespace runlake::runs
