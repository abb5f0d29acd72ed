// SPDX-License-Identifier: Apache-2.0
#include "ops/pipeline_run.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "core/text.hpp"
#include "fingerprint/code.hpp"
#include "fingerprint/config.hpp"
#include "fingerprint/input.hpp"
#include "os/start_thread.hpp"
#include "os/stop_signal.hpp"
#include "os/system.hpp"
#include "ops/pipeline_ledger.hpp"
#include "ops/remote_run_dir.hpp"
#include "record/recorder.hpp"
#include "rundir/publish.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using pipeline::Action;
using pipeline::Decision;
using pipeline::InstanceOutcome;
using pipeline::InstanceState;

// Looks at the working tree while stages run.
class CodeLook {
  public:
    CodeLook(const record::Store& store, const std::string& project, bool look) {
        start_ = fingerprint::read_code(project);
        fingerprint::CodeOptions options;
        options.stop = [this] { return stop_.load(); };
        if (!look || !start_.repository || start_.commit.empty()) { return; }
        auto thread = os::start_thread([this, store, options] {
            fingerprint::CodeState state = fingerprint::look_at_code(start_, store, options);
            const std::lock_guard lock(mutex_);
            known_ = std::move(state.code_ref);
        });
        if (thread.ok()) { thread_ = std::move(thread).take(); }  // else it stays unknown
    }
    CodeLook(const CodeLook&) = delete;
    CodeLook& operator=(const CodeLook&) = delete;
    ~CodeLook() {
        stop_ = true;
        if (thread_.joinable()) { thread_.join(); }
    }
    std::optional<std::string> at_start() const { return start_.code_ref(); }
    std::optional<std::string> known() {
        const std::lock_guard lock(mutex_);
        return known_;
    }

  private:
    fingerprint::CodeStart start_;
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::optional<std::string> known_;
    std::thread thread_;
};

class PipelineRun {
  public:
    explicit PipelineRun(const PipelineRunRequest& request) : request_(request) {}

    core::Result<PipelineRunResponse> go() {
        const std::int64_t began = os::system_clock().monotonic_ns();
        RL_ASSIGN(OpenPipeline opened, open_pipeline(request_.source));
        response_.pipeline = std::move(opened);
        response_.dry_run = request_.dry_run;
        RL_TRY(find_store());
        RL_TRY(open_run_dir());
        RL_ASSIGN(planner_, pipeline::Planner::begin(resolved(), graph(), plan_options()));
        RL_TRY(check_inputs());
        RL_ASSIGN(response_.plan, pipeline::plan_all(*planner_, graph(), run_dir_));
        if (!request_.dry_run) {
            RL_TRY(execute());
            send();
        }
        response_.seconds = static_cast<double>(os::system_clock().monotonic_ns() - began) / 1e9;
        return std::move(response_);
    }

  private:
    const pipeline::Resolved& resolved() const { return response_.pipeline.resolved; }
    const pipeline::Graph& graph() const { return response_.pipeline.graph; }

    core::Status find_store() {
        core::Result<record::Store> store = record::open_store(request_.store, request_.dry_run ? record::OpenStore::existing : record::OpenStore::create);
        if (store.ok()) {
            store_ = std::move(store).take();
        } else if (!request_.dry_run || store.error().code() != Errc::not_found) {
            return std::move(store).take_error();
        }
        std::optional<Error> problem;
        settings_ = record::Settings::load_tolerant(store_, problem);
        if (problem) {
            if (settings_.mode() == record::Mode::strict) { return *std::move(problem); }
            request_.say(cat("runlake: ", problem->message(), "; the default is used"));
        }
        return core::ok();
    }

    core::Status open_run_dir() {
        if (!request_.run_dir) { return core::ok(); }
        std::string folder = *request_.run_dir;
        if (rundir::RemoteUri::is_one(folder)) {
            if (!store_) { return Error(Errc::not_found, cat("resuming ", folder, ": there is no store to bring it to, and a dry run makes none")); }
            request_.say(cat("bringing ", folder));
            RL_ASSIGN(RunDirToWorkIn place, bring_run_dir(folder, store_->dir));
            folder = std::move(place.folder);
            uri_ = std::move(place.uri);
            response_.address = *request_.run_dir;
        }
        RL_ASSIGN(run_dir_, rundir::RunDir::open(folder));
        if (run_dir_->info().experiment_key != resolved().file.experiment_key) {
            return Error(Errc::conflict, cat("resuming ", run_dir_->path(), ": it is of the experiment \"", run_dir_->info().experiment_key, "\", the pipeline file of \"",
                                             resolved().file.experiment_key, '"'));
        }
        response_.run_dir = run_dir_->path();
        return core::ok();
    }

    const pipeline::PlanOptions& plan_options() {
        plan_options_.only = {request_.only.begin(), request_.only.end()};
        plan_options_.force = {request_.force.begin(), request_.force.end()};
        plan_options_.verify_content = request_.verify_content;
        plan_options_.store_dir = store_ ? store_->dir : "";
        return plan_options_;
    }

    // Everything from outside, before anything runs.
    core::Status check_inputs() const {
        std::string fatal;
        for (const pipeline::Problem& problem : pipeline::preflight(resolved(), graph(), [&](const pipeline::DeclaredPath& read) { return planner_->has_input(read); })) {
            if (problem.fatal && planner_->is_selected(problem.instance)) { fatal += cat(fatal.empty() ? "" : "\n", problem.message); }
        }
        return fatal.empty() ? core::ok() : core::Status(Error(Errc::not_found, std::move(fatal)));
    }

    bool is_nothing_to_do() const {
        return std::all_of(response_.plan.begin(), response_.plan.end(), [](const Decision& decision) {
            return (decision.action == Action::skip && decision.is_current) || decision.action == Action::leave;
        });
    }

    // Whether the view shows every file of what is skipped. A copy, where links can't be, is told by its size.
    bool is_view_whole() const {
        return std::all_of(response_.plan.begin(), response_.plan.end(), [&](const Decision& decision) {
            if (decision.action != Action::skip) { return true; }
            return std::all_of(decision.result->manifest.entries.begin(), decision.result->manifest.entries.end(), [&](const rundir::ManifestEntry& entry) {
                const auto shown = os::stat_path(os::join_path(run_dir_->path(), entry.path));
                const auto made = os::stat_path(os::join_path(decision.result->out, entry.path));
                if (!shown || !made) { return false; }
                const bool same = shown->st_dev == made->st_dev && shown->st_ino == made->st_ino;
                return same || (shown->st_size == made->st_size && !S_ISLNK(os::stat_link(os::join_path(run_dir_->path(), entry.path))->st_mode));
            });
        });
    }

    // The run directory is made, or an attempt noted, only once something is to be done in it.
    core::Status make_run_dir(const core::RunId& id) {
        if (run_dir_) {
            RL_ASSIGN(const std::string original, run_dir_->config());
            if (config_ != original && !is_nothing_to_do()) { RL_TRY(run_dir_->add_attempt(config_)); }
            return core::ok();
        }
        RL_ASSIGN(const std::string base, local_base(resolved().run_dir_base, store_->dir));
        if (!base.starts_with('/')) { return Error(Errc::usage, cat("making a run directory in ", base, ": that is neither a folder nor an object store's address")); }
        rundir::CreateOptions options{.run_id = id,
                                      .experiment_key = resolved().file.experiment_key,
                                      .config_text = config_,
                                      .pipeline_file = os::relative_inside(resolved().file.path, resolved().file.project_root).value_or(os::base_name(resolved().file.path)),
                                      .roots = resolved().roots};
        RL_ASSIGN(run_dir_, rundir::RunDir::create(base, options, os::system_clock()));
        response_.run_dir = run_dir_->path();
        response_.is_new = true;
        RL_ASSIGN(uri_, address_below(resolved().run_dir_base, run_dir_->path()));
        if (uri_) { response_.address = uri_->text(); }
        return core::ok();
    }

    core::Status execute() {
        sigset_t mask;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
        // Before any thread, and before signals are held back.
        RL_ASSIGN(os::GroupGuard guard, os::GroupGuard::start());
        RL_ASSIGN(const os::StopSignal signals, os::StopSignal::install());
        RL_ASSIGN(const std::unique_ptr<pipeline::Stopper> stopper, pipeline::Stopper::make());
        const core::RunId own = os::new_run_id();
        config_ = resolved().config_text();
        RL_TRY(make_run_dir(own));
        RL_ASSIGN(const std::unique_ptr<os::Lease> entered, run_dir_->enter("pipeline run"));
        // An earlier attempt may have died after a result was published, and before the view showed it.
        if (!response_.is_new && (!is_nothing_to_do() || !is_view_whole())) { RL_TRY(rundir::rebuild_view(*run_dir_)); }
        if (request_.begun) { request_.begun(run_dir_->path(), graph(), response_.plan); }

        record::Recorder::Options options;
        options.mode = settings_.mode();
        options.durability = settings_.durability();
        const std::unique_ptr<record::Recorder> recorder = record::Recorder::open(*store_, options);
        CodeLook code(*store_, resolved().file.project_root, !is_nothing_to_do());
        record::Facts facts;
        facts.code_ref = code.at_start();
        facts.config_hash = fingerprint::config_hash_text(config_, "config_resolved");   // by its bytes, which say the same for the same
        RL_ASSIGN(const std::unique_ptr<record::Run> run, recorder->start(make_spec(own, facts)));
        response_.run_id = run->id().str();

        pipeline::ExecuteOptions execution{.resolved = resolved(),
                                           .graph = graph(),
                                           .planner = *planner_,
                                           .plan_options = plan_options_,
                                           .plan = response_.plan,
                                           .run_dir = *run_dir_,
                                           .store = *store_,
                                           .recorder = *recorder,
                                           .pipeline_run = run->id(),
                                           .traceparent = run->traceparent(),
                                           .facts = facts,
                                           .code_ref = [&] { return code.known(); },
                                           .jobs = request_.jobs.value_or(os::usable_processors()),
                                           .log_limit = static_cast<std::uint64_t>(std::max<std::int64_t>(0, settings_.integer("capture.limit"))),
                                           .signal_mask = mask,
                                           .stopper = *stopper,
                                           .guard = guard,
                                           .tell = request_.tell,
                                           .tick = {}};
        execution.tick = [&] {
            signalfd_siginfo info{};
            while (::read(signals.fd(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
                response_.interrupted = true;
                stopper->stop();
                request_.say(stopper->times() == 1 ? "stopping: stages are asked to end (once more: at once)" : "ending stages at once");
            }
            if (request_.tick) { request_.tick(); }
        };
        response_.outcomes = pipeline::execute(execution);
        record::Outcome outcome = own_outcome();
        if (auto known = code.known()) { outcome.facts.code_ref = std::move(known); }
        static_cast<void>(run->finish(std::move(outcome)).ok());  // the recorder says and counts what is lost
        if (options.mode != record::Mode::off) { promote_pipeline(*store_, response_, *run_dir_, run->id(), run->started().header.at, request_.say); }
        return core::ok();
    }

    // What is published goes there, whatever else failed; what was interrupted is sent by the run that resumes it.
    void send() {
        if (!uri_ || response_.interrupted) { return; }
        request_.say(cat("sending to ", uri_->text()));
        core::Result<rundir::Pushed> pushed = send_run_dir(*run_dir_, *uri_, store_->dir);
        if (pushed.ok()) {
            response_.sent = std::move(pushed).take();
        } else {
            response_.not_sent = std::move(pushed).take_error();
        }
    }

    record::RunSpec make_spec(const core::RunId& own, const record::Facts& facts) const {
        record::RunSpec spec;
        // A new directory's own run; a later attempt is one of its own.
        spec.id = own;
        spec.stage = "pipeline";
        spec.tenant = settings_.text_if("tenant");
        spec.argv = request_.argv;
        spec.config_path = request_.source.file;
        spec.tags.set("run_dir", os::base_name(run_dir_->path())).set("experiment_key", resolved().file.experiment_key);
        spec.facts = facts;
        return spec;
    }

    record::Outcome own_outcome() const {
        record::Outcome outcome;
        const int status = response_.exit_status();
        outcome.exit_status = status;
        if (status == 0) { return outcome; }
        outcome.state = status == core::exit_status(Errc::interrupted) ? record::RunState::stopped : record::RunState::failed;
        std::string text;
        for (const InstanceOutcome& one : response_.outcomes) {
            if (!response_.is_problem(one)) { continue; }
            const std::string& why = one.error.empty() ? one.decision.detail : one.error;
            text += cat(text.empty() ? "" : "\n", graph().instances[one.instance].which.str(), ": ", why);
        }
        outcome.error_text = std::move(text);
        return outcome;
    }

    const PipelineRunRequest& request_;
    PipelineRunResponse response_;
    std::optional<record::Store> store_;
    record::Settings settings_;
    std::string config_;   // the resolved pipeline file, once something is run
    std::optional<rundir::RunDir> run_dir_;
    std::optional<rundir::RemoteUri> uri_;
    pipeline::PlanOptions plan_options_;
    std::unique_ptr<pipeline::Planner> planner_;
};

}  // namespace

std::uint64_t PipelineRunResponse::count(InstanceState state) const {
    return static_cast<std::uint64_t>(std::count_if(outcomes.begin(), outcomes.end(), [&](const InstanceOutcome& outcome) { return outcome.state == state; }));
}

bool PipelineRunResponse::is_problem(const InstanceOutcome& outcome) const {
    const pipeline::Instance& instance = pipeline.graph.instances[outcome.instance];
    if (outcome.state == InstanceState::busy || outcome.state == InstanceState::stopped) { return true; }
    if (pipeline.resolved.file.stages[instance.stage].optional) { return false; }
    if (outcome.state == InstanceState::failed) { return true; }
    if (outcome.state != InstanceState::left) { return false; }
    if (outcome.decision.reason == pipeline::Reason::input_missing) { return true; }
    // An input whose stage failed is that stage's problem; one whose stage was not asked for, and is not made, is told here.
    return outcome.decision.reason == pipeline::Reason::input_failed && std::any_of(instance.needs.begin(), instance.needs.end(), [&](std::size_t need) {
               return outcomes[need].decision.reason == pipeline::Reason::not_selected && outcomes[need].decision.result == nullptr;
           });
}

int PipelineRunResponse::exit_status() const {
    const auto any = [&](const auto& test) { return std::any_of(outcomes.begin(), outcomes.end(), test); };
    if (interrupted && any([](const InstanceOutcome& one) { return one.state == InstanceState::stopped; })) { return core::exit_status(Errc::interrupted); }
    if (any([&](const InstanceOutcome& one) { return one.state != InstanceState::busy && is_problem(one); })) { return 1; }
    if (any([](const InstanceOutcome& one) { return one.state == InstanceState::busy; })) { return core::exit_status(Errc::busy); }
    if (not_sent) { return core::exit_status(not_sent->code()); }
    return 0;
}

core::Result<PipelineRunResponse> pipeline_run(const PipelineRunRequest& request) { return PipelineRun(request).go(); }

core::Json to_json(const PipelineRunResponse& response) {
    core::Json json = core::Json::object();
    core::Json stages = core::Json::array();
    if (response.outcomes.empty()) {
        for (const Decision& decision : response.plan) { stages.push(pipeline::to_json(decision, response.pipeline.graph)); }
    }
    for (const InstanceOutcome& outcome : response.outcomes) {
        core::Json one = pipeline::to_json(outcome.decision, response.pipeline.graph);
        one.set("state", pipeline::state_name(outcome.state)).set("seconds", outcome.seconds).set("isolation", outcome.isolation);
        if (outcome.run_id) { one.set("run_id", outcome.run_id->str()); }
        if (!outcome.error.empty()) { one.set("error", outcome.error); }
        one.set("inputs_changed", outcome.inputs_changed);
        core::Json paths = core::Json::array();
        for (const rundir::Difference& difference : outcome.nondeterministic) { paths.push(difference.path); }
        one.set("nondeterministic", std::move(paths));
        stages.push(std::move(one));
    }
    core::Json counts = core::Json::object();
    for (const InstanceState state : {InstanceState::done, InstanceState::reused, InstanceState::skipped, InstanceState::failed, InstanceState::stopped, InstanceState::busy, InstanceState::left}) {
        counts.set(pipeline::state_name(state), response.count(state));
    }
    json.set("counts", std::move(counts)).set("dry_run", response.dry_run).set("experiment_key", response.pipeline.resolved.file.experiment_key);
    if (response.address) {
        core::Json sent;
        if (response.sent) { sent.set("results", std::uint64_t{response.sent->results}).set("bytes", response.sent->bytes); }
        json.set("address", *response.address).set("sent", std::move(sent)).set("not_sent", response.not_sent ? core::Json(response.not_sent->message()) : core::Json());
    }
    json.set("is_new", response.is_new).set("run_dir", core::Json(response.run_dir)).set("run_id", core::Json(response.run_id)).set("seconds", response.seconds);
    json.set("stages", std::move(stages));
    return json;
}

}  // namespace runlake::ops
