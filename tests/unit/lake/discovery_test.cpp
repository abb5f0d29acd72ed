// SPDX-License-Identifier: Apache-2.0
// Finding runs: every shape of a log root, nested roots, links, what is passed over; the files of a run.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lake/discovery.hpp"
#include "lake/identity.hpp"
#include "lake/run_files.hpp"
#include "lake/source.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::lake {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class DiscoveryTest : public ::testing::Test {
  protected:
    std::string at(const std::string& rel) const { return root_ + "/" + rel; }
    void file(const std::string& rel, const std::string& text = "{}") const {
        fs::create_directories(fs::path(at(rel)).parent_path());
        std::ofstream(at(rel)) << text;
    }
    static Units found(const std::vector<std::string>& roots, const std::vector<LogRoot>& known = {}, const std::vector<std::string>& beside = {}) {
        auto units = discover_units({roots, known, beside});
        EXPECT_TRUE(units.ok()) << (units.ok() ? "" : units.error().message());
        return units.ok() ? std::move(units).take() : Units();
    }
    static std::vector<std::string> names(const Units& found) {
        std::vector<std::string> names;
        for (const auto& unit : found.units) {
            const auto provider = provider_of(unit.dir);
            names.push_back(unit.rel_dir + (provider ? " of " + *provider : ""));
        }
        return names;
    }

    testing::TempDir folder_;
    std::string root_ = fs::canonical(folder_.path()).string() + "/logs";
};

TEST_F(DiscoveryTest, FindsPlainRunsOfProvidersAndInWrappers) {
    file("b-run/run_config.json");
    file("b-run/inner/run_config.json");  // what is in a run is part of it
    file("a-run/run_config.json");
    file("multi/run_config.json");
    file("multi/provider=x/run_config.json");
    file("multi/provider=a b/run_config.json");
    file("campaign/deeper/run-1/run_config.json");
    file("campaign/multi/provider=z/run_config.json");
    file("nothing/notes.txt");
    file(".hidden/run_config.json");
    file("stray.json");
    const Units discovery = found({root_});
    EXPECT_THAT(names(discovery), ElementsAre("a-run", "b-run", "campaign/deeper/run-1", "campaign/multi/provider=z of z", "multi/provider=a b of a b", "multi/provider=x of x"));
    const Unit& run = discovery.units[2];
    EXPECT_EQ(run.dir, at("campaign/deeper/run-1"));
    EXPECT_EQ(run.key, run_key(at("campaign/deeper/run-1")));
    EXPECT_EQ(run.root_id, root_id(root_));
    EXPECT_THAT(discovery.passed_over, IsEmpty());
}

TEST_F(DiscoveryTest, SearchesSixLevelsBelowARootsChildren) {
    file("c/1/2/3/4/5/6/run_config.json");
    file("d/1/2/3/4/5/6/7/run_config.json");
    const Units discovery = found({root_});
    EXPECT_THAT(names(discovery), ElementsAre("c/1/2/3/4/5/6"));
    ASSERT_EQ(discovery.passed_over.size(), 1U);
    EXPECT_EQ(discovery.passed_over[0].dir, at("d/1/2/3/4/5/6"));
    EXPECT_THAT(discovery.passed_over[0].why, HasSubstr("too deep"));
    // From nearer it is reached, also together with the root above.
    EXPECT_THAT(names(found({root_, at("d/1")})), ElementsAre("c/1/2/3/4/5/6", "d/1/2/3/4/5/6/7"));
    EXPECT_THAT(names(found({at("d/1"), root_})), ElementsAre("c/1/2/3/4/5/6", "d/1/2/3/4/5/6/7"));
}

TEST_F(DiscoveryTest, ARootMayBeARunItself) {
    file("run/run_config.json");
    file("multi/run_config.json");
    file("multi/provider=a/run_config.json");
    EXPECT_THAT(names(found({at("run")})), ElementsAre("."));
    EXPECT_THAT(names(found({at("multi")})), ElementsAre("provider=a of a"));
    EXPECT_THAT(names(found({at("multi/provider=a")})), ElementsAre(". of a"));
}

TEST_F(DiscoveryTest, NestedRootsGiveEachRunOnceInAnyOrder) {
    file("campaign/run-1/run_config.json");
    file("run-2/run_config.json");
    const Units parent = found({root_});
    for (const auto& roots : std::vector<std::vector<std::string>>{{root_, at("campaign")}, {at("campaign"), root_}, {root_ + "/", at("campaign/../campaign"), root_}}) {
        const Units discovery = found(roots);
        EXPECT_EQ(discovery.units, parent.units);
        EXPECT_EQ(discovery.roots.size(), 2U);
    }
    // The parent is known from before: the child's run is told by it.
    const Units child = found({at("campaign")}, parent.roots);
    ASSERT_EQ(child.units.size(), 1U);
    EXPECT_EQ(child.units[0], parent.units[0]);
    // The parent arrives later: the key stays, the root and the path are told anew.
    const Units alone = found({at("campaign")});
    EXPECT_EQ(alone.units[0].rel_dir, "run-1");
    EXPECT_EQ(alone.units[0].key, parent.units[0].key);
    EXPECT_NE(alone.units[0].root_id, parent.units[0].root_id);
    std::vector<LogRoot> both = alone.roots;
    both.push_back(parent.roots[0]);
    EXPECT_EQ(told_by(alone.units[0].dir, both)->rel_dir, "campaign/run-1");
    EXPECT_FALSE(told_by("/elsewhere/run", both));
    // A name that begins as another's does not lie in it.
    EXPECT_FALSE(told_by(at("campaign-2/run"), alone.roots));
}

TEST_F(DiscoveryTest, LinksLeadToOneRunAndNotRoundInCircles) {
    file("run-1/run_config.json");
    fs::create_directory_symlink(at("run-1"), at("latest"));
    fs::create_directory_symlink(root_, at("again"));
    fs::create_directories(folder_ / "outside/run-9");
    std::ofstream(folder_ / "outside/run-9/run_config.json") << "{}";
    fs::create_directory_symlink(folder_ / "outside", at("out"));
    const Units discovery = found({root_});
    EXPECT_THAT(names(discovery), ElementsAre("run-1", "run-9"));
    EXPECT_EQ(discovery.roots.size(), 2U);
    fs::create_directory_symlink(root_, folder_ / "by-another-name");
    EXPECT_EQ(found({folder_ / "by-another-name"}).units, discovery.units);
}

TEST_F(DiscoveryTest, SaysWhatLooksLikeARunAndIsNone) {
    file("old/run_status.json");
    file("old/summary.json.gz");
    file("multi/provider=a/run_config.json");
    file("multi/provider=b/summary.json.gz");
    const Units discovery = found({root_});
    EXPECT_THAT(names(discovery), ElementsAre("multi/provider=a of a"));
    ASSERT_EQ(discovery.passed_over.size(), 2U);
    EXPECT_EQ(discovery.passed_over[0].dir, at("multi/provider=b"));
    EXPECT_EQ(discovery.passed_over[1].dir, at("old"));
    EXPECT_THAT(discovery.passed_over[1].why, HasSubstr("no run_config.json"));
}

TEST_F(DiscoveryTest, ARootThatIsNoFolderIsRefused) {
    EXPECT_EQ(discover_units({{at("missing")}, {}, {}}).error().code(), core::Errc::not_found);
    file("a-file");
    EXPECT_EQ(discover_units({{at("a-file")}, {}, {}}).error().code(), core::Errc::not_found);
    fs::create_directories(at("empty"));
    EXPECT_THAT(found({at("empty")}).units, IsEmpty());
}

TEST_F(DiscoveryTest, ListsTheFilesOfARun) {
    for (const char* name : {"run_config.json", "summary.json.gz", "summary.json", "goal_cache.json", "report.md", "._summary.json", "all_ged_matrices.json",
                             "t2/wild_type_graph.json", "t1/wild_type_search_trace_graph.json.gz", "t1/wild_type_search_trace_graph.json", "t1/block_simp_mcts_trace.jsonl",
                             "t1/._wild_type_graph.json", "t1/deep/er/x_history.json", "t1/notes.txt", "t1/wild_type_graph.json.tmp", "t1/basin_analysis.json.gz",
                             "t1/ged_matrix.json", "t1/provider=x/y_graph.json", ".hidden/a_graph.json", "provider=x/t/a_graph.json"}) {
        file(std::string("run/") + name);
    }
    auto files = list_run_files(at("run"), false).take();
    std::vector<std::string> registered;
    for (const auto& one : files.registered) { registered.push_back(one.rel_path); }
    EXPECT_THAT(registered, ElementsAre("goal_cache.json", "run_config.json", "summary.json", "summary.json.gz"));
    std::vector<std::string> artifacts;
    for (const auto& one : files.artifacts) {
        artifacts.push_back(one.theorem + " " + one.file.rel_path + " " + one.variant.value_or("-") + " " + std::string(artifact_kind_name(one.kind)) +
                            (one.is_fallback ? " fallback" : ""));
    }
    EXPECT_THAT(artifacts, ElementsAre("t1 t1/basin_analysis.json.gz - basin_analysis", "t1 t1/block_simp_mcts_trace.jsonl block_simp mcts_trace",
                                       "t1 t1/deep/er/x_history.json x history", "t1 t1/ged_matrix.json - other_json",
                                       "t1 t1/wild_type_search_trace_graph.json wild_type search_trace_graph fallback",
                                       "t1 t1/wild_type_search_trace_graph.json.gz wild_type search_trace_graph", "t2 t2/wild_type_graph.json wild_type graph"));
    EXPECT_FALSE(files.postprocess);
    EXPECT_EQ(list_run_files(at("gone"), false).error().code(), core::Errc::not_found);
}

TEST_F(DiscoveryTest, AProvidersRunTakesTheReportOfTheFolderAbove) {
    file("multi/provider=a/run_config.json");
    file("multi/postprocess_metrics.json");
    EXPECT_FALSE(list_run_files(at("multi/provider=a"), false).take().postprocess);
    EXPECT_EQ(list_run_files(at("multi/provider=a"), true).take().postprocess->path, at("multi/postprocess_metrics.json"));
    file("multi/provider=a/postprocess_metrics.json");
    EXPECT_EQ(list_run_files(at("multi/provider=a"), true).take().postprocess->path, at("multi/provider=a/postprocess_metrics.json"));
}

TEST(ArtifactName, SuffixesAreTriedLongestFirst) {
    const auto told = [](std::string_view name) {
        const auto parsed = parse_artifact_name(name);
        return parsed ? std::string(artifact_kind_name(parsed->kind)) + ":" + parsed->variant.value_or("-") + (parsed->is_packed ? ":gz" : "") : "none";
    };
    EXPECT_EQ(told("wild_type_search_trace_graph.json"), "search_trace_graph:wild_type");
    EXPECT_EQ(told("wild_type_proof_graph.json.gz"), "proof_graph:wild_type:gz");
    EXPECT_EQ(told("block_left_graph.json"), "graph:block_left");
    EXPECT_EQ(told("_graph.json"), "graph:-");
    EXPECT_EQ(told("graph.json"), "other_json:-");
    EXPECT_EQ(told("x_mcts_trace.jsonl"), "mcts_trace:x");
    EXPECT_EQ(told("x_mcts_trace.json"), "other_json:-");
    EXPECT_EQ(told("x_basin_analysis.json"), "other_json:-");
    EXPECT_EQ(told("basin_analysis.json"), "basin_analysis:-");
    EXPECT_EQ(told("a_b_process_trace.json.gz"), "process_trace:a_b:gz");
    EXPECT_EQ(told("x_proof_term.json"), "proof_term:x");
    EXPECT_EQ(told("x_comparison.json"), "comparison:x");
    EXPECT_EQ(told("x_metrics.json.gz"), "metrics:x:gz");
    EXPECT_EQ(told("x_assembly.json"), "assembly:x");
    EXPECT_EQ(told("._x_graph.json"), "none");
    EXPECT_EQ(told("x_graph.json.tmp"), "none");
    EXPECT_EQ(told("x.csv"), "none");
    EXPECT_EQ(told(".gz"), "none");
    EXPECT_EQ(told(""), "none");
}

}  // namespace
}  // namespace runlake::lake
