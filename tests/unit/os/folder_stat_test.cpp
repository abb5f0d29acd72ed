// SPDX-License-Identifier: Apache-2.0
#include "os/folder_stat.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <vector>

#include "os/stamp.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::os {
namespace {

TEST(FolderStat, SeesWhatStatSeesInWhateverOrder) {
    const testing::TempDir dir;
    ASSERT_EQ(::mkdir((dir.path() + "/a").c_str(), 0755), 0);
    ASSERT_EQ(::mkdir((dir.path() + "/a/deep").c_str(), 0755), 0);
    for (const char* const name : {"/one", "/a/two", "/a/deep/three"}) { std::ofstream(dir.path() + name) << name; }
    ASSERT_EQ(::symlink("a/two", (dir.path() + "/link").c_str()), 0);
    ASSERT_EQ(::symlink("nowhere", (dir.path() + "/dangling").c_str()), 0);
    FolderStat folder;
    for (const char* const name : {"/one", "/link", "/a/two", "/a/deep/three", "/a/deep", "/a", "/one", "/dangling", "/missing", "/a/missing", "/gone/x", "/one/x", "/a/two"}) {
        const std::string path = dir.path() + name;
        const auto expected = stat_path(path);
        const int expected_error = errno;
        const auto seen = folder.look(path);
        const int error = errno;
        ASSERT_EQ(seen.has_value(), expected.has_value()) << name;
        if (seen) { EXPECT_EQ(Stamp::of(*seen), Stamp::of(*expected)) << name; }
        else { EXPECT_EQ(error, expected_error) << name; }
    }
}

TEST(FolderStat, TakesPathsWithoutAFolder) {
    FolderStat folder;
    EXPECT_TRUE(folder.look(".").has_value());
    EXPECT_TRUE(folder.look("/").has_value());
    EXPECT_FALSE(folder.look("").has_value());
}

}  // namespace
}  // namespace runlake::os
