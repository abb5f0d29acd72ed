// SPDX-License-Identifier: Apache-2.0
// The pipeline file: what it may say, and where each mistake is told to be.
#include "tests/unit/pipeline/support.hpp"

namespace runlake::pipeline {
namespace {

using ::testing::Test;

constexpr const char* k_whole = R"(version: 1
experiment_key: corn_usa
run_dir_base: "{DATA}/runs"
roots: [DATA]
params: {alpha: 0.1, window: 5}
stages:
  features:
    command: [python3, features.py, "{DATA}/yields.csv", "{out}/features/train.csv"]
    reads: ["{DATA}/yields.csv", "workspace:data/*.csv"]
    writes: [features/train.csv]
    code: [features.py]
    params: [window]
  fit:
    command: python3 fit.py --fold {fold} --alpha {params.alpha} > "{out}/log.txt"
    reads: features/train.csv
    writes: ["models/{experiment_key}/{fold}/", "log-{fold}.txt"]
    params: {alpha: 0.2, beta: 1}
    env: {SEED: 7, HOME: null}
    matrix: {fold: [2019, 2020, production], year: [1, 2]}
    optional: true
    timeout: 30m
    retries: 2
    sandbox: strict
)";

TEST(PipelineFile, ReadsEverythingThatItMaySay) {
    const auto read = parse(k_whole);
    ASSERT_TRUE(read.ok()) << read.error().message();
    const PipelineFile& file = read.value();
    EXPECT_EQ(file.experiment_key, "corn_usa");
    EXPECT_EQ(file.run_dir_base, "{DATA}/runs");
    EXPECT_EQ(file.roots, std::vector<std::string>{"DATA"});
    ASSERT_EQ(file.stages.size(), 2U);
    const StageDecl& features = file.stages[0];
    EXPECT_EQ(features.name, "features");
    EXPECT_EQ(features.at.line, 7);
    EXPECT_FALSE(features.shell);
    EXPECT_EQ(features.command.size(), 4U);
    EXPECT_EQ(to_json(features.params), R"({"window":5})");
    ASSERT_TRUE(features.code.has_value());
    EXPECT_EQ(features.points.size(), 1U);
    EXPECT_TRUE(features.points[0].empty());
    const StageDecl& fit = file.stages[1];
    EXPECT_TRUE(fit.shell);
    ASSERT_EQ(fit.command.size(), 3U);
    EXPECT_EQ(fit.command[0].text, "sh");
    EXPECT_EQ(fit.command[1].text, "-c");
    EXPECT_FALSE(fit.code.has_value());
    EXPECT_EQ(fit.reads.size(), 1U);
    EXPECT_EQ(fit.reads[0].at.line, 15);
    EXPECT_EQ(fit.reads[0].at.column, 5);
    EXPECT_EQ(to_json(fit.params), R"({"alpha":0.2,"beta":1,"window":5})");
    ASSERT_EQ(fit.env.size(), 2U);
    EXPECT_EQ(fit.env[0].first, "HOME");
    EXPECT_FALSE(fit.env[0].second.has_value());
    EXPECT_EQ(fit.env[1].second, "7");
    EXPECT_EQ(fit.dimensions, (std::vector<std::string>{"fold", "year"}));
    ASSERT_EQ(fit.points.size(), 6U);
    EXPECT_EQ(fit.points[1], (std::vector<std::pair<std::string, std::string>>{{"fold", "2019"}, {"year", "2"}}));
    EXPECT_EQ(fit.points[2][0].second, "2020");
    EXPECT_TRUE(fit.optional);
    EXPECT_EQ(fit.timeout, std::chrono::minutes(30));
    EXPECT_EQ(fit.retries, 2);
    EXPECT_TRUE(fit.strict_sandbox);
}

TEST(PipelineFile, TakesAListOfPoints) {
    const auto file = parse(with_stages("  a:\n    command: [x]\n    matrix: [{year: 2024, init: 2024-05-01}, {init: 2024-06-01, year: 2023}]\n"));
    ASSERT_TRUE(file.ok()) << file.error().message();
    EXPECT_EQ(file.value().stages[0].dimensions, (std::vector<std::string>{"init", "year"}));
    ASSERT_EQ(file.value().stages[0].points.size(), 2U);
    EXPECT_EQ(file.value().stages[0].points[1], (std::vector<std::pair<std::string, std::string>>{{"init", "2024-06-01"}, {"year", "2023"}}));
}

TEST(PipelineFile, TellsAllMistakesTogetherByPosition) {
    const std::string text = R"(experiment_key: Corn
stages:
  fit:
    comand: [x]
    reads: ["{fol}/x", /abs/path]
    writes: [../up]
    matrix: {fold: [1]}
    retries: 1000
  Bad Name:
    command: [x]
)";
    EXPECT_EQ(mistakes_of(text),
              "p.yaml:1:1: \"experiment_key\" is 1 to 100 of a-z, 0-9 and _\n"
              "p.yaml:3:3: the stage \"fit\" has no \"command\"\n"
              "p.yaml:4:5: unknown key \"comand\" (nearest: \"command\")\n"
              "p.yaml:5:13: nothing is named {fol} (nearest: \"fold\")\n"
              "p.yaml:5:24: the path is absolute: name its folder in \"roots\", or write workspace:PATH for one in the project: \"/abs/path\"\n"
              "p.yaml:6:14: the path has the part \"..\": \"../up\"\n"
              "p.yaml:8:5: \"retries\" is how often a failed stage is tried again: 0 to 100\n"
              "p.yaml:9:3: \"Bad Name\" is no name of a stage: at most 64 of a-z, 0-9, _ and single - between them");
}

// One wrong text each, and what must be said of it.
struct Wrong {
    const char* name;
    std::string text;
    const char* says;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.name; }   // not byte by byte, padding too
class WrongFile : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongFile, IsRefusedWithItsPlace) {
    const auto file = parse(GetParam().text);
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code(), core::Errc::usage);
    EXPECT_NE(file.error().message().find(GetParam().says), std::string::npos) << file.error().message();
    EXPECT_EQ(file.error().message().find("p.yaml:"), 0U) << file.error().message();
}

std::string stage(const std::string& more) { return with_stages("  a:\n    command: [x]\n" + more); }

INSTANTIATE_TEST_SUITE_P(
    Texts, WrongFile,
    ::testing::Values(
        Wrong{"Empty", "", "p.yaml:1:1: the file is empty"}, Wrong{"List", "- 1\n", "p.yaml:1:1: the file is a list, not a mapping"},
        Wrong{"Syntax", "experiment_key: [\n", "p.yaml:"}, Wrong{"TwiceAKey", "experiment_key: a\nexperiment_key: b\n", "p.yaml:2:1: the key \"experiment_key\" stands twice"},
        Wrong{"NoStages", "experiment_key: a\n", "\"stages\" is missing"}, Wrong{"NoKey", "stages: {a: {command: [x]}}\n", "\"experiment_key\" is missing"},
        Wrong{"StagesList", "experiment_key: a\nstages: [a]\n", "p.yaml:2:1: \"stages\" is a list"},
        Wrong{"ZeroStages", "experiment_key: a\nstages: {}\n", "there is no stage"}, Wrong{"StageText", with_stages("  a: x\n"), "the stage \"a\" is a text, not a mapping"},
        Wrong{"EmptyCommand", with_stages("  a:\n    command: []\n"), "p.yaml:4:5: the command is empty"},
        Wrong{"NumberInCommand", with_stages("  a:\n    command: [sleep, 5]\n"), "p.yaml:4:22: an entry of \"command\" is a number, not a text: put it in quotes"},
        Wrong{"OpenBrace", stage("    reads: ['x{']\n"), "there is no name in braces at \"{\""}, Wrong{"CloseBrace", stage("    reads: ['x}']\n"), "a '}' closes no name"},
        Wrong{"ShellBraces", with_stages("  a:\n    command: echo ${HOME\n"), "write {{ and }}"},
        Wrong{"OtherDimension", with_stages("  a: {command: [x], matrix: {fold: [1]}}\n  b: {command: [x, '{fold}']}\n"), "the stage \"b\" has no dimension {fold}: add it to its matrix"},
        Wrong{"OutInPath", stage("    writes: ['{out}/x']\n"), "{out} stands in commands only"}, Wrong{"NoParam", stage("    params: {beta: 1}\n    reads: ['{params.betta}']\n"), "has no param \"betta\" (nearest: \"beta\")"},
        Wrong{"ParamList", stage("    params: {p: [1]}\n    reads: ['{params.p}']\n"), "the param \"p\" is a list, which cannot stand in a text"},
        Wrong{"BareParam", stage("    params: {p: 1}\n    reads: ['{p}']\n"), "params are written {params.p}"},
        Wrong{"ParamName", stage("    params: {'a b': 1}\n"), "\"a b\" is no name of a param"}, Wrong{"UnknownParam", stage("    params: [p]\n"), "the file's \"params\" has no \"p\""},
        Wrong{"WriteGlob", stage("    writes: ['a/*.csv']\n"), "a glob stands where one path is wanted"},
        Wrong{"WriteRoot", "roots: [D]\n" + stage("    writes: ['{D}/x']\n"), "a stage does not write below a root"},
        Wrong{"RootInside", "roots: [D]\n" + stage("    reads: ['x/{D}/y']\n"), "the name of a root stands only at the beginning"},
        Wrong{"RootGlued", "roots: [D]\n" + stage("    reads: ['{D}x']\n"), "the name of a root stands only at the beginning"},
        Wrong{"Address", stage("    reads: ['s3://bucket/x']\n"), "no path but a remote address"}, Wrong{"DotDot", stage("    reads: ['workspace:a/../b']\n"), "the part \"..\""},
        Wrong{"EmptyPart", stage("    reads: ['a//b']\n"), "an empty part"}, Wrong{"Git", stage("    writes: ['workspace:.git/x']\n"), ".git is not for stages"},
        Wrong{"CodeRoot", stage("    code: ['workspace:x']\n"), "leave \"workspace:\" out"}, Wrong{"DoubleStar", stage("    reads: ['a**/b']\n"), "\"**\" is a whole part"},
        Wrong{"MatrixText", stage("    matrix: x\n"), "\"matrix\" is a text"}, Wrong{"MatrixScalar", stage("    matrix: {fold: 3}\n"), "the dimension \"fold\" is a number"},
        Wrong{"MatrixEmpty", stage("    matrix: {fold: []}\n"), "the dimension \"fold\" is an empty list"}, Wrong{"MatrixTwice", stage("    matrix: {fold: [1, '1']}\n"), "the value \"1\" stands twice"},
        Wrong{"MatrixSlash", stage("    matrix: {fold: [a/b]}\n"), "cannot stand in a path"}, Wrong{"MatrixReserved", stage("    matrix: {out: [1]}\n"), "the dimension \"out\" has another meaning"},
        Wrong{"PointsDiffer", stage("    matrix: [{a: 1}, {b: 1}]\n"), "this point has the dimensions b, others have a"}, Wrong{"PointTwice", stage("    matrix: [{a: 1}, {a: 1}]\n"), "stands twice"},
        Wrong{"MatrixHuge", stage("    matrix: {a: [1,2,3,4,5,6,7,8,9,10], b: [1,2,3,4,5,6,7,8,9,10], c: [1,2,3,4,5,6,7,8,9,10], d: [1,2,3,4,5,6,7,8,9,10], e: [1,2,3,4,5,6,7,8,9,10], f: [1,2]}\n"),
              "more than 100000 points"},
        Wrong{"Timeout", stage("    timeout: soon\n"), "\"timeout\" is how long"}, Wrong{"TimeoutZero", stage("    timeout: 0\n"), "\"timeout\" is how long"},
        Wrong{"Sandbox", stage("    sandbox: strikt\n"), "(nearest: \"strict\")"}, Wrong{"Optional", stage("    optional: maybe\n"), "neither true nor false"},
        Wrong{"EnvName", stage("    env: {A-B: 1}\n"), "no name of an environment variable"}, Wrong{"EnvOurs", stage("    env: {TMPDIR: x}\n"), "TMPDIR is set by Runlake"},
        Wrong{"EnvList", stage("    env: {A: [1]}\n"), "A is a list, not a text"}, Wrong{"RootTwice", "roots: [D, D]\n" + stage(""), "the root \"D\" stands twice"},
        Wrong{"RootName", "roots: [D-E]\n" + stage(""), "no name of an environment variable"}, Wrong{"BaseNames", "run_dir_base: a/{fold}\n" + stage(""), "p.yaml:1:1: \"run_dir_base\" may begin"},
        Wrong{"Version", "version: one\n" + stage(""), "\"version\" is the version of this format"}, Wrong{"Workspace", stage("    reads: ['{{x}}/y']\n"), "begins neither with"},
        Wrong{"Control", stage("    reads: [\"a\\x01b\"]\n"), "a control character"}, Wrong{"Backslash", stage("    reads: ['a\\b']\n"), "holds a '\\'"}),
    [](const auto& info) { return info.param.name; });

TEST(PipelineFile, RefusesANewerVersion) {
    const auto file = parse("version: 2\nexperiment_key: a\nunknown_to_us: 1\n");
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code(), core::Errc::unsupported);
    EXPECT_NE(file.error().message().find("p.yaml:1:1: version 2"), std::string::npos);
}

TEST(PipelineFile, CountsMistakesBeyondFifty) {
    std::string text = "experiment_key: a\nstages:\n";
    for (int i = 0; i < 60; ++i) { text += "  s" + std::to_string(i) + ": {}\n"; }
    const std::string message = mistakes_of(text);
    EXPECT_NE(message.find("\nand 10 more"), std::string::npos) << message;
}

TEST(PipelineFile, AnchorsKeepThePlaceOfWhatTheyBringIn) {
    const std::string message = mistakes_of("experiment_key: a\nstages:\n  a: &base\n    command: [x]\n    retrys: 1\n  b: *base\n");
    EXPECT_EQ(message, "p.yaml:5:5: unknown key \"retrys\" (nearest: \"retries\")");
}

TEST(PipelineFile, LoadsOnlyWhatIsThere) {
    const auto file = load_pipeline("/nowhere/at/all.yaml");
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code(), core::Errc::not_found);
}

}  // namespace
}  // namespace runlake::pipeline
