// SPDX-License-Identifier: Apache-2.0
// Whatever was reconciled before, in which order, by how many threads, and wherever it was broken off: the lake is the one that a single clean run makes of the same files.
#include <gtest/gtest.h>

#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/text.hpp"
#include "lake/reconcile.hpp"
#include "os/fault.hpp"
#include "tests/support/lake_tables.hpp"
#include "tests/support/python.hpp"
#include "tests/support/random.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::lake {
namespace {

namespace fs = std::filesystem;
using testing::Compared;
using testing::Random;

class LakeLaws : public ::testing::Test {
  protected:
    void SetUp() override {
        if (testing::find_python().empty()) { GTEST_SKIP() << "no python3"; }
        const std::string command = testing::find_python() + " -I '" RUNLAKE_SOURCE_DIR "/tests/support/make_proof_logs.py' '" + (folder_ / "made") +
                                    "' --runs 7 --theorems 2 --nodes 4 --trace-lines 3 > /dev/null";
        ASSERT_EQ(std::system(command.c_str()), 0);
        fs::create_directories(folder_ / "logs");
    }
    ReconcileRequest request(const std::string& database) const {
        ReconcileRequest request;
        request.database = folder_ / database;
        request.roots = {folder_ / "logs"};
        return request;
    }
    std::map<std::string, std::vector<std::string>> clean(Compared compared = Compared::here) const {
        fs::remove_all(folder_ / "clean");
        const auto report = reconcile(request("clean/lake.duckdb"));
        EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().message());
        return testing::lake_rows(folder_ / "clean/lake.duckdb", compared);
    }
    std::vector<fs::path> files() const {
        std::vector<fs::path> all;
        for (const auto& entry : fs::recursive_directory_iterator(folder_ / "logs")) {
            if (entry.is_regular_file()) { all.push_back(entry.path()); }
        }
        std::sort(all.begin(), all.end());
        return all;
    }
    // One change such as people and programs make.
    void change(Random& random) const {
        const auto all = files();
        switch (random.below(6)) {
            case 0:  // a run arrives, or comes back
            case 1: {
                std::vector<fs::path> made;
                for (const auto& entry : fs::directory_iterator(folder_ / "made")) { made.push_back(entry.path()); }
                std::sort(made.begin(), made.end());
                const auto& from = random.pick(made);
                fs::copy(from, fs::path(folder_ / "logs") / from.filename(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
                break;
            }
            case 2:  // a file goes
                if (!all.empty()) { fs::remove(random.pick(all)); }
                break;
            case 3:  // a file is damaged
                if (!all.empty()) { std::ofstream(random.pick(all), std::ios::binary) << (random.chance(2) ? "" : "damaged"); }
                break;
            case 4: {  // a file takes another's bytes: two that name the same
                if (all.empty()) { break; }
                const auto& to = random.pick(all);
                for (const auto& from : all) {
                    if (from != to && from.filename() == to.filename()) {
                        fs::copy_file(from, to, fs::copy_options::overwrite_existing);
                        break;
                    }
                }
                break;
            }
            default:  // a theorem or a run goes
                if (!all.empty()) { fs::remove_all(random.pick(all).parent_path()); }
                break;
        }
    }

    testing::TempDir folder_;
};

TEST_F(LakeLaws, AnyHistoryEndsInTheLakeOfOneCleanRun) {
    for (std::uint64_t round = 0; round < 5; ++round) {
        Random random(testing::test_seed() + round);
        fs::remove_all(folder_ / "lake");
        fs::remove_all(folder_ / "logs");
        fs::create_directories(folder_ / "logs");
        for (int step = 0; step < 6; ++step) {
            for (std::size_t n = random.below(8) + 1; n > 0; --n) {
                change(random);
                fs::create_directories(folder_ / "logs");
            }
            auto broken = request("lake/lake.duckdb");
            broken.threads = static_cast<unsigned>(random.below(4));
            broken.batch_bytes = random.chance(2) ? 1 : random.below(200'000) + 1;
            broken.prune = random.chance(2);
            broken.full = random.chance(5);
            const std::size_t stop_after = random.below(30);
            std::size_t asked = 0;
            if (random.chance(3)) { broken.is_stopped = [&] { return ++asked > stop_after; }; }
            if (random.chance(3)) { ASSERT_TRUE(os::configure_faults(core::cat("lake.database.change:enospc:", random.below(6) + 1))); }
            if (random.chance(4)) {
                // A part of it alone, as a root of its own.
                for (const auto& entry : fs::directory_iterator(folder_ / "logs")) {
                    if (entry.is_directory()) { broken.roots = {entry.path()}; }
                }
            }
            static_cast<void>(reconcile(broken).ok());
            ASSERT_TRUE(os::configure_faults(""));
        }
        auto last = request("lake/lake.duckdb");
        last.prune = true;
        const auto report = reconcile(last);
        ASSERT_TRUE(report.ok()) << report.error().message();
        auto found = testing::lake_rows(folder_ / "lake/lake.duckdb");
        auto expected = clean();
        // Roots that were given in between stay known as long as they are there.
        found.erase("log_roots");
        expected.erase("log_roots");
        ASSERT_EQ(testing::lake_difference(expected, found), "") << "seed " << testing::test_seed() + round;
        const auto again = reconcile(last);
        ASSERT_TRUE(again.ok());
        EXPECT_EQ(again.value().files_read, 0U);
        EXPECT_EQ(again.value().unchanged, again.value().units);
    }
}

TEST_F(LakeLaws, ThreadsBatchesLocaleAndTimeZoneDoNotShow) {
    fs::remove_all(folder_ / "logs");
    fs::rename(folder_ / "made", folder_ / "logs");
    const auto expected = clean();
    EXPECT_GT(expected.size(), 25U);
    for (const unsigned threads : {1U, 7U}) {
        for (const std::uint64_t batch : {std::uint64_t{1}, std::uint64_t{50'000}, std::uint64_t{1} << 30U}) {
            for (const auto* locale : {"C", "de_DE.UTF-8"}) {
                ::setenv("TZ", threads == 1 ? "Asia/Kolkata" : "America/St_Johns", 1);
                std::setlocale(LC_ALL, locale);
                fs::remove_all(folder_ / "lake");
                auto request_now = request("lake/lake.duckdb");
                request_now.threads = threads;
                request_now.batch_bytes = batch;
                ASSERT_TRUE(reconcile(request_now).ok());
                EXPECT_EQ(testing::lake_difference(expected, testing::lake_rows(folder_ / "lake/lake.duckdb")), "") << threads << ' ' << batch << ' ' << locale;
            }
        }
    }
    std::setlocale(LC_ALL, "C");
    ::unsetenv("TZ");
}

TEST_F(LakeLaws, NothingThatFollowsFromTheBytesDependsOnThePlace) {
    fs::remove_all(folder_ / "logs");
    fs::rename(folder_ / "made", folder_ / "logs");
    const auto here = clean(Compared::everywhere);
    fs::create_directories(folder_ / "canary-root-name");
    fs::rename(folder_ / "logs", folder_ / "canary-root-name/logs");
    auto elsewhere = request("there/lake.duckdb");
    elsewhere.roots = {folder_ / "canary-root-name"};
    ASSERT_TRUE(reconcile(elsewhere).ok());
    const auto there = testing::lake_rows(folder_ / "there/lake.duckdb", Compared::everywhere);
    EXPECT_EQ(testing::lake_difference(here, there), "");
    for (const auto& [table, rows] : there) {
        for (const auto& row : rows) { EXPECT_EQ(row.find("canary"), std::string::npos) << table << ": " << row; }
    }
}

}  // namespace
}  // namespace runlake::lake
