// SPDX-License-Identifier: Apache-2.0
#include "cli/complete.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_commands.hpp"

namespace runlake::cli {
namespace {

using test::k_commands;
using test::Words;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Completion completed(const Words& words) { return complete(words, k_commands); }

std::vector<std::string> words_for(const Words& words) {
    std::vector<std::string> out;
    for (const auto& candidate : completed(words).candidates) { out.push_back(candidate.word); }
    return out;
}

TEST(Complete, NounsAndVerbs) {
    EXPECT_THAT(words_for({""}), ElementsAre("run", "runs", "lake", "version", "help"));
    EXPECT_THAT(words_for({"ru"}), ElementsAre("run", "runs"));
    EXPECT_THAT(words_for({"runs", ""}), ElementsAre("tail", "show", "tag", "rerun"));
    EXPECT_THAT(words_for({"lake", "job", "r"}), ElementsAre("run"));
    EXPECT_THAT(words_for({"help", "runs", "t"}), ElementsAre("tail", "tag"));
    EXPECT_THAT(words_for({"--json", "--store", "d", "runs", "ta"}), ElementsAre("tail", "tag"));
    EXPECT_THAT(completed({"runs", "ta"}).candidates, Contains(Candidate{"tail", "Show the newest runs"}));
}

TEST(Complete, OptionsOfTheCommandAndOfAll) {
    EXPECT_THAT(words_for({"runs", "tail", "--s"}), ElementsAre("--stage", "--sort", "--store"));
    EXPECT_THAT(words_for({"runs", "tail", "-"}), Contains("-n"));
    EXPECT_THAT(words_for({"runs", "tail", "--sort", "started", "--s"}), ElementsAre("--stage", "--store")) << "once given, not offered again";
    EXPECT_THAT(words_for({"runs", "tail", "--stage", "x", "--st"}), ElementsAre("--stage", "--store")) << "a repeatable one is";
    EXPECT_THAT(words_for({"--v"}), ElementsAre("--version"));
    EXPECT_THAT(words_for({"runs", "show", "--", "--j"}), IsEmpty());
}

TEST(Complete, Values) {
    EXPECT_THAT(words_for({"runs", "tail", "--sort", ""}), ElementsAre("started", "duration"));
    EXPECT_THAT(words_for({"runs", "tail", "--sort=d"}), ElementsAre("--sort=duration"));
    EXPECT_THAT(words_for({"--color", "a"}), ElementsAre("auto", "always"));
    EXPECT_EQ(completed({"--store", ""}).paths, Paths::folders);
    EXPECT_EQ(completed({"runs", "tail", "--store", "x"}).paths, Paths::folders);
    EXPECT_THAT(words_for({"runs", "tail", "--stage", ""}), IsEmpty());
}

TEST(Complete, AProgramBelongsToTheShell) {
    EXPECT_EQ(completed({"run", ""}).program_at, 1U);
    EXPECT_EQ(completed({"run", "--stage", "s", "--", "pyt"}).program_at, 4U);
    EXPECT_EQ(completed({"run", "--stage", "s", "python", "--st"}).program_at, 3U);
    EXPECT_EQ(completed({"--json", "run", "--", "cat", "-"}).program_at, 3U);
    EXPECT_THAT(words_for({"run", "--st"}), ElementsAre("--stage", "--store"));
    EXPECT_EQ(completed({"run", "--capture", "py"}).program_at, 2U);
    EXPECT_THAT(words_for({"run", "--capture=b"}), ElementsAre("--capture=both"));
    EXPECT_THAT(words_for({"run", "--", "prog", "--st"}), IsEmpty());
    EXPECT_EQ(completed({"runs", "rerun", "a0", "--", ""}).program_at, 4U);
}

TEST(Complete, NonsenseGivesNothing) {
    EXPECT_THAT(words_for({"nonsense", ""}), IsEmpty());
    EXPECT_THAT(words_for({"runs", "nonsense", "--"}), IsEmpty());
    EXPECT_THAT(words_for({}), IsEmpty());
    EXPECT_THAT(words_for({"version", ""}), IsEmpty());
}

TEST(Complete, Lines) {
    EXPECT_EQ(to_lines(completed({"lake", "job", "r"})), "run\tRun a job of the lake\n");
    EXPECT_EQ(to_lines(completed({"--store", ""})), ":folders\n");
    EXPECT_EQ(to_lines(completed({"run", ""})), ":program 1\n");
}

TEST(Complete, ScriptsOfKnownShells) {
    for (const auto shell : {"bash", "zsh", "fish"}) { EXPECT_TRUE(completion_script(shell).ok()) << shell; }
    const auto other = completion_script("tcsh");
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().code(), core::Errc::usage);
}

}  // namespace
}  // namespace runlake::cli
