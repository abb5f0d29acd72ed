// SPDX-License-Identifier: Apache-2.0
// The inserter: every type, NULLs, texts that aren't copied, many chunks, transactions, constraints.
#include "sql/inserter.hpp"

#include <utility>

#include "os/system.hpp"
#include "tests/unit/sql/support.hpp"

namespace runlake::sql {
namespace {

using core::Errc;
using test::must;

class Insert : public ::testing::Test {
  protected:
    Connection connection_ = must(must(Database::open("", Access::in_memory)).connect());
};

TEST_F(Insert, EveryTypeAndNull) {
    must(connection_.run("CREATE TABLE t(a BOOLEAN, b INTEGER, c BIGINT, d DOUBLE, e VARCHAR, f BLOB, g TIMESTAMP, h UUID)"));
    auto inserter = must(Inserter::open(connection_, "t"));
    const auto id = os::new_run_id();
    const std::string long_text(1000, 'z');
    bool is_given = false;
    must(inserter.insert([&](ChunkWriter& chunk) {
        if (std::exchange(is_given, true)) { return; }
        chunk.set(0, true);
        chunk.set(1, std::int64_t{-7});
        chunk.set(2, std::int64_t{1} << 60);
        chunk.set(3, 2.5);
        chunk.set_in_place(4, long_text);
        chunk.set_in_place(5, std::string_view("\x00\xFF", 2));
        chunk.set(6, core::Timestamp{1736432595000042});
        chunk.set(7, id);
        chunk.next_row();
        chunk.next_row();
        chunk.set_in_place(4, "");
        chunk.next_row();
    }));
    test::expect_every_type(connection_, id, long_text);
}

// Texts of 12 and 13 bytes lie differently. The order is that of the rows, with more than one thread too.
TEST_F(Insert, ManyChunksInOrder) {
    must(connection_.run("SET threads = 4; CREATE TABLE t(i BIGINT, s VARCHAR, n VARCHAR)"));
    auto inserter = must(Inserter::open(connection_, "t"));
    std::vector<std::string> texts;
    for (std::int64_t i = 0; i < 300000; ++i) { texts.push_back(std::string(static_cast<std::size_t>(i % 30), 'x')); }
    for (int round = 0; round < 2; ++round) {
        std::size_t at = 0;
        must(inserter.insert([&](ChunkWriter& chunk) {
            for (; at < texts.size() && !chunk.is_full(); ++at, chunk.next_row()) {
                chunk.set(0, static_cast<std::int64_t>(at));
                chunk.set_in_place(1, texts[at]);
            }
        }));
    }
    EXPECT_EQ(must(connection_.integer("SELECT count(*) FROM t WHERE i = rowid % 300000 AND s = repeat('x', i % 30) AND n IS NULL")), 600000);
}

TEST_F(Insert, IsPartOfTheTransaction) {
    must(connection_.run("CREATE TABLE t(i BIGINT)"));
    const auto insert_one = [&](Inserter& inserter) {
        bool is_given = false;
        return inserter.insert([&](ChunkWriter& chunk) {
            if (std::exchange(is_given, true)) { return; }
            chunk.set(0, std::int64_t{1});
            chunk.next_row();
        });
    };
    {
        const auto transaction = must(Transaction::begin(connection_));
        auto inserter = must(Inserter::open(connection_, "t"));
        must(insert_one(inserter));
    }
    EXPECT_EQ(must(connection_.integer("SELECT count(*) FROM t")), 0);
    auto transaction = must(Transaction::begin(connection_));
    auto first = must(Inserter::open(connection_, "t"));
    must(insert_one(first));
    must(transaction.commit());
    auto second = must(Inserter::open(connection_, "t"));  // once more for the same table
    must(insert_one(second));
    must(insert_one(first));
    EXPECT_EQ(must(connection_.integer("SELECT count(*) FROM t")), 3);
}

TEST_F(Insert, DuplicateKeyIsAConflict) {
    must(connection_.run("CREATE TABLE t(i BIGINT PRIMARY KEY)"));
    auto inserter = must(Inserter::open(connection_, "t"));
    int left = 2;
    const auto inserted = inserter.insert([&](ChunkWriter& chunk) {
        for (; left > 0; --left, chunk.next_row()) { chunk.set(0, std::int64_t{1}); }
    });
    ASSERT_FALSE(inserted.ok());
    EXPECT_EQ(inserted.error().code(), Errc::conflict) << inserted.error().message();
}

TEST_F(Insert, UnknownTableAndTypes) {
    EXPECT_EQ(Inserter::open(connection_, "nothing").error().code(), Errc::usage);
    must(connection_.run("CREATE TABLE t(i HUGEINT)"));
    EXPECT_EQ(Inserter::open(connection_, "t").error().code(), Errc::usage);
}

}  // namespace
}  // namespace runlake::sql
