// SPDX-License-Identifier: Apache-2.0
// Extractor "variant_metrics": the metrics of each variant of a theorem's search.
#include <array>

#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/extractors/search_figures.hpp"

namespace runlake::lake {
namespace {

using core::Json;

constexpr auto k_columns = columns_around(
    {
        k_run_key_column,
        {"theorem", ColumnType::text, "", true},
        {"variant", ColumnType::text, "", true},
    },
    k_search_figure_columns,
    {
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
    const auto* term = metrics.find("proof_term");
    const auto whole = [](const Json* object, std::string_view key) { return integer_cell(member(object, key)); };
    std::apply([&](const auto&... figures) {
        out.rows.row(k_table, file.run_key, file.theorem, file.variant.value_or(""), figures..., whole(term, "node_count"), whole(term, "depth"), whole(term, "width"),
                     count_cell(metrics.find("solution_path")), text_cell(metrics.find("tactic_fingerprint")), json_cell(metrics.find("root_goal_sigs")), core::to_json(metrics),
                     file.rel_path);
    }, search_figures(metrics));
    return core::ok();
}

}  // namespace

// Together: a theorem's folder may hold folders in which a file of the same name is about the same variant.
extern const Extractor k_variant_metrics_extractor = {.name = "variant_metrics", .stage = "read_variant_metrics", .done_word = "", .error_word = "",
                                                      .tables = k_tables, .reading = Reading::together,
                                                      .takes = [](const SourceFile& file) { return !file.is_run_file() && file.kind == ArtifactKind::metrics; },
                                                      .extract = extract};

}  // namespace runlake::lake
