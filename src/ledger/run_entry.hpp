// SPDX-License-Identifier: Apache-2.0
// A run entry of the ledger, runlake.run/1 (docs/formats/ledger.md): a recorded run that belongs to no job, told to other machines. Never inside .aexp/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "ledger/entry.hpp"

namespace runlake::ledger {

inline constexpr std::string_view k_run_schema = "runlake.run/1";

// Why a run is in the ledger.
enum class RunRule : std::uint8_t { asked, pipeline, replay };
std::string_view run_rule_name(RunRule rule);

// A stage of a pipeline's own run.
struct StageOfRun {
    std::string stage;
    std::string instance;                          // "-" without a matrix
    std::string state;                             // done, skipped, failed, ...
    std::optional<std::string> run_id;
    std::optional<std::string> key;
};

struct RunEntry {
    core::RunId id;
    RunRule rule = RunRule::asked;
    JobEnd end = JobEnd::complete;
    bool degraded = false;
    core::Timestamp promoted_at;
    std::string machine;                           // registered_machine: a label
    std::string stage;
    std::optional<std::string> tenant;
    std::optional<core::Timestamp> started_at;
    std::optional<core::Timestamp> ended_at;
    std::optional<double> wallclock_s;
    std::optional<std::string> code_ref;
    std::optional<std::string> config_hash;
    std::optional<std::string> input_fingerprint;
    core::Json params = core::Json::object();
    core::Json tags = core::Json::object();        // string values
    std::vector<StageOfRun> stages;
};

core::Json to_json(const RunEntry& entry);         // ledger_text() of it is the file
// Reads the text of the entry that is kept under the name of `id`. Errors as parse_job_entry().
core::Result<RunEntry> parse_run_entry(std::string_view text, const core::RunId& id);

}  // namespace runlake::ledger
