// SPDX-License-Identifier: Apache-2.0
// Folding a journal into runs.duckdb beside DuckDB's chunk appender taking the same finished rows into the same tables with the same keys and indexes. Both at two
// sizes, in one run, alternating; the rows of both are compared before a figure is printed. Ratios are of the time on the clock and of that of processors, of which the second
// hardly depends on what else the machine does. The fold also writes fold_state, from which later records are merged; the peer does not.
//
// Usage: fold_bench [ROUNDS, default 3] [SIZE..., default 100000 1000000]
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "os/system.hpp"
#include "record/journal.hpp"
#include "record/model.hpp"
#include "record/store.hpp"
#include "runs/database.hpp"
#include "runs/schema.hpp"
#include "runs/session.hpp"
#include "sql/appender.hpp"

namespace core = runlake::core;
namespace os = runlake::os;
namespace record = runlake::record;
namespace runs = runlake::runs;
namespace sql = runlake::sql;

namespace {

namespace fs = std::filesystem;

template <class T>
T must(core::Result<T> result) {
    if (!result.ok()) {
        std::fprintf(stderr, "fold_bench: %s\n", result.error().message().c_str());
        std::exit(1);
    }
    return std::move(result).take();
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

// Wall clock and processor time of a piece of work.
struct Cost {
    double wall = 0;
    double cpu = 0;
};

class Meter {
  public:
    Cost cost() const { return {seconds_since(start_), cpu_seconds() - cpu_}; }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    double cpu_ = cpu_seconds();
};

// Writes a journal of plain runs as `runlake run` records them: a start and an end each, in segments of 60 MB, a few runs open at once.
void write_journal(const record::Store& store, std::int64_t runs) {
    const std::string folder = store.journal() + "/" + os::machine_id() + "-" + os::machine_label();
    fs::create_directories(folder + "/sealed");
    std::ofstream out;
    std::uint64_t written = 0;
    int segment = 0;
    const auto put = [&](const std::string& payload) {
        if (!out.is_open() || written > 60'000'000) {
            out.close();
            char name[64];
            std::snprintf(name, sizeof name, "/sealed/%016x.seg", ++segment);
            out.open(folder + name, std::ios::binary);
            written = 0;
        }
        const std::string line = record::frame_line(payload);
        out << line;
        written += line.size();
    };
    std::vector<record::EndRecord> open;
    for (std::int64_t i = 0; i < runs; ++i) {
        const core::Timestamp at{1736432595000000 + i * 20000};
        record::StartRecord start{.header = {os::new_run_id(), at, static_cast<std::uint64_t>(2 * i)}, .stage = core::cat("window_", i % 50)};
        start.tenant = i % 3 == 0 ? "acme" : "beta";
        start.trace_id = os::random_hex(32);
        start.span_id = os::random_hex(16);
        start.argv = {"python3", "train.py", "--window", std::to_string(i)};
        start.working_dir = ".";
        start.recorder = os::this_process();
        start.host = "host";
        start.facts.code_ref = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2";
        start.facts.config_hash = "config/1:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        start.facts.rows_in = i % 1000;
        record::EndRecord end{.header = {start.header.run, {at.micros + 15000}, static_cast<std::uint64_t>(2 * i + 1)}};
        end.state = i % 20 == 0 ? record::RunState::failed : record::RunState::completed;
        end.duration_seconds = 0.015;
        end.exit_status = i % 20 == 0 ? 1 : 0;
        if (i % 20 == 0) { end.error = record::ErrorText{"ValueError: prompt exceeds model context limit", 46, {}}; }
        end.facts.input_fingerprint = "files/1:" + core::sha256(std::to_string(i)).hex();
        end.facts.rows_out = i % 900;
        end.facts.environment = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        put(record::to_payload(start));
        open.push_back(std::move(end));
        if (open.size() >= 4) {
            put(record::to_payload(open.front()));
            open.erase(open.begin());
        }
    }
    for (const auto& end : open) { put(record::to_payload(end)); }
}

// Appends all rows of `from` to a new database with keys and indexes in place, from memory: only the appending is measured.
Cost append_rows(const std::string& from, const std::string& to) {
    struct Cells {
        std::string name;
        std::vector<sql::Kind> kinds;
        std::vector<bool> present;
        std::vector<std::int64_t> numbers;
        std::vector<double> floats;
        std::vector<std::string> texts;
        std::vector<core::RunId> ids;
        std::size_t rows = 0;
    };
    std::vector<Cells> all;
    {
        auto connection = must(must(sql::Database::open(from, sql::Access::read_only)).connect());
        for (const runs::Table& table : runs::tables()) {
            if (table.overlay == runs::Overlay::internal) { continue; }  // the peer gets the finished rows alone
            Cells cells;
            cells.name = table.name;
            auto rows = must(connection.query("SELECT * FROM " + cells.name));
            for (std::size_t i = 0; i < rows.column_count(); ++i) { cells.kinds.push_back(rows.kind(i)); }
            while (must(rows.next())) {
                ++cells.rows;
                for (std::size_t i = 0; i < cells.kinds.size(); ++i) {
                    cells.present.push_back(!rows.is_null(i));
                    if (rows.is_null(i)) { continue; }
                    switch (cells.kinds[i]) {
                        case sql::Kind::integer: cells.numbers.push_back(rows.integer(i)); break;
                        case sql::Kind::timestamp: cells.numbers.push_back(rows.time(i).micros); break;
                        case sql::Kind::floating: cells.floats.push_back(rows.number(i)); break;
                        case sql::Kind::uuid: cells.ids.push_back(rows.run_id(i)); break;
                        default: cells.texts.emplace_back(rows.text(i)); break;
                    }
                }
            }
            all.push_back(std::move(cells));
        }
    }
    const Meter meter;
    {
        auto connection = must(must(sql::Database::open(to, sql::Access::create)).connect());
        must(runs::create_schema(connection, runs::Indexes::now));
        auto transaction = must(sql::Transaction::begin(connection));
        for (const Cells& cells : all) {
            auto out = must(sql::Appender::open(connection, cells.name));
            std::size_t cell = 0;
            std::size_t number = 0;
            std::size_t real = 0;
            std::size_t text = 0;
            std::size_t id = 0;
            for (std::size_t row = 0; row < cells.rows; ++row) {
                for (std::size_t i = 0; i < cells.kinds.size(); ++i) {
                    if (!cells.present[cell++]) { continue; }
                    switch (cells.kinds[i]) {
                        case sql::Kind::integer: out.set(i, cells.numbers[number++]); break;
                        case sql::Kind::timestamp: out.set(i, core::Timestamp{cells.numbers[number++]}); break;
                        case sql::Kind::floating: out.set(i, cells.floats[real++]); break;
                        case sql::Kind::uuid: out.set(i, cells.ids[id++]); break;
                        default: out.set(i, cells.texts[text++]); break;
                    }
                }
                must(out.end_row());
            }
            must(out.close());
        }
        must(transaction.commit());
        must(connection.run("CHECKPOINT"));
    }
    return meter.cost();
}

void compare(const std::string& left, const std::string& right) {
    auto connection = must(must(sql::Database::open(left, sql::Access::read_only)).connect());
    must(connection.run("ATTACH " + sql::quote_literal(right) + " AS other (READ_ONLY)"));
    for (const char* name : {"runs", "run_details"}) {
        const std::string table = name;
        const auto differ = must(connection.integer("SELECT count(*) FROM (FROM " + table + " EXCEPT FROM other." + table + ")")) +
                            must(connection.integer("SELECT count(*) FROM (FROM other." + table + " EXCEPT FROM " + table + ")"));
        if (differ != 0) {
            std::fprintf(stderr, "fold_bench: %lld rows of %s differ\n", static_cast<long long>(differ), name);
            std::exit(1);
        }
    }
}

double middle(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

Cost middle(const std::vector<Cost>& costs) {
    std::vector<double> walls;
    std::vector<double> cpus;
    for (const Cost& cost : costs) {
        walls.push_back(cost.wall);
        cpus.push_back(cost.cpu);
    }
    return {middle(walls), middle(cpus)};
}

std::uint64_t tree_size(const std::string& path) {
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path)) { bytes += entry.is_regular_file() ? entry.file_size() : 0; }
    return bytes;
}

// Runs `work` in a process of its own; gives the most memory that it had, in bytes.
template <class Work>
std::int64_t in_a_child(const Work& work) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        work();
        std::fflush(nullptr);
        ::_exit(0);
    }
    int status = 0;
    rusage usage{};
    if (child < 0 || ::wait4(child, &status, 0, &usage) != child || status != 0) { std::exit(1); }
    return std::int64_t{usage.ru_maxrss} * 1024;
}

void measure(std::int64_t runs, int rounds) {
    std::string pattern = (fs::temp_directory_path() / "runlake-fold-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) { std::abort(); }
    const record::Store store = must(record::open_store(pattern + "/.runlake", record::OpenStore::create));
    write_journal(store, runs);
    const std::string database = store.runs_database();
    const std::string peer = pattern + "/peer.duckdb";
    const auto peak = in_a_child([&] { must(runs::update_database(store)); });
    std::vector<Cost> folds;
    std::vector<Cost> appends;
    for (int round = 0; round < rounds; ++round) {
        fs::remove(database);
        const Meter meter;
        const auto report = must(runs::update_database(store));
        folds.push_back(meter.cost());
        if (static_cast<std::int64_t>(report.fold.runs_added) != runs) {
            std::fprintf(stderr, "fold_bench: %llu runs instead of %lld\n", static_cast<unsigned long long>(report.fold.runs_added), static_cast<long long>(runs));
            std::exit(1);
        }
        fs::remove(peer);
        appends.push_back(append_rows(database, peer));
    }
    compare(database, peer);
    const Cost fold = middle(folds);
    const Cost append = middle(appends);
    const auto count = static_cast<double>(runs);
    std::printf("%9lld runs: fold %.2f s (%.0f runs/s, %.2f s of processors), appender alone %.2f s (%.0f runs/s, %.2f s): %.2f x its rate by the clock (aim >= 0.8), "
                "%.2f x by processors\n",
                static_cast<long long>(runs), fold.wall, count / fold.wall, fold.cpu, append.wall, count / append.wall, append.cpu, append.wall / fold.wall,
                append.cpu / fold.cpu);
    std::printf("%9lld runs: folding took at most %.0f MB of memory\n", static_cast<long long>(runs), static_cast<double>(peak) / 1e6);
    std::printf("%9lld runs: journal %.0f, database %.0f bytes a run (aim <= 1024 and <= 2048 together)\n", static_cast<long long>(runs),
                static_cast<double>(tree_size(store.journal())) / count, static_cast<double>(fs::file_size(database)) / count);

    // One more run on top of all these: what a query pays when something is new, and when nothing is.
    std::vector<double> one_more;
    std::vector<double> nothing;
    std::vector<double> open;
    for (int i = 0; i < 5; ++i) {
        {
            auto writer = must(record::JournalWriter::open(store, os::Durability::process));
            record::StartRecord first{.header = {os::new_run_id(), {1836432595000000 + i}, 0}, .stage = "one"};
            must(writer->append(record::to_payload(first)));
        }
        auto start = std::chrono::steady_clock::now();
        must(runs::Session::open(store));
        one_more.push_back(seconds_since(start));
        start = std::chrono::steady_clock::now();
        must(runs::Session::open(store));
        nothing.push_back(seconds_since(start));
        start = std::chrono::steady_clock::now();
        must(must(sql::Database::open(database, sql::Access::read_only)).connect());
        open.push_back(seconds_since(start));
    }
    std::printf("%9lld runs: session with one new run %.1f ms, with nothing new %.1f ms; DuckDB opens the file in %.1f ms\n", static_cast<long long>(runs),
                1e3 * middle(one_more), 1e3 * middle(nothing), 1e3 * middle(open));
    std::fflush(stdout);
    fs::remove_all(pattern);
}

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 3;
    std::vector<std::int64_t> sizes;
    for (int i = 2; i < argc; ++i) { sizes.push_back(std::atoll(argv[i])); }
    if (sizes.empty()) { sizes = {100'000, 1'000'000}; }
    // Each size in a process of its own, so that none finds the memory of another.
    for (const std::int64_t size : sizes) {
        in_a_child([&] { measure(size, rounds); });
    }
    return 0;
}
