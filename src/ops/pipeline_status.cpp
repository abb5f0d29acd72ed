// SPDX-License-Identifier: Apache-2.0
#include "ops/pipeline_status.hpp"

#include <algorithm>
#include <utility>

#include "fingerprint/input.hpp"

namespace runlake::ops {

core::Result<PipelineStatusResponse> pipeline_status(const PipelineStatusRequest& request) {
    PipelineStatusResponse response;
    RL_ASSIGN(response.state, open_run_dir_state(request.run_dir, request.store, {}, rundir::FetchDepth::records));
    // Of one in an object store its records are believed: `rundir verify` brings the files.
    const rundir::Check check = response.state.copy->address() ? rundir::Check::records : rundir::Check::files;
    const rundir::RunDir& run_dir = *response.state.run_dir;
    const std::optional<std::string> cache = response.state.store ? std::optional(fingerprint::digests_dir(response.state.store->dir)) : std::nullopt;
    RL_ASSIGN(rundir::RunDirStatus found, rundir::status_of(run_dir, check, cache));
    response.whole = found.state;
    const auto add = [&](rundir::InstanceStatus status, bool declared) -> core::Status {
        RL_ASSIGN(const bool marked, rundir::is_nondeterministic(run_dir, status.which));
        response.rows.push_back({std::move(status), marked, declared});
        return core::ok();
    };
    for (const pipeline::Instance& instance : response.state.pipeline.graph.instances) {
        const auto at = std::find_if(found.instances.begin(), found.instances.end(), [&](const rundir::InstanceStatus& one) { return one.which == instance.which; });
        if (at != found.instances.end()) {
            RL_TRY(add(std::move(*at), true));
            found.instances.erase(at);
            continue;
        }
        rundir::InstanceStatus absent;
        absent.which = instance.which;
        RL_TRY(add(std::move(absent), true));
        if (response.whole == rundir::State::done && !response.state.pipeline.resolved.file.stages[instance.stage].optional) { response.whole = rundir::State::partial; }
    }
    for (rundir::InstanceStatus& other : found.instances) { RL_TRY(add(std::move(other), false)); }
    return response;
}

core::Json to_json(const PipelineStatusResponse& response) {
    core::Json stages = core::Json::array();
    for (const StatusRow& row : response.rows) {
        core::Json one = core::Json::object();
        one.set("declared", row.is_declared);
        core::Json differences = core::Json::array();
        for (const rundir::Difference& difference : row.status.differences) { differences.push(difference.path); }
        one.set("differences", std::move(differences));
        if (row.status.done) {
            const rundir::DoneRecord& done = *row.status.done;
            one.set("bytes", done.bytes).set("files", done.files).set("finished_at", core::format_iso(done.finished_at)).set("inputs_changed", done.inputs_changed);
            one.set("isolation", done.isolation).set("key", done.key.key.hex()).set("run_id", done.run_id.str()).set("cached_from", core::Json(done.cached_from));
        }
        one.set("instance", row.status.which.instance).set("nondeterministic", row.nondeterministic).set("problem", row.status.problem);
        if (row.status.holder) { one.set("pid", std::int64_t{row.status.holder->process.pid}); }
        stages.push(one.set("stage", row.status.which.stage).set("state", rundir::state_name(row.status.state)));
    }
    core::Json json = core::Json::object();
    json.set("experiment_key", response.state.pipeline.resolved.file.experiment_key).set("run_dir", response.state.run_dir_name());
    return json.set("stages", std::move(stages)).set("state", rundir::state_name(response.whole));
}

}  // namespace runlake::ops
