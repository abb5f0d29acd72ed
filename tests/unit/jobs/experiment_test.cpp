// SPDX-License-Identifier: Apache-2.0
// Front matter, conditions, commands with values put in, batches and selectors.
#include <gmock/gmock.h>

#include "core/shell.hpp"
#include "jobs/batch.hpp"
#include "jobs/command_template.hpp"
#include "jobs/experiment.hpp"
#include "tests/unit/jobs/support.hpp"

namespace runlake::jobs {
namespace {

using core::Errc;
using core::Json;
using ::testing::HasSubstr;

class ExperimentTest : public Project {
  protected:
    void note(std::string_view name, std::string_view text) { write(root_ / "kb/research/experiments" / name, text); }
    core::Result<Experiment> find(std::string_view id) { return find_experiment(root_.string(), id); }
};

TEST_F(ExperimentTest, ReadsWhatJobsNeed) {
    note("E001-warmup.md", "---\nid: E001\nhypothesis: \"[[H001]]\"\nsub_hypotheses: [H002, \"[[H003|third]]\"]\nrunner_command: \"  train {lr} \"\n"
                           "conditions:\n  warm: {lr: 0.1, steps: 5}\n  odd: 3\n---\n\n# E001\n---\nnot: front matter\n");
    const auto found = find("E001");
    ASSERT_TRUE(found.ok()) << found.error().message();
    const Experiment& experiment = found.value();
    EXPECT_EQ(experiment.path, "kb/research/experiments/E001-warmup.md");
    EXPECT_EQ(experiment.hypothesis, "H001");
    EXPECT_EQ(experiment.sub_hypotheses, (std::vector<std::string>{"H002", "H003"}));
    EXPECT_EQ(experiment.runner_command, "train {lr}");
    const auto merged = [&](std::string_view text) { return core::to_json(with_condition(json(text), experiment)); };
    EXPECT_EQ(merged(R"({"condition":"warm","seed":1})"), R"({"lr":0.1,"steps":5,"condition":"warm","seed":1})");
    EXPECT_EQ(merged(R"({"condition":"warm","lr":1})"), R"({"lr":1,"steps":5,"condition":"warm"})");
    EXPECT_EQ(merged(R"({"condition":"odd","lr":1})"), R"({"condition":"odd","lr":1})");
    EXPECT_EQ(merged(R"({"condition":"none"})"), R"({"condition":"none"})");
    EXPECT_EQ(merged(R"({"condition":5})"), R"({"condition":5})");
    EXPECT_EQ(merged(R"({"seed":5})"), R"({"seed":5})");
}

TEST_F(ExperimentTest, SaysWhatIsWrong) {
    EXPECT_EQ(find("E001").error().code(), Errc::not_found);
    for (const std::string_view id : {"E1", "e001", "E0001", "", "H001", "../../x"}) { EXPECT_EQ(find(id).error().code(), Errc::usage) << id; }
    note("E002-a.md", "");
    note("E002-b.md", "");
    EXPECT_EQ(find("E002").error().code(), Errc::conflict);
    note("E003-x.md", "---\nid: [\n---\n");
    EXPECT_EQ(find("E003").error().code(), Errc::corrupt);
    EXPECT_THAT(find("E003").error().message(), HasSubstr("E003-x.md"));
    note("E004-x.md", "# no front matter\n");
    EXPECT_FALSE(find("E004").take().runner_command);
}

TEST(FrontMatterTest, EndsWhereItEnds) {
    const auto read = [](std::string_view text) { return read_front_matter(text, "note"); };
    EXPECT_FALSE(read("# title\n").take());
    EXPECT_FALSE(read("").take());
    EXPECT_FALSE(read(" ---\na: 1\n---\n").take());
    const auto good = read("---\r\na: 1\r\n---\r\nbody\n");
    ASSERT_TRUE(good.ok());
    EXPECT_EQ(good.value()->yaml.root.integer_at("a"), 1);
    EXPECT_EQ(good.value()->body, "body\n");
    EXPECT_EQ(good.value()->body_line, 4);
    EXPECT_EQ(good.value()->yaml.positions.at("/a").line, 2);
    EXPECT_EQ(read("---\n---\n").take()->yaml.root, Json::object());
    EXPECT_EQ(read("---\na: 1\n").error().code(), Errc::corrupt);
    EXPECT_EQ(read("---\n- 1\n---\n").error().code(), Errc::corrupt);
    EXPECT_THAT(read("---\na: 1\nb: {\n---\n").error().message(), HasSubstr("note: line 4"));
    EXPECT_EQ(read("---\n" + std::string(3U << 20U, 'a')).error().code(), Errc::corrupt);
}

TEST(CommandTest, PutsValuesInAsPythonWritesThem) {
    const Json state_point = core::parse_json(R"({"lr":1e-5,"on":true,"no":null,"n":1.0,"s":"it's é","l":[1,"a",{"k":"v"}],"big":10000000000000000000000})", "t").value_or(Json());
    const Job job{core::JobId::of(state_point).value_or(core::JobId::parse(std::string(32, '0')).take()), state_point, Json::object(), "/x"};
    const auto fill = [&](std::string_view text) { return fill_command(text, job).value_or("?"); };
    EXPECT_EQ(fill("run --lr {lr} {on} {no} {n} {big}"), "run --lr 1e-05 True None 1.0 10000000000000000000000");
    EXPECT_EQ(fill("{l}"), "[1, 'a', {'k': 'v'}]");
    EXPECT_EQ(fill("{job_id} {unknown} {} {1a} ${lr} {lr"), job.id.str() + " {unknown} {} {1a} ${lr} {lr");
    EXPECT_EQ(fill("{sp_json}"), R"({"big":10000000000000000000000,"l":[1,"a",{"k":"v"}],"lr":1e-05,"n":1.0,"no":null,"on":true,"s":"it's \u00e9"})");
    EXPECT_THAT(fill("{sp_json_shell}"), HasSubstr(R"("s":"it'"'"'s \u00e9"}')"));
    EXPECT_EQ(core::shell_word("plain-1.2/x"), "plain-1.2/x");
    EXPECT_EQ(core::shell_word(""), "''");
    EXPECT_EQ(core::shell_word("a b"), "'a b'");
}

TEST(SelectorTest, ComparesValuesAndNotTheirSpelling) {
    const auto same = [](std::string_view a, std::string_view b) { return same_value(core::parse_json(a, "a").value_or(Json()), core::parse_json(b, "b").value_or(Json())); };
    EXPECT_TRUE(same("1", "1.0"));
    EXPECT_TRUE(same("[1,{\"a\":2.0}]", "[1.0,{\"a\":2}]"));
    EXPECT_FALSE(same("1", "\"1\""));
    EXPECT_FALSE(same("1", "true"));
    EXPECT_FALSE(same("0", "false"));
    EXPECT_FALSE(same("9007199254740993", "9007199254740992.0"));
    EXPECT_FALSE(same("{\"a\":1}", "{\"a\":1,\"b\":2}"));
    const Json state_point = core::parse_json(R"({"seed":0,"model":{"name":"m"}})", "t").value_or(Json());
    EXPECT_TRUE(matches(state_point, Json::object().set("seed", 0.0).set("model.name", "m")));
    EXPECT_FALSE(matches(state_point, Json::object().set("seed", "0")));
    EXPECT_FALSE(matches(state_point, Json::object().set("other", Json())));
    EXPECT_TRUE(matches(state_point, Json::object()));
}

TEST(BatchTest, GroupsJobsWithAndWithoutACondition) {
    std::vector<Job> jobs;
    const auto add = [&](std::string_view state_point, std::string_view document) {
        const Json sp = core::parse_json(state_point, "t").value_or(Json());
        jobs.push_back({core::JobId::of(sp).value_or(core::JobId::parse(std::string(32, '0')).take()), sp, core::parse_json(document, "t").value_or(Json()), ""});
    };
    add(R"({"experiment_id":"E001","condition":"warm","seed":0})", R"({"status":"complete"})");
    add(R"({"experiment_id":"E001","condition":"warm","seed":1})", R"({"status":"failed","aexp":{"experiment_id":"E001","hypothesis_id":"H001"}})");
    add(R"({"experiment_id":"E001","seed":2})", "{}");
    add(R"({"experiment_id":"E001","condition":1})", "{}");
    add(R"({"experiment_id":"E001","condition":"1"})", "{}");
    add(R"({"experiment_id":"E001","condition":null})", "{}");
    add(R"({"seed":7})", "{}");
    const std::vector<Batch> found = batches(jobs);
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[0].jobs.size(), 2U);   // without one
    EXPECT_EQ(found[0].selector, Json::object());
    const auto warm = std::ranges::find_if(found, [](const Batch& batch) { return batch.selector.string_at("condition") == "warm"; });
    ASSERT_NE(warm, found.end());
    EXPECT_EQ(warm->statuses, (std::map<std::string, std::size_t>{{"complete", 1}, {"failed", 1}}));
    EXPECT_EQ(warm->slug, "");
    EXPECT_EQ(batch_slug(jobs[1]), "H001/E001/warm");
    EXPECT_EQ(batch_slug(jobs[2]), "_/E001/" + std::string(jobs[2].id.brief()));
}

}  // namespace
}  // namespace runlake::jobs
