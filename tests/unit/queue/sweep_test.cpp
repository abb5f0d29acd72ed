// SPDX-License-Identifier: Apache-2.0
// The sweep grammar: what is read, what is refused, in which order combinations come.
#include "jobs/queue_sweep.hpp"

#include <gtest/gtest.h>

#include "core/yaml_scalar.hpp"

namespace runlake::jobs {
namespace {

using core::Json;

// As the command line types its words, without what is text in quotes: that is the caller's.
core::Result<Json> typed(std::string_view piece) {
    if (piece.size() >= 2 && piece.front() == '\'') { return Json(std::string(piece.substr(1, piece.size() - 2))); }
    if (piece == "null") { return Json(); }
    return core::resolve_yaml_scalar(piece).value_or(Json(std::string(piece)));
}

std::string read(std::string_view text) {
    const auto axes = parse_sweep(text, typed);
    if (!axes.ok()) { return "error: " + axes.error().message(); }
    std::string all;
    for (const SweepAxis& axis : axes.value()) {
        all += axis.key + ":";
        for (const Json& value : axis.values) { all += " " + core::to_json(value); }
        all += ";";
    }
    return all;
}

TEST(Sweep, RangesHoldBothEnds) {
    EXPECT_EQ(read("seed=0..3"), "seed: 0 1 2 3;");
    EXPECT_EQ(read("seed=-2..1"), "seed: -2 -1 0 1;");
    EXPECT_EQ(read("seed=7..7"), "seed: 7;");
    EXPECT_EQ(read("seed=9223372036854775806..9223372036854775807"), "seed: 9223372036854775806 9223372036854775807;");
}

TEST(Sweep, PiecesHaveTypes) {
    EXPECT_EQ(read("a=1|2.5|true|null|big"), "a: 1 2.5 true null \"big\";");
    EXPECT_EQ(read("a='1'|'true'"), "a: \"1\" \"true\";");
    EXPECT_EQ(read("a=1|1.0|'1'"), "a: 1 1.0 \"1\";");
}

TEST(Sweep, QuotesKeepCommasAndBars) {
    EXPECT_EQ(read("name='a, b'|'c|d',seed=1"), "name: \"a, b\" \"c|d\";seed: 1;");
    EXPECT_EQ(read("name='it''s, so',b=2"), "name: \"it''s, so\";b: 2;");
    EXPECT_EQ(read("who=d'Arc|x,b=1"), "who: \"d'Arc\" \"x\";b: 1;");
    EXPECT_EQ(read("eq=a=b|c=d"), "eq: \"a=b\" \"c=d\";");
}

TEST(Sweep, EmptyPiecesAreLeftOut) {
    EXPECT_EQ(read("a=1||2|"), "a: 1 2;");
    EXPECT_EQ(read(" a = 1 | 2 , b = x "), "a: 1 2;b: \"x\";");
}

TEST(Sweep, WhatMakesNoSenseIsRefused) {
    for (const std::string_view text : {"", "a", "=1", "a=", "a=|", "a=3..1", "a=1,a=2", "a=1,,b=2", "a='x", "a=\"x\\", "a=1|1", "a=0..99999999", "a=0.5..1.5", "a=0..999,b=0..999", "a=1,"}) {
        EXPECT_EQ(read(text).substr(0, 6), "error:") << text;
    }
    EXPECT_NE(read("a=3..1").find("ends before it begins"), std::string::npos);
    EXPECT_NE(read("a=1,a=2").find("swept twice"), std::string::npos);
}

TEST(Sweep, WhatAPieceIsRefusedForIsTold) {
    const auto axes = parse_sweep("a=nan", [](std::string_view) -> core::Result<Json> { return core::Error(core::Errc::usage, "no number"); });
    ASSERT_FALSE(axes.ok());
    EXPECT_EQ(axes.error().message(), "no number");
}

TEST(Sweep, TheLastKeyChangesFastest) {
    const auto axes = parse_sweep("b=1|2,a=x|y|z", typed);
    ASSERT_TRUE(axes.ok());
    std::string all;
    for (const Json& one : combinations(axes.value())) { all += core::to_json(one) + "\n"; }
    EXPECT_EQ(all, "{\"b\":1,\"a\":\"x\"}\n{\"b\":1,\"a\":\"y\"}\n{\"b\":1,\"a\":\"z\"}\n{\"b\":2,\"a\":\"x\"}\n{\"b\":2,\"a\":\"y\"}\n{\"b\":2,\"a\":\"z\"}\n");
    EXPECT_EQ(combinations({}).size(), 1U);
}

}  // namespace
}  // namespace runlake::jobs
