// SPDX-License-Identifier: Apache-2.0
// Ledger entries: what is read of them, and that each departure from schema 1 is refused for what it is.
#include "ledger/entry.hpp"

#include <gtest/gtest.h>

#include "core/digest.hpp"

namespace runlake::ledger {
namespace {

using core::Errc;
using core::Json;

Json statepoint() { return Json::object().set("lr", 0.0003).set("seed", 0).set("condition", "warmup"); }
JobId parsed_id(std::string_view text) { return JobId::parse(text).take(); }
JobId id_of(const Json& point) { return parsed_id(core::md5_hex(core::canonical_json(point).take())); }

// The least there can be, of statepoint().
Json least() {
    return Json::object()
        .set("schema_version", 1)
        .set("job_id", id_of(statepoint()).str())
        .set("statepoint", statepoint())
        .set("status", "complete")
        .set("promoted_at", "2026-06-03T11:48:10Z")
        .set("registered_machine", "cluster");
}
core::Result<JobEntry> parsed(const Json& entry) { return parse_job_entry(core::to_json_pretty(entry), id_of(statepoint())); }
Errc refused(const Json& entry) {
    const auto result = parsed(entry);
    return result.ok() ? Errc::internal : result.error().code();
}

TEST(JobIdTest, HasThirtyTwoLowerCaseDigits) {
    EXPECT_TRUE(JobId::parse("054b0181fd7f004b6a69bc119f140754").ok());
    for (const char* text : {"", "054b0181", "054B0181FD7F004B6A69BC119F140754", "054b0181fd7f004b6a69bc119f14075g", "../b0181fd7f004b6a69bc119f140754", "054b0181fd7f004b6a69bc119f1407540"}) {
        const auto result = JobId::parse(text);
        ASSERT_FALSE(result.ok()) << text;
        EXPECT_EQ(result.error().code(), Errc::usage) << text;
    }
}

TEST(JobEntryTest, TheLeastEntryIsRead) {
    const auto result = parsed(least());
    ASSERT_TRUE(result.ok()) << result.error().message();
    const JobEntry& entry = result.value();
    EXPECT_EQ(entry.id, id_of(statepoint()));
    EXPECT_EQ(entry.statepoint, statepoint());
    EXPECT_EQ(entry.end, JobEnd::complete);
    EXPECT_EQ(core::format_iso(entry.promoted_at), "2026-06-03T11:48:10.000000Z");
    EXPECT_EQ(entry.machine, "cluster");
    EXPECT_FALSE(entry.started_at || entry.ended_at || entry.wallclock_s || entry.link || entry.tracker || entry.code_commit || entry.code_dirty);
}

TEST(JobEntryTest, EveryMemberIsRead) {
    Json whole = least();
    whole.set("started_at", "2026-06-03T11:02:41Z").set("ended_at", "2026-06-03T11:48:09Z").set("wallclock_s", 2728.114).set("code_commit", "3f2a").set("code_dirty", true);
    whole.set("run_link", Json::object().set("experiment_id", "E001").set("experiment_path", "kb/E001-*.md").set("hypothesis_id", "H001").set("sub_hypothesis_id", nullptr));
    whole.set("tracker", Json::object().set("backend", "wandb").set("group", "g").set("project", "p").set("run_id", "r").set("url", "https://u"));
    const auto result = parsed(whole);
    ASSERT_TRUE(result.ok()) << result.error().message();
    const JobEntry& entry = result.value();
    EXPECT_EQ(core::format_iso(entry.started_at.value()), "2026-06-03T11:02:41.000000Z");
    EXPECT_EQ(core::format_iso(entry.ended_at.value()), "2026-06-03T11:48:09.000000Z");
    EXPECT_EQ(entry.wallclock_s, 2728.114);
    EXPECT_EQ(entry.code_commit, "3f2a");
    EXPECT_EQ(entry.code_dirty, true);
    ASSERT_TRUE(entry.link && entry.tracker);
    EXPECT_EQ(entry.link->experiment_id, "E001");
    EXPECT_EQ(entry.link->experiment_path, "kb/E001-*.md");
    EXPECT_EQ(entry.link->hypothesis_id, "H001");
    EXPECT_FALSE(entry.link->sub_hypothesis_id);
    EXPECT_EQ(entry.tracker->backend, "wandb");
    EXPECT_EQ(entry.tracker->run_id, "r");
    EXPECT_EQ(entry.tracker->url, "https://u");
    EXPECT_EQ(entry.tracker->group, "g");
    EXPECT_EQ(entry.tracker->project, "p");
}

TEST(JobEntryTest, OrderAndSpacingAndUnknownMembersDoNotMatter) {
    const std::string text = R"({"zeta":[1,{"x":null}],"registered_machine":"cluster","promoted_at":"2026-06-03T11:48:10Z","status":"failed","statepoint":{"seed":0,"lr":3e-4,
        "condition":"warmup"},"job_id":")" + id_of(statepoint()).str() + R"(","schema_version":1})";
    const auto result = parse_job_entry(text, id_of(statepoint()));
    ASSERT_TRUE(result.ok()) << result.error().message();
    EXPECT_EQ(result.value().end, JobEnd::failed);
}

TEST(JobEntryTest, WordsForEnds) {
    for (const auto& [written, shown] : {std::pair{"complete", "completed"}, {"failed", "failed"}, {"abandoned", "abandoned"}, {"stopped", "stopped"}}) {
        const auto result = parsed(least().set("status", written));
        ASSERT_TRUE(result.ok()) << written;
        EXPECT_EQ(job_end_name(result.value().end), written);
        EXPECT_EQ(run_state_of(result.value().end), shown);
    }
    for (const char* other : {"running", "queued", "created", "completed", "", "Complete"}) { EXPECT_EQ(refused(least().set("status", other)), Errc::corrupt) << other; }
}

TEST(JobEntryTest, LaterSchemasAreRefusedBeforeAnythingElseIsLookedAt) {
    EXPECT_EQ(refused(least().set("schema_version", 2)), Errc::unsupported);
    EXPECT_EQ(refused(Json::object().set("schema_version", 99)), Errc::unsupported);
    EXPECT_EQ(refused(Json::object().set("schema_version", core::BigInteger{"99999999999999999999"})), Errc::unsupported);
    for (const Json& version : {Json(0), Json(-1), Json(1.0), Json("1"), Json(true), Json()}) { EXPECT_EQ(refused(least().set("schema_version", version)), Errc::corrupt); }
}

TEST(JobEntryTest, WhatMustBeThereIsThere) {
    for (const char* key : {"schema_version", "job_id", "statepoint", "status", "promoted_at", "registered_machine"}) {
        const Json whole = least();
        Json entry = Json::object();
        for (const auto& [name, value] : *whole.as_object()) {
            if (name != key) { entry.set(name, value); }
        }
        const auto result = parsed(entry);
        ASSERT_FALSE(result.ok()) << key;
        EXPECT_EQ(result.error().code(), Errc::corrupt);
        EXPECT_NE(result.error().message().find(key), std::string::npos) << result.error().message();
    }
}

TEST(JobEntryTest, MembersOfAnotherKindAreDamage) {
    for (const char* key : {"statepoint", "status", "promoted_at", "registered_machine", "started_at", "ended_at", "wallclock_s", "run_link", "tracker", "code_commit", "code_dirty", "job_id"}) {
        EXPECT_EQ(refused(least().set(key, Json::array())), Errc::corrupt) << key;
    }
    EXPECT_EQ(refused(least().set("started_at", "yesterday")), Errc::corrupt);
    EXPECT_EQ(refused(least().set("wallclock_s", -1)), Errc::corrupt);
    EXPECT_EQ(refused(least().set("run_link", Json::object())), Errc::corrupt);
    EXPECT_EQ(refused(least().set("tracker", Json::object().set("url", 1))), Errc::corrupt);
}

TEST(JobEntryTest, TheIdIsThatOfTheStatePoint) {
    const auto other = parsed_id(std::string(32, 'a'));
    EXPECT_EQ(parse_job_entry(core::to_json(least()), other).error().code(), Errc::corrupt);
    EXPECT_EQ(parse_job_entry(core::to_json(least().set("job_id", other.str())), other).error().code(), Errc::corrupt);
    EXPECT_EQ(refused(least().set("statepoint", statepoint().set("seed", 1))), Errc::corrupt);
    // 0 and 0.0 are different state points.
    EXPECT_EQ(refused(least().set("statepoint", statepoint().set("seed", 0.0))), Errc::corrupt);
}

TEST(JobEntryTest, WhatIsNoObjectIsDamage) {
    for (const char* text : {"", "[]", "null", "{", "{\"schema_version\": 1", "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> theirs\n", "{\"schema_version\": NaN}", "\x00\x01", "{}{}"}) {
        const auto result = parse_job_entry(text, id_of(statepoint()));
        ASSERT_FALSE(result.ok()) << text;
        EXPECT_EQ(result.error().code(), Errc::corrupt) << text;
    }
}

}  // namespace
}  // namespace runlake::ledger
