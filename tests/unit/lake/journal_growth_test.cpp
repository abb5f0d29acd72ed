// SPDX-License-Identifier: Apache-2.0
// A store whose journal grows between reconciles: only the runs that it tells of are read again, and the tables are those of a lake that is made anew.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "core/text.hpp"
#include "lake/reconcile.hpp"
#include "record/journal.hpp"
#include "tests/support/lake_tables.hpp"
#include "tests/unit/runs/fold_support.hpp"

namespace runlake::lake {
namespace {

namespace fs = std::filesystem;
using runs::test::must;
using runs::test::payload_of;
using runs::test::RecordMaker;

class JournalGrowth : public ::testing::Test {
  protected:
    JournalGrowth() {
        store_.root = fs::canonical(folder_.path()).string() + "/project";
        store_.dir = store_.root + "/.runlake";
        fs::create_directories(store_.dir);
    }
    // Closed when it goes: the segment is given back, and has another name.
    std::unique_ptr<record::JournalWriter> writer() { return must(record::JournalWriter::open(store_, os::Durability::process)); }
    void tell(record::JournalWriter& into, const core::RunId& id) {
        for (const auto& said : maker_.run(id)) { EXPECT_TRUE(into.append(payload_of(said)).ok()); }
        EXPECT_TRUE(into.append(payload_of(maker_.start(id))).ok());
    }
    void tell(const core::RunId& id) { tell(*writer(), id); }
    ReconcileReport reconciled(const std::string& database) {
        ReconcileRequest request;
        request.database = folder_ / database;
        request.roots = {store_.root};
        return must(reconcile(request));
    }
    // How many runs were written, after the lake was compared with one that is made anew.
    std::uint64_t runs_written() {
        auto report = reconciled("lake.duckdb");
        fs::remove(folder_ / "fresh.duckdb");
        reconciled("fresh.duckdb");
        EXPECT_EQ(testing::lake_difference(testing::lake_rows(folder_ / "lake.duckdb"), testing::lake_rows(folder_ / "fresh.duckdb")), "");
        return report.rows["runlake_runs"];
    }
    // Segments that are there, sorted.
    std::vector<fs::path> segments() const {
        std::vector<fs::path> out;
        for (const auto& entry : fs::recursive_directory_iterator(store_.dir + "/journal")) {
            if (entry.is_regular_file() && (entry.path().extension() == ".free" || entry.path().extension() == ".seg")) { out.push_back(entry.path()); }
        }
        std::sort(out.begin(), out.end());
        return out;
    }

    runlake::testing::TempDir folder_;
    record::Store store_;
    RecordMaker maker_{17};
};

TEST_F(JournalGrowth, ReadsTheRunsThatItTellsOf) {
    std::vector<core::RunId> ids;
    for (int i = 0; i < 20; ++i) {
        ids.push_back(maker_.id());
        tell(ids.back());
    }
    EXPECT_EQ(runs_written(), 20U);
    EXPECT_EQ(runs_written(), 0U);
    tell(ids[3]);
    tell(ids[7]);
    tell(maker_.id());
    EXPECT_EQ(runs_written(), 3U);
    EXPECT_EQ(runs_written(), 0U);
}

TEST_F(JournalGrowth, AgreesWithALakeMadeAnewWhateverIsAdded) {
    std::vector<core::RunId> ids;
    auto held = writer();
    for (int round = 0; round < 8; ++round) {
        std::set<std::string> told;
        for (int i = maker_.below(6); i >= 0; --i) {
            if (ids.empty() || maker_.chance(50)) { ids.push_back(maker_.id()); }
            const auto& id = ids[static_cast<std::size_t>(maker_.below(static_cast<int>(ids.size())))];
            told.insert(id.str());
            // A segment that goes on being held, and others that are given back: held ones have another name each time.
            maker_.chance(50) ? tell(*held, id) : tell(id);
            if (maker_.chance(20)) { held = writer(); }
        }
        EXPECT_EQ(runs_written(), told.size()) << round;
    }
}

TEST_F(JournalGrowth, TakesALineThatWasNotWhole) {
    const auto first = maker_.id();
    const auto second = maker_.id();
    tell(first);
    const auto line = record::frame_line(payload_of(maker_.start(second)));
    const auto segment = segments().front();
    std::ofstream(segment, std::ios::binary | std::ios::app) << line.substr(0, line.size() / 2);
    EXPECT_EQ(runs_written(), 1U);
    std::ofstream(segment, std::ios::binary | std::ios::app) << line.substr(line.size() / 2);
    EXPECT_EQ(runs_written(), 1U);
}

TEST_F(JournalGrowth, ReadsAllWhereWhatItHasReadIsNoLongerThere) {
    std::vector<core::RunId> ids;
    for (int i = 0; i < 6; ++i) {
        ids.push_back(maker_.id());
        auto own = i % 2 == 0 ? writer() : nullptr;  // while one is held, another is begun
        tell(ids.back());
        if (own) { tell(*own, ids.back()); }
    }
    EXPECT_EQ(runs_written(), 6U);
    // Rewritten without the records of one run, as pruning does; the store's own database, which pruning changes as well, still has the run.
    const std::string gone = ids[2].str();
    must(record::rewrite_segments(store_, [&](std::string_view payload) { return payload.find(gone) != std::string_view::npos; }));
    EXPECT_EQ(runs_written(), 6U);
    // Merged into one.
    ASSERT_GT(segments().size(), 0U);
    must(record::compact(store_, 0));
    tell(ids[0]);
    runs_written();
    // Other bytes where others were, of the same length, and a line more.
    const auto segment = segments().front();
    std::string bytes;
    {
        std::ifstream file(segment, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    bytes[bytes.size() / 2] = '~';
    std::ofstream(segment, std::ios::binary) << bytes << record::frame_line(payload_of(maker_.start(ids[1])));
    runs_written();
    fs::remove(segment);
    runs_written();
}

}  // namespace
}  // namespace runlake::lake
