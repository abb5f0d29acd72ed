// SPDX-License-Identifier: Apache-2.0
// The executor that gives jobs to Slurm. What is with Slurm stands in the documents of the jobs, so that this process may die at any time and another takes up where it was.
#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "jobs/document.hpp"
#include "jobs/queue_script.hpp"
#include "jobs/slurm.hpp"
#include "ops/queue_end.hpp"
#include "ops/queue_run.hpp"
#include "ops/queue_scan.hpp"
#include "ops/queue_shared.hpp"
#include "ops/slurm_commands.hpp"
#include "os/files.hpp"
#include "os/stop_signal.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::JobId;
using core::Json;
using jobs::AttemptEnd;
using jobs::JobStatus;
using jobs::QueuedJob;
using jobs::Readiness;
using jobs::SlurmState;
using jobs::SlurmTask;
using std::chrono::milliseconds;

constexpr milliseconds k_shortest_pause{250};
constexpr milliseconds k_longest_pause{5000};
constexpr std::size_t k_tail_bytes = 2048;

class SlurmRun {
  public:
    SlurmRun(const QueueRunRequest& request, jobs::RunStore runs, std::vector<std::string> options)
        : request_(request), runs_(std::move(runs)), options_(std::move(options)), folder_(cat(runs_.own_folder(), "/slurm")), scan_(request.store, runs_, request_.filter, request_.say) {
        scan_.ask_about_lost([this](const QueuedJob& job) { return how_lost(job); });
    }

    core::Result<QueueRunResponse> go() {
        if (request_.dry_run) {
            RL_TRY(scan_.look());
            finish_dry_run(request_.store, scan_.queued(), response_);
            return std::move(response_);
        }
        RL_ASSIGN(const os::StopSignal signals, os::StopSignal::install());
        milliseconds pause = k_shortest_pause;
        for (;;) {
            const std::size_t known = seen_.size() + response_.outcomes.size();
            RL_TRY(take_up());
            RL_TRY(submit());
            RL_TRY(collect());
            if (followed_.empty()) { break; }
            // Seldom, while nothing happens: everybody's Slurm is asked.
            pause = seen_.size() + response_.outcomes.size() != known ? k_shortest_pause : std::min(pause * 2, k_longest_pause);
            if (signals.wait(pause)) {
                response_.interrupted = true;
                request_.say(cat(followed_.size(), " jobs stay with Slurm: `queue run --executor slurm` follows them again, `queue stop` and `queue clear` end them"));
                break;
            }
        }
        say_what_is_left();
        return std::move(response_);
    }

  private:
    std::string output_of(const SlurmTask& task) const { return cat(folder_, '/', task.str(), ".out"); }

    // Looks at the queue, and at what Slurm has of it; afterwards every job with a task has one that Slurm knows and has not ended.
    core::Status take_up() {
        RL_TRY(scan_.look());
        std::set<std::string> names;
        for (const std::vector<QueuedJob>* some : {&scan_.queued(), &scan_.running()}) {
            for (const QueuedJob& one : *some) {
                if (one.entry.slurm) { names.insert(one.entry.slurm->name); }
            }
        }
        core::Result<jobs::SlurmArrays> found = slurm_look({names.begin(), names.end()});
        if (!found.ok()) {
            if (found.error().code() == Errc::unsupported) { return std::move(found).take_error(); }
            if (!std::exchange(is_told_, true)) { request_.say(cat(found.error().message(), "; asking again")); }
            return core::ok();
        }
        is_told_ = false;
        arrays_ = std::move(found).take();
        bool has_changed = false;
        for (const QueuedJob& one : scan_.queued()) {
            if (!one.entry.slurm) { continue; }
            if (one.entry.slurm->array.empty()) {
                RL_TRY(find_again(one));
                has_changed = true;
                continue;
            }
            const std::optional<LostHow> how = not_begun(one);
            if (!how) { continue; }
            const core::Result<JobStatus> now = settle_not_begun(request_.store, runs_, one.job.id, *how, request_.say);
            if (!now.ok() && now.error().code() != Errc::busy) { return now.error(); }
            seen_.insert(one.job.id);
            has_changed = true;
        }
        return has_changed ? scan_.look() : core::ok();
    }

    // It was marked by somebody who died, or is at it, before Slurm's answer was written down.
    core::Status find_again(const QueuedJob& job) {
        core::Result<std::unique_ptr<os::Lease>> held = hold_queue(runs_, "find what was given to Slurm");
        if (!held.ok()) { return held.error().code() == Errc::busy ? core::ok() : core::Status(std::move(held).take_error()); }   // who is at it will write it down
        // Who was at it has written it down, now that we hold the queue.
        RL_ASSIGN(const jobs::SlurmArrays arrays, slurm_look({job.entry.slurm->name}));
        const auto change = [&](Json& document) {
            const std::optional<jobs::QueueEntry> entry = jobs::entry_of(document);
            if (!entry || entry->slurm != job.entry.slurm) { return core::ok(); }
            std::optional<SlurmTask> task;
            if (const auto array = arrays.find(job.entry.slurm->name); array != arrays.end()) {
                task = job.entry.slurm;
                task->array = array->second.id;
            }
            jobs::set_slurm(document, task);
            return core::ok();
        };
        const core::Result<jobs::Job> now = runs_.update(job.job.id, change);
        return now.ok() ? core::ok() : core::Status(now.error());
    }

    std::optional<SlurmState> state_of(const SlurmTask& task) const {
        const auto array = arrays_.find(task.name);
        if (array == arrays_.end()) { return std::nullopt; }
        const auto state = array->second.tasks.find(task.task);
        return state == array->second.tasks.end() ? std::nullopt : std::optional(state->second);
    }

    std::string tail_of(const SlurmTask& task) const {
        const core::Result<std::string> text = os::read_file(output_of(task), 1U << 20U);
        if (!text.ok()) { return ""; }
        return text.value().substr(text.value().size() - std::min(text.value().size(), k_tail_bytes));
    }

    // Why a queued job will not be begun by its task; nothing while it may be.
    std::optional<LostHow> not_begun(const QueuedJob& job) const {
        const SlurmTask& task = *job.entry.slurm;
        const std::optional<SlurmState> state = state_of(task);
        if (state && !has_ended(*state)) { return std::nullopt; }
        // A task that is cancelled before it begins is forgotten at once; one that began has left its output.
        const bool has_begun = os::exists(output_of(task));
        if (state == SlurmState::cancelled || (!state && !has_begun)) { return LostHow{AttemptEnd::stopped, cat("its task ", task.str(), " was cancelled in Slurm")}; }
        if (state == SlurmState::lost) { return LostHow{AttemptEnd::lost, cat("its task ", task.str(), " lost its node")}; }
        const std::string tail = tail_of(task);
        return LostHow{AttemptEnd::failed, cat("its task ", task.str(), " ended without running it", tail.empty() ? "" : ":\n", tail)};
    }

    // A job of which the runner has gone: Slurm may know why, or is about to.
    static std::optional<LostHow> how_lost(const QueuedJob& job) {
        if (!job.entry.slurm) { return LostHow(); }
        const core::Result<jobs::SlurmArrays> arrays = slurm_look({job.entry.slurm->name});
        if (!arrays.ok()) { return std::nullopt; }
        const auto array = arrays.value().find(job.entry.slurm->name);
        if (array == arrays.value().end()) { return LostHow(); }
        const auto state = array->second.tasks.find(job.entry.slurm->task);
        if (state == array->second.tasks.end()) { return LostHow(); }
        if (!has_ended(state->second)) { return std::nullopt; }
        const std::string why = cat("its task ", array->second.id, '_', job.entry.slurm->task, " was ended by Slurm: ", slurm_state_name(state->second));
        switch (state->second) {
            case SlurmState::cancelled: return LostHow{AttemptEnd::stopped, why};
            case SlurmState::timed_out: return LostHow{AttemptEnd::timed_out, why};
            case SlurmState::out_of_memory:
            case SlurmState::failed: return LostHow{AttemptEnd::failed, why};
            default: return LostHow();
        }
    }

    // Everything that can run and is not with Slurm: an array for each number of GPUs.
    core::Status submit() {
        if (has_failed_ && !request_.continue_on_failure) { return core::ok(); }
        std::map<std::int64_t, std::vector<JobId>> ready;
        for (const QueuedJob& one : scan_.queued()) {
            const bool is_wanted = !request_.index || one.entry.index == request_.index;
            if (one.entry.slurm || !is_wanted || scan_.readiness(one).what != Readiness::ready) { continue; }
            ready[one.entry.gpus.value_or(0)].push_back(one.job.id);
        }
        if (ready.empty()) { return core::ok(); }
        RL_ASSIGN(const std::unique_ptr<os::Lease> held, hold_queue(runs_, "give jobs to Slurm"));
        for (const auto& [gpus, ids] : ready) {
            for (std::size_t begin = 0; begin < ids.size(); begin += jobs::k_most_tasks) {
                const auto first = ids.begin() + static_cast<std::ptrdiff_t>(begin);
                const auto last = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), begin + jobs::k_most_tasks));
                RL_TRY(submit_array({first, last}, gpus));
            }
        }
        return scan_.look();
    }

    core::Status submit_array(const std::vector<JobId>& ids, std::int64_t gpus) {
        const std::string name = cat("runlake-", os::random_hex(16));
        std::vector<JobId> marked;
        core::Status done = mark(ids, name, marked);
        if (done.ok() && marked.empty()) { return core::ok(); }
        std::string array;
        if (done.ok()) {
            core::Result<std::string> submitted = hand_over(marked, name, gpus);
            if (submitted.ok()) {
                array = std::move(submitted).take();
            } else {
                done = std::move(submitted).take_error();
            }
        }
        for (const JobId& id : marked) {
            const auto change = [&](Json& document) {
                const std::optional<jobs::QueueEntry> entry = jobs::entry_of(document);
                if (!entry || !entry->slurm || entry->slurm->name != name) { return core::ok(); }
                std::optional<SlurmTask> task;
                if (!array.empty()) {
                    task = entry->slurm;
                    task->array = array;
                }
                jobs::set_slurm(document, task);
                return core::ok();
            };
            const core::Result<jobs::Job> written = runs_.update(id, change);
            if (!written.ok() && done.ok()) { done = written.error(); }
        }
        if (!array.empty()) {
            // It may have ended before we look again.
            for (const JobId& id : marked) { RL_TRY(follow(id)); }
            request_.say(cat("submitted ", marked.size(), marked.size() == 1 ? " job" : " jobs", " to Slurm: array ", array));
        }
        return done;
    }

    // Before Slurm hears of them: should we die in between, the array is found by its name.
    core::Status mark(const std::vector<JobId>& ids, const std::string& name, std::vector<JobId>& marked) const {
        for (const JobId& id : ids) {
            bool is_free = false;
            const auto change = [&](Json& document) {
                const std::optional<jobs::QueueEntry> entry = jobs::entry_of(document);
                is_free = entry && !entry->slurm && jobs::status_of(document) == JobStatus::queued;
                if (is_free) { jobs::set_slurm(document, SlurmTask{name, "", static_cast<std::int64_t>(marked.size())}); }
                return core::ok();
            };
            const core::Result<jobs::Job> job = runs_.update(id, change);
            if (!job.ok()) { return job.error(); }
            if (is_free) { marked.push_back(id); }
        }
        return core::ok();
    }

    core::Result<std::string> hand_over(const std::vector<JobId>& ids, const std::string& name, std::int64_t gpus) const {
        RL_ASSIGN(const std::string here, os::current_dir());
        const std::string root = request_.store.root.empty() ? here : request_.store.root;
        RL_TRY(os::make_dirs(folder_, 0755, os::point::queue_slurm_write));
        jobs::ScriptRequest script;
        script.kind = jobs::ScriptKind::slurm;
        script.jobs = ids;
        script.made_at = jobs::format_time(os::system_clock().now());
        script.root = root;
        script.program = runlake_words(request_.store);
        script.run_options = {"--log-only"};
        script.name = name;
        script.output = cat(folder_, "/%A_%a.out");
        RL_ASSIGN(const std::string text, jobs::queue_script(script));
        jobs::SlurmSubmission submission{.name = name, .tasks = ids.size(), .at_once = request_.jobs, .working_dir = root, .output = script.output, .gpus = gpus, .options = options_, .script = cat(folder_, '/', name, ".sh")};
        RL_TRY(os::publish_file(submission.script, text, 0755, os::Existing::keep, os::Durability::power, os::point::queue_slurm_write));
        core::Result<std::string> array = slurm_submit(submission);
        // An answer that is not understood may well be of an array that runs: it is found by its name.
        if (!array.ok() && array.error().code() != Errc::unsupported && array.error().code() != Errc::usage) {
            const core::Result<jobs::SlurmArrays> found = slurm_look({name});
            if (found.ok() && found.value().contains(name)) { return found.value().at(name).id; }
        }
        return array;
    }

    core::Status follow(const JobId& id) {
        if (!seen_.insert(id).second || !request_.tell) { return core::ok(); }
        RL_ASSIGN(QueuedJob job, read_queued(runs_, id));
        request_.tell({QueueEvent::Kind::started, QueueOutcome{std::move(job), 0, {}, false}});
        return core::ok();
    }

    // What is followed, and what has come to its end since the last time.
    core::Status collect() {
        std::set<JobId> now;
        for (const std::vector<QueuedJob>* some : {&scan_.queued(), &scan_.running()}) {
            for (const QueuedJob& one : *some) {
                if (!one.entry.slurm || (request_.index && one.entry.index != request_.index)) { continue; }
                now.insert(one.job.id);
                RL_TRY(follow(one.job.id));
            }
        }
        for (const JobId& id : seen_) {
            if (now.contains(id) || told_.contains(id)) { continue; }
            RL_ASSIGN(QueuedJob job, read_queued(runs_, id));
            if (!is_terminal(job.status)) { continue; }   // to be tried again
            told_.insert(id);
            QueueOutcome outcome{std::move(job), 0, {}, false};
            outcome.seconds = outcome.job.job.document.number_at(jobs::key::wallclock_s).value_or(0);
            has_failed_ = has_failed_ || outcome.job.status == JobStatus::failed;
            if (request_.tell) { request_.tell({QueueEvent::Kind::ended, outcome}); }
            response_.outcomes.push_back(std::move(outcome));
        }
        followed_ = std::move(now);
        return core::ok();
    }

    void say_what_is_left() {
        for (const QueuedJob& one : scan_.queued()) {
            if (one.entry.slurm || (request_.index && one.entry.index != request_.index)) { continue; }
            const jobs::Ready ready = scan_.readiness(one);
            if (ready.what != Readiness::ready) {
                response_.left.push_back(left_by(one.job.id, ready));
            } else {
                response_.left.push_back({one.job.id, "not submitted: another has failed (--continue-on-failure goes on)", false});
            }
        }
    }

    const QueueRunRequest& request_;
    jobs::RunStore runs_;
    std::vector<std::string> options_;
    std::string folder_;               // of scripts and of what tasks write themselves
    QueueScan scan_;
    QueueRunResponse response_;
    jobs::SlurmArrays arrays_;
    std::set<JobId> followed_;
    std::set<JobId> seen_;             // with Slurm at some time during this call
    std::set<JobId> told_;
    bool has_failed_ = false;
    bool is_told_ = false;
};

}  // namespace

core::Result<QueueRunResponse> queue_run_slurm(const QueueRunRequest& request) {
    if (request.jobs && (*request.jobs < 1 || *request.jobs > 4096)) { return Error(Errc::usage, "--jobs is between 1 and 4096"); }
    if (request.gpus) { return Error(Errc::usage, "--gpus names devices of this machine: Slurm gives its own to jobs that were queued with --gpus"); }
    RL_ASSIGN(std::vector<std::string> options, jobs::slurm_options(request.slurm));
    RL_ASSIGN(jobs::RunStore runs, jobs::RunStore::find(request.store));
    return SlurmRun(request, std::move(runs), std::move(options)).go();
}

}  // namespace runlake::ops
