// SPDX-License-Identifier: Apache-2.0
// The JSON writers: escapes, floats, indentation, Python's form.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/json.hpp"

namespace runlake::core {
namespace {

std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string canonical(const Json& value) {
    auto text = canonical_json(value);
    EXPECT_TRUE(text.ok());
    return text.ok() ? std::move(text).take() : "";
}

TEST(JsonWrite, EscapesWhatMustBe) {
    EXPECT_EQ(quoted(""), "\"\"");
    EXPECT_EQ(quoted("plain /text"), "\"plain /text\"");
    EXPECT_EQ(quoted("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
    EXPECT_EQ(quoted(std::string_view("\0\x01\x1F\x7F", 4)), "\"\\u0000\\u0001\\u001f\x7F\"");
    EXPECT_EQ(quoted("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
}

TEST(JsonWrite, ReplacesInvalidUtf8ByteByByte) {
    EXPECT_EQ(quoted("a\xFF" "b"), "\"a\xEF\xBF\xBD" "b\"");
    EXPECT_EQ(quoted("\xC3"), "\"\xEF\xBF\xBD\"");
    EXPECT_EQ(quoted("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonWrite, FloatsStayFloats) {
    EXPECT_EQ(to_json(Json(1.0)), "1.0");
    EXPECT_EQ(to_json(Json(0.1)), "0.1");
    EXPECT_EQ(to_json(Json(-0.0)), "-0.0");
    EXPECT_EQ(to_json(Json(std::nan(""))), "null");
    EXPECT_EQ(to_json(Json(std::numeric_limits<double>::infinity())), "null");
}

TEST(JsonWrite, IntegersAtTheirEdges) {
    EXPECT_EQ(to_json(Json(std::numeric_limits<std::int64_t>::min())), "-9223372036854775808");
    EXPECT_EQ(to_json(Json(std::numeric_limits<std::uint64_t>::max())), "18446744073709551615");
}

TEST(JsonWrite, PrettyIndentsByTwo) {
    Json value;
    value.set("a", Json(JsonArray{Json(1), Json::object()})).set("b", Json::array()).set("c", Json::object().set("d", "x"));
    EXPECT_EQ(to_json_pretty(value),
              "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": {\n    \"d\": \"x\"\n  }\n}\n");
    EXPECT_EQ(to_json_pretty(Json(1)), "1\n");
}

TEST(PythonFloat, HasReprsLayout) {
    const std::pair<double, std::string_view> cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {100.0, "100.0"},
        {123456.789, "123456.789"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {0.000012345, "1.2345e-05"},
        {1e15, "1000000000000000.0"},
        {9999999999999998.0, "9999999999999998.0"},
        {1e16, "1e+16"},
        {1.5e300, "1.5e+300"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {1e22, "1e+22"},
        {1e100, "1e+100"},
        {12345678901234567.0, "1.2345678901234568e+16"},
        {1.0 / 3.0, "0.3333333333333333"},
    };
    for (const auto& [value, text] : cases) { EXPECT_EQ(python_float(value), text); }
}

TEST(CanonicalJson, SortsKeysByCodePointAtEveryLevel) {
    Json inner;
    inner.set("z", 1).set("a", 2);
    Json value;
    value.set("b", inner).set("a", Json(JsonArray{inner})).set("B", Json()).set("\xF0\x9F\x98\x80", true).set("\xEF\xBF\xBD", false);
    EXPECT_EQ(canonical(value),
              R"({"B": null, "a": [{"a": 2, "z": 1}], "b": {"a": 2, "z": 1}, "\ufffd": false, "\ud83d\ude00": true})");
    auto kept = python_json(value);
    ASSERT_TRUE(kept.ok());
    EXPECT_EQ(kept.value(), R"({"b": {"z": 1, "a": 2}, "a": [{"z": 1, "a": 2}], "B": null, "\ud83d\ude00": true, "\ufffd": false})");
}

TEST(CanonicalJson, EscapesAllButPrintableAscii) {
    EXPECT_EQ(canonical(Json("a/\x7F\xC3\xA9\xF0\x9F\x98\x80\"\\\n\x01")), R"("a/\u007f\u00e9\ud83d\ude00\"\\\n\u0001")");
}

TEST(CanonicalJson, EmptyContainersAndBigIntegers) {
    EXPECT_EQ(canonical(Json::object()), "{}");
    EXPECT_EQ(canonical(Json::array()), "[]");
    EXPECT_EQ(canonical(Json(BigInteger{"123456789012345678901234567890"})), "123456789012345678901234567890");
}

TEST(CanonicalJson, RefusesWhatJsonCannotSay) {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const Json& value : {Json(std::nan("")), Json(infinity), Json(JsonArray{Json(-infinity)}), Json::object().set("a", infinity), Json("\xFF"),
                              Json::object().set("\xFF", 1)}) {
        auto text = canonical_json(value);
        ASSERT_FALSE(text.ok());
        EXPECT_EQ(text.error().code(), Errc::usage);
        EXPECT_FALSE(python_json(value).ok());
    }
}

}  // namespace
}  // namespace runlake::core
