// SPDX-License-Identifier: Apache-2.0
// With a program ends all that it started, wherever that went; also when its launcher is killed.
#include "os/keeper.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

namespace runlake::os {
namespace {

// A pipe whose reading end says when the last process that holds its writing end has gone.
struct Line {
    Line() { EXPECT_EQ(::pipe(ends.data()), 0); }
    ~Line() {
        ::close(ends[0]);
        close_writing();
    }
    void close_writing() {
        if (ends[1] >= 0) { ::close(ends[1]); }
        ends[1] = -1;
    }
    // Reads what was said; false when nobody is left who could say more within a minute.
    bool hears(char& said) {
        close_writing();
        pollfd polled{ends[0], POLLIN, 0};
        return ::poll(&polled, 1, 60'000) == 1 && ::read(ends[0], &said, 1) == 1;
    }
    bool is_quiet() {
        close_writing();
        pollfd polled{ends[0], POLLIN, 0};
        char said = 0;
        return ::poll(&polled, 1, 60'000) == 1 && ::read(ends[0], &said, 1) == 0;
    }
    std::array<int, 2> ends{};
};

// In the child: a daemon that was forked twice, in a session of its own, with no environment at all. It says that it lives.
void start_daemon(int line) {
    if (::fork() != 0) { return; }
    ::setsid();
    if (::fork() != 0) { ::_exit(0); }
    std::string shell = "sh";
    std::string option = "-c";
    std::string text = "echo >&" + std::to_string(line) + "; exec sleep 1000";
    std::array<char*, 4> words = {shell.data(), option.data(), text.data(), nullptr};
    std::array<char*, 1> none = {nullptr};
    ::execve("/bin/sh", words.data(), none.data());
    ::_exit(1);
}

TEST(KeeperTest, SaysHowTheProgramEnded) {
    auto keeper = Keeper::start([](pid_t) { ::_exit(7); });
    ASSERT_TRUE(keeper.ok());
    const auto end = keeper.value().wait();
    ASSERT_TRUE(end.ok());
    EXPECT_EQ(WEXITSTATUS(end.value().status), 7);
}

TEST(KeeperTest, TheProgramsDaemonsEndWithIt) {
    Line line;
    Line go;
    auto keeper = Keeper::start([&](pid_t) {
        start_daemon(line.ends[1]);
        char said = 0;
        if (::read(go.ends[0], &said, 1) != 1) { ::_exit(1); }
        ::_exit(0);
    });
    ASSERT_TRUE(keeper.ok());
    char said = 0;
    ASSERT_TRUE(line.hears(said));   // the daemon lives
    ASSERT_EQ(::write(go.ends[1], "x", 1), 1);
    const auto end = keeper.value().wait();
    ASSERT_TRUE(end.ok());
    EXPECT_EQ(end.value().status, 0);
    // wait() has returned: nobody holds the line any more.
    pollfd polled{line.ends[0], POLLIN, 0};
    EXPECT_EQ(::poll(&polled, 1, 0), 1);
    EXPECT_EQ(::read(line.ends[0], &said, 1), 0);
}

TEST(KeeperTest, EndingItEndsEverything) {
    Line line;
    auto keeper = Keeper::start([&](pid_t) {
        start_daemon(line.ends[1]);
        for (;;) { ::pause(); }
    });
    ASSERT_TRUE(keeper.ok());
    char said = 0;
    ASSERT_TRUE(line.hears(said));
    keeper.value().end();
    const auto end = keeper.value().wait();
    ASSERT_TRUE(end.ok());
    EXPECT_EQ(WTERMSIG(end.value().status), SIGKILL);
    EXPECT_TRUE(line.is_quiet());
}

TEST(KeeperTest, AKilledLauncherEndsEverything) {
    Line line;
    const pid_t launcher = ::fork();
    if (launcher == 0) {
        auto keeper = Keeper::start([&](pid_t) {
            start_daemon(line.ends[1]);
            for (;;) { ::pause(); }
        });
        for (;;) { ::pause(); }
    }
    char said = 0;
    ASSERT_TRUE(line.hears(said));
    ::kill(launcher, SIGKILL);
    ::waitpid(launcher, nullptr, 0);
    EXPECT_TRUE(line.is_quiet());
}

TEST(KeeperTest, AKilledKeeperIsTold) {
    auto keeper = Keeper::start([](pid_t parent) {
        ::kill(parent, SIGKILL);
        ::_exit(0);
    });
    if (!keeper.ok()) { return; }   // it was killed before it could name the program
    const auto end = keeper.value().wait();
    ASSERT_FALSE(end.ok());
    EXPECT_EQ(end.error().code(), core::Errc::internal);
}

}  // namespace
}  // namespace runlake::os
