// SPDX-License-Identifier: Apache-2.0
// Plain scalars by the core schema of YAML 1.2.
#include "core/yaml_scalar.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>

namespace runlake::core {
namespace {

TEST(YamlScalar, Table) {
    const double infinity = std::numeric_limits<double>::infinity();
    const std::pair<std::string_view, Json> cases[] = {
        {"true", true},      {"True", true},        {"TRUE", true},       {"tRUE", "tRUE"},    {"false", false},       {"FALSE", false},
        {"yes", "yes"},      {"no", "no"},          {"on", "on"},         {"off", "off"},      {"y", "y"},             {"N", "N"},
        {"0", 0},            {"-1", -1},            {"+1", 1},            {"007", 7},          {"-007", -7},           {"-0", 0},
        {"0o17", 15},        {"0o8", "0o8"},        {"017", 17},          {"0x1F", 31},        {"0x", "0x"},           {"0o", "0o"},
        {"0b1", "0b1"},      {"1_000", "1_000"},    {"1:30", "1:30"},     {"1e3", 1000.0},     {"1E+3", 1000.0},       {"1e", "1e"},
        {".5", 0.5},         {"5.", 5.0},           {".", "."},           {"-.5", -0.5},       {"+.5e1", 5.0},         {"1.5e-1", 0.15},
        {"1.2.3", "1.2.3"},  {".inf", infinity},    {"-.INF", -infinity}, {"+.Inf", infinity}, {"inf", "inf"},         {"nan", "nan"},
        {"e3", "e3"},        {"-", "-"},            {"+", "+"},           {"--1", "--1"},      {"1 2", "1 2"},         {"0x1G", "0x1G"},
        {"-0x1F", "-0x1F"},  {"2001-12-14", "2001-12-14"}, {"1e-400", 0.0},
        {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
        {"9223372036854775808", BigInteger{"9223372036854775808"}},
        {"-00009223372036854775809", BigInteger{"-9223372036854775809"}},
        {"+18446744073709551616", BigInteger{"18446744073709551616"}},
        {"0xFFFFFFFFFFFFFFFF", BigInteger{"18446744073709551615"}},
    };
    for (const auto& [text, expected] : cases) {
        const auto value = resolve_yaml_scalar(text);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(*value, expected) << text << " is " << to_json(*value);
    }
    for (const std::string_view nan : {".nan", ".NaN", ".NAN"}) {
        const auto value = resolve_yaml_scalar(nan);
        ASSERT_TRUE(value && value->is_float());
        EXPECT_TRUE(std::isnan(*value->as_float()));
    }
}

TEST(YamlScalar, NumbersOutOfRangeAreNoValue) {
    for (const std::string_view text : {"1e999", "-1e999", "0x10000000000000000", "0o7777777777777777777777"}) {
        EXPECT_EQ(resolve_yaml_scalar(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace runlake::core
