// SPDX-License-Identifier: Apache-2.0
// Rows come in the order of the tasks, whatever the threads do; memory between them has a bound; the first error ends it all.
#include "lake/ordered_work.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <future>
#include <thread>

#include "lake/registry_tables.hpp"

namespace runlake::lake {
namespace {

FileRows rows_of(std::int64_t number) {
    FileRows rows;
    rows.row(k_schema_meta, number, std::nullopt, std::string(200'000, 'x'));
    return rows;
}

struct Taken {
    std::vector<std::int64_t> numbers;
    std::vector<std::size_t> ended;
};

OrderedWork work_of(std::size_t tasks, unsigned workers, Taken& taken) {
    OrderedWork ordered;
    ordered.tasks = tasks;
    ordered.workers = workers;
    ordered.buffered_bytes = 300'000;
    ordered.work = [](std::size_t task, const RowSink& sink) -> core::Status {
        for (std::int64_t piece = 0; piece < static_cast<std::int64_t>(task % 7); ++piece) { RL_TRY(sink(rows_of(static_cast<std::int64_t>(task) * 10 + piece))); }
        return core::ok();
    };
    ordered.take = [&taken](std::size_t, FileRows&& rows) {
        taken.numbers.push_back(rows.cell(0, 0, 0).integer);
        return core::ok();
    };
    ordered.done = [&taken](std::size_t task) {
        taken.ended.push_back(task);
        return core::ok();
    };
    return ordered;
}

TEST(OrderedWork, IsTakenInOrderByAnyNumberOfThreads) {
    Taken alone;
    ASSERT_TRUE(run_ordered(work_of(60, 0, alone)).ok());
    EXPECT_EQ(alone.ended.size(), 60U);
    EXPECT_TRUE(std::is_sorted(alone.numbers.begin(), alone.numbers.end()));
    for (const unsigned workers : {1U, 2U, 5U, 16U}) {
        Taken taken;
        ASSERT_TRUE(run_ordered(work_of(60, workers, taken)).ok());
        EXPECT_EQ(taken.numbers, alone.numbers) << workers;
        EXPECT_EQ(taken.ended, alone.ended) << workers;
        Taken helped;
        auto ordered = work_of(60, workers, helped);
        ordered.is_small = [](std::size_t task) { return task % 3 != 0; };
        ASSERT_TRUE(run_ordered(ordered).ok());
        EXPECT_EQ(helped.numbers, alone.numbers) << workers;
        EXPECT_EQ(helped.ended, alone.ended) << workers;
    }
}

TEST(OrderedWork, IsDoneByTheCallerTooWhereItIsSmall) {
    Taken taken;
    auto ordered = work_of(2, 1, taken);
    ordered.is_small = [](std::size_t task) { return task == 1; };
    std::promise<std::thread::id> second;
    const auto caller = std::this_thread::get_id();
    // The worker's task waits for the next, which only the caller is there to do.
    ordered.work = [&](std::size_t task, const RowSink& sink) -> core::Status {
        if (task == 1) {
            second.set_value(std::this_thread::get_id());
        } else {
            EXPECT_EQ(second.get_future().get(), caller);
        }
        for (std::int64_t piece = 0; piece < 3; ++piece) { RL_TRY(sink(rows_of(static_cast<std::int64_t>(task) * 10 + piece))); }
        return core::ok();
    };
    ASSERT_TRUE(run_ordered(ordered).ok());
    EXPECT_THAT(taken.numbers, testing::ElementsAre(0, 1, 2, 10, 11, 12));
}

TEST(OrderedWork, EndsWithTheFirstErrorOfWorkerOrTaker) {
    for (const unsigned workers : {0U, 3U}) {
        Taken taken;
        auto ordered = work_of(60, workers, taken);
        ordered.is_small = [](std::size_t task) { return task % 2 == 0; };
        ordered.work = [](std::size_t task, const RowSink& sink) -> core::Status {
            RL_TRY(sink(rows_of(static_cast<std::int64_t>(task))));
            return task == 20 ? core::Status(core::Error(core::Errc::io, "broken")) : core::ok();
        };
        auto status = run_ordered(ordered);
        ASSERT_FALSE(status.ok());
        EXPECT_EQ(status.error().message(), "broken");
        EXPECT_EQ(taken.ended.size(), 20U);

        Taken more;
        ordered = work_of(60, workers, more);
        ordered.done = [](std::size_t task) { return task == 10 ? core::Status(core::Error(core::Errc::io, "full")) : core::ok(); };
        status = run_ordered(ordered);
        ASSERT_FALSE(status.ok());
        EXPECT_EQ(status.error().message(), "full");
    }
}

TEST(OrderedWork, EndsWhenItIsStopped) {
    for (const unsigned workers : {0U, 3U}) {
        Taken taken;
        auto ordered = work_of(60, workers, taken);
        int asked = 0;
        ordered.is_stopped = [&] { return ++asked > 30; };
        const auto status = run_ordered(ordered);
        ASSERT_FALSE(status.ok());
        EXPECT_EQ(status.error().code(), core::Errc::interrupted);
        EXPECT_EQ(taken.ended.size(), 30U);
    }
}

}  // namespace
}  // namespace runlake::lake
