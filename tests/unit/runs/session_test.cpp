// SPDX-License-Identifier: Apache-2.0
// Sessions and the life of the database file: fresh, behind, locked, missing, damaged, older, newer; rebuild and vacuum.
#include "runs/session.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "runs/database.hpp"
#include "runs/query_document.hpp"
#include "tests/support/as_nobody.hpp"
#include "tests/unit/runs/fold_support.hpp"

namespace runlake::runs {
namespace {

namespace fs = std::filesystem;
using test::dump;
using test::must;
using test::payload_of;
using test::Places;
using test::RecordMaker;
using test::TempStore;

std::vector<std::string> payloads_of(std::uint64_t seed, int runs) {
    RecordMaker maker(seed);
    std::vector<std::string> payloads;
    for (int i = 0; i < runs; ++i) {
        const auto id = maker.id();
        for (const auto& said : maker.run(id)) { payloads.push_back(payload_of(said)); }
    }
    return payloads;
}

// What every session over the store must show: the journal folded into memory.
std::string expected(const record::Store& store) {
    auto connection = must(must(sql::Database::open("", sql::Access::in_memory)).connect());
    must(create_schema(connection, Indexes::now));
    Cursor cursor;
    must(fold_new(connection, store, must(record::list_segments(store)), cursor));
    return dump(connection, Places::with);
}

// Holds DuckDB's lock on a file from another process.
class Holder {
  public:
    Holder(const std::string& path, short type) {
        int ready[2];
        if (pipe(ready) != 0 || pipe(go_) != 0) { abort(); }
        child_ = fork();
        if (child_ == 0) {
            close(go_[1]);
            const int fd = open(path.c_str(), O_RDWR);
            struct flock lock {};
            lock.l_type = type;
            char byte = fcntl(fd, F_SETLK, &lock) == 0 ? 'y' : 'n';
            if (write(ready[1], &byte, 1) != 1) { _exit(1); }
            static_cast<void>(!read(go_[0], &byte, 1));  // until the other end closes
            _exit(0);
        }
        close(go_[0]);
        char byte = 0;
        if (read(ready[0], &byte, 1) != 1 || byte != 'y') { abort(); }
        close(ready[0]);
        close(ready[1]);
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    ~Holder() {
        close(go_[1]);
        waitpid(child_, nullptr, 0);
    }

  private:
    int go_[2];
    pid_t child_;
};

TEST(Session, EmptyStoreGivesEmptyTablesAndMakesNothing) {
    TempStore store;
    auto session = must(Session::open(*store));
    EXPECT_EQ(must(session.connection().integer("SELECT count(*) FROM runs")), 0);
    EXPECT_TRUE(session.notes().empty());
    EXPECT_FALSE(fs::exists(store->runs_database()));
}

TEST(Session, FoldsFirstThenReadsTheDatabase) {
    TempStore store;
    for (std::uint64_t round = 0; round < 3; ++round) {
        store.append({payloads_of(round, 30)});
        auto session = must(Session::open(*store));
        EXPECT_EQ(session.source(), Source::database);
        EXPECT_TRUE(session.notes().empty()) << session.notes()[0];
        EXPECT_EQ(dump(session.connection(), Places::with), expected(*store));
        EXPECT_FALSE(session.connection().run("DELETE FROM runs").ok());
    }
}

TEST(Session, LockedByAWriterAnswersFromTheJournal) {
    TempStore store;
    store.append({payloads_of(1, 30)});
    must(Session::open(*store));
    store.append({payloads_of(2, 30)});
    const Holder holder(store->runs_database(), F_WRLCK);
    auto session = must(Session::open(*store));
    EXPECT_EQ(session.source(), Source::journal);
    EXPECT_EQ(session.notes().size(), 1U);
    EXPECT_EQ(dump(session.connection(), Places::with), expected(*store));
}

TEST(Session, LockedByAReaderAnswersFromDatabaseAndTail) {
    TempStore store;
    auto payloads = payloads_of(3, 200);
    std::shuffle(payloads.begin(), payloads.end(), RecordMaker(3).engine());
    const auto half = payloads.begin() + static_cast<std::ptrdiff_t>(payloads.size() / 2);
    store.append({{payloads.begin(), half}});
    must(Session::open(*store));
    store.append({{half, payloads.end()}});
    const Holder holder(store->runs_database(), F_RDLCK);
    for (const Folding folding : {Folding::if_free, Folding::never}) {
        auto session = must(Session::open(*store, folding));
        EXPECT_EQ(session.source(), Source::database_and_tail);
        EXPECT_EQ(session.notes().size(), folding == Folding::never ? 0U : 1U);
        EXPECT_EQ(dump(session.connection(), Places::with), expected(*store));
    }
}

TEST(Session, ReadOnlyStoreStillAnswers) {
    TempStore store;
    store.append({payloads_of(4, 20)});
    must(Session::open(*store));
    store.append({payloads_of(5, 20)});
    const std::string want = expected(*store);
    const auto readable = fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec;
    for (const auto& entry : fs::recursive_directory_iterator(store->dir)) { fs::permissions(entry.path(), readable, fs::perm_options::add); }
    fs::permissions(fs::path(store->dir).parent_path(), readable, fs::perm_options::add);
    fs::permissions(store->dir, fs::perms::owner_read | fs::perms::owner_exec | readable);
    {
        const runlake::testing::AsNobody nobody;
        auto session = must(Session::open(*store));
        EXPECT_NE(session.source(), Source::database);
        EXPECT_FALSE(session.notes().empty());
        EXPECT_EQ(dump(session.connection(), Places::with), want);
    }
    fs::permissions(store->dir, fs::perms::owner_all);
}

TEST(Session, DamagedFileIsSetAsideAndRebuilt) {
    TempStore store;
    store.append({payloads_of(6, 200)});
    must(Session::open(*store));
    const std::string path = store->runs_database();
    const auto size = fs::file_size(path);
    std::string whole(size, '\0');
    std::ifstream(path, std::ios::binary).read(whole.data(), static_cast<std::streamsize>(size));
    RecordMaker maker(6);
    std::vector<std::string> damaged = {std::string(50000, 'x'), "", whole.substr(0, 100), whole.substr(0, 4096), whole.substr(0, 12288), whole.substr(0, size / 2)};
    for (int i = 0; i < 4; ++i) {
        std::string bytes = whole;
        for (std::size_t at = static_cast<std::size_t>(maker.below(4096)); at < bytes.size(); at += 4096) { bytes[at] = static_cast<char>(bytes[at] ^ 0x55); }
        damaged.push_back(std::move(bytes));
    }
    for (std::size_t i = 0; i < damaged.size(); ++i) {
        std::ofstream(path, std::ios::binary) << damaged[i];
        auto session = must(Session::open(*store));
        EXPECT_EQ(dump(session.connection(), Places::with), expected(*store)) << i;
        if (!damaged[i].empty()) { EXPECT_FALSE(session.notes().empty()) << i; }
    }
    std::size_t aside = 0;
    for (const auto& entry : fs::directory_iterator(store->dir)) { aside += entry.path().string().find("runs.duckdb.corrupt-") != std::string::npos ? 1 : 0; }
    EXPECT_GE(aside, damaged.size() - 1);
}

// As version 1 or 2 left it.
void make_older(const std::string& path, int version) {
    auto connection = must(must(sql::Database::open(path, sql::Access::read_write)).connect());
    if (version < 2) { must(connection.run("ALTER TABLE run_details DROP COLUMN id_prefix")); }
    for (const std::string_view table : {"run_params", "run_tags", "run_metrics", "run_inputs", "run_notes", "run_errors"}) {
        must(connection.run(core::cat("ALTER TABLE ", table, " DROP COLUMN run_started_at")));
    }
    must(connection.run(core::cat("UPDATE fold_schema SET version = ", version)));
}

TEST(Session, OlderSchemaIsMigratedInPlace) {
    for (const int version : {1, 2}) {
        TempStore store;
        store.append({payloads_of(7, 20)});
        const std::string before = dump(must(Session::open(*store)).connection(), Places::without);
        make_older(store->runs_database(), version);
        fs::rename(store->journal(), store->journal() + "-away");  // its rows are kept, not read again
        fs::create_directory(store->journal());
        auto session = must(Session::open(*store));
        EXPECT_EQ(session.source(), Source::database);
        EXPECT_EQ(must(session.connection().integer("SELECT max(version) FROM fold_schema")), k_schema_version);
        EXPECT_EQ(dump(session.connection(), Places::without), before) << version;
    }
}

// Rows that a run has in tables without an index by run_id are found by the time of its start, whichever start was met first.
TEST(Session, ARunIsShownWholeWhenAnEarlierStartOfItIsMetLater) {
    for (const bool is_held : {false, true}) {
        TempStore store;
        RecordMaker maker(12);
        const auto id = maker.id();
        record::LogRecord log{.header = {id, {2500}, 1}};
        log.metrics = {{"loss", 0.5}};
        log.note = "said";
        store.append({{payload_of(record::StartRecord{.header = {id, {2000}, 0}, .stage = "fit", .params = core::Json::object().set("lr", 0.1)}), payload_of(log)}});
        must(Session::open(*store));
        // Beside it, what was said before is met again, as after a compaction.
        store.append({{payload_of(record::StartRecord{.header = {id, {1000}, 0}, .stage = "fit", .params = core::Json::object().set("lr", 0.1)}), payload_of(log)}});
        std::optional<Holder> holder;
        if (is_held) { holder.emplace(store->runs_database(), F_RDLCK); }
        auto session = must(Session::open(*store));
        EXPECT_EQ(session.source(), is_held ? Source::database_and_tail : Source::database);
        const RunDocument shown = must(read_document(session.connection(), *store, id));
        EXPECT_EQ(shown.time("started_at"), core::Timestamp{1000});
        EXPECT_EQ(shown.params.size(), 1U) << is_held;
        EXPECT_EQ(shown.metrics.size(), 1U) << is_held;
        EXPECT_EQ(shown.notes.size(), 1U) << is_held;
        EXPECT_EQ(dump(session.connection(), Places::with), expected(*store));
    }
}

TEST(Session, OlderSchemaThatCantBeMigratedAnswersFromTheJournal) {
    TempStore store;
    store.append({payloads_of(7, 20)});
    must(Session::open(*store));
    make_older(store->runs_database(), 1);
    const Holder holder(store->runs_database(), F_RDLCK);
    auto session = must(Session::open(*store));
    EXPECT_EQ(session.source(), Source::journal);
    ASSERT_FALSE(session.notes().empty());
    EXPECT_NE(session.notes()[0].find("version 1"), std::string::npos);
    EXPECT_EQ(dump(session.connection(), Places::with), expected(*store));
}

TEST(Session, NewerSchemaAnswersFromTheJournalAndIsNotTouched) {
    TempStore store;
    store.append({payloads_of(7, 20)});
    must(Session::open(*store));
    {
        auto connection = must(must(sql::Database::open(store->runs_database(), sql::Access::read_write)).connect());
        must(connection.run("UPDATE fold_schema SET version = 99"));
    }
    store.append({payloads_of(8, 20)});
    const auto before = fs::last_write_time(store->runs_database());
    auto session = must(Session::open(*store));
    EXPECT_EQ(session.source(), Source::journal);
    ASSERT_EQ(session.notes().size(), 1U);
    EXPECT_NE(session.notes()[0].find("99"), std::string::npos);
    EXPECT_EQ(dump(session.connection(), Places::with), expected(*store));
    EXPECT_EQ(fs::last_write_time(store->runs_database()), before);
    EXPECT_EQ(update_database(*store).error().code(), core::Errc::unsupported);
}

void make_original(const std::string& path, bool with_lineage) {
    auto connection = must(must(sql::Database::open(path, sql::Access::create)).connect());
    must(connection.run(
        "SET TimeZone = 'America/New_York';"
        "CREATE TABLE runs(run_id UUID PRIMARY KEY, stage VARCHAR NOT NULL, tenant_id VARCHAR, started_at TIMESTAMPTZ NOT NULL, finished_at TIMESTAMPTZ, "
        "input_fingerprint VARCHAR, code_ref VARCHAR, config_hash VARCHAR, rows_in BIGINT, rows_out BIGINT, llm_calls BIGINT DEFAULT 0, tokens BIGINT DEFAULT 0, "
        "status VARCHAR NOT NULL CHECK (status IN ('running', 'completed', 'failed', 'degraded')), error VARCHAR, trace_id VARCHAR);"
        "CREATE INDEX idx_runs_started_at ON runs(started_at);"
        "INSERT INTO runs(run_id, stage, started_at, finished_at, status, rows_in, error) VALUES "
        "('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'window_0', '2025-01-09 14:23:15+00', '2025-01-09 14:23:27.45+00', 'completed', 150, NULL), "
        "('c2ddd77b-9c0b-4ef8-bb6d-6bb9bd380a11', 'window_2', '2025-01-09 16:23:45+02', '2025-01-09 14:23:48.12+00', 'failed', 180, repeat('x', 700)), "
        "('d3eee88c-9c0b-4ef8-bb6d-6bb9bd380a11', 'window_3', '2025-01-09 14:24:00+00', NULL, 'running', NULL, NULL)"));
    if (with_lineage) { must(connection.run("CREATE TABLE lineage(child_run_id UUID REFERENCES runs(run_id), parent_run_id UUID)")); }
}

void expect_original_rows(sql::Connection& connection) {
    auto rows = must(connection.query("SELECT run_id::VARCHAR, status, started_at::VARCHAR, round(duration_seconds, 2), rows_in, length(error), typeof(started_at) FROM runs "
                                      "WHERE stage LIKE 'window%' ORDER BY run_id"));
    ASSERT_TRUE(must(rows.next()));
    EXPECT_EQ(rows.text(0), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    EXPECT_EQ(rows.text(1), "completed");
    EXPECT_EQ(rows.text(2), "2025-01-09 14:23:15");
    EXPECT_EQ(rows.number(3), 12.45);
    EXPECT_EQ(rows.integer(4), 150);
    EXPECT_EQ(rows.text(6), "TIMESTAMP");
    ASSERT_TRUE(must(rows.next()));
    EXPECT_EQ(rows.text(1), "failed");
    EXPECT_EQ(rows.text(2), "2025-01-09 14:23:45");
    EXPECT_EQ(rows.integer(5), 700);
    ASSERT_TRUE(must(rows.next()));
    EXPECT_EQ(rows.text(1), "running");
    EXPECT_TRUE(rows.is_null(3));
    EXPECT_FALSE(must(rows.next()));
}

TEST(Session, OriginalDatabaseIsMigratedAndItsRowsAreInTheJournal) {
    for (const bool with_lineage : {false, true}) {
        TempStore store;
        store.append({payloads_of(9, 10)});
        make_original(store->runs_database(), with_lineage);
        {
            auto session = must(Session::open(*store));
            EXPECT_EQ(session.source(), Source::database);
            EXPECT_EQ(session.notes().size(), 1U);
            expect_original_rows(session.connection());
        }
        fs::remove(store->runs_database());
        auto session = must(Session::open(*store));
        expect_original_rows(session.connection());
        EXPECT_EQ(dump(session.connection(), Places::with), expected(*store));
    }
}

TEST(Session, OriginalDatabaseThatCantBeMigratedIsReadAllTheSame) {
    TempStore store;
    make_original(store->runs_database(), false);
    const Holder holder(store->runs_database(), F_RDLCK);
    auto session = must(Session::open(*store));
    EXPECT_EQ(session.source(), Source::journal);
    EXPECT_EQ(session.notes().size(), 1U);
    expect_original_rows(session.connection());
}

TEST(Rebuild, GivesEqualRowsWithItsIndexes) {
    TempStore store;
    store.append({payloads_of(11, 50), payloads_of(12, 50)});
    must(update_database(*store));
    store.append({payloads_of(13, 50)});
    must(update_database(*store));
    const std::string copy = store->runs_database() + ".copy";
    fs::copy_file(store->runs_database(), copy);
    const auto report = must(rebuild_database(*store));
    EXPECT_EQ(report.missing, 0U);
    EXPECT_EQ(report.kept_as, "");
    auto connection = must(must(sql::Database::open(store->runs_database(), sql::Access::read_only)).connect());
    must(connection.run("ATTACH '" + copy + "' AS old (READ_ONLY)"));
    for (const Table& table : tables()) {
        const std::string name(table.name);
        EXPECT_EQ(must(connection.integer("SELECT count(*) FROM (FROM " + name + " EXCEPT ALL FROM old." + name + ")")), 0) << name;
        EXPECT_EQ(must(connection.integer("SELECT count(*) FROM (FROM old." + name + " EXCEPT ALL FROM " + name + ")")), 0) << name;
    }
    const char* indexes = "SELECT count(*) FROM duckdb_indexes() WHERE database_name = current_database() AND index_name LIKE 'idx_runs_%'";
    EXPECT_EQ(must(connection.integer(indexes)), 5);
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY' AND database_name = current_database()")), 2);
}

TEST(Rebuild, KeepsTheOldFileWhenTheJournalTellsLess) {
    TempStore store;
    store.append({payloads_of(14, 20)});
    must(update_database(*store));
    fs::remove_all(store->journal());
    const auto report = must(rebuild_database(*store));
    EXPECT_GT(report.missing, 0U);
    EXPECT_TRUE(fs::exists(report.kept_as));
    EXPECT_EQ(report.runs, 0U);
}

TEST(Rebuild, RefusesWhenAnotherProcessHasTheDatabase) {
    TempStore store;
    store.append({payloads_of(15, 20)});
    must(update_database(*store));
    const Holder holder(store->runs_database(), F_RDLCK);
    EXPECT_EQ(rebuild_database(*store).error().code(), core::Errc::busy);
    EXPECT_EQ(vacuum_database(*store).error().code(), core::Errc::busy);
    EXPECT_EQ(update_database(*store).error().code(), core::Errc::busy);
}

// A kill right after a commit leaves the rows in DuckDB's log. Opening applies the log; an index that is not loaded then must not lose its part at the next checkpoint.
TEST(Update, KilledFoldKeepsItsIndexes) {
    TempStore store;
    store.append({payloads_of(31, 40)});
    must(update_database(*store));
    store.append({payloads_of(32, 40)});
    const std::string path = store->runs_database();
    {
        auto connection = must(must(sql::Database::open(path, sql::Access::read_write)).connect());
        must(connection.run("PRAGMA disable_checkpoint_on_shutdown"));
        Cursor cursor;
        must(fold_new(connection, *store, must(record::list_segments(*store)), cursor));
    }
    ASSERT_TRUE(fs::exists(path + ".wal")) << "the log is what this test is about";
    must(update_database(*store));
    EXPECT_FALSE(fs::exists(path + ".wal"));
    auto connection = must(must(sql::Database::open(path, sql::Access::read_write)).connect());
    const auto rows = must(connection.integer("SELECT count(*) FROM runs"));
    EXPECT_GT(rows, 40);
    must(connection.run("CREATE TEMP TABLE kept AS SELECT * FROM runs; CREATE TEMP TABLE details AS SELECT * FROM run_details"));
    must(connection.run("DELETE FROM runs; DELETE FROM run_details"));  // DuckDB refuses when an index lacks a row
    must(connection.run("INSERT INTO runs SELECT * FROM kept; INSERT INTO run_details SELECT * FROM details"));
    EXPECT_FALSE(connection.run("INSERT INTO runs SELECT * FROM kept").ok()) << "the key must know every row";
    EXPECT_EQ(must(connection.integer("SELECT count(*) FROM runs")), rows);
}

TEST(Vacuum, KeepsEveryRowAndShrinks) {
    TempStore store;
    store.append({payloads_of(16, 3000)});
    must(update_database(*store));
    std::string before;
    {
        auto held = must(hold_database(*store));
        must(held.connection.run("INSERT INTO run_notes SELECT gen_random_uuid(), TIMESTAMP '2025-01-01', 0, repeat('x', 100) || range, NULL FROM range(100000)"));
        must(held.connection.run("CHECKPOINT; DELETE FROM run_notes WHERE text LIKE 'xxx%'"));
        before = dump(held.connection, Places::with);
    }
    const auto report = must(vacuum_database(*store));
    EXPECT_LT(report.bytes_after, report.bytes_before);
    auto session = must(Session::open(*store));
    EXPECT_EQ(dump(session.connection(), Places::with), before);
}

}  // namespace
}  // namespace runlake::runs
