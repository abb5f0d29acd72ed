// SPDX-License-Identifier: Apache-2.0
// The single writer of terminal statuses: complete, failed, abandoned, stopped.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/job_id.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/run_store.hpp"
#include "jobs/status.hpp"

namespace runlake::jobs {

struct Ending {
    JobStatus status = JobStatus::complete;            // terminal
    Change change = Change::by_other;
    std::optional<core::Timestamp> ended_at;           // default: now
    std::optional<double> wallclock_s;                 // rounded to milliseconds
    std::optional<core::RunId> run;                    // by_recorder: the execution that ends. A job that another execution has taken meanwhile is not touched.
    std::function<void(core::Json& document)> more;    // further members: exit status, last_error, ...
};

struct Finished {
    Job job;               // as it stands now
    bool changed = false;  // this call ended it; false: it had ended before, and stays as it was
};

// Ends a job: all fields of its end in one synced write. Of many that end one job at once, one does. Whoever gets `changed` promotes (ops::end_job does both).
core::Result<Finished> finish(const RunStore& store, const core::JobId& id, const Ending& ending);

}  // namespace runlake::jobs
