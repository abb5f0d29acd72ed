// SPDX-License-Identifier: Apache-2.0
// The guard kills the groups it was told of when its process has gone, and only then.
#include "os/group_guard.hpp"

#include <gtest/gtest.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace runlake::os {
namespace {

// A process in a group of its own that waits for ever.
pid_t sleeper() {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::setpgid(0, 0);
        ::close_range(3, ~0U, 0);  // as a program that was executed: it holds nothing of the guard's pipe
        for (;;) { ::pause(); }
    }
    ::setpgid(pid, pid);
    return pid;
}

// How it ended, by 0 when it had to be killed by us.
int signal_of(pid_t pid, bool wait) {
    int status = 0;
    if (!wait && ::waitpid(pid, &status, WNOHANG) == 0) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, &status, 0);
        return 0;
    }
    for (int looks = 0; wait && ::waitpid(pid, &status, WNOHANG) == 0; ++looks) {
        if (looks > 10'000) { return signal_of(pid, false); }
        ::usleep(1000);
    }
    return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

TEST(GroupGuardTest, EndsWhatItWatchesWhenItsProcessIsKilled) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // the sleepers become ours when their parent goes
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t parent = ::fork();
    if (parent == 0) {
        auto guard = GroupGuard::start();
        const std::array<pid_t, 2> pids = {sleeper(), sleeper()};
        guard.value().watch(pids[0]);
        guard.value().watch(pids[1]);
        guard.value().forget(pids[1]);
        if (::write(pipe[1], pids.data(), sizeof pids) != sizeof pids) { ::_exit(1); }
        for (;;) { ::pause(); }
    }
    std::array<pid_t, 2> pids{};
    ASSERT_EQ(::read(pipe[0], pids.data(), sizeof pids), static_cast<ssize_t>(sizeof pids));
    ::kill(parent, SIGKILL);
    EXPECT_EQ(signal_of(parent, true), SIGKILL);
    EXPECT_EQ(signal_of(pids[0], true), SIGKILL);
    EXPECT_EQ(signal_of(pids[1], false), 0) << "was forgotten";
    while (::waitpid(-1, nullptr, 0) > 0) {}  // the guard
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    ::close(pipe[0]);
    ::close(pipe[1]);
}

TEST(GroupGuardTest, LeavesEverythingAloneWhenItIsDropped) {
    const pid_t pid = sleeper();
    {
        auto guard = GroupGuard::start();
        ASSERT_TRUE(guard.ok());
        guard.value().watch(pid);
    }
    EXPECT_EQ(signal_of(pid, false), 0);
}

}  // namespace
}  // namespace runlake::os
