// SPDX-License-Identifier: Apache-2.0
#include "ops/queue_scan.hpp"

#include <algorithm>
#include <utility>

#include "core/shell.hpp"
#include "core/text.hpp"
#include "jobs/batch.hpp"
#include "jobs/command_template.hpp"
#include "jobs/execution.hpp"
#include "ops/job_run.hpp"

namespace runlake::ops {

using core::cat;
using core::JobId;
using jobs::JobStatus;
using jobs::Life;
using jobs::QueuedJob;
using jobs::Readiness;

core::Status QueueScan::look() {
    RL_ASSIGN(jobs::Jobs found, runs_.read_all());
    for (const jobs::LeftOut& one : found.left_out) {
        if (told_.insert(one.id).second) { say_(one.why.message()); }
    }
    statuses_.clear();
    for (const jobs::Job& job : found.jobs) {
        if (const auto status = jobs::status_of(job.document)) { statuses_.emplace(job.id, *status); }
    }
    jobs::QueueFilter filter = filter_;
    filter.terminal = true;
    all_ = jobs::queue_of(std::move(found.jobs), filter);
    queued_.clear();
    running_.clear();
    for (QueuedJob& one : all_) {
        if (one.status == JobStatus::running) {
            const Life life = jobs::life_of(runs_, one.job);
            const bool has_gone = life == Life::abandoned || life == Life::unwatched;
            const std::optional<LostHow> how = !has_gone ? std::nullopt : how_lost_ ? how_lost_(one) : std::optional(LostHow());
            if (how) {
                const core::Result<JobStatus> now = take_over_lost(store_, runs_, one.job.id, *how, say_);
                if (now.ok() && now.value() != JobStatus::running) {
                    say_(cat("job ", one.job.id.brief(), ": its runner has gone; it is ", jobs::status_name(now.value()), " now"));
                    RL_ASSIGN(one, read_queued(runs_, one.job.id));
                    note(one.job.id, one.status);
                }
            }
        }
        if (one.status == JobStatus::queued) { queued_.push_back(one); }
        if (one.status == JobStatus::running) { running_.push_back(one); }
    }
    std::sort(queued_.begin(), queued_.end(), jobs::run_before);
    return core::ok();
}

jobs::Ready QueueScan::readiness(const QueuedJob& job) const {
    return jobs::readiness(job.entry, [&](const JobId& id) {
        const auto found = statuses_.find(id);
        return found == statuses_.end() ? std::nullopt : std::optional(found->second);
    });
}

core::Result<QueuedJob> read_queued(const jobs::RunStore& runs, const JobId& id) {
    RL_ASSIGN(jobs::Job job, runs.read(id));
    QueuedJob one{std::move(job), {}, JobStatus::created, {}};
    one.entry = jobs::entry_of(one.job.document).value_or(jobs::QueueEntry());
    one.status = jobs::status_of(one.job.document).value_or(JobStatus::created);
    one.experiment = jobs::experiment_of(one.job);
    return one;
}

LeftJob left_by(const JobId& id, const jobs::Ready& ready) {
    const std::string_view how = ready.on_status ? jobs::status_name(*ready.on_status) : "not there";
    const bool is_blocked = ready.what == Readiness::blocked;
    return {id, cat(is_blocked ? "blocked by " : "waits for ", ready.on->brief(), " (", how, ')'), is_blocked};
}

void finish_dry_run(const record::Store& store, const std::vector<QueuedJob>& queue, QueueRunResponse& response) {
    response.dry_run = true;
    for (const QueuedJob& one : queue) {
        const core::Result<std::vector<std::string>> words = job_command(store, one.job);
        std::string line;
        if (words.ok()) {
            for (const std::string& word : words.value()) { line += cat(line.empty() ? "" : " ", core::shell_word(word)); }
        } else {
            response.left.push_back({one.job.id, words.error().message(), true});
            continue;
        }
        response.planned.push_back({one, 0, {}, false});
        response.commands.push_back(std::move(line));
    }
}

}  // namespace runlake::ops
