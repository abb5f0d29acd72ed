// SPDX-License-Identifier: Apache-2.0
// Fault points: their list, the words that set them, and when they act.
#include "os/fault.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <string>

#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::os {
namespace {

class FaultTest : public ::testing::Test {
  protected:
    void TearDown() override { ASSERT_TRUE(configure_faults("")); }
};

TEST_F(FaultTest, PointsAreListedOnceEach) {
    std::set<std::string_view> names;
    for (const Point& point : all_points()) { EXPECT_TRUE(names.insert(point.name).second) << point.name; }
    EXPECT_TRUE(names.contains("journal.append"));
}

TEST_F(FaultTest, NothingHappensWithoutWords) {
    ASSERT_TRUE(configure_faults(""));
    const Injection injection = at_point(point::journal_append);
    EXPECT_EQ(injection.error, 0);
    EXPECT_FALSE(injection.short_write);
    EXPECT_FALSE(injection.kill_after);
}

TEST_F(FaultTest, ActsAtTheNthPassingOfItsPointOnly) {
    ASSERT_TRUE(configure_faults("journal.append:eio:2"));
    EXPECT_EQ(at_point(point::journal_sync).error, 0);
    EXPECT_EQ(at_point(point::journal_append).error, 0);
    EXPECT_EQ(at_point(point::journal_append).error, EIO);
    EXPECT_EQ(at_point(point::journal_append).error, 0);
}

TEST_F(FaultTest, PlusActsEverAfter) {
    ASSERT_TRUE(configure_faults("journal.append:erofs:2+"));
    EXPECT_EQ(at_point(point::journal_append).error, 0);
    EXPECT_EQ(at_point(point::journal_append).error, EROFS);
    EXPECT_EQ(at_point(point::journal_append).error, EROFS);
}

TEST_F(FaultTest, StarCountsEveryPoint) {
    ASSERT_TRUE(configure_faults("*:eacces:2"));
    EXPECT_EQ(at_point(point::journal_append).error, 0);
    EXPECT_EQ(at_point(point::journal_sync).error, EACCES);
    EXPECT_EQ(at_point(point::journal_sync).error, 0);
}

TEST_F(FaultTest, SeveralFaultsAreIndependent) {
    ASSERT_TRUE(configure_faults("journal.append:short,journal.sync:einval:2"));
    const Injection injection = at_point(point::journal_append);
    EXPECT_TRUE(injection.short_write);
    EXPECT_EQ(injection.error, ENOSPC);
    EXPECT_EQ(at_point(point::journal_sync).error, 0);
    EXPECT_EQ(at_point(point::journal_sync).error, EINVAL);
}

TEST_F(FaultTest, RefusesWordsThatMakeNoSense) {
    for (const char* words : {"journal.append", "no.such.point:eio", "journal.append:melt", "journal.append:eio:0", "journal.append:eio:x", "journal.append:eio:1:2",
                              "journal.append:eio,", ",", "journal.append:eio:-1"}) {
        EXPECT_FALSE(configure_faults(words)) << words;
    }
}

int status_of_child(void (*body)()) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        body();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status;
}

TEST_F(FaultTest, KillEndsTheProcessBeforeTheCallAndKillAfterBehindIt) {
    const testing::TempDir dir;
    static std::string path;
    path = dir / "folder";
    ASSERT_TRUE(configure_faults("journal.dir.create:kill"));
    int status = status_of_child([] { static_cast<void>(make_dir(path, 0755, point::journal_dir_create).ok()); });
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    EXPECT_FALSE(exists(path));
    ASSERT_TRUE(configure_faults("journal.dir.create:kill_after"));
    status = status_of_child([] { static_cast<void>(make_dir(path, 0755, point::journal_dir_create).ok()); });
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    EXPECT_TRUE(exists(path));
}

}  // namespace
}  // namespace runlake::os
