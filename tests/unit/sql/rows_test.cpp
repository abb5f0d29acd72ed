// SPDX-License-Identifier: Apache-2.0
// Binding and reading of each type, errors by kind, streaming.
#include <cmath>
#include <limits>

#include "sql/database.hpp"
#include "tests/unit/sql/support.hpp"

namespace runlake::sql {
namespace {

using core::Errc;
using test::must;

class Sql : public ::testing::Test {
  protected:
    Connection connection_ = must(must(Database::open("", Access::in_memory)).connect());
};

TEST_F(Sql, BindsAndReadsEveryType) {
    auto statement = must(connection_.prepare("SELECT ?::VARCHAR, ?::BIGINT, ?::DOUBLE, ?::BOOLEAN, ?::TIMESTAMP, ?::UUID, ?::VARCHAR, ?::UUID::VARCHAR"));
    ASSERT_EQ(statement.parameter_count(), 8U);
    const auto id = must(core::RunId::parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
    must(statement.bind(1, std::string_view("a\0b\xC3\xA9", 5)));
    must(statement.bind(2, std::numeric_limits<std::int64_t>::min()));
    must(statement.bind(3, 0.1));
    must(statement.bind(4, true));
    must(statement.bind(5, core::Timestamp{-1}));
    must(statement.bind(6, id));
    must(statement.bind(7, std::optional<std::string>()));
    must(statement.bind(8, id));
    auto rows = must(statement.execute());
    ASSERT_TRUE(must(rows.next()));
    EXPECT_EQ(rows.text(0), std::string_view("a\0b\xC3\xA9", 5));
    EXPECT_EQ(rows.integer(1), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(rows.number(2), 0.1);
    EXPECT_TRUE(rows.boolean(3));
    EXPECT_EQ(rows.time(4).micros, -1);
    EXPECT_EQ(rows.run_id(5), id);
    EXPECT_TRUE(rows.is_null(6));
    EXPECT_EQ(rows.text_if(6), std::nullopt);
    EXPECT_EQ(rows.text(7), id.str());
    EXPECT_EQ(rows.kind(5), Kind::uuid);
    EXPECT_FALSE(must(rows.next()));
    EXPECT_FALSE(must(rows.next()));
}

TEST_F(Sql, UuidsOfBothHalvesOfTheRange) {
    for (const char* text : {"00000000-0000-0000-0000-000000000000", "7fffffff-ffff-ffff-ffff-ffffffffffff", "80000000-0000-0000-8000-000000000000",
                             "ffffffff-ffff-ffff-ffff-ffffffffffff"}) {
        auto rows = must(connection_.query(core::Result<std::string>("SELECT '" + std::string(text) + "'::UUID").value_or("")));
        ASSERT_TRUE(must(rows.next()));
        EXPECT_EQ(rows.run_id(0).str(), text);
    }
}

TEST_F(Sql, IntegersOfAllWidths) {
    auto rows = must(connection_.query(
        "SELECT (-1)::TINYINT, (-2)::SMALLINT, (-3)::INTEGER, 255::UTINYINT, 65535::USMALLINT, 4294967295::UINTEGER, 18446744073709551615::UBIGINT, "
        "(-5)::HUGEINT, 170141183460469231731687303715884105727::HUGEINT, (-170141183460469231731687303715884105727)::HUGEINT, 1.5::FLOAT, 7"));
    ASSERT_TRUE(must(rows.next()));
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const std::vector<std::int64_t> expected = {-1, -2, -3, 255, 65535, 4294967295, most, -5, most, std::numeric_limits<std::int64_t>::min()};
    for (std::size_t i = 0; i < expected.size(); ++i) { EXPECT_EQ(rows.integer(i), expected[i]) << i; }
    EXPECT_EQ(rows.number(10), 1.5);
    EXPECT_EQ(rows.number(11), 7.0);
}

TEST_F(Sql, ReadsManyChunksInOrder) {
    for (const bool streamed : {false, true}) {
        auto statement = must(connection_.prepare("SELECT range, CASE WHEN range % 3 = 0 THEN NULL ELSE 'value number ' || range END FROM range(10000)"));
        auto rows = must(streamed ? statement.stream() : statement.execute());
        std::int64_t count = 0;
        while (must(rows.next())) {
            ASSERT_EQ(rows.integer(0), count);
            if (count % 3 == 0) {
                ASSERT_TRUE(rows.is_null(1));
            } else {
                ASSERT_EQ(rows.text(1), "value number " + std::to_string(count));
            }
            ++count;
        }
        EXPECT_EQ(count, 10000);
    }
}

TEST_F(Sql, ErrorsByKind) {
    must(connection_.run("CREATE TABLE t(i INTEGER PRIMARY KEY)"));
    EXPECT_EQ(connection_.query("SELEC 1").error().code(), Errc::usage);
    EXPECT_EQ(connection_.query("SELECT * FROM nothing").error().code(), Errc::usage);
    EXPECT_EQ(connection_.prepare("SELECT * FROM nothing").error().code(), Errc::usage);
    EXPECT_EQ(connection_.prepare("SELECT 1; SELECT 2").error().code(), Errc::usage);
    must(connection_.run("INSERT INTO t VALUES (1)"));
    EXPECT_EQ(connection_.run("INSERT INTO t VALUES (1)").error().code(), Errc::conflict);
    auto statement = must(connection_.prepare("SELECT 1"));
    EXPECT_EQ(statement.bind(1, 5).error().code(), Errc::internal);
}

TEST_F(Sql, LateErrorOfAStreamComesUp) {
    auto statement = must(connection_.prepare("SELECT CASE WHEN range = 150000 THEN error('late') ELSE 'x' END FROM range(200000)"));
    auto rows = statement.stream();
    bool failed = !rows.ok();
    while (!failed) {
        auto more = rows.value().next();
        failed = !more.ok();
        if (more.ok() && !more.value()) { break; }
    }
    EXPECT_TRUE(failed);
}

TEST_F(Sql, StatementKinds) {
    EXPECT_EQ(must(connection_.prepare("SELECT 1")).kind(), StatementKind::select);
    EXPECT_EQ(must(connection_.prepare("EXPLAIN SELECT 1")).kind(), StatementKind::explain);
    EXPECT_EQ(must(connection_.prepare("CREATE TABLE x(i INT)")).kind(), StatementKind::other);
}

}  // namespace
}  // namespace runlake::sql
