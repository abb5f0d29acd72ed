// SPDX-License-Identifier: Apache-2.0
// Globs against a plain backtracking matcher; cuts and repairs of UTF-8.
#include <gtest/gtest.h>

#include "core/text.hpp"
#include "tests/support/random.hpp"

namespace runlake::core {
namespace {

using testing::Random;

// The definition, written down as it is said; exponential, so for short patterns only.
bool matches(std::string_view pattern, std::string_view path, bool at_start = true) {
    if (pattern.empty()) { return path.empty(); }
    if (at_start && pattern.starts_with("**/")) {
        for (std::size_t i = 0; i <= path.size(); ++i) {
            if ((i == 0 || path[i - 1] == '/') && matches(pattern.substr(3), path.substr(i), true)) { return true; }
        }
        return false;
    }
    if (pattern[0] == '*') {
        const bool crosses = pattern.starts_with("**");
        for (std::size_t i = 0; i <= path.size(); ++i) {
            if (matches(pattern.substr(crosses ? 2 : 1), path.substr(i), false)) { return true; }
            if (i < path.size() && path[i] == '/' && !crosses) { return false; }
        }
        return false;
    }
    if (path.empty() || (pattern[0] == '?' ? path[0] == '/' : path[0] != pattern[0])) { return false; }
    return matches(pattern.substr(1), path.substr(1), pattern[0] == '/');
}

TEST(GlobProperty, EqualsTheDefinition) {
    Random random;
    const std::vector<std::string> pieces = {"a", "b", "/", "*", "?", "**", "**/"};
    const std::vector<std::string> letters = {"a", "b", "/", "a"};
    std::size_t hits = 0;
    for (int i = 0; i < 200'000; ++i) {
        std::string pattern;
        std::string path;
        for (std::size_t n = random.below(6); n > 0; --n) {
            std::string piece = random.pick(pieces);
            if (piece[0] == '*' && pattern.ends_with('*')) { piece = "a"; }  // rows of stars are one; the definition does not say so
            pattern += piece;
        }
        for (std::size_t n = random.below(7); n > 0; --n) { path += random.pick(letters); }
        const bool expected = matches(pattern, path);
        hits += expected ? 1 : 0;
        ASSERT_EQ(glob_match(pattern, path), expected) << pattern << " on " << path << " (seed " << testing::test_seed() << ")";
    }
    EXPECT_GT(hits, 5'000U);
}

TEST(Utf8Property, CutsOfValidTextAreValidAndLongest) {
    Random random;
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = random.text();
        const std::size_t max = random.below(text.size() + 2);
        const std::string_view cut = cut_utf8(text, max);
        ASSERT_TRUE(text.starts_with(cut));
        ASSERT_LE(cut.size(), max);
        ASSERT_EQ(valid_utf8(cut), cut);
        // One more character would not have fitted.
        if (cut.size() < text.size()) {
            std::size_t next = cut.size() + 1;
            while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0U) == 0x80) { ++next; }
            ASSERT_GT(next, max);
        }
    }
}

TEST(Utf8Property, RepairedTextIsValidAndStays) {
    Random random;
    for (int i = 0; i < 20'000; ++i) {
        std::string text = random.text();
        for (std::size_t n = random.below(4); n > 0 && !text.empty(); --n) { text[random.below(text.size())] = static_cast<char>(random.bits()); }
        const std::string repaired = valid_utf8(text);
        ASSERT_EQ(valid_utf8(repaired), repaired);
        std::string quoted;
        append_json_string(quoted, text);
        auto read = parse_json(quoted, "quoted");
        ASSERT_TRUE(read.ok());
        ASSERT_EQ(read.value(), Json(repaired)) << "seed " << testing::test_seed();
    }
}

}  // namespace
}  // namespace runlake::core
