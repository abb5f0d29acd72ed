// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_commands.hpp"

namespace runlake::cli {
namespace {

using test::k_commands;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Help, UsageLines) {
    EXPECT_EQ(usage_line(test::k_version), "runlake version");
    EXPECT_EQ(usage_line(test::k_tail), "runlake runs tail [OPTIONS]");
    EXPECT_EQ(usage_line(test::k_tag), "runlake runs tag ID [TAG...]");
    EXPECT_EQ(usage_line(test::k_run), "runlake run [OPTIONS] [--] PROGRAM [ARGUMENT...]");
    EXPECT_EQ(usage_line(test::k_rerun), "runlake runs rerun ID [-- PROGRAM [ARGUMENT...]]");
}

TEST(Help, ListsEveryCommand) {
    const auto text = help_overview(k_commands);
    for (const auto* command : k_commands) {
        EXPECT_THAT(text, HasSubstr(command->name));
        EXPECT_THAT(text, HasSubstr(command->summary));
    }
    for (const auto* word : {"--store DIR", "--json", "--quiet", "--color auto|always|never", "--version", "-h, --help"}) { EXPECT_THAT(text, HasSubstr(word)); }
}

TEST(Help, OfANounListsItsVerbsAlone) {
    const auto text = help_group("runs", k_commands);
    EXPECT_THAT(text, HasSubstr("runs tail"));
    EXPECT_THAT(text, Not(HasSubstr("lake job")));
    EXPECT_THAT(help_group("lake", k_commands), HasSubstr("lake job run"));
    EXPECT_THAT(help_group("run", k_commands), Not(HasSubstr("runs tail")));
}

TEST(Help, OfACommandShowsItsOptions) {
    const auto text = help_command(test::k_tail);
    EXPECT_THAT(text, HasSubstr("Show the newest runs.\n\nUsage: runlake runs tail [OPTIONS]\n"));
    EXPECT_THAT(text, HasSubstr("  -n, --n N "));
    EXPECT_THAT(text, HasSubstr("      --stage NAME"));
    EXPECT_THAT(text, HasSubstr("Only this stage (repeatable)"));
    EXPECT_THAT(text, HasSubstr("--sort started|duration"));
    EXPECT_THAT(text, HasSubstr("man runlake-runs-tail"));
    EXPECT_THAT(help_command(test::k_run), HasSubstr("--capture[=stdout|both]"));
    EXPECT_THAT(help_command(test::k_tag), HasSubstr("Arguments:\n  ID   the run\n  TAG  tags\n"));
}

}  // namespace
}  // namespace runlake::cli
