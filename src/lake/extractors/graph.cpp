// SPDX-License-Identifier: Apache-2.0
// Extractor "graph": nodes and edges of search graphs, trace graphs and proof graphs.
#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "lake/extract.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/registry_tables.hpp"
#include "lake/tactic.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Json;

constexpr auto k_node_columns = std::to_array<Column>({
    k_run_key_column,
    {"theorem", ColumnType::text, "", true},
    {"rel_path", ColumnType::text, "below the run's folder", true},
    {"node_id", ColumnType::text, "", true},
    {"variant", ColumnType::text, ""},
    {"graph_kind", ColumnType::text, "the family: search_trace, external_proof, proof_term_dag, unknown, or another as it is called"},
    {"goal_sig", ColumnType::text, ""},
    {"in_proof", ColumnType::boolean, ""},
    {"attrs_json", ColumnType::json, "all the node says"},
    {"source_sha256", ColumnType::text, "of the file's bytes"},
});
constexpr auto k_edge_columns = std::to_array<Column>({
    k_run_key_column,
    {"theorem", ColumnType::text, "", true},
    {"rel_path", ColumnType::text, "below the run's folder", true},
    {"edge_idx", ColumnType::integer, "position in the file", true},
    {"variant", ColumnType::text, ""},
    {"graph_kind", ColumnType::text, "as of nodes"},
    {"src_node_id", ColumnType::text, ""},
    {"dst_node_id", ColumnType::text, ""},
    {"tactic", ColumnType::text, "tactic, else tactic_norm, else action_norm"},
    {"tactic_family", ColumnType::text, "tactic_family, else action_family, else that of the tactic"},
    {"in_proof", ColumnType::boolean, ""},
    {"attrs_json", ColumnType::json, "all the edge says"},
    {"source_sha256", ColumnType::text, "of the file's bytes"},
});
constexpr Table k_nodes = {"graph_nodes", "Nodes of graphs.", k_node_columns};
constexpr Table k_edges = {"graph_edges", "Edges of graphs, in the order of the file.", k_edge_columns, KeyCheck::certain};
constexpr std::array<const Table*, 2> k_tables = {&k_nodes, &k_edges};

std::string normal_family(std::string_view family) {
    std::string name = core::lower_ascii(core::trim(family));
    std::replace(name.begin(), name.end(), '-', '_');
    if (name.empty()) { return "unknown"; }
    if (name == "search_graph" || name == "search_trace" || name == "trace_graph" || name == "search_trace_graph") { return "search_trace"; }
    if (name == "proof_graph" || name == "external_proof") { return "external_proof"; }
    if (name == "term_dag" || name == "proof_term_dag") { return "proof_term_dag"; }
    return name;
}

// An id is a text or a whole number.
std::optional<std::string> id_of(const Json* value) {
    if (value == nullptr) { return std::nullopt; }
    if (const auto* text = value->as_string()) { return *text; }
    if (const auto* integer = value->as_integer()) { return std::to_string(*integer); }
    return std::nullopt;
}

std::optional<std::string> first_text(const Json& object, std::initializer_list<std::string_view> keys) {
    for (const auto key : keys) {
        auto text = text_cell(object.find(key));
        if (text && !text->empty()) { return text; }
    }
    return std::nullopt;
}

class GraphReader {
  public:
    GraphReader(const SourceFile& file, const std::string& digest, FileRows& rows, std::string family)
        : file_(file), digest_(digest), rows_(rows), family_(std::move(family)) {}

    // {"id": ..., attributes} or [id, {attributes}].
    core::Status node(const Json& value, std::size_t position) {
        const Json* id = &value;
        const Json* attributes = &value;
        if (const auto* pair = value.as_array()) {
            if (pair->size() != 2 || !(*pair)[1].is_object()) { return bad("node", position, "no pair of id and attributes"); }
            id = pair->data();
            attributes = &(*pair)[1];
        } else if (value.is_object()) {
            id = value.find("id");
        } else {
            return bad("node", position, "neither an object nor a pair");
        }
        const auto name = id_of(id);
        if (!name) { return bad("node", position, "without an id"); }
        rows_.row(k_nodes, file_.run_key, file_.theorem, file_.rel_path, *name, file_.variant, family_, text_cell(attributes->find("goal_sig")),
                  bool_cell(attributes->find("in_proof")), core::to_json(*attributes), digest_);
        return core::ok();
    }

    core::Status edge(const Json& value, std::size_t position) {
        if (!value.is_object()) { return bad("edge", position, "no object"); }
        const auto end = [&](std::string_view key, std::string_view other) { return id_of(value.find(key) != nullptr ? value.find(key) : value.find(other)); };
        const auto from = end("source", "src");
        const auto to = end("target", "dst");
        if (!from || !to) { return bad("edge", position, "without a source or target"); }
        const auto tactic = first_text(value, {"tactic", "tactic_norm", "action_norm"});
        auto family = first_text(value, {"tactic_family", "action_family"});
        if (!family && tactic) { family = tactic_family(*tactic); }
        rows_.row(k_edges, file_.run_key, file_.theorem, file_.rel_path, static_cast<std::int64_t>(position), file_.variant, family_, *from, *to, tactic, family,
                  bool_cell(value.find("in_proof")), core::to_json(value), digest_);
        return core::ok();
    }

  private:
    static Error bad(std::string_view what, std::size_t position, std::string_view why) { return {Errc::corrupt, cat(what, ' ', position, " is ", why)}; }

    const SourceFile& file_;
    const std::string& digest_;
    FileRows& rows_;
    std::string family_;
};

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto graph, read_object(input));
    const auto* nodes = graph.find("nodes");
    const auto* edges = graph.find("edges");
    if (nodes == nullptr || !nodes->is_array()) { return Error(Errc::corrupt, "it has no list \"nodes\""); }
    if (edges != nullptr && !edges->is_null() && !edges->is_array()) { return Error(Errc::corrupt, "\"edges\" is no list"); }
    GraphReader reader(file, input.sha256(), out.rows, normal_family(first_text(graph, {"graph_family", "graph_kind"}).value_or("")));
    std::size_t position = 0;
    for (const auto& node : *nodes->as_array()) { RL_TRY(reader.node(node, position++)); }
    if (edges == nullptr || edges->is_null()) { return core::ok(); }
    position = 0;
    for (const auto& edge : *edges->as_array()) { RL_TRY(reader.edge(edge, position++)); }
    return core::ok();
}

void report(const SourceFile& file, const FileProblem& problem, core::Timestamp now, FileRows& rows) {
    rows.row(k_graph_extract_errors, file.run_key, file.theorem, file.variant, problem.rel_path, "parse_graph", problem.message, now);
}

bool takes(const SourceFile& file) {
    return !file.is_run_file() && (file.kind == ArtifactKind::graph || file.kind == ArtifactKind::proof_graph || file.kind == ArtifactKind::search_trace_graph);
}

}  // namespace

extern const Extractor k_graph_extractor = {.name = "graph", .stage = "parse_graph", .done_word = "parsed", .error_word = "parse_error",
                                            .tables = k_tables, .reading = Reading::each, .takes = takes, .extract = extract,
                                            .skipped_word = "skipped_unchanged", .error_table = &k_graph_extract_errors, .report = report};

}  // namespace runlake::lake
