// SPDX-License-Identifier: Apache-2.0
// `pipeline status`: what of a run directory's pipeline is made, is being made, and is not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/pipeline_state.hpp"
#include "rundir/state.hpp"

namespace runlake::ops {

struct PipelineStatusRequest {
    std::string run_dir;
    std::optional<std::string> store;
};

struct StatusRow {
    rundir::InstanceStatus status;
    bool nondeterministic = false;
    bool is_declared = true;          // false: the pipeline has it no more
};
struct PipelineStatusResponse {
    PipelineState state;
    rundir::State whole = rundir::State::absent;   // done only when every declared instance is
    std::vector<StatusRow> rows;      // declared ones in the order of the graph, then others
};
core::Result<PipelineStatusResponse> pipeline_status(const PipelineStatusRequest& request);
core::Json to_json(const PipelineStatusResponse& response);

}  // namespace runlake::ops
