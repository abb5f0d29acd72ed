// SPDX-License-Identifier: Apache-2.0
// What a file leaves open: precedence, roots, params, and the text that a run directory keeps.
#include "tests/unit/pipeline/support.hpp"

#include <stdlib.h>

namespace runlake::pipeline {
namespace {

// Sets a variable for one test.
class Variable {
  public:
    Variable(std::string name, const char* value) : name_(std::move(name)) {
        if (const char* old = ::getenv(name_.c_str())) { old_ = old; }
        set(value);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { set(old_ ? old_->c_str() : nullptr); }

  private:
    void set(const char* value) const { value == nullptr ? ::unsetenv(name_.c_str()) : ::setenv(name_.c_str(), value, 1); }
    std::string name_;
    std::optional<std::string> old_;
};

std::string origin_of(const Resolved& resolved, std::string_view key) {
    for (const auto& [name, origin] : resolved.origins) {
        if (name == key) { return origin; }
    }
    return "";
}

const std::string k_stage = "stages: {a: {command: [x, '{params.alpha}'], params: {alpha: 1, beta: x}}, b: {command: [x], params: {alpha: 2}}}\n";

TEST(Resolve, BaseIsFlagThenEnvironmentThenFileThenDefault) {
    const std::string text = "experiment_key: demo\nrun_dir_base: mine\n" + k_stage;
    {
        const Variable none("RUNLAKE_RUNS_DIR", nullptr);
        const auto by_file = resolved(text);
        ASSERT_TRUE(by_file.ok());
        EXPECT_EQ(by_file.value().run_dir_base, "/nowhere/project/mine");
        EXPECT_EQ(origin_of(by_file.value(), "run_dir_base"), "file");
        const auto by_default = resolved("experiment_key: demo\n" + k_stage);
        ASSERT_TRUE(by_default.ok());
        EXPECT_EQ(by_default.value().run_dir_base, "/nowhere/project/runs");
    }
    const Variable set("RUNLAKE_RUNS_DIR", "/from/env/");
    const auto by_environment = resolved(text);
    ASSERT_TRUE(by_environment.ok());
    EXPECT_EQ(by_environment.value().run_dir_base, "/from/env");
    EXPECT_EQ(origin_of(by_environment.value(), "run_dir_base"), "environment RUNLAKE_RUNS_DIR");
    const auto by_flag = resolved(text, {.runs_dir = "/from/flag", .params = {}});
    ASSERT_TRUE(by_flag.ok());
    EXPECT_EQ(by_flag.value().run_dir_base, "/from/flag");
    const auto remote = resolved(text, {.runs_dir = "s3://bucket//deep/", .params = {}});
    ASSERT_TRUE(remote.ok());
    EXPECT_EQ(remote.value().run_dir_base, "s3://bucket//deep/");
}

TEST(Resolve, AMissingRootNamesItsVariable) {
    const std::string text = "experiment_key: demo\nroots: [RUNLAKE_TEST_ROOT]\nrun_dir_base: '{RUNLAKE_TEST_ROOT}/runs'\n" + k_stage;
    {
        const Variable none("RUNLAKE_TEST_ROOT", nullptr);
        const auto missing = resolved(text);
        ASSERT_FALSE(missing.ok());
        EXPECT_EQ(missing.error().code(), core::Errc::usage);
        EXPECT_NE(missing.error().message().find("the environment variable RUNLAKE_TEST_ROOT is not set"), std::string::npos) << missing.error().message();
    }
    {
        const Variable empty("RUNLAKE_TEST_ROOT", "");
        const auto missing = resolved(text);
        ASSERT_FALSE(missing.ok());
        EXPECT_NE(missing.error().message().find("RUNLAKE_TEST_ROOT is empty"), std::string::npos);
    }
    const Variable set("RUNLAKE_TEST_ROOT", "/data/in/../all");
    const Variable base("RUNLAKE_RUNS_DIR", nullptr);
    const auto found = resolved(text);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found.value().roots, (std::vector<std::pair<std::string, std::string>>{{"RUNLAKE_TEST_ROOT", "/data/all"}}));
    EXPECT_EQ(found.value().run_dir_base, "/data/all/runs");
    EXPECT_EQ(found.value().config_text().find("/data"), std::string::npos);
}

TEST(Resolve, ParamsOfFlagsWin) {
    const std::string text = "experiment_key: demo\n" + k_stage;
    const auto all = resolved(text, {.runs_dir = {}, .params = {{"alpha", 5}, {"b.alpha", 6}}});
    ASSERT_TRUE(all.ok()) << all.error().message();
    EXPECT_EQ(to_json(all.value().file.stages[0].params), R"({"alpha":5,"beta":"x"})");
    EXPECT_EQ(to_json(all.value().file.stages[1].params), R"({"alpha":6})");
    EXPECT_EQ(origin_of(all.value(), "params.a.alpha"), "flag");
    EXPECT_EQ(origin_of(all.value(), "params.a.beta"), "file");
    const auto unknown = resolved(text, {.runs_dir = {}, .params = {{"alhpa", 5}}});
    ASSERT_FALSE(unknown.ok());
    EXPECT_NE(unknown.error().message().find("(nearest: \"alpha\")"), std::string::npos) << unknown.error().message();
    EXPECT_FALSE(resolved(text, {.runs_dir = {}, .params = {{"c.alpha", 5}}}).ok());
    const auto unfit = resolved(text, {.runs_dir = {}, .params = {{"a.alpha", core::Json::array()}}});
    ASSERT_FALSE(unfit.ok());
    EXPECT_NE(unfit.error().message().find("p.yaml:2:27: the param \"alpha\" is a list"), std::string::npos) << unfit.error().message();
}

TEST(Resolve, TheKeptTextSaysTheSameAgain) {
    const std::string text = R"(experiment_key: demo
params: {alpha: 1.0, odd: "yes\x7F\u2028\u0085", deep: {a: [1, null, .inf, 1e300, 12345678901234567890], "b c": "#"}}
stages:
  fit:
    command: echo "{fold}" > "{out}/x"; true
    reads: ["workspace:a b.csv"]
    writes: ["m/{fold}/", "{stage}: x"]
    code: []
    env: {A: "", B: null, C: "null"}
    matrix: {fold: [1, "0x1"], z: ["on"]}
    optional: true
    timeout: 2d
    retries: 1
    sandbox: "off"
    undeclared: told
  next: {command: ["-", "- x", "{{}}", "a: b", ""]}
)";
    const auto first = resolved(text);
    ASSERT_TRUE(first.ok()) << first.error().message();
    const std::string kept = first.value().config_text();
    const auto second = resolve_from_config(kept, "/nowhere/project/p.yaml", {});
    ASSERT_TRUE(second.ok()) << second.error().message() << "\n" << kept;
    EXPECT_EQ(second.value().config_text(), kept);
    EXPECT_EQ(second.value().file.path, "/nowhere/project/p.yaml");
    EXPECT_EQ(second.value().file.project_root, "/nowhere/project");
    for (std::size_t i = 0; i < 2; ++i) {
        const StageDecl& a = first.value().file.stages[i];
        const StageDecl& b = second.value().file.stages[i];
        EXPECT_EQ(to_json(a.params), to_json(b.params));
        EXPECT_EQ(a.points, b.points);
        EXPECT_EQ(a.env, b.env);
        EXPECT_EQ(a.timeout, b.timeout);
        EXPECT_EQ(a.shell, b.shell);
        EXPECT_EQ(a.sandbox_off, b.sandbox_off);
        EXPECT_EQ(a.keeps_undeclared, b.keeps_undeclared);
        EXPECT_EQ(a.optional, b.optional);
        ASSERT_EQ(a.command.size(), b.command.size());
        for (std::size_t w = 0; w < a.command.size(); ++w) { EXPECT_EQ(a.command[w].text, b.command[w].text); }
    }
    EXPECT_TRUE(second.value().file.stages[0].code.has_value());
    EXPECT_FALSE(second.value().file.stages[1].code.has_value());
}

TEST(Resolve, TheKeptTextIsTheSameForTheSameContent) {
    const auto one = resolved("experiment_key: demo\nparams: {b: 1, a: 2}\nstages: {s: {command: [x], env: {B: 1, A: 2}, matrix: {y: [1], x: [1]}}}\n");
    const auto two = resolved("params: {a: 2, b: 1}\nstages:\n  s:\n    matrix: {x: ['1'], y: ['1']}\n    env: {A: '2', B: '1'}\n    command: [\"x\"]\nexperiment_key: demo\n");
    ASSERT_TRUE(one.ok() && two.ok());
    EXPECT_EQ(one.value().config_text(), two.value().config_text());
}

}  // namespace
}  // namespace runlake::pipeline
