// SPDX-License-Identifier: Apache-2.0
// Columns that a terminal needs.
#include <gtest/gtest.h>

#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "core/utf8.hpp"

namespace runlake::core {
namespace {

TEST(DisplayWidth, KnownTexts) {
    const std::pair<std::string_view, std::size_t> cases[] = {
        {"", 0},
        {"abc", 3},
        {"\xC3\xA9", 1},                         // e acute
        {"e\xCC\x81", 1},                        // e and a combining acute
        {"\xE6\xBC\xA2\xE5\xAD\x97", 4},         // two Han characters
        {"\xED\x95\x9C", 2},                     // a Hangul syllable
        {"\xF0\x9F\x98\x80", 2},                 // an emoji
        {"\xEF\xBC\xA1", 2},                     // a full-width A
        {"\xEF\xBD\xB1", 1},                     // a half-width Katakana
        {"\xE2\x80\x8B", 0},                     // zero-width space
        {"a\xFF" "b", 3},                        // an invalid byte shows as one U+FFFD
        {"\xC2\xAD", 1},                         // soft hyphen
        {"\xF0\xA0\x80\x80", 2},                 // plane 2
        {"\xE0\xA4\xA8\xE0\xA5\x80", 2},         // a letter and a spacing mark
    };
    for (const auto& [text, width] : cases) { EXPECT_EQ(display_width(text), width) << text; }
}

TEST(DisplayWidth, EdgesOfTheRanges) {
    EXPECT_EQ(column_width(0x02FF), 1);
    EXPECT_EQ(column_width(0x0300), 0);
    EXPECT_EQ(column_width(0x036F), 0);
    EXPECT_EQ(column_width(0x0370), 1);
    EXPECT_EQ(column_width(0x10FF), 1);
    EXPECT_EQ(column_width(0x1100), 2);
    EXPECT_EQ(column_width(0x115F), 2);
    EXPECT_EQ(column_width(0x1160), 0);
    EXPECT_EQ(column_width(0x4DFF), 1);
    EXPECT_EQ(column_width(0x4E00), 2);
    EXPECT_EQ(column_width(0x3FFFD), 2);
    EXPECT_EQ(column_width(0x10FFFF), 1);
    EXPECT_EQ(column_width(0x1B), 0);
}

TEST(Utf8, EncodesWhatItDecodes) {
    for (char32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 97) {
        if (c >= 0xD800 && c <= 0xDFFF) { continue; }
        std::string text;
        append_utf8(text, c);
        const Utf8 back = decode_utf8(text, 0);
        ASSERT_EQ(back.code_point, c);
        ASSERT_EQ(back.bytes, text.size());
    }
}

}  // namespace
}  // namespace runlake::core
