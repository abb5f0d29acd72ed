// SPDX-License-Identifier: Apache-2.0
// What a machine knows of runs when it judges citations: its own jobs and runs, the ledger, the indexes of other machines. Implemented in src/ops.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::kb {

// A job or run that is here: in the local store, in the ledger, or both.
struct KnownRun {
    std::string id{};                           // 32 hex digits of a job, 36 characters of a run
    std::string status{};                       // as the ledger has it: "complete", "failed", ...; "running", ... of local ones
    std::optional<std::string> experiment_id{}; // by its link, else by its state point
    std::optional<bool> dirty{};                // the code it ran had uncommitted changes
    std::optional<std::string> verdict{};       // of its last replay
};

// What is known of one metric. A metric that is no finite number is null.
struct Metric {
    core::Json last{};
    std::optional<std::int64_t> step{};                           // of `last`, in a series
    std::optional<core::Json> min{};
    std::optional<core::Json> max{};
    std::vector<std::pair<std::int64_t, core::Json>> points{};    // by step; empty when the series is not here
};
using Metrics = std::map<std::string, Metric, std::less<>>;

// Not thread-safe: what is expensive is read when it is first asked for.
class Evidence {
  public:
    virtual ~Evidence() = default;

    // There is a run store, a ledger entry or an index entry: what is in none of them is nowhere.
    virtual bool has_authority() const = 0;
    // A job of the local store or of the ledger, by its whole id.
    virtual bool has_job(std::string_view id) = 0;
    // Why the entry or the local copy of an id could not be read, when it could not.
    virtual std::optional<std::string> damage_of(std::string_view id) const = 0;
    // Whole ids of all runs, and with `jobs_too` jobs, that begin so: local or in the ledger. At most a few, sorted.
    virtual std::vector<std::string> beginning_with(std::string_view prefix, bool jobs_too) = 0;
    // Whether a local job or an entry of the ledger is of that experiment and has what the selector (an object) says.
    virtual bool has_batch(std::string_view experiment, const core::Json& selector) = 0;
    // All jobs of such a batch, for --claims.
    virtual std::vector<std::string> batch(std::string_view experiment, const core::Json& selector) = 0;

    // The machine in whose index a job is that is not here; of a batch, all of them, by name.
    virtual std::optional<std::string> indexed(std::string_view id) const = 0;
    virtual std::vector<std::string> indexed_batch(std::string_view experiment, const core::Json& selector) const = 0;

    // Of a job or run that is here.
    virtual core::Result<KnownRun> facts(std::string_view id) = 0;
    // Null: none are known on this machine. `series`: with points by step, where they are here.
    virtual core::Result<std::shared_ptr<const Metrics>> metrics(std::string_view id, bool series) = 0;
    // Whole ids whose metrics will be asked for, many at once: to be read by several threads.
    virtual void prepare(const std::vector<std::string_view>& ids) = 0;
};

}  // namespace runlake::kb
