// SPDX-License-Identifier: Apache-2.0
// Slurm's answers, as its 22.05 gave them, and options for sbatch.
#include "jobs/slurm.hpp"

#include <gtest/gtest.h>

namespace runlake::jobs {
namespace {

std::string show(const core::Result<SlurmArrays>& arrays) {
    if (!arrays.ok()) { return "error: " + std::string(core::errc_name(arrays.error().code())); }
    std::string all;
    for (const auto& [name, array] : arrays.value()) {
        all += name + "=" + array.id + ":";
        for (const auto& [task, state] : array.tasks) { all += " " + std::to_string(task) + " " + std::string(slurm_state_name(state)) + ","; }
        all += "\n";
    }
    return all;
}

TEST(Squeue, ArraysByTheirNames) {
    EXPECT_EQ(show(parse_squeue("4|4|PENDING|runlake-a\n4|0|CANCELLED|runlake-a\n4|1|COMPLETING|runlake-a\n\n9|0|NODE_FAIL|b|c\n")),
              "b|c=9: 0 lost its node,\nrunlake-a=4: 0 cancelled, 1 running, 4 pending,\n");
    EXPECT_EQ(show(parse_squeue("7|N/A|RUNNING|plain\n")), "");
    EXPECT_EQ(show(parse_squeue("4|[2-3,7%2]|PENDING|x\n")), "error: corrupt");
    EXPECT_EQ(show(parse_squeue("4|2-3,7%2|PENDING|x\n")), "x=4: 2 pending, 3 pending, 7 pending,\n");
    EXPECT_EQ(show(parse_squeue("")), "");
}

TEST(Squeue, WhatIsNoAnswerIsRefused) {
    for (const std::string_view text : {"hello\n", "4|1|RUNNING\n", "x|1|RUNNING|n\n", "4|1-|RUNNING|n\n", "4|0-9999999999|RUNNING|n\n", "4|0-5:0|RUNNING|n\n", "4||RUNNING|n\n"}) {
        EXPECT_EQ(show(parse_squeue(text)), "error: corrupt") << text;
    }
}

TEST(Scontrol, OneLineAJob) {
    EXPECT_EQ(show(parse_scontrol("JobId=5 ArrayJobId=4 ArrayTaskId=0 JobName=runlake-a UserId=root(0) JobState=CANCELLED Reason=None\n"
                                  "JobId=4 ArrayJobId=4 ArrayTaskId=4-5%1 JobName=runlake-a UserId=root(0) JobState=PENDING Reason=Resources\n"
                                  "JobId=9 JobName=plain JobState=RUNNING\n")),
              "runlake-a=4: 0 cancelled, 4 pending, 5 pending,\n");
    EXPECT_EQ(show(parse_scontrol("No jobs in the system\n")), "");
    EXPECT_EQ(show(parse_scontrol("ArrayJobId=4 ArrayTaskId=0 JobName=x\n")), "error: corrupt");
    // A range that ends before it begins would be an array without tasks.
    EXPECT_EQ(show(parse_scontrol("ArrayJobId=4 ArrayTaskId=50-9:3 JobName=x JobState=PENDING\n")), "error: corrupt");
}

TEST(Sbatch, TheIdOfTheArray) {
    EXPECT_EQ(parse_sbatch("1234\n").value_or(""), "1234");
    EXPECT_EQ(parse_sbatch("1234;cluster\n").value_or(""), "1234");
    EXPECT_FALSE(parse_sbatch("").ok());
    EXPECT_FALSE(parse_sbatch("Submitted batch job 12\n").ok());
}

TEST(States, WhatIsNotKnownIsWaitedFor) {
    EXPECT_EQ(slurm_state("CANCELLED by 0"), SlurmState::cancelled);
    EXPECT_EQ(slurm_state("COMPLETED"), SlurmState::completed);
    EXPECT_EQ(slurm_state("TIMEOUT"), SlurmState::timed_out);
    EXPECT_EQ(slurm_state("OUT_OF_MEMORY"), SlurmState::out_of_memory);
    EXPECT_EQ(slurm_state("PREEMPTED"), SlurmState::lost);
    EXPECT_EQ(slurm_state("REQUEUED"), SlurmState::pending);
    EXPECT_FALSE(has_ended(slurm_state("SOMETHING_NEW")));
    EXPECT_FALSE(has_ended(SlurmState::running));
    EXPECT_TRUE(has_ended(SlurmState::completed));
}

TEST(Options, OnlyThoseOfSbatchThatAreTheUsers) {
    const auto options = slurm_options({"partition=gpu", "exclusive", "mem=8G"});
    ASSERT_TRUE(options.ok());
    EXPECT_EQ(options.value(), (std::vector<std::string>{"--partition=gpu", "--exclusive", "--mem=8G"}));
    for (const std::string word : {"", "--partition=gpu", "array=0-3", "job-name=x", "wrap=ls", "output=x", "a b", "x=1\n#SBATCH --array=0", "=1"}) {
        EXPECT_FALSE(slurm_options({word}).ok()) << word;
    }
}

TEST(Submission, ItsWords) {
    SlurmSubmission submission{.name = "runlake-1", .tasks = 3, .at_once = {}, .working_dir = "/my project", .output = "/o/%A_%a.out", .gpus = 0, .options = {"--mem=1G"}, .script = "/s.sh"};
    EXPECT_EQ(submit_words(submission), (std::vector<std::string>{"sbatch", "--parsable", "--job-name=runlake-1", "--array=0-2", "--chdir=/my project", "--output=/o/%A_%a.out", "--no-requeue",
                                                                  "--mem=1G", "/s.sh"}));
    submission.at_once = 2;
    submission.gpus = 4;
    const std::vector<std::string> words = submit_words(submission);
    EXPECT_EQ(words[3], "--array=0-2%2");
    EXPECT_EQ(words[7], "--gres=gpu:4");
}

}  // namespace
}  // namespace runlake::jobs
