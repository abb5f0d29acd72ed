// SPDX-License-Identifier: Apache-2.0
// Where two artefacts differ first, in words.
#include "ops/replay_differ.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sql/database.hpp"

namespace runlake::ops {
namespace {

class Differ : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "differXXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::optional<std::string> difference(const std::string& name, const std::string& a, const std::string& b) const {
        std::ofstream(folder_ / "a") << a;
        std::ofstream(folder_ / "b") << b;
        return file_difference(name, (folder_ / "a").string(), (folder_ / "b").string());
    }
    std::filesystem::path folder_;
};

TEST_F(Differ, EqualFilesHaveNone) {
    EXPECT_FALSE(difference("a.json", "{\"a\": 1}", "{\"a\": 1}"));
    EXPECT_FALSE(difference("a.csv", "x,y\n1,2\n", "x,y\n1,2\n"));
}

TEST_F(Differ, JsonByItsKeys) {
    EXPECT_EQ(difference("a.json", R"({"a": 1, "w": [1, {"b/c": 2.5}]})", R"({"a": 1, "w": [1, {"b/c": 2.75}]})"), "key /w/1/b~1c: 2.5 and 2.75");
    EXPECT_EQ(difference("a.json", R"({"a": 1})", R"({"b": 1})"), "key /a is only in the first");
    EXPECT_EQ(difference("a.json", R"({})", R"({"b": 1})"), "key /b is only in the second");
    EXPECT_EQ(difference("a.json", R"({"l": [1]})", R"({"l": [1, 2]})"), "the list at /l has 1 and 2 entries");
    EXPECT_EQ(difference("a.json", R"({"a": 1, "b": 2})", R"({"b": 2, "a": 1})"), "the order of the keys at the top");
    EXPECT_EQ(difference("a.json", "1", "2"), "key /: 1 and 2");
    EXPECT_EQ(difference("a.json", R"({"a": 1})", R"({"a":  1})"), "byte 6; they have 8 and 9");   // equal as values: the bytes are told
    EXPECT_EQ(difference("a.json", "{torn", "{tore"), "byte 4 of 5");
}

TEST_F(Differ, CsvByRowAndColumn) {
    EXPECT_EQ(difference("a.csv", "id,score\n1,0.5\n2,0.25\n", "id,score\n1,0.5\n2,0.75\n"), "row 2, column score: 0.25 and 0.75");
    EXPECT_EQ(difference("a.csv", "id,score\n", "id,points\n"), "column 2 of the head: score and points");
    EXPECT_EQ(difference("a.csv", "id\n1\n", "id\n1\n2\n"), "row 2 is only in the second");
    EXPECT_EQ(difference("a.csv", "t\n\"a,\"\"b\"\"\nc\"\n1\n", "t\n\"a,\"\"b\"\"\nc\"\n2\n"), "row 2, column t: 1 and 2");
    EXPECT_EQ(difference("a.tsv", "a\tb\n1\t2\n", "a\tb\n1\t3\n"), "row 1, column b: 2 and 3");
    EXPECT_EQ(difference("a.csv", "a,b\n1\n", "a,b\n1,2\n"), "row 1 has 1 and 2 fields");
}

TEST_F(Differ, ParquetByRowAndColumn) {
    auto database = sql::Database::open("", sql::Access::in_memory);
    if (!database.ok()) { GTEST_SKIP() << database.error().message(); }
    auto connection = database.value().connect();
    ASSERT_TRUE(connection.ok());
    const auto write = [&](const char* name, const std::string& query) {
        const std::string path = (folder_ / name).string();
        EXPECT_TRUE(connection.value().run("COPY (" + query + ") TO " + sql::quote_literal(path) + " (FORMAT parquet)").ok());
        return path;
    };
    const std::string base = write("base", "SELECT i AS id, i * 0.5 AS score FROM range(1000) t(i)");
    EXPECT_EQ(file_difference("m.parquet", base, write("changed", "SELECT i AS id, CASE WHEN i = 700 THEN 1 ELSE i * 0.5 END AS score FROM range(1000) t(i)")), "row 701, column score: 350.0 and 1.0");
    EXPECT_EQ(file_difference("m.parquet", base, write("shorter", "SELECT i AS id, i * 0.5 AS score FROM range(999) t(i)")), "row 1000 is only in the first");
    EXPECT_EQ(file_difference("m.parquet", base, write("other", "SELECT i AS id FROM range(1000) t(i)")), "column score is only in the first");
    EXPECT_EQ(file_difference("m.parquet", base, write("typed", "SELECT CAST(i AS VARCHAR) AS id, i * 0.5 AS score FROM range(1000) t(i)")), "column id is BIGINT and VARCHAR");
}

TEST_F(Differ, FoldersByTheirFirstFile) {
    for (const char* side : {"a", "b"}) {
        std::filesystem::create_directories(folder_ / side / "inner");
        std::ofstream(folder_ / side / "first.txt") << "same";
        std::ofstream(folder_ / side / "inner" / "m.json") << "{\"side\": \"" << side << "\"}";
    }
    const std::string a = (folder_ / "a").string();
    const std::string b = (folder_ / "b").string();
    EXPECT_EQ(file_difference("out", a, b), "out/inner/m.json: key /side: \"a\" and \"b\"");
    std::ofstream(folder_ / "b" / "extra") << "";
    std::filesystem::remove_all(folder_ / "a" / "inner");
    EXPECT_EQ(file_difference("out", a, b), "out/extra is only in the second");
}

}  // namespace
}  // namespace runlake::ops
