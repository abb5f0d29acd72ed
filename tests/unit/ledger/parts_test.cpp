// SPDX-License-Identifier: Apache-2.0
// How entries are written, what must not leave the machine, packs, run entries and what stands beside entries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/gzip.hpp"
#include "ledger/concerns.hpp"
#include "ledger/extra.hpp"
#include "ledger/pack.hpp"
#include "ledger/project.hpp"
#include "ledger/run_entry.hpp"
#include "ledger/text.hpp"

namespace runlake::ledger {
namespace {

using core::Errc;
using core::Json;
using ::testing::ElementsAre;

TEST(LedgerText, IsWhatPythonWrites) {
    Json value = Json::object();
    value.set("b", Json::array().push(1).push(1.0).push(Json::array()).push(Json::object())).set("a", "\u00e9\"\\\n\x7f").set("\xf0\x9f\x8c\xbd", nullptr).set("c", 1e-5);
    EXPECT_EQ(ledger_text(value).value_or(""),
              "{\n  \"a\": \"\\u00e9\\\"\\\\\\n\\u007f\",\n  \"b\": [\n    1,\n    1.0,\n    [],\n    {}\n  ],\n  \"c\": 1e-05,\n  \"\\ud83c\\udf3d\": null\n}\n");
    EXPECT_EQ(ledger_text(Json(std::numeric_limits<double>::infinity())).error().code(), Errc::usage);
}

TEST(LedgerText, CompactAndBackIsTheSame) {
    const std::string text = "{\n  \"a b\": \"x  \\\" y\",\n  \"c\": [\n    1,\n    2\n  ]\n}\n";
    EXPECT_EQ(compact(text), R"({"a b":"x  \" y","c":[1,2]})");
    EXPECT_EQ(ledger_text(core::parse_json(compact(text), "text").value_or(Json())).value_or(""), text);
    EXPECT_EQ(entry_time({1'780'000'000'999'999}), "2026-05-28T20:26:40Z");
}

TEST(Concerns, AbsolutePathsOfAnySystem) {
    for (const char* text : {"/home/ada/x", "/data/x.csv", "see /data/x.csv", "x=/data/y", "~/x", "C:\\x", "D:/data", "\\\\server\\share", "file:///x", "a:/b/c", "'/a/b'"}) {
        EXPECT_TRUE(has_absolute_path(text)) << text;
    }
    for (const char* text : {"", "/", "data/x.csv", "./x", "../x/y", "https://example.org/a/b", "s3://bucket/a/b", "a/b/c", "m/s", "3/4", "/min", "and/or", "H001/E001/warm", "C:", "x:y", "~"}) {
        EXPECT_FALSE(has_absolute_path(text)) << text;
    }
}

TEST(Concerns, NameThePlaceAndNeverTheValue) {
    Json value = Json::object();
    value.set("data", Json::object().set("root", "/home/ada/x")).set("list", Json::array().push("x").push("~/y")).set("api_token", "abc123").set("token_limit", 512).set("seed", 1);
    std::vector<std::string> said;
    for (const Concern& concern : concerns_in(value, "statepoint")) { said.push_back(concern.where + ": " + concern.what); }
    EXPECT_THAT(said, ElementsAre("statepoint.data.root: an absolute path", "statepoint.list[1]: an absolute path", "statepoint.api_token: a secret"));
    EXPECT_TRUE(harmless_members(value).find("seed") != nullptr && harmless_members(value).find("api_token") == nullptr);
}

TEST(Projection, DropsWhatHasAnotherForm) {
    const Json state_point = Json::object().set("a", 1);
    const JobId id = JobId::of(state_point).take();
    Json document = Json::object();
    document.set("status", "complete").set("started_at", "yesterday").set("ended_at", 5).set("wallclock_s", -1).set("aexp", "E001").set("limina", Json::object().set("experiment_id", "E002"));
    document.set("tracker", Json::array());
    const auto entry = project_job({.id = id, .state_point = state_point, .document = document}, "m", {});
    ASSERT_TRUE(entry.ok());
    for (const char* name : {"started_at", "ended_at", "wallclock_s", "tracker", "code_commit"}) { EXPECT_EQ(entry.value().find(name), nullptr) << name; }
    EXPECT_EQ(entry.value().find("run_link")->string_at("experiment_id"), "E002");
    EXPECT_EQ(project_job({.id = id, .state_point = state_point, .document = Json::object()}, "m", {}).error().code(), Errc::conflict);
    EXPECT_TRUE(parse_job_entry(ledger_text(entry.value()).value_or(""), id).ok());
}

TEST(RunEntry, IsReadAsItWasWritten) {
    const auto id = core::RunId::parse("0123abcd-0000-4000-8000-000000000001").take();
    RunEntry entry{.id = id, .rule = RunRule::pipeline, .end = JobEnd::failed, .degraded = true, .promoted_at = {1'000'000}, .machine = "m", .stage = "fit", .tenant = "met"};
    entry.started_at = core::Timestamp{0};
    entry.wallclock_s = 1.5;
    entry.params.set("lr", 0.1);
    entry.tags.set("season", "2020");
    entry.stages.push_back({.stage = "fit", .instance = "-", .state = "done", .run_id = "x", .key = std::nullopt});
    const std::string text = ledger_text(to_json(entry)).value_or("");
    const auto read = parse_run_entry(text, id);
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(to_json(read.value()), to_json(entry));
    EXPECT_EQ(read.value().rule, RunRule::pipeline);
    Json later = to_json(entry);
    EXPECT_EQ(parse_run_entry(core::to_json(later.set("schema", "runlake.run/2")), id).error().code(), Errc::unsupported);
    EXPECT_EQ(parse_run_entry(core::to_json(later.set("schema", "runlake.extra/1")), id).error().code(), Errc::corrupt);
    EXPECT_EQ(parse_run_entry(text, core::RunId::parse("0123abcd-0000-4000-8000-000000000002").take()).error().code(), Errc::corrupt);
}

TEST(Extra, IsReadAsItWasWritten) {
    Extra extra{.id = "x", .end = JobEnd::stopped, .promoted_at = {0}, .machine = "m"};
    extra.metrics["loss"] = {.value = 0.25, .step = 3, .min = 0.1, .max = 1.0};
    extra.exit_status = 3;
    extra.artifacts.push_back({.path = "a/b", .digest = "file/1:00", .bytes = 5});
    extra.environment = "e";
    extra.dirty = true;
    extra.allow_paths = true;
    const auto read = parse_extra(core::to_json(to_json(extra)), "x");
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(to_json(read.value()), to_json(extra));
    EXPECT_EQ(read.value().metrics, extra.metrics);
    EXPECT_EQ(parse_extra(core::to_json(to_json(extra)), "y").error().code(), Errc::corrupt);
}

TEST(Pack, HoldsWhatWasPutIntoIt) {
    const std::vector<PackedEntry> entries = {{"a", R"({"x":"}\"{"})", ""}, {"b", "{}", R"({"y":[{}]})"}};
    const auto files = make_packs(entries);
    ASSERT_EQ(files.size(), 1U);
    const auto text = unpack(files[0].name, files[0].bytes);
    ASSERT_TRUE(text.ok()) << text.error().message();
    const auto read = read_pack(text.value());
    ASSERT_TRUE(read.ok()) << read.error().message();
    ASSERT_EQ(read.value().size(), 2U);
    EXPECT_EQ(read.value()[0].entry, entries[0].entry);
    EXPECT_EQ(read.value()[0].extra, "");
    EXPECT_EQ(read.value()[1].extra, entries[1].extra);
    EXPECT_EQ(make_packs(entries)[0].name, files[0].name) << "equal entries make equal packs";
    EXPECT_EQ(unpack("x" + files[0].name, files[0].bytes).error().code(), Errc::corrupt);
}

TEST(Pack, ManyEntriesMakeSeveralFiles) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i <= k_most_in_pack; ++i) { ids.push_back(std::to_string(1'000'000 + i)); }
    std::vector<PackedEntry> entries;
    for (const std::string& id : ids) { entries.push_back({id, "{}", ""}); }
    EXPECT_EQ(make_packs(entries).size(), 2U);
    EXPECT_TRUE(make_packs({}).empty());
}

TEST(Pack, WhatIsNoneIsSaid) {
    const auto code = [](std::string_view text) { return read_pack(text).error().code(); };
    EXPECT_EQ(code(""), Errc::corrupt);
    EXPECT_EQ(code("{}\n"), Errc::corrupt);
    EXPECT_EQ(code("{\"schema\":\"runlake.pack/2\",\"entries\":0}\n"), Errc::unsupported);
    const std::string head = "{\"schema\":\"runlake.pack/1\",\"entries\":1}\n";
    EXPECT_TRUE(read_pack(head + "{\"id\":\"a\",\"entry\":{}}\n").ok());
    for (const char* lines : {"", "{\"id\":\"a\",\"entry\":{}}", "{\"id\":\"a\",\"entry\":{}}x\n", "{\"id\":\"a\",\"entry\":{\n", "{\"id\":\"a\",\"entry\":{},\"extra\":1}\n",
                              "{\"id\":\"b\",\"entry\":{}}\n{\"id\":\"a\",\"entry\":{}}\n"}) {
        EXPECT_EQ(code(head + lines), Errc::corrupt) << lines;
    }
}

TEST(Gzip, RoundTripsAndRefuses) {
    for (const std::string& text : {std::string(), std::string("abc"), std::string(5'000'000, 'x')}) {
        const std::string packed = core::gzip(text);
        EXPECT_EQ(core::gunzip(packed, 5'000'000).value_or("?"), text);
        EXPECT_FALSE(core::gunzip(packed.substr(0, packed.size() - 1), 5'000'000).ok());
        EXPECT_FALSE(core::gunzip(packed + "x", 5'000'000).ok());
    }
    EXPECT_FALSE(core::gunzip("", 10).ok());
    EXPECT_FALSE(core::gunzip("plain", 10).ok());
    EXPECT_EQ(core::gunzip(core::gzip(std::string(1000, 'x')), 999).error().code(), Errc::corrupt);
}

}  // namespace
}  // namespace runlake::ledger
