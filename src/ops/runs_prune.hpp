// SPDX-License-Identifier: Apache-2.0
// `runs prune`: forgets runs that started long ago. First a plan to show, then its execution.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/leftovers.hpp"
#include "record/store.hpp"
#include "runs/prune.hpp"

namespace runlake::ops {

struct RunsPruneRequest {
    record::Store store;
    std::int64_t older_than_s = 0;
    core::Timestamp now;
};
struct RunsPrunePlan {
    runs::PrunePlan runs;
    Leftovers leftovers;               // go as well, whatever the age that is asked for
    bool is_empty() const { return runs.runs.empty() && leftovers.paths.empty(); }
};
core::Result<RunsPrunePlan> runs_prune_plan(const RunsPruneRequest& request);

struct RunsPruneResponse {
    RunsPrunePlan plan;
    bool is_done = false;              // false: a dry run
    runs::PruneReport report;
};
core::Result<RunsPruneResponse> runs_prune(const record::Store& store, RunsPrunePlan plan);
core::Json to_json(const RunsPruneResponse& response);

}  // namespace runlake::ops
