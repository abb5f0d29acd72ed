// SPDX-License-Identifier: Apache-2.0
// Which file a program's name means; execvp itself is asked, too.
#include "os/program_path.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "os/child.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::os {
namespace {

using ::testing::ElementsAre;

class ProgramPath : public ::testing::Test {
  protected:
    // A program that says where it lies.
    std::string program(const std::string& folder, mode_t mode = 0755) const {
        std::filesystem::create_directories(dir_ / folder);
        const std::string path = dir_ / (folder + "/prog");
        std::ofstream(path) << "#!/bin/sh\necho " << folder << "\n";
        EXPECT_EQ(::chmod(path.c_str(), mode), 0);
        return path;
    }
    std::string path_of(const std::vector<std::string>& folders) const {
        std::string out;
        for (const auto& folder : folders) { out += (out.empty() ? "" : ":") + (dir_ / folder); }
        return out;
    }
    testing::TempDir dir_;
};

TEST(ProgramPaths, AreThoseThatExecvpTries) {
    EXPECT_THAT(program_paths("prog", "/a:b/c"), ElementsAre("/a/prog", "b/c/prog"));
    EXPECT_THAT(program_paths("prog", ":/a::"), ElementsAre("./prog", "/a/prog", "./prog", "./prog"));
    EXPECT_THAT(program_paths("prog", ""), ElementsAre("./prog"));
    EXPECT_THAT(program_paths("./prog", "/a"), ElementsAre("./prog"));
    EXPECT_THAT(program_paths("/b/prog", "/a"), ElementsAre("/b/prog"));
    EXPECT_THAT(program_paths("", "/a"), ElementsAre(""));
}

TEST_F(ProgramPath, TheFirstFolderThatHasItCounts) {
    const std::string first = program("first");
    program("second");
    EXPECT_EQ(find_program("prog", path_of({"gone", "first", "second"})), first);
    EXPECT_EQ(find_program("prog", path_of({"gone"})), std::nullopt);
    EXPECT_EQ(find_program("", path_of({"first"})), std::nullopt);
}

TEST_F(ProgramPath, WhatCanNotBeExecutedIsPassedOver) {
    program("plain", 0644);
    std::filesystem::create_directories(dir_ / "folder/prog");
    std::filesystem::create_directories(dir_ / "broken");
    std::filesystem::create_symlink(dir_ / "nowhere", dir_ / "broken/prog");
    const std::string real = program("real");
    EXPECT_EQ(find_program("prog", path_of({"plain", "folder", "broken", "real"})), real);
    EXPECT_EQ(find_program("prog", path_of({"plain", "folder", "broken"})), std::nullopt);
    EXPECT_EQ(find_program(dir_ / "plain/prog", path_of({"real"})), std::nullopt);
    EXPECT_EQ(find_program(dir_ / "folder/prog", path_of({"real"})), std::nullopt);
}

TEST_F(ProgramPath, ALinkMeansWhatItPointsTo) {
    const std::string real = program("real");
    std::filesystem::create_directories(dir_ / "links");
    std::filesystem::create_symlink(real, dir_ / "links/prog");
    EXPECT_EQ(find_program("prog", path_of({"links"})), dir_ / "links/prog");
}

TEST_F(ProgramPath, RelativeAndEmptyEntriesAreOfTheCurrentFolder) {
    program("here/bin");
    std::filesystem::copy(dir_ / "here/bin/prog", dir_ / "here/prog");
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(dir_ / "here");
    EXPECT_EQ(find_program("prog", "bin"), "bin/prog");
    EXPECT_EQ(find_program("prog", "/gone:"), "./prog");
    EXPECT_EQ(find_program("bin/prog", ""), "bin/prog");
    std::filesystem::current_path(before);
}

// What is found is what is started.
TEST_F(ProgramPath, StartingAProgramTakesTheSameFile) {
    program("plain", 0644);
    std::filesystem::create_directories(dir_ / "folder/prog");
    const std::string real = program("real");
    program("later");
    const std::string path = path_of({"plain", "folder", "real", "later"}) + ":/bin";
    const std::string before = search_path();
    ASSERT_EQ(::setenv("PATH", path.c_str(), 1), 0);
    EXPECT_EQ(search_path(), path);
    const auto ran = run_program({"prog"}, 60'000, 1000);
    ASSERT_EQ(::unsetenv("PATH"), 0);
    EXPECT_EQ(search_path(), k_usual_search_path);
    ASSERT_EQ(::setenv("PATH", before.c_str(), 1), 0);
    ASSERT_TRUE(ran.ok()) << ran.error().message();
    EXPECT_EQ(ran.value().out, "real\n");
    EXPECT_EQ(find_program("prog", path), real);
}

}  // namespace
}  // namespace runlake::os
