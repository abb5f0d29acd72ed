// SPDX-License-Identifier: Apache-2.0
// Run ids and their prefixes: what is read, what is refused.
#include "core/ids.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

namespace runlake::core {
namespace {

constexpr std::string_view k_text = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

TEST(RunId, ReadsAndWritesTheUsualForm) {
    auto id = RunId::parse(k_text);
    ASSERT_TRUE(id.ok());
    EXPECT_EQ(id.value().str(), k_text);
    EXPECT_EQ(id.value().brief(), "3f2504e0");
    EXPECT_EQ(id.value().bytes()[0], 0x3F);
    EXPECT_EQ(id.value().bytes()[15], 0x01);
}

TEST(RunId, KeepsLowerCase) {
    auto id = RunId::parse("3F2504E0-4F89-41D3-9A0C-0305E82C3301");
    ASSERT_TRUE(id.ok());
    EXPECT_EQ(id.value().str(), k_text);
}

TEST(RunId, ReadsIdsOfOtherVersions) {
    EXPECT_TRUE(RunId::parse("00000000-0000-0000-0000-000000000000").ok());
    EXPECT_TRUE(RunId::parse("ffffffff-ffff-ffff-ffff-ffffffffffff").ok());
}

TEST(RunId, RefusesAllElse) {
    for (const std::string_view bad :
         {"", "3f2504e0", "3f2504e0-4f89-41d3-9a0c-0305e82c330", "3f2504e0-4f89-41d3-9a0c-0305e82c33011", "3f2504e04f89-41d3-9a0c-0305e82c3301-",
          "3f2504e0-4f89-41d3-9a0c_0305e82c3301", "3f2504e0-4f89-41d3-9a0c-0305e82c330g", "{f2504e0-4f89-41d3-9a0c-0305e82c330}",
          "3f2504e0-4f89-41d3-9a0c-0305e82c33 1", "3f2504e0-4f89-41d3-9a0c-0305e82c33\xC3\xA9", "3f2504e0-4f89-41d3-9a0c-0305e82c330%"}) {
        auto id = RunId::parse(bad);
        ASSERT_FALSE(id.ok()) << bad;
        EXPECT_EQ(id.error().code(), Errc::usage);
        EXPECT_NE(id.error().message().find("run id"), std::string::npos);
    }
}

TEST(RunId, MessagesDoNotRepeatLongOrBinaryText) {
    auto binary = RunId::parse("\x01\x02");
    auto longer = RunId::parse(std::string(10'000, 'x'));
    ASSERT_FALSE(binary.ok());
    ASSERT_FALSE(longer.ok());
    EXPECT_EQ(binary.error().message().find('\x01'), std::string::npos);
    EXPECT_LT(longer.error().message().size(), 200U);
}

TEST(RunId, FromRandomSetsVersionAndVariant) {
    for (const std::uint8_t fill : {std::uint8_t{0x00}, std::uint8_t{0xFF}, std::uint8_t{0x5A}}) {
        std::array<std::uint8_t, 16> bytes{};
        bytes.fill(fill);
        const std::string text = RunId::from_random(bytes).str();
        EXPECT_EQ(text[14], '4');
        EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
        EXPECT_TRUE(RunId::parse(text).ok());
    }
    std::array<std::uint8_t, 16> ones{};
    ones.fill(0xFF);
    EXPECT_EQ(RunId::from_random(ones).str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(RunId, HashTellsIdsApart) {
    std::unordered_set<RunId, RunIdHash> ids;
    for (int i = 0; i < 1000; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        bytes[0] = static_cast<std::uint8_t>(i);
        bytes[1] = static_cast<std::uint8_t>(i >> 8);
        ids.insert(RunId::from_random(bytes));
    }
    EXPECT_EQ(ids.size(), 1000U);
}

TEST(RunIdPrefix, ReadsEveryLength) {
    auto id = RunId::parse(k_text);
    ASSERT_TRUE(id.ok());
    for (std::size_t length = 1; length <= k_text.size(); ++length) {
        auto prefix = RunIdPrefix::parse(k_text.substr(0, length));
        ASSERT_TRUE(prefix.ok()) << length;
        EXPECT_TRUE(prefix.value().matches(id.value()));
        EXPECT_EQ(prefix.value().is_whole(), length == 36);
    }
}

TEST(RunIdPrefix, IsLowerCaseAndMatchesItsStartOnly) {
    auto id = RunId::parse(k_text);
    auto upper = RunIdPrefix::parse("3F25");
    auto other = RunIdPrefix::parse("2504");
    ASSERT_TRUE(id.ok() && upper.ok() && other.ok());
    EXPECT_EQ(upper.value().str(), "3f25");
    EXPECT_TRUE(upper.value().matches(id.value()));
    EXPECT_FALSE(other.value().matches(id.value()));
}

TEST(RunIdPrefix, HasNoWildcards) {
    for (const std::string_view bad : {"", "%", "_", "3f%", "3f*", "3f?", "3f2504e04", "3f2504e0-4f89-41d3-9a0c-0305e82c3301a", "-", "3f-", " 3f", "3f\n", "xyz"}) {
        auto prefix = RunIdPrefix::parse(bad);
        ASSERT_FALSE(prefix.ok()) << bad;
        EXPECT_EQ(prefix.error().code(), Errc::usage);
    }
    EXPECT_FALSE(RunIdPrefix::parse(std::string_view("3f\0", 3)).ok());
}

}  // namespace
}  // namespace runlake::core
