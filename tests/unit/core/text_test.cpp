// SPDX-License-Identifier: Apache-2.0
// Splitting, trimming, UTF-8 cuts, and the nearest word.
#include "core/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace runlake::core {
namespace {

TEST(Text, CatJoinsPiecesAndNumbers) {
    const std::string owned = "b";
    EXPECT_EQ(cat("a", owned, 'c', -1, std::size_t{7}, std::string_view("d")), "abc-17d");
    EXPECT_EQ(cat(), "");
}

TEST(Text, Split) {
    using Pieces = std::vector<std::string_view>;
    EXPECT_EQ(split("a,,b", ','), (Pieces{"a", "", "b"}));
    EXPECT_EQ(split("", ','), (Pieces{""}));
    EXPECT_EQ(split(",", ','), (Pieces{"", ""}));
    EXPECT_EQ(split("a", ','), (Pieces{"a"}));
}

TEST(Text, TrimAndLower) {
    EXPECT_EQ(trim(" \t\r\n\v\f a b \n"), "a b");
    EXPECT_EQ(trim(" \n"), "");
    EXPECT_EQ(trim("\xC2\xA0"), "\xC2\xA0");
    EXPECT_EQ(lower_ascii("AbZ\xC3\x84[@"), "abz\xC3\x84[@");
}

TEST(Text, Join) {
    const std::string pieces[] = {"a", "", "b"};
    EXPECT_EQ(join(pieces, ", "), "a, , b");
    EXPECT_EQ(join({}, ", "), "");
}

TEST(CutUtf8, NeverSplitsASequence) {
    const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";  // lengths 1 2 3 4 1
    const std::size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (std::size_t max = 0; max < std::size(expected); ++max) { EXPECT_EQ(cut_utf8(text, max).size(), expected[max]) << max; }
}

TEST(CutUtf8, AFirstSequenceThatDoesNotFit) {
    EXPECT_EQ(cut_utf8("\xF0\x9F\x98\x80", 3), "");
    EXPECT_EQ(cut_utf8("\xE2\x82\xAC", 1), "");
    EXPECT_EQ(cut_utf8("", 5), "");
}

TEST(CutUtf8, InvalidBytesAreCutAnywhere) {
    const std::string text(10, '\x80');
    EXPECT_EQ(cut_utf8(text, 7).size(), 7U);
    EXPECT_EQ(cut_utf8("ab\xC3", 3).size(), 3U);
    EXPECT_EQ(cut_utf8("\xF0\x9Fzzz", 2).size(), 2U);
}

TEST(CutUtf8, ACutTextIsValidWhenTheWholeIs) {
    std::string text;
    for (int i = 0; i < 50; ++i) { text += "x\xC3\xA9\xF0\x9F\x98\x80\xE2\x82\xAC"; }
    for (std::size_t max = 0; max <= text.size(); ++max) {
        const std::string_view cut = cut_utf8(text, max);
        EXPECT_EQ(valid_utf8(cut), cut);
        EXPECT_LE(cut.size(), max);
        EXPECT_GT(cut.size() + 4, std::min(max, text.size()));
    }
}

TEST(ValidUtf8, ReplacesInvalidBytesAlone) {
    EXPECT_EQ(valid_utf8("a\xC3\xA9z"), "a\xC3\xA9z");
    EXPECT_EQ(valid_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
    EXPECT_EQ(valid_utf8("\xC3(\xA9"), "\xEF\xBF\xBD(\xEF\xBF\xBD");
    EXPECT_EQ(valid_utf8("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");           // overlong
    EXPECT_EQ(valid_utf8("\xE0\x80\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(valid_utf8("\xED\xBF\xBF"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
    EXPECT_EQ(valid_utf8("\xF4\x8F\xBF\xBF"), "\xF4\x8F\xBF\xBF");                  // U+10FFFF
    EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80").size(), 12U);
    EXPECT_EQ(valid_utf8(std::string_view("\0a", 2)), std::string_view("\0a", 2));
}

TEST(Nearest, FindsTheMistypedWord) {
    const std::string words[] = {"tail", "list", "show", "logs", "diff", "watch", "tag", "note", "rerun", "export"};
    const std::pair<std::string_view, std::string_view> cases[] = {{"lsit", "list"},   {"taill", "tail"}, {"exprot", "export"}, {"Show", "show"},
                                                                   {"wathc", "watch"}, {"expor", "export"}, {"tga", "tag"},     {"log", "logs"}};
    for (const auto& [typed, expected] : cases) { EXPECT_EQ(nearest(typed, words), expected) << typed; }
    for (const std::string_view far : {"", "x", "xyzzy", "watermelon", "ta--"}) { EXPECT_EQ(nearest(far, words), std::nullopt) << far; }
}

TEST(Nearest, TheFirstOfEquallyNearWins) {
    const std::string words[] = {"abcd", "abce"};
    EXPECT_EQ(nearest("abcf", words), "abcd");
    EXPECT_EQ(nearest("abce", words), "abce");
    EXPECT_EQ(nearest("a", {}), std::nullopt);
}

TEST(Nearest, LongWordsAreNotCompared) {
    const std::string words[] = {std::string(1'000'000, 'a')};
    EXPECT_EQ(nearest(std::string(1'000'000, 'a'), words), std::nullopt);
}

}  // namespace
}  // namespace runlake::core
