// SPDX-License-Identifier: Apache-2.0
// Reading JSON: values, limits, and errors with their place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>

#include "core/json.hpp"

namespace runlake::core {
namespace {

using testing::HasSubstr;

Json read(std::string_view text) {
    auto value = parse_json(text, "a test");
    EXPECT_TRUE(value.ok()) << text << ": " << (value.ok() ? "" : value.error().message());
    return value.ok() ? std::move(value).take() : Json();
}

std::string refusal(std::string_view text, int max_depth = 200) {
    auto value = parse_json(text, "a test", max_depth);
    EXPECT_FALSE(value.ok()) << text;
    if (value.ok()) { return ""; }
    EXPECT_EQ(value.error().code(), Errc::corrupt);
    return value.error().message();
}

TEST(JsonRead, Values) {
    EXPECT_EQ(read("null"), Json());
    EXPECT_EQ(read(" true "), Json(true));
    EXPECT_EQ(read("-12"), Json(-12));
    EXPECT_EQ(read("1.0"), Json(1.0));
    EXPECT_EQ(read("1e2"), Json(100.0));
    EXPECT_EQ(read(R"("a\u00e9\ud83d\ude00\n")"), Json("a\xC3\xA9\xF0\x9F\x98\x80\n"));
    EXPECT_EQ(read("[]"), Json::array());
    EXPECT_EQ(read("{}"), Json::object());
    EXPECT_EQ(to_json(read("{\"b\": [1, {\"a\": null}], \"a\":\r\n\t2}")), R"({"b":[1,{"a":null}],"a":2})");
    EXPECT_EQ(read("[\"\\u0000\"]"), Json(JsonArray{Json(std::string(1, '\0'))}));
}

TEST(JsonRead, IntegersAreExactAtAnySize) {
    EXPECT_EQ(read("9223372036854775807"), Json(std::numeric_limits<std::int64_t>::max()));
    EXPECT_EQ(read("-9223372036854775808"), Json(std::numeric_limits<std::int64_t>::min()));
    for (const std::string text : {"9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
                                   "-123456789012345678901234567890"}) {
        const Json value = read(text);
        ASSERT_TRUE(value.is_big_integer()) << text;
        EXPECT_EQ(value.as_big_integer()->digits, text);
        EXPECT_EQ(to_json(value), text);
    }
    EXPECT_EQ(read("-0"), Json(0));
    EXPECT_TRUE(read("-0.0").is_float());
    EXPECT_TRUE(read("18446744073709551616.0").is_float());
}

TEST(JsonRead, FloatsOutsideOfTheirRange) {
    EXPECT_THAT(refusal("[1e999]"), HasSubstr("line 1, column 2: the number 1e999 is too large"));
    EXPECT_THAT(refusal(std::string(400, '9')), HasSubstr("too large"));
    EXPECT_EQ(read("1e-999"), Json(0.0));
}

TEST(JsonRead, RefusesWhatTheStandardDoesNotKnow) {
    for (const std::string_view bad : {"", " ", "nul", "NaN", "Infinity", "-Infinity", "+1", "01", "1.", ".5", "0x10", "'a'", "[1,]", "{\"a\":1,}", "{a:1}",
                                       "[1 2]", "{\"a\" 1}", "{1:2}", "// c\n1", "1 // c", "/* c */ 1", "[", "{", "\"", "\"\\x\"", "\"\\u12\"", "\"a\nb\"", "]",
                                       "1 2", "[]]", "{}{}", "true false", "\"\\ud800\"", "\"\\udc00x\"", "-"}) {
        EXPECT_FALSE(refusal(bad).empty());
    }
}

TEST(JsonRead, RefusesInvalidUtf8) {
    for (const std::string_view bad : {"\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"", "\"\xC3\"", "{\"\x80\":1}", "\xFF"}) {
        EXPECT_FALSE(refusal(bad).empty());
    }
}

TEST(JsonRead, ANulByteIsNoEnd) {
    EXPECT_THAT(refusal(std::string_view("1\0 garbage", 10)), HasSubstr("line 1, column 2: a NUL byte"));
    EXPECT_THAT(refusal(std::string_view("\0", 1)), HasSubstr("NUL"));
    EXPECT_THAT(refusal(std::string_view("\"a\0b\"", 5)), HasSubstr("NUL"));
}

TEST(JsonRead, RefusesDuplicateKeysWithTheirPlace) {
    EXPECT_THAT(refusal("{\"a\": 1,\n \"a\": 2}"), HasSubstr("reading a test: line 2, column 2: the key \"a\" stands twice"));
    EXPECT_THAT(refusal(R"({"a\"b":1,"a\"b":2})"), HasSubstr("column 11"));
    EXPECT_THAT(refusal(R"({"\u0061":1,"a":2})"), HasSubstr("column 13"));
    EXPECT_EQ(to_json(read(R"([{"a":{"a":1}},{"a":2}])")), R"([{"a":{"a":1}},{"a":2}])");
}

TEST(JsonRead, FindsDuplicatesInLargeObjects) {
    std::string text = "{";
    for (int i = 0; i < 20'000; ++i) { text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ","; }
    const Json value = read(text + "\"last\":0}");
    EXPECT_EQ(value.integer_at("k19999"), 19'999);
    EXPECT_THAT(refusal(text + "\"k3\":0}"), HasSubstr("\"k3\" stands twice"));
    EXPECT_THAT(refusal(text + "\"k19999\":0}"), HasSubstr("stands twice"));
}

TEST(JsonRead, DepthIsLimited) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(parse_json(nested(200), "x").ok());
    EXPECT_THAT(refusal(nested(201)), HasSubstr("column 201: it is nested more than 200 levels deep"));
    EXPECT_THAT(refusal(std::string(1'000'000, '[')), HasSubstr("nested"));
    EXPECT_THAT(refusal("[[1]]", 1), HasSubstr("more than 1 levels"));
    EXPECT_THAT(refusal("{\"a\":{}}", 1), HasSubstr("more than 1 levels"));
    EXPECT_TRUE(parse_json("1", "x", 0).ok());
    EXPECT_FALSE(parse_json("[]", "x", 0).ok());
}

TEST(JsonRead, ErrorsHaveLineAndColumn) {
    EXPECT_THAT(refusal("{\"a\": 1,\n  \"b\": oops}"), HasSubstr("line 2, column 8"));
    EXPECT_THAT(refusal("[1,\n2"), HasSubstr("line 2, column 2: the text ends too early"));
    EXPECT_THAT(refusal("[1}"), HasSubstr("line 1, column 3"));
}

}  // namespace
}  // namespace runlake::core
