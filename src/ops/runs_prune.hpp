// SPDX-License-Identifier: Apache-2.0
// `runs prune`: forgets runs that started long ago. First a plan to show, then its execution.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"
#include "runs/prune.hpp"

namespace runlake::ops {

struct RunsPruneRequest {
    record::Store store;
    std::int64_t older_than_s = 0;
    core::Timestamp now;
};
core::Result<runs::PrunePlan> runs_prune_plan(const RunsPruneRequest& request);

struct RunsPruneResponse {
    runs::PrunePlan plan;
    bool is_done = false;              // false: a dry run
    runs::PruneReport report;
};
core::Result<RunsPruneResponse> runs_prune(const record::Store& store, runs::PrunePlan plan);
core::Json to_json(const RunsPruneResponse& response);

}  // namespace runlake::ops
