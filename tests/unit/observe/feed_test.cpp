// SPDX-License-Identifier: Apache-2.0
#include "observe/run_feed.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "core/json.hpp"
#include "os/files.hpp"
#include "tests/unit/observe/runs.hpp"

namespace runlake::observe {
namespace {

using core::Errc;
using core::Error;

class Feed : public ::testing::Test {
  protected:
    void SetUp() override {
        char folder[] = "/tmp/runlake-feed-XXXXXX";
        ASSERT_NE(mkdtemp(folder), nullptr);
        store_.dir = folder;
        auto opened = record::JournalWriter::open(store_, os::Durability::process);
        ASSERT_TRUE(opened.ok()) << opened.error().message();
        writer_ = std::move(opened).take();
        cursor_path_ = store_.dir + "/cursor.json";
    }
    void TearDown() override {
        writer_.reset();
        EXPECT_TRUE(os::remove_tree(store_.dir, os::point::backup_write).ok());
    }
    template <class T>
    void append(const T& record) {
        ASSERT_TRUE(writer_->append(record::to_payload(record)).ok());
    }
    // Reads on from the saved cursor and saves it after each batch, as a push does.
    std::vector<EndedRun> read(std::size_t batch = 100, std::size_t take = SIZE_MAX) {
        auto cursor = FeedCursor::load(cursor_path_);
        EXPECT_TRUE(cursor.ok());
        RunFeed feed(store_, std::move(cursor).take());
        std::vector<EndedRun> all;
        last_ = feed.read(batch, [&](const std::vector<EndedRun>& runs, const FeedCursor& now) -> core::Status {
            if (all.size() + runs.size() > take) { return Error(Errc::io, "receiver is away"); }
            all.insert(all.end(), runs.begin(), runs.end());
            return now.save(cursor_path_);
        });
        return all;
    }

    record::Store store_;
    std::unique_ptr<record::JournalWriter> writer_;
    std::string cursor_path_;
    core::Status last_ = core::ok();
};

TEST_F(Feed, TellsARunOnceItHasEnded) {
    const EndedRun run = test::ended_run();
    append(run.start);
    EXPECT_TRUE(read().empty());
    append(run.end);
    const auto told = read();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].start.stage, "fit");
    EXPECT_TRUE(read().empty());
}

TEST_F(Feed, WhatWasSaidMeanwhileComesAlong) {
    const EndedRun run = test::ended_run();
    append(run.start);
    record::LogRecord late{.header = {.run = run.start.header.run, .at = {run.start.header.at.micros + 20}, .n = 2}, .metrics = {{"rmse", 0.2}}};
    late.facts.rows_out = 7;
    record::LogRecord early{.header = {.run = run.start.header.run, .at = {run.start.header.at.micros + 10}, .n = 1}, .metrics = {{"rmse", 0.9}}};
    early.facts.rows_out = 3;
    append(late);
    EXPECT_TRUE(read().empty());
    append(early);
    append(run.end);
    const auto told = read();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].facts.rows_out, 7);
    ASSERT_EQ(told[0].metrics.size(), 1U);
    EXPECT_EQ(told[0].metrics[0].second, 0.2);
}

TEST_F(Feed, APresumedEndIsToldAndTheRealOneAfterIt) {
    EndedRun run = test::ended_run(2, record::RunState::abandoned);
    run.end.presumed = true;
    append(run.start);
    append(run.end);
    ASSERT_EQ(read().size(), 1U);
    append(run.end);
    EXPECT_TRUE(read().empty());
    append(test::ended_run(2).end);
    const auto told = read();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].end.state, record::RunState::completed);
}

TEST_F(Feed, AnEndWithoutItsStartWaitsOrBringsIt) {
    const EndedRun run = test::ended_run(4);
    append(run.end);
    EXPECT_TRUE(read().empty());
    append(run.start);
    EXPECT_EQ(read().size(), 1U);
    EndedRun whole = test::ended_run(5);
    whole.end.start = whole.start;
    append(whole.end);
    EXPECT_EQ(read().size(), 1U);
}

TEST_F(Feed, WhatAReceiverDidNotTakeComesAgain) {
    for (std::uint8_t i = 1; i <= 10; ++i) {
        append(test::ended_run(i).start);
        append(test::ended_run(i).end);
    }
    EXPECT_EQ(read(3, 7).size(), 6U);
    EXPECT_FALSE(last_.ok());
    const auto rest = read(3);
    ASSERT_EQ(rest.size(), 4U);
    EXPECT_EQ(rest[0].start.header.run, test::run_id(7));
    EXPECT_TRUE(read().empty());
}

TEST_F(Feed, ADamagedCursorBeginsAgainAndANewerOneIsRefused) {
    append(test::ended_run().start);
    append(test::ended_run().end);
    EXPECT_EQ(read().size(), 1U);
    std::ofstream(cursor_path_) << "{\"version\":1,\"offs";
    auto damaged = FeedCursor::load(cursor_path_);
    ASSERT_TRUE(damaged.ok());
    EXPECT_TRUE(damaged.value().note());
    EXPECT_EQ(read().size(), 1U);
    std::ofstream(cursor_path_) << R"({"version":2})";
    const auto newer = FeedCursor::load(cursor_path_);
    ASSERT_FALSE(newer.ok());
    EXPECT_EQ(newer.error().code(), Errc::unsupported);
}

TEST_F(Feed, StartingAtTheEndTellsOnlyWhatEndsLater) {
    append(test::ended_run(1).start);
    append(test::ended_run(1).end);
    append(test::ended_run(2).start);
    auto cursor = FeedCursor::at_end(store_);
    ASSERT_TRUE(cursor.ok());
    ASSERT_TRUE(cursor.value().save(cursor_path_).ok());
    append(test::ended_run(2).end);
    const auto told = read();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].start.header.run, test::run_id(2));
}

}  // namespace
}  // namespace runlake::observe
