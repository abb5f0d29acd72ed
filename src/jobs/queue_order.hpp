// SPDX-License-Identifier: Apache-2.0
// Which queued job goes next, what it waits for, and which one is queued already: decisions over documents that were read, nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_id.hpp"
#include "core/json.hpp"
#include "jobs/queue_entry.hpp"
#include "jobs/run_store.hpp"
#include "jobs/status.hpp"

namespace runlake::jobs {

struct QueuedJob {
    Job job;
    QueueEntry entry;
    JobStatus status = JobStatus::queued;
    std::optional<std::string> experiment;
};

struct QueueFilter {
    std::optional<std::string> experiment;
    std::optional<std::string> tag;
    bool terminal = false;      // those that have ended too
};

// The jobs of the queue that the filter lets through, in the order of list_before(). A document whose status is no status is left out.
std::vector<QueuedJob> queue_of(std::vector<Job> jobs, const QueueFilter& filter);

// As they were queued: by queued_at, then by index, then by id. What lists show.
bool list_before(const QueuedJob& a, const QueuedJob& b);
// As they are to run: higher priority first, then list_before().
bool run_before(const QueuedJob& a, const QueuedJob& b);

enum class Readiness : std::uint8_t {
    ready,
    waiting,    // for a job that may still become complete
    blocked,    // by a job that has ended otherwise, or that is not there
};
struct Ready {
    Readiness what = Readiness::ready;
    std::optional<core::JobId> on;            // the first job that it waits for or is blocked by
    std::optional<JobStatus> on_status;       // nothing: there is no such job
};
// Of a job that may be read: nothing when it is not there.
using StatusOf = std::function<std::optional<JobStatus>(const core::JobId&)>;
Ready readiness(const QueueEntry& entry, const StatusOf& status_of);

// The jobs in an order in which none comes before one that it is to follow, otherwise by run_before(). Jobs that wait for each other come last.
std::vector<QueuedJob> in_order_of_dependence(std::vector<QueuedJob> jobs);

// Whether a job that is to follow `after` would, over others, follow itself.
bool would_wait_for_itself(const core::JobId& id, const std::vector<core::JobId>& after, const std::function<std::vector<core::JobId>(const core::JobId&)>& after_of);

// What is exactly `queued`, to be asked for a job of the same experiment and tag that is the same but for its code (code_commit, code_dirty). Points into the queue that it was made of.
class QueuedAlready {
  public:
    explicit QueuedAlready(const std::vector<QueuedJob>& queue);
    const QueuedJob* find(const core::Json& state_point, const std::optional<std::string>& experiment, const std::optional<std::string>& tag) const;

  private:
    std::map<std::string, const QueuedJob*> by_what_;
};

}  // namespace runlake::jobs
