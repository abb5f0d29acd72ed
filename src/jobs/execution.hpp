// SPDX-License-Identifier: Apache-2.0
// A job that is being run: claimed by a lease, its document kept young, and what is to be thought of one whose runner has gone.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "jobs/document.hpp"
#include "jobs/finish.hpp"
#include "jobs/run_store.hpp"
#include "os/lease.hpp"

namespace runlake::jobs {

struct BeginOptions {
    std::string purpose = "run the job";
    bool force = false;                       // a job that has ended, complete or not, is run again
    std::chrono::seconds heartbeat{30};       // heartbeat_at is written this often; 0: at the start only
    core::RunId run;                          // of this execution
};

// Holds the claim on a job from begin() until it goes. Thread-safe.
class Execution {
  public:
    // Claims the job, writes `running`, started_at (of the first start), heartbeat_at and `runlake`, and removes what an earlier end has left.
    // Errc::busy: another process runs it, or its program still lives. Errc::conflict: it has ended (`force`: run it again).
    static core::Result<std::unique_ptr<Execution>> begin(const RunStore& store, const core::JobId& id, const BeginOptions& options);
    virtual ~Execution() = default;           // unfinished: the job stays `running`, and is seen as abandoned

    virtual const Job& job() const = 0;                                  // as it was begun
    virtual core::Status set_process(const os::ProcessId& process) = 0;  // of its program: `runlake.process`, and `queue.proc` where it is queued
    // Ends it: by_recorder, with the wall-clock time since begin(). The heartbeat has stopped when it writes.
    virtual core::Result<Finished> finish(Ending ending) = 0;
};

enum class Life : std::uint8_t {
    idle,        // its document does not say `running`
    held,        // its runner lives
    unwatched,   // its runner has gone, its program lives
    abandoned,   // neither lives
    unknown,     // `running`, but not by Runlake: nothing can be told
};
// Touches nothing but a probe beside the lease of another machine.
Life life_of(const RunStore& store, const Job& job);

// The file of the claim: <job's folder>/.runlake/run.lease.
std::string claim_path(const RunStore& store, const core::JobId& id);

}  // namespace runlake::jobs
