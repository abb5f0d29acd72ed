// SPDX-License-Identifier: Apache-2.0
// ledger-extra/<id>.json, runlake.extra/1 (docs/formats/ledger.md): what a machine that never saw a job or run needs to check what is claimed of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "ledger/entry.hpp"

namespace runlake::ledger {

inline constexpr std::string_view k_extra_schema = "runlake.extra/1";

// A metric as far as it was carried along: of a series the last point, and its extremes.
struct MetricFact {
    double value = 0;                              // the last one
    std::optional<std::int64_t> step;              // of the last one, in a series
    std::optional<double> min;
    std::optional<double> max;
    bool operator==(const MetricFact&) const = default;
};

struct ArtifactFact {
    std::string path;                              // relative
    std::string digest;                            // "<recipe>:<hex>"
    std::optional<std::uint64_t> bytes;
    bool operator==(const ArtifactFact&) const = default;
};

struct Extra {
    std::string id;                                // of the job (32 hex) or run (36)
    JobEnd end = JobEnd::complete;
    core::Timestamp promoted_at;
    std::string machine;
    std::optional<core::Timestamp> ended_at;
    std::map<std::string, MetricFact> metrics;
    std::optional<std::int64_t> exit_status;
    std::optional<std::int64_t> signal;
    std::vector<ArtifactFact> artifacts;           // by path
    std::optional<std::string> environment;        // digest
    std::map<std::string, std::string> provenance; // dimension -> digest or name: what a replay elsewhere compares (docs/guide/replay-method.md)
    std::optional<bool> dirty;                     // whether the code differed from its commit
    std::optional<std::string> run_id;             // of a job: the recorded run that made it
    std::optional<std::string> last_verdict;       // of a replay: FIDELITY_OK, ...
    bool allow_paths = false;                      // whoever promoted it looked at the paths or secrets in the state point and wanted it so
};

core::Json to_json(const Extra& extra);
// Errors as parse_job_entry().
core::Result<Extra> parse_extra(std::string_view text, std::string_view id);

}  // namespace runlake::ledger
