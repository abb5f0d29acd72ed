// SPDX-License-Identifier: Apache-2.0
// The graph: who needs whom, in which order, and what is wrong with declared reads and writes.
#include "tests/support/temp_dir.hpp"
#include "tests/unit/pipeline/support.hpp"

#include <fstream>

namespace runlake::pipeline {
namespace {

std::vector<std::string> order_of(const Graph& graph) {
    std::vector<std::string> names;
    for (const Instance& instance : graph.instances) { names.push_back(instance.which.str()); }
    return names;
}

std::vector<std::string> needs_of(const Graph& graph, std::string_view stage, std::string_view instance = "-") {
    std::vector<std::string> names;
    for (const std::size_t need : graph.instances.at(graph.find(stage, instance).value()).needs) { names.push_back(graph.instances[need].which.str()); }
    return names;
}

constexpr const char* k_hindcast = R"(
  report:
    command: [r]
    reads: ["preds/{experiment_key}/*/x.csv", "workspace:notes.md"]
    writes: [reports/]
  fit:
    command: [f, "--fold={fold}", "{params.alpha}", "{run_dir}", "{{literal}}"]
    reads: [features/train.csv]
    writes: ["models/{experiment_key}/{fold}/"]
    params: {alpha: "{x}"}
    matrix: {fold: [2019, production]}
  predict:
    command: [p]
    reads: ["models/{experiment_key}/{fold}/model.json", features/train.csv]
    writes: ["preds/{experiment_key}/{fold}/x.csv"]
    matrix: {fold: [2019, production]}
  features:
    command: [x]
    reads: ["workspace:data/in.csv"]
    writes: [features/train.csv]
)";

TEST(Graph, ConnectsInstancesByTheirPaths) {
    const auto graph = graph_of(with_stages(k_hindcast));
    ASSERT_TRUE(graph.ok()) << graph.error().message();
    EXPECT_EQ(order_of(graph.value()), (std::vector<std::string>{"features", "fit[fold=2019]", "fit[fold=production]", "predict[fold=2019]", "predict[fold=production]", "report"}));
    EXPECT_EQ(needs_of(graph.value(), "predict", "fold=2019"), (std::vector<std::string>{"features", "fit[fold=2019]"}));
    EXPECT_EQ(needs_of(graph.value(), "report"), (std::vector<std::string>{"predict[fold=2019]", "predict[fold=production]"}));
    const Instance& features = graph.value().instances[0];
    EXPECT_EQ(features.needed_by, (std::vector<std::size_t>{1, 2, 3, 4}));
    EXPECT_TRUE(features.reads[0].writers.empty());
    EXPECT_EQ(features.reads[0].logical(), "workspace:data/in.csv");
    const Instance& fit = graph.value().instances[1];
    EXPECT_EQ(fit.writes[0].path, "models/demo/2019/");
    EXPECT_EQ(fit.command, (std::vector<std::string>{"f", "--fold=2019", "{{x}}", "{run_dir}", "{{literal}}"}));
    EXPECT_EQ(fill_places(fit.command[2], {{"run_dir", "/r"}}), "{x}");
    EXPECT_EQ(fill_places(fit.command[3], {{"run_dir", "/r"}}), "/r");
    EXPECT_EQ(fill_places(fit.command[4], {{"literal", "no"}}), "{literal}");
    EXPECT_FALSE(graph.value().find("fit", "fold=2020").has_value());
}

TEST(Graph, KeepsTheFilesOrderWhereNothingIsNeeded) {
    const auto graph = graph_of(with_stages("  z: {command: [x]}\n  m: {command: [x]}\n  a: {command: [x]}\n"));
    ASSERT_TRUE(graph.ok());
    EXPECT_EQ(order_of(graph.value()), (std::vector<std::string>{"z", "m", "a"}));
}

TEST(Graph, ProjectFilesConnectStagesToo) {
    const auto graph = graph_of(with_stages(R"(
  a: {command: [x], reads: ["workspace:raw.csv"], writes: ["workspace:data/clean.csv"]}
  b: {command: [x], reads: ["workspace:data/"], writes: ["workspace:out/"]}
  c: {command: [x], reads: ["workspace:out/deep/x.csv"]}
)"));
    ASSERT_TRUE(graph.ok()) << graph.error().message();
    EXPECT_EQ(needs_of(graph.value(), "b"), std::vector<std::string>{"a"});
    EXPECT_EQ(needs_of(graph.value(), "c"), std::vector<std::string>{"b"});
}

TEST(Graph, AGlobLeavesItsOwnWritesOut) {
    const auto graph = graph_of(with_stages("  a: {command: [x], writes: [parts/a.csv]}\n  m: {command: [x], reads: ['parts/*.csv'], writes: [parts/all.csv]}\n"));
    ASSERT_TRUE(graph.ok()) << graph.error().message();
    EXPECT_EQ(needs_of(graph.value(), "m"), std::vector<std::string>{"a"});
}

TEST(Graph, TellsOverlappingWrites) {
    EXPECT_EQ(graph_mistakes(with_stages("  a: {command: [x], writes: [m/x]}\n  b: {command: [x], writes: [m/]}\n")),
              "p.yaml:4:30: b and a write one into the other: \"m/\" and \"m/x\" (declared at line 3 too)");
    EXPECT_EQ(graph_mistakes(with_stages("  a: {command: [x], writes: [m/]}\n  b: {command: [x], writes: [m/y/z]}\n")),
              "p.yaml:4:30: b and a write one into the other: \"m/y/z\" and \"m/\" (declared at line 3 too)");
    EXPECT_EQ(graph_mistakes(with_stages("  a: {command: [x], writes: [m, m]}\n")), "p.yaml:3:33: the stage \"a\" writes \"m\" twice");
    EXPECT_EQ(graph_mistakes(with_stages("  a: {command: [x], writes: [m, 'workspace:m']}\n")), "");
    EXPECT_EQ(graph_mistakes(with_stages("  a: {command: [x], writes: [m/ab]}\n  b: {command: [x], writes: [m/a/]}\n")), "");
}

TEST(Graph, TellsWhichDimensionAPathLeavesOut) {
    EXPECT_EQ(graph_mistakes(with_stages("  a:\n    command: [x]\n    writes: ['f/{init}/x']\n    matrix: {init: [1, 2], year: [2023, 2024]}\n")),
              "p.yaml:5:14: a[init=1,year=2024] and a[init=1,year=2023] both write \"f/1/x\"; put {year} into the path");
}

TEST(Graph, TellsReadsThatNothingWrites) {
    EXPECT_EQ(graph_mistakes(with_stages("  a: {command: [x], writes: [features/train.csv]}\n  b: {command: [x], reads: [features/trian.csv]}\n")),
              "p.yaml:4:29: no stage writes \"features/trian.csv\" (nearest: \"features/train.csv\")");
    EXPECT_EQ(graph_mistakes(with_stages("  a: {command: [x], writes: [p/1.csv]}\n  b: {command: [x], reads: ['p/*.json']}\n")), "p.yaml:4:29: no stage writes \"p/*.json\"");
    EXPECT_EQ(graph_mistakes(with_stages("  a: {command: [x], reads: [m/x], writes: [m/]}\n")), "p.yaml:3:29: the stage \"a\" reads what it writes itself: \"m/x\"");
    const testing::TempDir dir;
    std::ofstream(dir / "data.csv") << "1";
    const auto ready = resolved(with_stages("  a: {command: [x], reads: [data.csv]}\n"), {}, dir.path());
    ASSERT_TRUE(ready.ok());
    const auto graph = build_graph(ready.value());
    ASSERT_FALSE(graph.ok());
    EXPECT_EQ(graph.error().message(), "p.yaml:3:29: no stage writes \"data.csv\"; for the file of the project write \"workspace:data.csv\"");
}

TEST(Graph, TellsACycleInItsOrder) {
    EXPECT_EQ(graph_mistakes(with_stages("  z: {command: [x]}\n  a: {command: [x], reads: [c], writes: [a]}\n  b: {command: [x], reads: [a], writes: [b]}\n  c: {command: [x], reads: [b], writes: [c]}\n")),
              "p.yaml:4:29: stages need each other in a circle: a needs c needs b needs a");
}

TEST(Graph, RefusesWhatTheRunDirectoryKeepsForItself) {
    EXPECT_NE(graph_mistakes(with_stages("  a: {command: [x], writes: [run.json]}\n")).find("p.yaml:3:30: "), std::string::npos);
    EXPECT_NE(graph_mistakes(with_stages("  a: {command: [x], writes: ['.stages/x']}\n")).find("p.yaml:3:30: "), std::string::npos);
    EXPECT_NE(graph_mistakes(with_stages("  a: {command: [x], writes: ['workspace:runs/x']}\n")).find("where run directories are made"), std::string::npos);
}

TEST(Graph, ChecksPathsAgainWithTheirParams) {
    EXPECT_EQ(graph_mistakes(with_stages("  a: {command: [x], writes: ['{params.p}/x'], params: {p: ../up}}\n")), "p.yaml:3:30: the path has the part \"..\": \"../up/x\"");
}

TEST(Graph, DrawsStagesOnce) {
    const auto ready = resolved(with_stages(k_hindcast));
    ASSERT_TRUE(ready.ok());
    const auto graph = build_graph(ready.value());
    ASSERT_TRUE(graph.ok());
    EXPECT_EQ(to_mermaid(ready.value(), graph.value()),
              "flowchart TD\n    s0[\"report\"]\n    s1[\"fit<br/>fold: 2 instances\"]\n    s2[\"predict<br/>fold: 2 instances\"]\n    s3[\"features\"]\n"
              "    s1 --> s2\n    s2 --> s0\n    s3 --> s1\n    s3 --> s2\n");
    EXPECT_EQ(to_dot(ready.value(), graph.value()),
              "digraph \"demo\" {\n    node [shape=box];\n    \"report\";\n    \"fit\" [label=\"fit\\nfold: 2 instances\"];\n    \"predict\" [label=\"predict\\nfold: 2 instances\"];\n"
              "    \"features\";\n    \"fit\" -> \"predict\";\n    \"predict\" -> \"report\";\n    \"features\" -> \"fit\";\n    \"features\" -> \"predict\";\n}\n");
    EXPECT_EQ(layout_table(ready.value(), graph.value()),
              "| path | written by | read by |\n|---|---|---|\n| `workspace:data/in.csv` | (from outside) | features |\n| `workspace:notes.md` | (from outside) | report |\n"
              "| `reports/` | report |  |\n| `models/{experiment_key}/{fold}/` | fit | predict |\n| `preds/{experiment_key}/{fold}/x.csv` | predict | report |\n"
              "| `features/train.csv` | features | fit, predict |\n");
}

TEST(Graph, PreflightNamesEveryMissingInputOnce) {
    const testing::TempDir dir;
    std::ofstream(dir / "there.csv") << "1";
    const auto ready = resolved(with_stages(R"(
  a: {command: [x], reads: ["workspace:there.csv", "workspace:gone.csv", "workspace:*.json", "workspace:there.csv/"], writes: ["workspace:made.csv"]}
  b: {command: [x], reads: ["workspace:made.csv", "workspace:maybe.csv"], optional: true, matrix: {i: [1, 2]}}
  c: {command: [x], code: [gone.py, "*.csv"]}
)"),
                                {}, dir.path());
    ASSERT_TRUE(ready.ok()) << ready.error().message();
    const auto graph = build_graph(ready.value());
    ASSERT_TRUE(graph.ok()) << graph.error().message();
    std::vector<std::string> messages;
    for (const Problem& problem : preflight(ready.value(), graph.value())) { messages.push_back((problem.fatal ? "" : "optional ") + problem.message); }
    EXPECT_EQ(messages, (std::vector<std::string>{
                            "a: workspace:gone.csv: there is no " + dir.path() + "/gone.csv", "a: workspace:*.json: nothing matches it in " + dir.path(),
                            "a: workspace:there.csv/: " + dir.path() + "/there.csv is no folder", "optional b[i=1]: workspace:maybe.csv: there is no " + dir.path() + "/maybe.csv",
                            "optional b[i=2]: workspace:maybe.csv: there is no " + dir.path() + "/maybe.csv", "c: code gone.py: there is no " + dir.path() + "/gone.py"}));
}

}  // namespace
}  // namespace runlake::pipeline
