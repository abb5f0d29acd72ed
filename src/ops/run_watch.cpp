// SPDX-License-Identifier: Apache-2.0
#include "ops/run_watch.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

constexpr std::array k_stop_signals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
constexpr std::array k_other_signals = {SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT};

bool is_stop_signal(int number) {
    for (const int one : k_stop_signals) {
        if (one == number) { return true; }
    }
    return false;
}

timespec to_timespec(std::int64_t ns) { return {ns / 1'000'000'000, ns % 1'000'000'000}; }

}  // namespace

Watch::Watch() {
    ::sigemptyset(&taken_);
    for (const int number : k_stop_signals) { ::sigaddset(&taken_, number); }
    for (const int number : k_other_signals) { ::sigaddset(&taken_, number); }
    ::sigaddset(&taken_, SIGCHLD);
    sigset_t blocked = taken_;
    ::sigaddset(&blocked, SIGPIPE);  // a stderr that nobody reads must not end the recorder
    ::pthread_sigmask(SIG_BLOCK, &blocked, &original_mask_);
    // Where SIGCHLD is ignored the kernel throws exit statuses away.
    struct sigaction now{};
    ::sigaction(SIGCHLD, nullptr, &now);
    child_signal_ignored_ = now.sa_handler == SIG_IGN;
    if (child_signal_ignored_) { ::signal(SIGCHLD, SIG_DFL); }
    const os::Fd terminal(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC));
    own_group_ = !terminal.is_open();
}

std::optional<Watch::Ended> Watch::wait(pid_t program, std::optional<std::chrono::milliseconds> limit) {
    const auto now = [] { return os::system_clock().monotonic_ns(); };
    const std::int64_t deadline = limit ? now() + std::chrono::nanoseconds(*limit).count() : 0;
    for (;;) {
        int status = 0;
        const pid_t ended = ::waitpid(program, &status, WNOHANG);
        if (ended == program) { return Ended{status, stop_signal_}; }
        if (ended < 0 && errno == ECHILD) { return Ended{255 << 8, stop_signal_}; }  // somebody took its status: it can't be told
        stop_with(program);
        siginfo_t signal{};
        int number = 0;
        if (limit) {
            const std::int64_t left = deadline - now();
            if (left <= 0) { return std::nullopt; }
            const timespec pause = to_timespec(left);
            number = ::sigtimedwait(&taken_, &signal, &pause);
        } else {
            number = ::sigwaitinfo(&taken_, &signal);
        }
        if (number > 0 && number != SIGCHLD) { pass_on(program, signal); }
    }
}

void Watch::pass_on(pid_t program, const siginfo_t& signal) {
    const int number = signal.si_signo;
    if (is_stop_signal(number)) { stop_signal_ = number; }
    if (number == SIGTSTP) { asked_to_pause_ = true; }
    // What the terminal sends goes to the whole group: the program has it already. And what the program sends us is not for itself.
    const bool from_terminal = signal.si_code == SI_KERNEL;
    if (!own_group_ && from_terminal) { return; }
    if (!from_terminal && signal.si_pid == program) { return; }
    ::kill(own_group_ ? -program : program, number);
}

// When job control has stopped the program (Ctrl-Z, reading from the background), this process stops too, so that the shell sees its job stopped; and when it is
// continued, so is the program. Not for a SIGSTOP to the program alone: who sent that will continue the program alone, and would leave us stopped.
void Watch::stop_with(pid_t program) {
    const auto is_stopped = [program](int options) {
        siginfo_t found{};
        if (::waitid(P_PID, static_cast<id_t>(program), &found, WSTOPPED | WNOHANG | options) != 0 || found.si_pid != program) { return 0; }
        return found.si_status;
    };
    const int by = is_stopped(WNOWAIT);
    if (by != SIGTSTP && by != SIGTTIN && by != SIGTTOU) { return; }
    if (own_group_ && !asked_to_pause_) { return; }
    // After SIGCONT to the group we may run before the program does, and see a stop that is over.
    const timespec pause = to_timespec(20'000'000);
    ::nanosleep(&pause, nullptr);
    if (is_stopped(0) == 0) { return; }
    asked_to_pause_ = false;
    ::kill(::getpid(), SIGSTOP);
    // Whoever continues a job continues its whole group. What woke us is not passed on later, nor sent to a program that goes on already: it would undo a pause that the
    // user asks for meanwhile.
    sigset_t woken;
    ::sigemptyset(&woken);
    ::sigaddset(&woken, SIGCONT);
    const timespec none{};
    ::sigtimedwait(&woken, nullptr, &none);
    siginfo_t found{};
    const bool goes_on = ::waitid(P_PID, static_cast<id_t>(program), &found, WCONTINUED | WNOHANG) == 0 && found.si_pid == program;
    // The stop that was has been taken above: one that is seen now is the user's next, and stays.
    if (!goes_on && is_stopped(WNOWAIT) == 0) { ::kill(own_group_ ? -program : program, SIGCONT); }
}

bool Watch::told_to_stop() const {
    const timespec none{};
    for (;;) {
        const int number = ::sigtimedwait(&taken_, nullptr, &none);
        if (number <= 0) { return false; }
        if (is_stop_signal(number)) { return true; }
    }
}

}  // namespace runlake::ops
