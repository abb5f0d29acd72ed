// SPDX-License-Identifier: Apache-2.0
// The local executor: one thread that starts runners and waits for them.
#include "ops/queue_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "jobs/gpu_claims.hpp"
#include "jobs/queue_gpus.hpp"
#include "ops/queue_scan.hpp"
#include "ops/queue_shared.hpp"
#include "os/child.hpp"
#include "os/stop_signal.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::JobId;
using jobs::JobStatus;
using jobs::QueuedJob;
using jobs::Readiness;

struct Runner {
    QueueOutcome outcome;
    pid_t pid = 0;
    os::Fd handle;               // readable once it has ended
    std::int64_t began_ns = 0;
};

class LocalRun {
  public:
    LocalRun(const QueueRunRequest& request, jobs::RunStore runs, jobs::GpuSlots gpus)
        : request_(request), runs_(std::move(runs)), gpus_(std::move(gpus)), scan_(request.store, runs_, request_.filter, request_.say) {}

    core::Result<QueueRunResponse> go() {
        ::pthread_sigmask(SIG_BLOCK, nullptr, &mask_);
        nothing_ = os::Fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
        if (!nothing_.is_open()) { return os::system_error(errno, "opening", "/dev/null"); }
        RL_TRY(look());
        if (request_.dry_run) {
            finish_dry_run(request_.store, pending_, response_);
            return std::move(response_);
        }
        RL_ASSIGN(const os::StopSignal signals, os::StopSignal::install());
        signals_ = &signals;
        for (;;) {
            start_what_can();
            if (running_.empty() && waits_for_others_ && !is_over()) {
                wait();
                RL_TRY(look());
                continue;
            }
            if (running_.empty()) {
                // What others have ended, or queued, since the last look may be done too.
                if (stops_ > 0 || has_failed_ || !has_ended_since_look_) { break; }
                RL_TRY(look());
                if (pending_.empty()) { break; }
                continue;
            }
            wait();
            RL_TRY(reap());
        }
        say_what_is_left();
        return std::move(response_);
    }

  private:
    bool is_over() const { return stops_ > 0 || has_failed_; }

    core::Status look() {
        has_ended_since_look_ = false;
        RL_TRY(scan_.look());
        pending_.clear();
        if (request_.index) { return pick_index(); }
        for (const QueuedJob& one : scan_.queued()) {
            if (!passed_over_.contains(one.job.id)) { pending_.push_back(one); }
        }
        return core::ok();
    }

    core::Status pick_index() {
        const auto found = std::ranges::find_if(scan_.all(), [&](const QueuedJob& one) { return one.entry.index == request_.index; });
        if (found == scan_.all().end()) { return Error(Errc::not_found, cat("running the job of index ", *request_.index, ": no job of the queue has it (`queue list --include-terminal` shows all)")); }
        if (found->status == JobStatus::queued) {
            if (!passed_over_.contains(found->job.id)) { pending_.push_back(*found); }
        } else if (response_.outcomes.empty()) {
            response_.left.push_back({found->job.id, cat("is ", jobs::status_name(found->status), " already"), false});
        }
        return core::ok();
    }

    void leave(const JobId& id, std::string why, bool is_problem) {
        passed_over_.insert(id);
        response_.left.push_back({id, std::move(why), is_problem});
    }

    void start_what_can() {
        bool gpus_are_wanted = false;   // by one that goes before: what comes later does not take them away
        waits_for_others_ = false;
        for (auto one = pending_.begin(); one != pending_.end() && static_cast<int>(running_.size()) < request_.jobs.value_or(1) && !is_over();) {
            if (scan_.readiness(*one).what != Readiness::ready) {
                ++one;
                continue;
            }
            if (one->entry.slurm) {
                leave(one->job.id, cat("is with Slurm", one->entry.slurm->array.empty() ? "" : cat(" as ", one->entry.slurm->str()), "; `queue run --executor slurm` follows it"), false);
                one = pending_.erase(one);
                continue;
            }
            const std::int64_t wanted = gpus_.wanted_by(one->entry);
            if (wanted > static_cast<std::int64_t>(gpus_.total())) {
                leave(one->job.id, cat("wants ", wanted, wanted == 1 ? " GPU" : " GPUs", "; this run has ", gpus_.total(), " (--gpus)"), true);
                one = pending_.erase(one);
                continue;
            }
            std::optional<std::vector<std::string>> gpus;
            if (wanted == 0 || !gpus_are_wanted) { gpus = take_gpus(wanted); }
            if (!gpus) {
                gpus_are_wanted = true;
                ++one;
                continue;
            }
            start(*one, *std::move(gpus));
            one = pending_.erase(one);
        }
    }

    // As many as are wanted, each claimed, or none of them.
    std::optional<std::vector<std::string>> take_gpus(std::int64_t wanted) {
        std::vector<std::string> taken;
        std::vector<std::string> of_others;
        std::string who;
        while (static_cast<std::int64_t>(taken.size()) < wanted) {
            std::optional<std::vector<std::string>> one = gpus_.take(1);
            if (!one) { break; }
            core::Result<std::unique_ptr<os::Lease>> claim = claim_gpu(one->front());
            if (claim.ok()) {
                claimed_gpus_.insert_or_assign(one->front(), std::move(claim).take());
                taken.push_back(std::move(one->front()));
            } else {
                who = claim.error().message();
                of_others.push_back(std::move(one->front()));
            }
        }
        gpus_.give_back(of_others);
        if (static_cast<std::int64_t>(taken.size()) == wanted) { return taken; }
        give_back(taken);
        waits_for_others_ = waits_for_others_ || !of_others.empty();
        if (!of_others.empty() && !has_said_who_) { request_.say(cat("waiting: ", who)); }
        has_said_who_ = has_said_who_ || !of_others.empty();
        return std::nullopt;
    }

    // Where nothing can be claimed, this run is alone with what it knows, and goes on.
    core::Result<std::unique_ptr<os::Lease>> claim_gpu(const std::string& name) {
        if (!claims_.claims()) { return std::unique_ptr<os::Lease>(); }
        core::Result<std::unique_ptr<os::Lease>> claim = claims_.take(name, jobs::GpuClaims::By::queue);
        if (claim.ok() || claim.error().code() == Errc::busy) { return claim; }
        request_.say(cat("GPU ", name, " is used without telling others: ", claim.error().message()));
        return std::unique_ptr<os::Lease>();
    }

    void give_back(const std::vector<std::string>& gpus) {
        for (const std::string& name : gpus) { claimed_gpus_.erase(name); }
        gpus_.give_back(gpus);
    }

    void start(const QueuedJob& job, std::vector<std::string> gpus) {
        os::ChildOptions options;
        options.argv = runlake_words(request_.store);
        for (const char* word : {"job", "run", "--log-only"}) { options.argv.emplace_back(word); }
        options.argv.push_back(job.job.id.str());
        if (gpus_.is_managed()) {
            options.environment.emplace_back("CUDA_VISIBLE_DEVICES", core::join(gpus, ","));
            options.environment.emplace_back(std::string(jobs::k_given_gpus), core::join(gpus, ","));
        }
        options.stdin_fd = nothing_.get();
        options.stdout_fd = nothing_.get();
        options.own_process_group = true;   // Ctrl-C is for us: runners are told, and once
        options.signal_mask = mask_;
        Runner runner{{job, 0, gpus, false}, 0, os::Fd(), os::system_clock().monotonic_ns()};
        core::Result<os::HeldChild> child = os::HeldChild::fork(options);
        int exec_error = 0;
        if (child.ok()) {
            os::HeldChild held = std::move(child).take();
            runner.pid = held.pid();
            runner.handle = os::Fd(static_cast<int>(::syscall(SYS_pidfd_open, held.pid(), 0)));
            exec_error = held.go();
        }
        if (runner.pid == 0) {
            give_back(gpus);
            leave(job.job.id, child.error().message(), true);
            return;
        }
        if (exec_error != 0) { request_.say(os::system_error(exec_error, "starting", options.argv[0]).message()); }   // it ends at once
        if (request_.tell) { request_.tell({QueueEvent::Kind::started, runner.outcome}); }
        running_.push_back(std::move(runner));
    }

    void wait() {
        std::vector<pollfd> polled = {{signals_->fd(), POLLIN, 0}};
        constexpr int k_look_ms = 500;
        // Two that wait for two GPUs each are not to come at the same moment for ever.
        int limit = waits_for_others_ ? k_look_ms + static_cast<int>(::getpid() % 100) : -1;
        for (const Runner& one : running_) {
            if (one.handle.is_open()) {
                polled.push_back({one.handle.get(), POLLIN, 0});
            } else {
                limit = 20;   // a kernel without such handles, or no descriptor left
            }
        }
        if (::poll(polled.data(), polled.size(), limit) <= 0 || polled[0].revents == 0) { return; }
        std::array<char, 4096> used;  // NOLINT: filled by read
        if (::read(signals_->fd(), used.data(), used.size()) <= 0) { return; }
        ++stops_;
        response_.interrupted = true;
        request_.say(stops_ == 1 ? "stopping: running jobs are told to end (once more: at once)" : "ending running jobs at once");
        for (const Runner& one : running_) { ::kill(one.pid, SIGTERM); }
    }

    core::Status reap() {
        for (std::size_t i = 0; i < running_.size();) {
            int status = 0;
            const pid_t ended = ::waitpid(running_[i].pid, &status, WNOHANG);
            if (ended == 0 || (ended < 0 && errno == EINTR)) {
                ++i;
                continue;
            }
            Runner runner = std::move(running_[i]);
            running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
            give_back(runner.outcome.gpus);
            runner.outcome.seconds = static_cast<double>(os::system_clock().monotonic_ns() - runner.began_ns) / 1e9;
            RL_TRY(judge(std::move(runner), status));
        }
        return core::ok();
    }

    core::Status judge(Runner runner, int wait_status) {
        has_ended_since_look_ = true;
        const QueuedJob before = std::move(runner.outcome.job);
        const JobId id = before.job.id;
        RL_ASSIGN(runner.outcome.job, read_queued(runs_, id));
        if (runner.outcome.job.status == JobStatus::running) {
            const jobs::Life life = jobs::life_of(runs_, runner.outcome.job.job);
            if (life == jobs::Life::abandoned || life == jobs::Life::unwatched) {
                // Our runner was killed, and could not say so.
                const core::Result<JobStatus> now = take_over_lost(request_.store, runs_, id, LostHow(), request_.say);
                if (!now.ok() && now.error().code() != Errc::busy) { return now.error(); }
                RL_ASSIGN(runner.outcome.job, read_queued(runs_, id));
            }
        }
        QueueOutcome& outcome = runner.outcome;
        scan_.note(id, outcome.job.status);
        const int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
        if (outcome.job.status == JobStatus::running || (outcome.job.status == JobStatus::queued && code == core::exit_status(Errc::busy))) {
            leave(id, "is being run by another", false);
        } else if (outcome.job.status == JobStatus::queued && (outcome.job.entry.failures > before.entry.failures || outcome.job.entry.lost > before.entry.lost)) {
            if (request_.tell) { request_.tell({QueueEvent::Kind::again, outcome}); }
            pending_.push_back(outcome.job);
            std::sort(pending_.begin(), pending_.end(), jobs::run_before);
        } else {
            outcome.could_not_begin = !is_terminal(outcome.job.status);
            if (outcome.could_not_begin) { passed_over_.insert(id); }
            // Who stops one job does not mean the others.
            const bool has_failed = outcome.could_not_begin || outcome.job.status == JobStatus::failed;
            if (has_failed && !request_.continue_on_failure) { has_failed_ = true; }
            if (request_.tell) { request_.tell({QueueEvent::Kind::ended, outcome}); }
            response_.outcomes.push_back(std::move(outcome));
        }
        return core::ok();
    }

    void say_what_is_left() {
        for (const QueuedJob& one : pending_) {
            const jobs::Ready ready = scan_.readiness(one);
            if (ready.what != Readiness::ready) {
                response_.left.push_back(left_by(one.job.id, ready));
            } else {
                response_.left.push_back({one.job.id, stops_ > 0 ? "not begun: interrupted" : "not begun: another has failed (--continue-on-failure goes on)", false});
            }
        }
    }

    const QueueRunRequest& request_;
    jobs::RunStore runs_;
    jobs::GpuSlots gpus_;
    jobs::GpuClaims claims_ = jobs::GpuClaims::here();
    std::map<std::string, std::unique_ptr<os::Lease>> claimed_gpus_;
    bool waits_for_others_ = false;   // for GPUs that other processes of this machine have
    bool has_said_who_ = false;
    QueueScan scan_;
    QueueRunResponse response_;
    sigset_t mask_{};
    os::Fd nothing_;
    const os::StopSignal* signals_ = nullptr;
    std::vector<QueuedJob> pending_;
    std::vector<Runner> running_;
    std::set<JobId> passed_over_;
    int stops_ = 0;
    bool has_failed_ = false;
    bool has_ended_since_look_ = false;
};

}  // namespace

std::size_t QueueRunResponse::completed() const {
    return static_cast<std::size_t>(std::ranges::count_if(outcomes, [](const QueueOutcome& one) { return one.job.status == JobStatus::complete; }));
}

int QueueRunResponse::exit_status() const {
    if (interrupted) { return core::exit_status(Errc::interrupted); }
    const bool is_problem = completed() != outcomes.size() || std::ranges::any_of(left, [](const LeftJob& one) { return one.is_problem; });
    return is_problem ? 1 : 0;
}

core::Result<QueueRunResponse> queue_run(const QueueRunRequest& request) {
    if (request.jobs && (*request.jobs < 1 || *request.jobs > 4096)) { return Error(Errc::usage, "--jobs is between 1 and 4096"); }
    if (!request.slurm.empty()) { return Error(Errc::usage, "--slurm is for --executor slurm"); }
    jobs::GpuSlots gpus;
    if (request.gpus) { RL_ASSIGN(gpus, jobs::GpuSlots::parse(*request.gpus)); }
    RL_ASSIGN(jobs::RunStore runs, jobs::RunStore::find(request.store));
    return LocalRun(request, std::move(runs), std::move(gpus)).go();
}

core::Json to_json(const QueueRunResponse& response) {
    core::Json list = core::Json::array();
    const auto one_of = [](const QueueOutcome& one) {
        core::Json gpus = core::Json::array();
        for (const std::string& name : one.gpus) { gpus.push(name); }
        return to_json(one.job).set("could_not_begin", one.could_not_begin).set("given_gpus", std::move(gpus)).set("seconds", one.seconds);
    };
    for (const QueueOutcome& one : response.outcomes) { list.push(one_of(one)); }
    core::Json planned = core::Json::array();
    for (std::size_t i = 0; i < response.planned.size(); ++i) {
        planned.push(core::Json::object().set("command", response.commands[i]).set("job_id", response.planned[i].job.job.id.str()));
    }
    core::Json left = core::Json::array();
    for (const LeftJob& one : response.left) { left.push(core::Json::object().set("job_id", one.id.str()).set("problem", one.is_problem).set("why", one.why)); }
    return core::Json::object()
        .set("completed", std::uint64_t{response.completed()})
        .set("dry_run", response.dry_run)
        .set("interrupted", response.interrupted)
        .set("jobs", std::move(list))
        .set("left", std::move(left))
        .set("planned", std::move(planned));
}

}  // namespace runlake::ops
