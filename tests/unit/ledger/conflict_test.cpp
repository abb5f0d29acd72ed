// SPDX-License-Identifier: Apache-2.0
// Both sides of a merge, and which of two entries stands.
#include "ledger/conflict.hpp"

#include <gtest/gtest.h>

#include "core/digest.hpp"
#include "core/json.hpp"

namespace runlake::ledger {
namespace {

using core::Errc;
using core::Json;

constexpr std::string_view k_id = "42b7b4f2921788ea14dac5566e6f06d0";  // of {"a": 1}

std::string entry(const std::string& machine, const std::string& status, const std::string& ended, const std::string& promoted) {
    Json json = Json::object();
    json.set("schema_version", 1).set("job_id", k_id).set("statepoint", Json::object().set("a", 1)).set("status", status).set("registered_machine", machine);
    if (!ended.empty()) { json.set("ended_at", "2026-06-03T" + ended + "Z"); }
    return core::to_json(json.set("promoted_at", "2026-06-03T" + promoted + "Z"));
}

std::string stands(const std::string& a, const std::string& b) {
    const auto one = merge_texts(TextKind::job, k_id, a, b);
    const auto other = merge_texts(TextKind::job, k_id, b, a);
    EXPECT_TRUE(one.ok() && other.ok());
    EXPECT_EQ(one.value(), other.value()) << "the order decides";
    return one.value();
}

TEST(Conflict, ATextWithoutMarkersIsOneText) {
    for (const std::string_view text : {"", "{}\n", "a\n=======\nb\n", "a <<<<<<< b\n", "<<<<<<<x\n"}) {
        const auto sides = split_conflict(text);
        ASSERT_TRUE(sides.ok()) << text;
        EXPECT_FALSE(sides.value().has_value()) << text;
    }
}

TEST(Conflict, BothSidesAreWholeTexts) {
    const auto sides = split_conflict("{\n<<<<<<< HEAD\n1\n=======\n2\n3\n>>>>>>> x\n,\n<<<<<<< HEAD\n=======\n4\n>>>>>>> x\n}\n");
    ASSERT_TRUE(sides.ok() && sides.value());
    EXPECT_EQ(sides.value()->ours, "{\n1\n,\n}\n");
    EXPECT_EQ(sides.value()->theirs, "{\n2\n3\n,\n4\n}\n");
}

TEST(Conflict, TheAncestorOfDiff3IsPassedOverAndCarriageReturnsAreMarkersToo) {
    const auto sides = split_conflict("<<<<<<< HEAD\r\n1\r\n||||||| base\r\n0\r\n=======\r\n2\r\n>>>>>>> x\r\n");
    ASSERT_TRUE(sides.ok() && sides.value());
    EXPECT_EQ(sides.value()->ours, "1\r\n");
    EXPECT_EQ(sides.value()->theirs, "2\r\n");
}

TEST(Conflict, MarkersThatDoNotPairAreSaid) {
    for (const std::string_view text : {"<<<<<<< HEAD\n1\n", "<<<<<<< HEAD\n1\n=======\n2\n"}) { EXPECT_EQ(split_conflict(text).error().code(), Errc::corrupt) << text; }
}

TEST(Standing, OfTwoMachinesACompleteOneThenTheOneThatEndedFirst) {
    const std::string complete = entry("b", "complete", "12:00:00", "12:00:01");
    EXPECT_EQ(stands(complete, entry("a", "failed", "11:00:00", "11:00:01")), complete);
    EXPECT_EQ(stands(complete, entry("a", "complete", "12:30:00", "11:00:01")), complete);
    EXPECT_EQ(stands(complete, entry("a", "complete", "", "11:00:01")), complete);
    EXPECT_EQ(stands(complete, entry("a", "complete", "12:00:00", "12:00:02")), complete);
    EXPECT_EQ(stands(complete, entry("c", "complete", "12:00:00", "12:00:01")), complete);
}

TEST(Standing, TheLaterWordOfOneMachineCorrectsItsEarlierOne) {
    const std::string later = entry("a", "failed", "12:00:00", "12:00:02");
    EXPECT_EQ(stands(later, entry("a", "complete", "11:00:00", "12:00:01")), later);
}

TEST(Standing, WhatCantBeReadLosesAndWhatIsLaterIsNotTouched) {
    const std::string good = entry("a", "complete", "", "12:00:00");
    EXPECT_EQ(merge_texts(TextKind::job, k_id, "{", good).value_or(""), good);
    EXPECT_EQ(merge_texts(TextKind::job, k_id, good, "[]").value_or(""), good);
    EXPECT_EQ(merge_texts(TextKind::job, k_id, "{", "").error().code(), Errc::corrupt);
    EXPECT_EQ(merge_texts(TextKind::job, k_id, good, "{\"schema_version\": 2}").error().code(), Errc::unsupported);
    EXPECT_EQ(merge_texts(TextKind::run, "0123abcd-0000-4000-8000-000000000001", good, good).error().code(), Errc::corrupt);
}

TEST(Claim, IsToldByTheMembers) {
    EXPECT_EQ(claim_of(entry("a", "complete", "", "12:00:00")).value_or({TextKind::run, ""}).id, k_id);
    EXPECT_EQ(claim_of(R"({"schema":"runlake.extra/1","id":"x"})").value_or({TextKind::run, ""}).kind, TextKind::extra);
    for (const std::string_view text : {"", "{}", "[]", R"({"schema":"runlake.run/1"})", R"({"schema_version":1})", R"({"schema":"runlake.pack/1","id":"x"})"}) {
        EXPECT_EQ(claim_of(text).error().code(), Errc::corrupt) << text;
    }
}

}  // namespace
}  // namespace runlake::ledger
