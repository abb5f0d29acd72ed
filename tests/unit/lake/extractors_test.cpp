// SPDX-License-Identifier: Apache-2.0
// Extractors: what each makes of good, odd and bad files. Rows are shown as text, a column a word.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "core/gzip.hpp"
#include "core/text.hpp"
#include "lake/extractors/extractor.hpp"
#include "lake/registry_tables.hpp"
#include "lake/tactic.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Extractor& extractor(std::string_view name) {
    for (const auto* one : all_extractors()) {
        if (one->name == name) { return *one; }
    }
    ADD_FAILURE() << "no extractor " << name;
    return *all_extractors().front();
}

std::string shown(const FileRows& rows, const Cell& cell) {
    switch (cell.kind) {
        case Cell::Kind::null: return "-";
        case Cell::Kind::boolean: return cell.integer != 0 ? "true" : "false";
        case Cell::Kind::integer:
        case Cell::Kind::time: return std::to_string(cell.integer);
        case Cell::Kind::real: return core::format_float(cell.real);
        case Cell::Kind::text: return std::string(rows.text(cell));
    }
    return "?";
}

struct Outcome {
    std::string error;                                           // "" when it was read
    std::map<std::string, std::vector<std::map<std::string, std::string>>> tables;  // rows by table: column to text
    std::vector<std::string> warnings;
    std::optional<std::uint64_t> line;

    // "a b c" of those columns, a row each.
    std::vector<std::string> of(const std::string& table, const std::vector<std::string>& columns) const {
        std::vector<std::string> out;
        const auto found = tables.find(table);
        if (found == tables.end()) { return out; }
        for (const auto& row : found->second) {
            std::vector<std::string> words;
            for (const auto& column : columns) { words.push_back(row.at(column)); }
            out.push_back(core::join(words, " "));
        }
        return out;
    }
};

class Extractors : public ::testing::Test {
  protected:
    // A file of theorem "t", or of the run's own folder where `path` has no slash.
    Outcome read(std::string_view name, const std::string& path, const std::string& text, bool packed = false, InputLimits limits = {}) const {
        const Extractor& one = extractor(name);
        SourceFile file;
        file.run_key = "run";
        file.rel_path = path + (packed ? ".gz" : "");
        const auto slash = path.rfind('/');
        file.plain_name = slash == std::string::npos ? path : path.substr(slash + 1);
        if (slash != std::string::npos) {
            file.theorem = path.substr(0, slash);
            const auto parsed = parse_artifact_name(file.plain_name);
            file.variant = parsed->variant;
            file.kind = parsed->kind;
        }
        EXPECT_TRUE(one.takes(file)) << path;
        std::ofstream(folder_ / "file") << (packed ? core::gzip(text) : text);
        FileInput input(folder_ / "file", packed, limits);
        Extraction out;
        auto status = one.extract(file, input, out);
        if (status.ok()) { status = out.rows.check_keys(); }
        Outcome outcome;
        outcome.warnings = out.warnings;
        outcome.line = status.ok() ? out.warning_line : status.error().line();
        if (!status.ok()) {
            outcome.error = status.error().message();
            return outcome;
        }
        for (std::size_t t = 0; t < out.rows.table_count(); ++t) {
            const Table& table = out.rows.table(t);
            for (std::size_t r = 0; r < out.rows.row_count(t); ++r) {
                auto& row = outcome.tables[std::string(table.name)].emplace_back();
                for (std::size_t c = 0; c < table.columns.size(); ++c) { row[std::string(table.columns[c].name)] = shown(out.rows, out.rows.cell(t, r, c)); }
            }
        }
        return outcome;
    }

    testing::TempDir folder_;
};

TEST_F(Extractors, GraphsInBothFormsOfNodesAndEdges) {
    const auto graph = read("graph", "t/wild_type_search_trace_graph.json", R"({"graph_family": "search-graph", "nodes": [
        {"id": "a", "goal_sig": "s1", "in_proof": true, "x": 1.50}, ["b", {"goal_sig": "s2"}], {"id": 7}],
        "edges": [{"source": "a", "target": "b", "tactic": "simp [x]"}, {"src": "a", "dst": 7, "tactic_norm": "rw", "tactic_family": "mine", "in_proof": false}, {"source": "a", "target": "z"}]})");
    EXPECT_EQ(graph.error, "");
    EXPECT_THAT(graph.of("graph_nodes", {"run_key", "theorem", "variant", "graph_kind", "node_id", "goal_sig", "in_proof", "attrs_json"}),
                ElementsAre(R"(run t wild_type search_trace a s1 true {"id":"a","goal_sig":"s1","in_proof":true,"x":1.5})", R"(run t wild_type search_trace b s2 - {"goal_sig":"s2"})",
                            R"(run t wild_type search_trace 7 - - {"id":7})"));
    EXPECT_THAT(graph.of("graph_edges", {"edge_idx", "src_node_id", "dst_node_id", "tactic", "tactic_family", "in_proof"}),
                ElementsAre("0 a b simp [x] simplify -", "1 a 7 rw mine false", "2 a z - - -"));
    EXPECT_THAT(graph.of("graph_nodes", {"source_sha256"})[0], SizeIs(64));
}

TEST_F(Extractors, GraphFamiliesHaveOneName) {
    const std::map<std::string, std::string> names = {{"search_trace", "search_trace"}, {"trace-graph", "search_trace"}, {"Proof_Graph", "external_proof"},
                                                      {"term_dag", "proof_term_dag"},   {"", "unknown"},                 {"My-Own", "my_own"}};
    for (const auto& [given, wanted] : names) {
        EXPECT_THAT(read("graph", "t/x_graph.json", R"({"graph_kind": ")" + given + R"(", "nodes": [{"id": "a"}]})").of("graph_nodes", {"graph_kind"}), ElementsAre(wanted)) << given;
    }
}

TEST_F(Extractors, ABadNodeOrEdgeOrATwiceTakenIdFailsTheGraph) {
    const auto error = [&](const std::string& text) { return read("graph", "t/x_graph.json", text).error; };
    EXPECT_THAT(error(R"({"nodes": [{"id": "a"}, {"id": null}]})"), HasSubstr("node 1 is without an id"));
    EXPECT_THAT(error(R"({"nodes": [["a"]]})"), HasSubstr("node 0"));
    EXPECT_THAT(error(R"({"nodes": [{"id": "a"}], "edges": [{"source": "a"}]})"), HasSubstr("edge 0"));
    EXPECT_THAT(error(R"({"nodes": [{"id": "a"}, ["a", {}]]})"), HasSubstr("graph_nodes have the same key, with node_id 'a'"));
    EXPECT_THAT(error(R"({"edges": []})"), HasSubstr("nodes"));
    EXPECT_THAT(error(R"([1])"), HasSubstr("no JSON object"));
    EXPECT_THAT(error(R"({"nodes": [)"), HasSubstr("line 1"));
    EXPECT_THAT(error(""), HasSubstr("document"));
}

TEST_F(Extractors, ADocumentAboveTheLimitIsAnErrorPlainOrPacked) {
    const InputLimits small = {.document_bytes = 1000, .line_bytes = 100};
    const std::string large = R"({"nodes": [], "x": ")" + std::string(2000, 'x') + "\"}";
    EXPECT_THAT(read("graph", "t/x_graph.json", large, false, small).error, HasSubstr("larger than a document may be"));
    EXPECT_THAT(read("graph", "t/x_graph.json", large, true, small).error, HasSubstr("larger than a document may be"));
    EXPECT_EQ(read("graph", "t/x_graph.json", large, true).error, "");
}

TEST_F(Extractors, TracesAreCountedAsAStream) {
    const std::string text = R"({"event": "iteration", "iteration": 1, "node": {"mvar_id": "a"}, "tactics": [{"tactic": "simp"}, {"tactic": "rw"}]}
{"event": "iteration", "iteration": 3, "node": {"mvar_id": "a"}, "tactics": []}

not json
{"event": "tactic_attempt", "node": {"mvar_id": "b"}}
{"event": "surprise", "iteration": 9, "node": {"mvar_id": "c"}}
{"iteration": "4"}
[1]
{"event": "abort", "iteration": 4})";
    for (const bool packed : {false, true}) {
        const auto trace = read("mcts_trace", "t/wild_type_mcts_trace.jsonl", text, packed);
        EXPECT_THAT(trace.of("mcts_trace_stats", {"line_count", "bad_json_lines", "event_count", "iteration_event_count", "tactic_attempt_event_count", "max_iteration", "unique_mvar_count",
                                                  "candidate_total", "candidate_max", "event_counts_json"}),
                    ElementsAre(R"(9 2 6 2 1 9 2 2 2 {"_unknown":2,"abort":1,"iteration":2,"tactic_attempt":1})"));
        EXPECT_THAT(trace.warnings, ElementsAre(HasSubstr("2 lines")));
        EXPECT_EQ(trace.line, 4U);
    }
    EXPECT_THAT(read("mcts_trace", "t/x_mcts_trace.jsonl", "").of("mcts_trace_stats", {"line_count", "max_iteration", "event_counts_json"}), ElementsAre("0 - {}"));
    const auto with_long = read("mcts_trace", "t/x_mcts_trace.jsonl", "{\"event\": \"abort\"}\n" + std::string(500000, 'x') + "\n{\"event\": \"abort\"}\n", false, {.document_bytes = 10, .line_bytes = 1000});
    EXPECT_THAT(with_long.of("mcts_trace_stats", {"line_count", "bad_json_lines", "event_count"}), ElementsAre("3 1 2"));
}

TEST_F(Extractors, LinesAreWholeWhereverThePiecesOfAFileEnd) {
    std::string text;
    std::vector<std::string> wanted;
    for (std::size_t i = 0; text.size() < 1200000; ++i) {
        wanted.push_back(std::to_string(i) + std::string(i * 7919 % 70000, 'a'));
        text += wanted.back() + "\n";
    }
    wanted.push_back("the last one lacks its end");
    text += wanted.back();
    for (const bool packed : {false, true}) {
        std::ofstream(folder_ / "lines") << (packed ? core::gzip(text) : text);
        FileInput input(folder_ / "lines", packed);
        std::vector<std::string> lines;
        ASSERT_TRUE(input.lines([&](const FileInput::Line& line) {
                             EXPECT_EQ(line.number, lines.size() + 1);
                             lines.emplace_back(line.text);
                             return core::ok();
                         }).ok());
        EXPECT_TRUE(lines == wanted) << packed;
        EXPECT_EQ(input.bytes(), packed ? core::gzip(text).size() : text.size());
    }
}

TEST_F(Extractors, ADamagedPackedFileIsAnError) {
    const std::string good = core::gzip(R"({"nodes": [{"id": "a"}]})");
    const auto read_raw = [&](const std::string& bytes) {
        std::ofstream(folder_ / "raw") << bytes;
        FileInput input(folder_ / "raw", true);
        const auto text = input.document();
        return text.ok() ? "text: " + text.value() : text.error().message();
    };
    EXPECT_THAT(read_raw(good), HasSubstr("text: {"));
    EXPECT_EQ(read_raw(core::gzip("one ") + core::gzip("two") + std::string(100, '\0')), "text: one two");
    EXPECT_THAT(read_raw(good.substr(0, good.size() - 5)), HasSubstr("cut off"));
    EXPECT_THAT(read_raw(""), HasSubstr("no gzip"));
    EXPECT_THAT(read_raw("plain"), HasSubstr("damaged"));
    EXPECT_THAT(read_raw(good + "x"), ::testing::AnyOf(HasSubstr("cut off"), HasSubstr("damaged")));
    std::string turned = good;
    turned[turned.size() - 6] = static_cast<char>(turned[turned.size() - 6] ^ 1);
    EXPECT_THAT(read_raw(turned), HasSubstr("damaged"));
}

TEST_F(Extractors, TreesGiveNodesAndEdgesInOrder) {
    const auto tree = read("mcts_tree", "t/wild_type_mcts_tree.json", R"({"root_mvar_id": "a", "nodes": {"b": {"goal_sig": "s", "depth": 1, "is_terminal": true, "children": {"exact h": []}},
        "a": {"goal_type": "P", "visit_count": 4, "children": {"simp": ["b", "c"], "rw": ["b"]}}}})");
    EXPECT_THAT(tree.of("mcts_tree_nodes", {"mvar_id", "goal_type", "goal_sig", "depth", "visit_count", "is_terminal"}), ElementsAre("b - s 1 - true", "a P - - 4 -"));
    EXPECT_THAT(tree.of("mcts_tree_edges", {"parent_mvar_id", "tactic", "child_mvar_id", "edge_order"}), ElementsAre("a simp b 0", "a simp c 1", "a rw b 2"));
    EXPECT_THAT(read("mcts_tree", "t/x_mcts_tree.json", R"({"nodes": {"a": {"children": {"simp": ["b", "b"]}}}})").error, HasSubstr("mcts_tree_edges have the same key"));
    EXPECT_THAT(read("mcts_tree", "t/x_mcts_tree.json", R"({"nodes": {"a": {}, "a": {}}})").error, HasSubstr("a"));
    EXPECT_THAT(read("mcts_tree", "t/x_mcts_tree.json", R"({"nodes": []})").error, HasSubstr("nodes"));
}

TEST_F(Extractors, SummariesGiveTheoremsInterventionsAndAggregates) {
    const auto summary = read("summary", "summary.json", R"({"run_id": "r", "theorems": [
        {"name": "t1", "wild_type": {"solved": true, "iterations": 12.0, "proof_term_hash": "h", "metrics": {"a": 1},
          "k_search_efficiency": {"valid": true, "tau_agent": 3, "primary": {"null_model": "m", "tau_blind": 6, "K": 0.30103}}},
         "interventions": [{"name": "block_simp", "solved": false, "blocked": ["simp"], "ged_search_graph": {"value": 2, "normalized": 0.25}, "goal_novelty": {"novel_goal_count": 1, "dropped_goal_count": 0},
           "solution_path_soft_distance": {"value": 0.5, "valid": true, "wild_len": 4, "intervention_len": 5, "dp_cells": 20}},
          {"name": "control", "is_control": true, "baseline_solved": false, "goal_novelty": null}]},
        {"name": "t2", "wild_type": null}],
        "aggregates": {"theorem_count": 2, "wild_type_solve_rate": 0.5, "goal_type_tactic_matrix": {"Eq": {"simp": {"success": 2, "failure": 1}, "custom1": {"blocked": 4}}}}})", true);
    EXPECT_EQ(summary.error, "");
    EXPECT_THAT(summary.of("theorem_wild", {"theorem", "solved", "iterations", "proof_term_hash", "k_valid", "k_null_model", "k_tau_agent", "k_tau_blind", "k_K", "metrics"}),
                ElementsAre(R"(t1 true 12 h true m 3 6 0.30103 {"a":1})"));
    EXPECT_THAT(summary.of("theorem_intervention", {"theorem", "intervention", "solved", "is_control", "baseline_solved", "blocked", "ged_search_value", "ged_search_norm", "k_valid"}),
                ElementsAre(R"(t1 block_simp false false true ["simp"] 2 0.25 -)", "t1 control - true false - - - -"));
    EXPECT_THAT(summary.of("theorem_intervention_postprocess", {"intervention", "goal_novelty_novel_goal_count", "solution_path_soft_distance_value", "solution_path_soft_distance_dp_cells"}),
                ElementsAre("block_simp 1 0.5 20"));
    EXPECT_THAT(summary.of("goal_type_tactic", {"goal_type", "tactic_norm", "tactic_family", "success", "failure", "blocked", "total"}),
                ElementsAre("Eq simp simplify 2 1 0 3", "Eq custom1 custom1 0 0 4 4"));
    EXPECT_THAT(summary.of("run_aggregates", {"theorem_count", "crashed_count", "wild_type_solve_rate", "rel_path"}), ElementsAre("2 - 0.5 summary.json.gz"));
}

TEST_F(Extractors, ATotalBeyondAnIntegerIsNone) {
    const auto summary = read("summary", "summary.json", R"({"aggregates": {"goal_type_tactic_matrix": {"Eq": {
        "simp": {"success": 9223372036854775807, "failure": 9223372036854775807, "blocked": 5}, "rw": {"success": 9223372036854775807}}}}})");
    EXPECT_THAT(summary.of("goal_type_tactic", {"tactic_norm", "success", "total"}), ElementsAre("simp 9223372036854775807 -", "rw 9223372036854775807 9223372036854775807"));
}

TEST_F(Extractors, ZeroHasNoSign) {
    EXPECT_THAT(read("summary", "summary.json", R"({"aggregates": {"wild_type_solve_rate": -0.0}})").of("run_aggregates", {"wild_type_solve_rate"}), ElementsAre(core::format_float(0.0)));
    EXPECT_NE(core::format_float(-0.0), core::format_float(0.0));
}

// As json.dumps() of Python writes them.
TEST_F(Extractors, NumbersThatAreNotFiniteAreNoneAndCostNothingElse) {
    const auto summary = read("summary", "summary.json", R"({"theorems": [{"name": "NaN", "wild_type": {"solved": true, "iterations": NaN, "metrics": {"a": -Infinity, "b": 1},
        "k_search_efficiency": {"primary": {"tau_blind": Infinity, "K": NaN}}}}], "aggregates": {"wild_type_solve_rate": NaN}})");
    EXPECT_EQ(summary.error, "");
    EXPECT_THAT(summary.of("theorem_wild", {"theorem", "solved", "iterations", "k_tau_blind", "k_K", "metrics"}), ElementsAre(R"(NaN true - - - {"a":null,"b":1})"));
    EXPECT_THAT(summary.of("run_aggregates", {"wild_type_solve_rate"}), ElementsAre("-"));
    EXPECT_THAT(read("mcts_trace", "t/x_mcts_trace.jsonl", "{\"event\": \"iteration\", \"iteration\": 3, \"score\": NaN}\n").of("mcts_trace_stats", {"bad_json_lines", "max_iteration"}), ElementsAre("0 3"));
    EXPECT_THAT(read("basin", "t/basin_analysis.json", R"({"solve_rate": NaN, "paper_k": NaN})").of("basin_runs", {"solve_rate", "paper_k"}), ElementsAre("- -"));
    const std::string similarity = R"({"kind": "root_goal_similarity", "theorems": ["a", "b"], "matrix": [[0, NaN], [NaN, 0]]})";
    EXPECT_THAT(read("similarity", "root_goal_similarity.json", similarity).error, HasSubstr("no number"));
}

TEST_F(Extractors, DuplicatesInASummaryFailIt) {
    EXPECT_THAT(read("summary", "summary.json", R"({"theorems": [{"name": "t", "wild_type": {}}, {"name": "t", "wild_type": {}}]})").error, HasSubstr("theorem_wild have the same key, with theorem 't'"));
    EXPECT_THAT(read("summary", "summary.json", R"({"theorems": [{"name": "t", "interventions": [{"name": "i"}, {"name": "i"}]}]})").error, HasSubstr("'i'"));
    EXPECT_THAT(read("summary", "summary.json", R"({"theorems": [{"wild_type": {}}]})").error, HasSubstr("theorem 0 has no name"));
    EXPECT_THAT(read("summary", "summary.json", R"({"theorems": {}})").error, HasSubstr("theorems"));
    EXPECT_THAT(read("summary", "summary.json", "{}").tables, IsEmpty());
}

TEST_F(Extractors, GoalOutcomesAreSummedBySignatureAndFamily) {
    const auto cache = read("goal_outcomes", "goal_cache.json", R"({"sig_scheme": "ast", "entries": {
        "s1": {"occurrences": {"m1": {"outcomes": {"0": [true, false, 1], "x": [true], "3": [], "10": [true]}}, "m2": {"outcomes": {"0": [true], "9": [false]}}}},
        "s2": {"occurrences": {"m3": {"outcomes": {"9": [true, true]}}}}, "s3": {}}})");
    EXPECT_THAT(cache.of("goal_outcome_sig_family", {"goal_sig", "family_idx", "attempts", "successes"}), ElementsAre("s1 0 4 2", "s1 9 1 0", "s2 9 2 2"));
    EXPECT_THAT(cache.of("goal_outcome_global_family", {"family_idx", "attempts", "successes"}), ElementsAre("0 4 2", "9 3 2"));
}

TEST_F(Extractors, BasinsInOldAndNewForms) {
    const auto with_k = [&](const std::string& k) { return read("basin", "t/basin_analysis.json", R"({"seeds": [1, 2], "paper_k": )" + k + "}").of("basin_runs", {"theorem", "seeds_requested", "paper_k"}); };
    EXPECT_THAT(with_k("0.5"), ElementsAre("t 2 0.5"));
    EXPECT_THAT(with_k(R"({"K": 1})"), ElementsAre("t 2 1"));
    EXPECT_THAT(with_k(R"({"K": {"lower_bound_censored_at_H": 0.25, "conditional_on_both_solved": 9}})"), ElementsAre("t 2 0.25"));
    EXPECT_THAT(with_k(R"({"K": {"lower_bound_censored_at_H": null, "conditional_on_both_solved": 0.75}})"), ElementsAre("t 2 0.75"));
    EXPECT_THAT(with_k(R"({"lower_bound_censored_at_H": 2})"), ElementsAre("t 2 2"));
    EXPECT_THAT(with_k("{}"), ElementsAre("t 2 -"));
    const auto basin = read("basin", "t/basin_analysis.json", R"({"theorem_name": "T", "seeds": [1], "seed_results": [{"seed": 1, "solved": true, "structure_hash": "h", "iterations_to_solve": 5, "blind_solved": false}],
        "structure_distribution": {"h": 1, "g": 0}})");
    EXPECT_THAT(basin.of("basin_seed", {"theorem", "seed", "solved", "structure_hash", "iterations_to_solve", "attempts_total", "blind_solved"}), ElementsAre("T 1 true h 5 - false"));
    EXPECT_THAT(basin.of("basin_structure_counts", {"theorem", "structure_hash", "count"}), ElementsAre("T h 1"));
    EXPECT_THAT(read("basin", "t/basin_analysis.json", R"({"seeds": [], "seed_results": [{"seed": 1, "solved": true}, {"seed": 2}]})").of("basin_statistics", {"seeds", "solve_rate"}), ElementsAre("2 0.5"));
    EXPECT_THAT(read("basin", "t/basin_analysis.json", R"({"seed_results": [{"seed": 1}, {"seed": 1}]})").error, HasSubstr("basin_seed have the same key, with seed '1'"));
    EXPECT_THAT(read("basin", "t/basin_analysis.json", R"({"seed_results": [{}]})").error, HasSubstr("seed result 0"));
}

TEST_F(Extractors, MetricsAndComparisonsOfVariants) {
    const auto metrics = read("variant_metrics", "t/block_simp_metrics.json", R"({"trajectory": {"total_iterations": 3}, "detour": {"failure_ratio": 0.5, "terminal_iteration": null},
        "proof_term": {"node_count": 9}, "proof_term_pretty": "long", "solution_path": [1, 2], "tactic_fingerprint": {"a": 1}, "root_goal_sigs": ["s"]})");
    EXPECT_THAT(metrics.of("theorem_variant_metrics", {"variant", "trajectory_total_iterations", "detour_failure_ratio", "detour_terminal_iteration", "proof_term_node_count", "solution_path_len",
                                                       "tactic_fingerprint", "root_goal_sigs"}),
                ElementsAre(R"(block_simp 3 0.5 - 9 2 - ["s"])"));
    EXPECT_THAT(metrics.of("theorem_variant_metrics", {"metrics_json"})[0], HasSubstr(R"("proof_term_pretty":null)"));
    const auto comparison = read("comparison", "t/block_simp_comparison.json", R"({"solved": true, "status": "ok", "blocked": [], "hash_mismatch": true, "axiom_delta": ["x"], "axiom_removed": null,
        "trajectory_diff": {"iteration_diff": -2}, "ged_search_graph": {"value": 1, "valid": true, "trace_source": "mcts"}, "ged_trace_graph": null})");
    EXPECT_THAT(comparison.of("theorem_intervention_comparison", {"intervention", "solved", "hash_mismatch", "axiom_delta_count", "axiom_removed_count", "trajectory_iteration_diff", "ged_search_value",
                                                                  "ged_search_valid", "ged_search_trace_source", "ged_trace_value"}),
                ElementsAre("block_simp true true 1 - -2 1 true mcts -"));
    EXPECT_THAT(read("postprocess_report", "postprocess_metrics.json", R"({"valid": true, "computed_at": "x", "runs": []})").of("run_postprocess", {"valid", "computed_at", "params", "runs"}),
                ElementsAre("true x - []"));
}

TEST(Tables, AreDeclaredSoundly) {
    std::set<std::string> names;
    for (const auto* table : all_tables()) {
        EXPECT_TRUE(names.emplace(table->name).second) << table->name;
        EXPECT_FALSE(table->help.empty()) << table->name;
        std::set<std::string> columns;
        bool after_key = false;
        for (const auto& column : table->columns) {
            EXPECT_TRUE(columns.emplace(core::lower_ascii(column.name)).second) << table->name << '.' << column.name;
            EXPECT_FALSE(column.is_key && after_key) << table->name << '.' << column.name << ": key columns come first";
            after_key = after_key || !column.is_key;
            EXPECT_EQ(column.name.find('"'), std::string_view::npos);
            const bool is_place = (column.name == "run_key" && column.is_key) || column.name == "run_dir" || column.name == "root_path" || column.name == "store_key";
            if (is_place) { EXPECT_EQ(column.use, ColumnUse::place) << table->name; }
            // Times that a run tells are facts, those of reading it are not.
            if (column.name == "indexed_at" || column.name == "recorded_at" || column.name == "extracted_at" || column.name == "mtime_epoch" || column.name == "parse_status") {
                EXPECT_TRUE(column.use == ColumnUse::changing || table->name == "runs") << table->name << '.' << column.name;
            }
        }
        EXPECT_EQ(key_width(*table) == 0, table->key == KeyCheck::none) << table->name;
    }
    for (const auto* one : all_extractors()) {
        for (const auto* table : one->tables) {
            EXPECT_TRUE(table->columns[0].name.ends_with("_key")) << table->name;
            EXPECT_TRUE(std::any_of(table->columns.begin(), table->columns.end(), [](const Column& column) { return column.name == "rel_path"; }) || one->name == "mcts_tree") << table->name;
        }
    }
    EXPECT_EQ(create_table_sql(k_log_roots), R"(CREATE TABLE IF NOT EXISTS "log_roots" ("root_id" VARCHAR, "root_path" VARCHAR, "created_at" TIMESTAMP))");
}

TEST(Tables, ThePageIsTheOneInTheDocumentation) {
    std::ifstream file(std::string(RUNLAKE_SOURCE_DIR) + "/docs/reference/lake-tables.md");
    const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_TRUE(page == tables_page()) << "run `runlake __lake_tables docs/reference`";
}

TEST(Tactics, HaveANormalFormAndAFamily) {
    EXPECT_EQ(normal_tactic("  simp \n\t [a,  b] "), "simp [a, b]");
    EXPECT_EQ(normal_tactic(""), "");
    const std::map<std::string, std::string> families = {{"simp only [x]", "simplify"}, {"Simp2", "simplify"}, {"apply And.intro", "split"}, {"apply foo", "apply"}, {"aesop?", "automation"},
                                                         {"custom12 x", "custom12"},     {"omega", "arith"},      {"induction n", "cases"},   {"", ""}};
    for (const auto& [tactic, family] : families) { EXPECT_EQ(tactic_family(tactic), family) << tactic; }
    EXPECT_EQ(family_index("arith"), 7);
    EXPECT_EQ(family_index("custom12"), 9);
}

}  // namespace
}  // namespace runlake::lake
