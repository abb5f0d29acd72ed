// SPDX-License-Identifier: Apache-2.0
// One instance from its decision to its published result.
#include <sys/wait.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/text.hpp"
#include "os/system.hpp"
#include "pipeline/execute.hpp"
#include "pipeline/input_digests.hpp"
#include "pipeline/plan_words.hpp"
#include "pipeline/stage_sandbox.hpp"
#include "pipeline/workspace_watch.hpp"
#include "record/run_outcome.hpp"
#include "rundir/manifest.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;
using core::Errc;
using record::RunState;

constexpr int k_reuse_attempts = 5;

// Of the key, what was read: the fingerprint of a stage's inputs, wherever they came from.
std::optional<std::string> input_fingerprint(const rundir::StageKey& key) {
    core::FieldHash hash("stage_inputs/1");
    bool any = false;
    for (const rundir::KeyComponent& component : key.components) {
        if (component.kind != rundir::ComponentKind::input) { continue; }
        hash.field(component.name, component.value);
        any = true;
    }
    return any ? std::optional(cat("stage_inputs/1:", hash.finish().hex())) : std::nullopt;
}

std::string seconds_text(std::chrono::milliseconds limit) { return cat(core::format_float(static_cast<double>(limit.count()) / 1000.0), " s"); }

class InstanceRun {
  public:
    InstanceRun(const ExecuteOptions& options, std::size_t index, Results& results, const std::function<void()>& started)
        : options_(options),
          index_(index),
          instance_(options.graph.instances[index]),
          stage_(options.resolved.file.stages[instance_.stage]),
          results_(results),
          started_(started),
          places_{options.resolved, options.graph, options.run_dir, options.store} {
        outcome_.instance = index;
    }

    InstanceOutcome go() {
        const core::Status done = attempt();
        if (!done.ok()) {
            outcome_.state = is_taken_ ? InstanceState::busy : InstanceState::failed;
            outcome_.error = done.error().message();
        }
        return std::move(outcome_);
    }

  private:
    core::Status decide() {
        RL_ASSIGN(outcome_.decision, options_.planner.decide(index_, options_.run_dir, results_));
        return core::ok();
    }

    core::Status attempt() {
        RL_TRY(decide());
        if (outcome_.decision.action == Action::leave) {
            outcome_.state = InstanceState::left;
            results_[index_] = outcome_.decision.result;
            return core::ok();
        }
        if (outcome_.decision.action == Action::skip && outcome_.decision.is_current) { return skip(); }
        core::Result<std::unique_ptr<os::Lease>> taken = options_.run_dir.take_lease(instance_.which, cat("run stage ", instance_.which.str()));
        is_taken_ = !taken.ok() && taken.error().code() == Errc::busy;
        RL_ASSIGN(const std::unique_ptr<os::Lease> lease, std::move(taken));
        // Another process may have been at it until now.
        RL_TRY(decide());
        switch (outcome_.decision.action) {
            case Action::skip: return skip();
            case Action::reuse: {
                for (int i = 0; i < k_reuse_attempts; ++i) {
                    RL_ASSIGN(const Reused reused, reuse());
                    if (reused == Reused::yes) { return core::ok(); }
                    if (reused == Reused::no) { break; }
                }
                return run_attempts();
            }
            case Action::run: return run_attempts();
            default: outcome_.state = InstanceState::left; return core::ok();
        }
    }

    core::Status skip() {
        const Decision& decision = outcome_.decision;
        if (!decision.is_current) {
            RL_TRY(rundir::set_current(options_.run_dir, instance_.which, decision.key->key));
            RL_TRY(rundir::rebuild_view(options_.run_dir));
        }
        outcome_.state = InstanceState::skipped;
        results_[index_] = decision.result;
        return core::ok();
    }

    // --- recording -------------------------------------------------------------------------------------------------------------------------

    record::RunSpec make_spec(const std::vector<std::string>& argv, int attempt) {
        record::RunSpec spec;
        spec.id = os::new_run_id();
        spec.stage = stage_.name;
        spec.parent = options_.pipeline_run;
        spec.traceparent = options_.traceparent;
        spec.argv = argv;
        for (const rundir::KeyComponent& component : outcome_.decision.key->components) {
            if (component.kind == rundir::ComponentKind::input) { spec.inputs.push_back({component.name, component.value, bytes_of(component.name)}); }
        }
        spec.params = stage_.params;
        spec.tags.set("run_dir", os::base_name(options_.run_dir.path())).set("reason", reason_name(outcome_.decision.reason));
        if (instance_.which.instance != "-") { spec.tags.set("instance", instance_.which.instance); }
        for (const auto& [name, value] : instance_.dimensions) { spec.tags.set(name, value); }
        if (attempt > 0) { spec.tags.set("attempt", std::to_string(attempt + 1)); }
        spec.facts = options_.facts;
        spec.facts.input_fingerprint = input_fingerprint(*outcome_.decision.key);
        return spec;
    }
    std::optional<std::uint64_t> bytes_of(const std::string& name) const {
        for (const rundir::OutsideFile& file : outcome_.decision.inputs) {
            if (file.name == name) { return file.bytes; }
        }
        return std::nullopt;
    }

    record::Outcome final_facts(record::Outcome outcome) const {
        if (auto code_ref = options_.code_ref ? options_.code_ref() : std::nullopt) { outcome.facts.code_ref = std::move(code_ref); }
        return outcome;
    }

    rundir::DoneRecord make_done(const core::RunId& run_id, core::Timestamp started_at) const {
        std::vector<std::string> writes;
        for (const DeclaredPath& write : instance_.writes) { writes.push_back(write.logical()); }
        return rundir::DoneRecord{.which = instance_.which,
                                  .key = *outcome_.decision.key,
                                  .run_id = run_id,
                                  .published_by = run_id,
                                  .started_at = started_at,
                                  .finished_at = os::system_clock().now(),
                                  .isolation = outcome_.isolation,
                                  .inputs = outcome_.decision.inputs,
                                  .writes = std::move(writes)};
    }

    core::Status take_result(const rundir::DoneRecord& done) {
        RL_ASSIGN(results_[index_], open_result(options_.run_dir, done));
        return core::ok();
    }

    // --- reuse -----------------------------------------------------------------------------------------------------------------------------

    // no: what was to be brought is not what it was published as, so the stage runs. again: another process linked to the same files meanwhile, which changes their stamps.
    enum class Reused : std::uint8_t { yes, no, again };
    core::Result<Reused> reuse() {
        const rundir::Elsewhere& from = *outcome_.decision.elsewhere;
        RL_ASSIGN(const std::unique_ptr<rundir::Staging> staging, rundir::Staging::begin(options_.run_dir, instance_.which));
        if (!rundir::bring(from, *staging).ok()) { return Reused::no; }
        RL_ASSIGN(const std::unique_ptr<record::Run> run, options_.recorder.start(make_spec(instance_.command, 0)));
        outcome_.run_id = run->id();
        rundir::DoneRecord done = make_done(from.done.run_id, os::system_clock().now());
        done.published_by = run->id();
        done.cached_from = os::base_name(from.run_dir);
        done.isolation = from.done.isolation;
        done.workspace = from.done.workspace;
        rundir::PublishOptions publish{.digest_cache = options_.planner.digest_cache(), .expected_manifest = from.done.manifest, .replace = false};
        core::Result<rundir::DoneRecord> published = rundir::publish(options_.run_dir, *staging, done, publish);
        record::Outcome end;
        if (!published.ok()) {
            end.state = RunState::failed;
            end.error_text = cat("reusing the result of ", *done.cached_from, ": ", published.error().message());
            static_cast<void>(run->finish(final_facts(std::move(end))).ok());
            if (published.error().code() == Errc::corrupt) { return Reused::no; }
            if (published.error().code() == Errc::busy) { return Reused::again; }
            return std::move(published).take_error();
        }
        end.state = RunState::cached;
        end.cached_from = from.done.run_id.str();
        static_cast<void>(run->finish(final_facts(std::move(end))).ok());
        remember(published.value());
        outcome_.state = InstanceState::reused;
        outcome_.isolation = from.done.isolation;
        RL_TRY(take_result(published.value()));
        return Reused::yes;
    }

    void remember(const rundir::DoneRecord& done) const {
        // Derived: without the pointer nobody reuses it, and that is all.
        if (!options_.store.dir.empty()) { static_cast<void>(rundir::remember(options_.store.dir, options_.run_dir, done).ok()); }
    }

    // --- running ---------------------------------------------------------------------------------------------------------------------------

    core::Status run_attempts() {
        if (started_) { started_(); }
        for (int attempt = 0;; ++attempt) {
            RL_TRY(run_once(attempt));
            if (outcome_.state != InstanceState::failed || attempt >= stage_.retries || options_.stopper.times() > 0) { return core::ok(); }
        }
    }

    std::vector<std::string> command(const rundir::Staging& staging) const {
        PlaceNames names = {{"run_dir", options_.run_dir.path()}, {"out", staging.out()}, {"project", options_.resolved.file.project_root}};
        names.insert(names.end(), options_.resolved.roots.begin(), options_.resolved.roots.end());
        std::vector<std::string> argv;
        for (const std::string& word : instance_.command) { argv.push_back(fill_places(word, names)); }
        return argv;
    }

    std::vector<std::pair<std::string, std::optional<std::string>>> environment(const rundir::Staging& staging, const core::RunId& id, bool confined) const {
        std::vector<std::pair<std::string, std::optional<std::string>>> variables;
        for (const auto& [name, value] : stage_.env) {
            if (value) { variables.emplace_back(name, value); }
        }
        variables.emplace_back("RUNLAKE_RUN_DIR", options_.run_dir.path());
        variables.emplace_back("RUNLAKE_OUT", staging.out());
        variables.emplace_back("TMPDIR", staging.tmp());
        variables.emplace_back("RUNLAKE_RUN_ID", id.str());
        if (!options_.store.dir.empty()) { variables.emplace_back("RUNLAKE_STORE", options_.store.dir); }
        variables.emplace_back("TRACEPARENT", std::nullopt);
        // It could not keep them beside the sources: it need not try.
        if (confined && !os::env("PYTHONDONTWRITEBYTECODE")) { variables.emplace_back("PYTHONDONTWRITEBYTECODE", "1"); }
        return variables;
    }

    core::Result<std::unique_ptr<os::Sandbox>> make_sandbox(const rundir::Staging& staging) {
        outcome_.isolation = "checked";
        std::unique_ptr<os::Sandbox> none;
        if (stage_.sandbox_off) { return none; }
        core::Result<std::unique_ptr<os::Sandbox>> sandbox =
            os::Sandbox::prepare(sandbox_rules(places_, instance_, options_.planner.code().of(index_), results_, staging.out(), staging.tmp()));
        if (sandbox.ok()) {
            outcome_.isolation = stage_.strict_sandbox ? "landlock-strict" : "landlock";
        } else if (sandbox.error().code() == Errc::unsupported) {
            return none;
        }
        return sandbox;
    }

    // What this stage made in the project tree goes before it makes it again, so that old files do not stay among new ones. What it did not make, or what was changed
    // since, is somebody's.
    core::Status remove_old_outputs() {
        if (!outcome_.decision.previous) { return core::ok(); }
        std::vector<std::string> missing;
        RL_ASSIGN(const std::vector<rundir::OutsideFile> now, options_.planner.workspace_outputs(index_, missing));
        for (const DeclaredPath& write : instance_.writes) {
            if (write.place != Place::workspace) { continue; }
            const auto is_it = [&](const rundir::OutsideFile& file) { return file.name == write.logical(); };
            const auto is = std::find_if(now.begin(), now.end(), is_it);
            const auto& recorded = outcome_.decision.previous->workspace;
            const auto was = std::find_if(recorded.begin(), recorded.end(), is_it);
            if (is == now.end() || was == recorded.end() || is->digest != was->digest) { continue; }
            RL_TRY(os::remove_tree(absolute(options_.resolved, write), os::point::stage_workspace_remove));
        }
        return core::ok();
    }

    core::Status run_once(int attempt) {
        const core::Timestamp started_at = os::system_clock().now();
        RL_ASSIGN(const std::unique_ptr<rundir::Staging> staging, rundir::Staging::begin(options_.run_dir, instance_.which));
        RL_TRY(make_workspace_folders(places_, instance_));
        RL_TRY(remove_old_outputs());
        RL_ASSIGN(const std::unique_ptr<os::Sandbox> sandbox, make_sandbox(*staging));
        std::optional<WorkspaceWatch> workspace;
        const bool writes_workspace = std::any_of(instance_.writes.begin(), instance_.writes.end(), [](const DeclaredPath& write) { return write.place == Place::workspace; });
        if (writes_workspace || sandbox == nullptr) { workspace.emplace(options_.resolved, options_.graph, instance_, options_.planner.code(), sandbox != nullptr); }

        const std::vector<std::string> argv = command(*staging);
        record::RunSpec spec = make_spec(argv, attempt);
        const core::RunId id = *spec.id;
        std::unique_ptr<record::Run> run;
        StageProgram program;
        program.argv = argv;
        program.environment = environment(*staging, id, sandbox != nullptr);
        program.working_dir = options_.resolved.file.project_root;
        program.sandbox = sandbox.get();
        program.timeout = stage_.timeout;
        if (!options_.store.dir.empty()) { program.output_folder = options_.store.output(id.str()); }
        program.log_limit = options_.log_limit;
        program.signal_mask = options_.signal_mask;
        program.stopper = &options_.stopper;
        program.guard = &options_.guard;
        program.held = [&](pid_t pid) -> core::Result<std::string> {
            os::ProcessId watched = os::this_process();
            watched.pid = pid;
            watched.start_ticks = os::start_ticks(pid).value_or(0);
            spec.watched = std::move(watched);
            RL_ASSIGN(run, options_.recorder.start(std::move(spec)));
            return run->traceparent();
        };
        core::Result<ProgramOutcome> ran = run_stage_program(program);
        if (!ran.ok()) { return std::move(ran).take_error(); }
        outcome_.run_id = id;
        outcome_.seconds = ran.value().seconds;
        outcome_.stderr_tail = ran.value().stderr_tail;
        for (const std::string& note : ran.value().notes) { say(*run, note); }

        record::Outcome end = verdict(ran.value(), argv);
        if (end.state == RunState::completed) {
            const core::Status published = publish(*staging, workspace, id, started_at);
            if (!published.ok()) {
                end.state = RunState::failed;
                end.error_text = published.error().message();
            }
        }
        if (end.state != RunState::completed) {
            if (end.error_text && sandbox != nullptr && outcome_.state != InstanceState::stopped) { *end.error_text += why_denied(*sandbox); }
            if (end.error_text && outcome_.state != InstanceState::stopped) { *end.error_text += missing_folder(staging->out()); }
            outcome_.error = end.error_text.value_or("");
            end.stderr_tail = outcome_.stderr_tail.empty() ? std::nullopt : std::optional(outcome_.stderr_tail);
        }
        if (end.state == RunState::completed && sandbox != nullptr) {
            // Its program went on without: whoever wonders where a file is finds it here.
            const std::string denied = describe_denials(places_, sandbox->denials());
            if (!denied.empty()) { say(*run, std::string(core::trim(denied))); }
        }
        if (!told_.empty()) { say(*run, std::exchange(told_, {})); }
        if (outcome_.inputs_changed) { say(*run, "inputs_changed_during_run: what this stage read changed while it ran; it runs again next time"); }
        if (!outcome_.nondeterministic.empty()) { say(*run, cat("nondeterministic: an equal key gave other bytes: ", describe_differences(outcome_.nondeterministic))); }
        end.duration_seconds = outcome_.seconds;
        static_cast<void>(run->finish(final_facts(std::move(end))).ok());  // the recorder says and counts what is lost
        return core::ok();
    }

    static void say(record::Run& run, const std::string& text) {
        record::LogRecord log{.header = {.run = run.id(), .at = {}, .n = 0}};
        log.note = text;
        run.log(std::move(log));
    }

    // What the end of the program means; sets the state of the instance unless it is to be published.
    record::Outcome verdict(const ProgramOutcome& ran, const std::vector<std::string>& argv) {
        const record::Verdict judged = record::judge({.program = argv.empty() ? "" : argv[0],
                                                      .wait_status = ran.wait_status,
                                                      .exec_error = ran.exec_error,
                                                      .stop_signal = ran.stopped ? SIGTERM : 0,
                                                      .stderr_tail = ran.stderr_tail});
        record::Outcome end;
        end.state = judged.state;
        end.exit_status = judged.exit_status;
        end.signal = judged.signal;
        end.error_text = judged.error_text;
        outcome_.state = InstanceState::failed;
        if (ran.stopped) {
            // It may have been in the middle of its work when it was asked to end, whatever it says.
            end.state = RunState::stopped;
            end.error_text = "stopped with its pipeline";
            outcome_.state = InstanceState::stopped;
        } else if (ran.timed_out) {
            end.state = RunState::failed;
            end.error_text = cat("timed out after ", seconds_text(*stage_.timeout));
        }
        return end;
    }

    // A word on what a new user stumbles over; only where the program complains of just that.
    std::string missing_folder(const std::string& out) const {
        const bool complains = outcome_.stderr_tail.find("No such file or directory") != std::string::npos || outcome_.stderr_tail.find("nonexistent") != std::string::npos;
        for (const DeclaredPath& write : instance_.writes) {
            const std::string folder = os::parent_path(os::join_path(out, without_slash(write.path)));
            if (complains && write.place == Place::run_dir && !os::is_dir(folder)) {
                return cat("\n{out} is empty when a stage begins: make the folder ", os::relative_inside(folder, out).value_or(folder), " in it first (mkdir -p)");
            }
        }
        return "";
    }

    std::string why_denied(const os::Sandbox& sandbox) const {
        const std::string denied = describe_denials(places_, sandbox.denials());
        if (!denied.empty() || sandbox.tells_names()) { return denied; }
        const bool suspect = outcome_.stderr_tail.find("ermission denied") != std::string::npos;
        return suspect ? "\nthe sandbox may have denied something (this kernel does not tell the path): declare what it needs in `reads:` and `writes:`, or say `sandbox: off`" : "";
    }

    // --- publication -----------------------------------------------------------------------------------------------------------------------

    core::Status publish(rundir::Staging& staging, const std::optional<WorkspaceWatch>& workspace, const core::RunId& id, core::Timestamp started_at) {
        if (workspace) {
            const std::vector<std::string> undeclared = workspace->undeclared_changes();
            if (!undeclared.empty() && stage_.keeps_undeclared) {
                told_ = cat("while it ran the project changed where nothing is declared: ", core::join(undeclared, ", "));
            } else if (!undeclared.empty()) {
                return core::Error(Errc::usage, cat("while it ran the project changed where nothing is declared: ", core::join(undeclared, ", "),
                                                    ": declare it in `writes:` as \"workspace:", undeclared.front(), "\", or let it be written elsewhere"));
            }
        }
        rundir::DoneRecord done = make_done(id, started_at);
        std::vector<std::string> missing;
        RL_ASSIGN(done.workspace, options_.planner.workspace_outputs(index_, missing));
        if (!missing.empty()) { return core::Error(Errc::usage, cat("it did not write what it declares: ", core::join(missing, ", "))); }
        RL_ASSIGN(const std::vector<std::string> changed, options_.planner.changed_inputs(index_, done.inputs));
        done.inputs_changed = !changed.empty() || !options_.planner.code().is_unchanged(index_);
        outcome_.inputs_changed = done.inputs_changed;
        RL_TRY(keep_listings(options_.run_dir, options_.planner.code().of(index_)));
        const rundir::PublishOptions publishing{.digest_cache = options_.planner.digest_cache(), .expected_manifest = std::nullopt, .replace = outcome_.decision.replaces};
        const core::Result<rundir::DoneRecord> published = rundir::publish(options_.run_dir, staging, done, publishing);
        if (!published.ok()) {
            if (published.error().code() != Errc::conflict) { return published.error(); }
            return compare_with_published(staging, published.error(), done, id);
        }
        if (options_.planner.code().of(index_).known) { remember(published.value()); }
        outcome_.state = InstanceState::done;
        return take_result(published.value());
    }

    // The key is there already: the same work was done once more. What is there stays; whether the bytes are the same is what we learn.
    core::Status compare_with_published(const rundir::Staging& staging, const core::Error& conflict, const rundir::DoneRecord& again, const core::RunId& id) {
        RL_ASSIGN(const std::optional<rundir::DoneRecord> there, rundir::read_done(options_.run_dir, instance_.which, outcome_.decision.key->key));
        if (!there) { return conflict; }
        RL_ASSIGN(const rundir::Manifest before, rundir::read_manifest(options_.run_dir, *there));
        if (os::is_dir(staging.out())) {
            RL_ASSIGN(const rundir::Manifest now, rundir::build_manifest(staging.out(), {}));
            outcome_.nondeterministic = rundir::compare(before, now);
            for (const rundir::OutsideFile& file : again.workspace) {
                if (std::find(there->workspace.begin(), there->workspace.end(), file) == there->workspace.end()) {
                    outcome_.nondeterministic.push_back({rundir::DifferenceKind::changed, file.name, std::nullopt, std::nullopt});
                }
            }
        }
        if (!outcome_.nondeterministic.empty()) { RL_TRY(rundir::mark_nondeterministic(options_.run_dir, *there, outcome_.nondeterministic, id)); }
        RL_TRY(rundir::set_current(options_.run_dir, instance_.which, there->key.key));
        RL_TRY(rundir::rebuild_view(options_.run_dir));
        outcome_.state = InstanceState::done;
        return take_result(*there);
    }

    const ExecuteOptions& options_;
    std::size_t index_;
    const Instance& instance_;
    const StageDecl& stage_;
    Results& results_;
    const std::function<void()>& started_;
    StagePlaces places_;
    InstanceOutcome outcome_;
    std::string told_;   // of this attempt, for its run
    bool is_taken_ = false;   // another process holds the lease
};

}  // namespace

InstanceOutcome run_instance(const ExecuteOptions& options, std::size_t instance, Results& results, const std::function<void()>& started) {
    return InstanceRun(options, instance, results, started).go();
}

}  // namespace runlake::pipeline
