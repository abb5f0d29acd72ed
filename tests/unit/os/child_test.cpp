// SPDX-License-Identifier: Apache-2.0
// Held children and the runner for tools.
#include "os/child.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "tests/support/temp_dir.hpp"

namespace runlake::os {
namespace {

using ::testing::HasSubstr;

int wait_for(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status;
}

ChildOptions shell(const std::string& script) {
    ChildOptions options;
    options.argv = {"sh", "-c", script};
    return options;
}

class ChildTest : public ::testing::Test {
  protected:
    std::string text(const std::string& name) const { return read_file(dir_ / name).value_or("(missing)"); }
    testing::TempDir dir_;
};

TEST_F(ChildTest, RunsNothingBeforeGo) {
    core::Result<HeldChild> child = HeldChild::fork(shell("echo ran > " + (dir_ / "out")));
    ASSERT_TRUE(child.ok());
    EXPECT_TRUE(start_ticks(child.value().pid()));
    EXPECT_FALSE(exists(dir_ / "out"));
    EXPECT_EQ(child.value().go(), 0);
    EXPECT_EQ(wait_for(child.value().pid()), 0);
    EXPECT_EQ(text("out"), "ran\n");
}

TEST_F(ChildTest, AbandonedOrDroppedItNeverRuns) {
    core::Result<HeldChild> child = HeldChild::fork(shell("echo ran > " + (dir_ / "out")));
    ASSERT_TRUE(child.ok());
    child.value().abandon();
    EXPECT_EQ(::waitpid(child.value().pid(), nullptr, 0), -1) << "is reaped";
    pid_t dropped = 0;
    {
        core::Result<HeldChild> second = HeldChild::fork(shell("echo ran > " + (dir_ / "out")));
        ASSERT_TRUE(second.ok());
        dropped = second.value().pid();
    }
    wait_for(dropped);
    EXPECT_FALSE(exists(dir_ / "out"));
}

TEST_F(ChildTest, TellsWhyExecFailed) {
    ChildOptions options;
    options.argv = {"no-such-program-anywhere"};
    core::Result<HeldChild> missing = HeldChild::fork(options);
    ASSERT_TRUE(missing.ok());
    EXPECT_EQ(missing.value().go(), ENOENT);
    EXPECT_EQ(WEXITSTATUS(wait_for(missing.value().pid())), 127);
    ASSERT_TRUE(publish_file(dir_ / "plain", "#!/bin/sh\nexit 3\n", 0644, Existing::replace, Durability::process, point::export_write).ok());
    options.argv = {dir_ / "plain"};
    core::Result<HeldChild> refused = HeldChild::fork(options);
    ASSERT_TRUE(refused.ok());
    EXPECT_EQ(refused.value().go(), EACCES);
    EXPECT_EQ(WEXITSTATUS(wait_for(refused.value().pid())), 126);
    options.argv = {""};
    core::Result<HeldChild> empty = HeldChild::fork(options);
    ASSERT_TRUE(empty.ok());
    EXPECT_EQ(empty.value().go(), ENOENT);
    wait_for(empty.value().pid());
    options.argv = {};
    EXPECT_EQ(HeldChild::fork(options).error().code(), core::Errc::usage);
}

TEST_F(ChildTest, SearchesPathAsAShellDoes) {
    // The first folder has one that may not be executed, the second one that may; a script without a header goes to sh.
    ASSERT_TRUE(make_dir(dir_ / "one", 0755, point::export_write).ok());
    ASSERT_TRUE(make_dir(dir_ / "two", 0755, point::export_write).ok());
    ASSERT_TRUE(publish_file(dir_ / "one/tool", "exit 9\n", 0644, Existing::replace, Durability::process, point::export_write).ok());
    ASSERT_TRUE(publish_file(dir_ / "two/tool", "exit $1\n", 0755, Existing::replace, Durability::process, point::export_write).ok());
    ASSERT_EQ(::chmod((dir_ / "two/tool").c_str(), 0755), 0);
    ChildOptions options;
    options.argv = {"tool", "5"};
    options.environment = {{"PATH", dir_ / "one" + ":" + (dir_ / "two")}};
    core::Result<HeldChild> child = HeldChild::fork(options);
    ASSERT_TRUE(child.ok());
    EXPECT_EQ(child.value().go(), 0);
    EXPECT_EQ(WEXITSTATUS(wait_for(child.value().pid())), 5);
}

TEST_F(ChildTest, SetsEnvironmentFolderAndDescriptors) {
    ::setenv("RUNLAKE_TEST_GONE", "1", 1);
    const Fd out(::open((dir_ / "out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    const Fd err(::open((dir_ / "err").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    ChildOptions options = shell("echo \"$ONE,${RUNLAKE_TEST_GONE-unset},$(pwd -P)\"; echo err >&2; ls /proc/self/fd | wc -l >&2");
    options.environment = {{"ONE", "1=2"}, {"RUNLAKE_TEST_GONE", std::nullopt}};
    options.working_dir = dir_.path();
    options.stdout_fd = out.get();
    options.stderr_fd = err.get();
    core::Result<HeldChild> child = HeldChild::fork(options);
    ASSERT_TRUE(child.ok());
    EXPECT_EQ(child.value().go(), 0);
    EXPECT_EQ(wait_for(child.value().pid()), 0);
    EXPECT_EQ(text("out"), "1=2,unset," + absolute_path(dir_.path()).value_or("") + "\n");
    EXPECT_THAT(text("err"), HasSubstr("err\n"));
    options.working_dir = dir_ / "none";
    EXPECT_EQ(HeldChild::fork(options).error().code(), core::Errc::not_found);
}

TEST_F(ChildTest, GoBringsVariablesThatWereNotKnownBefore) {
    ::setenv("RUNLAKE_TEST_LATE", "old", 1);
    ChildOptions options = shell("echo \"$RUNLAKE_TEST_LATE,$RUNLAKE_TEST_SECOND,$(env | grep -c ^RUNLAKE_TEST_LATE=)\" > " + (dir_ / "out"));
    options.environment = {{"RUNLAKE_TEST_LATE", std::nullopt}, {"RUNLAKE_TEST_SECOND", std::nullopt}};
    core::Result<HeldChild> child = HeldChild::fork(options);
    ASSERT_TRUE(child.ok());
    EXPECT_EQ(child.value().go({{"RUNLAKE_TEST_LATE", "new=1"}, {"RUNLAKE_TEST_SECOND", ""}}), 0);
    EXPECT_EQ(wait_for(child.value().pid()), 0);
    EXPECT_EQ(text("out"), "new=1,,1\n");
    core::Result<HeldChild> without = HeldChild::fork(options);
    ASSERT_TRUE(without.ok());
    EXPECT_EQ(without.value().go(), 0);
    EXPECT_EQ(wait_for(without.value().pid()), 0);
    EXPECT_EQ(text("out"), ",,0\n");
}

TEST_F(ChildTest, TheProgramGetsTheMaskAndDispositionsItIsToHave) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        // What was ignored already when the tests were started is not the matter here.
        for (int number = 1; number < 32; ++number) { ::signal(number, SIG_DFL); }
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_BLOCK, &all, nullptr);
        // No shell: it would change them for its own programs.
        const Fd out(::open((dir_ / "out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        ChildOptions options;
        options.argv = {"cat", "/proc/self/status"};
        options.stdout_fd = out.get();
        sigset_t mask;
        ::sigemptyset(&mask);
        ::sigaddset(&mask, SIGUSR2);
        options.signal_mask = mask;
        options.ignore_child_signal = true;
        core::Result<HeldChild> child = HeldChild::fork(options);
        if (!child.ok() || child.value().go() != 0) { ::_exit(1); }
        ::_exit(wait_for(child.value().pid()));
    }
    EXPECT_EQ(wait_for(pid), 0);
    EXPECT_THAT(text("out"), HasSubstr("SigBlk:\t0000000000000800"));
    // The C library keeps signals 32 and 33 to itself: nobody can reset them when they come ignored.
    const std::string seen = text("out");
    const std::size_t ignored = seen.find("SigIgn:\t");
    ASSERT_NE(ignored, std::string::npos);
    EXPECT_EQ(std::stoull(seen.substr(ignored + 8, 16), nullptr, 16) & 0x7fffffffU, 0x10000U);
}

TEST_F(ChildTest, ReplaceProcessBecomesTheProgram) {
    const pid_t pid = ::fork();
    if (pid == 0) { ::_exit(replace_process({"sh", "-c", "exit 7"})); }
    EXPECT_EQ(WEXITSTATUS(wait_for(pid)), 7);
    EXPECT_EQ(replace_process({"no-such-program-anywhere"}), ENOENT);
}

TEST_F(ChildTest, DescriptorsMayBeSwapped) {
    // stdout and stderr exchanged, in a process of our own so that the test's stay.
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(::open((dir_ / "out").c_str(), O_WRONLY | O_CREAT, 0644), 1);
        ::dup2(::open((dir_ / "err").c_str(), O_WRONLY | O_CREAT, 0644), 2);
        ChildOptions options = shell("echo to-1; echo to-2 >&2");
        options.stdout_fd = 2;
        options.stderr_fd = 1;
        core::Result<HeldChild> child = HeldChild::fork(options);
        if (!child.ok() || child.value().go() != 0) { ::_exit(1); }
        ::_exit(wait_for(child.value().pid()));
    }
    EXPECT_EQ(wait_for(pid), 0);
    EXPECT_EQ(text("out"), "to-2\n");
    EXPECT_EQ(text("err"), "to-1\n");
}

TEST_F(ChildTest, ClosedStandardDescriptorsStayClosedAndOursDoNotTakeTheirPlace) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::close(0);
        ::close(1);
        ::close(2);
        core::Result<HeldChild> child = HeldChild::fork(shell("test ! -e /proc/self/fd/0 && test ! -e /proc/self/fd/1 && test ! -e /proc/self/fd/2"));
        if (!child.ok() || child.value().go() != 0) { ::_exit(9); }
        ::_exit(WEXITSTATUS(wait_for(child.value().pid())));
    }
    // `test` itself is a builtin of sh, so nothing else opens descriptors; /proc/self is then the shell.
    EXPECT_EQ(wait_for(pid), 0);
}

TEST_F(ChildTest, DiesWithItsParentWhenAsked) {
    int report[2];
    ASSERT_EQ(::pipe2(report, O_CLOEXEC), 0);
    const pid_t middle = ::fork();
    if (middle == 0) {
        ChildOptions options;
        options.argv = {"sleep", "1000"};
        options.die_with_parent = true;
        core::Result<HeldChild> child = HeldChild::fork(options);
        if (!child.ok() || child.value().go() != 0) { ::_exit(1); }
        const pid_t pid = child.value().pid();
        [[maybe_unused]] const ssize_t sent = ::write(report[1], &pid, sizeof pid);
        ::_exit(0);
    }
    pid_t sleeper = 0;
    ASSERT_EQ(::read(report[0], &sleeper, sizeof sleeper), static_cast<ssize_t>(sizeof sleeper));
    ::close(report[0]);
    ::close(report[1]);
    wait_for(middle);
    for (int i = 0; i < 300'000 && start_ticks(sleeper); ++i) { ::usleep(1000); }
    EXPECT_FALSE(start_ticks(sleeper));
}

TEST_F(ChildTest, HeldChildGoesWhenItsParentIsKilled) {
    int report[2];
    ASSERT_EQ(::pipe2(report, O_CLOEXEC), 0);
    const pid_t middle = ::fork();
    if (middle == 0) {
        core::Result<HeldChild> child = HeldChild::fork(shell("echo ran > " + (dir_ / "out")));
        const pid_t pid = child.ok() ? child.value().pid() : 0;
        [[maybe_unused]] const ssize_t sent = ::write(report[1], &pid, sizeof pid);
        kill_now();
    }
    pid_t held = 0;
    ASSERT_EQ(::read(report[0], &held, sizeof held), static_cast<ssize_t>(sizeof held));
    ::close(report[0]);
    ::close(report[1]);
    wait_for(middle);
    for (int i = 0; i < 300'000 && start_ticks(held); ++i) { ::usleep(1000); }
    EXPECT_FALSE(start_ticks(held));
    EXPECT_FALSE(exists(dir_ / "out"));
}

TEST(RunProgramTest, CollectsBothStreamsAndStatus) {
    const core::Result<Output> output = run_program({"sh", "-c", "echo out; echo err >&2; cat; exit 3"}, 300'000);
    ASSERT_TRUE(output.ok());
    EXPECT_EQ(output.value().out, "out\n");
    EXPECT_EQ(output.value().err, "err\n");
    EXPECT_EQ(WEXITSTATUS(output.value().status), 3);
    EXPECT_FALSE(output.value().timed_out);
}

TEST(RunProgramTest, IsBoundedInBytesAndTime) {
    const core::Result<Output> much = run_program({"sh", "-c", "head -c 3000000 /dev/zero"}, 300'000, 1000);
    ASSERT_TRUE(much.ok());
    EXPECT_EQ(much.value().out.size(), 1000U);
    EXPECT_EQ(much.value().status, 0);
    const core::Result<Output> slow = run_program({"sh", "-c", "sleep 1000 & sleep 1000"}, 50);
    ASSERT_TRUE(slow.ok());
    EXPECT_TRUE(slow.value().timed_out);
    EXPECT_TRUE(WIFSIGNALED(slow.value().status));
    const core::Result<Output> silent = run_program({"sh", "-c", "exec >&- 2>&-; sleep 1000"}, 50);
    ASSERT_TRUE(silent.ok());
    EXPECT_TRUE(silent.value().timed_out);
    EXPECT_EQ(run_program({"no-such-program-anywhere"}, 300'000).error().code(), core::Errc::not_found);
}

}  // namespace
}  // namespace runlake::os
