// SPDX-License-Identifier: Apache-2.0
// The two files of a job: whatever is in them, reading and writing gives the same value, the same order and Python's bytes; the id does not depend on order or spacing.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/job_id.hpp"
#include "core/python_json.hpp"
#include "tests/support/python.hpp"
#include "tests/support/random.hpp"

namespace runlake::core {
namespace {

using testing::Random;

// A value with what no JSON has, in some places.
Json with_words(Random& random, Json value) {
    if (JsonArray* items = value.as_array()) {
        for (Json& item : *items) { item = with_words(random, std::move(item)); }
    } else if (JsonObject* members = value.as_object()) {
        for (auto& [name, member] : *members) { member = with_words(random, std::move(member)); }
    } else if (random.chance(6)) {
        constexpr double k_infinity = std::numeric_limits<double>::infinity();
        const std::vector<double> words = {std::numeric_limits<double>::quiet_NaN(), k_infinity, -k_infinity};
        return Json(random.pick(words));
    }
    return value;
}

// The same members in another order, at every level.
Json shuffled(Random& random, const Json& value) {
    if (const JsonArray* items = value.as_array()) {
        JsonArray all;
        for (const Json& item : *items) { all.push_back(shuffled(random, item)); }
        return Json(std::move(all));
    }
    const JsonObject* members = value.as_object();
    if (members == nullptr) { return value; }
    JsonObject all;
    for (const auto& [name, member] : *members) { all.emplace_back(name, shuffled(random, member)); }
    for (std::size_t i = all.size(); i > 1; --i) { std::swap(all[i - 1], all[random.below(i)]); }
    return Json(std::move(all));
}

TEST(JobFilesProperty, DocumentsAreWrittenAsPythonWritesThem) {
    const std::string python = testing::find_python();
    if (python.empty()) { GTEST_SKIP() << "no python3 on this machine"; }
    Random random;
    std::vector<std::string> texts;
    while (texts.size() < 3'000) {
        const auto text = write_python_json(with_words(random, random.json()));
        ASSERT_TRUE(text.ok());
        texts.push_back(text.value());
        const auto back = parse_python_json(text.value(), "document");
        ASSERT_TRUE(back.ok()) << text.value();
        const auto again = write_python_json(back.value());
        ASSERT_TRUE(again.ok());
        ASSERT_EQ(again.value(), text.value()) << "seed " << testing::test_seed();
    }
    const auto answers = testing::run_python(python,
                                             "import json, sys\n"
                                             "with open(sys.argv[2], 'w', encoding='ascii') as out:\n"
                                             "    for line in open(sys.argv[1], encoding='ascii', newline='\\n'):\n"
                                             "        out.write(json.dumps(json.loads(line)) + '\\n')\n",
                                             texts);
    ASSERT_TRUE(answers);
    ASSERT_EQ(*answers, texts) << "seed " << testing::test_seed();
}

TEST(JobFilesProperty, TheIdIsOfTheValueAlone) {
    Random random;
    for (int i = 0; i < 2'000; ++i) {
        Json point = Json::object();
        for (std::size_t n = random.below(6); n > 0; --n) { point.set(random.text(4), random.json()); }
        const auto id = JobId::of(point);
        ASSERT_TRUE(id.ok());
        const auto other = parse_json(to_json_pretty(shuffled(random, point)), "state point");
        ASSERT_TRUE(other.ok());
        const auto other_id = JobId::of(other.value());
        ASSERT_TRUE(other_id.ok());
        ASSERT_EQ(other_id.value(), id.value()) << to_json(point) << " seed " << testing::test_seed();
    }
}

TEST(PythonJson, TakesTheThreeWordsWhereValuesStandAndNowhereElse) {
    const auto round = [](std::string_view text) {
        const auto value = parse_python_json(text, "t");
        return value.ok() ? write_python_json(value.value()).value_or("?") : value.error().message();
    };
    EXPECT_EQ(round("[NaN,Infinity , -Infinity]"), "[NaN, Infinity, -Infinity]");
    EXPECT_EQ(round(R"({"NaN": "Infinity", "\"NaN": "\\"})"), R"({"NaN": "Infinity", "\"NaN": "\\"})");
    for (const std::string_view wrong : {"{NaN: 1}", "nan", "NaNaN", "-NaN", "Infinit", "[NaN", "{\"a\": NaN NaN}", "\"NaN"}) { EXPECT_FALSE(parse_python_json(wrong, "t").ok()) << wrong; }
    // What looks like our own way of carrying them is a text like any other.
    EXPECT_EQ(round("[\"\x7F\x7FNaN\x7F\"]"), R"(["\u007f\u007fNaN\u007f"])");
}

}  // namespace
}  // namespace runlake::core
