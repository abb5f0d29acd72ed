// SPDX-License-Identifier: Apache-2.0
// Pins and what a child says of them: nothing passes on belief.
#include "replay/knobs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/text.hpp"
#include "replay/presets.hpp"

namespace runlake::replay {
namespace {

std::optional<std::string> environment_of(const Pinned& pinned, std::string_view name) {
    for (const auto& [variable, value] : pinned.environment) {
        if (variable == name) { return value; }
    }
    return std::nullopt;
}

Pinned pinned(const Pins& pins) {
    auto resolved = resolve_pins(pins);
    EXPECT_TRUE(resolved.ok());
    return resolved.ok() ? std::move(resolved).take() : Pinned();
}

const Knob* find(const KnobReading& reading, std::string_view name) {
    const auto found = std::ranges::find(reading.knobs, name, &Knob::name);
    return found == reading.knobs.end() ? nullptr : &*found;
}

// A report of a child, process 7, that did as it was told but for `observed`.
Report report_of(const Pinned& pins, std::map<std::string, std::string, std::less<>> observed) {
    Report report;
    report.launched.emplace();
    report.launched->pid = 7;
    for (const RequestedKnob& knob : pins.knobs) { report.launched->values.insert_or_assign(knob.name, knob.value); }
    report.observed.push_back({.pid = 7, .program = "prog", .values = std::move(observed)});
    return report;
}

TEST(Pins, PresetsAndWhatIsPinnedByItself) {
    Pins pins;
    pins.presets = {"python", "lightgbm"};
    pins.threads = 2;
    pins.environment = {{"OMP_NUM_THREADS", "3"}};
    pins.parameters = core::Json::object().set("seed", 5);
    const Pinned resolved = pinned(pins);
    EXPECT_EQ(environment_of(resolved, "PYTHONHASHSEED"), "0");
    EXPECT_EQ(environment_of(resolved, "OMP_NUM_THREADS"), "3");        // the cell's own word is the last
    EXPECT_EQ(environment_of(resolved, "OPENBLAS_NUM_THREADS"), "2");
    EXPECT_EQ(environment_of(resolved, "LC_ALL"), "C.UTF-8");
    EXPECT_EQ(environment_of(resolved, "TZ"), "UTC");
    EXPECT_EQ(resolved.parameters.integer_at("num_threads"), 2);
    EXPECT_EQ(resolved.parameters.integer_at("seed"), 5);
    EXPECT_EQ(resolved.parameters.bool_at("deterministic"), true);
}

TEST(Pins, EveryPresetCanBeResolvedAndHasItsName) {
    ASSERT_EQ(presets().size(), preset_names().size());
    for (const std::string& name : preset_names()) {
        ASSERT_NE(find_preset(name), nullptr) << name;
        Pins pins;
        pins.presets = {name};
        EXPECT_TRUE(resolve_pins(pins).ok()) << name;
    }
    Pins pins;
    pins.presets = {"pythn"};
    const auto refused = resolve_pins(pins);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message().find("nearest: \"python\""), std::string::npos);
}

TEST(Knobs, AChildThatSaysNothingPassesNothing) {
    Pins pins;
    pins.presets = {"openmp"};
    const KnobReading reading = read_knobs(pinned(pins).knobs, Report());
    ASSERT_TRUE(reading.error);
    EXPECT_EQ(reading.error->kind, ErrorKind::pin_not_effective);
    for (const Knob& knob : reading.knobs) { EXPECT_FALSE(knob.effective) << knob.name; }
}

TEST(Knobs, WhatALibraryReallyUsesCounts) {
    Pins pins;
    pins.presets = {"openmp"};
    const Pinned resolved = pinned(pins);
    EXPECT_FALSE(read_knobs(resolved.knobs, report_of(resolved, {{"OMP_NUM_THREADS", "1"}, {"OMP_DYNAMIC", "false"}})).error);
    const KnobReading absent = read_knobs(resolved.knobs, report_of(resolved, {{"OMP_NUM_THREADS", "not_loaded"}, {"OMP_DYNAMIC", "not_loaded"}}));
    EXPECT_FALSE(absent.error);
    EXPECT_EQ(find(absent, "OMP_NUM_THREADS")->effective, "not_loaded");
    const KnobReading ignored = read_knobs(resolved.knobs, report_of(resolved, {{"OMP_NUM_THREADS", "4"}, {"OMP_DYNAMIC", "false"}}));
    ASSERT_TRUE(ignored.error);
    EXPECT_EQ(ignored.error->detail, "OMP_NUM_THREADS was pinned to 1, and is 4 in prog");
    EXPECT_EQ(find(ignored, "OMP_NUM_THREADS")->effective, "4");
}

TEST(Knobs, OneProcessOfSeveralThatDiffersIsEnough) {
    Pins pins;
    pins.environment = {{"OMP_NUM_THREADS", "1"}};
    const Pinned resolved = pinned(pins);
    Report report = report_of(resolved, {{"OMP_NUM_THREADS", "1"}});
    report.observed.push_back({.pid = 8, .program = "helper", .values = {{"OMP_NUM_THREADS", "2"}}});
    const KnobReading reading = read_knobs(resolved.knobs, report);
    ASSERT_TRUE(reading.error);
    EXPECT_NE(reading.error->detail.find("2 in helper"), std::string::npos);
}

TEST(Knobs, AHelperThatWasSeenDoesNotSpeakForTheChild) {
    Pins pins;
    pins.environment = {{"OMP_NUM_THREADS", "1"}};
    const Pinned resolved = pinned(pins);
    Report report = report_of(resolved, {});
    report.observed = {{.pid = 8, .program = "helper", .values = {{"OMP_NUM_THREADS", "not_loaded"}}}};
    EXPECT_TRUE(read_knobs(resolved.knobs, report).error);
    report.effective.insert_or_assign("OMP_NUM_THREADS", "1");   // the program says it itself
    EXPECT_FALSE(read_knobs(resolved.knobs, report).error);
    report.effective.insert_or_assign("OMP_NUM_THREADS", "2");
    EXPECT_TRUE(read_knobs(resolved.knobs, report).error);
}

TEST(Knobs, AHashSeedIsKnownByItsSecret) {
    // Of `PYTHONHASHSEED=42 python3.11`: the bytes behind _Py_HashSecret.
    constexpr std::string_view k_of_42 = "af90cd68d34f50dcc1e999fe9fbb20b9c4900fdccb6af607";
    EXPECT_EQ(python_hash_secret("42"), k_of_42);
    EXPECT_EQ(python_hash_secret("0"), std::string(48, '0'));
    EXPECT_FALSE(python_hash_secret("random"));
    EXPECT_FALSE(python_hash_secret("4294967296"));
    EXPECT_FALSE(python_hash_secret("-1"));
    Pins pins;
    pins.environment = {{"PYTHONHASHSEED", "42"}};
    const Pinned resolved = pinned(pins);
    EXPECT_FALSE(read_knobs(resolved.knobs, report_of(resolved, {{"python_hash_secret", std::string(k_of_42)}})).error);
    EXPECT_TRUE(read_knobs(resolved.knobs, report_of(resolved, {{"python_hash_secret", std::string(48, '0')}})).error);
}

TEST(Knobs, ParametersAreToldByTheProgramAlone) {
    Pins pins;
    pins.parameters = core::Json::object().set("deterministic", true).set("seed", 7);
    const Pinned resolved = pinned(pins);
    Report report = report_of(resolved, {});
    ASSERT_TRUE(read_knobs(resolved.knobs, report).error);
    report.effective = {{"deterministic", "true"}, {"seed", "7.0"}};
    EXPECT_FALSE(read_knobs(resolved.knobs, report).error);
    report.effective = {{"deterministic", "false"}, {"seed", "7"}};
    ASSERT_TRUE(read_knobs(resolved.knobs, report).error);
    EXPECT_EQ(read_knobs(resolved.knobs, report).error->detail, "parameters.deterministic was pinned to true, and the program says false");
}

TEST(Report, LinesOfAllKinds) {
    const Report report = parse_report(
        "{\"kind\":\"launched\",\"pid\":3,\"environment\":\"ab\",\"values\":{\"umask\":\"022\"}}\n\n"
        "{\"kind\":\"result\",\"metric\":\"f1\",\"value\":0.5,\"effective\":{\"seed\":1}}\n"
        "{\"kind\":\"observed\",\"pid\":3,\"program\":\"p\",\"values\":{\"OMP_NUM_THREADS\":1}}\n"
        "{\"kind\":\"effective\",\"values\":{\"seed\":2,\"flag\":true,\"none\":null}}\n");
    ASSERT_TRUE(report.launched);
    EXPECT_EQ(report.launched->pid, 3);
    EXPECT_TRUE(report.mistakes.empty());
    ASSERT_EQ(report.results.size(), 1U);
    EXPECT_EQ(report.results[0].text, "0.5");
    EXPECT_EQ(report.observed.at(0).values.at("OMP_NUM_THREADS"), "1");
    EXPECT_EQ(report.effective.at("seed"), "2");
    EXPECT_EQ(report.effective.at("flag"), "true");
    EXPECT_FALSE(report.effective.contains("none"));
}

TEST(Report, WhatMakesNoSenseIsTold) {
    const Report report = parse_report("garbage\n{}\n{\"kind\":\"song\"}\n{\"kind\":\"result\"}\n{\"kind\":\"launched\"}\n{\"kind\":\"launched\"}\n");
    EXPECT_EQ(report.mistakes, (std::vector<std::string>{"line 1: it is no JSON", "line 2: it has no \"kind\"", "line 3: its kind \"song\" is not known", "line 4: the result has no value",
                                                         "line 6: the child began twice"}));
    std::string many;
    for (int i = 0; i < 100; ++i) { many += "x\n"; }
    EXPECT_EQ(parse_report(many).mistakes.size(), 20U);
}

}  // namespace
}  // namespace runlake::replay
