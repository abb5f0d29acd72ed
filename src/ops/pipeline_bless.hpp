// SPDX-License-Identifier: Apache-2.0
// `pipeline bless`: says that a change does not matter, so that what a stage made before it stands after it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/pipeline_state.hpp"

namespace runlake::ops {

struct PipelineBlessRequest {
    std::string stage;                 // "fit" or "fit[fold=2020]"
    std::string run_dir;
    std::string because;               // not blank
    std::optional<std::string> store;
    std::vector<std::string> params;
};
struct BlessedInstance {
    rundir::StageInstance which;
    core::Digest before;
    core::Digest after;
    core::RunId run_id;                // that made the result
    std::vector<rundir::ComponentChange> changes;
};
struct PipelineBlessResponse {
    std::string run_dir;
    std::vector<BlessedInstance> blessed;
    std::vector<std::string> left;     // instances that need none, or can't have one, and why
};
// The existing result is published for the key of now, with the reason in its DONE.json and as a note of the run that made it. Errc::usage without a reason;
// not_found for the stage; conflict when there is nothing to bless.
core::Result<PipelineBlessResponse> pipeline_bless(const PipelineBlessRequest& request);
core::Json to_json(const PipelineBlessResponse& response);

}  // namespace runlake::ops
