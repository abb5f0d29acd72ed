// SPDX-License-Identifier: Apache-2.0
// Numbers, durations and sizes.
#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/text.hpp"

namespace runlake::core {
namespace {

TEST(Duration, Units) {
    const std::pair<std::string_view, std::int64_t> cases[] = {{"10s", 10},        {"45m", 2'700}, {"12h", 43'200}, {"30d", 2'592'000},
                                                               {"2w", 1'209'600}, {"0s", 0},      {"007d", 604'800}};
    for (const auto& [text, seconds] : cases) {
        auto value = parse_duration_s(text);
        ASSERT_TRUE(value.ok()) << text;
        EXPECT_EQ(value.value(), seconds);
    }
}

TEST(Duration, RefusesAllElse) {
    for (const std::string_view bad : {"", "d", "30", "-1d", "+1d", "1.5h", "1 d", " 1d", "1d ", "1D", "1day", "1h30m", "9223372036854775807w",
                                       "99999999999999999999s", "1y", "0x1s"}) {
        auto value = parse_duration_s(bad);
        ASSERT_FALSE(value.ok()) << bad;
        EXPECT_EQ(value.error().code(), Errc::usage);
    }
    EXPECT_TRUE(parse_duration_s("9223372036854775807s").ok());
    EXPECT_FALSE(parse_duration_s("9223372036854775808s").ok());
}

TEST(Bytes, Units) {
    const std::pair<std::string_view, std::int64_t> cases[] = {{"4096", 4096},          {"1B", 1},
                                                               {"1kB", 1000},           {"1KB", 1000},
                                                               {"10GB", 10'000'000'000}, {"2TB", 2'000'000'000'000},
                                                               {"1KiB", 1024},          {"512MiB", 536'870'912},
                                                               {"3GiB", 3'221'225'472}, {"1TiB", 1'099'511'627'776}};
    for (const auto& [text, bytes] : cases) {
        auto value = parse_bytes(text);
        ASSERT_TRUE(value.ok()) << text;
        EXPECT_EQ(value.value(), bytes);
    }
    for (const std::string_view bad : {"", "GB", "-1", "1.5GB", "1 GB", "1gb", "1Gb", "9007199254740993TiB", "99999999999999999999"}) {
        EXPECT_FALSE(parse_bytes(bad).ok()) << bad;
    }
}

TEST(ParseInteger, WholeTextOnly) {
    EXPECT_EQ(parse_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(parse_integer("0"), 0);
    for (const std::string_view bad : {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "1e3"}) { EXPECT_EQ(parse_integer(bad), std::nullopt) << bad; }
}

TEST(ParseFloat, WholeTextOnly) {
    EXPECT_EQ(parse_float("0.1"), 0.1);
    EXPECT_EQ(parse_float("-1e3"), -1000.0);
    EXPECT_EQ(parse_float("inf"), std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(*parse_float("nan")));
    for (const std::string_view bad : {"", "-", "+1", " 1", "1 ", "1,5", "0x1p3", "1e", "abc", "1e400", "-1e400"}) { EXPECT_EQ(parse_float(bad), std::nullopt) << bad; }
}

TEST(ParseFloat, TooSmallIsZero) {
    EXPECT_EQ(parse_float("1e-400"), 0.0);
    EXPECT_EQ(parse_float("0." + std::string(500, '0') + "1"), 0.0);
    EXPECT_EQ(parse_float("1" + std::string(500, '0') + "e-900"), 0.0);
    EXPECT_EQ(parse_float("1" + std::string(500, '0')), std::nullopt);
    EXPECT_EQ(parse_float("0." + std::string(500, '0') + "1e900"), std::nullopt);
    EXPECT_TRUE(std::signbit(*parse_float("-1e-400")));
    EXPECT_EQ(parse_float("1e-99999999999999999999"), 0.0);
    EXPECT_EQ(parse_float("1e99999999999999999999"), std::nullopt);
}

TEST(FormatFloat, Shortest) {
    const std::pair<double, std::string_view> cases[] = {{0.1, "0.1"},       {1.0, "1"},      {-0.0, "-0"},      {100000.0, "100000"},
                                                         {1e16, "1e+16"},    {1e-5, "1e-05"}, {2.5e-10, "2.5e-10"},
                                                         {1234.5, "1234.5"}, {1e15, "1000000000000000"}};
    for (const auto& [value, text] : cases) {
        EXPECT_EQ(format_float(value), text);
        EXPECT_EQ(parse_float(text), value);
    }
    EXPECT_EQ(format_float(std::nan("")), "nan");
    EXPECT_EQ(format_float(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(FormatFixed, Decimals) {
    EXPECT_EQ(format_fixed(1.005, 2), "1.00");
    EXPECT_EQ(format_fixed(2.5, 0), "2");
    EXPECT_EQ(format_fixed(-0.04, 1), "-0.0");
    EXPECT_EQ(format_fixed(1234.5678, 3), "1234.568");
    EXPECT_EQ(format_fixed(1.0, -3), "1");
    EXPECT_EQ(format_fixed(std::numeric_limits<double>::max(), 1'000).size(), 309U + 1U + 100U);
    EXPECT_EQ(format_fixed(std::numeric_limits<double>::infinity(), 2), "inf");
}

TEST(GroupThousands, Commas) {
    const std::pair<std::int64_t, std::string_view> cases[] = {{0, "0"},           {999, "999"},           {1000, "1,000"},  {1234567, "1,234,567"},
                                                               {-999, "-999"},     {-1000, "-1,000"},      {-123456, "-123,456"},
                                                               {std::numeric_limits<std::int64_t>::min(), "-9,223,372,036,854,775,808"}};
    for (const auto& [value, text] : cases) { EXPECT_EQ(group_thousands(value), text); }
}

TEST(Numbers, DoNotFollowTheLocale) {
    const std::string before = std::setlocale(LC_ALL, nullptr);
    const char* german = std::setlocale(LC_ALL, "de_DE.UTF-8");
    const std::string fixed = format_fixed(1.5, 1);
    const auto parsed = parse_float("1.5");
    std::setlocale(LC_ALL, before.c_str());
    if (german == nullptr) { GTEST_SKIP() << "no German locale on this machine"; }
    EXPECT_EQ(fixed, "1.5");
    EXPECT_EQ(parsed, 1.5);
}

}  // namespace
}  // namespace runlake::core
