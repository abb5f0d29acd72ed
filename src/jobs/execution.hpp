// SPDX-License-Identifier: Apache-2.0
// A job that is being run: claimed by a lease, its document kept young, and what is to be thought of one whose runner has gone.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
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
    std::optional<os::ProcessId> process;     // of its program: `runlake.process`, and `queue.proc` where it is queued
    std::function<void()> lost;               // called once, from a thread, when the claim or the job turns out to be another's
};

// Holds the claim on a job from begin() until it goes. Thread-safe.
class Execution {
  public:
    // Claims the job, writes `running`, started_at (of the first start), heartbeat_at and `runlake`, and removes what an earlier end has left.
    // Errc::busy: another process runs it, or its program still lives. Errc::conflict: it has ended (`force`: run it again).
    static core::Result<std::unique_ptr<Execution>> begin(const RunStore& store, const core::JobId& id, const BeginOptions& options);
    virtual ~Execution() = default;           // unfinished: the job stays `running`, and is seen as abandoned

    virtual const Job& job() const = 0;       // as it was begun
    virtual bool is_still_ours() const = 0;   // the claim
    // Ends it: by_recorder, with the wall-clock time since begin(). The heartbeat has stopped when it writes.
    virtual core::Result<Finished> finish(Ending ending) = 0;
    // No end: it is tried again later. `change` says the status (queued) and the rest, in one synced write; the claim is released. Errc::conflict: another execution has the job.
    virtual core::Result<Job> give_back(const std::function<void(core::Json& document)>& change) = 0;
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

}  // namespace runlake::jobs
