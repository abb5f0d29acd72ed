// SPDX-License-Identifier: Apache-2.0
// Ending a job of the queue from outside, whatever it is doing and whoever runs it; and taking over what a dead runner has left.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/job_id.hpp"
#include "core/result.hpp"
#include "jobs/execution.hpp"
#include "jobs/queue_policy.hpp"
#include "jobs/run_store.hpp"
#include "jobs/status.hpp"
#include "ops/job_end.hpp"
#include "os/lease.hpp"
#include "record/store.hpp"

namespace runlake::ops {

inline constexpr std::chrono::seconds k_stop_grace{5};   // between TERM and KILL, as everywhere

struct EndQueued {
    const record::Store& store;
    const jobs::RunStore& runs;
    core::JobId id;
    jobs::JobStatus status = jobs::JobStatus::stopped;   // of one that does not run; one that runs is `stopped`
    bool force = false;                                  // its program gets no time to end by itself
    std::optional<std::chrono::seconds> grace;           // how long it gets; none given: k_stop_grace
    Say say;
};

enum class HowEnded : std::uint8_t {
    had_ended,     // before: nothing was changed
    taken_off,     // it was queued, and did not run
    was_running,   // its program was told to end
    was_lost,      // it was said to run, but its runner had gone
};

struct EndedQueued {
    HowEnded how = HowEnded::had_ended;
    jobs::Job job;        // as it stands now
    std::string note;     // what people should know: "" for nothing
};

// Errc::conflict: neither queued nor running; or it runs where it can't be reached from here (which host is said), and nothing was changed. Errc::busy: it could not be had.
core::Result<EndedQueued> end_queued(const EndQueued& request);

// What is known of an attempt whose runner has gone.
struct LostHow {
    jobs::AttemptEnd end = jobs::AttemptEnd::lost;
    std::string why = "whoever ran it has gone without a word";
};
// A job that is said to run whose runner has gone: ends what is left of its program on this machine, notes the attempt, and makes it `queued` or ended. What it is then; Errc::busy when
// somebody else is at it.
core::Result<jobs::JobStatus> take_over_lost(const record::Store& store, const jobs::RunStore& runs, const core::JobId& id, const LostHow& how, const Say& say);
// The same for a job that is queued with a task of Slurm which has ended without beginning it.
core::Result<jobs::JobStatus> settle_not_begun(const record::Store& store, const jobs::RunStore& runs, const core::JobId& id, const LostHow& how, const Say& say);

// The claim on a job, for whoever changes its status without running it.
core::Result<std::unique_ptr<os::Lease>> claim_job(const jobs::RunStore& runs, const core::JobId& id, std::string_view purpose);

}  // namespace runlake::ops
