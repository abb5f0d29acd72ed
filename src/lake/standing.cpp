// SPDX-License-Identifier: Apache-2.0
#include "lake/standing.hpp"

#include <utility>

#include "core/text.hpp"

namespace runlake::lake {
namespace {

// One row a run. json_extract of what is no object, or of NULL, is NULL.
constexpr std::string_view k_select =
    "SELECT r.run_key, coalesce(r.run_id, ''), coalesce(r.rel_run_dir, ''),"
    " EXISTS (FROM run_files f WHERE f.run_key = r.run_key AND f.file_name IN ('summary.json.gz', 'summary.json')),"
    " NOT EXISTS (FROM extract_errors e WHERE e.run_key = r.run_key AND e.severity = 'error' AND e.rel_path IN ('summary.json.gz', 'summary.json')),"
    " coalesce(TRY_CAST(json_extract_string(r.run_config, '$.basin_seeds') AS BIGINT), 0),"
    " EXISTS (FROM theorem_artifacts t WHERE t.run_key = r.run_key AND t.artifact_kind = 'basin_analysis'),"
    " r.run_status IS NOT NULL, json_extract_string(r.run_status, '$.status'), coalesce(json_extract_string(r.run_status, '$.partial_results'), '') = 'true'"
    " FROM runs r";

std::optional<Standing::Reason> of_summary(const sql::Rows& rows) {
    if (rows.boolean(3)) {
        if (rows.boolean(4)) { return std::nullopt; }
        return Standing::Reason{Shortfall::unreadable_summary, "its summary could not be read"};
    }
    const auto seeds = rows.integer(5);
    if (seeds > 0) { return Standing::Reason{Shortfall::basin_only, core::cat("basin-only run (basin_seeds ", seeds, ") without a summary")}; }
    if (rows.boolean(6)) { return Standing::Reason{Shortfall::basin_only, "basin-only run (it has basin_analysis.json and no summary)"}; }
    return Standing::Reason{Shortfall::missing_summary, "missing summary: neither summary.json.gz nor summary.json in the run's folder"};
}

}  // namespace

std::string_view shortfall_name(Shortfall shortfall) {
    switch (shortfall) {
        case Shortfall::missing_summary: return "missing_summary";
        case Shortfall::unreadable_summary: return "unreadable_summary";
        case Shortfall::basin_only: return "basin_only";
        case Shortfall::no_status: return "no_status";
        case Shortfall::not_completed: return "not_completed";
        case Shortfall::partial_results: return "partial_results";
    }
    return "";
}

bool stops_a_dashboard(Shortfall shortfall) { return shortfall <= Shortfall::basin_only; }

core::Result<std::vector<Standing>> runs_that_fall_short(sql::Connection& connection, std::string_view run_keys_sql) {
    std::string statement(k_select);
    if (!run_keys_sql.empty()) { statement += core::cat(" WHERE r.run_key IN (", run_keys_sql, ")"); }
    statement += " ORDER BY r.run_key";
    RL_ASSIGN(auto rows, connection.query(statement));
    std::vector<Standing> out;
    while (true) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return out; }
        Standing standing{std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2)), {}};
        if (auto reason = of_summary(rows)) { standing.reasons.push_back(std::move(*reason)); }
        const auto status = rows.text_if(8);
        if (!rows.boolean(7)) {
            standing.reasons.push_back({Shortfall::no_status, "no readable run_status.json: nothing says that it is complete"});
        } else if (status != "completed") {
            standing.reasons.push_back({Shortfall::not_completed, status ? core::cat("its status is \"", *status, "\"") : "its run_status.json names no status"});
        }
        if (rows.boolean(9)) { standing.reasons.push_back({Shortfall::partial_results, "its results are partial"}); }
        if (!standing.reasons.empty()) { out.push_back(std::move(standing)); }
    }
}

}  // namespace runlake::lake
