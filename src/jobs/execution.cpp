// SPDX-License-Identifier: Apache-2.0
#include "jobs/execution.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/start_thread.hpp"
#include "os/system.hpp"

namespace runlake::jobs {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

// aexp's form of a running program; its own tool stops a job by it.
Json proc_json(const os::ProcessId& process, core::Timestamp at) {
    Json proc = Json::object();
    proc.set("pid", std::int64_t{process.pid}).set("host", os::host_name()).set("started_at", format_time(at));
    if (::getpgid(process.pid) == process.pid) { proc.set("pgid", std::int64_t{process.pid}); }
    return proc.set("start_fingerprint", static_cast<double>(process.start_ticks));
}

// Whether a program that aexp started is known to have gone: only its own host can tell.
bool has_gone(const Json* proc) {
    if (proc == nullptr || proc->string_at("host") != os::host_name()) { return false; }
    const auto pid = proc->integer_at("pid");
    if (!pid || *pid <= 0 || *pid > INT32_MAX) { return false; }
    const std::optional<std::uint64_t> ticks = os::start_ticks(static_cast<pid_t>(*pid));
    const std::optional<double> recorded = proc->number_at("start_fingerprint");
    return !ticks || (recorded && std::abs(*recorded - static_cast<double>(*ticks)) > 0.5);
}

bool is_queued_by_key(const Json& document) {
    const Json* queue = document.find(key::queue);
    return queue != nullptr && queue->is_object() && !queue->as_object()->empty();
}

class Running final : public Execution {
  public:
    Running(const RunStore& store, Job job, std::unique_ptr<os::Lease> claim, const BeginOptions& options)
        : store_(store), job_(std::move(job)), claim_(std::move(claim)), options_(options), began_ns_(os::system_clock().monotonic_ns()) {
        // Where no thread is to be had, the document tells no heartbeat; the claim has its own.
        if (auto heart = os::start_thread([this] { beat(); }); heart.ok()) { heart_ = std::move(heart).take(); }
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() override { stop_heart(); }

    const Job& job() const override { return job_; }
    bool is_still_ours() const override { return claim_ && claim_->is_still_ours(); }

    core::Result<Finished> finish(Ending ending) override {
        stop_heart();
        ending.change = Change::by_recorder;
        ending.run = options_.run;
        if (!ending.wallclock_s) { ending.wallclock_s = static_cast<double>(os::system_clock().monotonic_ns() - began_ns_) / 1e9; }
        return jobs::finish(store_, job_.id, ending);
    }

    core::Result<Job> give_back(const std::function<void(Json& document)>& change) override {
        stop_heart();
        const auto checked = [&](Json& document) -> core::Status {
            if (!is_ours(document)) { return Error(Errc::conflict, cat("giving job ", job_.id.brief(), " back: another execution has it, or it has been ended")); }
            Own own = own_of(document);
            own.process.reset();
            set_own(document, own);
            change(document);
            return core::ok();
        };
        RL_ASSIGN(Job job, store_.update(job_.id, checked));
        claim_.reset();
        return job;
    }

  private:
    bool is_ours(const Json& document) const { return own_of(document).run == options_.run && status_of(document) == JobStatus::running; }

    // What fails is not said: an old heartbeat is what it is, and the claim tells who lives.
    void beat() {
        constexpr std::chrono::seconds k_look{5};
        const auto interval = std::chrono::nanoseconds(options_.heartbeat).count();
        std::int64_t last = began_ns_;
        std::unique_lock lock(mutex_);
        for (;;) {
            const auto pause = interval > 0 ? std::min<std::chrono::nanoseconds>(k_look, options_.heartbeat) : std::chrono::nanoseconds(k_look);
            if (wake_.wait_for(lock, pause, [&] { return stop_; })) { return; }
            lock.unlock();
            bool ours = claim_->is_still_ours();
            if (ours && interval > 0 && os::system_clock().monotonic_ns() - last >= interval) {
                last = os::system_clock().monotonic_ns();
                const auto young = [&](Json& document) {
                    ours = is_ours(document);
                    if (ours) { document.set(key::heartbeat_at, format_time(os::system_clock().now())); }
                    return core::ok();
                };
                static_cast<void>(store_.update(job_.id, young).ok());
            }
            lock.lock();
            if (!ours) {
                if (options_.lost) { options_.lost(); }
                return;
            }
        }
    }

    void stop_heart() {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        wake_.notify_all();
        if (heart_.joinable()) { heart_.join(); }
    }

    RunStore store_;
    Job job_;
    std::unique_ptr<os::Lease> claim_;
    BeginOptions options_;
    std::int64_t began_ns_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stop_ = false;
    std::thread heart_;
};

core::Result<std::unique_ptr<os::Lease>> claim(const RunStore& store, const core::JobId& id, const BeginOptions& options) {
    const std::string path = store.claim_path(id);
    os::LeaseOptions lease;
    lease.purpose = options.purpose;
    core::Result<std::unique_ptr<os::Lease>> taken = os::Lease::take(path, lease);
    if (taken.ok() || taken.error().code() != Errc::not_found) { return taken; }
    RL_TRY(store.make_own_folder(path));
    return os::Lease::take(path, lease);
}

bool lives(const std::optional<os::ProcessId>& process) { return process && os::liveness(*process) == os::Liveness::alive; }

core::Status may_begin(const Json& document, const core::JobId& id, bool force) {
    const Own own = own_of(document);
    const JobStatus status = status_of(document).value_or(JobStatus::created);
    if (status == JobStatus::running && lives(own.process)) {
        return Error(Errc::busy, cat("running job ", id.brief(), ": whoever ran it has gone, but its program still works (process ", own.process->pid, "): stop it first"));
    }
    const Json* queue = document.find(key::queue);
    if (status == JobStatus::running && !own.run && !force && !has_gone(queue == nullptr ? nullptr : queue->find(key::proc))) {
        return Error(Errc::conflict, cat("running job ", id.brief(), ": it is said to run, by another tool, and that can't be judged; --force runs it all the same"));
    }
    if (is_terminal(status) && !force) {
        return Error(Errc::conflict, cat("running job ", id.brief(), ": it has ended: ", status_name(status), "; --force runs it again"));
    }
    return core::ok();
}

}  // namespace

core::Result<std::unique_ptr<Execution>> Execution::begin(const RunStore& store, const core::JobId& id, const BeginOptions& options) {
    if (!os::is_dir(store.folder(id))) { return Error(Errc::not_found, cat("running job ", id.str(), ": there is no such job in ", store.workspace())); }
    RL_ASSIGN(std::unique_ptr<os::Lease> lease, claim(store, id, options));
    const core::Timestamp now = os::system_clock().now();
    const auto start = [&](Json& document) -> core::Status {
        RL_TRY(may_begin(document, id, options.force));
        document.set(key::status, status_name(JobStatus::running));
        if (document.find(key::started_at) == nullptr) { document.set(key::started_at, format_time(now)); }
        document.set(key::heartbeat_at, format_time(now));
        // Of an earlier end, and of no meaning while it runs.
        erase(document, key::ended_at);
        erase(document, key::wallclock_s);
        Own own;
        own.run = options.run;
        own.started_at = now;
        own.process = options.process;
        set_own(document, own);
        if (options.process && is_queued_by_key(document)) {
            Json queue = *document.find(key::queue);
            document.set(key::queue, queue.set(key::proc, proc_json(*options.process, now)));
        }
        return core::ok();
    };
    RL_ASSIGN(Job job, store.update(id, start));
    return std::unique_ptr<Execution>(std::make_unique<Running>(store, std::move(job), std::move(lease), options));
}

Life life_of(const RunStore& store, const Job& job) {
    if (status_of(job.document) != JobStatus::running) { return Life::idle; }
    const Own own = own_of(job.document);
    if (!own.run) { return Life::unknown; }
    const core::Result<bool> held = os::lease_lives(store.claim_path(job.id));
    if (!held.ok()) { return Life::unknown; }
    if (held.value()) { return Life::held; }
    return lives(own.process) ? Life::unwatched : Life::abandoned;
}

}  // namespace runlake::jobs
