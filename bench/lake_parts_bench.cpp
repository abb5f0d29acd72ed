// SPDX-License-Identifier: Apache-2.0
// What a full reconcile takes beyond its parts: reading and parsing all files alone, appending the rows alone, and both as `lake reconcile` does them. In one run, taking turns; the rows of
// all are counted first. Aim: at most 1.3 times the sum of the parts.
//
// Usage: lake_parts_bench [LOGS [ROUNDS]]   without LOGS, 300 runs of proof searches are made (tests/support/make_proof_logs.py)
#include <stdlib.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "lake/database.hpp"
#include "lake/discovery.hpp"
#include "lake/ordered_work.hpp"
#include "lake/reconcile.hpp"
#include "lake/source.hpp"
#include "lake/unit_work.hpp"
#include "lake/writer.hpp"
#include "os/parallel.hpp"
#include "os/system.hpp"

namespace core = runlake::core;
namespace lake = runlake::lake;
namespace os = runlake::os;

namespace {

namespace fs = std::filesystem;

template <class T>
T must(core::Result<T> result) {
    if (!result.ok()) {
        std::fprintf(stderr, "lake_parts_bench: %s\n", result.error().message().c_str());
        std::exit(1);
    }
    return std::move(result).take();
}

struct Took {
    double clock = 0;
    double processors = 0;
    double system = 0;
    Took& operator+=(const Took& other) {
        clock += other.clock;
        processors += other.processors;
        system += other.system;
        return *this;
    }
};

double seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; }

template <class Work>
Took measure(const Work& work) {
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    const auto start = std::chrono::steady_clock::now();
    work();
    const double clock = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    const double system = seconds(after.ru_stime) - seconds(before.ru_stime);
    return {clock, seconds(after.ru_utime) - seconds(before.ru_utime) + system, system};
}

using RowCounts = std::map<std::string, std::uint64_t>;

void count(const lake::FileRows& rows, RowCounts& counts) {
    for (std::size_t t = 0; t < rows.table_count(); ++t) { counts[std::string(rows.table(t).name)] += rows.row_count(t); }
}

// Finds, lists, reads and parses everything; `keep` takes the rows.
void read_all(const std::string& logs, const std::function<void(lake::FileRows&&)>& keep) {
    constexpr std::size_t k_at_once = 256;
    lake::DiscoverRequest request;
    request.roots = {logs};
    const auto units = must(lake::discover_units(request));
    for (std::size_t begin = 0; begin < units.units.size(); begin += k_at_once) {
        const std::size_t end = std::min(begin + k_at_once, units.units.size());
        std::vector<std::unique_ptr<lake::UnitWork>> works(end - begin);
        os::for_each_index(works.size(), 16, [&](std::size_t i) {
            const auto& unit = units.units[begin + i];
            auto files = must(unit.source->list(unit));
            auto digest = lake::stamps_digest(files);
            works[i] = std::make_unique<lake::UnitWork>(unit, std::move(files), std::move(digest), std::nullopt, lake::WorkOptions{.now = os::system_clock().now()});
        });
        lake::OrderedWork ordered;
        ordered.tasks = works.size();
        ordered.workers = static_cast<unsigned>(os::usable_processors());
        ordered.work = [&](std::size_t i, const lake::RowSink& sink) -> core::Status {
            for (std::size_t step = 0; step < works[i]->steps(); ++step) { RL_TRY(works[i]->run_step(step, sink)); }
            return works[i]->finish(sink);
        };
        ordered.take = [&](std::size_t, lake::FileRows&& rows) -> core::Status {
            keep(std::move(rows));
            return core::ok();
        };
        ordered.done = [](std::size_t) { return core::ok(); };
        must(lake::run_ordered(ordered));
    }
}

RowCounts append_all(const std::string& database, std::vector<lake::FileRows>&& rows) {
    auto held = must(lake::hold_lake(database));
    lake::LakeWriter writer(held.connection);
    must(held.connection.run("SET memory_limit = '1GB'"));
    must(writer.begin());
    for (auto& one : rows) { must(writer.append(std::move(one))); }
    must(writer.commit());
    must(held.connection.run("CHECKPOINT"));
    RowCounts counts;
    for (const auto& [table, written] : writer.rows_written()) { counts[std::string(table)] = written; }
    return counts;
}

void print(const char* what, const Took& took, int rounds) {
    std::printf("  %-34s %6.2f s by the clock, %6.2f s of processors (%.2f of them the kernel's)\n", what, took.clock / rounds, took.processors / rounds, took.system / rounds);
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = (fs::temp_directory_path() / "lake-parts-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) { return 1; }
    const fs::path folder = name;
    std::string logs = argc > 1 ? argv[1] : "";
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
    if (logs.empty()) {
        logs = folder / "logs";
        const auto maker = fs::path(__FILE__).parent_path().parent_path() / "tests" / "support" / "make_proof_logs.py";
        if (std::system(core::cat("/usr/bin/python3 '", maker.string(), "' '", logs, "' --runs 300 --theorems 1 --nodes 20 --trace-lines 20").c_str()) != 0) { return 1; }
    }
    const std::string database = folder / "lake.duckdb";
    std::vector<lake::FileRows> kept;
    RowCounts parsed;
    read_all(logs, [&](lake::FileRows&& rows) {
        count(rows, parsed);
        kept.push_back(std::move(rows));
    });
    lake::ReconcileRequest request;
    request.database = database;
    request.roots = {logs};
    auto reported = must(lake::reconcile(request)).rows;
    reported.erase("log_roots");
    fs::remove(database);
    auto appended = append_all(database, std::vector(kept));
    appended.erase("log_roots");
    if (parsed != reported || parsed != appended) {
        std::fprintf(stderr, "lake_parts_bench: the rows differ\n");
        return 1;
    }
    std::uint64_t total = 0;
    for (const auto& [table, rows] : parsed) { total += rows; }
    Took reading;
    Took appending;
    Took both;
    for (int round = 0; round < rounds; ++round) {
        reading += measure([&] { read_all(logs, [](lake::FileRows&&) {}); });
        fs::remove(database);
        auto rows = kept;
        appending += measure([&] { append_all(database, std::move(rows)); });
        fs::remove(database);
        both += measure([&] { must(lake::reconcile(request)); });
    }
    std::printf("%llu rows\n", static_cast<unsigned long long>(total));
    print("reading and parsing alone", reading, rounds);
    print("appending alone", appending, rounds);
    print("reconcile", both, rounds);
    std::printf("  reconcile takes %.2f times the sum of its parts by the clock, %.2f times by processors\n", both.clock / (reading.clock + appending.clock),
                both.processors / (reading.processors + appending.processors));
    fs::remove_all(folder);
    return 0;
}
