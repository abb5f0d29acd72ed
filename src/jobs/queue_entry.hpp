// SPDX-License-Identifier: Apache-2.0
// A job's place in the queue, as its document has it: aexp's members under `queue`, our own under `runlake.queue`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/job_id.hpp"
#include "core/json.hpp"

namespace runlake::jobs {

// Where Slurm has it: a task of an array that was submitted, or is being submitted under a name (`array` is empty then).
struct SlurmTask {
    std::string name;         // of the array: by it a submission is found again whose answer was never read
    std::string array;        // "1234"; "" until sbatch has answered
    std::int64_t task = 0;
    std::string str() const;  // "1234_7"
    bool operator==(const SlurmTask&) const = default;
};

struct QueueEntry {
    std::string queued_at;                      // "2026-06-02T09:14:27Z"
    std::optional<std::string> tag;
    std::optional<std::string> command;         // for a shell, with names in braces: `queue.runner_command_override`
    std::vector<std::string> argv;              // the program and its arguments, with names in braces; before `command`
    std::optional<std::int64_t> index;          // never given twice in one run store; aexp gives none
    std::int64_t priority = 0;                  // higher goes first
    std::vector<core::JobId> after;             // have to be complete before it
    std::int64_t retries = 0;                   // how often it is tried again after it failed
    std::int64_t failures = 0;                  // attempts that failed
    std::int64_t lost = 0;                      // attempts of which nothing is known but that their runner has gone
    std::optional<std::int64_t> time_limit_s;
    std::optional<std::int64_t> gpus;           // nothing: it was not said
    std::optional<SlurmTask> slurm;
};

// Nothing for a job that is not in the queue (no `queue`, or an empty one). A member of another form counts as missing.
std::optional<QueueEntry> entry_of(const core::Json& document);

// A fresh place: replaces `queue` and `runlake.queue`.
void set_entry(core::Json& document, const QueueEntry& entry);
void set_slurm(core::Json& document, const std::optional<SlurmTask>& task);

}  // namespace runlake::jobs
