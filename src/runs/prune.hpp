// SPDX-License-Identifier: Apache-2.0
// Forgetting old runs: out of the journal first, then their files, then the database, so that a prune that is killed is finished by the next one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::runs {

// What would go, and what stays although it is old.
struct PrunePlan {
    std::vector<core::RunId> runs;                  // in the order of their ids
    std::map<std::string, std::uint64_t> by_state;
    std::uint64_t running = 0;                      // old and not ended: never pruned
    std::uint64_t held = 0;                         // old, with records in a segment that a living process writes: later
    std::uint64_t elsewhere = 0;                    // old, with records of other machines: to be pruned there
    std::uint64_t records = 0;                      // lines of the journal that go
    std::uint64_t journal_bytes = 0;
    std::vector<std::string> outputs;               // folders output/<run_id> that exist
    std::vector<std::string> patches;               // patches older than that, of which no run that stays tells
    std::uint64_t file_bytes = 0;                   // of outputs and patches
    std::vector<std::string> notes;
};

// Looks at runs that started before `cutoff` and have ended. Changes nothing.
core::Result<PrunePlan> plan_prune(const record::Store& store, core::Timestamp cutoff);

// Carries a plan out. Errc::busy, with nothing changed, when another process has the database or cares for the journal.
struct PruneReport {
    std::uint64_t runs = 0;
    std::uint64_t records = 0;
    std::vector<std::string> notes;
};
core::Result<PruneReport> prune(const record::Store& store, const PrunePlan& plan);

}  // namespace runlake::runs
