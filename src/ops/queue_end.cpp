// SPDX-License-Identifier: Apache-2.0
#include "ops/queue_end.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <thread>
#include <utility>

#include "core/text.hpp"
#include "jobs/document.hpp"
#include "jobs/queue_entry.hpp"
#include "jobs/queue_policy.hpp"
#include "ops/slurm_commands.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;
using jobs::AttemptEnd;
using jobs::Job;
using jobs::JobStatus;
using jobs::Life;
using std::chrono::milliseconds;

constexpr milliseconds k_after_kill{2000};
constexpr milliseconds k_for_the_runner{4000};   // after the grace that it gives its program: it writes the end
constexpr milliseconds k_for_slurm{60000};       // it gives its tasks KillWait (30 s)
constexpr milliseconds k_look{50};
constexpr int k_most_rounds = 2000;

std::int64_t now_ms() { return os::system_clock().monotonic_ns() / 1'000'000; }

// A process that can be signalled without hitting one that came later and has its number.
class Process {
  public:
    // Nothing when it has gone, or the number is another's. `ticks` 0: not known.
    static std::optional<Process> find(pid_t pid, double ticks) {
        os::Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        if (!handle.is_open()) { return std::nullopt; }
        const std::optional<std::uint64_t> now = os::start_ticks(pid);
        if (!now || (ticks > 0 && std::abs(static_cast<double>(*now) - ticks) > 0.5)) { return std::nullopt; }
        return Process(pid, std::move(handle));
    }
    static std::optional<Process> find(const os::ProcessId& id) {
        if (os::liveness(id) != os::Liveness::alive) { return std::nullopt; }
        return find(id.pid, static_cast<double>(id.start_ticks));
    }

    void signal(int number) const { static_cast<void>(::syscall(SYS_pidfd_send_signal, handle_.get(), number, nullptr, 0)); }
    // Its group, when it leads one: while it lives the group's number is nobody else's.
    void signal_group(int number) const {
        if (::getpgid(pid_) == pid_) {
            ::kill(-pid_, number);
        } else {
            signal(number);
        }
    }
    bool has_gone_within(milliseconds limit) const {
        const std::int64_t deadline = now_ms() + limit.count();
        for (;;) {
            if (!os::start_ticks(pid_)) { return true; }   // a zombie has gone, too
            pollfd polled{handle_.get(), POLLIN, 0};
            const std::int64_t left = deadline - now_ms();
            if (::poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(0, left))) > 0) { return true; }
            if (left <= 0) { return false; }
        }
    }

  private:
    Process(pid_t pid, os::Fd handle) : pid_(pid), handle_(std::move(handle)) {}
    pid_t pid_;
    os::Fd handle_;
};

// Ends a program that nobody watches: the negative signal that did it, 0 when it had gone by itself.
int end_program(const std::optional<Process>& program, bool force, milliseconds grace = k_stop_grace) {
    if (!program) { return 0; }
    if (!force) {
        program->signal_group(SIGTERM);
        program->signal_group(SIGCONT);
        if (program->has_gone_within(grace)) { return -SIGTERM; }
    }
    program->signal_group(SIGKILL);
    static_cast<void>(program->has_gone_within(k_after_kill));
    return -SIGKILL;
}

std::optional<Process> leftover(const Job& job) {
    const std::optional<os::ProcessId> process = jobs::own_of(job.document).process;
    return process ? Process::find(*process) : std::nullopt;
}

const Json* proc_of(const Job& job) {
    const Json* queue = job.document.find(jobs::key::queue);
    return queue == nullptr ? nullptr : queue->find(jobs::key::proc);
}

std::string host_of(const Job& job) {
    const Json* proc = proc_of(job);
    return proc == nullptr ? "another machine" : cat("host ", proc->string_at("host").value_or("?"));
}

class Ending {
  public:
    explicit Ending(const EndQueued& request) : request_(request) {}

    core::Result<EndedQueued> go() {
        for (int round = 0; round < k_most_rounds; ++round) {
            RL_ASSIGN(Job job, request_.runs.read(request_.id));
            const JobStatus status = jobs::status_of(job.document).value_or(JobStatus::created);
            const std::optional<jobs::QueueEntry> entry = jobs::entry_of(job.document);
            if (is_terminal(status)) { return EndedQueued{how_, std::move(job), std::move(note_)}; }
            if (status != JobStatus::running && !entry) {
                return Error(Errc::conflict, cat("stopping job ", request_.id.brief(), ": it is neither queued nor running, but ", status_name(status)));
            }
            if (entry && entry->slurm && !entry->slurm->array.empty() && !is_cancelled_) { RL_TRY(cancel(*entry->slurm)); }
            RL_TRY(step(job));
        }
        return Error(Errc::busy, cat("stopping job ", request_.id.brief(), ": others are at it, one after the other; try again"));
    }

  private:
    milliseconds grace() const { return request_.grace.value_or(k_stop_grace); }

    core::Status step(const Job& job) {
        switch (jobs::life_of(request_.runs, job)) {
            case Life::idle: return take_off(job);
            case Life::held: return stop_runner(job);
            case Life::unwatched:
            case Life::abandoned: return settle_lost(job);
            case Life::unknown: return stop_unknown(job);
        }
        return core::ok();
    }

    core::Status ask() {
        if (is_asked_) { return core::ok(); }
        is_asked_ = true;
        const auto change = [this](Json& document) {
            const JobStatus status = jobs::status_of(document).value_or(JobStatus::created);
            if (!is_terminal(status)) { jobs::ask_to_stop(document, os::system_clock().now(), request_.grace); }
            return core::ok();
        };
        const core::Result<Job> asked = request_.runs.update(request_.id, change);
        return asked.ok() ? core::ok() : core::Status(asked.error());
    }

    core::Status cancel(const jobs::SlurmTask& task) {
        is_cancelled_ = true;
        RL_TRY(ask());
        const core::Status cancelled = slurm_cancel(task);
        // A task that begins after all finds a job that has ended, and runs nothing.
        if (!cancelled.ok()) { note_ = cat("its task ", task.str(), " of Slurm was not cancelled: ", cancelled.error().message()); }
        return core::ok();
    }

    // It does not run, and while we hold the claim nobody begins it.
    core::Status take_off(const Job& job) {
        core::Result<std::unique_ptr<os::Lease>> claim = claim_job(request_.runs, request_.id, "take it off the queue");
        if (!claim.ok()) {
            if (claim.error().code() != Errc::busy) { return std::move(claim).take_error(); }
            std::this_thread::sleep_for(k_look);   // somebody begins it just now: its document will say so
            return core::ok();
        }
        RL_ASSIGN(const Job now, request_.runs.read(request_.id));
        if (now.document != job.document) { return core::ok(); }
        how_ = HowEnded::taken_off;
        return finish(request_.status, 0, "it had not begun");
    }

    core::Status finish(JobStatus status, int returncode, std::string_view why) {
        jobs::Ending ending;
        ending.status = status;
        const auto more = [&](Json& document) {
            if (status != JobStatus::stopped) { return; }
            jobs::ask_to_stop(document, os::system_clock().now());
            jobs::note_attempt(document, AttemptEnd::stopped, {returncode, cat("stopped by `runlake queue stop`: ", why), os::system_clock().now()});
        };
        ending.more = more;
        const core::Result<jobs::Finished> ended = end_job(request_.store, request_.runs, request_.id, ending, request_.say);
        return ended.ok() ? core::ok() : core::Status(ended.error());
    }

    // Its runner lives: it is told, ends its program and writes the end itself.
    core::Status stop_runner(const Job& job) {
        RL_ASSIGN(const std::optional<os::LeaseHolder> holder, os::lease_holder(request_.runs.claim_path(request_.id)));
        if (!holder) { return core::ok(); }
        const std::optional<Process> runner = Process::find(holder->process);
        if (!runner) {
            if (os::liveness(holder->process) == os::Liveness::dead) { return core::ok(); }
            if (is_cancelled_ && note_.empty()) {
                how_ = HowEnded::was_running;
                return wait_for_slurm();
            }
            return Error(Errc::conflict, cat("stopping job ", request_.id.brief(), ": it runs on ", host_of(job), " (machine ", holder->process.machine.substr(0, 8), ", process ", holder->process.pid,
                                             "), which can't be reached from here: say `runlake queue stop ", request_.id.brief(), "` there", note_.empty() ? "" : "; ", note_));
        }
        how_ = HowEnded::was_running;
        RL_TRY(ask());
        if (is_told_ && *is_told_ == holder->token) {
            // It was told and had its time: nothing is left to wait for.
            static_cast<void>(end_program(leftover(job), true));
            if (!runner->has_gone_within(k_after_kill)) { runner->signal(SIGKILL); }
            static_cast<void>(runner->has_gone_within(k_after_kill));
            return core::ok();
        }
        is_told_ = holder->token;
        // Slurm tells it: told twice, it would give its program no time.
        const bool is_told_by_slurm = is_cancelled_ && note_.empty();
        if (!is_told_by_slurm) { runner->signal(SIGTERM); }
        runner->signal(SIGCONT);
        if (request_.force) { static_cast<void>(end_program(leftover(job), true)); }
        static_cast<void>(runner->has_gone_within(grace() + k_for_the_runner));
        return core::ok();
    }

    core::Status wait_for_slurm() {
        const std::int64_t deadline = now_ms() + k_for_slurm.count();
        while (now_ms() < deadline) {
            RL_ASSIGN(const Job job, request_.runs.read(request_.id));
            if (jobs::life_of(request_.runs, job) != Life::held) { return core::ok(); }
            std::this_thread::sleep_for(k_look);
        }
        return Error(Errc::busy, cat("stopping job ", request_.id.brief(), ": Slurm was told to cancel its task, and it runs still; ask again later"));
    }

    core::Status settle_lost(const Job& job) {
        const int returncode = end_program(leftover(job), request_.force, grace());
        core::Result<std::unique_ptr<os::Lease>> claim = claim_job(request_.runs, request_.id, "stop");
        if (!claim.ok()) { return claim.error().code() == Errc::busy ? core::ok() : core::Status(std::move(claim).take_error()); }
        RL_ASSIGN(const Job now, request_.runs.read(request_.id));
        if (jobs::own_of(now.document).run != jobs::own_of(job.document).run || jobs::status_of(now.document) != JobStatus::running) { return core::ok(); }
        if (how_ == HowEnded::had_ended) { how_ = HowEnded::was_lost; }
        return finish(JobStatus::stopped, returncode, returncode == 0 ? "its runner had gone, and its program too" : "its runner had gone");
    }

    // By aexp: what its document says of the process is all there is.
    core::Status stop_unknown(const Job& job) {
        const Json* proc = proc_of(job);
        int returncode = 0;
        std::string why = "nothing is known of its process";
        if (proc != nullptr) {
            if (proc->string_at("host") != os::host_name()) {
                return Error(Errc::conflict, cat("stopping job ", request_.id.brief(), ": it runs on ", host_of(job), ", by another tool than Runlake: it has to be stopped there"));
            }
            const std::int64_t pid = proc->integer_at("pid").value_or(0);
            const std::optional<Process> program =
                pid > 1 && pid <= INT32_MAX ? Process::find(static_cast<pid_t>(pid), proc->number_at("start_fingerprint").value_or(0)) : std::nullopt;
            returncode = end_program(program, request_.force, grace());
            why = program ? cat("its process ", pid, " was told to end") : cat("its process ", pid, " had gone");
        }
        how_ = returncode == 0 ? HowEnded::was_lost : HowEnded::was_running;
        return finish(JobStatus::stopped, returncode, why);
    }

    const EndQueued& request_;
    HowEnded how_ = HowEnded::had_ended;
    std::string note_;
    bool is_asked_ = false;
    bool is_cancelled_ = false;
    std::optional<std::string> is_told_;   // the token of the claim whose holder was told
};

}  // namespace

core::Result<std::unique_ptr<os::Lease>> claim_job(const jobs::RunStore& runs, const core::JobId& id, std::string_view purpose) {
    const std::string path = runs.claim_path(id);
    RL_TRY(runs.make_own_folder(path));
    os::LeaseOptions options;
    options.purpose = purpose;
    return os::Lease::take(path, options);
}

core::Result<EndedQueued> end_queued(const EndQueued& request) { return Ending(request).go(); }

namespace {

// Under the claim: the attempt is noted, and the job is queued again or ended.
core::Result<JobStatus> settle(const record::Store& store, const jobs::RunStore& runs, const Job& job, const LostHow& how, const Say& say) {
    const JobStatus now = jobs::status_of(job.document).value_or(JobStatus::created);
    const JobStatus next = jobs::after_attempt(job.document, how.end);
    const auto note = [&](Json& document) { jobs::note_attempt(document, how.end, {std::nullopt, how.why, os::system_clock().now()}); };
    if (is_terminal(next)) {
        jobs::Ending ending;
        ending.status = next;
        ending.more = note;
        RL_ASSIGN(const jobs::Finished ended, end_job(store, runs, job.id, ending, say));
        return jobs::status_of(ended.job.document).value_or(next);
    }
    const auto change = [&](Json& document) {
        if (jobs::status_of(document) != now) { return core::ok(); }
        document.set(jobs::key::status, status_name(next));
        jobs::Own own = jobs::own_of(document);
        own.process.reset();
        jobs::set_own(document, own);
        note(document);
        return core::ok();
    };
    RL_ASSIGN(const Job changed, runs.update(job.id, change));
    return jobs::status_of(changed.document).value_or(next);
}

}  // namespace

core::Result<JobStatus> take_over_lost(const record::Store& store, const jobs::RunStore& runs, const core::JobId& id, const LostHow& how, const Say& say) {
    RL_ASSIGN(const Job before, runs.read(id));
    static_cast<void>(end_program(leftover(before), false));
    RL_ASSIGN(const std::unique_ptr<os::Lease> claim, claim_job(runs, id, "take over"));
    RL_ASSIGN(const Job job, runs.read(id));
    const JobStatus status = jobs::status_of(job.document).value_or(JobStatus::created);
    if (status != JobStatus::running || jobs::own_of(job.document).run != jobs::own_of(before.document).run) { return status; }
    return settle(store, runs, job, how, say);
}

core::Result<JobStatus> settle_not_begun(const record::Store& store, const jobs::RunStore& runs, const core::JobId& id, const LostHow& how, const Say& say) {
    RL_ASSIGN(const std::unique_ptr<os::Lease> claim, claim_job(runs, id, "take over"));
    RL_ASSIGN(const Job job, runs.read(id));
    const JobStatus status = jobs::status_of(job.document).value_or(JobStatus::created);
    const std::optional<jobs::QueueEntry> entry = jobs::entry_of(job.document);
    if (status != JobStatus::queued || !entry || !entry->slurm) { return status; }
    return settle(store, runs, job, how, say);
}

}  // namespace runlake::ops
