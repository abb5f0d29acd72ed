// SPDX-License-Identifier: Apache-2.0
// `rundir pin`.
#include "ops/rundir_pin.hpp"

#include "os/files.hpp"
#include "record/store.hpp"
#include "rundir/remote_retention.hpp"
#include "rundir/retention.hpp"

namespace runlake::ops {
namespace {

// The copy that this machine works in says the same, for what is sent from it is as it is there.
core::Status pin_working_copy(const RundirPinRequest& request, const rundir::RemoteUri& uri) {
    RL_ASSIGN(const std::optional<record::Store> store, record::find_store(request.store));
    const std::string folder = store ? rundir::remote_folder(store->dir, uri) : "";
    if (folder.empty() || !os::exists(folder + "/run.json")) { return core::ok(); }
    RL_ASSIGN(const rundir::RunDir copy, rundir::RunDir::open(folder));
    return request.remove ? rundir::unpin(copy) : rundir::pin(copy, request.reason);
}

}  // namespace

core::Result<RundirPinResponse> rundir_pin(const RundirPinRequest& request) {
    if (rundir::RemoteUri::is_one(request.path)) {
        RL_ASSIGN(const rundir::RemoteUri uri, rundir::RemoteUri::parse(request.path));
        const std::optional<std::string> reason = request.remove ? std::nullopt : std::optional(request.reason);
        RL_TRY(pin_working_copy(request, uri));
        RL_ASSIGN(std::optional<std::string> before, rundir::pin_remote(uri, reason));
        return RundirPinResponse{.path = uri.text(), .before = std::move(before), .now = reason};
    }
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
