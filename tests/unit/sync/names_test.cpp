// SPDX-License-Identifier: Apache-2.0
// Names: which are refused, how they are written, which a file system that ignores case would mix up.
#include <gmock/gmock.h>

#include <string>

#include "sync/names.hpp"
#include "tests/support/random.hpp"

namespace runlake::sync {
namespace {

using ::testing::Optional;

TEST(SyncNames, OnlyRelativePathsOfNamesAreSafe) {
    for (const char* path : {"a", "a/b", "-a", " ", "a\nb", "..a", "a..", ".a/.b", "\xff"}) { EXPECT_TRUE(is_safe_path(path)) << path; }
    for (const char* path : {"", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/./b", "a/../b", "/"}) { EXPECT_FALSE(is_safe_path(path)) << path; }
    EXPECT_FALSE(is_safe_path(std::string_view("a\0b", 3)));
}

TEST(SyncNames, TheOwnFolderIsOwnInAnyCase) {
    EXPECT_TRUE(is_own(".runlake-sync"));
    EXPECT_TRUE(is_own(".RunLake-Sync/own"));
    EXPECT_FALSE(is_own("a/.runlake-sync"));
    EXPECT_FALSE(is_own(".runlake-sync2"));
}

TEST(SyncNames, EscapedNamesAreOneLineOfTextAndComeBack) {
    EXPECT_EQ(escape_name("100%\n\xff/\xc3\xa4"), "100%25%0a%ff/\xc3\xa4");
    EXPECT_EQ(unescape_name("%2"), std::nullopt);
    EXPECT_EQ(unescape_name("%2G"), std::nullopt);
    EXPECT_EQ(unescape_name("%FF"), std::nullopt) << "one spelling alone";
    testing::Random random;
    for (int i = 0; i < 20000; ++i) {
        std::string name;
        for (std::size_t length = random.below(12); length > 0; --length) { name += static_cast<char>(random.below(256)); }
        const std::string escaped = escape_name(name);
        EXPECT_TRUE(is_plain_name(escaped)) << escaped;
        EXPECT_THAT(unescape_name(escaped), Optional(name));
    }
}

TEST(SyncNames, CaseClashesAreFoundInFoldersToo) {
    CaseClashes clashes;
    EXPECT_EQ(clashes.add("Run/a"), std::nullopt);
    EXPECT_EQ(clashes.add("Run/b"), std::nullopt);
    EXPECT_THAT(clashes.add("run/c"), Optional(std::string("Run")));
    EXPECT_THAT(clashes.add("Run/A"), Optional(std::string("Run/a")));
    EXPECT_EQ(clashes.add("Run/a"), std::nullopt) << "itself";
}

}  // namespace
}  // namespace runlake::sync
