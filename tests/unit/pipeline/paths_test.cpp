// SPDX-License-Identifier: Apache-2.0
// Declared paths: what covers what; and templates.
#include "pipeline/paths.hpp"

#include <gtest/gtest.h>

#include "pipeline/template.hpp"

namespace runlake::pipeline {
namespace {

TEST(Paths, CoverFilesFoldersAndGlobs) {
    EXPECT_TRUE(covers("a/b.csv", "a/b.csv"));
    EXPECT_FALSE(covers("a/b.csv", "a/b.csv2"));
    EXPECT_TRUE(covers("a/", "a/b/c"));
    EXPECT_TRUE(covers("a", "a/b/c"));
    EXPECT_FALSE(covers("a/", "ab"));
    EXPECT_TRUE(covers("p/*/x.csv", "p/2019/x.csv"));
    EXPECT_FALSE(covers("p/*/x.csv", "p/a/b/x.csv"));
    EXPECT_TRUE(covers("p/**/x.csv", "p/a/b/x.csv"));
    EXPECT_TRUE(covers("p/**/x.csv", "p/x.csv"));
    EXPECT_TRUE(covers("p/*", "p/a/b"));
    EXPECT_FALSE(covers("p/*", "p/.hidden"));
    EXPECT_TRUE(covers("p/.*", "p/.hidden"));
    EXPECT_TRUE(covers("p/[ab]?.csv", "p/ax.csv"));
    EXPECT_FALSE(covers("p/a*a", "p/a"));
    EXPECT_TRUE(covers("**", "x/y"));
}

TEST(Paths, ReadsAreAboutWhatAFolderMayHold) {
    EXPECT_TRUE(is_about("m/x.json", "m/"));
    EXPECT_FALSE(is_about("m/x.json", "m"));
    EXPECT_TRUE(is_about("m/*/x.json", "m/a/"));
    EXPECT_FALSE(is_about("m/*/x.json", "n/a/"));
    EXPECT_TRUE(is_about("m/", "m/a/x"));
    EXPECT_FALSE(is_about("m/*.json", "m/a.csv"));
}

TEST(Paths, BeginWithTheirPlace) {
    const std::vector<std::string> roots{"DATA"};
    EXPECT_EQ(place_of("workspace:a/b", roots).place, Place::workspace);
    EXPECT_EQ(place_of("workspace:a/b", roots).path, "a/b");
    EXPECT_EQ(place_of("{DATA}/x", roots).root, "DATA");
    EXPECT_EQ(place_of("{DATA}/x", roots).path, "x");
    EXPECT_EQ(place_of("{DATA}x", roots).place, Place::run_dir);
    EXPECT_EQ(place_of("{fold}/x", roots).path, "{fold}/x");
}

TEST(Template, ExpandsOnceAndKeepsBraces) {
    const NameLookup lookup = [](std::string_view name) { return name == "a" ? std::optional<std::string>("{b}") : std::nullopt; };
    EXPECT_EQ(expand_template("x{a}{{a}}{b}", lookup), "x{b}{a}{b}");
    EXPECT_EQ(expand_partly("x{a}{{a}}{b}", lookup), "x{{b}}{{a}}{b}");
    EXPECT_EQ(escape_braces("a{b}"), "a{{b}}");
    EXPECT_FALSE(split_template("{a b}").ok());
    EXPECT_FALSE(split_template("{}").ok());
    EXPECT_FALSE(split_template("x}y").ok());
    EXPECT_TRUE(split_template("{{}}").ok());
}

}  // namespace
}  // namespace runlake::pipeline
