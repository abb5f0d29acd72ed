// SPDX-License-Identifier: Apache-2.0
// Reconciling through the database: what is read, kept, replaced and forgotten, and what a bad file costs.
#include "lake/reconcile.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/gzip.hpp"
#include "lake/database.hpp"
#include "lake/identity.hpp"
#include "os/fault.hpp"
#include "tests/support/lake_tables.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr std::string_view k_graph = R"({"graph_family": "search_graph", "nodes": [{"id": "a"}, {"id": "b", "in_proof": true}], "edges": [{"source": "a", "target": "b", "tactic": "simp"}]})";
constexpr std::string_view k_summary = R"({"goal_sig_scheme": "ast", "theorems": [{"name": "t", "wild_type": {"solved": true, "iterations": 3}, "interventions": [{"name": "block_simp"}]}], "aggregates": {"theorem_count": 1}})";

class ReconcileTest : public ::testing::Test {
  protected:
    void write(const std::string& path, std::string_view text) {
        const std::string whole = folder_ / path;
        fs::create_directories(fs::path(whole).parent_path());
        // As writers do: a new file under the old name.
        std::ofstream(whole + ".tmp", std::ios::binary) << text;
        fs::rename(whole + ".tmp", whole);
    }
    void pack(const std::string& path, std::string_view text) { write(path, core::gzip(text)); }
    void make_run(const std::string& run) {
        write(run + "/run_config.json", core::cat(R"({"run_id": ")", run, R"(", "backend": "lean", "provider": "p", "created_at": "2026-01-01T00:00:00"})"));
        write(run + "/run_status.json", R"({"status": "completed"})");
        pack(run + "/summary.json.gz", k_summary);
        write(run + "/t/wild_type_graph.json", k_graph);
    }
    core::Result<ReconcileReport> try_reconcile() { return reconcile(request_); }
    ReconcileReport reconciled() {
        auto report = try_reconcile();
        EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().message());
        return report.ok() ? std::move(report).take() : ReconcileReport();
    }
    std::vector<std::string> ask(const std::string& query) {
        std::vector<std::string> lines;
        auto connection = open_lake(request_.database);
        EXPECT_TRUE(connection.ok()) << (connection.ok() ? "" : connection.error().message());
        auto rows = connection.value().query(query);
        EXPECT_TRUE(rows.ok()) << (rows.ok() ? "" : rows.error().message());
        if (!rows.ok()) { return lines; }
        while (rows.value().next().value_or(false)) {
            std::string line;
            for (std::size_t i = 0; i < rows.value().column_count(); ++i) {
                line += i > 0 ? "|" : "";
                line += rows.value().is_null(i)                            ? "-"
                        : rows.value().kind(i) == sql::Kind::text    ? std::string(rows.value().text(i))
                        : rows.value().kind(i) == sql::Kind::boolean ? std::to_string(rows.value().boolean(i) ? 1 : 0)
                                                                     : std::to_string(rows.value().integer(i));
            }
            lines.push_back(std::move(line));
        }
        return lines;
    }
    std::string count(const std::string& table) { return ask("SELECT count(*) FROM " + table).at(0); }

    testing::TempDir folder_;
    ReconcileRequest request_ = [this] {
        fs::create_directories(folder_ / "logs");
        ReconcileRequest request;
        request.database = folder_ / "lake/lake.duckdb";
        request.roots = {folder_ / "logs"};
        request.threads = 2;
        return request;
    }();
};

TEST_F(ReconcileTest, FillsEveryTableOfARun) {
    make_run("logs/one");
    write("logs/one/t/wild_type_mcts_trace.jsonl", "{\"event\": \"iteration\", \"iteration\": 4}\nbad\n");
    const auto report = reconciled();
    EXPECT_EQ(report.added, 1U);
    EXPECT_EQ(report.files, 5U);
    EXPECT_EQ(report.files_read, 5U);
    EXPECT_EQ(report.warnings, 1U);
    const std::string dir = fs::canonical(folder_ / "logs/one");
    EXPECT_THAT(ask("SELECT run_key, run_dir, rel_run_dir, run_id, goal_sig_scheme, run_status->>'status', length(run_uid), run_key_seed FROM runs"),
                ElementsAre(core::cat(run_key(dir), "|", dir, "|one|logs/one|ast|completed|64|", run_key_seed(root_id(fs::canonical(folder_ / "logs").string()), "one"))));
    EXPECT_THAT(ask("SELECT file_name, length(sha256), bytes > 0 FROM run_files ORDER BY 1"),
                ElementsAre("run_config.json|64|1", "run_status.json|64|1", "summary.json.gz|64|1"));
    EXPECT_THAT(ask("SELECT theorem, rel_path, variant, artifact_kind, parse_status FROM theorem_artifacts ORDER BY 2"),
                ElementsAre("t|t/wild_type_graph.json|wild_type|graph|parsed", "t|t/wild_type_mcts_trace.jsonl|wild_type|mcts_trace|trace_summarized"));
    EXPECT_THAT(ask("SELECT node_id, in_proof FROM graph_nodes ORDER BY 1"), ElementsAre("a|-", "b|1"));
    EXPECT_THAT(ask("SELECT stage, severity, rel_path, line FROM extract_errors"), ElementsAre("read_mcts_trace|warning|t/wild_type_mcts_trace.jsonl|2"));
    EXPECT_THAT(ask("SELECT source, name, state FROM all_runs"), ElementsAre("proof-search|logs/one|completed"));
    EXPECT_THAT(ask("SELECT count(*) FROM theorem_wild"), ElementsAre("1"));
}

TEST_F(ReconcileTest, ReadsNothingAgainThatIsUnchanged) {
    make_run("logs/one");
    make_run("logs/two");
    reconciled();
    const auto before = testing::lake_rows(request_.database);
    auto report = reconciled();
    EXPECT_EQ(report.unchanged, 2U);
    EXPECT_EQ(report.files_read, 0U);
    EXPECT_THAT(report.rows, IsEmpty());
    EXPECT_EQ(testing::lake_difference(before, testing::lake_rows(request_.database)), "");

    write("logs/two/t/block_simp_graph.json", k_graph);
    report = reconciled();
    EXPECT_EQ(report.unchanged, 1U);
    EXPECT_EQ(report.changed, 1U);
    EXPECT_EQ(report.files_read, 1U);
    EXPECT_EQ(report.rows.at("graph_nodes"), 2U);
    EXPECT_EQ(count("graph_nodes"), "6");
    EXPECT_THAT(ask("SELECT rel_path, parse_status FROM theorem_artifacts JOIN runs USING (run_key) WHERE run_id = 'logs/two' ORDER BY 1"),
                ElementsAre("t/block_simp_graph.json|parsed", "t/wild_type_graph.json|skipped_unchanged"));
    EXPECT_THAT(ask("SELECT count(*) FROM runs WHERE goal_sig_scheme = 'ast'"), ElementsAre("2"));
    EXPECT_EQ(count("artifact_extract_state"), "9");
}

TEST_F(ReconcileTest, ReadsAgainWhatWasWrittenOverInPlaceWithTheSameSizeAndTime) {
    make_run("logs/one");
    reconciled();
    const std::string path = folder_ / "logs/one/t/wild_type_graph.json";
    const auto time = fs::last_write_time(path);
    std::string text(k_graph);
    text.replace(text.find("\"a\""), 3, "\"c\"");
    { std::ofstream(path, std::ios::binary) << text; }
    fs::last_write_time(path, time);
    EXPECT_EQ(reconciled().files_read, 1U);
    EXPECT_THAT(ask("SELECT node_id FROM graph_nodes ORDER BY 1"), ElementsAre("b", "c"));
}

TEST_F(ReconcileTest, ForgetsWhatTheFilesThatHaveGoneSaid) {
    make_run("logs/one");
    write("logs/one/t/basin_analysis.json", R"({"theorem_name": "t", "seeds": [1, 2], "seed_results": [{"seed": 1, "solved": true}], "structure_distribution": {"h": 1}})");
    write("logs/one/t/x_comparison.json", R"({"name": "x"})");
    reconciled();
    EXPECT_EQ(count("basin_runs"), "1");
    EXPECT_EQ(count("basin_seed"), "1");
    EXPECT_EQ(count("basin_structure_counts"), "1");
    // A defect of the original: basin rows stayed when their file had gone and the run had not.
    fs::remove(folder_ / "logs/one/t/basin_analysis.json");
    fs::remove(folder_ / "logs/one/t/wild_type_graph.json");
    fs::remove(folder_ / "logs/one/t/x_comparison.json");
    fs::remove(folder_ / "logs/one/summary.json.gz");
    const auto report = reconciled();
    EXPECT_EQ(report.changed, 1U);
    for (const auto* table : {"basin_runs", "basin_seed", "basin_structure_counts", "graph_nodes", "graph_edges", "theorem_intervention_comparison", "theorem_wild", "theorem_intervention",
                              "run_aggregates", "theorem_artifacts"}) {
        EXPECT_EQ(count(table), "0") << table;
    }
    EXPECT_THAT(ask("SELECT stage, error FROM extract_errors"), ElementsAre("read_summary|the run has no summary"));
    EXPECT_THAT(ask("SELECT rel_path FROM lake_files ORDER BY 1"), ElementsAre("run_config.json", "run_status.json"));
    EXPECT_THAT(ask("SELECT goal_sig_scheme FROM runs"), ElementsAre("-"));
}

TEST_F(ReconcileTest, ABadFileCostsThatFile) {
    make_run("logs/one");
    make_run("logs/two");
    write("logs/one/t/block_simp_graph.json", R"({"nodes": [{"id": "a"}, {}]})");
    write("logs/one/t/wild_type_mcts_tree.json", "{\n  \"nodes\": oops}");
    write("logs/two/run_status.json", "{");
    const auto report = reconciled();
    EXPECT_EQ(report.errors, 3U);
    EXPECT_EQ(report.standing_errors, 3U);
    EXPECT_EQ(count("runs"), "2");
    EXPECT_EQ(count("graph_nodes"), "4");
    EXPECT_THAT(ask("SELECT stage, rel_path, error FROM graph_extract_errors"), ElementsAre("parse_graph|t/block_simp_graph.json|node 1 is without an id"));
    const auto errors = ask("SELECT stage, rel_path, error FROM extract_errors ORDER BY 1");
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_THAT(errors[0], HasSubstr("read_mcts_tree|t/wild_type_mcts_tree.json|"));
    EXPECT_THAT(errors[0], HasSubstr("line 2"));
    EXPECT_THAT(errors[1], HasSubstr("read_status|run_status.json|"));
    EXPECT_THAT(ask("SELECT run_status FROM runs ORDER BY run_id"), ElementsAre("{\"status\":\"completed\"}", "-"));
    EXPECT_THAT(ask("SELECT parse_status FROM theorem_artifacts WHERE rel_path LIKE '%block%' OR rel_path LIKE '%tree%' ORDER BY rel_path"),
                ElementsAre("parse_error", "mcts_tree_error"));
    // What stands unchanged is neither read again nor told less; what is mended is forgotten.
    EXPECT_EQ(reconciled().standing_errors, 3U);
    write("logs/one/t/block_simp_graph.json", k_graph);
    EXPECT_EQ(reconciled().standing_errors, 2U);
    EXPECT_EQ(count("graph_extract_errors"), "0");
    EXPECT_EQ(count("graph_nodes"), "6");
}

TEST_F(ReconcileTest, TwoFilesThatNameTheSameAreAnErrorOfTheSecond) {
    make_run("logs/one");
    write("logs/one/a/basin_analysis.json", R"({"theorem_name": "same", "seeds": [1], "solve_rate": 1.0})");
    write("logs/one/b/basin_analysis.json", R"({"theorem_name": "same", "seeds": [1, 2], "solve_rate": 0.5})");
    write("logs/one/c/basin_analysis.json", R"({"theorem_name": "other", "seeds": [1], "seed_results": [{"seed": 1}, {"seed": 1}]})");
    EXPECT_EQ(reconciled().errors, 2U);
    EXPECT_THAT(ask("SELECT theorem, rel_path FROM basin_runs"), ElementsAre("same|a/basin_analysis.json"));
    const auto errors = ask("SELECT rel_path, error FROM extract_errors ORDER BY 1");
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_THAT(errors[0], HasSubstr("b/basin_analysis.json|it gives a row of basin_runs with theorem 'same', as a/basin_analysis.json has done before"));
    EXPECT_THAT(errors[1], HasSubstr("two rows of basin_seed have the same key, with seed '1'"));
    // The second counts once the first has gone.
    fs::remove(folder_ / "logs/one/a/basin_analysis.json");
    reconciled();
    EXPECT_THAT(ask("SELECT theorem, rel_path FROM basin_runs"), ElementsAre("same|b/basin_analysis.json"));
    EXPECT_EQ(count("extract_errors"), "1");
}

TEST_F(ReconcileTest, DuplicateTheoremsCostTheSummaryAndNothingElse) {
    make_run("logs/one");
    make_run("logs/two");
    pack("logs/one/summary.json.gz", R"({"theorems": [{"name": "t", "wild_type": {}}, {"name": "t", "wild_type": {}}]})");
    EXPECT_EQ(reconciled().errors, 1U);
    EXPECT_EQ(count("theorem_wild"), "1");
    EXPECT_EQ(count("runs"), "2");
    EXPECT_THAT(ask("SELECT stage, error FROM extract_errors"), ElementsAre("read_summary|two rows of theorem_wild have the same key, with theorem 't'"));
}

TEST_F(ReconcileTest, AnUnreadableSummaryClearsWhatAnEarlierOneSaid) {
    make_run("logs/one");
    reconciled();
    write("logs/one/summary.json.gz", "damaged");
    reconciled();
    EXPECT_EQ(count("theorem_wild"), "0");
    EXPECT_THAT(ask("SELECT stage, rel_path FROM extract_errors"), ElementsAre("read_summary|summary.json.gz"));
    // A defect of the original: a plain summary beside a damaged packed one was not read.
    write("logs/one/summary.json", k_summary);
    reconciled();
    EXPECT_EQ(count("theorem_wild"), "1");
    EXPECT_THAT(ask("SELECT stage, severity, rel_path FROM extract_errors"), ElementsAre("read_summary|warning|summary.json.gz"));
    EXPECT_THAT(ask("SELECT rel_path FROM theorem_wild"), ElementsAre("summary.json"));
    EXPECT_THAT(ask("SELECT goal_sig_scheme FROM runs"), ElementsAre("ast"));
    pack("logs/one/summary.json.gz", k_summary);
    reconciled();
    EXPECT_EQ(count("extract_errors"), "0");
    EXPECT_THAT(ask("SELECT rel_path FROM theorem_wild"), ElementsAre("summary.json.gz"));
    fs::remove(folder_ / "logs/one/summary.json.gz");
    reconciled();
    EXPECT_THAT(ask("SELECT rel_path FROM theorem_wild"), ElementsAre("summary.json"));
}

TEST_F(ReconcileTest, TellsTimesInUtcWhateverZoneTheySay) {
    const auto said = [&](const std::string& name, std::string_view begin, std::string_view end) {
        write(core::cat("logs/", name, "/run_config.json"), core::cat(R"({"run_id": ")", name, R"(", "created_at": "2020-01-01T00:00:00"})"));
        write(core::cat("logs/", name, "/run_status.json"), core::cat(R"({"status": "completed", "started_at": )", begin, R"(, "completed_at": ")", end, R"("})"));
    };
    said("a", R"("2026-01-01T01:00:00+02:00")", "2026-01-01T01:00:00.5-0530");
    said("b", R"("2026-01-01T01:00:00Z")", "2026-01-01 01:00:00");
    said("c", "null", "2026-01-01");
    said("d", R"("soon")", "2026-01-01T01:00:00+2");
    reconciled();
    EXPECT_THAT(ask("SELECT run_id, started_at::VARCHAR, finished_at::VARCHAR FROM all_runs ORDER BY 1"),
                ElementsAre("a|2025-12-31 23:00:00|2026-01-01 06:30:00.5", "b|2026-01-01 01:00:00|2026-01-01 01:00:00", "c|2020-01-01 00:00:00|2026-01-01 00:00:00", "d|-|-"));
}

TEST_F(ReconcileTest, NamesThatAreTheSameOnceTheyAreUtf8CostNoRun) {
    make_run("logs/one");
    write("logs/one/\xFE/wild_type_graph.json", k_graph);
    write("logs/one/\xFF/wild_type_graph.json", k_graph);
    reconciled();
    EXPECT_EQ(count("runs"), "1");
    EXPECT_THAT(ask("SELECT rel_path FROM theorem_artifacts ORDER BY 1"), ElementsAre("t/wild_type_graph.json", "\xEF\xBF\xBD/wild_type_graph.json"));
    EXPECT_THAT(ask("SELECT error FROM extract_errors"), ElementsAre(HasSubstr("two files are told as")));
}

// Errors of graphs are in datasets.
TEST_F(ReconcileTest, WhatCantBeReadIsToldWithoutWhereItLies) {
    make_run("logs/one");
    fs::create_symlink("/proc/self/mem", folder_ / "logs/one/t/block_simp_graph.json");
    reconciled();
    EXPECT_THAT(ask("SELECT error FROM graph_extract_errors"), ElementsAre("reading t/block_simp_graph.json: input/output error"));
}

TEST_F(ReconcileTest, ABasinOnlyRunNeedsNoSummary) {
    write("logs/one/run_config.json", R"({"basin_seeds": 4})");
    write("logs/two/run_config.json", "{}");
    pack("logs/two/t/basin_analysis.json.gz", R"({"seeds": []})");
    write("logs/three/run_config.json", "{}");
    reconciled();
    EXPECT_THAT(ask("SELECT rel_run_dir, stage FROM extract_errors JOIN runs USING (run_key)"), ElementsAre("three|read_summary"));
}

TEST_F(ReconcileTest, ReportsRunsThatHaveGoneAndForgetsThemOnlyWhenAsked) {
    make_run("logs/one");
    make_run("logs/two");
    reconciled();
    const auto clean = [&] { return testing::lake_rows(request_.database); };
    const auto both = clean();
    fs::rename(folder_ / "logs/two", folder_ / "away");
    auto report = reconciled();
    ASSERT_EQ(report.stale.size(), 1U);
    EXPECT_THAT(report.stale[0].dir, HasSubstr("logs/two"));
    EXPECT_FALSE(report.pruned);
    EXPECT_EQ(testing::lake_difference(both, clean()), "");

    {
        auto held = hold_lake(request_.database);
        ASSERT_TRUE(held.ok());
        ASSERT_TRUE(held.value().connection.run("INSERT INTO lake_reference_members (ref_id, run_key) SELECT 'r', run_key FROM runs; INSERT INTO k_reference_score (run_key, ref_id) SELECT run_key, 'r' FROM runs").ok());
    }
    request_.prune = true;
    request_.dry_run = true;
    report = reconciled();
    EXPECT_EQ(report.stale.size(), 1U);
    EXPECT_EQ(count("runs"), "2");
    request_.dry_run = false;
    report = reconciled();
    EXPECT_TRUE(report.pruned);
    for (const auto& [table, rows] : clean()) {
        for (const auto& row : rows) { EXPECT_THAT(row, ::testing::Not(HasSubstr(run_key(fs::canonical(folder_ / "logs").string() + "/two")))) << table; }
    }
    // Defects of the original: these two kept rows of runs that were pruned.
    EXPECT_EQ(count("lake_reference_members"), "1");
    EXPECT_EQ(count("k_reference_score"), "1");
    fs::rename(folder_ / "away", folder_ / "logs/two");
    EXPECT_EQ(reconciled().added, 1U);
    auto again = clean();
    again.erase("lake_reference_members");
    again.erase("k_reference_score");
    EXPECT_EQ(testing::lake_difference(both, again), "");
}

TEST_F(ReconcileTest, WhatLiesBesideIsForgottenOnlyWhenItsFolderHasGone) {
    make_run("logs/one");
    make_run("other/two");
    request_.roots = {folder_ / "logs", folder_ / "other"};
    reconciled();
    request_.roots = {folder_ / "logs"};
    request_.beside = {folder_.path()};
    EXPECT_THAT(reconciled().stale, IsEmpty());
    fs::remove_all(folder_ / "other/two");
    EXPECT_EQ(reconciled().stale.size(), 1U);
    request_.beside = {};
    EXPECT_THAT(reconciled().stale, IsEmpty());
}

TEST_F(ReconcileTest, AFolderThatIsNoRunAnyMoreHasGoneAsARun) {
    make_run("logs/one");
    reconciled();
    fs::remove(folder_ / "logs/one/run_config.json");
    EXPECT_EQ(reconciled().stale.size(), 1U);
}

// A search from above comes neither into hidden folders nor below seven others.
TEST_F(ReconcileTest, WhatIsFoundFromAnotherRootAloneHasNotGone) {
    make_run("logs/1/2/3/4/5/6/7/8/deep");
    make_run("logs/.old/hidden");
    make_run("logs/near");
    request_.roots = {folder_ / "logs/1/2/3/4/5/6/7/8", folder_ / "logs/.old"};
    reconciled();
    request_.roots = {folder_ / "logs"};
    request_.prune = true;
    EXPECT_THAT(reconciled().stale, IsEmpty());
    EXPECT_THAT(ask("SELECT rel_run_dir FROM runs ORDER BY 1"), ElementsAre(".old/hidden", "1/2/3/4/5/6/7/8/deep", "near"));
    fs::remove(folder_ / "logs/.old/hidden/run_config.json");
    fs::remove_all(folder_ / "logs/1/2/3/4/5/6/7/8/deep");
    EXPECT_EQ(reconciled().stale.size(), 2U);
    EXPECT_THAT(ask("SELECT rel_run_dir FROM runs"), ElementsAre("near"));
}

TEST_F(ReconcileTest, ARootThatHasGoneIsForgottenWithItsLastRun) {
    make_run("logs/deep/root/one");
    make_run("logs/two");
    request_.roots = {folder_ / "logs/deep/root"};
    reconciled();
    fs::remove_all(folder_ / "logs/deep");
    request_.roots = {folder_ / "logs"};
    request_.prune = true;
    reconciled();
    EXPECT_THAT(ask("SELECT root_path FROM log_roots"), ElementsAre(fs::canonical(folder_ / "logs").string()));
    EXPECT_EQ(count("runs"), "1");
}

TEST_F(ReconcileTest, NestedRootsCountARunOnceAndTellItByTheShallowest) {
    make_run("logs/campaign/one");
    request_.roots = {folder_ / "logs/campaign"};
    reconciled();
    EXPECT_THAT(ask("SELECT rel_run_dir FROM runs"), ElementsAre("one"));
    const auto key = ask("SELECT run_key FROM runs");
    request_.roots = {folder_ / "logs"};
    auto report = reconciled();
    EXPECT_EQ(report.moved, 1U);
    EXPECT_EQ(report.unchanged, 1U);
    const std::string root = root_id(fs::canonical(folder_ / "logs").string());
    EXPECT_THAT(ask("SELECT rel_run_dir, root_id, run_key_seed FROM runs"), ElementsAre(core::cat("campaign/one|", root, "|", run_key_seed(root, "campaign/one"))));
    EXPECT_THAT(ask("SELECT rel_dir, root_id FROM lake_units"), ElementsAre(core::cat("campaign/one|", root)));
    request_.roots = {folder_ / "logs/campaign"};
    report = reconciled();
    EXPECT_EQ(report.units, 1U);
    EXPECT_THAT(ask("SELECT rel_run_dir FROM runs"), ElementsAre("campaign/one"));
    EXPECT_EQ(ask("SELECT run_key FROM runs"), key);
    EXPECT_EQ(count("log_roots"), "2");
}

TEST_F(ReconcileTest, ADryRunChangesNothing) {
    make_run("logs/one");
    request_.dry_run = true;
    auto report = reconciled();
    EXPECT_EQ(report.added, 1U);
    EXPECT_EQ(report.files_read, 4U);
    EXPECT_FALSE(fs::exists(folder_ / "lake"));
    request_.dry_run = false;
    reconciled();
    make_run("logs/two");
    fs::remove(folder_ / "logs/one/run_status.json");
    request_.dry_run = true;
    report = reconciled();
    EXPECT_EQ(report.added, 1U);
    EXPECT_EQ(report.changed, 1U);
    EXPECT_EQ(report.files_read, 4U);
    EXPECT_EQ(count("runs"), "1");
}

TEST_F(ReconcileTest, AFullOneGivesTheSameRows) {
    make_run("logs/one");
    make_run("logs/two");
    write("logs/two/t/block_simp_graph.json", "bad");
    reconciled();
    const auto before = testing::lake_rows(request_.database);
    request_.full = true;
    const auto report = reconciled();
    EXPECT_EQ(report.files_read, report.files);
    EXPECT_EQ(testing::lake_difference(before, testing::lake_rows(request_.database)), "");
}

TEST_F(ReconcileTest, RefusesWhatItCannotTakeAndTouchesNothing) {
    request_.roots = {folder_ / "nowhere"};
    auto report = try_reconcile();
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code(), core::Errc::not_found);
    EXPECT_FALSE(fs::exists(folder_ / "lake"));

    request_.roots = {folder_ / "logs"};
    make_run("logs/one");
    reconciled();
    {
        auto held = hold_lake(request_.database);
        ASSERT_TRUE(held.ok());
        report = try_reconcile();
        ASSERT_FALSE(report.ok());
        EXPECT_EQ(report.error().code(), core::Errc::busy);
        ASSERT_TRUE(held.value().connection.run("UPDATE schema_meta SET schema_version = 99").ok());
    }
    report = try_reconcile();
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code(), core::Errc::unsupported);
    auto opened = open_lake(request_.database);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), core::Errc::unsupported);
    EXPECT_EQ(testing::lake_rows(request_.database).at("runs").size(), 1U);
}

TEST_F(ReconcileTest, MakesAnOlderLakeAgainWithTheRootsItKnew) {
    make_run("logs/one");
    make_run("more/two");
    request_.roots = {folder_ / "logs", folder_ / "more"};
    reconciled();
    const auto before = testing::lake_rows(request_.database);
    {
        auto held = hold_lake(request_.database);
        ASSERT_TRUE(held.ok());
        ASSERT_TRUE(held.value().connection.run("UPDATE schema_meta SET schema_version = 3; DROP TABLE theorem_wild").ok());
    }
    auto opened = open_lake(request_.database);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), core::Errc::unsupported);
    EXPECT_THAT(opened.error().message(), HasSubstr("lake reconcile"));
    request_.roots = {folder_ / "logs"};
    // A disk that is full keeps the new one from being made, or from taking the place: the roots are not forgotten.
    for (const char* fault : {"lake.database.replace:enospc:1+", "lake.database.replace:enospc:3", "lake.database.replace:enospc:4"}) {
        ASSERT_TRUE(os::configure_faults(fault));
        EXPECT_FALSE(try_reconcile().ok()) << fault;
        ASSERT_TRUE(os::configure_faults(""));
    }
    const auto report = reconciled();
    EXPECT_EQ(report.added, 2U);
    EXPECT_THAT(report.notes, ElementsAre("an earlier version made the lake: it is made again"));
    EXPECT_EQ(testing::lake_difference(before, testing::lake_rows(request_.database)), "");
}

// A call that is killed while it makes the lake leaves an empty file, then one without tables.
TEST_F(ReconcileTest, ALakeThatWasOnlyBegunIsNoneYet) {
    make_run("logs/one");
    fs::create_directories(fs::path(request_.database).parent_path());
    const auto make_file = [&] { std::ofstream(request_.database).flush(); };
    const auto make_database = [&] { ASSERT_TRUE(sql::Database::open(request_.database, sql::Access::create).take().connect().ok()); };
    for (const auto& begin : {std::function<void()>(make_file), std::function<void()>(make_database)}) {
        fs::remove(request_.database);
        begin();
        auto opened = open_lake(request_.database);
        ASSERT_FALSE(opened.ok());
        EXPECT_EQ(opened.error().code(), core::Errc::not_found) << opened.error().message();
        EXPECT_THAT(reconciled().notes, IsEmpty());
        EXPECT_EQ(count("runs"), "1");
    }
}

TEST_F(ReconcileTest, SetsADamagedLakeAsideAndMakesItAgain) {
    make_run("logs/one");
    reconciled();
    const auto before = testing::lake_rows(request_.database);
    std::ofstream(request_.database) << std::string(8192, 'x');
    auto opened = open_lake(request_.database);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), core::Errc::corrupt);
    const auto report = reconciled();
    ASSERT_EQ(report.notes.size(), 1U);
    EXPECT_THAT(report.notes[0], HasSubstr(".corrupt-"));
    EXPECT_EQ(testing::lake_difference(before, testing::lake_rows(request_.database)), "");
}

TEST_F(ReconcileTest, LeavesADatabaseOfSomebodyElseAlone) {
    fs::create_directories(folder_ / "lake");
    {
        auto database = sql::Database::open(request_.database, sql::Access::create);
        ASSERT_TRUE(database.ok());
        auto connection = database.value().connect();
        ASSERT_TRUE(connection.ok());
        ASSERT_TRUE(connection.value().run("CREATE TABLE mine (a INTEGER)").ok());
    }
    const auto report = try_reconcile();
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code(), core::Errc::conflict);
}

TEST_F(ReconcileTest, SaysWhatAReaderMayDo) {
    auto opened = open_lake(request_.database);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), core::Errc::not_found);
    EXPECT_THAT(opened.error().message(), HasSubstr("lake reconcile"));
    make_run("logs/one");
    reconciled();
    auto one = open_lake(request_.database, {.single_threaded = true});
    ASSERT_TRUE(one.ok());
    EXPECT_EQ(one.value().integer("SELECT current_setting('threads')").value_or(0), 1);
}

TEST_F(ReconcileTest, EndsBetweenRunsWhenItIsStopped) {
    for (int i = 0; i < 8; ++i) { make_run("logs/run" + std::to_string(i)); }
    request_.batch_bytes = 1;  // a run a transaction
    reconciled();
    const auto whole = testing::lake_rows(request_.database);
    for (const int after : {1, 4, 6, 9}) {
        fs::remove_all(folder_ / "lake");
        int asked = 0;
        request_.is_stopped = [&] { return ++asked > after; };
        const auto report = try_reconcile();
        if (!report.ok()) { EXPECT_EQ(report.error().code(), core::Errc::interrupted); }
        for (const auto& [table, rows] : testing::lake_rows(request_.database)) {
            for (const auto& row : rows) { EXPECT_TRUE(std::binary_search(whole.at(table).begin(), whole.at(table).end(), row)) << table << ": " << row; }
        }
        const auto runs = count("runs");
        EXPECT_EQ(count("theorem_wild"), runs);
        EXPECT_EQ(count("lake_units"), runs);
        EXPECT_EQ(std::to_string(2 * std::stoi(runs)), count("graph_nodes"));
        request_.is_stopped = nullptr;
        reconciled();
        EXPECT_EQ(testing::lake_difference(whole, testing::lake_rows(request_.database)), "");
    }
}

TEST_F(ReconcileTest, AFullDiskLeavesWhatWasCommitted) {
    for (int i = 0; i < 5; ++i) { make_run("logs/run" + std::to_string(i)); }
    request_.batch_bytes = 1;
    ASSERT_TRUE(os::configure_faults("lake.database.change:enospc:4"));
    const auto report = try_reconcile();
    ASSERT_TRUE(os::configure_faults(""));
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code(), core::Errc::io);
    EXPECT_EQ(count("runs"), "2");
    EXPECT_EQ(count("graph_nodes"), "4");
    reconciled();
    EXPECT_EQ(count("runs"), "5");
}

TEST_F(ReconcileTest, ADocumentAboveTheLimitIsAnErrorOfThatFileAndLinesHaveNoLimit) {
    make_run("logs/one");
    std::string lines;
    for (int i = 0; i < 2000; ++i) { lines += core::cat(R"({"event": "iteration", "iteration": )", i, "}\n"); }
    write("logs/one/t/wild_type_mcts_trace.jsonl", lines);
    write("logs/one/t/big_graph.json", R"({"nodes": [], "x": ")" + std::string(4096, 'x') + "\"}");
    request_.limits.document_bytes = 2048;
    EXPECT_EQ(reconciled().errors, 1U);
    EXPECT_THAT(ask("SELECT rel_path, error FROM graph_extract_errors"), ElementsAre("t/big_graph.json|it is larger than a document may be: 2048 bytes"));
    EXPECT_THAT(ask("SELECT line_count FROM mcts_trace_stats"), ElementsAre("2000"));
    EXPECT_THAT(ask("SELECT count(*) FROM theorem_artifacts WHERE sha256 IS NULL"), ElementsAre("0"));
}

}  // namespace
}  // namespace runlake::lake
