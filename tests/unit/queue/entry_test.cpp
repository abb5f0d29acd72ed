// SPDX-License-Identifier: Apache-2.0
// A place in the queue in its document, and the handing out of GPUs.
#include "jobs/queue_entry.hpp"

#include <gtest/gtest.h>

#include "jobs/queue_gpus.hpp"

namespace runlake::jobs {
namespace {

using core::Json;

Json json(std::string_view text) { return core::parse_json(text, "test").take(); }

core::JobId id(char digit) { return core::JobId::parse(std::string(32, digit)).take(); }

TEST(QueueEntry, WhatIsWrittenIsRead) {
    QueueEntry entry;
    entry.queued_at = "2026-06-02T09:14:27Z";
    entry.tag = "nightly";
    entry.command = "python train.py --seed {seed}";
    entry.argv = {"python", "train.py", "{seed}"};
    entry.index = 7;
    entry.priority = -3;
    entry.after = {id('a'), id('b')};
    entry.retries = 2;
    entry.failures = 1;
    entry.lost = 1;
    entry.time_limit_s = 90;
    entry.gpus = 0;
    entry.slurm = SlurmTask{"runlake-1", "1234", 5};
    Json document = json(R"({"mine": 1, "runlake": {"run_id": "x", "queue": {"stop": "then"}}, "queue": {"proc": {"pid": 1}}})");
    set_entry(document, entry);
    const auto back = entry_of(document);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->queued_at, entry.queued_at);
    EXPECT_EQ(back->tag, entry.tag);
    EXPECT_EQ(back->command, entry.command);
    EXPECT_EQ(back->argv, entry.argv);
    EXPECT_EQ(back->index, entry.index);
    EXPECT_EQ(back->priority, entry.priority);
    EXPECT_EQ(back->after, entry.after);
    EXPECT_EQ(back->retries, 2);
    EXPECT_EQ(back->failures, 1);
    EXPECT_EQ(back->lost, 1);
    EXPECT_EQ(back->time_limit_s, 90);
    EXPECT_EQ(back->gpus, 0);
    EXPECT_EQ(back->slurm, entry.slurm);
    EXPECT_EQ(back->slurm->str(), "1234_5");
    // A fresh place: nothing of the one before; what is not ours stays.
    EXPECT_EQ(document.find("queue")->find("proc"), nullptr);
    EXPECT_EQ(document.find("runlake")->find("queue")->find("stop"), nullptr);
    EXPECT_EQ(document.find("runlake")->string_at("run_id"), "x");
    EXPECT_EQ(document.integer_at("mine"), 1);
}

TEST(QueueEntry, OfAnotherToolIsReadToo) {
    const auto entry = entry_of(json(R"({"queue": {"queued_at": "2026-06-02T09:14:27Z", "runner_hint": "slurm", "runner_command_override": "true"}, "status": "queued"})"));
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->command, "true");
    EXPECT_FALSE(entry->index);
    EXPECT_FALSE(entry->gpus);
}

TEST(QueueEntry, NoPlaceIsNone) {
    for (const std::string_view text : {"{}", R"({"queue": {}})", R"({"queue": null})", R"({"queue": [1]})", R"({"runlake": {"queue": {"index": 1}}})"}) {
        EXPECT_FALSE(entry_of(json(text))) << text;
    }
}

TEST(QueueEntry, MembersOfAWrongFormAreMissing) {
    const auto entry = entry_of(json(R"({"queue": {"queued_at": 5, "tag": 7}, "runlake": {"queue": {"index": -1, "priority": "high", "after": ["no", 1], "retries": -4, "time_limit_s": 0,
        "gpus": -1, "argv": "x", "slurm": {"name": "n", "task": -1}, "failures": 1.5}}})"));
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->queued_at, "");
    EXPECT_FALSE(entry->tag);
    EXPECT_FALSE(entry->index);
    EXPECT_EQ(entry->priority, 0);
    EXPECT_TRUE(entry->after.empty());
    EXPECT_EQ(entry->retries, 0);
    EXPECT_EQ(entry->failures, 0);
    EXPECT_FALSE(entry->time_limit_s);
    EXPECT_FALSE(entry->gpus);
    EXPECT_TRUE(entry->argv.empty());
    EXPECT_FALSE(entry->slurm);
}

TEST(QueueEntry, ATaskOfSlurmComesAndGoes) {
    Json document = json(R"({"queue": {"queued_at": "x"}, "runlake": {"queue": {"index": 3}}})");
    set_slurm(document, SlurmTask{"n", "", 0});
    EXPECT_EQ(entry_of(document)->slurm, (SlurmTask{"n", "", 0}));
    set_slurm(document, std::nullopt);
    EXPECT_FALSE(entry_of(document)->slurm);
    EXPECT_EQ(entry_of(document)->index, 3);
    Json plain = json(R"({"queue": {"queued_at": "x"}})");
    const Json before = plain;
    set_slurm(plain, std::nullopt);
    EXPECT_EQ(plain, before);
}

TEST(GpuSlots, EachIsGivenToOneAtATime) {
    auto slots = GpuSlots::parse("0, 1,GPU-5f");
    ASSERT_TRUE(slots.ok());
    GpuSlots& gpus = slots.value();
    EXPECT_EQ(gpus.total(), 3U);
    EXPECT_EQ(gpus.take(2), (std::vector<std::string>{"0", "1"}));
    EXPECT_FALSE(gpus.take(2));
    EXPECT_EQ(gpus.take(1), (std::vector<std::string>{"GPU-5f"}));
    EXPECT_EQ(gpus.take(0), std::vector<std::string>());
    gpus.give_back({"1"});
    EXPECT_EQ(gpus.take(1), (std::vector<std::string>{"1"}));
}

TEST(GpuSlots, WhoSaysNothingWantsOneWhereThereAreAny) {
    QueueEntry entry;
    EXPECT_EQ(GpuSlots().wanted_by(entry), 0);
    auto slots = GpuSlots::parse("0");
    ASSERT_TRUE(slots.ok());
    EXPECT_EQ(slots.value().wanted_by(entry), 1);
    entry.gpus = 0;
    EXPECT_EQ(slots.value().wanted_by(entry), 0);
    entry.gpus = 4;
    EXPECT_EQ(GpuSlots().wanted_by(entry), 4);
}

TEST(GpuSlots, AListThatIsNoneIsRefused) {
    for (const std::string_view text : {"", ",", "0,", "0,0", "a b"}) { EXPECT_FALSE(GpuSlots::parse(text).ok()) << text; }
}

}  // namespace
}  // namespace runlake::jobs
