// SPDX-License-Identifier: Apache-2.0
// Values in DVC's texts, and DVC's digests.
#include "pipeline/dvc.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/yaml.hpp"
#include "pipeline/dvc_values.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::pipeline {
namespace {

core::Json read(const char* text) { return core::parse_yaml(text, "values").take().root; }

core::Json values() {
    return read("{a: {b: [1, {c: x}], f: 1.0e-5, t: true}, 'odd key': 2, s: \"it's\", n: null, l: [1, 'two words', false], d: {on: true, off: false, lr: 0.5, deep: {k: v}, e: []}}");
}

std::string text(std::string_view given) {
    const auto replaced = interpolate(given, values());
    if (!replaced.ok()) { return replaced.error().message(); }
    const auto shown = dvc_text(replaced.value());
    return shown.ok() ? shown.value() : shown.error().message();
}

std::string command(std::string_view given) {
    const auto replaced = interpolate_command(given, values());
    return replaced.ok() ? replaced.value() : replaced.error().message();
}

TEST(DvcValues, AreFoundByTheirNames) {
    EXPECT_EQ(text("x ${a.b[0]} ${ a.b[1].c }"), "x 1 x");
    EXPECT_EQ(text("${a[b][1][c]}-${a.f}-${a.t}"), "x-1e-05-true");
    EXPECT_EQ(text("${odd key}"), "2");
    EXPECT_EQ(text("\\${a} $HOME ${s}"), "${a} $HOME it's");
    EXPECT_EQ(text("${a.b[7]}"), "no value is named \"${a.b[7]}\"");
    EXPECT_EQ(text("${}"), "\"${}\" names nothing");
    EXPECT_EQ(text("x ${a}"), "a list or mapping cannot stand in a text");
    EXPECT_EQ(text("${unclosed"), "${unclosed");
}

TEST(DvcValues, AWholeTextKeepsItsKind) {
    const auto list = interpolate("${a.b}", values());
    ASSERT_TRUE(list.ok());
    EXPECT_TRUE(list.value().is_array());
    const auto number = interpolate("${a.b[0]}", values());
    ASSERT_TRUE(number.ok());
    EXPECT_TRUE(number.value().is_integer());
}

TEST(DvcValues, AMappingInACommandBecomesOptions) {
    EXPECT_EQ(command("run ${d}"), "run --on --lr 0.5 --deep.k v");
    EXPECT_EQ(command("run ${a}"), "a list or mapping cannot stand in a text");
    const auto listed = interpolate_command("run ${o}", read("o: {l: [1, 'two words', false], s: \"it's\"}"));
    ASSERT_TRUE(listed.ok());
    EXPECT_EQ(listed.value(), "run --l 1 'two words' False --s 'it'\"'\"'s'");
    EXPECT_EQ(command("run ${l}"), "a list or mapping cannot stand in a text");
}

TEST(DvcValues, MergeIntoEachOther) {
    core::Json base = read("a: {x: 1, y: 2}\nb: 1");
    merge_values(base, read("a: {y: 3, z: 4}\nb: {c: 1}"));
    EXPECT_EQ(to_json(base), R"({"a":{"x":1,"y":3,"z":4},"b":{"c":1}})");
}

// Digests that DVC 3.67 wrote into a dvc.lock.
TEST(DvcDigest, IsDvcs) {
    const testing::TempDir dir;
    std::filesystem::create_directories(dir / "many/sub");
    std::ofstream(dir / "many/1.txt") << "x\n";
    std::ofstream(dir / "many/sub/2.txt") << "y\n";
    std::ofstream(dir / "raw.csv") << "3\n1\n2\n";
    EXPECT_EQ(dvc_digest(dir / "raw.csv").value_or(""), "6aedf78b5040f95db16c33d40e836165");
    EXPECT_EQ(dvc_digest(dir / "many").value_or(""), "b83eda892d53f8a11fa8f7d8996c73b8.dir");
    const auto none = dvc_digest(dir / "none");
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(none.error().code(), core::Errc::not_found);
}

}  // namespace
}  // namespace runlake::pipeline
