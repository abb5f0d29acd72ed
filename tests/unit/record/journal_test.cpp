// SPDX-License-Identifier: Apache-2.0
// The journal: writers at once, forks, damage, newer formats, segments' states.
#include "record/journal.hpp"

#include <sys/resource.h>

#include <set>
#include <thread>

#include "core/digest.hpp"
#include "record/journal_names.hpp"
#include "tests/support/as_nobody.hpp"
#include "tests/unit/record/support.hpp"

namespace runlake::record {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using testing::Everything;
using testing::files_under;
using testing::in_child;
using testing::make_store;
using testing::read_everything;
using testing::slurp;
using testing::spit;
using testing::TempDir;

std::string numbered(int writer, int i) { return "{\"kind\":\"x\",\"w\":" + std::to_string(writer) + ",\"i\":" + std::to_string(i) + "}"; }

struct JournalTest : ::testing::Test {
    TempDir temp;
    Store store = make_store(temp / ".runlake");
    std::string folder = testing::own_folder_of(store);

    std::unique_ptr<JournalWriter> writer(os::Durability durability = os::Durability::process) const {
        auto opened = JournalWriter::open(store, durability);
        EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message());
        return opened.ok() ? std::move(opened).take() : nullptr;
    }
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(folder)) { found.push_back(entry.path().filename()); }
        std::sort(found.begin(), found.end());
        return found;
    }
    std::string only_file() const {
        const auto found = names();
        EXPECT_EQ(found.size(), 1U);
        return folder + "/" + found.at(0);
    }
};

TEST_F(JournalTest, NoJournalYetIsEmpty) {
    EXPECT_TRUE(read_everything(store).payloads.empty());
    EXPECT_EQ(compact(store).value_or({}).freed, 0U);
    EXPECT_EQ(known_losses(store), std::nullopt);
}

TEST_F(JournalTest, AFrameIsVersionChecksumPayload) {
    // CRC-32 of "123456789" is the well-known check value.
    EXPECT_EQ(frame_line("123456789"), "1 cbf43926 123456789\n");
}

TEST_F(JournalTest, WhatIsAppendedIsReadBackInOrderAndTheSegmentIsUsedAgain) {
    for (int w = 0; w < 3; ++w) {
        auto journal = writer();
        for (int i = 0; i < 4; ++i) { ASSERT_TRUE(journal->append(numbered(w, i)).ok()); }
        EXPECT_NE(names().at(0).find(".open-"), std::string::npos);
    }
    EXPECT_TRUE(only_file().ends_with(".free"));
    const auto all = read_everything(store);
    ASSERT_EQ(all.payloads.size(), 12U);
    for (int i = 0; i < 12; ++i) { EXPECT_EQ(all.payloads[static_cast<std::size_t>(i)], numbered(i / 4, i % 4)); }
    EXPECT_EQ(all.report.corrupt_lines + all.report.torn_tails + all.report.newer_lines, 0U);
}

TEST_F(JournalTest, TwoWritersHoldTwoSegments) {
    auto a = writer();
    auto b = writer();
    ASSERT_TRUE(a->append(numbered(1, 0)).ok());
    ASSERT_TRUE(b->append(numbered(2, 0)).ok());
    EXPECT_EQ(names().size(), 2U);
    EXPECT_EQ(read_everything(store).payloads.size(), 2U);
}

TEST_F(JournalTest, ReadingGoesOnFromAnOffset) {
    auto journal = writer();
    ASSERT_TRUE(journal->append(numbered(0, 0)).ok());
    const auto listing = list_segments(store).take();
    ASSERT_EQ(listing.segments.size(), 1U);
    ReadReport report;
    auto end = read_segment(store, listing.segments[0], 0, report, [](const RawRecord&) {});
    ASSERT_TRUE(end.ok());
    ASSERT_TRUE(journal->append(numbered(0, 1)).ok());
    journal.reset();  // renames it: reading follows
    std::vector<std::string> rest;
    std::vector<std::uint64_t> offsets;
    auto after = read_segment(store, listing.segments[0], end.value(), report, [&](const RawRecord& raw) {
        rest.emplace_back(raw.payload);
        offsets.push_back(raw.offset);
    });
    ASSERT_TRUE(after.ok());
    EXPECT_EQ(rest, std::vector<std::string>{numbered(0, 1)});
    EXPECT_EQ(offsets, std::vector<std::uint64_t>{end.value()});
    EXPECT_EQ(after.value(), fs::file_size(only_file()));
}

TEST_F(JournalTest, ASegmentThatIsGoneIsNotFound) {
    writer();
    const auto listing = list_segments(store).take();
    fs::remove(only_file());
    ReadReport report;
    EXPECT_EQ(read_segment(store, listing.segments[0], 0, report, [](const RawRecord&) {}).error().code(), Errc::not_found);
}

TEST_F(JournalTest, ManyThreadsOfOneWriter) {
    auto journal = writer();
    std::vector<std::thread> threads;
    std::atomic<int> failed{0};
    for (int t = 0; t < 16; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) { failed += journal->append(numbered(t, i)).ok() ? 0 : 1; }
        });
    }
    for (auto& thread : threads) { thread.join(); }
    EXPECT_EQ(failed, 0);
    const auto all = read_everything(store);
    EXPECT_EQ(std::set<std::string>(all.payloads.begin(), all.payloads.end()).size(), 16U * 200U);
    EXPECT_EQ(all.payloads.size(), 16U * 200U);
    EXPECT_EQ(all.report.corrupt_lines, 0U);
}

TEST_F(JournalTest, AForkedChildTakesASegmentOfItsOwn) {
    auto journal = writer();
    ASSERT_TRUE(journal->append(numbered(0, 0)).ok());
    EXPECT_EQ(in_child([&] {
                  const bool good = journal->append(numbered(1, 0)).ok() && journal->append(numbered(1, 1)).ok();
                  journal.reset();
                  return good;
              }),
              0);
    ASSERT_TRUE(journal->append(numbered(0, 1)).ok());
    EXPECT_EQ(names().size(), 2U);
    const auto all = read_everything(store);
    EXPECT_EQ(all.payloads.size(), 4U);
    // Each segment holds the lines of one process.
    for (const auto& name : names()) {
        const auto text = slurp(folder + "/" + name);
        EXPECT_NE(text.find("\"w\":0") == std::string::npos, text.find("\"w\":1") == std::string::npos) << text;
    }
}

TEST_F(JournalTest, ForksWhileThreadsAppendHarmNobody) {
    auto journal = writer();
    std::atomic<bool> stop{false};
    std::atomic<int> appended{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; !stop; ++i) {
                if (journal->append(numbered(t, i)).ok()) { ++appended; }
            }
        });
    }
    for (int i = 0; i < 30; ++i) {
        EXPECT_EQ(in_child([&] { return journal->append(numbered(100, i)).ok(); }), 0);
    }
    stop = true;
    for (auto& thread : threads) { thread.join(); }
    const auto all = read_everything(store);
    EXPECT_EQ(all.payloads.size(), static_cast<std::size_t>(appended) + 30U);
    EXPECT_EQ(all.report.corrupt_lines + all.report.torn_tails, 0U);
    // The children ended by _exit: each took over what the one before had left.
    EXPECT_LE(names().size(), 3U);
}

TEST_F(JournalTest, ADeadWritersSegmentIsTakenOverAndItsTornLineEnded) {
    EXPECT_EQ(in_child([&] {
                  auto opened = JournalWriter::open(store, os::Durability::process);
                  const bool good = opened.ok() && opened.value()->append(numbered(0, 0)).ok();
                  ::_exit(good ? 0 : 1);  // without giving the segment back
                  return good;
              }),
              0);
    ASSERT_NE(only_file().find(".open-"), std::string::npos);
    std::ofstream(only_file(), std::ios::app | std::ios::binary) << "1 0123";
    EXPECT_EQ(read_everything(store).report.torn_tails, 1U);
    auto journal = writer();
    ASSERT_TRUE(journal->append(numbered(1, 0)).ok());
    EXPECT_EQ(names().size(), 1U);
    const auto all = read_everything(store);
    EXPECT_EQ(all.payloads, (std::vector<std::string>{numbered(0, 0), numbered(1, 0)}));
    EXPECT_EQ(all.report.corrupt_lines, 1U);
    EXPECT_EQ(all.report.torn_tails, 0U);
    ASSERT_EQ(all.report.notes.size(), 1U);
    EXPECT_NE(all.report.notes[0].find("line at byte "), std::string::npos) << all.report.notes[0];
}

TEST_F(JournalTest, SegmentsOfLivingWritersAndOfOtherBootsAreLeftAlone) {
    writer();
    const std::string text = frame_line(numbered(0, 0));
    fs::remove(only_file());
    const auto& self = os::this_process();
    const std::string living = "00000000000000aa.open-" + self.boot.substr(0, 8) + "-" + std::to_string(self.pid_ns) + "-" + std::to_string(self.pid) + "-" +
                               std::to_string(self.start_ticks);
    const std::string other_boot = "00000000000000bb.open-00000000-" + std::to_string(self.pid_ns) + "-" + std::to_string(self.pid) + "-1";
    const std::string other_space = "00000000000000cc.open-" + self.boot.substr(0, 8) + "-1-2-3";
    for (const auto& name : {living, other_boot, other_space}) { spit(folder + "/" + name, text); }
    ASSERT_TRUE(writer()->append(numbered(1, 0)).ok());
    EXPECT_EQ(names().size(), 4U);
    for (const auto& name : {living, other_boot, other_space}) { EXPECT_EQ(slurp(folder + "/" + name), text) << name; }
    // Care seals that of another boot; the living one and the one that can't be judged stay.
    const auto report = compact(store);
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report.value().sealed, 1U);
    EXPECT_FALSE(fs::exists(folder + "/" + other_boot));
    EXPECT_TRUE(fs::exists(folder + "/sealed/00000000000000bb.seg"));
    EXPECT_TRUE(fs::exists(folder + "/" + living));
    EXPECT_TRUE(fs::exists(folder + "/" + other_space));
    // Idle for more than a day by the file server's clock, it is sealed too.
    fs::last_write_time(folder + "/" + other_space, fs::file_time_type::clock::now() - std::chrono::hours(48));
    EXPECT_EQ(compact(store).value_or({}).sealed, 1U);
    EXPECT_EQ(read_everything(store).payloads.size(), 4U);
}

TEST_F(JournalTest, DamageCostsItsOwnLineOnly) {
    auto journal = writer();
    for (int i = 0; i < 3; ++i) { ASSERT_TRUE(journal->append(numbered(0, i)).ok()); }
    journal.reset();
    const std::string whole = slurp(only_file());
    const auto line = frame_line(numbered(0, 0)).size();
    std::string damaged = whole;
    damaged[line + 15] = '#';
    spit(only_file(), damaged);
    auto all = read_everything(store);
    EXPECT_EQ(all.payloads, (std::vector<std::string>{numbered(0, 0), numbered(0, 2)}));
    EXPECT_EQ(all.report.corrupt_lines, 1U);
    // Also when it is the newline itself that went.
    damaged = whole;
    damaged[line - 1] = '#';
    spit(only_file(), damaged);
    all = read_everything(store);
    EXPECT_EQ(all.payloads, (std::vector<std::string>{numbered(0, 1), numbered(0, 2)}));
    EXPECT_EQ(all.report.corrupt_lines, 1U);
}

TEST_F(JournalTest, LinesOfANewerFormatAreCountedAndKept) {
    writer()->append(numbered(0, 0)).ok();
    std::ofstream(only_file(), std::ios::app | std::ios::binary) << "2 whatever a later version writes\n17 x\n";
    ASSERT_TRUE(writer()->append(numbered(0, 1)).ok());
    const auto all = read_everything(store);
    EXPECT_EQ(all.payloads.size(), 2U);
    EXPECT_EQ(all.report.newer_lines, 2U);
    EXPECT_EQ(all.report.corrupt_lines, 0U);
    ASSERT_TRUE(rewrite_segments(store, [](std::string_view payload) { return payload == numbered(0, 0); }).ok());
    const auto kept = read_everything(store);
    EXPECT_EQ(kept.payloads, std::vector<std::string>{numbered(0, 1)});
    EXPECT_EQ(kept.report.newer_lines, 2U);
}

TEST_F(JournalTest, ANewerJournalBesideOursStopsNothing) {
    spit(store.journal() + "/v2/catalog", "later");
    spit(folder + "/00000000000000aa.v2", "later");
    ASSERT_TRUE(writer()->append(numbered(0, 0)).ok());
    const auto all = read_everything(store);
    EXPECT_EQ(all.payloads.size(), 1U);
    ASSERT_EQ(all.unreadable.size(), 2U);
    EXPECT_NE(all.unreadable[0].find("left alone"), std::string::npos);
    ASSERT_TRUE(compact(store, 0).ok());
    EXPECT_EQ(slurp(store.journal() + "/v2/catalog"), "later");
    EXPECT_EQ(slurp(folder + "/00000000000000aa.v2"), "later");
}

TEST_F(JournalTest, LinesOverTheLimitAreSkippedInPieces) {
    const std::string name = "00000000000000aa.free";
    spit(folder + "/" + name, frame_line(numbered(0, 0)) + std::string(40U << 20U, 'x') + "\n" + frame_line(numbered(0, 1)));
    const auto all = read_everything(store);
    EXPECT_EQ(all.payloads, (std::vector<std::string>{numbered(0, 0), numbered(0, 1)}));
    EXPECT_EQ(all.report.corrupt_lines, 1U);
    EXPECT_EQ(writer()->append(std::string(17U << 20U, 'x')).error().code(), Errc::usage);
}

TEST_F(JournalTest, AFullSegmentIsSealedAndTheNextOneBegins) {
    const std::string payload(8U << 20U, 'x');
    auto journal = writer();
    for (int i = 0; i < 9; ++i) { ASSERT_TRUE(journal->append(payload).ok()); }
    std::size_t sealed = 0;
    for (const auto& entry : fs::directory_iterator(folder + "/sealed")) {
        ++sealed;
        EXPECT_LE(entry.file_size(), k_segment_limit);
    }
    EXPECT_EQ(sealed, 1U);
    EXPECT_EQ(read_everything(store).payloads.size(), 9U);
}

TEST_F(JournalTest, ALimitOfFileSizesKillsNobody) {
    EXPECT_EQ(in_child([&] {
                  const rlimit limit{4096, 4096};
                  ::setrlimit(RLIMIT_FSIZE, &limit);
                  auto opened = JournalWriter::open(store, os::Durability::process);
                  if (!opened.ok()) { return false; }
                  for (int i = 0; i < 200; ++i) {
                      if (!opened.value()->append(numbered(0, i)).ok()) { return false; }
                  }
                  return opened.value()->append(std::string(5000, 'x')).error().code() == Errc::io;
              }),
              0);
    EXPECT_EQ(read_everything(store).payloads.size(), 200U);
}

TEST_F(JournalTest, AJournalRemovedMeanwhileIsMadeAgain) {
    auto journal = writer();
    ASSERT_TRUE(journal->append(numbered(0, 0)).ok());
    fs::remove_all(store.dir);
    ASSERT_TRUE(journal->append(numbered(0, 1)).ok());
    EXPECT_EQ(read_everything(store).payloads, std::vector<std::string>{numbered(0, 1)});
    EXPECT_TRUE(fs::exists(store.dir + "/.gitignore"));
}

TEST_F(JournalTest, PayloadsOfSeveralLinesAreRefused) {
    EXPECT_EQ(writer()->append("a\nb").error().code(), Errc::internal);
    EXPECT_EQ(writer()->append("").error().code(), Errc::internal);
}

TEST_F(JournalTest, WithoutPermissionItSaysWhy) {
    if (::geteuid() != 0) { GTEST_SKIP() << "needs root, to become another user"; }
    writer()->append(numbered(0, 0)).ok();
    fs::permissions(temp.path(), static_cast<fs::perms>(0755));
    const runlake::testing::AsNobody nobody;
    const auto opened = JournalWriter::open(store, os::Durability::process);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), Errc::io);
    EXPECT_NE(opened.error().message().find("ermission denied"), std::string::npos) << opened.error().message();
    // Reading needs no right to write.
    EXPECT_EQ(read_everything(store).payloads.size(), 1U);
}

TEST_F(JournalTest, SyncedAppendsWorkTheSame) {
    auto journal = writer(os::Durability::power);
    ASSERT_TRUE(journal->append(numbered(0, 0)).ok());
    EXPECT_EQ(read_everything(store).payloads.size(), 1U);
}

TEST_F(JournalTest, OneRunProcessesLeaveOneFile) {
    for (int i = 0; i < 2000; ++i) { ASSERT_TRUE(writer()->append(numbered(0, i)).ok()); }
    EXPECT_EQ(names().size(), 1U);
    EXPECT_EQ(read_everything(store).payloads.size(), 2000U);
}

TEST(SegmentNames, OnlyKnownFormsAreParsed) {
    EXPECT_TRUE(parse_segment_name("0123456789abcdef.free", false));
    EXPECT_TRUE(parse_segment_name("0123456789abcdef.seg", true));
    const auto held = parse_segment_name(held_name("0123456789abcdef"), false);
    ASSERT_TRUE(held);
    EXPECT_EQ(held->pid, ::getpid());
    EXPECT_EQ(judge(*held), Holder::alive);
    for (const char* name : {"", "x", "0123456789abcdef", "0123456789abcdeF.free", "0123456789abcdef.seg", "0123456789abcdef.open-", "0123456789abcdef.open-12345678-1-2",
                             "0123456789abcdef.open-12345678-1-2-3-4", "0123456789abcdef.open-12345678-1-0-3", "0123456789abcdef.open-12345678--1-2-3",
                             "0123456789abcdef.open-12345678-1-99999999999-3", "0123456789abcdef.free2"}) {
        EXPECT_FALSE(parse_segment_name(name, false)) << name;
    }
}

}  // namespace
}  // namespace runlake::record
