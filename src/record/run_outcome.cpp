// SPDX-License-Identifier: Apache-2.0
#include "record/run_outcome.hpp"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <cerrno>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::record {
namespace {

using core::cat;

constexpr std::size_t k_longest_line = 300;

// A defect of the program, or a limit of the system that it ran into: nobody stopped it.
bool is_crash(int number) {
    switch (number) {
        case SIGSEGV:
        case SIGBUS:
        case SIGILL:
        case SIGFPE:
        case SIGABRT:
        case SIGTRAP:
        case SIGSYS:
        case SIGPIPE:
        case SIGXCPU:
        case SIGXFSZ: return true;
        default: return false;
    }
}

std::string with_last_line(std::string text, std::string_view tail) {
    const std::string line = last_line(tail);
    return line.empty() ? text : cat(text, ": ", line);
}

Verdict not_executed(const ProgramEnd& end) {
    Verdict verdict;
    verdict.state = RunState::failed;
    const bool missing = end.exec_error == ENOENT || end.exec_error == ENOTDIR;
    verdict.passed_on = missing ? 127 : 126;
    verdict.exit_status = verdict.passed_on;
    const bool bare = end.program.find('/') == std::string::npos;
    verdict.error_text = missing && bare ? cat("executing ", end.program, ": command not found") : os::system_error(end.exec_error, "executing", end.program).message();
    return verdict;
}

}  // namespace

std::string signal_name(int number) {
    const char* const name = ::sigabbrev_np(number);
    return name == nullptr ? cat("signal ", number) : cat("SIG", name);
}

std::string last_line(std::string_view text) {
    std::string_view last;
    for (const std::string_view line : core::split(text, '\n')) {
        if (!core::trim(line).empty()) { last = core::trim(line); }
    }
    return core::valid_utf8(core::cut_utf8(last, k_longest_line));
}

Verdict judge(const ProgramEnd& end) {
    if (end.exec_error != 0) { return not_executed(end); }
    Verdict verdict;
    if (WIFSIGNALED(end.wait_status)) {
        const int number = WTERMSIG(end.wait_status);
        verdict.state = is_crash(number) ? RunState::failed : RunState::stopped;
        verdict.passed_on = 128 + number;
        verdict.exit_status = verdict.passed_on;
        verdict.signal = number;
        verdict.error_text = with_last_line(cat(is_crash(number) ? "ended by " : "stopped by ", signal_name(number)), end.stderr_tail);
        return verdict;
    }
    const int status = WEXITSTATUS(end.wait_status);
    verdict.passed_on = status;
    verdict.exit_status = status;
    if (status == 0) { return verdict; }  // it says itself that it completed, whatever it was told
    if (end.stop_signal != 0) {
        verdict.state = RunState::stopped;
        verdict.signal = end.stop_signal;
        verdict.error_text = with_last_line(cat("stopped by ", signal_name(end.stop_signal), ", exit status ", status), end.stderr_tail);
        return verdict;
    }
    verdict.state = RunState::failed;
    verdict.error_text = with_last_line(cat("exit status ", status), end.stderr_tail);
    return verdict;
}

}  // namespace runlake::record
