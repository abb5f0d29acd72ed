// SPDX-License-Identifier: Apache-2.0
// Opening: what exists, what does not, what is locked, damaged or newer; transactions.
#include "sql/database.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/unit/sql/support.hpp"

namespace runlake::sql {
namespace {

using core::Errc;
using test::must;
using test::TempDir;

void make_database(const std::string& path) {
    auto connection = must(must(Database::open(path, Access::create)).connect());
    must(connection.run("CREATE TABLE t(i INTEGER); INSERT INTO t SELECT range FROM range(10000)"));
}

std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

// After an error that ends the database DuckDB refuses all else; what it was is the reason that helps.
TEST(Database, AfterItsEndTheReasonIsSaidAgain) {
    TempDir dir;
    auto connection = must(must(Database::open(dir / "a.duckdb", Access::create)).connect());
    must(connection.run("SET checkpoint_threshold = '1GB'"));
    must(connection.run("CREATE TABLE t(h UBIGINT); INSERT INTO t SELECT hash(range) FROM range(1000)"));
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 16384, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto first = connection.run("CHECKPOINT");
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ::signal(SIGXFSZ, handler);
    ASSERT_FALSE(first.ok());
    const auto second = connection.run("SELECT 1");
    ASSERT_FALSE(second.ok()) << first.error().message();
    EXPECT_EQ(second.error().code(), Errc::io) << second.error().message();
    EXPECT_EQ(second.error().message().find("invalidated"), std::string::npos) << second.error().message();
    EXPECT_FALSE(second.error().message().ends_with('"')) << second.error().message();
}

TEST(Database, CreatesAndReadsBack) {
    TempDir dir;
    make_database(dir / "a.duckdb");
    auto connection = must(must(Database::open(dir / "a.duckdb", Access::read_only)).connect());
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM t")), 10000);
    EXPECT_FALSE(connection.run("INSERT INTO t VALUES (1)").ok());
}

// What ATTACH takes: told in the file's own terms, as if it had been opened itself.
TEST(Database, StorageIsAsItWasAsked) {
    TempDir dir;
    const std::string path = dir / "it's.duckdb";
    {
        auto connection = must(must(Database::open(path, Access::create, {}, {{"ROW_GROUP_SIZE", "2048"}, {"BLOCK_SIZE", "16384"}, {"STORAGE_VERSION", "'v1.3.0'"}})).connect());
        EXPECT_EQ(must(connection.integer("SELECT count(*) FROM duckdb_settings() WHERE name = 'temp_directory' AND value = '" + (dir / "it''s.duckdb.tmp'"))), 1);
        must(connection.run("CREATE TABLE t(i INTEGER); CREATE VIEW v AS SELECT * FROM t; INSERT INTO t SELECT range FROM range(10000)"));
        EXPECT_EQ(must(connection.integer("SELECT block_size::BIGINT FROM pragma_database_size() WHERE database_name = current_database()")), 16384);
    }
    {
        auto connection = must(must(Database::open(path, Access::read_only)).connect());
        EXPECT_EQ(must(connection.integer("SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('t')")), 5);
        EXPECT_EQ(must(connection.integer("SELECT count(*) FROM v")), 10000);
    }
    auto connection = must(must(Database::open(path, Access::read_only, {}, {{"ROW_GROUP_SIZE", "2048"}})).connect());
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM v")), 10000);
    EXPECT_FALSE(connection.run("INSERT INTO t VALUES (1)").ok());
    auto unknown = Database::open(dir / "b.duckdb", Access::create, {}, {{"NO_SUCH_OPTION", "1"}});
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error().code(), Errc::usage) << unknown.error().message();
}

TEST(Database, MissingFileIsNotMade) {
    TempDir dir;
    for (const Access access : {Access::read_only, Access::read_write}) {
        auto opened = Database::open(dir / "none.duckdb", access);
        ASSERT_FALSE(opened.ok());
        EXPECT_EQ(opened.error().code(), Errc::not_found);
        EXPECT_FALSE(std::filesystem::exists(dir / "none.duckdb"));
    }
}

TEST(Database, LockedByAnotherProcessIsBusy) {
    TempDir dir;
    const std::string path = dir / "locked.duckdb";
    make_database(path);
    int ready[2];
    int go[2];
    ASSERT_EQ(pipe(ready), 0);
    ASSERT_EQ(pipe(go), 0);
    const pid_t child = fork();
    if (child == 0) {
        // The lock that DuckDB takes is a POSIX record lock: held here by hand, because threads of a loaded DuckDB do not survive a fork.
        const int fd = open(path.c_str(), O_RDWR);
        struct flock lock {};
        lock.l_type = F_WRLCK;
        const char ok = fcntl(fd, F_SETLK, &lock) == 0 ? 'y' : 'n';
        if (write(ready[1], &ok, 1) != 1) { _exit(1); }
        char byte = 0;
        _exit(read(go[0], &byte, 1) == 1 ? 0 : 1);
    }
    char byte = 0;
    ASSERT_EQ(read(ready[0], &byte, 1), 1);
    ASSERT_EQ(byte, 'y');
    for (const Access access : {Access::read_only, Access::read_write, Access::create}) {
        for (const Options& storage : {Options{}, Options{{"ROW_GROUP_SIZE", "2048"}}}) {
            auto opened = Database::open(path, access, {}, storage);
            ASSERT_FALSE(opened.ok());
            EXPECT_EQ(opened.error().code(), Errc::busy) << opened.error().message();
        }
    }
    ASSERT_EQ(write(go[1], "x", 1), 1);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(Database::open(path, Access::read_write).ok());
    for (const int fd : {ready[0], ready[1], go[0], go[1]}) { close(fd); }
}

TEST(Database, WhatIsNoDatabaseIsCorrupt) {
    TempDir dir;
    write_bytes(dir / "text", std::string(100000, 'x'));
    write_bytes(dir / "short", "hello");
    for (const char* name : {"text", "short"}) {
        for (const Access access : {Access::read_only, Access::read_write, Access::create}) {
            for (const Options& storage : {Options{}, Options{{"ROW_GROUP_SIZE", "2048"}}}) {
                auto opened = Database::open(dir / name, access, {}, storage);
                ASSERT_FALSE(opened.ok()) << name;
                EXPECT_EQ(opened.error().code(), Errc::corrupt) << name << ": " << opened.error().message();
            }
        }
    }
    auto folder = Database::open(dir / "", Access::read_write);
    ASSERT_FALSE(folder.ok());
    EXPECT_EQ(folder.error().code(), Errc::corrupt);
}

TEST(Database, TruncatedAnywhereIsCorruptOrReadsAsDamaged) {
    TempDir dir;
    make_database(dir / "whole");
    const std::string whole = bytes_of(dir / "whole");
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{8192}, std::size_t{12288}, whole.size() / 2}) {
        write_bytes(dir / "cut", whole.substr(0, size));
        auto opened = Database::open(dir / "cut", Access::read_only);
        if (!opened.ok()) {
            EXPECT_EQ(opened.error().code(), Errc::corrupt) << size << ": " << opened.error().message();
            continue;
        }
        auto connection = must(opened.value().connect());
        auto count = connection.integer("SELECT sum(i) FROM t");
        ASSERT_FALSE(count.ok()) << size;
        EXPECT_EQ(count.error().code(), Errc::corrupt) << size << ": " << count.error().message();
    }
}

TEST(Database, NewerStorageVersionIsUnsupported) {
    TempDir dir;
    make_database(dir / "new");
    std::string bytes = bytes_of(dir / "new");
    // The main header: 8 bytes checksum, "DUCK", then the storage version, 64 bits.
    ASSERT_EQ(bytes.substr(8, 4), "DUCK");
    bytes[12] = static_cast<char>(0xE7);
    bytes[13] = 0x03;
    // Make the header's checksum right again, so that only the version is strange: 5381 and every word, times a constant, by exclusive or.
    std::uint64_t sum = 5381;
    for (std::size_t at = 8; at < 4096; at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, &bytes[at], sizeof word);
        sum ^= word * 0xbf58476d1ce4e5b9ULL;
    }
    std::memcpy(bytes.data(), &sum, sizeof sum);
    write_bytes(dir / "new", bytes);
    auto opened = Database::open(dir / "new", Access::read_write);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), Errc::unsupported) << opened.error().message();
}

TEST(Database, UnknownOptionIsUsage) {
    auto opened = Database::open("", Access::in_memory, {{"no_such_option", "1"}});
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), Errc::usage) << opened.error().message();
}

TEST(Database, ConnectionKeepsItOpen) {
    auto database = must(Database::open("", Access::in_memory));
    auto connection = must(database.connect());
    database = must(Database::open("", Access::in_memory));
    EXPECT_EQ(must(connection.integer("SELECT 42")), 42);
}

TEST(Transaction, RollsBackUnlessCommitted) {
    auto connection = must(must(Database::open("", Access::in_memory)).connect());
    must(connection.run("CREATE TABLE t(i INTEGER)"));
    {
        auto transaction = must(Transaction::begin(connection));
        must(connection.run("INSERT INTO t VALUES (1)"));
    }
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM t")), 0);
    {
        auto transaction = must(Transaction::begin(connection));
        must(connection.run("INSERT INTO t VALUES (1)"));
        must(transaction.commit());
    }
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM t")), 1);
}

TEST(Quoting, DoublesTheQuote) {
    auto connection = must(must(Database::open("", Access::in_memory)).connect());
    const std::string text = "it's \"so\"";
    auto rows = must(connection.query("SELECT " + quote_literal(text) + " AS " + quote_identifier(text)));
    ASSERT_TRUE(must(rows.next()));
    EXPECT_EQ(rows.text(0), text);
    EXPECT_EQ(rows.column_name(0), text);
}

}  // namespace
}  // namespace runlake::sql
