// SPDX-License-Identifier: Apache-2.0
// Statuses, the single writer of ends, claims.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "jobs/execution.hpp"
#include "jobs/finish.hpp"
#include "tests/unit/jobs/support.hpp"

namespace runlake::jobs {
namespace {

using core::Errc;
using core::Json;
using ::testing::HasSubstr;

using LifecycleTest = Project;

TEST(JobStatusTest, WordsAndTheirOrder) {
    for (const JobStatus status : all_statuses()) { EXPECT_EQ(parse_status(status_name(status)), status); }
    EXPECT_FALSE(parse_status("completed"));
    EXPECT_FALSE(parse_status("Complete"));
    EXPECT_EQ(status_of(Json::object()), JobStatus::created);
    EXPECT_FALSE(status_of(Json::object().set("status", "done")));
    EXPECT_FALSE(status_of(Json::object().set("status", 1)));
}

TEST(JobStatusTest, WhatMayFollowWhat) {
    using enum JobStatus;
    for (const JobStatus from : {created, queued, running}) {
        for (const JobStatus to : {queued, running, complete, failed, abandoned, stopped}) { EXPECT_TRUE(may_become(from, to, Change::by_other)); }
    }
    for (const JobStatus to : all_statuses()) {
        EXPECT_FALSE(may_become(complete, to, Change::by_other)) << status_name(to);
        EXPECT_FALSE(may_become(complete, to, Change::by_recorder)) << status_name(to);
        EXPECT_TRUE(may_become(complete, to, Change::by_force)) << status_name(to);
    }
    for (const JobStatus from : {failed, abandoned, stopped}) {
        EXPECT_TRUE(may_become(from, running, Change::by_other));
        EXPECT_TRUE(may_become(from, queued, Change::by_other));
        EXPECT_FALSE(may_become(from, complete, Change::by_other));
    }
    EXPECT_TRUE(may_become(abandoned, complete, Change::by_recorder));
    EXPECT_FALSE(may_become(stopped, complete, Change::by_recorder));
}

TEST_F(LifecycleTest, OneOfThirtyTwoEndsAJob) {
    const RunStore store = make_store();
    const Job job = make_job(store, R"({"a":1})", R"({"status":"running"})");
    constexpr int k_processes = 32;
    constexpr std::array k_ends = {JobStatus::complete, JobStatus::failed, JobStatus::abandoned, JobStatus::stopped};
    std::array<int, 2> start{};
    ASSERT_EQ(::pipe(start.data()), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < k_processes; ++i) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::close(start[1]);
            char byte = 0;
            static_cast<void>(::read(start[0], &byte, 1));   // until the parent closes it: all at once
            Ending ending;
            ending.status = k_ends.at(static_cast<std::size_t>(i) % k_ends.size());
            ending.more = [&](Json& document) { document.set("by", i); };
            const auto finished = finish(store, job.id, ending);
            ::_exit(!finished.ok() ? 2 : finished.value().changed ? 1 : 0);
        }
        children.push_back(pid);
    }
    ::close(start[0]);
    ::close(start[1]);
    int ended = 0;
    int winner = -1;
    for (int i = 0; i < k_processes; ++i) {
        int status = -1;
        ASSERT_EQ(::waitpid(children[static_cast<std::size_t>(i)], &status, 0), children[static_cast<std::size_t>(i)]);
        ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        if (WEXITSTATUS(status) == 1) {
            ++ended;
            winner = i;
        }
    }
    EXPECT_EQ(ended, 1);
    const Job after = store.read(job.id).take();
    EXPECT_EQ(after.document.integer_at("by"), winner);
    EXPECT_EQ(status_of(after.document), k_ends.at(static_cast<std::size_t>(winner) % k_ends.size()));
    EXPECT_TRUE(after.document.string_at("ended_at"));
}

TEST_F(LifecycleTest, AnExecutionHoldsItsJobAndWritesItsEndWhole) {
    const RunStore store = make_store();
    const Job job = make_job(store, R"({"a":1})", R"({"status":"failed","started_at":"2020-01-01T00:00:00Z","ended_at":"2020-01-01T00:00:01Z","wallclock_s":1.0,"queue":{"queued_at":"x"},"mine":1})");
    BeginOptions options{.run = os::new_run_id()};
    EXPECT_EQ(Execution::begin(store, job.id, options).error().code(), Errc::conflict);
    options.force = true;
    options.process = os::this_process();
    auto begun = Execution::begin(store, job.id, options);
    ASSERT_TRUE(begun.ok()) << begun.error().message();
    const auto execution = std::move(begun).take();
    const Json running = store.read(job.id).take().document;
    EXPECT_EQ(running.string_at("status"), "running");
    EXPECT_EQ(running.string_at("started_at"), "2020-01-01T00:00:00Z");
    EXPECT_EQ(running.find("ended_at"), nullptr);
    EXPECT_EQ(running.find("wallclock_s"), nullptr);
    EXPECT_EQ(running.find("queue")->find("proc")->integer_at("pid"), ::getpid());
    EXPECT_EQ(life_of(store, store.read(job.id).take()), Life::held);
    EXPECT_EQ(Execution::begin(store, job.id, {.force = true, .run = os::new_run_id()}).error().code(), Errc::busy);

    Ending ending;
    ending.more = [](Json& document) { document.set("after", true); };
    const auto finished = execution->finish(ending);
    ASSERT_TRUE(finished.ok()) << finished.error().message();
    EXPECT_TRUE(finished.value().changed);
    const Json done = store.read(job.id).take().document;
    EXPECT_EQ(done.string_at("status"), "complete");
    EXPECT_TRUE(done.number_at("wallclock_s"));
    EXPECT_EQ(done.string_at("ended_at")->size(), 20U);
    EXPECT_EQ(done.find("queue")->find("proc"), nullptr);
    EXPECT_EQ(done.find("runlake")->find("process"), nullptr);
    EXPECT_EQ(done.integer_at("mine"), 1);
    EXPECT_EQ(done.bool_at("after"), true);
}

TEST_F(LifecycleTest, WhatARunnerThatWasKilledLeavesIsAbandonedAndMayBeBegunAnew) {
    const RunStore store = make_store();
    const Job job = make_job(store, R"({"a":1})");
    const pid_t child = ::fork();
    if (child == 0) {
        auto begun = Execution::begin(store, job.id, {.run = os::new_run_id()});
        ::_exit(begun.ok() ? (::raise(SIGKILL), 0) : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const Job left = store.read(job.id).take();
    EXPECT_EQ(status_of(left.document), JobStatus::running);
    EXPECT_EQ(life_of(store, left), Life::abandoned);
    const core::RunId mine = os::new_run_id();
    auto begun = Execution::begin(store, job.id, {.run = mine});
    ASSERT_TRUE(begun.ok()) << begun.error().message();
    // The end of the execution that is over does not touch the new one.
    Ending late;
    late.status = JobStatus::failed;
    late.change = Change::by_recorder;
    late.run = own_of(left.document).run;
    EXPECT_FALSE(finish(store, job.id, late).take().changed);
    EXPECT_EQ(life_of(store, store.read(job.id).take()), Life::held);
}

TEST_F(LifecycleTest, ALivingProgramOfARunnerThatHasGoneIsNotStartedTwice) {
    const RunStore store = make_store();
    Json document = Json::object().set("status", "running");
    Own own;
    own.run = os::new_run_id();
    own.process = os::this_process();
    set_own(document, own);
    const Job job = make_job(store, R"({"a":1})", core::to_json(document));
    EXPECT_EQ(life_of(store, job), Life::unwatched);
    const auto refused = Execution::begin(store, job.id, {.run = os::new_run_id()});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), Errc::busy);
    EXPECT_THAT(refused.error().message(), HasSubstr(std::to_string(::getpid())));
}

TEST_F(LifecycleTest, AJobThatAnotherToolRunsIsLeftToIt) {
    const RunStore store = make_store();
    const Job job = make_job(store, R"({"a":1})", R"({"status":"running","queue":{"proc":{"pid":1,"host":"elsewhere"}}})");
    EXPECT_EQ(life_of(store, job), Life::unknown);
    EXPECT_EQ(Execution::begin(store, job.id, {.run = os::new_run_id()}).error().code(), Errc::conflict);
    EXPECT_TRUE(Execution::begin(store, job.id, {.force = true, .run = os::new_run_id()}).ok());
}

TEST_F(LifecycleTest, GivenBackItIsAnotherAttemptsToTake) {
    const RunStore store = make_store();
    const Job job = make_job(store, R"({"a":1})");
    auto begun = Execution::begin(store, job.id, {.run = os::new_run_id()});
    ASSERT_TRUE(begun.ok());
    const auto given = begun.value()->give_back([](Json& document) { document.set("status", "queued"); });
    ASSERT_TRUE(given.ok()) << given.error().message();
    EXPECT_TRUE(Execution::begin(store, job.id, {.run = os::new_run_id()}).ok());
    EXPECT_EQ(begun.value()->give_back([](Json&) {}).error().code(), Errc::conflict);
}

TEST(DocumentTest, LinksAreWrittenAsAexpDoes) {
    Json document = Json::object().set("limina", Json::object().set("experiment_id", "E009")).set("status", "created");
    EXPECT_EQ(link_of(document)->experiment_id, "E009");
    set_link(document, {"E001", "kb/research/experiments/E001-*.md", "H001", std::nullopt});
    EXPECT_EQ(core::to_json(document),
              R"({"status":"created","aexp":{"experiment_id":"E001","experiment_path":"kb/research/experiments/E001-*.md","hypothesis_id":"H001","sub_hypothesis_id":null}})");
    EXPECT_EQ(format_time(core::Timestamp{1'700'000'000'999'999}), "2023-11-14T22:13:20Z");
}

TEST(DocumentTest, KeepsMembersOfOursThatItDoesNotKnow) {
    Json document = Json::object().set("runlake", Json::object().set("queue", Json::object().set("index", 3)).set("exit_status", 1));
    Own own = own_of(document);
    EXPECT_EQ(own.exit_status, 1);
    own.exit_status.reset();
    own.signal = 9;
    set_own(document, own);
    EXPECT_EQ(core::to_json(document), R"({"runlake":{"queue":{"index":3},"signal":9}})");
    EXPECT_FALSE(own_of(Json::object().set("runlake", "text")).run);
    EXPECT_FALSE(own_of(Json::object().set("runlake", Json::object().set("process", Json::object().set("pid", -1)))).process);
}

}  // namespace
}  // namespace runlake::jobs
