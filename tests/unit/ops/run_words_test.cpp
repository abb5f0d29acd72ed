// SPDX-License-Identifier: Apache-2.0
// name=value words.
#include "ops/run_words.hpp"

#include <gtest/gtest.h>

namespace runlake::ops {
namespace {

using core::Json;

TEST(RunWordsTest, ValuesAreYamlScalars) {
    EXPECT_EQ(typed_value("1"), Json(1));
    EXPECT_EQ(typed_value("-0x10"), Json("-0x10"));  // the core schema has no signed hexadecimal
    EXPECT_EQ(typed_value("1.0"), Json(1.0));
    EXPECT_EQ(typed_value("1e3"), Json(1000.0));
    EXPECT_EQ(typed_value("TRUE"), Json(true));
    EXPECT_EQ(typed_value("yes"), Json("yes"));
    EXPECT_TRUE(typed_value("").is_null());
    EXPECT_TRUE(typed_value("~").is_null());
    EXPECT_TRUE(typed_value("Null").is_null());
    EXPECT_EQ(typed_value("nULL"), Json("nULL"));
    EXPECT_EQ(typed_value(".inf"), Json(".inf"));  // no JSON number
    EXPECT_EQ(typed_value("\"1\\t2\""), Json("1\t2"));
    EXPECT_EQ(typed_value("'it''s'"), Json("it's"));
    EXPECT_EQ(typed_value("\"open"), Json("\"open"));
    EXPECT_EQ(typed_value("\"a\" \"b\""), Json("\"a\" \"b\""));
    EXPECT_EQ(typed_value("{a: 1}"), Json("{a: 1}"));
    EXPECT_EQ(typed_value("a\xff"), Json("a\xef\xbf\xbd"));
}

TEST(RunWordsTest, Words) {
    const core::Result<Json> params = typed_words({"a=1", "b=x=y", "c="}, "--param");
    ASSERT_TRUE(params.ok());
    EXPECT_EQ(core::to_json(params.value()), R"({"a":1,"b":"x=y","c":null})");
    const core::Result<Json> tags = text_words({"a=1", "c="}, "--tag");
    ASSERT_TRUE(tags.ok());
    EXPECT_EQ(core::to_json(tags.value()), R"({"a":"1","c":""})");
    for (const std::vector<std::string>& wrong : {std::vector<std::string>{"a"}, {"=1"}, {""}, {"a=1", "a=2"}, {"a\tb=1"}, {std::string(251, 'n') + "=1"}, {"\xff=1"}}) {
        const core::Result<Json> refused = typed_words(wrong, "--param");
        ASSERT_FALSE(refused.ok()) << wrong[0];
        EXPECT_EQ(refused.error().code(), core::Errc::usage);
        EXPECT_NE(refused.error().message().find("--param"), std::string::npos);
    }
}

}  // namespace
}  // namespace runlake::ops
