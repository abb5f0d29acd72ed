// SPDX-License-Identifier: Apache-2.0
// Recording runs in-process, in an empty store and in one ten times as full, from 1 to 16 threads, beside SQLite inserting a row a run (WAL, one transaction each).
// Prints figures and ratios of one run, as JSON.
//
// Usage: record_bench [RUNS, default 20000]. Each measure is repeated five times in turn; the best of each counts.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "core/text.hpp"
#include "record/journal.hpp"
#include "record/recorder.hpp"
#include "tests/support/temp_dir.hpp"

#ifdef RUNLAKE_WITH_SQLITE
#include <sqlite3.h>
#endif

namespace {

namespace core = runlake::core;
namespace os = runlake::os;
namespace record = runlake::record;
namespace testing = runlake::testing;

[[noreturn]] void fail(std::string_view why) {
    std::fprintf(stderr, "record_bench: %.*s\n", static_cast<int>(why.size()), why.data());
    std::exit(1);
}

double seconds_of(const auto& work) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

// What this process spent, which tells more than the clock on a machine that others use.
double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void record_runs(record::Recorder& recorder, int count) {
    for (int i = 0; i < count; ++i) {
        record::RunSpec spec;
        spec.stage = "fit";
        spec.facts.rows_in = i;
        auto run = recorder.start(std::move(spec));
        if (!run.ok()) { fail(run.error().message()); }
        record::Outcome outcome;
        outcome.facts.rows_out = i;
        auto finished = run.value()->finish(std::move(outcome));
        if (!finished.ok()) { fail(finished.error().message()); }
    }
}

struct Journal {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
};

Journal look_at(const record::Store& store) {
    Journal found;
    record::ReadReport report;
    const auto listing = record::list_segments(store);
    if (!listing.ok()) { fail(listing.error().message()); }
    for (const auto& segment : listing.value().segments) {
        found.bytes += segment.size;
        const auto end = record::read_segment(store, segment, 0, report, [&](const record::RawRecord& raw) {
            if (!record::parse_payload(raw.payload).ok()) { fail("a record can't be read back"); }
        });
        if (!end.ok()) { fail(end.error().message()); }
    }
    if (report.corrupt_lines + report.torn_tails + report.newer_lines != 0) { fail("the journal is damaged"); }
    found.records = report.records;
    return found;
}

#ifdef RUNLAKE_WITH_SQLITE
// The seed's sixteen columns and five indexes; each run is one insert in a transaction of its own.
class Sqlite {
  public:
    explicit Sqlite(const std::string& path) {
        if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) { fail("sqlite3_open"); }
        execute("PRAGMA journal_mode=WAL");
        execute("PRAGMA synchronous=NORMAL");
        execute("CREATE TABLE runs (run_id TEXT PRIMARY KEY, tenant_id TEXT, stage TEXT NOT NULL, status TEXT NOT NULL, error TEXT, input_fingerprint TEXT, "
                "code_ref TEXT, config_hash TEXT, started_at INTEGER NOT NULL, finished_at INTEGER, duration_seconds REAL, rows_in INTEGER, rows_out INTEGER, "
                "llm_calls INTEGER, tokens INTEGER, trace_id TEXT)");
        for (const char* column : {"started_at", "stage", "status", "input_fingerprint", "tenant_id"}) {
            execute(core::cat("CREATE INDEX idx_", column, " ON runs(", column, ")"));
        }
        constexpr const char* k_insert = "INSERT INTO runs (run_id, stage, status, started_at, rows_in, trace_id) VALUES (?,?,?,?,?,?)";
        if (sqlite3_prepare_v2(db_, k_insert, -1, &insert_, nullptr) != SQLITE_OK) { fail(sqlite3_errmsg(db_)); }
    }
    Sqlite(const Sqlite&) = delete;
    Sqlite& operator=(const Sqlite&) = delete;
    ~Sqlite() {
        sqlite3_finalize(insert_);
        sqlite3_close(db_);
    }

    void insert(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string id = os::new_run_id().str();
            const std::string trace = os::random_hex(32);
            sqlite3_bind_text(insert_, 1, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
            sqlite3_bind_text(insert_, 2, "fit", -1, SQLITE_STATIC);
            sqlite3_bind_text(insert_, 3, "running", -1, SQLITE_STATIC);
            sqlite3_bind_int64(insert_, 4, os::system_clock().now().micros);
            sqlite3_bind_int64(insert_, 5, i);
            sqlite3_bind_text(insert_, 6, trace.data(), static_cast<int>(trace.size()), SQLITE_STATIC);
            if (sqlite3_step(insert_) != SQLITE_DONE) { fail(sqlite3_errmsg(db_)); }
            sqlite3_reset(insert_);
        }
    }
    int rows() {
        sqlite3_stmt* count = nullptr;
        if (sqlite3_prepare_v2(db_, "SELECT count(*) FROM runs", -1, &count, nullptr) != SQLITE_OK || sqlite3_step(count) != SQLITE_ROW) { fail(sqlite3_errmsg(db_)); }
        const int rows = sqlite3_column_int(count, 0);
        sqlite3_finalize(count);
        return rows;
    }

  private:
    void execute(const std::string& sql) {
        if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) { fail(sqlite3_errmsg(db_)); }
    }
    sqlite3* db_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
};
#endif

record::Store make_store(const std::string& path) {
    auto store = record::open_store(path, record::OpenStore::create);
    if (!store.ok()) { fail(store.error().message()); }
    return std::move(store).take();
}

}  // namespace

int main(int argc, char** argv) {
    const int runs = argc > 1 ? std::atoi(argv[1]) : 20000;
    const testing::TempDir dir;
    const auto empty = make_store(dir / "empty/.runlake");
    const auto full = make_store(dir / "full/.runlake");
    auto recorder = record::Recorder::open(empty, {});
    auto beside = record::Recorder::open(full, {});
    record_runs(*beside, runs * 10);

    double in_empty = 1e9;
    double cpu = 1e9;
    double in_full = 1e9;
    double in_sqlite = 1e9;
#ifdef RUNLAKE_WITH_SQLITE
    Sqlite sqlite(dir / "runs.sqlite");
#endif
    constexpr int k_rounds = 5;
    for (int round = 0; round < k_rounds; ++round) {
        const double before = cpu_seconds();
        in_empty = std::min(in_empty, seconds_of([&] { record_runs(*recorder, runs); }));
        cpu = std::min(cpu, cpu_seconds() - before);
        in_full = std::min(in_full, seconds_of([&] { record_runs(*beside, runs); }));
#ifdef RUNLAKE_WITH_SQLITE
        in_sqlite = std::min(in_sqlite, seconds_of([&] { sqlite.insert(runs); }));
#endif
    }
    const Journal journal = look_at(empty);
    if (journal.records != static_cast<std::uint64_t>(runs) * k_rounds * 2) { fail("records are missing"); }
#ifdef RUNLAKE_WITH_SQLITE
    if (sqlite.rows() != runs * k_rounds) { fail("rows of SQLite are missing"); }
#endif

    std::string threads;
    for (const int count : {1, 2, 4, 8, 16}) {
        const double took = seconds_of([&] {
            std::vector<std::thread> pool;
            for (int t = 0; t < count; ++t) {
                pool.emplace_back([&] { record_runs(*recorder, runs / count); });
            }
            for (auto& thread : pool) { thread.join(); }
        });
        threads += core::cat(threads.empty() ? "" : ", ", "{\"threads\": ", count, ", \"runs_per_s\": ", core::format_fixed(runs / count * count / took, 0), "}");
    }

    const double micros = in_empty / runs * 1e6;
    std::string peer = "null";
    if (in_sqlite < 1e9) {
        peer = core::cat("{\"insert_us\": ", core::format_fixed(in_sqlite / runs * 1e6, 2), ", \"times_faster\": ", core::format_fixed(in_sqlite / in_empty, 2), "}");
    }
    std::printf("{\"version\": 1, \"runs\": %d, \"start_finish_us\": %.2f, \"start_finish_cpu_us\": %.2f, \"aim_us\": 10, \"runs_per_s\": %.0f, \"aim_runs_per_s\": 50000, \"full_store_ratio\": %.2f, "
                "\"bytes_per_run\": %.0f, \"aim_bytes\": 1024, \"sqlite_wal\": %s, \"by_threads\": [%s]}\n",
                runs, micros, cpu / runs * 1e6, runs / in_empty, in_full / in_empty, static_cast<double>(journal.bytes) / (static_cast<double>(journal.records) / 2), peer.c_str(),
                threads.c_str());
    return 0;
}
