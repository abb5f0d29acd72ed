// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_commands.hpp"

namespace runlake::cli {
namespace {

using test::Words;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Parsed parsed(const Command& command, const Words& words) {
    auto result = parse(command, words);
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message());
    return result.ok() ? std::move(result).take() : Parsed();
}

std::string refused(const Command& command, const Words& words) {
    auto result = parse(command, words);
    EXPECT_FALSE(result.ok());
    if (result.ok()) { return {}; }
    EXPECT_EQ(result.error().code(), core::Errc::usage);
    return result.error().message();
}

TEST(Parse, EverySpellingOfAnOption) {
    for (const auto& words : {Words{"-n", "5"}, Words{"-n5"}, Words{"--n", "5"}, Words{"--n=5"}}) {
        EXPECT_THAT(parsed(test::k_tail, words).values.at("n"), ElementsAre("5"));
    }
    EXPECT_THAT(parsed(test::k_tail, {"--n", "-5"}).values.at("n"), ElementsAre("-5"));
    EXPECT_THAT(parsed(test::k_tail, {"--stage", "a", "--stage=b", "--utc"}).values.at("stage"), ElementsAre("a", "b"));
    EXPECT_TRUE(parsed(test::k_tail, {"--utc"}).values.contains("utc"));
    EXPECT_FALSE(parsed(test::k_tail, {}).values.contains("utc"));
}

TEST(Parse, AnEmptyValueIsAValue) {
    EXPECT_THAT(parsed(test::k_tail, {"--stage=", "--utc"}).values.at("stage"), ElementsAre(""));
    EXPECT_THAT(parsed(test::k_tail, {"--stage", "", "--utc"}).values.at("stage"), ElementsAre(""));
    const auto run = parsed(test::k_run, {"--stage=", "prog"});
    EXPECT_THAT(run.values.at("stage"), ElementsAre(""));
    EXPECT_THAT(run.program, ElementsAre("prog"));
}

TEST(Parse, ValuesAreNotInterpreted) {
    for (const std::string value : {"[1,2]", "a,b", "{}", "\"q\"", " x ", "--utc", "a=b=c", "é", "%TAG", "1e5", "true"}) {
        EXPECT_THAT(parsed(test::k_tail, {"--stage", value}).values.at("stage"), ElementsAre(value));
        EXPECT_THAT(parsed(test::k_tail, {"--stage=" + value}).values.at("stage"), ElementsAre(value));
    }
    EXPECT_THAT(parsed(test::k_tag, {"id", "[a,b]", "", "k=v"}).values.at("TAG"), ElementsAre("[a,b]", "", "k=v"));
}

TEST(Parse, GlobalOptionsAreKnownToEveryCommand) {
    const auto result = parsed(test::k_show, {"--json", "a0", "--store", "d", "--color=never", "--quiet"});
    EXPECT_THAT(result.values.at("ID"), ElementsAre("a0"));
    EXPECT_THAT(result.values.at("store"), ElementsAre("d"));
    EXPECT_TRUE(result.values.contains("json"));
    EXPECT_TRUE(result.values.contains("quiet"));
}

TEST(Parse, Arguments) {
    EXPECT_THAT(parsed(test::k_tag, {"id", "a", "b"}).values.at("TAG"), ElementsAre("a", "b"));
    EXPECT_FALSE(parsed(test::k_tag, {"id"}).values.contains("TAG"));
    EXPECT_THAT(parsed(test::k_show, {"--", "-weird"}).values.at("ID"), ElementsAre("-weird"));
    EXPECT_THAT(parsed(test::k_show, {"-"}).values.at("ID"), ElementsAre("-"));
    EXPECT_EQ(refused(test::k_show, {}), "argument ID is missing (the run), see \"runlake runs show --help\"");
    EXPECT_EQ(refused(test::k_show, {"a", "b"}), "unexpected argument \"b\", see \"runlake runs show --help\"");
    EXPECT_EQ(refused(test::k_version, {"x"}), "unexpected argument \"x\", see \"runlake version --help\"");
}

TEST(Parse, ErrorsNameTheWord) {
    EXPECT_EQ(refused(test::k_tail, {"--stgae", "x"}), "unknown option \"--stgae\", did you mean \"--stage\"?");
    EXPECT_EQ(refused(test::k_tail, {"--stgae=x"}), "unknown option \"--stgae\", did you mean \"--stage\"?");
    EXPECT_EQ(refused(test::k_tail, {"--xyzzyplugh"}), "unknown option \"--xyzzyplugh\", see \"runlake runs tail --help\"");
    EXPECT_EQ(refused(test::k_tail, {"--n"}), "option --n needs a value");
    EXPECT_EQ(refused(test::k_tail, {"--n", "1", "--n", "2"}), "--n is given more than once");
    EXPECT_EQ(refused(test::k_tail, {"--sort", "start"}), "--sort: \"start\" is not one of started, duration, did you mean \"started\"?");
    EXPECT_EQ(refused(test::k_tail, {"--color", "purple"}), "--color: \"purple\" is not one of auto, always, never");
    EXPECT_EQ(refused(test::k_tail, {"--utc=no"}), "option --utc takes no value");
    EXPECT_EQ(refused(test::k_tail, {"-x"}), "unknown option \"-x\", see \"runlake runs tail --help\"");
}

TEST(Parse, HelpWinsOverWhatIsMissing) {
    EXPECT_TRUE(parsed(test::k_show, {"--help"}).help);
    EXPECT_TRUE(parsed(test::k_show, {"-h"}).help);
    EXPECT_TRUE(parsed(test::k_run, {"--help"}).help);
    EXPECT_FALSE(parsed(test::k_run, {"--", "prog", "--help"}).help);
    EXPECT_FALSE(parsed(test::k_run, {"prog", "--help"}).help);
}

TEST(Program, IsUntouchedAfterTheDashes) {
    const auto run = parsed(test::k_run, {"--stage", "s", "--", "prog", "--json", "--", "--stage", "x", "-h", "", "--a="});
    EXPECT_THAT(run.program, ElementsAre("prog", "--json", "--", "--stage", "x", "-h", "", "--a="));
    EXPECT_THAT(run.values.at("stage"), ElementsAre("s"));
    EXPECT_FALSE(run.values.contains("json"));
    EXPECT_THAT(parsed(test::k_run, {"--", "--"}).program, ElementsAre("--"));
    EXPECT_THAT(parsed(test::k_run, {"--"}).program, IsEmpty());
}

TEST(Program, BeginsAtTheFirstWordThatIsNoOption) {
    const auto run = parsed(test::k_run, {"--json", "--param", "a=1", "python", "x.py", "--stage", "theirs", "--help", "--", "y", "--a="});
    EXPECT_THAT(run.program, ElementsAre("python", "x.py", "--stage", "theirs", "--help", "--", "y", "--a="));
    EXPECT_FALSE(run.values.contains("stage"));
    EXPECT_THAT(run.values.at("param"), ElementsAre("a=1"));
    EXPECT_EQ(refused(test::k_run, {"--stgae", "s", "prog"}), "unknown option \"--stgae\", did you mean \"--stage\"?");
    EXPECT_EQ(refused(test::k_run, {"--stage", "--", "prog"}), "option --stage needs a value");
}

TEST(Program, KeepsWordsThatLookLikeOurs) {
    const Words program = {"prog", "--stage=", "--capture", "--param", "x", "--", "--capture"};
    EXPECT_THAT(parsed(test::k_run, program).program, testing::ElementsAreArray(program));
    Words dashed = {"--"};
    dashed.insert(dashed.end(), program.begin(), program.end());
    EXPECT_THAT(parsed(test::k_run, dashed).program, testing::ElementsAreArray(program));
}

TEST(Parse, AValueThatMayBeLeftOut) {
    const auto bare = parsed(test::k_run, {"--capture", "prog", "both"});
    EXPECT_THAT(bare.values.at("capture"), ElementsAre(""));
    EXPECT_THAT(bare.program, ElementsAre("prog", "both"));
    EXPECT_THAT(parsed(test::k_run, {"--capture=both", "prog"}).values.at("capture"), ElementsAre("both"));
    EXPECT_THAT(parsed(test::k_run, {"--stage", "--capture", "prog"}).values.at("stage"), ElementsAre("--capture")) << "a value, however it looks";
    EXPECT_THAT(parsed(test::k_run, {"--stage", "--param=", "prog"}).values.at("stage"), ElementsAre("--param="));
    EXPECT_EQ(refused(test::k_run, {"--capture=bth", "prog"}), "--capture: \"bth\" is not one of stdout, both, did you mean \"both\"?");
}

TEST(Program, OfACommandWithArgumentsNeedsTheDashes) {
    const auto rerun = parsed(test::k_rerun, {"a0", "--", "prog", "x"});
    EXPECT_THAT(rerun.values.at("ID"), ElementsAre("a0"));
    EXPECT_THAT(rerun.program, ElementsAre("prog", "x"));
    EXPECT_EQ(refused(test::k_rerun, {"a0", "prog"}), "unexpected argument \"prog\", see \"runlake runs rerun --help\"");
}

}  // namespace
}  // namespace runlake::cli
