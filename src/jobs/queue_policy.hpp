// SPDX-License-Identifier: Apache-2.0
// What follows an attempt to run a job: its end, or another attempt.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "jobs/status.hpp"

namespace runlake::jobs {

enum class AttemptEnd : std::uint8_t {
    completed,
    failed,
    timed_out,   // the time limit of the job
    stopped,     // its runner was told to stop
    lost,        // its runner has gone without a word
};

// How often a job may lose its runner before it is taken for what kills it.
inline constexpr std::int64_t k_most_lost = 3;

// The status that follows: `queued` when it is to be tried again, else a terminal one. A job that is not in the queue is tried once.
JobStatus after_attempt(const core::Json& document, AttemptEnd end);

struct AttemptError {
    std::optional<int> returncode;      // negative: the signal
    std::string stderr_tail;
    core::Timestamp at;
};
// Notes it in the document of a queued job: counts the attempt, `queue.last_error` (taken away by one that completed), no `queue.proc`, no task of Slurm. Its cause is "operator_stop" when `queue stop`
// asked for it, "time_limit" or "lost". Does nothing for a job that is not in the queue. To be called by whoever writes what after_attempt() says, in the same update.
void note_attempt(core::Json& document, AttemptEnd end, const AttemptError& error);

// `queue stop` asks first, so that whoever writes the end knows whose wish it was, and how long the program may take to end by itself.
void ask_to_stop(core::Json& document, core::Timestamp at, std::optional<std::chrono::seconds> grace = std::nullopt);
std::optional<std::chrono::seconds> grace_asked(const core::Json& document);
inline constexpr std::chrono::seconds k_most_grace{86'400};

// The limit of time that the job was queued with.
std::optional<std::int64_t> time_limit_s(const core::Json& document);

}  // namespace runlake::jobs
