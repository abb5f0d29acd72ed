// SPDX-License-Identifier: Apache-2.0
#include "record/json_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "core/json.hpp"

namespace runlake::record {
namespace {

using namespace std::string_literals;

std::string string_of(std::string_view text) {
    JsonText cursor(text);
    std::string out;
    return cursor.string(out) && cursor.at_end() ? out : "refused";
}

bool is_sound(std::string_view text) {
    JsonText cursor(text);
    return cursor.skip() && cursor.at_end();
}

TEST(JsonText, Strings) {
    EXPECT_EQ(string_of(R"("plain")"), "plain");
    EXPECT_EQ(string_of(R"("")"), "");
    EXPECT_EQ(string_of(R"( "a\"\\\/\b\f\n\r\tz" )"), "a\"\\/\b\f\n\r\tz");
    EXPECT_EQ(string_of("\"é日😀\""), "é日😀");
    EXPECT_EQ(string_of(R"("\u00e9\u65E5\ud83d\ude00\u0000")"), "é日😀"s + '\0');
    for (const auto wrong : {"\"open", "\"a\nb\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u-123\"", "\"\\ud83d\"", "\"\\ud83dx\"", "\"\\ud83d\\u0041\"", "\"\\ude00\"", "\"\xff\"",
                             "\"\xed\xa0\x80\"", "\"\xc3\"", "\"\\", "'a'", "a", ""}) {
        EXPECT_EQ(string_of(wrong), "refused") << wrong;
    }
}

TEST(JsonText, Numbers) {
    const auto int64 = [](std::string_view text) {
        JsonText cursor(text);
        std::int64_t out = 0;
        return cursor.int64(out) && cursor.at_end() ? std::to_string(out) : "refused";
    };
    EXPECT_EQ(int64("0"), "0");
    EXPECT_EQ(int64("-9223372036854775808"), "-9223372036854775808");
    for (const auto wrong : {"9223372036854775808", "1.0", "1e2", "01", "-", "+1", " ", "1x", "--1", "0x1"}) { EXPECT_EQ(int64(wrong), "refused") << wrong; }
    JsonText huge("18446744073709551615");
    std::uint64_t natural = 0;
    EXPECT_TRUE(huge.uint64(natural));
    EXPECT_EQ(natural, std::numeric_limits<std::uint64_t>::max());
    EXPECT_FALSE(JsonText("-1").uint64(natural));
    for (const auto& [text, value] : std::map<std::string, double>{{"0.1", 0.1}, {"-1e-300", -1e-300}, {"12", 12}, {"5e-324", 5e-324}, {"1.5E+3", 1500}}) {
        JsonText cursor(text);
        double out = 0;
        EXPECT_TRUE(cursor.float64(out)) << text;
        EXPECT_EQ(out, value);
    }
    double real = 0;
    for (const auto wrong : {"1e999", ".5", "1.", "1e", "1e+", "nan", "inf", "-"}) { EXPECT_FALSE(JsonText(wrong).float64(real) && std::isfinite(real)) << wrong; }
}

TEST(JsonText, ObjectsAndArrays) {
    JsonText cursor(R"( { "a" : 1 , "skipped" : [ {"x":[]} , null , true ] , "b" : [ "p" , "q" ] } )");
    std::string seen;
    EXPECT_TRUE(cursor.each_member([&](std::string_view key, JsonText& value) {
        seen += key;
        std::int64_t number = 0;
        if (key == "a") { return value.int64(number) && number == 1; }
        if (key == "b") {
            return value.each_element([&](JsonText& item) {
                std::string text;
                const bool good = item.string(text);
                seen += text;
                return good;
            });
        }
        return true;
    }));
    EXPECT_TRUE(cursor.at_end());
    EXPECT_EQ(seen, "askippedbpq");
}

// The two readers of this project must agree on what JSON is.
TEST(JsonText, AgreesWithTheTreeReaderOnWhatIsSound) {
    for (const std::string text :
         {"{}", "[]", "[1,2,[3]]", "{\"a\":{\"b\":[]}}", "true", "null", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "{\"a\":1}}", "[", "{", "]", "tru", "nulll",
          "[nul]", "[true false]", "-0", "[-0.0e0]", "\"\\ud83d\\ude00\"", "[\"\x01\"]", "{\"a\":1 \"b\":2}", "1 1", "[[[[[[]]]]]]", "{\"\":\"\"}"}) {
        EXPECT_EQ(is_sound(text), core::parse_json(text, "text").ok()) << text;
    }
}

TEST(JsonText, DepthIsLimited) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(is_sound(nested(500)));
    EXPECT_FALSE(is_sound(nested(100'000)));
    EXPECT_FALSE(is_sound(std::string(1'000'000, '[')));
}

// Every cut of a sound text is refused, and none is read past its end (as the sanitizers would say).
TEST(JsonText, EveryPrefixIsRefused) {
    const std::string text = R"({"kind":"log","n":12,"x":[1.5e3,true,null,"\u00e9\n"],"t":{"a":"é"}})";
    for (std::size_t size = 0; size < text.size(); ++size) {
        const std::string cut(text, 0, size);
        EXPECT_FALSE(is_sound(cut)) << cut;
    }
    EXPECT_TRUE(is_sound(text));
}

}  // namespace
}  // namespace runlake::record
