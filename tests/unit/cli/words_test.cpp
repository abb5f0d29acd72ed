// SPDX-License-Identifier: Apache-2.0
#include "cli/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/text.hpp"
#include "sample_commands.hpp"

namespace runlake::cli {
namespace {

using test::k_commands;
using test::Words;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Located located(const Words& words) {
    auto found = locate(words, k_commands);
    EXPECT_TRUE(found.ok()) << (found.ok() ? "" : found.error().message());
    return found.ok() ? std::move(found).take() : Located();
}

std::string refused(const Words& words) {
    auto found = locate(words, k_commands);
    EXPECT_FALSE(found.ok());
    if (found.ok()) { return {}; }
    EXPECT_EQ(found.error().code(), core::Errc::usage);
    return found.error().message();
}

TEST(Words, FindTheLongestCommand) {
    EXPECT_EQ(located({"run"}).command, &test::k_run);
    EXPECT_EQ(located({"runs", "tail"}).command, &test::k_tail);
    EXPECT_EQ(located({"lake", "job", "run"}).command, &test::k_lake_job_run);
    EXPECT_THAT(located({"runs", "show", "tail"}).rest, ElementsAre("tail"));
    EXPECT_THAT(located({"version", "runs"}).rest, ElementsAre("runs"));
}

TEST(Words, ANounAloneNamesNoCommand) {
    const auto found = located({"runs"});
    EXPECT_EQ(found.command, nullptr);
    EXPECT_EQ(found.name, "runs");
    EXPECT_EQ(located({"lake", "job"}).name, "lake job");
    EXPECT_EQ(located({}).name, "");
}

TEST(Words, GlobalOptionsMayStandAnywhereBeforeTheLastWord) {
    for (const auto& words : {Words{"--json", "--store", "d", "runs", "tail", "-n", "3"}, Words{"--json", "runs", "--store", "d", "tail", "-n", "3"}}) {
        const auto found = located(words);
        EXPECT_EQ(found.command, &test::k_tail);
        EXPECT_THAT(found.rest, ElementsAre("--json", "--store", "d", "-n", "3"));
    }
    EXPECT_THAT(located({"--store=d", "version"}).rest, ElementsAre("--store=d"));
    // A store may be named like a command.
    EXPECT_THAT(located({"--store", "runs", "version"}).rest, ElementsAre("--store", "runs"));
}

TEST(Words, WhatFollowsACommandIsLeftAlone) {
    EXPECT_THAT(located({"run", "--stage", "s", "--", "runs", "--json"}).rest, ElementsAre("--stage", "s", "--", "runs", "--json"));
}

TEST(Words, HelpAndVersion) {
    EXPECT_TRUE(located({"help"}).help);
    EXPECT_TRUE(located({"--help"}).help);
    EXPECT_TRUE(located({"-h", "runs"}).help);
    const auto found = located({"help", "runs", "tail"});
    EXPECT_TRUE(found.help);
    EXPECT_EQ(found.command, &test::k_tail);
    EXPECT_TRUE(located({"--version"}).version);
    EXPECT_TRUE(located({"runs", "--help"}).help);
    EXPECT_FALSE(located({"runs", "tail", "--help"}).help) << "the command's own parser sees it";
}

TEST(Words, AMistypedWordGetsTheNearestOne) {
    EXPECT_EQ(refused({"rums", "tail"}), "unknown command \"rums\", did you mean \"runs\"?");
    EXPECT_EQ(refused({"runs", "tial"}), "unknown command \"tial\", did you mean \"tail\"?");
    EXPECT_EQ(refused({"lake", "job", "rum"}), "unknown command \"rum\", did you mean \"run\"?");
    EXPECT_EQ(refused({"--jsno", "version"}), "unknown option \"--jsno\" before a command, did you mean \"--json\"?");
    EXPECT_EQ(refused({"--verson"}), "unknown option \"--verson\" before a command, did you mean \"--version\"?");
}

TEST(Words, AVerbWithoutItsNounIsRecognised) { EXPECT_EQ(refused({"show", "a0eebc99"}), "unknown command \"show\", did you mean \"runs show\"?"); }

TEST(Words, AWordLikeNothingPointsToHelp) {
    EXPECT_EQ(refused({"xyzzyplugh"}), "unknown command \"xyzzyplugh\", see \"runlake --help\"");
    EXPECT_EQ(refused({"runs", "xyzzyplugh"}), "unknown command \"xyzzyplugh\", see \"runlake runs --help\"");
    EXPECT_THAT(refused({"--n", "5", "runs", "tail"}), HasSubstr("options of a command stand after its name"));
    EXPECT_THAT(refused({""}), HasSubstr("unknown command \"\""));
    EXPECT_THAT(refused({"--", "version"}), HasSubstr("unknown option"));
}

TEST(Words, KeysAndSpellings) {
    EXPECT_EQ(option_key(test::k_tail_options[0]), "n");
    EXPECT_EQ(option_key({.names = "-q,--quiet,--silent"}), "silent");
    EXPECT_EQ(option_key({.names = "-q"}), "q");
    EXPECT_THAT(option_spellings({.names = "-q,--quiet"}), ElementsAre("-q", "--quiet"));
}

// What the frame and every command's parser rely on.
TEST(RealCommands, AreWellFormed) {
    for (const auto* command : all_commands()) {
        SCOPED_TRACE(command->name);
        EXPECT_NE(command->run, nullptr);
        EXPECT_FALSE(command->summary.empty());
        EXPECT_FALSE(command->summary.ends_with('.')) << "help adds the full stop";
        EXPECT_EQ(command->name, core::lower_ascii(command->name));
        std::vector<std::string> keys;
        std::vector<std::string> spellings;
        for (const auto& option : command->options) {
            keys.emplace_back(option_key(option));
            for (const auto spelling : option_spellings(option)) {
                EXPECT_TRUE(spelling.starts_with("--") || (spelling.size() == 2 && spelling.front() == '-')) << spelling;
                spellings.emplace_back(spelling);
            }
            EXPECT_TRUE(option.choices.empty() || !option.value.empty()) << option.names;
            EXPECT_FALSE(option.help.empty()) << option.names;
        }
        for (const auto& option : global_options()) {
            keys.emplace_back(option_key(option));
            for (const auto spelling : option_spellings(option)) { spellings.emplace_back(spelling); }
        }
        bool optional = false;
        for (const auto& argument : command->arguments) {
            keys.emplace_back(argument.name);
            EXPECT_FALSE(optional && argument.required) << "a required argument after an optional one: " << argument.name;
            EXPECT_TRUE(!argument.repeats || &argument == &command->arguments.back()) << "only the last argument repeats";
            optional = optional || !argument.required;
        }
        for (auto* list : {&keys, &spellings}) {
            std::sort(list->begin(), list->end());
            EXPECT_THAT(std::vector<std::string>(std::adjacent_find(list->begin(), list->end()), list->end()), IsEmpty()) << "a name twice";
        }
    }
}

}  // namespace
}  // namespace runlake::cli
