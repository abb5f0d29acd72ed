// SPDX-License-Identifier: Apache-2.0
// Extractor "search_metrics": what histories say, and how interventions came back to the wild type's path, as postprocess computed it.
#include <array>

#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"

namespace runlake::lake {
namespace {

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
    {"attempted_tactics", ColumnType::integer, "different ones"},
    {"successful_tactics", ColumnType::integer, "different ones"},
    {"solution_tactics", ColumnType::integer, "different ones"},
    {"divergence_iteration", ColumnType::integer, "where it leaves the wild type's path; null where it never does, or where there is none"},
    {"reconvergence_iteration", ColumnType::integer, "from where on all of the rest is an end of that path"},
    {"recovery_iterations", ColumnType::integer, "between both"},
    {"shared_prefix_length", ColumnType::integer, "null: nothing could be compared"},
    {"reconverged", ColumnType::boolean, ""},
    {"validity_notes", ColumnType::json, "why nothing, or not all, could be compared"},
    k_rel_path_column,
});
constexpr Table k_table = {"theorem_search_metrics", "Trajectory, detour, tactics and recovery of each search, computed by postprocess from its history.", k_columns};
constexpr std::array<const Table*, 1> k_tables = {&k_table};

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto document, read_object(input));
    const auto* searches = document.find("searches");
    const auto* list = searches == nullptr ? nullptr : searches->as_array();
    if (list == nullptr) { return core::Error(core::Errc::corrupt, "it has no list \"searches\""); }
    for (const auto& search : *list) {
        const auto theorem = search.string_at("theorem");
        const auto variant = search.string_at("variant");
        if (!theorem || !variant) { return core::Error(core::Errc::corrupt, "a search has no theorem or no variant"); }
        const auto* trajectory = search.find("trajectory");
        const auto* detour = search.find("detour");
        const auto* tactics = search.find("tactic_fingerprint");
        const auto* recovery = search.find("trajectory_comparison");
        const auto whole = [](const core::Json* object, std::string_view key) { return integer_cell(member(object, key)); };
        out.rows.row(k_table, file.run_key, *theorem, *variant, whole(trajectory, "total_iterations"), whole(trajectory, "backtrack_count"), whole(trajectory, "max_depth_reached"),
                     whole(trajectory, "depth_at_solution"), whole(trajectory, "unique_goals_visited"), whole(trajectory, "tactic_diversity"), whole(detour, "total_iterations"),
                     whole(detour, "total_attempts"), whole(detour, "success_count"), whole(detour, "failure_count"), whole(detour, "blocked_count"),
                     real_cell(member(detour, "failure_ratio")), whole(detour, "max_depth"), whole(detour, "depth_at_solution"), whole(detour, "terminal_iteration"),
                     whole(tactics, "attempted_count"), whole(tactics, "successful_count"), whole(tactics, "solution_path_count"), whole(recovery, "divergence_iteration"),
                     whole(recovery, "reconvergence_iteration"), whole(recovery, "recovery_iterations"), whole(recovery, "shared_prefix_length"),
                     bool_cell(member(recovery, "reconverged")), json_cell(search.find("validity_notes")), file.rel_path);
    }
    return core::ok();
}

}  // namespace

extern const Extractor k_search_metrics_extractor = {.name = "search_metrics", .stage = "read_search_metrics", .done_word = "", .error_word = "",
                                                     .tables = k_tables, .reading = Reading::each,
                                                     .takes = [](const SourceFile& file) { return file.is_run_file() && file.plain_name == "search_metrics.json"; },
                                                     .extract = extract};

}  // namespace runlake::lake
