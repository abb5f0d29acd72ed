// SPDX-License-Identifier: Apache-2.0
// Running runs as they can be seen from here: is the recorder alive, and the process it watched? Nothing of it is stored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "os/system.hpp"
#include "runs/query_filter.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

// What a running run is seen to be: "running" (its recorder lives, or that can't be known from this machine), "unwatched" (its recorder is certainly
// gone, its process lives) or "abandoned" (both are certainly gone; `runs recover` will record it).
std::string_view seen_state(os::Liveness recorder, os::Liveness watched);

// Looks at the recorders of the given running runs, or of every running run when `ids` is null. Runs that are as stored are not in the answer.
core::Result<SeenRuns> look_at_running(sql::Connection& connection, const std::vector<core::RunId>* ids);

// The state to show for a run that is stored as `stored`.
std::string shown_state(const core::RunId& id, std::string_view stored, const SeenRuns& seen);

}  // namespace runlake::runs
