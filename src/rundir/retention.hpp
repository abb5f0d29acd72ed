// SPDX-License-Identifier: Apache-2.0
// Which run directories may go: pins, references, age, number and size; and their removal by way of a trash folder.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "rundir/layout.hpp"

namespace runlake::rundir {

// A pin is the file `pinned` in the run directory, holding the reason; so it travels with it. The file stays when the pin is taken away and says so: where run directories are
// exchanged with other machines, a file that is gone would come back from them, and the pin with it.
inline constexpr std::string_view k_no_longer_pinned = "\nno longer pinned\n";                  // no reason is like this: they are trimmed
std::optional<std::string> reason_of_pin(std::string_view text);    // what the file's text says; "" is a pin without a reason
core::Status pin(const RunDir& run_dir, std::string_view reason);     // another reason replaces the one that is there
core::Status unpin(const RunDir& run_dir);                            // fine when it is not pinned
core::Result<std::optional<std::string>> pin_reason(const RunDir& run_dir);  // "" when it is pinned without one

// Whoever refers to runs from outside (ledger entries, citations, verdicts): a reason to keep a run, or nothing. Asked for the pipeline's run and for each run
// whose result is in the directory.
using Reference = std::function<std::optional<std::string>(const core::RunId&)>;

// A run directory goes when every rule that is given lets it go; without any, only leftovers do. Pinned, referenced and running ones never go, nor those that can't be read.
struct GcRules {
    std::optional<std::int64_t> keep_last;               // the newest N of each experiment_key stay
    std::optional<std::int64_t> older_than_seconds;      // by the last result published in it, or its creation
    std::optional<std::uint64_t> max_bytes;              // the oldest go until what stays is not more
    std::vector<Reference> references;
};
struct GcItem {
    std::string path;
    std::uint64_t bytes = 0;
    bool remove = false;
    std::string reason;                                   // "pinned: camera-ready", "one of the last 3 of corn_usa", "older than 30d", "running"
};
struct GcPlan {
    std::vector<GcItem> items;                            // run directories, by name
    std::vector<GcItem> leftovers;                        // of killed processes: trash, staging, directories that were never finished
    std::uint64_t bytes_removed() const;
};
// Looks only. not_found when there is no such folder.
core::Result<GcPlan> plan_gc(const std::string& base, const GcRules& rules, const core::Clock& clock);

struct GcResult {
    std::uint64_t bytes = 0;                              // freed
    std::vector<std::string> removed;                     // run directories
    std::vector<std::string> kept;                        // were to go, but somebody began to work in them, or pinned them, meanwhile
};
// Moves each to <base>/.trash, restores write permission, deletes. Killed anywhere: the rest is in the trash, which the next gc empties.
core::Result<GcResult> apply_gc(const std::string& base, const GcPlan& plan);

}  // namespace runlake::rundir
