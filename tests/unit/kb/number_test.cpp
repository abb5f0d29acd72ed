// SPDX-License-Identifier: Apache-2.0
// Quoted numbers: what can be read, and that a metric agrees exactly as far as it was written.
#include "kb/number.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "core/text.hpp"

namespace runlake::kb {
namespace {

bool agree(std::string_view quoted, const core::Json& metric) {
    const auto number = parse_quoted(quoted);
    EXPECT_TRUE(number.ok()) << quoted;
    const auto decimal = decimal_of(metric);
    return number.ok() && decimal && agrees(number.value(), *decimal);
}

TEST(Number, HalfAUnitBothEndsIncluded) {
    EXPECT_TRUE(agree("0.30", 0.295));
    EXPECT_TRUE(agree("0.30", 0.305));
    EXPECT_TRUE(agree("0.30", 0.3));
    EXPECT_FALSE(agree("0.30", 0.2949999999999));
    EXPECT_FALSE(agree("0.30", 0.3050000000001));
    EXPECT_TRUE(agree("0.3", 0.25));
    EXPECT_TRUE(agree("0.3", 0.35));
    EXPECT_FALSE(agree("0.30", 0.35));
    // 0.345 is no double; as it is written it is half way.
    EXPECT_TRUE(agree("0.35", 0.345));
    EXPECT_TRUE(agree("0.34", 0.345));
    EXPECT_TRUE(agree("2", 1.5));
    EXPECT_TRUE(agree("2", 2.5));
    EXPECT_FALSE(agree("2", 2.51));
    EXPECT_TRUE(agree("-0.3", -0.25));
    EXPECT_FALSE(agree("-0.3", 0.3));
    EXPECT_TRUE(agree("0.0", -0.05));
    EXPECT_TRUE(agree("-0.0", 0.05));
}

TEST(Number, PercentScalesByAHundred) {
    EXPECT_TRUE(agree("3.1%", 0.031));
    EXPECT_TRUE(agree("3.1 %", 0.0305));
    EXPECT_TRUE(agree("3.1\\%", 0.0315));
    EXPECT_FALSE(agree("3.1%", 0.03151));
    EXPECT_FALSE(agree("3.1%", 3.1));
    EXPECT_TRUE(agree("100%", 1));
    EXPECT_TRUE(agree("100%", 0.995));
    EXPECT_FALSE(agree("100%", 0.99));
}

TEST(Number, ExponentsCountInTheUnit) {
    EXPECT_TRUE(agree("1.2e3", 1249));
    EXPECT_TRUE(agree("1.2e3", 1150));
    EXPECT_FALSE(agree("1.2e3", 1251));
    EXPECT_TRUE(agree("3e-4", 0.0003));
    EXPECT_TRUE(agree("3E-4", 0.00035));
    for (const char* text : {"3\xC3\x97" "10^-4", "3 \xC3\x97 10^-4", "3\\times10^{-4}", "3 \\cdot 10^{-4}", "3\xC3\x97" "10\xE2\x81\xBB\xE2\x81\xB4"}) { EXPECT_TRUE(agree(text, 0.0003)) << text; }
    EXPECT_TRUE(agree("1e300", 1.4e300));
    EXPECT_FALSE(agree("1e300", 1.6e300));
    EXPECT_TRUE(agree("1e-320", 1e-320));
    EXPECT_FALSE(agree("1e400", 1.0));
    EXPECT_FALSE(agree("1e-400", 1.0));
}

TEST(Number, MarksOfThousands) {
    for (const char* text : {"1,234,567", "1_234_567", "1'234'567", "1\xE2\x80\xAF" "234\xE2\x80\xAF" "567", "1{,}234{,}567", "1\\,234\\,567", "1234567"}) { EXPECT_TRUE(agree(text, 1234567)) << text; }
    EXPECT_TRUE(agree("1,234.5", 1234.46));
    EXPECT_FALSE(agree("1,234.5", 1234.44));
    for (const char* text : {"1,23", "12,34,567", "1,2345", "1234,567", "1,234_567", "0,5", "1,", ",123"}) { EXPECT_FALSE(parse_quoted(text).ok()) << text; }
}

TEST(Number, WhatIsNoNumber) {
    for (const char* text : {"", " ", "-", "+", ".", "e5", "1e", "1e+", "abc", "1.2.3", "0x10", "nan", "inf", "Infinity", "1 2", "%", "1%%", "--1", "1e401", "1e-401", "1e99999999999", "1\xC3\x97", "1\xC3\x97" "10^", "1\\times10^{3", "1e5x"}) {
        EXPECT_FALSE(parse_quoted(text).ok()) << text;
    }
    EXPECT_FALSE(parse_quoted(std::string(101, '1')).ok());
    EXPECT_FALSE(parse_quoted(std::string(100'000, '1')).ok());
    EXPECT_TRUE(parse_quoted(std::string(100, '1')).ok());
}

TEST(Number, MetricsThatAreNone) {
    EXPECT_FALSE(decimal_of(core::Json()).has_value());
    EXPECT_FALSE(decimal_of(core::Json("1")).has_value());
    EXPECT_FALSE(decimal_of(core::Json(true)).has_value());
    EXPECT_FALSE(decimal_of(core::Json(std::numeric_limits<double>::quiet_NaN())).has_value());
    EXPECT_FALSE(decimal_of(core::Json(std::numeric_limits<double>::infinity())).has_value());
    EXPECT_TRUE(agree("9007199254740993", core::Json(std::int64_t{9007199254740993})));
    EXPECT_FALSE(agree("9007199254740992", core::Json(std::int64_t{9007199254740993})));
    EXPECT_TRUE(agree("123456789012345678901234567890", core::Json(core::BigInteger{"123456789012345678901234567890"})));
}

// Against arithmetic with integers, where it is exact.
TEST(Number, AgreesAsIntegersDo) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 20'000; ++i) {
        const int decimals = static_cast<int>(random() % 4);
        std::int64_t unit = 1000;   // of thousandths
        for (int d = 0; d < decimals; ++d) { unit /= 10; }
        const std::int64_t quoted = (static_cast<std::int64_t>(random() % 2000) - 1000) * unit;
        const std::int64_t metric = quoted + static_cast<std::int64_t>(random() % 2400) - 1200;
        const std::string text = core::format_fixed(static_cast<double>(quoted) / 1000, decimals);
        const bool expected = 2 * std::abs(metric - quoted) <= unit;
        EXPECT_EQ(agree(text, static_cast<double>(metric) / 1000), expected) << text << ' ' << metric;
    }
}

std::string before(std::string_view text) {
    const auto span = number_before(text, text.size());
    return span ? std::string(text.substr(span->begin, span->end - span->begin)) : "";
}

TEST(Number, TheOneThatStandsBefore) {
    EXPECT_EQ(before("a loss of 2.31"), "2.31");
    EXPECT_EQ(before("a loss of **2.31** "), "2.31");
    EXPECT_EQ(before("(by 3.1 %)"), "3.1 %");
    EXPECT_EQ(before("from 2.40 to 2.31"), "2.31");
    EXPECT_EQ(before("-0.5"), "-0.5");
    EXPECT_EQ(before("0.2-0.3"), "0.3");
    EXPECT_EQ(before("| 1,234"), "1,234");
    EXPECT_EQ(before("\xE2\x89\x88" "2.31"), "2.31");
    EXPECT_EQ(before("about 1.5 \xC3\x97 10^-3"), "1.5 \xC3\x97 10^-3");
    EXPECT_EQ(before("$3.1\\%$"), "3.1\\%");
    EXPECT_EQ(before("version v2"), "");
    EXPECT_EQ(before("2.31 seconds"), "");
    EXPECT_EQ(before(""), "");
    EXPECT_EQ(before(std::string(100'000, '*')), "");
}

}  // namespace
}  // namespace runlake::kb
