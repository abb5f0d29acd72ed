// SPDX-License-Identifier: Apache-2.0
// The words for the state of a job, and which of them may follow which.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/json.hpp"

namespace runlake::jobs {

enum class JobStatus : std::uint8_t { created, queued, running, complete, failed, abandoned, stopped };

std::string_view status_name(JobStatus status);                     // "created", ... as documents and the ledger have it
std::optional<JobStatus> parse_status(std::string_view name);       // nothing for any other word
std::span<const JobStatus> all_statuses();                          // in the order above
constexpr bool is_terminal(JobStatus status) { return status >= JobStatus::complete; }

// What a document says: `created` when it says nothing (a job that signac made); nothing when it says what is no status.
std::optional<JobStatus> status_of(const core::Json& document);

// Who wants to change the status of a job.
enum class Change : std::uint8_t {
    by_recorder,   // whoever runs or ran it: its own end supersedes the presumption that it was abandoned
    by_other,      // anybody else: the reaper, `queue stop`, `queue remove`, `job mark`
    by_force,      // the user insists
};

// Whether `from` may become `to`. A terminal status stays, whoever comes second: so of many that end one job exactly one does. A complete one leaves only by force.
bool may_become(JobStatus from, JobStatus to, Change change);

}  // namespace runlake::jobs
