// SPDX-License-Identifier: Apache-2.0
// Which job goes next, what it waits for, and what is queued already.
#include "jobs/queue_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace runlake::jobs {
namespace {

using core::JobId;
using core::Json;

JobId id(char digit) { return JobId::parse(std::string(32, digit)).take(); }

QueuedJob job(char digit, std::int64_t index, std::int64_t priority = 0, std::vector<JobId> after = {}) {
    QueuedJob one{Job{id(digit), Json::object(), Json::object(), ""}, {}, JobStatus::queued, "E001"};
    one.entry.queued_at = "2026-06-02T09:14:27Z";
    one.entry.index = index;
    one.entry.priority = priority;
    one.entry.after = std::move(after);
    return one;
}

std::string names(const std::vector<QueuedJob>& jobs) {
    std::string all;
    for (const QueuedJob& one : jobs) { all += one.job.id.str()[0]; }
    return all;
}

TEST(Order, ByPriorityThenAsQueued) {
    std::vector<QueuedJob> jobs = {job('a', 2), job('b', 1), job('c', 3, 5), job('d', 0, -1)};
    std::sort(jobs.begin(), jobs.end(), run_before);
    EXPECT_EQ(names(jobs), "cbad");
    std::sort(jobs.begin(), jobs.end(), list_before);
    EXPECT_EQ(names(jobs), "dbac");
    jobs[3].entry.queued_at = "2026-06-01T09:14:27Z";
    std::sort(jobs.begin(), jobs.end(), list_before);
    EXPECT_EQ(names(jobs), "cdba");
}

TEST(Order, WithoutAnIndexByTheirIds) {
    std::vector<QueuedJob> jobs = {job('b', 0), job('a', 0)};
    jobs[0].entry.index.reset();
    jobs[1].entry.index.reset();
    std::sort(jobs.begin(), jobs.end(), run_before);
    EXPECT_EQ(names(jobs), "ab");
}

TEST(Readiness, OnlyWhatIsCompleteIsFollowed) {
    std::map<JobId, JobStatus> statuses = {{id('a'), JobStatus::complete}, {id('b'), JobStatus::running}, {id('c'), JobStatus::failed}};
    const auto status_of = [&](const JobId& one) { return statuses.contains(one) ? std::optional(statuses.at(one)) : std::nullopt; };
    EXPECT_EQ(readiness(job('9', 0).entry, status_of).what, Readiness::ready);
    EXPECT_EQ(readiness(job('9', 0, 0, {id('a')}).entry, status_of).what, Readiness::ready);
    const Ready waiting = readiness(job('9', 0, 0, {id('a'), id('b')}).entry, status_of);
    EXPECT_EQ(waiting.what, Readiness::waiting);
    EXPECT_EQ(waiting.on, id('b'));
    const Ready blocked = readiness(job('9', 0, 0, {id('b'), id('c')}).entry, status_of);
    EXPECT_EQ(blocked.what, Readiness::blocked);
    EXPECT_EQ(blocked.on, id('c'));
    EXPECT_EQ(blocked.on_status, JobStatus::failed);
    EXPECT_EQ(readiness(job('9', 0, 0, {id('d')}).entry, status_of).what, Readiness::blocked);
}

TEST(Dependence, NoneComesBeforeWhatItFollows) {
    EXPECT_EQ(names(in_order_of_dependence({job('a', 0, 9, {id('b')}), job('b', 1, 0, {id('c')}), job('c', 2), job('d', 3, 1)})), "dcba");
    // What is not among them does not count; what goes round in a circle comes last.
    EXPECT_EQ(names(in_order_of_dependence({job('a', 0, 0, {id('b')}), job('b', 1, 0, {id('a')}), job('c', 2, 0, {id('f')})})), "cab");
}

TEST(Dependence, ACircleIsSeen) {
    std::map<JobId, std::vector<JobId>> after = {{id('a'), {id('b')}}, {id('b'), {id('c')}}, {id('e'), {id('e')}}};
    const auto after_of = [&](const JobId& one) { return after.contains(one) ? after.at(one) : std::vector<JobId>(); };
    EXPECT_TRUE(would_wait_for_itself(id('c'), {id('a')}, after_of));
    EXPECT_TRUE(would_wait_for_itself(id('a'), {id('a')}, after_of));
    EXPECT_FALSE(would_wait_for_itself(id('d'), {id('a')}, after_of));
    EXPECT_FALSE(would_wait_for_itself(id('d'), {id('e')}, after_of));   // a circle of others ends the search
    EXPECT_FALSE(would_wait_for_itself(id('d'), {}, after_of));
}

Json point(std::string_view text) { return core::parse_json(text, "test").take(); }

TEST(Already, TheSameButForItsCode) {
    const auto is_found = [](std::string_view queued, std::string_view asked) {
        QueuedJob one = job('a', 0);
        one.job.state_point = point(queued);
        const std::vector<QueuedJob> queue = {one};
        return QueuedAlready(queue).find(point(asked), one.experiment, one.entry.tag) != nullptr;
    };
    EXPECT_TRUE(is_found(R"({"a": 1, "code_commit": "x", "code_dirty": true})", R"({"code_commit": "y", "a": 1})"));
    EXPECT_FALSE(is_found(R"({"a": 1})", R"({"a": 1.0})"));
    EXPECT_FALSE(is_found(R"({"a": 1})", R"({"a": 1, "b": 2})"));
}

TEST(Already, QueuedInTheSameExperimentUnderTheSameTag) {
    QueuedJob one = job('a', 0);
    one.job.state_point = point(R"({"seed": 1, "code_commit": "x"})");
    one.entry.tag = "t";
    QueuedJob running = one;
    running.status = JobStatus::running;
    const Json again = point(R"({"code_commit": "y", "seed": 1})");
    const std::vector<QueuedJob> queue = {one};
    const QueuedAlready already(queue);
    EXPECT_EQ(already.find(again, "E001", "t"), &queue[0]);
    EXPECT_EQ(already.find(again, "E001", std::nullopt), nullptr);   // tags part them
    EXPECT_EQ(already.find(again, "E002", "t"), nullptr);
    EXPECT_EQ(already.find(point(R"({"seed": 2})"), "E001", "t"), nullptr);
    const std::vector<QueuedJob> others = {running};
    EXPECT_EQ(QueuedAlready(others).find(again, "E001", "t"), nullptr);
}

TEST(Queue, TheFilterLetsThrough) {
    const auto make = [](char digit, std::string_view document) { return Job{id(digit), point(R"({"experiment_id": "E001"})"), point(document), ""}; };
    std::vector<Job> jobs = {make('a', R"({"status": "queued", "queue": {"queued_at": "2", "tag": "t"}})"), make('b', R"({"status": "running", "queue": {"queued_at": "1"}})"),
                             make('c', R"({"status": "complete", "queue": {"queued_at": "0"}})"), make('d', R"({"status": "created"})"),
                             make('e', R"({"status": "odd", "queue": {"queued_at": "3"}})")};
    EXPECT_EQ(names(queue_of(jobs, {})), "ba");
    EXPECT_EQ(names(queue_of(jobs, {.experiment = {}, .tag = {}, .terminal = true})), "cba");
    EXPECT_EQ(names(queue_of(jobs, {.experiment = "E001", .tag = "t", .terminal = false})), "a");
    EXPECT_EQ(names(queue_of(jobs, {.experiment = "E002", .tag = {}, .terminal = true})), "");
}

}  // namespace
}  // namespace runlake::jobs
