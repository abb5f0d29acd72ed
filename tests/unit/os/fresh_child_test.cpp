// SPDX-License-Identifier: Apache-2.0
// A program that inherits nothing: what it is given is all it has, and its limits hold.
#include "os/fresh_child.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "os/files.hpp"

namespace runlake::os {
namespace {

class Fresh : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "freshXXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    FreshChild shell(const std::string& text) const {
        FreshChild child;
        child.argv = {"sh", "-c", text};
        child.environment = {{"PATH", "/usr/bin:/bin"}};
        child.working_dir = folder_;
        child.stdout_path = folder_ + "/out";
        child.stderr_path = folder_ + "/err";
        return child;
    }
    std::string out() const { return read_file(folder_ + "/out").value_or(""); }
    // Killed, it may be a zombie until its new parent has noticed.
    static void expect_end_of(pid_t process) {
        ASSERT_GT(process, 0);
        const std::string path = "/proc/" + std::to_string(process) + "/stat";
        for (int i = 0; i < 300'000; ++i) {
            const auto state = read_file(path);
            if (!state.ok() || state.value().find(") Z") != std::string::npos) { return; }
            ::usleep(1000);
        }
        FAIL() << "process " << process << " lives on";
    }
    std::string folder_;
};

TEST_F(Fresh, ItsEnvironmentIsWhatItIsGiven) {
    ASSERT_EQ(::setenv("FRESH_TEST_SECRET", "x", 1), 0);
    FreshChild child = shell("env; umask; pwd; cat");
    child.environment.emplace_back("GIVEN", "1");
    child.umask = 027;
    const auto ended = run_fresh(child);
    ::unsetenv("FRESH_TEST_SECRET");
    ASSERT_TRUE(ended.ok());
    EXPECT_EQ(ended.value().how, FreshEnd::ended);
    EXPECT_EQ(ended.value().wait_status, 0);
    EXPECT_NE(out().find("GIVEN=1\n"), std::string::npos);
    EXPECT_EQ(out().find("FRESH_TEST_SECRET"), std::string::npos);
    EXPECT_NE(out().find("0027\n" + folder_ + "\n"), std::string::npos);
}

TEST_F(Fresh, ProcessorsAndAddresses) {
    FreshChild child = shell("grep Cpus_allowed_list /proc/self/status; cat /proc/self/personality");
    child.processors = {0};
    child.fixed_addresses = true;
    const auto ended = run_fresh(child);
    ASSERT_TRUE(ended.ok());
    if (ended.value().how == FreshEnd::not_started) { GTEST_SKIP() << ended.value().start_step << " is forbidden here"; }
    EXPECT_EQ(out(), "Cpus_allowed_list:\t0\n00040000\n");
}

TEST_F(Fresh, TimeIsUpForAllOfItsGroup) {
    // A busy machine may need longer to begin the program.
    for (const int limit : {200, 2000, 20'000, 200'000}) {
        FreshChild child = shell("sleep 1000 & echo $!; wait");
        child.time_limit = std::chrono::milliseconds(limit);
        const auto ended = run_fresh(child);
        ASSERT_TRUE(ended.ok());
        EXPECT_EQ(ended.value().how, FreshEnd::time_limit);
        if (out().ends_with('\n')) { break; }
        std::filesystem::remove(folder_ + "/out");
        std::filesystem::remove(folder_ + "/err");
    }
    expect_end_of(std::atoi(out().c_str()));
}

TEST_F(Fresh, WhatIsLeftInItsGroupEndsWithIt) {
    const auto ended = run_fresh(shell("sleep 1000 & echo $!"));
    ASSERT_TRUE(ended.ok());
    EXPECT_EQ(ended.value().how, FreshEnd::ended);
    expect_end_of(std::atoi(out().c_str()));
}

TEST_F(Fresh, WhatCanNotBeStartedSaysWhy) {
    FreshChild missing = shell("");
    missing.argv = {"no-such-program-at-all"};
    auto ended = run_fresh(missing);
    ASSERT_TRUE(ended.ok());
    EXPECT_EQ(ended.value().how, FreshEnd::not_started);
    EXPECT_EQ(ended.value().start_error, ENOENT);
    EXPECT_EQ(ended.value().start_step, "executing");

    // The output is there from before: nothing is started.
    EXPECT_FALSE(run_fresh(shell("echo 1")).ok());
    FreshChild nowhere = shell("echo 1");
    nowhere.stdout_path += "2";
    nowhere.stderr_path += "2";
    nowhere.working_dir = folder_ + "/none";
    EXPECT_FALSE(run_fresh(nowhere).ok());
    FreshChild processors = shell("echo 1");
    processors.stdout_path += "3";
    processors.stderr_path += "3";
    processors.processors = {-1};
    EXPECT_FALSE(run_fresh(processors).ok());
}

TEST_F(Fresh, ADescriptorThatCanBeReadStopsIt) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    FreshChild child = shell("sleep 1000");
    child.stop_fd = ends[0];
    const auto ended = run_fresh(child);
    ::close(ends[0]);
    ::close(ends[1]);
    ASSERT_TRUE(ended.ok());
    EXPECT_EQ(ended.value().how, FreshEnd::stopped);
    EXPECT_TRUE(WIFSIGNALED(ended.value().wait_status));
}

}  // namespace
}  // namespace runlake::os
