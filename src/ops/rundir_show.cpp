// SPDX-License-Identifier: Apache-2.0
// `rundir show` and `rundir verify`.
#include "ops/rundir_show.hpp"

#include <utility>

#include "fingerprint/input.hpp"
#include "ops/remote_run_dir.hpp"
#include "ops/rundir_shared.hpp"
#include "rundir/retention.hpp"

namespace runlake::ops {

core::Result<RundirShowResponse> rundir_show(const RundirShowRequest& request) {
    RL_ASSIGN(const RunDirToRead at, RunDirToRead::open(request.path, request.check == rundir::Check::records ? rundir::FetchDepth::records : rundir::FetchDepth::files));
    RL_ASSIGN(rundir::RunDir run_dir, rundir::RunDir::open(at.path()));
    std::optional<std::string> cache;
    if (request.store_dir) { cache = fingerprint::digests_dir(*request.store_dir); }
    RL_ASSIGN(rundir::RunDirStatus status, rundir::status_of(run_dir, request.check, cache));
    RL_ASSIGN(std::vector<int> attempts, run_dir.attempts());
    RL_ASSIGN(std::optional<std::string> pinned, rundir::pin_reason(run_dir));
    std::string name = at.address().value_or(run_dir.path());
    RundirShowResponse response{.run_dir = std::move(run_dir), .name = std::move(name), .status = std::move(status), .attempts = std::move(attempts), .pinned = std::move(pinned)};
    for (const rundir::InstanceStatus& instance : response.status.instances) {
        if (!instance.done) { continue; }
        response.files += instance.done->files;
        response.bytes += instance.done->bytes;
    }
    return response;
}

core::Json to_json(const RundirShowResponse& response) {
    const rundir::RunDirInfo& info = response.run_dir.info();
    core::Json roots = core::Json::object();
    for (const auto& [name, at] : info.roots) { roots.set(name, at); }
    core::Json attempts = core::Json::array();
    for (const int attempt : response.attempts) { attempts.push(attempt); }
    core::Json instances = core::Json::array();
    for (const rundir::InstanceStatus& instance : response.status.instances) { instances.push(to_json(instance)); }
    core::Json json = core::Json::object();
    json.set("path", response.name)
        .set("run_id", info.run_id.str())
        .set("experiment_key", info.experiment_key)
        .set("created_at", core::format_iso(info.created_at))
        .set("host", info.host)
        .set("pipeline_file", info.pipeline_file)
        .set("config_digest", "sha256:" + info.config_digest.hex())
        .set("roots", std::move(roots))
        .set("state", rundir::state_name(response.status.state))
        .set("pinned", response.pinned)
        .set("attempts", std::move(attempts))
        .set("working", response.status.attempts.living)
        .set("died", response.status.attempts.dead)
        .set("files", response.files)
        .set("bytes", response.bytes)
        .set("stages", std::move(instances));
    return json;
}

}  // namespace runlake::ops
