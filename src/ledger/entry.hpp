// SPDX-License-Identifier: Apache-2.0
// A job entry of the ledger, schema 1 (docs/formats/ledger.md): what a machine tells the others, through git, of a job that ended there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/job_id.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::ledger {

inline constexpr std::int64_t k_job_schema = 1;

using core::JobId;

enum class JobEnd : std::uint8_t { complete, failed, abandoned, stopped };
std::string_view job_end_name(JobEnd end);  // the word that is written
// The state of a run that is shown for it: `complete` is written for `completed` and for `degraded`, and shown as `completed`.
std::string_view run_state_of(JobEnd end);
std::optional<JobEnd> parse_job_end(std::string_view name);  // nothing for any other word

// Which experiment a job belongs to.
struct RunLink {
    std::string experiment_id;
    std::optional<std::string> experiment_path;
    std::optional<std::string> hypothesis_id;
    std::optional<std::string> sub_hypothesis_id;
};

// Where another tool keeps what the job logged.
struct TrackerPointer {
    std::optional<std::string> backend;
    std::optional<std::string> run_id;
    std::optional<std::string> url;
    std::optional<std::string> group;
    std::optional<std::string> project;
};

struct JobEntry {
    JobId id;
    core::Json statepoint;                      // an object; its canonical JSON's MD5 is the id
    JobEnd end = JobEnd::complete;
    core::Timestamp promoted_at;
    std::string machine;                        // registered_machine: a label
    std::optional<core::Timestamp> started_at;
    std::optional<core::Timestamp> ended_at;
    std::optional<double> wallclock_s;
    std::optional<RunLink> link;
    std::optional<TrackerPointer> tracker;
    std::optional<std::string> code_commit;
    std::optional<bool> code_dirty;
};

// Reads the text of the entry that is kept under the name of `id`. Members that this version does not know are passed over. Errc::unsupported: of a
// later schema. Errc::corrupt: not JSON, a member missing or of the wrong kind, another job's entry, or the state point is not the one the id was made of.
// CheckId::no spares making the id again, of a text that was checked before.
enum class CheckId : std::uint8_t { yes, no };
core::Result<JobEntry> parse_job_entry(std::string_view text, const JobId& id, CheckId check = CheckId::yes);

}  // namespace runlake::ledger
