// SPDX-License-Identifier: Apache-2.0
// Extractor "variant_metrics": the metrics of each variant of a theorem's search.
#include <array>

#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"

namespace runlake::lake {
namespace {

using core::Json;

constexpr auto k_columns = std::to_array<Column>({
    k_run_key_column,
    {"theorem", ColumnType::text, "", true},
    {"variant", ColumnType::text, "", true},
    {"trajectory_total_iterations", ColumnType::integer, ""},
    {"trajectory_backtrack_count", ColumnType::integer, ""},
    {"trajectory_max_depth_reached", ColumnType::integer, ""},
    {"trajectory_depth_at_solution", ColumnType::integer, ""},
    {"trajectory_unique_goals_visited", ColumnType::integer, ""},
    {"trajectory_tactic_diversity", ColumnType::integer, ""},
    {"detour_total_iterations", ColumnType::integer, ""},
    {"detour_total_attempts", ColumnType::integer, ""},
    {"detour_success_count", ColumnType::integer, ""},
    {"detour_failure_count", ColumnType::integer, ""},
    {"detour_blocked_count", ColumnType::integer, ""},
    {"detour_failure_ratio", ColumnType::real, ""},
    {"detour_max_depth", ColumnType::integer, ""},
    {"detour_depth_at_solution", ColumnType::integer, ""},
    {"detour_terminal_iteration", ColumnType::integer, ""},
    {"proof_term_node_count", ColumnType::integer, ""},
    {"proof_term_depth", ColumnType::integer, ""},
    {"proof_term_width", ColumnType::integer, ""},
    {"solution_path_len", ColumnType::integer, ""},
    {"tactic_fingerprint", ColumnType::text, "where it is a text"},
    {"root_goal_sigs", ColumnType::json, ""},
    {"metrics_json", ColumnType::json, "the whole file, with proof_term_pretty null"},
    k_rel_path_column,
});
constexpr Table k_table = {"theorem_variant_metrics", "Metrics of a theorem's search, by variant.", k_columns};
constexpr std::array<const Table*, 1> k_tables = {&k_table};

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(auto metrics, read_object(input));
    if (metrics.find("proof_term_pretty") != nullptr) { metrics.set("proof_term_pretty", Json()); }
    const auto* trajectory = metrics.find("trajectory");
    const auto* detour = metrics.find("detour");
    const auto* term = metrics.find("proof_term");
    const auto whole = [](const Json* object, std::string_view key) { return integer_cell(member(object, key)); };
    out.rows.row(k_table, file.run_key, file.theorem, file.variant.value_or(""), whole(trajectory, "total_iterations"), whole(trajectory, "backtrack_count"),
                 whole(trajectory, "max_depth_reached"), whole(trajectory, "depth_at_solution"), whole(trajectory, "unique_goals_visited"),
                 whole(trajectory, "tactic_diversity"), whole(detour, "total_iterations"), whole(detour, "total_attempts"), whole(detour, "success_count"),
                 whole(detour, "failure_count"), whole(detour, "blocked_count"), real_cell(member(detour, "failure_ratio")), whole(detour, "max_depth"),
                 whole(detour, "depth_at_solution"), whole(detour, "terminal_iteration"), whole(term, "node_count"), whole(term, "depth"), whole(term, "width"),
                 count_cell(metrics.find("solution_path")), text_cell(metrics.find("tactic_fingerprint")), json_cell(metrics.find("root_goal_sigs")), core::to_json(metrics),
                 file.rel_path);
    return core::ok();
}

}  // namespace

// Together: a theorem's folder may hold folders in which a file of the same name is about the same variant.
extern const Extractor k_variant_metrics_extractor = {.name = "variant_metrics", .stage = "read_variant_metrics", .done_word = "", .error_word = "",
                                                      .tables = k_tables, .reading = Reading::together,
                                                      .takes = [](const SourceFile& file) { return !file.is_run_file() && file.kind == ArtifactKind::metrics; },
                                                      .extract = extract};

}  // namespace runlake::lake
