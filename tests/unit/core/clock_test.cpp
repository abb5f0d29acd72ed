// SPDX-License-Identifier: Apache-2.0
// Times to and from text: leap years, edges of the range, offsets, what is refused.
#include "core/clock.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

namespace runlake::core {
namespace {

std::int64_t micros(std::string_view text) {
    auto at = parse_iso(text);
    EXPECT_TRUE(at.ok()) << text;
    return at.ok() ? at.value().micros : -1;
}

TEST(Time, WritesSixDecimalsAndZ) {
    EXPECT_EQ(format_iso({0}), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(format_iso({1'736'432'595'000'042}), "2025-01-09T14:23:15.000042Z");
    EXPECT_EQ(format_iso({-1}), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_stamp({1'736'432'595'999'999}), "20250109_142315");
}

TEST(Time, LeapYears) {
    EXPECT_EQ(micros("2000-02-29"), 951'782'400'000'000);
    EXPECT_EQ(format_iso({micros("2000-02-29T23:59:59.999999") + 1}), "2000-03-01T00:00:00.000000Z");
    EXPECT_EQ(format_iso({micros("1900-02-28T23:59:59.999999") + 1}), "1900-03-01T00:00:00.000000Z");
    EXPECT_EQ(format_iso({micros("2024-02-28T23:59:59.999999") + 1}), "2024-02-29T00:00:00.000000Z");
    EXPECT_EQ(format_iso({micros("2100-02-28T23:59:59.999999") + 1}), "2100-03-01T00:00:00.000000Z");
    EXPECT_EQ(format_iso({micros("2024-12-31T23:59:59.999999") + 1}), "2025-01-01T00:00:00.000000Z");
}

TEST(Time, EdgesOfTheRange) {
    EXPECT_EQ(format_iso({micros("9999-12-31T23:59:59.999999Z")}), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_iso({micros("0000-01-01")}), "0000-01-01T00:00:00.000000Z");
    EXPECT_EQ(format_stamp({micros("0000-03-01T01:02:03")}), "00000301_010203");
    EXPECT_EQ(format_iso({std::numeric_limits<std::int64_t>::max()}), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_iso({std::numeric_limits<std::int64_t>::min()}), "0000-01-01T00:00:00.000000Z");
    EXPECT_FALSE(parse_iso("9999-12-31T23:59:59-00:01").ok());
    EXPECT_FALSE(parse_iso("0000-01-01T00:00:00+00:01").ok());
}

TEST(Time, ReadsEveryForm) {
    const std::int64_t minute = micros("2025-01-09T14:23:00.000000Z");
    for (const std::string_view text : {"2025-01-09T14:23", "2025-01-09 14:23", "2025-01-09T14:23Z", "2025-01-09T14:23:00", "2025-01-09 14:23:00Z",
                                        "2025-01-09T14:23:00.0", "2025-01-09T16:23+02:00", "2025-01-09T08:53-05:30", "2025-01-09T14:23:00+00:00",
                                        "2025-01-10T14:22:00.000000+23:59"}) {
        EXPECT_EQ(micros(text), minute) << text;
    }
    EXPECT_EQ(micros("2025-01-09"), micros("2025-01-09T00:00:00Z"));
}

TEST(Time, FractionsAreCutToMicroseconds) {
    const std::int64_t second = micros("2025-01-09T14:23:15Z");
    EXPECT_EQ(micros("2025-01-09T14:23:15.5Z"), second + 500'000);
    EXPECT_EQ(micros("2025-01-09T14:23:15.000001"), second + 1);
    EXPECT_EQ(micros("2025-01-09T14:23:15.123456789Z"), second + 123'456);
    EXPECT_EQ(micros("2025-01-09T14:23:15.999999999"), second + 999'999);
}

TEST(Time, RefusesWhatIsNoTime) {
    for (const std::string_view bad :
         {"", "now", "2025", "2025-01", "2025-1-9", "2025-01-09T", "2025-01-09T14", "2025-01-09T1423", "2025-01-09T14:2", "2025-01-09T14:23:1",
          "2025-01-09T14:23:15.", "2025-01-09T14:23:15.1234567890", "2025-01-09T14:23:15,5", "2025-01-09T14:23:15z", "2025-01-09t14:23:15",
          "2025-01-09T14:23:15ZZ", "2025-01-09T14:23:15+0200", "2025-01-09T14:23:15+02", "2025-01-09T14:23:15+24:00", "2025-01-09T14:23:15+01:60",
          "2025-01-09T14:23:15 Z", " 2025-01-09", "2025-01-09 ", "2025/01/09", "-025-01-09", "+2025-01-09", "12025-01-09", "2025-01-09Z", "2025-01-09  14:23"}) {
        auto at = parse_iso(bad);
        ASSERT_FALSE(at.ok()) << bad;
        EXPECT_EQ(at.error().code(), Errc::usage);
    }
    EXPECT_FALSE(parse_iso(std::string_view("2025-01-09\0", 11)).ok());
}

TEST(Time, RefusesDaysAndHoursThatDoNotExist) {
    for (const std::string_view bad : {"2025-02-29", "1900-02-29", "2100-02-29", "2025-04-31", "2025-00-01", "2025-13-01", "2025-01-00", "2025-01-32",
                                       "2025-01-09T24:00:00", "2025-01-09T23:60:00", "2016-12-31T23:59:60Z"}) {
        auto at = parse_iso(bad);
        ASSERT_FALSE(at.ok()) << bad;
        EXPECT_NE(at.error().message().find("not exist"), std::string::npos) << at.error().message();
    }
}

TEST(Time, TextOrderIsTimeOrder) {
    const std::int64_t start = micros("1999-12-31T23:59:59.999990");
    for (std::int64_t i = 0; i < 20; ++i) { EXPECT_LT(format_iso({start + i}), format_iso({start + i + 1})); }
}

}  // namespace
}  // namespace runlake::core
