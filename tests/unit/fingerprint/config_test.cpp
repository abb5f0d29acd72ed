// SPDX-License-Identifier: Apache-2.0
// A configuration is what it says: spelling does not count, every value does.
#include "fingerprint/config.hpp"

#include <set>

#include "core/digest.hpp"
#include "tests/support/as_nobody.hpp"
#include "tests/unit/fingerprint/files.hpp"

namespace runlake::testing {
namespace {

using core::Errc;
using fingerprint::config_hash;
using fingerprint::config_hash_text;

TEST(ConfigHash, SpellingDoesNotMatter) {
    const std::string expected = config_hash_text(R"({"b": {"y": [1, 2.5, "x", null, true], "x": ""}, "a": 1})", "c.json");
    EXPECT_TRUE(expected.starts_with("config/1:"));
    EXPECT_EQ(config_hash_text("{\"a\":1,\n\n \"b\":{\"x\":\"\",\"y\":[1,2.50,\"\\u0078\",null,true]}}\n", "c.json"), expected);
    EXPECT_EQ(config_hash_text("# a comment\nb:\n  x: ''\n  y: [1, 2.5, x, ~, true]\na: 1\n", "c.yaml"), expected);
    EXPECT_EQ(config_hash_text("a: 1   # one\nb: {y: [1, 25e-1, \"x\", null, True], x: \"\"}\n", "other.YML"), expected);
    EXPECT_EQ(config_hash_text("base: &b {x: '', y: [1, 2.5, x, null, true]}\n", "c.yaml"),
              config_hash_text(R"({"base": {"x": "", "y": [1, 2.5, "x", null, true]}})", "c.json"));
}

TEST(ConfigHash, EveryValueMatters) {
    std::set<std::string> seen;
    for (const std::string_view text : {"{}", "[]", "null", "\"\"", "0", "0.0", "-0.0", "1", "1.0", "true", "false", "\"1\"", "\"true\"", "\"null\"", "{\"a\":1}", "{\"a\":1.0}",
                                        "{\"a\":\"1\"}", "{\"a\":null}", "{\"b\":1}", "{\"a\":{}}", "{\"a\":[]}", "[1,2]", "[2,1]", "[[1],2]", "[[1,2]]", "[\"ab\",\"c\"]",
                                        "[\"a\",\"bc\"]", "{\"ab\":\"c\"}", "{\"a\":\"bc\"}", "{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", "123456789012345678901234567890",
                                        "123456789012345678901234567891", "9223372036854775807", "9223372036854775808"}) {
        EXPECT_TRUE(seen.insert(config_hash_text(text, "c.json")).second) << text;
    }
    EXPECT_NE(config_hash_text("a: yes\n", "c.yaml"), config_hash_text("a: true\n", "c.yaml"));
    EXPECT_EQ(config_hash_text("a: .nan\n", "c.yaml"), config_hash_text("a: .NaN\n", "c.yaml"));
    EXPECT_NE(config_hash_text("a: .inf\n", "c.yaml"), config_hash_text("a: -.inf\n", "c.yaml"));
}

TEST(ConfigHash, OtherFilesCountByTheirBytes) {
    EXPECT_NE(config_hash_text("{\"a\": 1}", "c.json"), config_hash_text("{\"a\": 1}", "c.txt")) << "tagged";
    EXPECT_NE(config_hash_text("a = 1\n", "c.toml"), config_hash_text("a  = 1\n", "c.toml"));
    EXPECT_NE(config_hash_text("null", "c.yaml"), config_hash_text("null", "c.ini"));
    // What can't be read as its name says is hashed as it stands, so that a run is never lost for it.
    EXPECT_EQ(config_hash_text("{broken", "c.json"), config_hash_text("{broken", "c.txt"));
    EXPECT_NE(config_hash_text("{broken", "c.json"), config_hash_text("{broken ", "c.json"));
    EXPECT_NE(config_hash_text("", "c.json"), config_hash_text("null", "c.json"));
    EXPECT_EQ(config_hash_text("", "c.yaml"), config_hash_text("# nothing\n", "c.yaml"));
}

TEST(ConfigHash, FilesAndTheirErrors) {
    const Files files;
    files.write("c.yaml", "a: 1\n");
    files.write("empty.json", "");
    auto hash = config_hash(files / "c.yaml");
    ASSERT_TRUE(hash.ok());
    EXPECT_EQ(hash.value(), config_hash_text("{\"a\": 1}", "x.json"));
    EXPECT_TRUE(config_hash(files / "empty.json").ok()) << "empty is not absent";
    EXPECT_EQ(config_hash(files / "none.json").error().code(), Errc::not_found);
    EXPECT_EQ(config_hash(files.path()).error().code(), Errc::unsupported);
    EXPECT_EQ(config_hash("/dev/zero").error().code(), Errc::unsupported);
    ::chmod(files.path().c_str(), 0755);
    ::chmod((files / "c.yaml").c_str(), 0);
    const AsNobody nobody;
    EXPECT_EQ(config_hash(files / "c.yaml").error().code(), Errc::io);
}

TEST(ConfigHash, LargeFilesAreHashedByTheirBytes) {
    const Files files;
    const std::string text = "{\"a\": \"" + std::string(17U << 20U, 'x') + "\"}";
    files.write("large.json", text);
    auto hash = config_hash(files / "large.json");
    ASSERT_TRUE(hash.ok());
    EXPECT_EQ(hash.value(), config_hash_text(text, "large.txt"));
}

}  // namespace
}  // namespace runlake::testing
