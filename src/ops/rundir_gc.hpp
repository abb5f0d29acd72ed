// SPDX-License-Identifier: Apache-2.0
// `rundir gc`: removes run directories that rules let go. First a plan to show, then its execution.
#pragma once

#include <optional>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "rundir/retention.hpp"

namespace runlake::ops {

struct RundirGcRequest {
    std::optional<std::string> runs_dir;       // --runs-dir; else RUNLAKE_RUNS_DIR, else "runs" in the project (or here)
    std::optional<std::string> store;          // --store; what its ledger refers to stays
    rundir::GcRules rules;
};
struct RundirGcPlan {
    std::string base;                          // absolute, or an address
    rundir::GcPlan plan;
};
// Errc::io when not all of the ledger can be read: nothing is planned then.
core::Result<RundirGcPlan> rundir_gc_plan(RundirGcRequest request, const core::Clock& clock);

struct RundirGcResponse {
    RundirGcPlan plan;
    bool is_done = false;                      // false: nothing was removed yet
    rundir::GcResult result;
};
core::Result<RundirGcResponse> rundir_gc(RundirGcPlan plan);
core::Json to_json(const RundirGcResponse& response);

}  // namespace runlake::ops
