// SPDX-License-Identifier: Apache-2.0
// Extractor "search_metrics": what histories say, and how interventions came back to the wild type's path, as postprocess computed it.
#include <array>

#include "core/json_lists.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/extractors/search_figures.hpp"

namespace runlake::lake {
namespace {

constexpr auto k_columns = columns_around(
    {
        k_run_key_column,
        {"theorem", ColumnType::text, "", true},
        {"variant", ColumnType::text, "", true},
    },
    k_search_figure_columns,
    {
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
    const auto* list = core::find_list(document, "searches");
    if (list == nullptr) { return core::Error(core::Errc::corrupt, "it has no list \"searches\""); }
    for (const auto& search : *list) {
        const auto theorem = search.string_at("theorem");
        const auto variant = search.string_at("variant");
        if (!theorem || !variant) { return core::Error(core::Errc::corrupt, "a search has no theorem or no variant"); }
        const auto* tactics = search.find("tactic_fingerprint");
        const auto* recovery = search.find("trajectory_comparison");
        const auto whole = [](const core::Json* object, std::string_view key) { return integer_cell(member(object, key)); };
        std::apply([&](const auto&... figures) {
            out.rows.row(k_table, file.run_key, *theorem, *variant, figures..., whole(tactics, "attempted_count"), whole(tactics, "successful_count"),
                         whole(tactics, "solution_path_count"), whole(recovery, "divergence_iteration"), whole(recovery, "reconvergence_iteration"),
                         whole(recovery, "recovery_iterations"), whole(recovery, "shared_prefix_length"), bool_cell(member(recovery, "reconverged")),
                         json_cell(search.find("validity_notes")), file.rel_path);
        }, search_figures(search));
    }
    return core::ok();
}

}  // namespace

extern const Extractor k_search_metrics_extractor = {.name = "search_metrics", .stage = "read_search_metrics", .done_word = "", .error_word = "",
                                                     .tables = k_tables, .reading = Reading::each,
                                                     .takes = [](const SourceFile& file) { return file.is_run_file() && file.plain_name == "search_metrics.json"; },
                                                     .extract = extract};

}  // namespace runlake::lake
