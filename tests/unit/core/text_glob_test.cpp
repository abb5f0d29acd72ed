// SPDX-License-Identifier: Apache-2.0
// Shell-style patterns: what they match, and that no pattern takes exponential time.
#include <gtest/gtest.h>

#include <string>

#include "core/text.hpp"

namespace runlake::core {
namespace {

struct Case {
    std::string_view pattern;
    std::string_view path;
    bool matches;
};

TEST(Glob, Table) {
    const Case cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "a", true},
        {"a", "A", false},
        {"*", "", true},
        {"*", "abc", true},
        {"*", "a/b", false},
        {"*.csv", "x.csv", true},
        {"*.csv", ".csv", true},
        {"*.csv", "d/x.csv", false},
        {"d/*.csv", "d/x.csv", true},
        {"d/*", "d/e/f", false},
        {"a*b*c", "aXbYc", true},
        {"a*b*c", "abcbc", true},
        {"a*b*c", "ab", false},
        {"?", "a", true},
        {"?", "", false},
        {"?", "/", false},
        {"?", "\xC3\xA9", true},
        {"??", "\xC3\xA9", false},
        {"?", "\xFF", true},
        {"**", "", true},
        {"**", "a/b/c", true},
        {"**/x", "x", true},
        {"**/x", "a/b/x", true},
        {"**/x", "ax", false},
        {"**/x", "a/bx", false},
        {"a/**/b", "a/b", true},
        {"a/**/b", "a/x/y/b", true},
        {"a/**/b", "a/xb", false},
        {"a/**/b", "ab", false},
        {"a/**", "a/b/c", true},
        {"a/**", "a/", true},
        {"a/**", "a", false},
        {"a/**", "ab/c", false},
        {"**.csv", "a/b.csv", true},
        {"a**c", "a/b/c", true},
        {"***", "a/b", true},
        {"**/*.csv", "a/b/x.csv", true},
        {"**/*.csv", "x.csv", true},
        {"**/a/**/b", "z/a/q/a/r/b", true},
        {"**/a/**/b", "z/q/b", false},
        {"[a-c]", "b", true},
        {"[a-c]", "d", false},
        {"[!a-c]", "d", true},
        {"[^a-c]", "b", false},
        {"[!a]", "/", false},
        {"[a/]", "/", false},
        {"[]]", "]", true},
        {"[]a]", "a", true},
        {"[!]]", "]", false},
        {"[a-]", "-", true},
        {"[-a]", "-", true},
        {"[\\]]", "]", true},
        {"[\xC3\xA0-\xC3\xBF]", "\xC3\xA9", true},
        {"[\xC3\xA0-\xC3\xBF]", "e", false},
        {"[ab", "[ab", true},
        {"[ab", "a", false},
        {"a[", "a[", true},
        {"[", "[", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"\\\\", "\\", true},
        {"a\\", "a\\", true},
        {"\xFF", "\xFF", true},
        {"\xFF", "\xFE", false},
    };
    for (const Case& c : cases) { EXPECT_EQ(glob_match(c.pattern, c.path), c.matches) << c.pattern << " on " << c.path; }
}

// Backtracking would take 2^n steps for these; walking all states at once takes pattern times path.
TEST(Glob, NoPatternIsExponential) {
    std::string stars;
    std::string folders;
    for (int i = 0; i < 200; ++i) {
        stars += "*a";
        folders += "**/a*/";
    }
    const std::string path(4'000, 'a');
    EXPECT_FALSE(glob_match(stars + "b", path));
    EXPECT_TRUE(glob_match(stars, path));
    std::string deep;
    for (int i = 0; i < 500; ++i) { deep += "aa/"; }
    EXPECT_FALSE(glob_match(folders + "b", deep));
    EXPECT_TRUE(glob_match(folders, deep));
}

TEST(Glob, ManyUnclosedSetsAreNotSearchedAgain) {
    const std::string pattern(100'000, '[');
    EXPECT_TRUE(glob_match(pattern, pattern.substr(0, 0)) == false);
    EXPECT_FALSE(glob_match(pattern, "["));
}

}  // namespace
}  // namespace runlake::core
