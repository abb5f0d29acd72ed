// SPDX-License-Identifier: Apache-2.0
#include "ops/job_run.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "fingerprint/capture.hpp"
#include "jobs/batch.hpp"
#include "jobs/command_template.hpp"
#include "jobs/execution.hpp"
#include "jobs/experiment.hpp"
#include "jobs/gpu_claims.hpp"
#include "jobs/queue_entry.hpp"
#include "jobs/queue_policy.hpp"
#include "os/group_guard.hpp"
#include "os/start_thread.hpp"
#include "os/stop_signal.hpp"
#include "os/system.hpp"
#include "pipeline/stage_process.hpp"
#include "record/recorder.hpp"
#include "record/run_outcome.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;
using jobs::AttemptEnd;
using jobs::Job;
using jobs::JobStatus;
using std::chrono::milliseconds;

constexpr milliseconds k_patience_for_environment{2000};
constexpr std::size_t k_longest_error = 500;

core::Result<std::vector<std::string>> shell_command(std::string_view text, const Job& job) {
    RL_ASSIGN(std::string filled, jobs::fill_command(text, job));
    return std::vector<std::string>{"/bin/sh", "-c", std::move(filled)};
}

// Passes the program's output on to ours. A reader that has gone is not written to again; one that does not read holds the program up, as without us in between, but not its end.
class PassOn {
  public:
    PassOn(const pipeline::Stopper& stopper, std::optional<milliseconds> limit) : stopper_(stopper) {
        if (limit) { until_ns_ = os::system_clock().monotonic_ns() + std::chrono::nanoseconds(*limit).count(); }
    }

    void operator()(int stream, std::string_view bytes) {
        bool& closed = closed_.at(static_cast<std::size_t>(stream));
        constexpr std::size_t k_atomic = 4096;   // a pipe that has room for anything has room for so much
        constexpr int k_look_ms = 100;
        while (!bytes.empty() && !closed) {
            const bool waits = stopper_.times() == 0 && (!until_ns_ || os::system_clock().monotonic_ns() < *until_ns_);
            pollfd target{stream, POLLOUT, 0};
            if (::poll(&target, 1, waits ? k_look_ms : 0) <= 0) {
                if (!waits) { return; }
                continue;
            }
            const ssize_t wrote = ::write(stream, bytes.data(), std::min(bytes.size(), k_atomic));
            if (wrote >= 0) {
                bytes.remove_prefix(static_cast<std::size_t>(wrote));
            } else if (errno != EINTR && errno != EAGAIN) {
                closed = true;
            }
        }
    }

  private:
    const pipeline::Stopper& stopper_;
    std::optional<std::int64_t> until_ns_;
    std::array<bool, 3> closed_{};
};

// INT, TERM and HUP end the program: once it is asked, twice it is ended.
class SignalWatch {
  public:
    // `grace`: how long the program may take, by whoever asked.
    explicit SignalWatch(std::function<std::optional<milliseconds>()> grace) : grace_(std::move(grace)), over_(::eventfd(0, EFD_CLOEXEC)) {}
    core::Status start(const os::StopSignal& signals, pipeline::Stopper& stopper) {
        RL_ASSIGN(thread_, os::start_thread([this, &signals, &stopper] { watch(signals, stopper); }));
        return core::ok();
    }
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;
    ~SignalWatch() {
        if (!thread_.joinable()) { return; }
        const std::uint64_t one = 1;
        while (::write(over_.get(), &one, sizeof one) < 0 && errno == EINTR) {}
        is_over_ = true;
        thread_.join();
    }

  private:
    void watch(const os::StopSignal& signals, pipeline::Stopper& stopper) {
        // Without an eventfd it is looked at now and then.
        const int limit = over_.is_open() ? -1 : 50;
        while (!is_over_) {
            std::array<pollfd, 2> polled = {pollfd{signals.fd(), POLLIN, 0}, pollfd{over_.get(), POLLIN, 0}};
            if (::poll(polled.data(), polled.size(), limit) <= 0) { continue; }
            if (polled[0].revents != 0) {
                std::array<char, 4096> used;  // NOLINT: filled by read
                if (::read(signals.fd(), used.data(), used.size()) <= 0) { continue; }
                if (const std::optional<milliseconds> grace = stopper.times() == 0 ? grace_() : std::nullopt) { stopper.set_grace(*grace); }
                stopper.stop();
            }
            if (polled[1].revents != 0) { return; }
        }
    }

    std::function<std::optional<milliseconds>()> grace_;
    os::Fd over_;
    std::atomic<bool> is_over_{false};
    std::thread thread_;   // the last: it uses the others
};

class Attempt {
  public:
    Attempt(const JobRunRequest& request, record::Store store, jobs::RunStore run_store, Job job, std::vector<std::string> argv)
        : request_(request), store_(std::move(store)), run_store_(std::move(run_store)), job_(std::move(job)), argv_(std::move(argv)), id_(os::new_run_id()) {
        std::optional<Error> problem;
        settings_ = record::Settings::load_tolerant(store_, problem);
        if (problem) { request_.say(cat("runlake: ", problem->message(), "; the default is used")); }
    }

    core::Result<JobRunResponse> go() {
        sigset_t mask;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
        // Before any thread, and before signals are held back. A stdout that nobody reads must not end us.
        RL_ASSIGN(os::GroupGuard guard, os::GroupGuard::start());
        sigset_t pipe;
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        RL_ASSIGN(const os::StopSignal signals, os::StopSignal::install());
        RL_ASSIGN(stopper_, pipeline::Stopper::make());
        record::Recorder::Options options;
        options.mode = settings_.mode();
        options.durability = settings_.durability();
        recorder_ = record::Recorder::open(store_, options);
        std::unique_ptr<SignalWatch> watch;
        std::vector<std::unique_ptr<os::Lease>> gpus;

        pipeline::StageProgram program;
        program.argv = argv_;
        program.environment = environment();
        program.working_dir = store_.root;
        program.timeout = limit();
        program.output_folder = store_.output(id_.str());
        program.log_limit = static_cast<std::uint64_t>(std::max<std::int64_t>(0, settings_.integer("capture.limit")));
        if (!request_.log_only) { program.output = PassOn(*stopper_, limit()); }
        program.signal_mask = mask;
        program.stopper = stopper_.get();
        program.guard = &guard;
        program.held = [&](pid_t pid) -> core::Result<std::string> {
            RL_TRY(begin(pid));
            gpus = claim_given_gpus();
            watch = std::make_unique<SignalWatch>([this, id = job_.id]() -> std::optional<milliseconds> {
                const core::Result<Job> now = run_store_.read(id);
                return now.ok() ? jobs::grace_asked(now.value().document) : std::nullopt;
            });
            RL_TRY(watch->start(signals, *stopper_));
            return run_->traceparent();
        };
        core::Result<pipeline::ProgramOutcome> ran = pipeline::run_stage_program(program);
        if (!ran.ok()) { return not_run(std::move(ran).take_error()); }
        return end(ran.value());
    }

  private:
    // For when `queue run`, which has handed them out, is killed: this goes on to the program's end. What can't be claimed is used all the same.
    static std::vector<std::unique_ptr<os::Lease>> claim_given_gpus() {
        std::vector<std::unique_ptr<os::Lease>> held;
        const jobs::GpuClaims claims = jobs::GpuClaims::here();
        const std::string given = os::env(jobs::k_given_gpus).value_or("");
        if (given.empty() || !claims.claims()) { return held; }
        for (const std::string_view gpu : core::split(given, ',')) {
            core::Result<std::unique_ptr<os::Lease>> claim = claims.take(gpu, jobs::GpuClaims::By::job);
            if (claim.ok()) { held.push_back(std::move(claim).take()); }
        }
        return held;
    }

    std::vector<std::pair<std::string, std::optional<std::string>>> environment() const {
        return {{"RUNLAKE_RUN_ID", id_.str()},         {"TRACEPARENT", std::nullopt},          {"RUNLAKE_STORE", store_.dir},
                {"RUNLAKE_JOB_ID", job_.id.str()},     {"RUNLAKE_JOB_WORKSPACE", job_.folder}, {"AEXP_JOB_ID", job_.id.str()},
                {"AEXP_JOB_WORKSPACE", job_.folder}, {std::string(jobs::k_given_gpus), std::nullopt}};
    }

    std::optional<milliseconds> limit() const {
        if (request_.time_limit) { return request_.time_limit; }
        const std::optional<std::int64_t> seconds = jobs::time_limit_s(job_.document);
        return seconds ? std::optional<milliseconds>(std::chrono::seconds(*seconds)) : std::nullopt;
    }

    // The program exists and has run nothing: the claim comes first, so that what another runs is left alone.
    core::Status begin(pid_t pid) {
        os::ProcessId process = os::this_process();
        process.pid = pid;
        process.start_ticks = os::start_ticks(pid).value_or(0);
        RL_ASSIGN(execution_, jobs::Execution::begin(run_store_, job_.id, {.purpose = cat("run job ", job_.id.brief()),
                                                                           .force = request_.force,
                                                                           .heartbeat = heartbeat(),
                                                                           .run = id_,
                                                                           .process = process,
                                                                           .lost = [this] { stopper_->stop(); }}));
        job_ = execution_->job();
        fingerprint::CaptureRequest wanted{.store = store_,
                                           .code = fingerprint::read_code(store_.root),
                                           .inputs = {},
                                           .input_options = {},
                                           .config_path = std::nullopt,
                                           .environment = {},
                                           .want_environment = true,
                                           .code_limit = code_limit()};
        if (os::base_name(argv_[0]).starts_with("python")) { wanted.environment.interpreter = argv_[0]; }
        record::RunSpec spec = run_spec(process);
        spec.facts.code_ref = wanted.code.code_ref();
        spec.facts.environment = fingerprint::cached_environment(store_, wanted.environment);
        wanted.want_environment = !spec.facts.environment;
        core::Result<std::unique_ptr<record::Run>> started = recorder_->start(std::move(spec));
        if (!started.ok()) { return std::move(started).take_error().context("the program was not started, because its start can't be recorded"); }
        run_ = std::move(started).take();
        capture_ = fingerprint::Capture::begin(std::move(wanted)).release();
        return core::ok();
    }

    static std::chrono::seconds heartbeat() {
        constexpr std::int64_t k_default = 30;
        const auto text = os::env("AEXP_HEARTBEAT_S");
        const auto seconds = text ? core::parse_float(*text) : std::nullopt;
        if (!seconds) { return std::chrono::seconds(k_default); }
        return std::chrono::seconds(*seconds <= 0 ? 0 : std::clamp<std::int64_t>(static_cast<std::int64_t>(std::min(*seconds, 86400.0)), 1, 86400));
    }

    record::RunSpec run_spec(const os::ProcessId& process) const {
        const std::optional<std::string> experiment = jobs::experiment_of(job_);
        record::RunSpec spec;
        spec.id = id_;
        spec.stage = experiment.value_or("job");
        spec.argv = argv_;
        spec.params = job_.state_point;
        spec.tags.set("job_id", job_.id.str());
        if (experiment) { spec.tags.set("experiment", *experiment); }
        if (const auto condition = job_.state_point.string_at("condition")) { spec.tags.set("condition", *condition); }
        spec.watched = process;
        return spec;
    }

    // The program was never let go. What the claim has written is taken back.
    Error not_run(Error error) {
        if (execution_) {
            const auto undo = [&](Json& document) {
                document.set(jobs::key::status, jobs::status_name(jobs::entry_of(document) ? JobStatus::queued : JobStatus::created));
            };
            static_cast<void>(execution_->give_back(undo).ok());
        }
        return error;
    }

    static AttemptEnd kind_of(const pipeline::ProgramOutcome& ran, const record::Verdict& verdict) {
        if (ran.stopped) { return AttemptEnd::stopped; }
        if (ran.timed_out) { return AttemptEnd::timed_out; }
        if (verdict.state == record::RunState::completed) { return AttemptEnd::completed; }
        return verdict.state == record::RunState::stopped ? AttemptEnd::stopped : AttemptEnd::failed;
    }

    core::Result<JobRunResponse> end(const pipeline::ProgramOutcome& ran) {
        record::Verdict verdict = record::judge({.program = argv_[0],
                                                 .wait_status = ran.wait_status,
                                                 .exec_error = ran.exec_error,
                                                 .stop_signal = ran.stopped ? SIGTERM : 0,
                                                 .stderr_tail = ran.stderr_tail});
        const AttemptEnd kind = kind_of(ran, verdict);
        if (kind == AttemptEnd::timed_out) {
            verdict.state = record::RunState::failed;
            verdict.error_text = cat("timed out after ", core::format_float(static_cast<double>(limit()->count()) / 1000.0), " s");
        } else if (kind == AttemptEnd::stopped) {
            // It may have been in the middle of its work when it was asked to end, whatever it says.
            verdict.state = record::RunState::stopped;
            if (!verdict.error_text) { verdict.error_text = "stopped"; }
        }
        const core::Result<JobStatus> status = end_in_document(kind, verdict, ran);
        finish_run(ran, verdict);
        RL_TRY(status);
        // With its run's own end in the journal, from which the ledger takes the metrics.
        if (ended_) { promote_end(store_, *ended_, request_.say); }
        JobRunResponse response{.job_id = job_.id.str(), .run_id = id_.str(), .status = std::string(jobs::status_name(status.value())), .exit_status = verdict.passed_on};
        response.problem = std::move(verdict.error_text);
        if (kind != AttemptEnd::completed && response.exit_status == 0) { response.exit_status = 1; }
        return response;
    }

    // All fields of the end in one write, or the job back into its queue.
    core::Result<JobStatus> end_in_document(AttemptEnd kind, const record::Verdict& verdict, const pipeline::ProgramOutcome& ran) {
        const core::Timestamp now = os::system_clock().now();
        const std::string tail = core::redact_text(core::valid_utf8(ran.stderr_tail));
        const std::optional<int> code = verdict.signal ? std::optional(-*verdict.signal) : verdict.exit_status;
        const auto note = [&](Json& document) {
            jobs::Own own = jobs::own_of(document);
            own.exit_status = verdict.exit_status;
            own.signal = verdict.signal;
            own.error = kind == AttemptEnd::completed || !verdict.error_text ? std::nullopt : std::optional(core::redact_text(std::string(core::cut_utf8(*verdict.error_text, k_longest_error))));
            own.stderr_tail = kind == AttemptEnd::completed || tail.empty() ? std::nullopt : std::optional(tail);
            jobs::set_own(document, own);
            jobs::note_attempt(document, kind, {code, tail, now});
        };
        RL_ASSIGN(const Job fresh, run_store_.read(job_.id));
        const JobStatus next = jobs::after_attempt(fresh.document, kind);
        if (!jobs::is_terminal(next)) {
            RL_ASSIGN(const Job given, execution_->give_back([&](Json& document) {
                document.set(jobs::key::status, jobs::status_name(next));
                note(document);
            }));
            return jobs::status_of(given.document).value_or(next);
        }
        jobs::Ending ending;
        ending.status = next;
        ending.ended_at = now;
        ending.more = note;
        RL_ASSIGN(jobs::Finished finished, execution_->finish(std::move(ending)));
        const JobStatus status = jobs::status_of(finished.job.document).value_or(next);
        if (finished.changed) {
            ended_ = std::move(finished.job);
        } else {
            request_.say(cat("runlake: job ", job_.id.brief(), " was ended by another meanwhile: it stays ", jobs::status_name(status)));
        }
        return status;
    }

    void finish_run(const pipeline::ProgramOutcome& ran, const record::Verdict& verdict) {
        const fingerprint::Captured captured = capture_->finish({fingerprint::patience_for_code(ran.seconds, code_limit()), milliseconds(0),
                                                                   k_patience_for_environment});
        std::vector<std::string> notes = ran.notes;
        notes.insert(notes.end(), captured.notes.begin(), captured.notes.end());
        for (const std::string& text : notes) {
            record::LogRecord log{.header = {.run = id_, .at = {}, .n = 0}};
            log.note = text;
            run_->log(std::move(log));
        }
        record::Outcome outcome;
        outcome.state = verdict.state;
        outcome.exit_status = verdict.exit_status;
        outcome.signal = verdict.signal;
        outcome.duration_seconds = ran.seconds;
        outcome.facts = captured.facts;
        if (verdict.state != record::RunState::completed) {
            outcome.error_text = verdict.error_text;
            if (!ran.stderr_tail.empty()) { outcome.stderr_tail = ran.stderr_tail; }
        }
        static_cast<void>(run_->finish(std::move(outcome)).ok());   // the recorder says and counts what is lost
    }

    const JobRunRequest& request_;
    record::Store store_;
    jobs::RunStore run_store_;
    Job job_;
    std::vector<std::string> argv_;
    core::RunId id_;
    milliseconds code_limit() const { return std::chrono::seconds(settings_.integer("code.dirty_limit")); }

    record::Settings settings_;
    std::unique_ptr<record::Recorder> recorder_;
    std::unique_ptr<record::Run> run_;
    std::unique_ptr<pipeline::Stopper> stopper_;          // before what may call it
    std::unique_ptr<jobs::Execution> execution_;
    fingerprint::Capture* capture_ = nullptr;   // never freed: its threads may work until this process leaves by _exit()
    std::optional<Job> ended_;
};

}  // namespace

core::Result<std::vector<std::string>> job_command(const record::Store& store, const Job& job) {
    const std::string doing = cat("running job ", job.id.brief());
    if (const auto entry = jobs::entry_of(job.document)) {
        if (!entry->argv.empty()) {
            std::vector<std::string> words;
            for (const std::string& word : entry->argv) {
                RL_ASSIGN(std::string filled, jobs::fill_command(word, job));
                words.push_back(std::move(filled));
            }
            return words;
        }
        if (entry->command) { return shell_command(*entry->command, job); }
    }
    const std::optional<std::string> experiment = jobs::experiment_of(job);
    if (!experiment) { return Error(Errc::conflict, cat(doing, ": it belongs to no experiment, so its command is not known: runlake job run ", job.id.brief(), " -- PROGRAM")); }
    core::Result<jobs::Experiment> note = jobs::find_experiment(store.root, *experiment);
    if (!note.ok()) { return std::move(note).take_error().context(doing); }
    if (!note.value().runner_command) {
        return Error(Errc::conflict, cat(doing, ": ", note.value().path, " has no runner_command: add one, or runlake job run ", job.id.brief(), " -- PROGRAM"));
    }
    return shell_command(*note.value().runner_command, job);
}

core::Result<JobRunResponse> job_run(const JobRunRequest& request) {
    RL_ASSIGN(const record::Store planned, record::open_store(request.store, record::OpenStore::planned));
    RL_ASSIGN(jobs::RunStore run_store, jobs::RunStore::find(planned));
    RL_ASSIGN(const core::JobId id, run_store.resolve(request.id));
    RL_ASSIGN(Job job, run_store.read(id));
    const JobStatus status = jobs::status_of(job.document).value_or(JobStatus::created);
    if (status == JobStatus::complete && !request.force) {
        JobRunResponse response{.job_id = id.str(), .run_id = "", .status = std::string(jobs::status_name(status))};
        response.skipped = true;
        return response;
    }
    if (jobs::is_terminal(status) && !request.force) {
        return Error(Errc::conflict, cat("running job ", id.brief(), ": it has ended: ", jobs::status_name(status), "; --force runs it again"));
    }
    RL_ASSIGN(std::vector<std::string> argv, request.program.empty() ? job_command(planned, job) : request.program);
    RL_ASSIGN(record::Store store, record::open_store(request.store, record::OpenStore::create));
    return Attempt(request, std::move(store), std::move(run_store), std::move(job), std::move(argv)).go();
}

}  // namespace runlake::ops
