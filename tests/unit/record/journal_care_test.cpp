// SPDX-License-Identifier: Apache-2.0
// Compaction and rewriting: nothing lost, files few, and what a killed caretaker left is finished by the next.
#include <set>
#include <thread>

#include "os/lease.hpp"
#include "record/journal.hpp"
#include "record/journal_names.hpp"
#include "tests/unit/record/support.hpp"

namespace runlake::record {
namespace {

namespace fs = std::filesystem;
using testing::in_child;
using testing::make_store;
using testing::read_everything;
using testing::slurp;
using testing::spit;
using testing::TempDir;

std::string payload_of(int i) { return "{\"kind\":\"x\",\"i\":" + std::to_string(i) + "}"; }

std::multiset<std::string> contents(const Store& store) {
    const auto all = read_everything(store);
    return {all.payloads.begin(), all.payloads.end()};
}

struct CareTest : ::testing::Test {
    TempDir temp;
    Store store = make_store(temp / ".runlake");
    std::string folder = testing::own_folder_of(store);
    std::string sealed = folder + "/sealed";

    void sealed_segment(int i, const std::string& text) const {
        std::string id = std::to_string(i);
        id.insert(0, 16 - id.size(), '0');
        spit(sealed + "/" + id + ".seg", text);
    }
    std::size_t sealed_files() const { return fs::exists(sealed) ? testing::files_under(sealed) : 0; }
};

TEST_F(CareTest, SmallSealedSegmentsAreMergedAndNothingIsLost) {
    std::multiset<std::string> expected;
    for (int i = 0; i < 100; ++i) {
        sealed_segment(i, frame_line(payload_of(i)) + (i % 10 == 0 ? "torn" : "") + (i == 55 ? "\n2 newer\nbroken\n" : ""));
        expected.insert(payload_of(i));
    }
    const auto report = compact(store);
    ASSERT_TRUE(report.ok()) << report.error().message();
    EXPECT_EQ(report.value().merged, 100U);
    EXPECT_EQ(sealed_files(), 1U);
    const auto all = read_everything(store);
    EXPECT_EQ(contents(store), expected);
    EXPECT_EQ(all.report.newer_lines, 1U);
    EXPECT_EQ(all.report.corrupt_lines, 11U);  // ten torn ends and one broken line
    EXPECT_EQ(all.report.records, 100U);       // the note of origins is nobody's record
    // Again: nothing to do.
    EXPECT_EQ(compact(store).value_or({}).merged, 0U);
    EXPECT_EQ(compact(store, 0).value_or({}).merged, 0U);
    EXPECT_EQ(sealed_files(), 1U);
}

TEST_F(CareTest, FewSegmentsAreLeftAsTheyAre) {
    for (int i = 0; i < 64; ++i) { sealed_segment(i, frame_line(payload_of(i))); }
    EXPECT_EQ(compact(store).value_or({}).merged, 0U);
    EXPECT_EQ(sealed_files(), 64U);
}

TEST_F(CareTest, DeadWritersAreFreedAndTooManyFreeSegmentsBecomeFew) {
    std::vector<std::unique_ptr<JournalWriter>> writers;
    for (int i = 0; i < 100; ++i) {
        auto opened = JournalWriter::open(store, os::Durability::process);
        ASSERT_TRUE(opened.ok());
        ASSERT_TRUE(opened.value()->append(payload_of(i)).ok());
        writers.push_back(std::move(opened).take());
    }
    EXPECT_EQ(in_child([&] {
                  auto opened = JournalWriter::open(store, os::Durability::process);
                  ::_exit(opened.ok() && opened.value()->append(payload_of(100)).ok() ? 0 : 1);
                  return true;
              }),
              0);
    const auto first = compact(store);
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(first.value().freed, 1U);
    EXPECT_EQ(first.value().sealed, 0U);  // the others are held by this living process
    writers.clear();
    ASSERT_TRUE(compact(store).ok());
    EXPECT_LE(testing::files_under(folder), 9U + 64U);
    EXPECT_EQ(contents(store).size(), 101U);
}

TEST_F(CareTest, OnlyOneCaresAtATime) {
    sealed_segment(1, frame_line(payload_of(1)));
    os::LeaseOptions options;
    options.purpose = "test";
    const auto lease = os::Lease::take(folder + "/compact.lease", options);
    ASSERT_TRUE(lease.ok());
    EXPECT_EQ(compact(store).error().code(), core::Errc::busy);
    EXPECT_EQ(rewrite_segments(store, [](std::string_view) { return true; }).error().code(), core::Errc::busy);
    EXPECT_EQ(contents(store).size(), 1U);
}

TEST_F(CareTest, OldTemporariesGoAndYoungOnesStay) {
    for (const char* name : {"/.compact.lease.old.tmp", "/.compact.lease.young.tmp"}) { spit(folder + name, ""); }
    fs::last_write_time(folder + "/.compact.lease.old.tmp", fs::file_time_type::clock::now() - std::chrono::hours(48));
    ASSERT_TRUE(compact(store).ok());
    EXPECT_FALSE(fs::exists(folder + "/.compact.lease.old.tmp"));
    EXPECT_TRUE(fs::exists(folder + "/.compact.lease.young.tmp"));
}

TEST_F(CareTest, WritersGoOnWhileItCompacts) {
    std::atomic<bool> stop{false};
    std::atomic<int> appended{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; !stop; ++i) {
                auto opened = JournalWriter::open(store, os::Durability::process);
                if (opened.ok() && opened.value()->append(payload_of(t * 1000000 + i)).ok()) { ++appended; }
            }
        });
    }
    for (int i = 0; i < 40 || appended < 50; ++i) {
        const auto report = compact(store, 0);
        EXPECT_TRUE(report.ok()) << report.error().message();
    }
    stop = true;
    for (auto& thread : threads) { thread.join(); }
    ASSERT_TRUE(compact(store, 0).ok());
    EXPECT_EQ(contents(store).size(), static_cast<std::size_t>(appended));
    EXPECT_LE(testing::files_under(folder), 8U);
}

TEST_F(CareTest, RewritingDropsWhatItIsTold) {
    sealed_segment(1, frame_line(payload_of(1)) + frame_line(payload_of(2)) + "broken\n");
    sealed_segment(2, frame_line(payload_of(3)));
    sealed_segment(3, frame_line(payload_of(2)));
    auto opened = JournalWriter::open(store, os::Durability::process);
    ASSERT_TRUE(opened.ok());
    ASSERT_TRUE(opened.value()->append(payload_of(2)).ok());
    const auto report = rewrite_segments(store, [](std::string_view payload) { return payload == payload_of(2); });
    ASSERT_TRUE(report.ok()) << report.error().message();
    EXPECT_EQ(report.value().dropped, 2U);
    EXPECT_EQ(report.value().skipped_segments, 1U);  // held by this process
    EXPECT_EQ(contents(store), (std::multiset<std::string>{payload_of(1), payload_of(2), payload_of(3)}));
    EXPECT_EQ(read_everything(store).report.corrupt_lines, 1U);
    EXPECT_EQ(sealed_files(), 2U);  // one without any line left is gone
    opened.value().reset();
    EXPECT_EQ(rewrite_segments(store, [](std::string_view payload) { return payload == payload_of(2); }).value_or({}).dropped, 1U);
    EXPECT_EQ(contents(store), (std::multiset<std::string>{payload_of(1), payload_of(3)}));
}

// At every point of a merge that a kill may hit: no record is lost, and the next compaction leaves no copy behind.
TEST_F(CareTest, AKilledMergeIsFinishedByTheNextOne) {
    const std::vector<std::string> faults = {
        "journal.compact.write:kill",   "journal.compact.write:kill_after",    "journal.compact.write:kill:2",  "journal.compact.write:short:2",
        "journal.compact.write:enospc", "journal.compact.sync:kill",           "journal.compact.sync:eio",      "journal.compact.publish:kill",
        "journal.compact.publish:eio",  "journal.compact.publish:kill_after",  "journal.compact.sync:eio:2",    "journal.compact.remove:kill",
        "journal.compact.remove:eio",   "journal.compact.remove:kill_after:2", "journal.compact.remove:kill:3",
    };
    for (const auto& fault : faults) {
        fs::remove_all(sealed);
        std::multiset<std::string> expected;
        for (int i = 0; i < 5; ++i) {
            sealed_segment(i, frame_line(payload_of(i)));
            expected.insert(payload_of(i));
        }
        const int status = in_child([&] {
            ::setenv("RUNLAKE_FAULT", fault.c_str(), 1);
            // Another program image reads the variable anew.
            ::execl(CARETAKER, CARETAKER, store.dir.c_str(), nullptr);
            return false;
        });
        EXPECT_NE(status, 0) << fault;  // the point was reached
        std::set<std::string> distinct;
        for (const auto& payload : contents(store)) { distinct.insert(payload); }
        EXPECT_EQ(distinct, std::set<std::string>(expected.begin(), expected.end())) << fault;
        ASSERT_TRUE(compact(store, 0).ok()) << fault;
        EXPECT_EQ(contents(store), expected) << fault;
        EXPECT_EQ(sealed_files(), 1U) << fault;
    }
}

}  // namespace
}  // namespace runlake::record
