// SPDX-License-Identifier: Apache-2.0
// One look at the whole queue: what waits, what may run, and what dead runners have left, taken over on the way.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "jobs/queue_order.hpp"
#include "ops/queue_end.hpp"
#include "ops/queue_run.hpp"

namespace runlake::ops {

class QueueScan {
  public:
    QueueScan(const record::Store& store, const jobs::RunStore& runs, const jobs::QueueFilter& filter, const Say& say) : store_(store), runs_(runs), filter_(filter), say_(say) {}

    // Who knows more of the end of a job whose runner has gone than that it has. Nothing: it is not to be taken over yet.
    void ask_about_lost(std::function<std::optional<LostHow>(const jobs::QueuedJob&)> how_lost) { how_lost_ = std::move(how_lost); }

    core::Status look();

    // The queued jobs, in the order in which they are to run.
    const std::vector<jobs::QueuedJob>& queued() const { return queued_; }
    // Those that others run.
    const std::vector<jobs::QueuedJob>& running() const { return running_; }
    jobs::Ready readiness(const jobs::QueuedJob& job) const;
    void note(const core::JobId& id, jobs::JobStatus status) { statuses_.insert_or_assign(id, status); }
    // Every job of the queue, with those that have ended: in the order of the list.
    const std::vector<jobs::QueuedJob>& all() const { return all_; }

  private:
    const record::Store& store_;
    const jobs::RunStore& runs_;
    const jobs::QueueFilter& filter_;
    const Say& say_;
    std::map<core::JobId, jobs::JobStatus> statuses_;
    std::vector<jobs::QueuedJob> all_;
    std::vector<jobs::QueuedJob> queued_;
    std::vector<jobs::QueuedJob> running_;
    std::function<std::optional<LostHow>(const jobs::QueuedJob&)> how_lost_;
    std::set<core::JobId> told_;      // damaged jobs that were said
};

// A job read anew, with its place.
core::Result<jobs::QueuedJob> read_queued(const jobs::RunStore& runs, const core::JobId& id);
// "waits for 1a2b3c4d (running)", "blocked by 1a2b3c4d (failed)".
LeftJob left_by(const core::JobId& id, const jobs::Ready& ready);
// The command of each, in their order; one without a command is left.
void finish_dry_run(const record::Store& store, const std::vector<jobs::QueuedJob>& queue, QueueRunResponse& response);

}  // namespace runlake::ops
