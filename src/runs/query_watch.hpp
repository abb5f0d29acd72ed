// SPDX-License-Identifier: Apache-2.0
// The runs that `runs watch` follows: what is recent or still going on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "runs/query_filter.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

struct WatchedRun {
    core::RunId id;
    std::string stage;
    std::optional<std::string> tenant;
    std::string shown;                       // the status as far as it can be seen now
    core::Timestamp started_at;
    std::optional<core::Timestamp> finished_at;
    std::optional<double> duration_seconds;
    std::optional<std::int64_t> rows_in;
    std::optional<std::int64_t> rows_out;
};
core::Json watched_json(const WatchedRun& run);

struct WatchedRuns {
    std::vector<WatchedRun> runs;            // oldest first
    SeenRuns seen;
};

// Runs that started at or after `since`, run now, or are named in `ids`.
core::Result<WatchedRuns> watched_runs(sql::Connection& connection, const std::optional<std::string>& tenant, core::Timestamp since,
                                       const std::vector<core::RunId>& ids, const SeenRuns* confirmed);

}  // namespace runlake::runs
