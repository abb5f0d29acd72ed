// SPDX-License-Identifier: Apache-2.0
// Reading YAML: structure, anchors, merge keys, positions, and what is refused.
#include "core/yaml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace runlake::core {
namespace {

using testing::HasSubstr;

YamlDocument read(std::string_view text) {
    auto document = parse_yaml(text, "a test");
    EXPECT_TRUE(document.ok()) << text << ": " << (document.ok() ? "" : document.error().message());
    return document.ok() ? std::move(document).take() : YamlDocument{};
}

std::string as_json(std::string_view text) { return to_json(read(text).root); }

std::string refusal(std::string_view text) {
    auto document = parse_yaml(text, "a test");
    EXPECT_FALSE(document.ok()) << text.substr(0, 200);
    if (document.ok()) { return ""; }
    EXPECT_EQ(document.error().code(), Errc::corrupt);
    EXPECT_THAT(document.error().message(), HasSubstr("reading a test: "));
    return document.error().message();
}

TEST(Yaml, EmptyTextsAreNull) {
    for (const std::string_view text : {"", "\n\n", "# only a comment\n", "---\n", "~", "null"}) { EXPECT_TRUE(read(text).root.is_null()) << text; }
}

TEST(Yaml, CoreSchema) {
    EXPECT_EQ(as_json("[no, on, yes, 0o17, 1e3, ~, null, true, 1, 1.0, x, '']"), R"(["no","on","yes",15,1000.0,null,null,true,1,1.0,"x",""])");
    EXPECT_EQ(as_json("a:\nb: \"\"\nc: ''\n"), R"({"a":null,"b":"","c":""})");
}

TEST(Yaml, QuotedAndBlockScalarsAreTexts) {
    EXPECT_EQ(as_json("['1', \"true\", 'null', \"~\", '.inf']"), R"(["1","true","null","~",".inf"])");
    EXPECT_EQ(as_json("a: |\n  1\nb: >-\n  true\n"), R"({"a":"1\n","b":"true"})");
    EXPECT_EQ(as_json("a: |+\n  1\n\n"), R"({"a":"1\n\n"})");
    EXPECT_EQ(as_json("a: |-\n  1"), R"({"a":"1"})");
    EXPECT_EQ(as_json("a: x\n  y"), R"({"a":"x y"})");
    EXPECT_EQ(as_json("[\"a\\tb\\u00e9\", 'it''s']"), "[\"a\\tb\xC3\xA9\",\"it's\"]");
}

TEST(Yaml, Tags) {
    EXPECT_EQ(as_json("[!!str 1, !!int 2, !!float 3, !!bool true, !!null ~, ! 4, !!seq [5], !!map {a: 6}]"),
              R"(["1",2,3.0,true,null,"4",[5],{"a":6}])");
    for (const std::string_view bad : {"!!int x", "!!bool 1", "!!float x", "!!null x", "!custom 1", "!!binary aGk=", "!!python/object:os.system x",
                                       "!!set {a}", "!!omap [a: 1]", "!thing {a: 1}", "!!seq {a: 1}", "!!map [1]", "!!timestamp 2001-12-14"}) {
        EXPECT_THAT(refusal(bad), HasSubstr("line 1, column 1"));
    }
}

TEST(Yaml, KeysAreTextsAsTheyAreWritten) {
    EXPECT_EQ(as_json("1: a\ntrue: b\n1.50: c\n'': d\n"), R"({"1":"a","true":"b","1.50":"c","":"d"})");
    EXPECT_THAT(refusal("? [a]\n: 1\n"), HasSubstr("a key is not a text"));
    EXPECT_THAT(refusal("? {a: b}\n: 1\n"), HasSubstr("a key is not a text"));
    EXPECT_THAT(refusal("~: 1\n"), HasSubstr("a key is empty"));
    EXPECT_THAT(refusal(": 1\n"), HasSubstr("a key is empty"));
}

TEST(Yaml, RefusesDuplicateKeys) {
    EXPECT_THAT(refusal("a: 1\nb: 2\na: 3\n"), HasSubstr("line 3, column 1: the key \"a\" stands twice in one map"));
    EXPECT_THAT(refusal("{a: 1, 'a': 2}"), HasSubstr("stands twice"));
    EXPECT_THAT(refusal("x:\n  - {k: 1, k: 2}\n"), HasSubstr("line 2, column 12"));
}

TEST(Yaml, AnchorsAndAliases) {
    EXPECT_EQ(as_json("a: &x [1, {b: 2}]\nc: *x\n"), R"({"a":[1,{"b":2}],"c":[1,{"b":2}]})");
    EXPECT_EQ(as_json("- &x 1\n- *x\n- &x two\n- *x\n"), R"([1,1,"two","two"])");
    EXPECT_EQ(as_json("a: &k name\n*k : v\n"), R"({"a":"name","name":"v"})");
    EXPECT_EQ(as_json("a: &n\nb: *n\n"), R"({"a":null,"b":null})");
    EXPECT_THAT(refusal("a: *nowhere\n"), HasSubstr("line 1, column 4"));
    EXPECT_THAT(refusal("&a [*a]"), HasSubstr("inside of what it names"));
    EXPECT_THAT(refusal("&a {b: *a}"), HasSubstr("inside of what it names"));
    EXPECT_THAT(refusal("a: &k [1]\n*k : v\n"), HasSubstr("a key is not a text"));
}

TEST(Yaml, MergeKeys) {
    EXPECT_EQ(as_json("base: &b {x: 1, y: 2}\nd:\n  <<: *b\n  y: 3\n  z: 4\n"), R"({"base":{"x":1,"y":2},"d":{"x":1,"y":3,"z":4}})");
    EXPECT_EQ(as_json("d:\n  y: 3\n  <<: {x: 1, y: 2}\n"), R"({"d":{"y":3,"x":1}})");
    EXPECT_EQ(as_json("- &a {x: 1}\n- &b {x: 2, y: 3}\n- <<: [*a, *b]\n"), R"([{"x":1},{"x":2,"y":3},{"x":1,"y":3}])");
    EXPECT_EQ(as_json("- &a {x: {k: 1}}\n- {<<: *a, x: {l: 2}}\n"), R"([{"x":{"k":1}},{"x":{"l":2}}])");
    EXPECT_EQ(as_json("'<<': {a: 1}\n"), R"({"<<":{"a":1}})");
    EXPECT_THAT(refusal("<<: 1\n"), HasSubstr("neither a map nor a list of maps"));
    EXPECT_THAT(refusal("<<: [{a: 1}, 2]\n"), HasSubstr("neither a map nor a list of maps"));
    EXPECT_THAT(refusal("<<: {a: 1}\n<<: {b: 1}\n"), HasSubstr("stands twice"));
    EXPECT_THAT(refusal("{<<: {a: 1}, a: 2, a: 3}"), HasSubstr("stands twice"));
}

TEST(Yaml, PositionsAreThoseOfTheText) {
    const YamlDocument document = read("# head\nstages:\n  fit:\n    command: [python, 'a b']\n    n: 3\nlast: x\n");
    const auto at = [&](const std::string& path) {
        const auto found = document.positions.find(path);
        return found == document.positions.end() ? std::pair(0, 0) : std::pair(found->second.line, found->second.column);
    };
    EXPECT_EQ(at(""), std::pair(2, 1));
    EXPECT_EQ(at("/stages"), std::pair(2, 1));
    EXPECT_EQ(at("/stages/fit"), std::pair(3, 3));
    EXPECT_EQ(at("/stages/fit/command"), std::pair(4, 5));
    EXPECT_EQ(at("/stages/fit/command/0"), std::pair(4, 15));
    EXPECT_EQ(at("/stages/fit/command/1"), std::pair(4, 23));
    EXPECT_EQ(at("/stages/fit/n"), std::pair(5, 5));
    EXPECT_EQ(at("/last"), std::pair(6, 1));
    EXPECT_EQ(document.positions.size(), 8U);
}

TEST(Yaml, AliasesAndMergesKeepThePositionsOfTheirSource) {
    const YamlDocument document = read("a: &x\n  k: [1]\nb: *x\nc:\n  <<: *x\n");
    const auto line = [&](const std::string& path) {
        const auto found = document.positions.find(path);
        return found == document.positions.end() ? 0 : found->second.line;
    };
    EXPECT_EQ(line("/b"), 3);
    EXPECT_EQ(line("/b/k"), 2);
    EXPECT_EQ(line("/b/k/0"), 2);
    EXPECT_EQ(line("/c/k"), 2);
    EXPECT_EQ(line("/c/k/0"), 2);
    EXPECT_EQ(document.positions.count("/c/<<"), 0U);
    EXPECT_EQ(document.positions.count("/c/<</k"), 0U);
}

TEST(Yaml, NestedAliasesAreBounded) {
    // Ten levels of ten aliases each stand for ten thousand million texts.
    std::string text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
    for (int i = 1; i <= 10; ++i) {
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 10; ++j) { text += (j > 0 ? ", *a" : "*a") + std::to_string(i - 1); }
        text += "]\n";
    }
    EXPECT_THAT(refusal(text), HasSubstr("anchors and aliases stand for more than"));
}

TEST(Yaml, MergesOfMergesAreBounded) {
    std::string text = "a0: &a0 {k: " + std::string(1000, 'x') + "}\n";
    for (int i = 1; i <= 30; ++i) {
        const std::string name = "a" + std::to_string(i);
        const std::string last = "a" + std::to_string(i - 1);
        text += name + ": &" + name + " {l: *" + last + ", r: *" + last + "}\n";
    }
    EXPECT_THAT(refusal(text), HasSubstr("anchors and aliases stand for more than"));
}

TEST(Yaml, LongPathsAreBounded) {
    std::string text;
    std::string indent;
    for (int i = 0; i < 90; ++i) {
        text += indent + std::string(1000, 'k') + ":\n";
        indent += ' ';
    }
    for (int i = 0; i < 2000; ++i) { text += indent + "- 1\n"; }
    EXPECT_THAT(refusal(text), HasSubstr("its keys are too long and too many"));
}

TEST(Yaml, DepthIsBounded) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(parse_yaml(nested(100), "x").ok());
    EXPECT_THAT(refusal(nested(101)), HasSubstr("nested more than 100 levels deep"));
    EXPECT_FALSE(refusal(std::string(20'000, '[')).empty());
    EXPECT_FALSE(refusal(std::string(20'000, '{')).empty());
    std::string block;
    for (std::size_t i = 0; i < 300; ++i) { block += std::string(i, ' ') + "a:\n"; }
    EXPECT_THAT(refusal(block), HasSubstr("nested more than 100 levels deep"));
    // Aliases count with the depth of what they name.
    std::string chain = "- &a0 [[[[[[[[[[1]]]]]]]]]]\n";
    for (int i = 1; i < 15; ++i) {
        chain += "- &a" + std::to_string(i) + " [[[[[[[[[[*a" + std::to_string(i - 1) + "]]]]]]]]]]\n";
    }
    EXPECT_THAT(refusal(chain), HasSubstr("nested more than 100 levels deep"));
}

TEST(Yaml, OneDocumentOnly) {
    EXPECT_EQ(as_json("---\na: 1\n...\n"), R"({"a":1})");
    EXPECT_THAT(refusal("a: 1\n---\nb: 2\n"), HasSubstr("more than one document"));
    EXPECT_THAT(refusal("--- 1\n--- 2\n"), HasSubstr("more than one document"));
}

TEST(Yaml, RefusesBytesThatTheLibraryMisreads) {
    EXPECT_THAT(refusal("a: 1\nb: \x04 2\n"), HasSubstr("line 2, column 4: a control character"));
    EXPECT_THAT(refusal(std::string_view("a\0: \0", 5)), HasSubstr("line 1, column 2: a control character"));
    EXPECT_THAT(refusal("a: \xFF\n"), HasSubstr("line 1, column 4: invalid UTF-8"));
    EXPECT_THAT(refusal("\xFF\xFE" "a"), HasSubstr("invalid UTF-8"));
    EXPECT_THAT(refusal("a: \x7F"), HasSubstr("control character"));
    EXPECT_EQ(as_json("a: \xC3\xA9\r\nb: 1\r\n"), "{\"a\":\"\xC3\xA9\",\"b\":1}");
    EXPECT_EQ(as_json("\xEF\xBB\xBF" "a: 1\n"), R"({"a":1})");
}

TEST(Yaml, SyntaxErrorsHaveTheirPlace) {
    EXPECT_THAT(refusal("a: 1\nb: [1, 2\n"), HasSubstr("line 2, column 9: end of sequence flow not found"));
    EXPECT_THAT(refusal("a:\n\t- b\n"), HasSubstr("line 2"));
    EXPECT_THAT(refusal("a: b: c\n"), HasSubstr("line 1"));
    EXPECT_THAT(refusal("a: 'open\n"), HasSubstr("line"));
    EXPECT_THAT(refusal("a: 1\n b: 2\n"), HasSubstr("line 2"));
    EXPECT_THAT(refusal("x: 1e999"), HasSubstr("line 1, column 4: the number 1e999 is out of range"));
    EXPECT_THAT(refusal("a: \"open\nb: 1\n"), HasSubstr("line 2, column 5"));
    EXPECT_THAT(refusal("a: 'open\n...\n"), HasSubstr("line 2, column 1: illegal document indicator"));
}

}  // namespace
}  // namespace runlake::core
