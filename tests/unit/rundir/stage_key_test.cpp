// SPDX-License-Identifier: Apache-2.0
// Keys of stages: what changes them, what does not, and how two are told apart.
#include "rundir/stage_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rundir/parts.hpp"

namespace runlake::rundir {
namespace {

std::vector<KeyComponent> components() {
    return {{ComponentKind::stage, "fit", "1"},          {ComponentKind::command, "argv", "[\"python3\",\"fit.py\"]"}, {ComponentKind::param, "alpha", "0.1"},
            {ComponentKind::env, "LANG", std::nullopt},  {ComponentKind::dimension, "fold", "2020"},               {ComponentKind::input, "b.csv", "file/1:00"},
            {ComponentKind::input, "a.csv", "file/1:01"}, {ComponentKind::output, "models/", std::nullopt}};
}

core::Digest key_of(std::vector<KeyComponent> list) {
    const auto key = make_stage_key(std::move(list));
    EXPECT_TRUE(key.ok());
    return key.ok() ? key.value().key : core::sha256("");
}

// nf-core/mag #280: inputs in another order gave another hash.
TEST(StageKey, OrderOfInputsDoesNotMatterMag280) {
    std::vector<KeyComponent> list = components();
    const core::Digest first = key_of(list);
    std::sort(list.begin(), list.end());
    do { ASSERT_EQ(key_of(list), first); } while (std::next_permutation(list.begin(), list.begin() + 4));
    std::reverse(list.begin(), list.end());
    EXPECT_EQ(key_of(list), first);
}

// DVC #9913: removing a parameter did not retrigger the stage. So for each kind: removed, renamed, changed, emptied, made absent.
TEST(StageKey, EveryChangeOfAComponentChangesTheKeyDvc9913) {
    const std::vector<KeyComponent> list = components();
    const core::Digest first = key_of(list);
    for (std::size_t i = 0; i < list.size(); ++i) {
        std::vector<KeyComponent> other = list;
        other.erase(other.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_NE(key_of(other), first) << "removed " << i;
        other = list;
        other[i].name += "x";
        EXPECT_NE(key_of(other), first) << "renamed " << i;
        other = list;
        other[i].value = other[i].value ? *other[i].value + "x" : "x";
        EXPECT_NE(key_of(other), first) << "changed " << i;
        other = list;
        other[i].value = other[i].value ? std::nullopt : std::optional<std::string>("");
        EXPECT_NE(key_of(other), first) << "absent or empty " << i;
    }
}

TEST(StageKey, PiecesThatRunTogetherDiffer) {
    EXPECT_NE(key_of({{ComponentKind::param, "ab", "c"}}), key_of({{ComponentKind::param, "a", "bc"}}));
    EXPECT_NE(key_of({{ComponentKind::param, "a", "1"}}), key_of({{ComponentKind::env, "a", "1"}}));
    EXPECT_NE(key_of({{ComponentKind::param, "a", "1"}, {ComponentKind::param, "b", std::nullopt}}), key_of({{ComponentKind::param, "a", "1"}}));
}

TEST(StageKey, ValueIsKeptForEver) {
    // The recipe: whoever changes this changes keys that are stored, and has to give it another version.
    EXPECT_EQ(key_of({{ComponentKind::param, "alpha", "0.1"}, {ComponentKind::input, "a", "file/1:00"}, {ComponentKind::env, "X", std::nullopt}}).hex(),
              core::FieldHash("stage/1").field("kind", "param").field("name", "alpha").field("value", "0.1").field("kind", "env").field("name", "X").absent("value")
                  .field("kind", "input").field("name", "a").field("value", "file/1:00").finish().hex());
}

TEST(StageKey, OneComponentTwiceIsRefused) {
    const auto key = make_stage_key({{ComponentKind::param, "a", "1"}, {ComponentKind::param, "a", "2"}});
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().code(), core::Errc::usage);
    EXPECT_THAT(key.error().message(), ::testing::HasSubstr("param \"a\" is given twice"));
}

TEST(StageKey, SecretsAreKeptAsDigests) {
    const auto key = make_stage_key({{ComponentKind::env, "API_TOKEN", "hush"}, {ComponentKind::command, "argv", "[\"x\",\"--password=hush\"]"}, {ComponentKind::param, "alpha", "hush"}});
    const auto other = make_stage_key({{ComponentKind::env, "API_TOKEN", "hash"}, {ComponentKind::command, "argv", "[\"x\",\"--password=hush\"]"}, {ComponentKind::param, "alpha", "hush"}});
    ASSERT_TRUE(key.ok() && other.ok());
    EXPECT_NE(key.value().key, other.value().key);
    EXPECT_EQ(key.value().components[1].value, "hush");
    for (const std::size_t hidden : {0U, 2U}) {
        EXPECT_TRUE(key.value().components[hidden].value->starts_with("hidden/1:")) << *key.value().components[hidden].value;
        EXPECT_EQ(key.value().components[hidden].value->find("hush"), std::string::npos);
    }
    // The key of what is stored, so that a reader can check it.
    EXPECT_EQ(hash_components("stage/1", key.value().components), key.value().key);
}

TEST(StageKey, ComponentsSurviveJson) {
    const auto key = make_stage_key(components());
    ASSERT_TRUE(key.ok());
    const auto read = parse_components(to_json(key.value().components), "test");
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(read.value(), key.value().components);
}

TEST(StageKey, ComponentsThatAreNone) {
    for (const char* text : {"{}", "[1]", R"([{"kind":"param","name":"a"}])", R"([{"kind":"parameter","name":"a","value":null}])", R"([{"kind":"param","value":"x"}])",
                             R"([{"kind":"param","name":"a","value":1}])", R"([{"kind":"param","name":"b","value":"1"},{"kind":"param","name":"a","value":"1"}])",
                             R"([{"kind":"param","name":"a","value":"1"},{"kind":"param","name":"a","value":"1"}])"}) {
        const auto read = parse_components(core::parse_json(text, "test").value_or({}), "test");
        ASSERT_FALSE(read.ok()) << text;
        EXPECT_EQ(read.error().code(), core::Errc::corrupt);
    }
}

TEST(StageKey, DifferencesByKindAndName) {
    auto before = make_stage_key({{ComponentKind::param, "alpha", "0.1"}, {ComponentKind::param, "beta", "1"}, {ComponentKind::input, "a", "file/1:00"}, {ComponentKind::env, "E", std::nullopt}});
    auto after = make_stage_key({{ComponentKind::param, "alpha", "0.2"}, {ComponentKind::param, "gamma", "1"}, {ComponentKind::input, "a", "file/1:00"}, {ComponentKind::env, "E", ""}});
    ASSERT_TRUE(before.ok() && after.ok());
    const auto changes = compare(before.value().components, after.value().components);
    ASSERT_EQ(changes.size(), 4U);
    EXPECT_EQ(changes[0].name, "alpha");
    EXPECT_EQ(changes[0].before, "0.1");
    EXPECT_EQ(changes[0].after, "0.2");
    EXPECT_EQ(changes[1].name, "beta");
    EXPECT_FALSE(changes[1].is_there);
    EXPECT_EQ(changes[2].name, "gamma");
    EXPECT_FALSE(changes[2].was_there);
    EXPECT_EQ(changes[3].name, "E");
    EXPECT_TRUE(changes[3].was_there && changes[3].is_there);
    EXPECT_EQ(changes[3].before, std::nullopt);
    EXPECT_EQ(changes[3].after, "");
    EXPECT_TRUE(compare(before.value().components, before.value().components).empty());
}

}  // namespace
}  // namespace runlake::rundir
