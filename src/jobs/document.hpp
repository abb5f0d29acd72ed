// SPDX-License-Identifier: Apache-2.0
// The members of a job's document that Runlake and aexp read and write (docs/formats/job-workspace.md). All others are the user's and are kept as they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "os/system.hpp"

namespace runlake::jobs {

namespace key {
inline constexpr std::string_view link = "aexp";              // {experiment_id, experiment_path, hypothesis_id, sub_hypothesis_id}
inline constexpr std::string_view legacy_link = "limina";     // read where `aexp` is absent; removed when the link is written
inline constexpr std::string_view status = "status";
inline constexpr std::string_view created_at = "created_at";
inline constexpr std::string_view started_at = "started_at";  // of the first start
inline constexpr std::string_view ended_at = "ended_at";
inline constexpr std::string_view heartbeat_at = "heartbeat_at";
inline constexpr std::string_view wallclock_s = "wallclock_s";
inline constexpr std::string_view tracker = "tracker";
inline constexpr std::string_view queue = "queue";
inline constexpr std::string_view last_error = "last_error";  // inside of `queue`: {returncode, stderr_tail, failed_at[, cause]}
inline constexpr std::string_view proc = "proc";              // inside of `queue`: {pid, host, started_at, pgid, start_fingerprint}
inline constexpr std::string_view runlake = "runlake";        // the only key of our own: see Own
}  // namespace key

// Which experiment a job belongs to.
struct JobLink {
    std::string experiment_id;
    std::string experiment_path;
    std::optional<std::string> hypothesis_id;
    std::optional<std::string> sub_hypothesis_id;
};
std::optional<JobLink> link_of(const core::Json& document);       // `aexp`, else `limina`; nothing without an experiment_id
void set_link(core::Json& document, const JobLink& link);         // writes `aexp`, removes `limina`

// What Runlake keeps under `runlake`, of the latest execution.
struct Own {
    std::optional<core::RunId> run;               // run_id: the recorded run
    std::optional<os::ProcessId> process;         // process: of the job's program, while it runs
    std::optional<core::Timestamp> started_at;    // of this execution
    std::optional<int> exit_status;
    std::optional<int> signal;
    std::optional<std::string> error;             // why it did not complete, short and redacted
    std::optional<std::string> stderr_tail;       // redacted
};
Own own_of(const core::Json& document);                           // what is missing or of another form is nothing
void set_own(core::Json& document, const Own& own);               // keeps members that it does not know

// "2026-06-02T09:14:27Z", as all times of documents and of the ledger are.
std::string format_time(core::Timestamp at);
std::optional<core::Timestamp> time_at(const core::Json& document, std::string_view name);
// Takes a member away; false when there was none.
bool erase(core::Json& object, std::string_view name);

}  // namespace runlake::jobs
