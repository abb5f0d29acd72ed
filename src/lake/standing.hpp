// SPDX-License-Identifier: Apache-2.0
// How a run stands towards a dashboard: what it lacks to be in one, and what usual selections leave it out for. From the tables of the lake alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sql/database.hpp"

namespace runlake::lake {

enum class Shortfall : std::uint8_t {
    // A dashboard can't be made with such a run: the export stops.
    missing_summary,      // there is no summary.json(.gz)
    unreadable_summary,   // there is one, and nothing could be read out of it
    basin_only,           // many seeds and no summary: it belongs into the lake, not into a dashboard
    // Selections leave such a run out when they ask for it (require_completed, exclude_partial_results).
    no_status,            // no run_status.json, so nothing says that it is complete
    not_completed,
    partial_results,
};
std::string_view shortfall_name(Shortfall shortfall);   // "missing_summary", ...
bool stops_a_dashboard(Shortfall shortfall);            // the first three

struct Standing {
    std::string run_key;
    std::string run_id;        // "" where the configuration says none
    std::string rel_run_dir;
    struct Reason {
        Shortfall shortfall;
        std::string text;      // "basin-only run (basin_seeds 8): keep it in the lake, leave it out of dashboards"
    };
    std::vector<Reason> reasons;   // in the order of Shortfall; of the first three at most one
};

// Of the runs whose keys `run_keys_sql` selects ("SELECT run_key FROM selected_runs"; "" takes all), by run_key; only those with a reason.
core::Result<std::vector<Standing>> runs_that_fall_short(sql::Connection& connection, std::string_view run_keys_sql = "");

}  // namespace runlake::lake
