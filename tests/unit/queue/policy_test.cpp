// SPDX-License-Identifier: Apache-2.0
// What follows an attempt: another one, or which end.
#include "jobs/queue_policy.hpp"

#include <gtest/gtest.h>

#include "jobs/queue_entry.hpp"

namespace runlake::jobs {
namespace {

using core::Json;

Json document(std::int64_t retries, std::int64_t failures, std::int64_t lost) {
    Json json = Json::object();
    QueueEntry entry;
    entry.queued_at = "2026-06-02T09:14:27Z";
    entry.retries = retries;
    entry.failures = failures;
    entry.lost = lost;
    set_entry(json, entry);
    return json;
}

const AttemptError k_error{3, "the end", core::Timestamp{}};

TEST(Policy, AJobIsTriedAsOftenAsItMayFail) {
    EXPECT_EQ(after_attempt(document(0, 0, 0), AttemptEnd::failed), JobStatus::failed);
    EXPECT_EQ(after_attempt(document(2, 0, 0), AttemptEnd::failed), JobStatus::queued);
    EXPECT_EQ(after_attempt(document(2, 1, 0), AttemptEnd::timed_out), JobStatus::queued);
    EXPECT_EQ(after_attempt(document(2, 2, 0), AttemptEnd::failed), JobStatus::failed);
    Json json = document(2, 0, 0);
    int attempts = 1;
    while (after_attempt(json, AttemptEnd::failed) == JobStatus::queued) {
        note_attempt(json, AttemptEnd::failed, k_error);
        ++attempts;
        ASSERT_LT(attempts, 10);
    }
    EXPECT_EQ(attempts, 3);
}

TEST(Policy, OtherEndsAreEnds) {
    EXPECT_EQ(after_attempt(document(5, 0, 0), AttemptEnd::completed), JobStatus::complete);
    EXPECT_EQ(after_attempt(document(5, 0, 0), AttemptEnd::stopped), JobStatus::stopped);
}

TEST(Policy, WhatKillsItsRunnerIsNotTriedForEver) {
    Json json = document(0, 0, 0);
    int attempts = 1;
    while (after_attempt(json, AttemptEnd::lost) == JobStatus::queued) {
        note_attempt(json, AttemptEnd::lost, k_error);
        ++attempts;
        ASSERT_LT(attempts, 10);
    }
    EXPECT_EQ(attempts, k_most_lost);
    EXPECT_EQ(after_attempt(json, AttemptEnd::lost), JobStatus::failed);
    EXPECT_EQ(json.find("queue")->find("last_error")->string_at("cause"), "lost");
}

TEST(Policy, AJobThatIsNotQueuedIsTriedOnce) {
    EXPECT_EQ(after_attempt(Json::object(), AttemptEnd::failed), JobStatus::failed);
    EXPECT_EQ(after_attempt(Json::object(), AttemptEnd::lost), JobStatus::abandoned);
    Json json = Json::object();
    note_attempt(json, AttemptEnd::failed, k_error);
    EXPECT_EQ(json, Json::object());
}

TEST(Policy, WhoWasAskedToStopIsStoppedWhateverItSays) {
    Json json = document(3, 0, 0);
    ask_to_stop(json, core::Timestamp{});
    EXPECT_EQ(after_attempt(json, AttemptEnd::failed), JobStatus::stopped);
    EXPECT_EQ(after_attempt(json, AttemptEnd::lost), JobStatus::stopped);
    EXPECT_EQ(after_attempt(json, AttemptEnd::completed), JobStatus::complete);
    note_attempt(json, AttemptEnd::stopped, k_error);
    EXPECT_EQ(json.find("queue")->find("last_error")->string_at("cause"), "operator_stop");
    EXPECT_EQ(json.find("runlake")->find("queue")->find("stop"), nullptr);
}

TEST(Policy, WhatIsNotedOfAnAttempt) {
    Json json = document(1, 0, 0);
    json.set("queue", Json(*json.find("queue")).set("proc", Json::object().set("pid", 5)));
    set_slurm(json, SlurmTask{"n", "1", 2});
    note_attempt(json, AttemptEnd::timed_out, {-15, std::string(5000, 'x'), core::Timestamp{1'780'391'667'000'000}});
    const Json& error = *json.find("queue")->find("last_error");
    EXPECT_EQ(error.integer_at("returncode"), -15);
    EXPECT_EQ(error.string_at("stderr_tail")->size(), 2048U);
    EXPECT_EQ(error.string_at("failed_at"), "2026-06-02T09:14:27Z");
    EXPECT_EQ(error.string_at("cause"), "time_limit");
    EXPECT_EQ(json.find("queue")->find("proc"), nullptr);
    EXPECT_EQ(entry_of(json)->failures, 1);
    EXPECT_FALSE(entry_of(json)->slurm);
    note_attempt(json, AttemptEnd::completed, {0, "", core::Timestamp{}});
    EXPECT_EQ(json.find("queue")->find("last_error"), nullptr);
    EXPECT_EQ(entry_of(json)->failures, 1);
}

}  // namespace
}  // namespace runlake::jobs
