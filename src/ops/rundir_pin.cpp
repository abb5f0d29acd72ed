// SPDX-License-Identifier: Apache-2.0
// `rundir pin`.
#include "ops/rundir_pin.hpp"

#include "rundir/retention.hpp"

namespace runlake::ops {

core::Result<RundirPinResponse> rundir_pin(const RundirPinRequest& request) {
    RL_ASSIGN(const rundir::RunDir run_dir, rundir::RunDir::open(request.path));
    RundirPinResponse response{.path = run_dir.path(), .before = std::nullopt, .now = std::nullopt};
    RL_ASSIGN(response.before, rundir::pin_reason(run_dir));
    RL_TRY(request.remove ? rundir::unpin(run_dir) : rundir::pin(run_dir, request.reason));
    RL_ASSIGN(response.now, rundir::pin_reason(run_dir));
    return response;
}

core::Json to_json(const RundirPinResponse& response) {
    core::Json json = core::Json::object();
    json.set("path", response.path).set("pinned", response.now.has_value()).set("reason", response.now).set("reason_before", response.before);
    return json;
}

}  // namespace runlake::ops
