// SPDX-License-Identifier: Apache-2.0
#include "lake/job/config.hpp"

#include <gtest/gtest.h>

#include "lake/export/dataset.hpp"
#include "lake/export/release.hpp"
#include "lake/job/job_files.hpp"
#include "lake/job/presets.hpp"

namespace runlake::lake {
namespace {

core::Result<JobConfig> parse(std::string_view selection, std::string_view reference = "null") {
    return parse_job_config(std::string(R"({"schema_version": 2, "name": "n", "datasets": [{"name": "d", "query": "q"}], "selection": )") + std::string(selection) + R"(, "reference": )" +
                                std::string(reference) + "}",
                            "c.json");
}

TEST(JobConfig, DefaultsAreThoseOfTheSchema) {
    const auto config = parse_job_config(R"({"schema_version": 2, "name": "n", "datasets": [{"name": "d", "query": "q"}]})", "c.json");
    ASSERT_TRUE(config.ok()) << config.error().message();
    EXPECT_EQ(config.value().selection.order_by, RunOrder::run_key_asc);
    EXPECT_FALSE(config.value().selection.require_completed);
    EXPECT_FALSE(config.value().reference);
    EXPECT_EQ(config.value().datasets.front().file, "d.jsonl");
    EXPECT_EQ(config.value().selection_json, core::Json::object());
}

TEST(JobConfig, EverySelectionKeyIsRead) {
    const auto config = parse(R"({"root_id": "r", "run_dir_prefix": "/p", "run_dir": "/d", "rel_run_dir": ["a", "b"], "provider": "p", "backend": "b", "mode": "m", "corpus": "c",
        "goal_sig_scheme": "ast", "config_whitelist_hash": "w", "config_full_hash": "f", "require_completed": true, "exclude_partial_results": true, "require_capabilities": ["x", "y"],
        "order_by": "created_at_desc", "dedupe_run_id": true, "max_runs": 7})");
    ASSERT_TRUE(config.ok()) << config.error().message();
    const auto& selection = config.value().selection;
    EXPECT_EQ(selection.root_id, "r");
    EXPECT_EQ(selection.run_dir_prefix, "/p");
    ASSERT_EQ(selection.filters.size(), 9U);
    EXPECT_EQ(selection.filters[1].values, (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(selection.require_completed && selection.exclude_partial_results && selection.dedupe_run_id);
    EXPECT_EQ(selection.require_capabilities.size(), 2U);
    EXPECT_EQ(selection.order_by, RunOrder::created_at_desc);
    EXPECT_EQ(selection.max_runs, 7);
}

TEST(JobConfig, AReferenceIsNeverTakenFromTheJobsSelection) {
    for (const auto* reference : {R"({"build_outcomes": {}})", R"({"build_outcomes": {}, "selection": {}})", R"({"build_outcomes": {}, "selection": null})"}) {
        const auto config = parse(R"({"mode": "research"})", reference);
        ASSERT_FALSE(config.ok()) << reference;
        EXPECT_NE(config.error().message().find("reference.selection"), std::string::npos);
    }
    const auto config = parse("{}", R"({"build_outcomes": {"alpha": 0.5, "meta": {"a": 1}}, "selection": {"mode": "research"}, "score_k": true})");
    ASSERT_TRUE(config.ok()) << config.error().message();
    EXPECT_EQ(config.value().reference->build->alpha, 0.5);
    EXPECT_TRUE(config.value().reference->score_k);
}

TEST(JobConfig, EveryPresetIsAConfiguration) {
    for (const auto& preset : all_presets()) {
        const auto text = ascii_document(preset_config(preset));
        ASSERT_TRUE(text.ok());
        const auto config = parse_job_config(text.value(), preset.name);
        EXPECT_TRUE(config.ok()) << config.error().message();
    }
}

TEST(AsciiJson, EscapesWhatIsNotAscii) {
    std::string out;
    append_ascii_json(out, "a\"\\\n\x01\x7f\xc3\xa9\xf0\x9f\x98\x80\xff");
    EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0001\x7f\\u00e9\\ud83d\\ude00\\ufffd\"");
}

TEST(AsciiJson, DocumentsHaveTwoSpacesAndALineEnd) {
    const auto text = ascii_document(core::Json::object().set("b", core::Json::array().push(1).push(2.0)).set("a", core::Json::object()).set("e", core::Json::array()));
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(text.value(), "{\n  \"b\": [\n    1,\n    2.0\n  ],\n  \"a\": {},\n  \"e\": []\n}\n");
}

// The id of a release is a contract: whoever holds the page of its format can compute it.
TEST(ReleaseId, FollowsFromEachPartOfItAndFromNoOther) {
    Release release;
    release.job_name = "n";
    release.config = core::Json::object().set("b", 1).set("a", 2);
    release.lake_schema_version = 11;
    release.datasets.push_back({{.name = "runs", .file = "data/runs.parquet", .format = DatasetFormat::parquet, .columns = {{"run_uid", "VARCHAR"}}, .rows = 1, .bytes = 5, .sha256 = "x"},
                                std::string(64, 'a')});
    const auto id = [](const Release& one) {
        auto result = release_id(one);
        return result.ok() ? result.value() : std::string("error");
    };
    const auto first = id(release);
    EXPECT_EQ(first, "9582035680fc32c99202f3d3ed2e54e5e568ac16d12c156f9dfcd0f0710be01b");
    auto other = release;
    other.config = core::Json::object().set("a", 2).set("b", 1);
    other.datasets[0].file.sha256 = "y";
    other.datasets[0].file.bytes = 6;
    other.selected_runs = 9;
    other.page.push_back({"index.html", 1, "z"});
    EXPECT_EQ(id(other), first) << "order of keys, bytes of Parquet and the page are no content";
    const auto differs = [&](auto change) {
        auto changed = release;
        change(changed);
        EXPECT_NE(id(changed), first);
    };
    differs([](Release& one) { one.config.set("a", 3); });
    differs([](Release& one) { one.lake_schema_version = 12; });
    differs([](Release& one) { one.datasets[0].jsonl_sha256[0] = 'b'; });
    differs([](Release& one) { one.datasets[0].file.rows = 2; });
    differs([](Release& one) { one.datasets[0].file.name = "run"; });
    differs([](Release& one) { one.datasets[0].file.columns[0].type = "BIGINT"; });
}

TEST(JobRun, ReadsBackAsItWasWritten) {
    JobRun run{.job_run_id = "00", .job_name = "n", .created_at = {1'700'000'000'000'001}, .status = "failed", .out_dir = "/x", .logs_root = "/l", .selection = core::Json::object(),
               .reference = {}, .datasets = core::Json::array(), .inputs = core::Json::object().set("selected_runs", core::Json::array()), .error = "why"};
    const auto again = parse_job_run(core::to_json(to_json(run)), "x");
    ASSERT_TRUE(again.ok()) << again.error().message();
    EXPECT_EQ(again.value().created_at, run.created_at);
    EXPECT_EQ(again.value().error, "why");
    EXPECT_EQ(again.value().out_dir, "") << "where a record lies is not in it";
    EXPECT_EQ(parse_job_run(R"({"schema_version": 2})", "x").error().code(), core::Errc::unsupported);
    EXPECT_EQ(parse_job_run("{}", "x").error().code(), core::Errc::corrupt);
}

}  // namespace
}  // namespace runlake::lake
