// SPDX-License-Identifier: Apache-2.0
// How two sides differ: every combination of what is here, there, and was agreed on.
#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "sync/drift.hpp"

namespace runlake::sync {
namespace {

constexpr std::int64_t k_time = 1000;

TreeFile file(const std::string& path, const std::string& content, std::int64_t time = k_time) {
    return {path, {.what = What::file, .bytes = content.size(), .mtime_ns = time, .executable = false, .stamp = {}}, core::sha256(content)};
}
Entry entry(const std::string& path, const std::string& content, bool planned = false, std::int64_t time = k_time) {
    return {.path = path, .digest = core::sha256(content), .bytes = content.size(), .mtime_ns = time, .planned = planned};
}
Tree tree(std::vector<TreeFile> files) { return {.is_there = true, .files = std::move(files), .passed_over = {}}; }
Knowledge knows(std::vector<Entry> entries, const std::string& writer = "me") { return {{Manifest{.kind = ManifestKind::segment, .writer = writer, .entries = std::move(entries)}}, "me"}; }

std::string said(const std::vector<Difference>& drift) {
    std::string text;
    for (const Difference& one : drift) {
        text += one.path + " " + std::string(state_name(one.state));
        if (one.state == State::newer) { text += one.newer == Newer::here ? " here" : " there"; }
        text += ";";
    }
    return text;
}

TEST(SyncDrift, WhatIsOnOneSideAlone) {
    EXPECT_EQ(said(compare(tree({file("a", "1"), file("b", "1")}), tree({file("b", "1"), file("c", "1")}), knows({}))), "a missing;c extra;");
    EXPECT_EQ(said(compare(tree({}), tree({}), knows({}))), "");
}

TEST(SyncDrift, WhatCameSinceStandsForWhatWasKnown) {
    auto known = knows({entry("a", "old"), entry("b", "b"), entry("d", "plan", true)});
    known.add({});
    known.add({entry("d", "plan"), entry("a", "new"), entry("c", "c"), entry("a", "newest")});
    for (const auto& [path, content] : {std::pair("a", "newest"), {"b", "b"}, {"c", "c"}, {"d", "plan"}}) {
        ASSERT_NE(known.own(path), nullptr) << path;
        EXPECT_EQ(known.own(path)->digest, core::sha256(content)) << path;
    }
    EXPECT_EQ(known.own("e"), nullptr);
    Tree there = tree({file("a", "newest"), file("c", "c")});
    for (auto& one : there.files) { one.digest.reset(); }
    known.tell(there);
    EXPECT_EQ(there.files[0].digest, core::sha256("newest"));
    EXPECT_EQ(there.files[1].digest, core::sha256("c"));
}

TEST(SyncDrift, NewerIsToldByWhatWasAgreedOnAndNotByTime) {
    for (const std::int64_t skew : {-1'000'000, 0, 1'000'000}) {
        EXPECT_EQ(said(compare(tree({file("a", "2", k_time + skew)}), tree({file("a", "1")}), knows({entry("a", "1")}))), "a newer here;");
        EXPECT_EQ(said(compare(tree({file("a", "1")}), tree({file("a", "2", k_time + skew)}), knows({entry("a", "1")}))), "a newer there;");
        EXPECT_EQ(said(compare(tree({file("a", "2")}), tree({file("a", "3", k_time + skew)}), knows({entry("a", "1")}))), "a differing;");
        EXPECT_EQ(said(compare(tree({file("a", "2")}), tree({file("a", "1", k_time + skew)}), knows({}))), "a differing;");
    }
    // What another writer agreed on says nothing about this side.
    EXPECT_EQ(said(compare(tree({file("a", "2")}), tree({file("a", "1")}), knows({entry("a", "1")}, "other"))), "a differing;");
}

TEST(SyncDrift, APlanCountsOnceItIsFulfilled) {
    // Sent, and killed before that was written down; then changed here again.
    EXPECT_EQ(said(compare(tree({file("a", "333")}), tree({file("a", "22")}), knows({entry("a", "1"), entry("a", "22", true)}))), "a newer here;");
    // Killed before it arrived: the agreement of before still stands.
    EXPECT_EQ(said(compare(tree({file("a", "22")}), tree({file("a", "1")}), knows({entry("a", "1"), entry("a", "22", true)}))), "a newer here;");
    // What stands there is of nobody that is known: this side left it half.
    Tree half = tree({file("a", "2")});
    half.files[0].digest.reset();
    EXPECT_EQ(said(compare(tree({file("a", "22")}), half, knows({entry("a", "22", true)}))), "a newer here;");
    EXPECT_EQ(said(compare(tree({file("a", "22")}), half, knows({}))), "a differing;");
}

TEST(SyncKnowledge, EntriesAreBelievedWhereTheListingAgreesAndNobodyContradicts) {
    Tree there = tree({file("a", "1"), file("b", "1"), file("c", "1")});
    for (TreeFile& one : there.files) { one.digest.reset(); }
    const Knowledge known({Manifest{.kind = ManifestKind::segment, .writer = "x", .entries = {entry("a", "1"), entry("b", "1", false, k_time + 1), entry("c", "1")}},
                           Manifest{.kind = ManifestKind::segment, .writer = "y", .entries = {entry("a", "1"), entry("c", "2")}}},
                          "me");
    known.tell(there);
    EXPECT_EQ(there.files[0].digest, core::sha256("1"));
    EXPECT_EQ(there.files[1].digest, std::nullopt) << "another time";
    EXPECT_EQ(there.files[2].digest, std::nullopt) << "two contents under one stamp";
}

}  // namespace
}  // namespace runlake::sync
