// SPDX-License-Identifier: Apache-2.0
// What the commands over the queue have in common.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "cli/commands/job_shared.hpp"
#include "ops/queue_stop.hpp"

namespace runlake::cli {

inline constexpr Option k_queue_tag_filter{.names = "--tag", .value = "TEXT", .help = "only jobs that were queued with this tag"};
inline constexpr Argument k_jobs_argument{.name = "ID", .help = "the jobs' ids, or the beginnings of them", .repeats = true};
inline constexpr Option k_slurm_option{
    .names = "--slurm", .value = "OPTION", .help = "an option for sbatch, without its dashes: partition=gpu, mem=8G, time=2:00:00", .repeats = true};

inline constexpr Option k_grace_option{.names = "--grace", .value = "TIME", .help = "how long a program may take to end when it is told to: 0s, 90s, 5m (default: 5s)"};
// What it was given as. Errc::usage: no time, more than a day, or with --force.
core::Result<std::optional<std::chrono::seconds>> stop_grace(const Invocation& inv);

jobs::QueueFilter queue_filter(const Invocation& inv);
// A line for each job that was ended, and what was refused; the exit status.
core::Result<int> answer_ended(Invocation& inv, const ops::QueueEndResponse& response);
ops::Say say_to(Invocation& inv);

}  // namespace runlake::cli
