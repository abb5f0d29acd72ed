// SPDX-License-Identifier: Apache-2.0
// Ids, beside the same recipes written down in Python with nothing but hashlib and json.
#include <gtest/gtest.h>

#include <vector>

#include "core/digest.hpp"
#include "lake/identity.hpp"
#include "tests/support/python.hpp"

namespace runlake::lake {
namespace {

using core::Json;

// Reads ["id", digits, part...], ["config", object] and ["uid", [rel_path, sha256]...] and answers with what the recipes give.
constexpr const char* k_program = R"(
import hashlib, json, struct, sys
METHOD = ("format_version backend mode corpus corpus_spec corpus_artifact goal_sig_scheme trace_mcts analysis workers allow_easy sampling basin_seeds "
          "mcts_mode distributed_mcts mode_defaults guidance mcts interventions problem_space").split()

def sha(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()

def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))

def field(tag, name, value=None):
    data = tag + struct.pack("<Q", len(name.encode())) + name.encode()
    return data if value is None else data + struct.pack("<Q", len(value.encode())) + value.encode()

def answer(line):
    kind, *rest = json.loads(line)
    if kind == "id":
        digits, *parts = rest
        return hashlib.sha256(b"".join(p.encode("utf-8") + b"\0" for p in parts)).hexdigest()[:digits]
    if kind == "config":
        config = rest[0]
        method = {k: config[k] for k in METHOD if k in config}
        if isinstance(config.get("providers_meta"), dict):
            method["providers_meta"] = {k: config["providers_meta"][k] for k in ("names", "primary", "label", "config") if k in config["providers_meta"]}
        return sha(canonical(method)) + " " + sha(canonical({"method": method, "theorem_selection": config.get("theorem_selection")}))
    data = field(b"R", "lake_run_uid/1")
    for name, digest in sorted((f for f in rest[0] if f[0] != "postprocess_metrics.json"), key=lambda f: f[0].encode()):
        data += field(b"S", name, digest)
    return hashlib.sha256(data).hexdigest()

with open(sys.argv[1], encoding="utf-8") as source, open(sys.argv[2], "w", encoding="utf-8") as out:
    for line in source:
        out.write(answer(line) + "\n")
)";

// What Python says to each line; skips the test where there is no Python.
std::vector<std::string> python_says(const std::vector<std::string>& lines) {
    auto answers = testing::run_python(testing::find_python(), k_program, lines);
    EXPECT_TRUE(answers) << "Python failed";
    if (!answers) { return std::vector<std::string>(lines.size()); }
    EXPECT_EQ(answers->size(), lines.size());
    answers->resize(lines.size());
    return *answers;
}

bool no_python() { return testing::find_python().empty(); }

Json parsed(const std::string& text) {
    auto value = core::parse_json(text, "a test");
    EXPECT_TRUE(value.ok()) << text;
    return value.ok() ? std::move(value).take() : Json();
}

TEST(Identity, StableIdsAreThoseOfTheRecipe) {
    // sha256(b"/logs\0"), sha256(b"a\0b\0"): known without any program of ours.
    EXPECT_EQ(stable_id({"/logs"}), core::sha256(std::string_view("/logs\0", 6)).hex().substr(0, 16));
    EXPECT_NE(stable_id({"a", "b"}), stable_id({"ab", ""}));
    if (no_python()) { GTEST_SKIP() << "no python3"; }
    const auto said = python_says({R"(["id", 16, "/srv/logs"])", R"(["id", 16, "/srv/logs/übung 1"])", R"(["id", 12, "a job", "{}"])", R"(["id", 16])"});
    EXPECT_EQ(root_id("/srv/logs"), said[0]);
    EXPECT_EQ(run_key("/srv/logs/\u00fcbung 1"), said[1]);
    EXPECT_EQ(stable_id({"a job", "{}"}, 12), said[2]);
    EXPECT_EQ(stable_id({}), said[3]);
    const auto seed = python_says({"[\"id\", 16, \"" + said[0] + "\", \"campaign/run-1\"]"});
    EXPECT_EQ(run_key_seed(root_id("/srv/logs"), "campaign/run-1"), seed[0]);
}

TEST(Identity, ConfigurationHashesAreThoseOfTheRecipe) {
    if (no_python()) { GTEST_SKIP() << "no python3"; }
    const std::vector<std::string> configs = {
        "{}",
        R"({"run_id": "a", "created_at": "2026", "log_dir": "/x", "runtime": {"pid": 7}})",
        R"({"backend": "lean", "mode": "research", "workers": 4, "mcts": {"c": 1.5, "b": [1, 2.0, 1e-05, 1e16, null, true], "a": "x: y, z \"q\" \\ \u00e9 \ud83d\ude00"}})",
        R"({"providers_meta": {"names": ["a", "b"], "primary": "a", "label": "L", "config": {"k": 1}, "descriptions": "not this"}, "timeout_sec": 3})",
        R"({"providers_meta": null, "theorem_selection": {"selected_count": 2, "selected_theorems": ["t 1", "t, 2"]}})",
        R"({"problem_space": {"z": {}, "a": []}, "budget_tiers": [1], "basin_seeds": 12345678901234567890123})",
    };
    std::vector<std::string> lines;
    for (const auto& config : configs) { lines.push_back("[\"config\", " + config + "]"); }
    const auto said = python_says(lines);
    for (std::size_t i = 0; i < configs.size(); ++i) {
        auto hashes = config_hashes(parsed(configs[i]));
        ASSERT_TRUE(hashes.ok());
        EXPECT_EQ(hashes.value().whitelist + " " + hashes.value().full, said[i]) << configs[i];
    }
}

TEST(Identity, WhatDoesNotDecideHowARunBehavesChangesNoHash) {
    const auto first = config_hashes(parsed(R"({"backend": "lean", "run_id": "a", "log_dir": "/x", "created_at": "1", "budget_tiers": [1]})")).take();
    const auto second = config_hashes(parsed(R"({"log_dir": "/y", "run_id": "b", "runtime": {}, "backend": "lean"})")).take();
    EXPECT_EQ(first.whitelist, second.whitelist);
    EXPECT_EQ(first.full, second.full);
    const auto selected = config_hashes(parsed(R"({"backend": "lean", "theorem_selection": {"selected_count": 1}})")).take();
    EXPECT_EQ(first.whitelist, selected.whitelist);
    EXPECT_NE(first.full, selected.full);
    EXPECT_EQ(config_hashes(Json::array()).error().code(), core::Errc::corrupt);
}

TEST(Identity, RunUidIsOfTheContentInAnyOrder) {
    const std::vector<FileContent> files = {{"run_config.json", std::string(64, 'a')}, {"t/x.json", std::string(64, 'b')}, {"t.json", std::string(64, 'c')}};
    const std::vector<FileContent> turned = {files[2], files[0], {"postprocess_metrics.json", std::string(64, 'd')}, files[1]};
    EXPECT_EQ(run_uid(files), run_uid(turned));
    std::vector<FileContent> changed = files;
    changed[1].sha256[0] = 'c';
    EXPECT_NE(run_uid(files), run_uid(changed));
    changed = files;
    changed[1].rel_path = "t/y.json";
    EXPECT_NE(run_uid(files), run_uid(changed));
    if (no_python()) { GTEST_SKIP() << "no python3"; }
    std::string line = "[\"uid\", [";
    for (std::size_t i = 0; i < turned.size(); ++i) { line += (i > 0 ? ", [\"" : "[\"") + turned[i].rel_path + "\", \"" + turned[i].sha256 + "\"]"; }
    EXPECT_EQ(run_uid(files), python_says({line + "]]"})[0]);
}

}  // namespace
}  // namespace runlake::lake
