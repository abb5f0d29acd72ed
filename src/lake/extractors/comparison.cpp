// SPDX-License-Identifier: Apache-2.0
// Extractor "comparison": each intervention beside the undisturbed search.
#include <array>

#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"

namespace runlake::lake {
namespace {

using core::Json;

constexpr auto k_columns = std::to_array<Column>({
    k_run_key_column,
    {"theorem", ColumnType::text, "", true},
    {"intervention", ColumnType::text, "name of the file's variant", true},
    {"solved", ColumnType::boolean, ""},
    {"status", ColumnType::text, ""},
    {"blocked", ColumnType::json, ""},
    {"wild_type_hash", ColumnType::text, ""},
    {"intervention_hash", ColumnType::text, ""},
    {"hash_mismatch", ColumnType::boolean, ""},
    {"axiom_delta_count", ColumnType::integer, ""},
    {"axiom_removed_count", ColumnType::integer, ""},
    {"trajectory_iteration_diff", ColumnType::integer, ""},
    {"trajectory_backtrack_diff", ColumnType::integer, ""},
    {"ged_search_value", ColumnType::real, ""},
    {"ged_search_norm", ColumnType::real, ""},
    {"ged_search_valid", ColumnType::boolean, ""},
    {"ged_search_trace_source", ColumnType::text, ""},
    {"ged_search_trace_completeness", ColumnType::text, ""},
    {"ged_search_soft_value", ColumnType::real, ""},
    {"ged_search_soft_norm", ColumnType::real, ""},
    {"ged_search_soft_valid", ColumnType::boolean, ""},
    {"ged_search_soft_trace_source", ColumnType::text, ""},
    {"ged_search_soft_trace_completeness", ColumnType::text, ""},
    {"ged_proof_value", ColumnType::real, ""},
    {"ged_proof_norm", ColumnType::real, ""},
    {"ged_proof_valid", ColumnType::boolean, ""},
    {"ged_proof_trace_source", ColumnType::text, ""},
    {"ged_proof_trace_completeness", ColumnType::text, ""},
    {"ged_trace_value", ColumnType::real, ""},
    {"ged_trace_norm", ColumnType::real, ""},
    {"ged_trace_valid", ColumnType::boolean, ""},
    {"ged_trace_trace_source", ColumnType::text, ""},
    {"ged_trace_trace_completeness", ColumnType::text, ""},
    {"comparison_json", ColumnType::json, "the whole file"},
    k_rel_path_column,
});
constexpr Table k_table = {"theorem_intervention_comparison", "An intervention compared with the wild type, out of its own file.", k_columns};
constexpr std::array<const Table*, 1> k_tables = {&k_table};

// A distance with what it was taken of.
struct Distance {
    std::optional<double> value;
    std::optional<double> norm;
    std::optional<bool> valid;
    std::optional<std::string> source;
    std::optional<std::string> completeness;
};

Distance distance(const Json& comparison, std::string_view key) {
    const auto* payload = comparison.find(key);
    return {real_cell(member(payload, "value")), real_cell(member(payload, "normalized")), bool_cell(member(payload, "valid")), text_cell(member(payload, "trace_source")),
            text_cell(member(payload, "trace_completeness"))};
}

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto comparison, read_object(input));
    const auto* diff = comparison.find("trajectory_diff");
    const Distance search = distance(comparison, "ged_search_graph");
    const Distance soft = distance(comparison, "ged_search_graph_soft");
    const Distance proof = distance(comparison, "ged_proof_graph");
    const Distance trace = distance(comparison, "ged_trace_graph");
    out.rows.row(k_table, file.run_key, file.theorem, file.variant.value_or(""), bool_cell(comparison.find("solved")), text_cell(comparison.find("status")),
                 json_cell(comparison.find("blocked")), text_cell(comparison.find("wild_type_hash")), text_cell(comparison.find("intervention_hash")),
                 bool_cell(comparison.find("hash_mismatch")), count_cell(comparison.find("axiom_delta")), count_cell(comparison.find("axiom_removed")),
                 integer_cell(member(diff, "iteration_diff")), integer_cell(member(diff, "backtrack_diff")),  //
                 search.value, search.norm, search.valid, search.source, search.completeness,                //
                 soft.value, soft.norm, soft.valid, soft.source, soft.completeness,                          //
                 proof.value, proof.norm, proof.valid, proof.source, proof.completeness,                     //
                 trace.value, trace.norm, trace.valid, trace.source, trace.completeness,                     //
                 core::to_json(comparison), file.rel_path);
    return core::ok();
}

}  // namespace

extern const Extractor k_comparison_extractor = {.name = "comparison", .stage = "read_comparison", .done_word = "", .error_word = "",
                                                 .tables = k_tables, .reading = Reading::together,
                                                 .takes = [](const SourceFile& file) { return !file.is_run_file() && file.kind == ArtifactKind::comparison; },
                                                 .extract = extract};

}  // namespace runlake::lake
