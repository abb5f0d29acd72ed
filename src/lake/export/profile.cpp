// SPDX-License-Identifier: Apache-2.0
#include "lake/export/profile.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "lake/registry_tables.hpp"

namespace runlake::lake {
namespace {

using core::cat;

constexpr auto k_full = std::to_array<std::string_view>(
    {"runs", "run_aggregates", "theorem_wild", "theorem_intervention", "theorem_intervention_comparison", "theorem_variant_metrics", "goal_type_tactic", "k_reference_score",
     "run_postprocess", "theorem_intervention_postprocess", "theorem_artifacts", "graph_nodes", "graph_edges", "graph_extract_errors", "mcts_trace_stats", "mcts_tree_nodes",
     "mcts_tree_edges", "basin_runs", "basin_seed", "basin_structure_counts"});
constexpr auto k_dashboard = std::to_array<std::string_view>(
    {"runs", "run_aggregates", "theorem_wild", "theorem_intervention", "theorem_intervention_comparison", "theorem_variant_metrics", "graph_nodes", "graph_edges", "goal_type_tactic",
     "k_reference_score", "mcts_trace_stats", "mcts_tree_nodes", "mcts_tree_edges"});
constexpr auto k_profile_names = std::to_array<std::string_view>({"full", "dashboard"});

// What a profile leaves out of a table, beside what is no fact.
bool is_left_out(Profile profile, std::string_view table, const Column& column) {
    if (table == "runs" && (column.name == "run_config" || column.name == "run_status")) { return true; }
    return profile == Profile::dashboard && (column.type == ColumnType::json || column.name == "source_sha256" || column.name == "root_id" || column.name == "rel_run_dir");
}

// What the dashboard takes out of JSON that it leaves out.
std::string_view added(Profile profile, std::string_view table) {
    if (profile != Profile::dashboard) { return ""; }
    if (table == "runs") { return ", json_extract_string(run_status, '$.status') AS status"; }
    if (table == "graph_nodes") { return ", coalesce(json_extract_string(attrs_json, '$.goal_type'), json_extract_string(attrs_json, '$.type')) AS goal_type"; }
    return "";
}

DatasetQuery query_of(const SeenTable& seen, const Table& declared, Profile profile, RunNames names) {
    std::string select;
    for (const auto& column : seen.columns) {
        if (is_left_out(profile, seen.name, declared.columns[column_index(declared, column)])) { continue; }
        // The key stands first, whatever it is called; `runs` has it as a column of its own too.
        const bool is_uid = names == RunNames::uid && column == "run_key";
        if (names == RunNames::uid && column == "run_uid") { continue; }
        select += cat(select.empty() ? "" : ", ", sql::quote_identifier(column), is_uid ? " AS run_uid" : "");
    }
    // The view gives the order, and one thread keeps it; said again here it would be sorted again.
    return {seen.name, cat("SELECT ", select, added(profile, seen.name), " FROM ", sql::quote_identifier(seen.name))};
}

}  // namespace

std::string_view profile_name(Profile profile) { return k_profile_names[static_cast<std::size_t>(profile)]; }

core::Result<Profile> parse_profile(std::string_view name) {
    if (name == "full") { return Profile::full; }
    if (name == "dashboard") { return Profile::dashboard; }
    return core::Error(core::Errc::usage, cat("unknown profile \"", core::valid_utf8(name), "\"; profiles: full dashboard"));
}

std::span<const std::string_view> profile_tables(Profile profile) {
    return profile == Profile::full ? std::span<const std::string_view>(k_full) : std::span<const std::string_view>(k_dashboard);
}

std::vector<DatasetQuery> profile_queries(const ExportSession& session, Profile profile, RunNames names) {
    const auto declared = all_tables();
    std::vector<DatasetQuery> queries;
    for (const auto name : profile_tables(profile)) {
        const auto* seen = session.find(name);
        const auto table = std::ranges::find(declared, name, [](const Table* one) { return one->name; });
        if (seen != nullptr && table != declared.end()) { queries.push_back(query_of(*seen, **table, profile, names)); }
    }
    return queries;
}

core::Result<std::vector<DatasetQuery>> queries_of_others(ExportSession& session) {
    std::vector<DatasetQuery> queries = {{"all_runs", "SELECT * FROM all_runs"}};
    for (const auto& seen : session.tables()) {
        if (seen.source.empty() || seen.source == "proof-search") { continue; }
        RL_ASSIGN(const auto rows, session.connection().integer(cat("SELECT count(*) FROM ", session.stored(seen.name))));
        if (rows > 0) { queries.push_back({seen.name, cat("SELECT * FROM ", sql::quote_identifier(seen.name))}); }
    }
    return queries;
}

std::vector<DatasetQuery> queries_of_surfaces(const ExportSession& session) {
    const auto declared = all_tables();
    std::vector<DatasetQuery> queries;
    for (const auto& seen : session.tables()) {
        const bool is_own = seen.name == "all_runs" || std::ranges::find(declared, seen.name, [](const Table* one) { return one->name; }) != declared.end();
        if (!is_own) { queries.push_back({seen.name, cat("SELECT * FROM ", sql::quote_identifier(seen.name))}); }
    }
    return queries;
}

}  // namespace runlake::lake
