// SPDX-License-Identifier: Apache-2.0
// What a key is made of: inputs, code, and what is none; and the words for changes.
#include "pipeline/plan.hpp"

#include <fstream>

#include "os/files.hpp"
#include "pipeline/code_identity.hpp"
#include "pipeline/plan_words.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/pipeline/support.hpp"

namespace runlake::pipeline {
namespace {

using rundir::ComponentKind;

// A project outside of git, with a pipeline of one stage.
class PlanTest : public ::testing::Test {
  protected:
    void put(const std::string& name, const std::string& text) const {
        ASSERT_TRUE(os::make_dirs(os::parent_path(dir_ / name), 0777, os::point::export_write).ok());
        std::ofstream(dir_ / name) << text;
    }
    // What is decided without a run directory.
    Decision decide(const std::string& stage) const {
        auto ready = resolved(with_stages(stage), {}, dir_.path());
        EXPECT_TRUE(ready.ok()) << ready.error().message();
        const auto graph = build_graph(ready.value());
        EXPECT_TRUE(graph.ok()) << graph.error().message();
        const PlanOptions options;
        const auto planner = Planner::begin(ready.value(), graph.value(), options);
        EXPECT_TRUE(planner.ok()) << planner.error().message();
        auto plan = plan_all(*planner.value(), graph.value(), std::nullopt);
        EXPECT_TRUE(plan.ok()) << plan.error().message();
        return plan.value().front();
    }
    static std::vector<std::string> names(const Decision& decision, ComponentKind kind) {
        std::vector<std::string> found;
        for (const rundir::KeyComponent& component : decision.key->components) {
            if (component.kind == kind) { found.push_back(component.name); }
        }
        return found;
    }
    testing::TempDir dir_;
};

TEST_F(PlanTest, CodeIsWhatIsDeclared) {
    put("src/a.py", "1");
    put("src/sub/b.py", "2");
    put("src/sub/__pycache__/b.pyc", "3");
    put("src/c.txt", "4");
    const Decision decision = decide("  s:\n    command: [x]\n    writes: [o]\n    code: [\"src/**/*.py\", none.py]\n");
    EXPECT_EQ(decision.reason, Reason::no_previous);
    EXPECT_EQ(names(decision, ComponentKind::code), (std::vector<std::string>{"none.py", "src/a.py", "src/sub/b.py"}));
    const Decision folder = decide("  s:\n    command: [x]\n    writes: [o]\n    code: [src/]\n");
    EXPECT_EQ(names(folder, ComponentKind::code), (std::vector<std::string>{"src/a.py", "src/c.txt", "src/sub/b.py"}));
}

TEST_F(PlanTest, OutsideOfGitCodeIsWhatTheCommandNames) {
    put("fit.py", "1");
    put("conf.yaml", "2");
    put("data.csv", "3");
    const Decision decision = decide("  s:\n    command: [python3, fit.py, --config=conf.yaml, data.csv]\n    reads: [\"workspace:data.csv\"]\n    writes: [o]\n");
    EXPECT_EQ(names(decision, ComponentKind::code), (std::vector<std::string>{"conf.yaml", "fit.py"}));
    EXPECT_EQ(names(decision, ComponentKind::input), (std::vector<std::string>{"workspace:data.csv"}));
    const Decision shell = decide("  s:\n    command: \"python3 fit.py>{out}/o; cat 'conf.yaml'\"\n    writes: [o]\n");
    EXPECT_EQ(names(shell, ComponentKind::code), (std::vector<std::string>{"conf.yaml", "fit.py"}));
}

TEST_F(PlanTest, UnknownCodeIsSaid) {
    const Decision decision = decide("  s:\n    command: [python3, -m, somewhere]\n    writes: [o]\n");
    EXPECT_EQ(decision.action, Action::run);
    EXPECT_EQ(decision.reason, Reason::code_unknown);
    EXPECT_NE(decision.detail.find("declare `code:`"), std::string::npos);
}

TEST_F(PlanTest, TheKeyHoldsWhatMattersAndNoPlace) {
    put("in.csv", "1");
    const auto stage = [](const std::string& params, const std::string& env) {
        return "  s:\n    command: [x, \"{run_dir}\", \"{out}\", \"{project}\"]\n    reads: [\"workspace:in.csv\"]\n    writes: [o]\n    code: []\n" + params + env;
    };
    const auto key = [&](const std::string& params, const std::string& env) { return decide(stage(params, env)).key->key.hex(); };
    const std::string plain = key("", "");
    EXPECT_EQ(plain, key("", ""));
    EXPECT_NE(plain, key("    params: {a: 1}\n", ""));
    EXPECT_NE(key("    params: {a: 1}\n", ""), key("    params: {a: 1.0}\n", "")) << "an integer is no float";
    EXPECT_NE(plain, key("", "    env: {A: \"\"}\n")) << "empty is not absent";
    EXPECT_EQ(plain, key("    timeout: 3s\n", "    retries: 2\n")) << "how it is run is not what it makes";
    const testing::TempDir elsewhere;
    std::ofstream(elsewhere / "in.csv") << "1";
    auto other = resolved(with_stages(stage("", "")), {}, elsewhere.path());
    const auto graph = build_graph(other.value());
    const auto planner = Planner::begin(other.value(), graph.value(), {});
    const auto plan = plan_all(*planner.value(), graph.value(), std::nullopt);
    EXPECT_EQ(plain, plan.value().front().key->key.hex());
    put("in.csv", "2");
    EXPECT_NE(plain, key("", ""));
}

TEST_F(PlanTest, AStageThatDoesNotExistIsRefused) {
    const auto ready = resolved(with_stages("  fit:\n    command: [x]\n    writes: [o]\n"), {}, dir_.path());
    const auto graph = build_graph(ready.value());
    PlanOptions options;
    options.force = {"fitt"};
    const auto planner = Planner::begin(ready.value(), graph.value(), options);
    ASSERT_FALSE(planner.ok());
    EXPECT_EQ(planner.error().message(), "--force fitt: the pipeline has no such stage (nearest: \"fit\")");
}

TEST(PlanWords, ChangesAreToldBriefly) {
    const std::string a(64, 'a');
    const std::string b(64, 'b');
    EXPECT_EQ(describe({ComponentKind::code, "fit.py", true, true, "file/1:" + a, "file/1:" + b}), "code fit.py: aaaaaaaa -> bbbbbbbb");
    EXPECT_EQ(describe({ComponentKind::param, "alpha", true, false, "0.1", std::nullopt}), "param alpha is gone");
    EXPECT_EQ(describe({ComponentKind::env, "A", true, true, std::nullopt, ""}), "env A: nothing -> \"\"");
    EXPECT_EQ(describe({ComponentKind::command, "argv", true, true, R"x(["python3","fit.py","--depth","3"])x", R"x(["python3","fit.py","--depth","4"])x"}),
              R"x(command argv: ...,"--depth","3"] -> ...,"--depth","4"])x");
}

TEST(CodeIdentityTest, ProseAndOursAreNoCode) {
    for (const char* name : {"README.md", "docs/a.rst", "LICENSE", ".gitignore", ".runlake/ledger/1.json", "a/.aexp/x.py", "b/__pycache__/x.pyc"}) { EXPECT_TRUE(is_no_code(name)) << name; }
    for (const char* name : {"fit.py", "requirements.txt", "Makefile", "runlake/x.py"}) { EXPECT_FALSE(is_no_code(name)) << name; }
}

TEST(CodeIdentityTest, AListingIsReadOrRefused) {
    const auto files = parse_code_listing(R"({"version":1,"files":[["a.py","file/1:00"],["b.py",""]]})", "x");
    ASSERT_TRUE(files.ok());
    EXPECT_EQ(files.value().size(), 2U);
    for (const char* text : {"", "[]", "{}", R"({"files":[1]})", R"({"files":[["a"]]})", R"({"files":[["a",1]]})"}) {
        const auto wrong = parse_code_listing(text, "x");
        ASSERT_FALSE(wrong.ok()) << text;
        EXPECT_EQ(wrong.error().code(), core::Errc::corrupt);
    }
}

}  // namespace
}  // namespace runlake::pipeline
