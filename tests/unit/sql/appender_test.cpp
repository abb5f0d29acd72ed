// SPDX-License-Identifier: Apache-2.0
// The appender: every type, NULLs, many chunks, constraints, and what is not closed.
#include "sql/appender.hpp"

#include "os/system.hpp"
#include "tests/unit/sql/support.hpp"

namespace runlake::sql {
namespace {

using core::Errc;
using test::must;

class Append : public ::testing::Test {
  protected:
    Connection connection_ = must(must(Database::open("", Access::in_memory)).connect());
};

TEST_F(Append, EveryTypeAndNull) {
    must(connection_.run("CREATE TABLE t(a BOOLEAN, b INTEGER, c BIGINT, d DOUBLE, e VARCHAR, f BLOB, g TIMESTAMP, h UUID)"));
    auto appender = must(Appender::open(connection_, "t"));
    const auto id = os::new_run_id();
    const std::string long_text(1000, 'z');
    appender.set(0, true);
    appender.set(1, std::int64_t{-7});
    appender.set(2, std::int64_t{1} << 60);
    appender.set(3, 2.5);
    appender.set(4, long_text);
    appender.set(5, std::string_view("\x00\xFF", 2));
    appender.set(6, core::Timestamp{1736432595000042});
    appender.set(7, id);
    must(appender.end_row());
    must(appender.end_row());
    appender.set(4, "");
    must(appender.end_row());
    must(appender.close());
    test::expect_every_type(connection_, id, long_text);
}

TEST_F(Append, ManyChunks) {
    must(connection_.run("CREATE TABLE t(i BIGINT, s VARCHAR)"));
    auto appender = must(Appender::open(connection_, "t"));
    for (std::int64_t i = 0; i < 300000; ++i) {
        appender.set(0, i);
        if (i % 2 == 0) { appender.set(1, "a text of number " + std::to_string(i)); }
        must(appender.end_row());
    }
    must(appender.close());
    EXPECT_EQ(must(connection_.integer("SELECT count(*) FROM t WHERE (i % 2 = 0 AND s = 'a text of number ' || i) OR (i % 2 = 1 AND s IS NULL)")), 300000);
}

TEST_F(Append, DuplicateKeyIsAConflict) {
    must(connection_.run("CREATE TABLE t(i BIGINT PRIMARY KEY)"));
    auto appender = must(Appender::open(connection_, "t"));
    for (int i = 0; i < 2; ++i) {
        appender.set(0, std::int64_t{1});
        must(appender.end_row());
    }
    auto closed = appender.close();
    ASSERT_FALSE(closed.ok());
    EXPECT_EQ(closed.error().code(), Errc::conflict);
}

TEST_F(Append, UnknownTableAndTypes) {
    EXPECT_EQ(Appender::open(connection_, "nothing").error().code(), Errc::usage);
    must(connection_.run("CREATE TABLE t(i HUGEINT)"));
    EXPECT_EQ(Appender::open(connection_, "t").error().code(), Errc::usage);
}

TEST_F(Append, WantOfMemoryIsTheSystemsAndSaidInALine) {
    must(connection_.run("SET memory_limit = '4MB'"));
    must(connection_.run("SET temp_directory = ''"));
    must(connection_.run("CREATE TABLE t(s VARCHAR)"));
    auto appender = must(Appender::open(connection_, "t"));
    auto status = core::ok();
    for (std::size_t i = 0; i < 20000 && status.ok(); ++i) {
        appender.set(0, os::random_hex(4000));
        status = appender.end_row();
    }
    if (status.ok()) { status = appender.close(); }
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code(), Errc::io) << status.error().message();
    EXPECT_NE(status.error().message().find("allocate"), std::string::npos) << status.error().message();
    EXPECT_EQ(status.error().message().find('\n'), std::string::npos);
}

TEST_F(Append, RollsBackWithItsTransaction) {
    must(connection_.run("CREATE TABLE t(i BIGINT)"));
    {
        auto transaction = must(Transaction::begin(connection_));
        auto appender = must(Appender::open(connection_, "t"));
        appender.set(0, std::int64_t{1});
        must(appender.end_row());
        must(appender.close());
    }
    EXPECT_EQ(must(connection_.integer("SELECT count(*) FROM t")), 0);
}

}  // namespace
}  // namespace runlake::sql
