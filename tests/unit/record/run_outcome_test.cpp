// SPDX-License-Identifier: Apache-2.0
// What the end of a program means, case by case.
#include "record/run_outcome.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>

namespace runlake::record {
namespace {


int exited(int status) { return status << 8; }
int signaled(int number) { return number; }

struct Case {
    const char* what;
    int wait_status;
    int exec_error;
    int stop_signal;
    RunState state;
    int passed_on;
    std::optional<int> signal;
    const char* error;
};

TEST(RunOutcomeTest, Table) {
    const Case cases[] = {
        {"done", exited(0), 0, 0, RunState::completed, 0, std::nullopt, ""},
        {"done though told to stop", exited(0), 0, SIGTERM, RunState::completed, 0, std::nullopt, ""},
        {"failed", exited(3), 0, 0, RunState::failed, 3, std::nullopt, "exit status 3"},
        {"failed as a shell tells a signal, but nobody sent one", exited(143), 0, 0, RunState::failed, 143, std::nullopt, "exit status 143"},
        {"stopped in its own way", exited(1), 0, SIGINT, RunState::stopped, 1, SIGINT, "stopped by SIGINT, exit status 1"},
        {"Ctrl-C", signaled(SIGINT), 0, SIGINT, RunState::stopped, 130, SIGINT, "stopped by SIGINT"},
        {"killed by another", signaled(SIGKILL), 0, 0, RunState::stopped, 137, SIGKILL, "stopped by SIGKILL"},
        {"told to stop, killed then", signaled(SIGKILL), 0, SIGTERM, RunState::stopped, 137, SIGKILL, "stopped by SIGKILL"},
        {"crashed", signaled(SIGSEGV | 0x80), 0, 0, RunState::failed, 139, SIGSEGV, "ended by SIGSEGV"},
        {"crashed when told to stop", signaled(SIGABRT), 0, SIGTERM, RunState::failed, 134, SIGABRT, "ended by SIGABRT"},
        {"a signal without a name", signaled(40), 0, 0, RunState::stopped, 168, 40, "stopped by signal 40"},
        {"no such command", exited(127), ENOENT, 0, RunState::failed, 127, std::nullopt, "executing tool: command not found"},
        {"not executable", exited(126), EACCES, 0, RunState::failed, 126, std::nullopt, "executing tool: permission denied"},
        {"not a program", exited(126), ENOEXEC, 0, RunState::failed, 126, std::nullopt, "executing tool: exec format error"},
    };
    for (const Case& one : cases) {
        const Verdict verdict = judge({"tool", one.wait_status, one.exec_error, one.stop_signal, ""});
        EXPECT_EQ(verdict.state, one.state) << one.what;
        EXPECT_EQ(verdict.passed_on, one.passed_on) << one.what;
        EXPECT_EQ(verdict.exit_status, one.passed_on) << one.what;
        EXPECT_EQ(verdict.signal, one.signal) << one.what;
        EXPECT_EQ(verdict.error_text.value_or(""), one.error) << one.what;
    }
}

TEST(RunOutcomeTest, TheLastLineOfStderrGoesWithTheError) {
    const Verdict failed = judge({"tool", exited(1), 0, 0, "Traceback:\n  line 1\nValueError: bad\n\n  \n"});
    EXPECT_EQ(failed.error_text, "exit status 1: ValueError: bad");
    EXPECT_EQ(judge({"tool", exited(0), 0, 0, "warning\n"}).error_text, std::nullopt);
    EXPECT_EQ(judge({"tool", exited(1), 0, 0, " \n\n"}).error_text, "exit status 1");
}

TEST(RunOutcomeTest, LastLineIsValidAndShort) {
    EXPECT_EQ(last_line(""), "");
    EXPECT_EQ(last_line("a\n\tb  \n"), "b");
    EXPECT_EQ(last_line("progress 1%\rprogress 100%"), "progress 1%\rprogress 100%");
    EXPECT_EQ(last_line(std::string(1000, 'x')).size(), 300U);
    EXPECT_EQ(last_line("\xff"), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace runlake::record
