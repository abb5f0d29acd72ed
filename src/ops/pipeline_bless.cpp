// SPDX-License-Identifier: Apache-2.0
#include "ops/pipeline_bless.hpp"

#include <memory>
#include <utility>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "os/system.hpp"
#include "pipeline/plan_words.hpp"
#include "record/recorder.hpp"
#include "rundir/publish.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using pipeline::Action;
using pipeline::Decision;
using pipeline::Reason;

void note(record::Recorder& recorder, const BlessedInstance& blessed, const std::string& because) {
    record::LogRecord log{.header = {.run = blessed.run_id, .at = {}, .n = 0}};
    log.note = cat("blessed for key ", blessed.after.hex().substr(0, 12), " (was ", blessed.before.hex().substr(0, 12), "; ", pipeline::describe_changes(blessed.changes),
                   ") because: ", because);
    static_cast<void>(recorder.log(std::move(log)).ok());  // the audit line that counts is in DONE.json
}

core::Result<BlessedInstance> bless(const PipelineState& state, const pipeline::Planner& planner, const Decision& decision, const std::string& because) {
    const rundir::RunDir& run_dir = *state.run_dir;
    const rundir::DoneRecord& before = *decision.previous;
    RL_ASSIGN(const std::unique_ptr<os::Lease> lease, run_dir.take_lease(before.which, "bless a result"));
    RL_ASSIGN(const std::unique_ptr<rundir::Staging> staging, rundir::Staging::begin(run_dir, before.which));
    RL_TRY(rundir::bring({run_dir.path(), before}, *staging));
    rundir::DoneRecord done = before;
    done.key = *decision.key;
    done.inputs = decision.inputs;
    done.finished_at = os::system_clock().now();
    done.blessed_from = before.key.key.hex();
    done.blessed_because = because;
    RL_TRY(pipeline::keep_listings(run_dir, planner.code().of(decision.instance)));
    const rundir::PublishOptions options{.digest_cache = planner.digest_cache(), .expected_manifest = before.manifest, .replace = false};
    RL_ASSIGN(const rundir::DoneRecord published, rundir::publish(run_dir, *staging, std::move(done), options));
    return BlessedInstance{before.which, before.key.key, published.key.key, before.run_id, decision.changes};
}

}  // namespace

core::Result<PipelineBlessResponse> pipeline_bless(const PipelineBlessRequest& request) {
    const std::string because = core::redact_text(core::trim(request.because));
    if (because.empty()) { return Error(Errc::usage, "--because is empty: say why the change does not matter"); }
    std::optional<rundir::RemoteUri> uri;
    std::string folder = request.run_dir;
    std::string store_dir;
    if (rundir::RemoteUri::is_one(request.run_dir)) {
        RL_ASSIGN(const record::Store store, record::open_store(request.store, record::OpenStore::create));
        store_dir = store.dir;
        RL_ASSIGN(RunDirToWorkIn at, bring_run_dir(request.run_dir, store_dir));
        folder = std::move(at.folder);
        uri = std::move(at.uri);
    }
    RL_ASSIGN(const PipelineState state, open_run_dir_state(folder, request.store, request.params));
    PipelineBlessResponse response;
    response.run_dir = request.run_dir == folder ? state.run_dir->path() : request.run_dir;
    RL_ASSIGN(std::unique_ptr<os::Lease> entered, state.run_dir->enter("pipeline bless"));
    bool any = false;
    // One by one: a blessed stage's outputs are what they were, so that what comes after it is judged anew.
    RL_ASSIGN(const PlanNow plan, plan_now(state));
    pipeline::Results results(state.pipeline.graph.instances.size());
    std::unique_ptr<record::Recorder> recorder;
    for (const Decision& planned : plan.decisions) {
        const rundir::StageInstance& which = state.pipeline.graph.instances[planned.instance].which;
        const bool wanted = which.stage == request.stage || which.str() == request.stage;
        Decision decision = planned;
        if (planned.action == Action::wait) { RL_ASSIGN(decision, plan.planner->decide(planned.instance, state.run_dir, results)); }
        results[planned.instance] = decision.result;
        if (!wanted) { continue; }
        any = true;
        if (decision.action != Action::run || decision.reason != Reason::key_differs || !decision.previous) {
            response.left.push_back(cat(which.str(), ": ", pipeline::reason_name(decision.reason), decision.detail.empty() ? "" : cat(" (", decision.detail, ')')));
            continue;
        }
        // What it was made from must be whole: a result is blessed, not repaired.
        core::Result<std::shared_ptr<const pipeline::Available>> whole = pipeline::open_result(*state.run_dir, *decision.previous);
        if (!whole.ok()) { return std::move(whole).take_error(); }
        RL_ASSIGN(BlessedInstance blessed, bless(state, *plan.planner, decision, because));
        if (state.store) {
            if (recorder == nullptr) { recorder = record::Recorder::open(*state.store, {}); }
            note(*recorder, blessed, because);
        }
        results[planned.instance] = whole.value();
        response.blessed.push_back(std::move(blessed));
    }
    if (!any) { return Error(Errc::not_found, cat("blessing ", request.stage, ": the pipeline has no such stage")); }
    if (response.blessed.empty()) { return Error(Errc::conflict, cat("blessing ", request.stage, ": there is nothing to bless: ", core::join(response.left, "; "))); }
    if (uri) {
        entered.reset();
        RL_TRY(send_run_dir(*state.run_dir, *uri, store_dir));
    }
    return response;
}

core::Json to_json(const PipelineBlessResponse& response) {
    core::Json blessed = core::Json::array();
    for (const BlessedInstance& one : response.blessed) {
        core::Json json = core::Json::object();
        json.set("instance", one.which.instance).set("key", one.after.hex()).set("previous_key", one.before.hex()).set("run_id", one.run_id.str());
        blessed.push(json.set("stage", one.which.stage));
    }
    core::Json left = core::Json::array();
    for (const std::string& line : response.left) { left.push(line); }
    return core::Json::object().set("blessed", std::move(blessed)).set("left", std::move(left)).set("run_dir", response.run_dir);
}

}  // namespace runlake::ops
