// SPDX-License-Identifier: Apache-2.0
// `queue run`: runs what is queued, several jobs at once, each by a `runlake job run` of its own that outlives whoever started it. A job is claimed where it is run, so that any number of
// `queue run`, on any machine that sees the run store, may work on one queue.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/queue_order.hpp"
#include "ops/job_end.hpp"
#include "record/store.hpp"

namespace runlake::ops {

// What has become of a job that this call began, or followed.
struct QueueOutcome {
    jobs::QueuedJob job;                   // as it stands now
    double seconds = 0;
    std::vector<std::string> gpus;         // of its last attempt
    bool could_not_begin = false;          // it is queued as before, and its runner has said why
};

struct LeftJob {
    core::JobId id;
    std::string why;
    bool is_problem = false;               // it can never run as things are
};

struct QueueEvent {
    enum class Kind : std::uint8_t { started, again, ended } kind;
    const QueueOutcome& job;
};

struct QueueRunRequest {
    record::Store store;
    jobs::QueueFilter filter;
    std::optional<std::int64_t> index;     // that one job alone
    std::optional<int> jobs;               // at once; default: one here, as many as Slurm likes there
    std::optional<std::string> gpus;       // names, with commas between
    bool continue_on_failure = false;
    bool dry_run = false;
    std::vector<std::string> slurm;        // options of sbatch, without dashes
    std::function<void(const QueueEvent&)> tell;
    Say say;
};

struct QueueRunResponse {
    std::vector<QueueOutcome> outcomes;    // in the order of their ends
    std::vector<LeftJob> left;
    std::vector<QueueOutcome> planned;     // of a dry run
    std::vector<std::string> commands;     // of a dry run, one a planned job
    bool dry_run = false;
    bool interrupted = false;
    std::size_t completed() const;
    int exit_status() const;
};

// In this process's children. Errc::usage; Errc::not_found: no job of that index; what goes wrong with a job is in its outcome.
core::Result<QueueRunResponse> queue_run(const QueueRunRequest& request);
// In arrays of Slurm: submits what can run, follows it to its end and submits what it made possible, or takes up arrays that an earlier call has submitted. Interrupted, it leaves them to Slurm.
core::Result<QueueRunResponse> queue_run_slurm(const QueueRunRequest& request);

core::Json to_json(const QueueRunResponse& response);

}  // namespace runlake::ops
