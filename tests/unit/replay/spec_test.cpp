// SPDX-License-Identifier: Apache-2.0
// Replay specs: what they give, and what is wrong in them with its place. Metrics as programs print them.
#include "replay/spec.hpp"

#include <gtest/gtest.h>

#include "replay/metric.hpp"
#include "replay/outcome.hpp"

namespace runlake::replay {
namespace {

constexpr std::string_view k_small = R"(version: 1
eps_num: 0.005
order: parallel
name: "{crypto}/fold{fold}"
command: [python3, train.py, --fold, "{fold}", '{"a": 1}', "{{fold}}"]
metric: {json: "out/{crypto}.json", path: /scores/f1}
inputs: ["data/{crypto}.csv"]
pins:
  presets: [python, lightgbm]
  environment: {OMP_NUM_THREADS: 1}
  parameters: {num_threads: 1, deterministic: true}
  aslr: off
  umask: "022"
limits: {time: 10m, memory: 2GiB}
parity: {strict: [gpu], informational: [packages]}
canonical:
  postgresql: service=prod
  query: SELECT f1 AS value FROM results WHERE crypto = $1 AND fold = $2
  arguments: ["{crypto}", "{fold}"]
  columns: {value: f1_buy, feature_version: features}
envelope: {runs: 20, method: k_single}
cells:
  - dimensions: {crypto: [btc, eth], fold: [1, 3]}
  - name: alone
    dimensions: {crypto: doge, fold: 9}
    replicas: 5
    inputs: []
    canonical: {value: 0.25}
)";

std::string error_of(std::string_view text) {
    const auto spec = parse_spec(text, "r.yaml");
    return spec.ok() ? "" : spec.error().message();
}

TEST(Spec, CellsAreWhole) {
    auto parsed = parse_spec(k_small, "r.yaml");
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    const ReplaySpec& spec = parsed.value();
    EXPECT_EQ(spec.eps_num, 0.005);
    EXPECT_TRUE(spec.parallel);
    ASSERT_EQ(spec.cells.size(), 5U);
    const Cell& cell = spec.cells[1];
    EXPECT_EQ(cell.name, "btc/fold3");
    EXPECT_EQ(cell.command, (std::vector<std::string>{"python3", "train.py", "--fold", "3", "{\"a\": 1}", "{fold}"}));
    EXPECT_EQ(cell.metric.kind, MetricKind::json);
    EXPECT_EQ(cell.metric.file, "out/btc.json");
    EXPECT_EQ(cell.metric.name, "f1");
    EXPECT_EQ(cell.inputs, std::vector<std::string>{"data/btc.csv"});
    EXPECT_EQ(cell.pins.environment.at("OMP_NUM_THREADS"), "1");
    EXPECT_EQ(cell.pins.aslr, false);
    EXPECT_EQ(cell.pins.umask, 022);
    EXPECT_EQ(cell.limits.seconds, 600.0);
    EXPECT_EQ(cell.limits.memory_bytes, 2ULL << 30U);
    EXPECT_EQ(cell.canonical.kind, CanonicalKind::postgresql);
    EXPECT_EQ(cell.canonical.arguments, (std::vector<std::string>{"btc", "3"}));
    EXPECT_EQ(cell.canonical.query, "SELECT f1 AS value FROM results WHERE crypto = $1 AND fold = $2");
    EXPECT_EQ(cell.envelope.runs, 20);
    EXPECT_EQ(cell.envelope.method, Method::k_single);
    EXPECT_EQ(cell.replicas, 2);
    const Cell& alone = spec.cells.back();
    EXPECT_EQ(alone.name, "alone");
    EXPECT_EQ(alone.replicas, 5);
    ASSERT_TRUE(alone.inputs);
    EXPECT_TRUE(alone.inputs->empty());
    EXPECT_EQ(alone.canonical.kind, CanonicalKind::value);
    EXPECT_NE(spec.policy.id, default_policy().id);
}

TEST(Spec, InputsThatAreNotSaidAreNotNone) {
    auto spec = parse_spec("cells:\n- {name: a, command: x}\n", "r.yaml");
    ASSERT_TRUE(spec.ok());
    EXPECT_EQ(spec.value().cells.front().inputs, std::nullopt);
    EXPECT_EQ(spec.value().cells.front().command, (std::vector<std::string>{"/bin/sh", "-c", "x"}));
}

TEST(Spec, EveryMistakeIsToldWithItsPlaceAndTheNearestKey) {
    EXPECT_EQ(error_of("cells:\n- name: a\n  comand: x\n"), "r.yaml:2:3: \"command\" is missing: the program to run again\nr.yaml:3:3: unknown key \"comand\" (nearest: \"command\")");
    EXPECT_EQ(error_of("cells:\n- {name: a, command: x, pins: {presets: [pyton]}}\n"), "r.yaml:2:42: unknown preset \"pyton\" (nearest: \"python\")");
    EXPECT_EQ(error_of("cells:\n- {name: a, command: x, envelope: {method: wilk}}\n"), "r.yaml:2:36: unknown method \"wilk\" (nearest: \"wilks\")");
    EXPECT_EQ(error_of("cells:\n- {name: a, command: x}\n- {name: a, command: y}\n"), "r.yaml:3:3: there are two cells \"a\"");
    EXPECT_EQ(error_of("cells:\n- dimensions: {fold: 1}\n  command: \"echo {fald}\"\n"), "r.yaml:3:3: \"{fald}\" is no dimension of the cell (nearest: \"fold\"); write {{ and }} for braces");
    EXPECT_EQ(error_of("cells: []\n"), "r.yaml:1:1: \"cells\" is a list of at least one cell");
    EXPECT_EQ(error_of(""), "r.yaml:1:1: the file is empty: a replay spec has \"cells\"");
    EXPECT_EQ(error_of("eps_num: -1\ncells: [{name: a, command: x}]\n"), "r.yaml:1:1: \"eps_num\" is not negative");
    EXPECT_EQ(error_of("eps_num: .nan\ncells: [{name: a, command: x}]\n"), "r.yaml:1:1: \"eps_num\" is no finite number");
    EXPECT_NE(error_of("cells: [\n").find("r.yaml:"), std::string::npos);
}

TEST(Spec, TheFreshFolderIsTheChildsOwn) {
    auto spec = parse_spec("cells:\n- {name: a, command: x, pins: {environment: {HOME: \"{fresh}\"}}}\n", "r.yaml");
    ASSERT_TRUE(spec.ok()) << spec.error().message();
    EXPECT_EQ(spec.value().cells.front().pins.environment.at("HOME"), "{fresh}");
}

TEST(Spec, WhatCanNotBeIsRefused) {
    for (const std::string_view bad : {"replicas: 1", "replicas: 2.5", "envelope: {runs: 9}", "limits: {time: 0}", "limits: {memory: -1}", "pins: {umask: 22}", "pins: {umask: \"99\"}",
                                       "pins: {environment: {\"A=B\": 1}}", "pins: {environment: {RUNLAKE_REPLAY_REPORT: x}}", "metric: {json: a, file: b}", "metric: {json: a, path: f1}",
                                       "metric: {stdout: false}", "canonical: {run: a, value: 1}", "canonical: {postgresql: x}", "canonical: {postgresql: \"host=h password=p\", query: q}",
                                       "canonical: {value: 1, decimals: -1}", "canonical: {value: 1, columns: {\"A b\": x}}", "dimensions: {fold: []}", "inputs: [\"\"]", "provenance: {UPPER: x}",
                                       "dimensions: [1]", "pins: [1]", "pins: {cpus: [-1]}", "command: []"}) {
        std::string text = "cells:\n- name: a\n  ";
        text += bad;
        if (!bad.starts_with("command")) { text += "\n  command: x"; }
        EXPECT_NE(error_of(text + "\n"), "") << bad;
    }
}

TEST(Spec, ANewerVersionIsUnsupported) {
    const auto spec = parse_spec("version: 2\ncells: []\n", "r.yaml");
    ASSERT_FALSE(spec.ok());
    EXPECT_EQ(spec.error().code(), core::Errc::unsupported);
}

TEST(Spec, TooManyCellsAreRefusedNotMade) {
    std::string text = "cells:\n- command: x\n  dimensions: {";
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
        text += std::string(name) + ": [1,2,3,4,5,6,7,8,9,10], ";
    }
    EXPECT_NE(error_of(text + "}\n").find("more than 100000 cells"), std::string::npos);
}

TEST(ConfigDigest, FollowsWhatIsDone) {
    Cell cell;
    cell.command = {"a", "b"};
    const std::string base = config_digest(cell, true);
    Cell other = cell;
    other.command = {"ab"};
    EXPECT_NE(config_digest(other, true), base);
    other = cell;
    other.pins.environment["X"] = "1";
    EXPECT_EQ(config_digest(other, true), base);
    EXPECT_NE(config_digest(other, false), config_digest(cell, false));
    other = cell;
    other.envelope.environment["X"] = "1";
    EXPECT_NE(config_digest(other, true), base);
    other = cell;
    other.envelope.parameters = core::Json::object().set("n", 1);
    EXPECT_NE(config_digest(other, true), base);
}

TEST(InputsDigest, NothingIsNoneAndAMissingFileIsUnknown) {
    EXPECT_EQ(inputs_digest({}), "none");
    EXPECT_EQ(inputs_digest({{"a", std::nullopt, std::nullopt}}), std::nullopt);
    EXPECT_NE(inputs_digest({{"a", "file/1:1", std::nullopt}}), inputs_digest({{"a", "file/1:2", std::nullopt}}));
    EXPECT_NE(inputs_digest({{"a", "file/1:1", std::nullopt}}), inputs_digest({{"b", "file/1:1", std::nullopt}}));
}

MetricReading stdout_metric(std::string_view text, std::string prefix = "", std::string pointer = "") {
    MetricSource source;
    source.kind = MetricKind::stdout_text;
    source.prefix = std::move(prefix);
    source.pointer = std::move(pointer);
    return read_metric(source, text);
}

double value_of(const MetricReading& reading) {
    const auto* value = std::get_if<MetricValue>(&reading);
    return value == nullptr ? -12345 : value->value;
}

ErrorKind kind_of(const MetricReading& reading) {
    const auto* error = std::get_if<ReplayError>(&reading);
    return error == nullptr ? ErrorKind::internal : error->kind;
}

TEST(Metric, NumbersAsTheyArePrinted) {
    EXPECT_EQ(value_of(read_number(" 0.35\n")), 0.35);
    EXPECT_EQ(value_of(read_number("-1e-3")), -0.001);
    EXPECT_EQ(value_of(read_number("+7")), 7);
    EXPECT_EQ(value_of(read_number("0x1.6666666666666p-2")), 0x1.6666666666666p-2);
    EXPECT_EQ(value_of(read_number("-0x1p-1074")), -0x1p-1074);
}

TEST(Metric, EveryOtherTextHasItsKindOfError) {
    for (const std::string_view text : {"nan", "inf", "-inf", "1e999", "NaN", "infinity", "-nan"}) { EXPECT_EQ(kind_of(read_number(text)), ErrorKind::not_finite) << text; }
    for (const std::string_view text : {"abc", "0.35x", "0,35", "--1", "+-1", "0x", "0xg", "1 2", "0.35 f1"}) { EXPECT_EQ(kind_of(read_number(text)), ErrorKind::garbage) << text; }
    EXPECT_EQ(kind_of(read_number("")), ErrorKind::missing_metric);
    EXPECT_EQ(kind_of(read_number(" \n ")), ErrorKind::missing_metric);
    EXPECT_EQ(kind_of(read_number("1\n2\n")), ErrorKind::two_results);
}

TEST(Metric, LinesOfStdout) {
    EXPECT_EQ(value_of(stdout_metric("epoch 1\nf1=0.35\ndone\n", "f1=")), 0.35);
    EXPECT_EQ(kind_of(stdout_metric("f1=0.35\nf1=0.35\n", "f1=")), ErrorKind::two_results);
    EXPECT_EQ(kind_of(stdout_metric("done\n", "f1=")), ErrorKind::missing_metric);
    EXPECT_EQ(kind_of(stdout_metric("f1=nan\n", "f1=")), ErrorKind::not_finite);
}

TEST(Metric, JsonByPointer) {
    EXPECT_EQ(value_of(stdout_metric(R"({"a": [{"b/c": 0.5}]})", "", "/a/0/b~1c")), 0.5);
    EXPECT_EQ(kind_of(stdout_metric(R"({"a": NaN})", "", "/a")), ErrorKind::not_finite);
    EXPECT_EQ(kind_of(stdout_metric(R"({"a": "nan"})", "", "/a")), ErrorKind::not_finite);
    EXPECT_EQ(kind_of(stdout_metric(R"({"a": 1})", "", "/b")), ErrorKind::missing_metric);
    EXPECT_EQ(kind_of(stdout_metric(R"({"a": null})", "", "/a")), ErrorKind::missing_metric);
    EXPECT_EQ(kind_of(stdout_metric(R"({"a": [1]})", "", "/a")), ErrorKind::garbage);
    EXPECT_EQ(kind_of(stdout_metric("{", "", "/a")), ErrorKind::garbage);
    EXPECT_EQ(kind_of(stdout_metric(R"({"a": [1]})", "", "/a/01")), ErrorKind::missing_metric);
}

}  // namespace
}  // namespace runlake::replay
