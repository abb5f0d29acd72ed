// SPDX-License-Identifier: Apache-2.0
// Folders that are filled aside: whole or not at all, those of the living left alone, those of the dead swept.
#include "lake/export/staged_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr FolderPoints k_points = {os::point::lake_dataset_write, os::point::lake_dataset_publish};

std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    const auto entries = os::list_dir(folder);
    if (!entries.ok()) { return names; }
    for (const auto& entry : entries.value()) { names.push_back(entry.name); }
    std::ranges::sort(names);
    return names;
}

// What a program leaves that dies with a folder half filled.
void leave_one(const std::string& target) {
    const pid_t child = ::fork();
    if (child == 0) {
        auto staged = StagedFolder::make(target, k_points);
        if (!staged.ok() || !staged.value().write("a/b", "half").ok()) { ::_exit(1); }
        ::_exit(0);  // nothing is taken back
    }
    int status = 1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
}

TEST(StagedFolderTest, APublishedFolderIsAllThatIsThere) {
    const testing::TempDir dir;
    {
        auto staged = StagedFolder::make(dir.path() + "/out", k_points);
        ASSERT_TRUE(staged.ok()) << staged.error().message();
        ASSERT_TRUE(staged.value().write("file", "x").ok());
        ASSERT_TRUE(staged.value().publish(StagedFolder::Existing::refuse).ok());
    }
    EXPECT_THAT(names_in(dir.path()), ElementsAre("out"));
    {
        auto staged = StagedFolder::make(dir.path() + "/out", k_points);
        ASSERT_TRUE(staged.ok());
        EXPECT_EQ(staged.value().publish(StagedFolder::Existing::refuse).error().code(), core::Errc::conflict);
        ASSERT_TRUE(staged.value().publish(StagedFolder::Existing::replace).ok());
    }
    EXPECT_THAT(names_in(dir.path()), ElementsAre("out"));
    EXPECT_THAT(names_in(dir.path() + "/out"), IsEmpty());
}

TEST(StagedFolderTest, WhatTheDeadLeftIsSweptAndTheLivingAreLeftAlone) {
    const testing::TempDir dir;
    leave_one(dir.path() + "/out");
    EXPECT_EQ(names_in(dir.path()).size(), 2U) << "a folder and its lease";
    leave_one(dir.path() + "/other");
    EXPECT_EQ(names_in(dir.path()).size(), 2U) << "of the second: it swept what the first left";
    auto living = StagedFolder::make(dir.path() + "/out", k_points);
    ASSERT_TRUE(living.ok());
    EXPECT_EQ(names_in(dir.path()).size(), 2U) << "of the living";
    ASSERT_TRUE(living.value().write("mine", "x").ok());
    {
        auto second = StagedFolder::make(dir.path() + "/out", k_points);
        ASSERT_TRUE(second.ok());
        sweep_staged(dir.path(), k_points);
        EXPECT_EQ(names_in(dir.path()).size(), 4U);
    }
    EXPECT_TRUE(os::exists(living.value().path() + "/mine"));
    ASSERT_TRUE(living.value().publish(StagedFolder::Existing::refuse).ok());
    EXPECT_TRUE(os::exists(dir.path() + "/out/mine"));
}

TEST(StagedFolderTest, OnlyFoldersOfItsOwnAreSwept) {
    const testing::TempDir dir;
    for (const std::string name : {".a.0123456789abcdef.tmp", ".mine.tmp", ".mine.tmp.lease", "b.0123456789abcdef.tmp.lease"}) {
        ASSERT_TRUE(os::make_dirs(dir.path() + "/" + name, 0755, os::point::lake_dataset_write).ok());
    }
    sweep_staged(dir.path(), k_points);
    EXPECT_EQ(names_in(dir.path()).size(), 4U);
    sweep_staged(dir.path() + "/missing", k_points);
}

}  // namespace
}  // namespace runlake::lake
