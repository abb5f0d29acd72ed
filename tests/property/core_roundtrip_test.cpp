// SPDX-License-Identifier: Apache-2.0
// What is written reads back as the same: JSON, YAML, ids, digests, times, numbers.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "core/yaml.hpp"
#include "tests/support/random.hpp"

namespace runlake::core {
namespace {

using testing::Random;

Json sorted(const Json& value) {
    if (const JsonArray* items = value.as_array()) {
        JsonArray out;
        for (const Json& item : *items) { out.push_back(sorted(item)); }
        return Json(std::move(out));
    }
    const JsonObject* members = value.as_object();
    if (members == nullptr) { return value; }
    JsonObject out;
    for (const auto& [name, member] : *members) { out.emplace_back(name, sorted(member)); }
    std::sort(out.begin(), out.end(), [](const JsonMember& a, const JsonMember& b) { return a.first < b.first; });
    return Json(std::move(out));
}

TEST(RoundTrip, JsonInEveryForm) {
    Random random;
    for (int i = 0; i < 20'000; ++i) {
        const Json value = random.json();
        auto compact = parse_json(to_json(value), "compact");
        auto pretty = parse_json(to_json_pretty(value), "pretty");
        auto kept = python_json(value);
        auto canonical = canonical_json(value);
        ASSERT_TRUE(compact.ok() && pretty.ok() && kept.ok() && canonical.ok()) << to_json(value);
        ASSERT_EQ(compact.value(), value) << "seed " << testing::test_seed();
        ASSERT_EQ(pretty.value(), value);
        auto again = parse_json(kept.value(), "Python's");
        auto ordered = parse_json(canonical.value(), "canonical");
        ASSERT_TRUE(again.ok() && ordered.ok());
        ASSERT_EQ(again.value(), value);
        ASSERT_EQ(ordered.value(), sorted(value));
    }
}

TEST(RoundTrip, CanonicalJsonDoesNotSeeTheOrderOfKeys) {
    Random random;
    for (int i = 0; i < 5'000; ++i) {
        const Json value = random.json();
        auto one = canonical_json(value);
        auto other = canonical_json(sorted(value));
        ASSERT_TRUE(one.ok() && other.ok());
        ASSERT_EQ(one.value(), other.value()) << "seed " << testing::test_seed();
    }
}

// JSON is YAML (as long as no character is escaped as a surrogate pair): both readers must agree on it.
TEST(RoundTrip, YamlReadsJson) {
    Random random;
    for (int i = 0; i < 5'000; ++i) {
        const Json value = random.json();
        const std::string text = to_json(value);
        auto document = parse_yaml(text, "JSON");
        ASSERT_TRUE(document.ok()) << text << ": " << document.error().message() << " (seed " << testing::test_seed() << ")";
        ASSERT_EQ(document.value().root, value) << text;
    }
}

TEST(RoundTrip, IdsAndDigests) {
    Random random;
    for (int i = 0; i < 10'000; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        for (std::uint8_t& byte : bytes) { byte = static_cast<std::uint8_t>(random.bits()); }
        const RunId id = RunId::from_random(bytes);
        auto again = RunId::parse(id.str());
        ASSERT_TRUE(again.ok());
        ASSERT_EQ(again.value(), id);
        const Digest digest = sha256(id.str());
        auto read = Digest::parse(digest.hex());
        ASSERT_TRUE(read.ok());
        ASSERT_EQ(read.value(), digest);
    }
}

TEST(RoundTrip, Times) {
    Random random;
    constexpr std::int64_t k_first = -62'167'219'200'000'000;
    constexpr std::uint64_t k_span = 315'569'520'000'000'000;
    for (int i = 0; i < 50'000; ++i) {
        const Timestamp at{k_first + static_cast<std::int64_t>(random.bits() % k_span)};
        auto again = parse_iso(format_iso(at));
        ASSERT_TRUE(again.ok()) << format_iso(at);
        ASSERT_EQ(again.value(), at) << format_iso(at) << " (seed " << testing::test_seed() << ")";
    }
}

TEST(RoundTrip, Numbers) {
    Random random;
    for (int i = 0; i < 50'000; ++i) {
        const double value = random.finite_double();
        ASSERT_EQ(parse_float(format_float(value)), value) << "seed " << testing::test_seed();
        ASSERT_EQ(parse_float(python_float(value)), value);
        const auto integer = static_cast<std::int64_t>(random.bits());
        ASSERT_EQ(parse_integer(std::to_string(integer)), integer);
    }
}

}  // namespace
}  // namespace runlake::core
