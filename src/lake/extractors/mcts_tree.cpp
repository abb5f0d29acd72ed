// SPDX-License-Identifier: Apache-2.0
// Extractor "mcts_tree": nodes and edges of the final tree of a search.
#include <array>

#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"

namespace runlake::lake {
namespace {

constexpr auto k_node_columns = std::to_array<Column>({
    k_run_key_column,
    {"theorem", ColumnType::text, "", true},
    {"rel_path", ColumnType::text, "below the run's folder", true},
    {"mvar_id", ColumnType::text, "the goal", true},
    {"variant", ColumnType::text, ""},
    {"goal_type", ColumnType::text, ""},
    {"goal_sig", ColumnType::text, ""},
    {"depth", ColumnType::integer, ""},
    {"visit_count", ColumnType::integer, ""},
    {"success_count", ColumnType::integer, ""},
    {"is_terminal", ColumnType::boolean, ""},
    {"is_dead", ColumnType::boolean, ""},
    {"expansion_order", ColumnType::integer, ""},
    {"source_sha256", ColumnType::text, "of the file's bytes"},
});
constexpr auto k_edge_columns = std::to_array<Column>({
    k_run_key_column,
    {"theorem", ColumnType::text, "", true},
    {"rel_path", ColumnType::text, "below the run's folder", true},
    {"parent_mvar_id", ColumnType::text, "", true},
    {"child_mvar_id", ColumnType::text, "", true},
    {"tactic", ColumnType::text, "", true},
    {"edge_order", ColumnType::integer, "position in the file"},
});
constexpr Table k_nodes = {"mcts_tree_nodes", "Goals of the final tree of a search.", k_node_columns};
constexpr Table k_edges = {"mcts_tree_edges", "From a goal by a tactic to a goal it leaves.", k_edge_columns};
constexpr std::array<const Table*, 2> k_tables = {&k_nodes, &k_edges};

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto tree, read_object(input));
    const auto* nodes = member(&tree, "nodes");
    if (nodes == nullptr || !nodes->is_object()) { return core::Error(core::Errc::corrupt, "it has no object \"nodes\""); }
    std::int64_t order = 0;
    for (const auto& [id, node] : *nodes->as_object()) {
        if (!node.is_object()) { return core::Error(core::Errc::corrupt, core::cat("node '", core::cut_utf8(id, 200), "' is no object")); }
        out.rows.row(k_nodes, file.run_key, file.theorem, file.rel_path, id, file.variant, text_cell(node.find("goal_type")), text_cell(node.find("goal_sig")),
                     integer_cell(node.find("depth")), integer_cell(node.find("visit_count")), integer_cell(node.find("success_count")),
                     bool_cell(node.find("is_terminal")), bool_cell(node.find("is_dead")), integer_cell(node.find("expansion_order")), input.sha256());
        const auto* children = node.find("children");
        if (children == nullptr || !children->is_object()) { continue; }
        for (const auto& [tactic, list] : *children->as_object()) {
            if (!list.is_array()) { return core::Error(core::Errc::corrupt, core::cat("children of node '", core::cut_utf8(id, 200), "' are no list")); }
            for (const auto& child : *list.as_array()) {
                const auto* child_id = child.as_string();
                if (child_id == nullptr) { return core::Error(core::Errc::corrupt, core::cat("a child of node '", core::cut_utf8(id, 200), "' is no text")); }
                out.rows.row(k_edges, file.run_key, file.theorem, file.rel_path, id, *child_id, tactic, order++);
            }
        }
    }
    return core::ok();
}

}  // namespace

extern const Extractor k_mcts_tree_extractor = {.name = "mcts_tree", .stage = "read_mcts_tree", .done_word = "mcts_tree_parsed", .error_word = "mcts_tree_error",
                                                .tables = k_tables, .reading = Reading::each,
                                                .takes = [](const SourceFile& file) { return !file.is_run_file() && file.kind == ArtifactKind::mcts_tree; },
                                                .extract = extract, .skipped_word = "mcts_tree_skipped_unchanged"};

}  // namespace runlake::lake
