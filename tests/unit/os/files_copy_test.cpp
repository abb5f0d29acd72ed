// SPDX-License-Identifier: Apache-2.0
// Copies, symbolic links, modes, empty folders, exclusive renaming of folders, and whether a lease lives.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.hpp"
#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"
#include "tests/support/as_nobody.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::os {
namespace {

using ::testing::HasSubstr;

constexpr Point k_point = point::stage_bring;

class FilesCopyTest : public ::testing::Test {
  protected:
    void TearDown() override { ASSERT_TRUE(configure_faults("")); }
    void write(const std::string& name, std::string_view text) const {
        ASSERT_TRUE(publish_file(dir_ / name, text, 0640, Existing::replace, Durability::process, k_point).ok());
    }
    std::size_t entries() const { return list_dir(dir_.path()).value_or({}).size(); }

    testing::TempDir dir_;
};

TEST_F(FilesCopyTest, BytesAndModeWhateverTheUmask) {
    const std::string text = std::string(3'000'000, 'x') + "end";
    write("from", text);
    const mode_t before = ::umask(0777);
    const core::Status copied = copy_file(dir_ / "from", dir_ / "to", 0555, k_point);
    ::umask(before);
    ASSERT_TRUE(copied.ok()) << copied.error().message();
    EXPECT_EQ(read_file(dir_ / "to").value_or(""), text);
    EXPECT_EQ(stat_path(dir_ / "to")->st_mode & 0777U, 0555U);
    EXPECT_EQ(stat_path(dir_ / "to")->st_nlink, 1U);
    EXPECT_EQ(copy_file(dir_ / "from", dir_ / "to", 0644, k_point).error().code(), core::Errc::conflict);
    EXPECT_EQ(copy_file(dir_ / "none", dir_ / "new", 0644, k_point).error().code(), core::Errc::not_found);
    EXPECT_EQ(entries(), 2U);
}

TEST_F(FilesCopyTest, AFailureLeavesNothing) {
    write("from", "some bytes");
    int failures = 0;
    for (const char* const action : {"enospc", "eio", "short", "eacces"}) {
        for (int n = 1; n <= 5; ++n) {
            ASSERT_TRUE(configure_faults(core::cat("stage.bring:", action, ':', n)));
            const core::Status copied = copy_file(dir_ / "from", dir_ / "to", 0644, k_point);
            ASSERT_TRUE(configure_faults(""));
            if (copied.ok()) {
                EXPECT_EQ(read_file(dir_ / "to").value_or(""), "some bytes");
                ASSERT_TRUE(remove_file(dir_ / "to", k_point).ok());
            } else {
                ++failures;
                EXPECT_EQ(copied.error().code(), core::Errc::io);
            }
            EXPECT_EQ(entries(), 1U) << action << n;
        }
    }
    EXPECT_GE(failures, 8);
}

TEST_F(FilesCopyTest, AClonePrivateOrNone) {
    write("from", "some bytes");
    const core::Result<bool> cloned = clone_file(dir_ / "from", dir_ / "to", 0444, k_point);
    ASSERT_TRUE(cloned.ok()) << cloned.error().message();
    EXPECT_EQ(exists(dir_ / "to"), cloned.value());
    if (cloned.value()) { EXPECT_EQ(read_file(dir_ / "to").value_or(""), "some bytes"); }
    ASSERT_TRUE(remove_file(dir_ / "to", k_point).ok());
    // A file system that can't.
    ASSERT_TRUE(configure_faults("stage.bring:einval:2"));
    const core::Result<bool> none = clone_file(dir_ / "from", dir_ / "to", 0444, k_point);
    ASSERT_TRUE(none.ok());
    EXPECT_FALSE(none.value());
    EXPECT_EQ(entries(), 1U);
    // A disk that is full is no file system that can't.
    ASSERT_TRUE(configure_faults("stage.bring:enospc:2"));
    EXPECT_EQ(clone_file(dir_ / "from", dir_ / "to", 0444, k_point).error().code(), core::Errc::io);
    EXPECT_EQ(entries(), 1U);
}

TEST_F(FilesCopyTest, SymbolicLinks) {
    const std::string target = "../" + std::string(3000, 'x');
    ASSERT_TRUE(symbolic_link(target, dir_ / "link", k_point).ok());
    EXPECT_EQ(read_link(dir_ / "link"), target);
    EXPECT_EQ(symbolic_link("other", dir_ / "link", k_point).error().code(), core::Errc::conflict);
    EXPECT_EQ(read_link(dir_ / "link"), target);
    write("file", "");
    EXPECT_EQ(read_link(dir_ / "file"), std::nullopt);
    EXPECT_EQ(read_link(dir_ / "none"), std::nullopt);
}

TEST_F(FilesCopyTest, OnlyEmptyFoldersGo) {
    ASSERT_TRUE(make_dirs(dir_ / "a/b", 0777, k_point).ok());
    EXPECT_EQ(remove_dir(dir_ / "a", k_point).error().code(), core::Errc::conflict);
    ASSERT_TRUE(remove_dir(dir_ / "a/b", k_point).ok());
    ASSERT_TRUE(remove_dir(dir_ / "a", k_point).ok());
    ASSERT_TRUE(remove_dir(dir_ / "a", k_point).ok());
    EXPECT_EQ(entries(), 0U);
}

TEST_F(FilesCopyTest, ModesOfOthersAreNotOurs) {
    write("file", "x");
    ASSERT_TRUE(set_mode(dir_ / "file", 0400, k_point).ok());
    EXPECT_EQ(stat_path(dir_ / "file")->st_mode & 0777U, 0400U);
    EXPECT_EQ(set_mode(dir_ / "none", 0400, k_point).error().code(), core::Errc::not_found);
    if (::geteuid() == 0) {
        ASSERT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
        const testing::AsNobody nobody;
        EXPECT_EQ(set_mode(dir_ / "file", 0666, k_point).error().code(), core::Errc::io);
    }
}

// With renameat2 and without: never into the folder that is there, never over it.
TEST_F(FilesCopyTest, AFolderIsRenamedExclusively) {
    for (const char* const faults : {"", "stage.bring:einval:1"}) {
        ASSERT_TRUE(make_dirs(dir_ / "from/in", 0777, k_point).ok());
        ASSERT_TRUE(make_dirs(dir_ / "to", 0777, k_point).ok());
        ASSERT_TRUE(configure_faults(faults));
        EXPECT_EQ(rename_exclusive(dir_ / "from", dir_ / "to", k_point).error().code(), core::Errc::conflict) << faults;
        EXPECT_TRUE(list_dir(dir_ / "to").value_or({{"x", 0}}).empty());
        ASSERT_TRUE(remove_dir(dir_ / "to", point::view_remove).ok());
        ASSERT_TRUE(configure_faults(faults));
        ASSERT_TRUE(rename_exclusive(dir_ / "from", dir_ / "to", k_point).ok()) << faults;
        EXPECT_TRUE(is_dir(dir_ / "to/in"));
        EXPECT_FALSE(exists(dir_ / "from"));
        // The claim goes when the rename fails.
        ASSERT_TRUE(configure_faults("stage.bring:einval:1,stage.bring:eio:3"));
        EXPECT_EQ(rename_exclusive(dir_ / "to", dir_ / "more", k_point).error().code(), core::Errc::io);
        EXPECT_FALSE(exists(dir_ / "more"));
        ASSERT_TRUE(configure_faults(""));
        ASSERT_TRUE(remove_tree(dir_ / "to", k_point).ok());
    }
}

TEST_F(FilesCopyTest, WhetherALeaseLives) {
    const std::string path = dir_ / "lease";
    EXPECT_FALSE(lease_lives(path).value_or(true));
    {
        const auto lease = Lease::take(path, {.purpose = "test"});
        ASSERT_TRUE(lease.ok());
        EXPECT_TRUE(lease_lives(path).value_or(false));
    }
    EXPECT_FALSE(lease_lives(path).value_or(true));
    const auto age = [&](std::int64_t seconds) {
        const timespec times[2] = {{stat_path(path)->st_mtim.tv_sec - seconds, 0}, {stat_path(path)->st_mtim.tv_sec - seconds, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    };
    // Nobody knows whose it is: until it is old.
    write("lease", "torn");
    EXPECT_TRUE(lease_lives(path).value_or(false));
    age(3600);
    EXPECT_FALSE(lease_lives(path).value_or(true));
    // Another machine's: by its age as well.
    write("lease", R"({"machine":"x","boot":"y","pid_ns":1,"pid":1,"start_ticks":1,"token":"t"})");
    EXPECT_TRUE(lease_lives(path).value_or(false));
    age(3600);
    EXPECT_FALSE(lease_lives(path).value_or(true));
    EXPECT_EQ(entries(), 1U) << "the probe that measures the age is left";
}

}  // namespace
}  // namespace runlake::os
