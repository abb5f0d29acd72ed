// SPDX-License-Identifier: Apache-2.0
// The keeper has been forked and executes nothing: all that it calls is async-signal-safe, since the process that it was forked from may have had threads.
#include "os/keeper.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace runlake::os {
namespace {

constexpr int k_tick_ms = 20;                    // where a process can't be waited for by a descriptor
constexpr int k_look_ms = 1000;                  // that our launcher is gone is noticed at once, but when a copy of its descriptor lives a moment longer
constexpr std::int64_t k_most_seconds = 10;      // for what is left; only what starts others faster than it can be killed takes as long

template <class T>
bool read_whole(int fd, T& value) {
    ssize_t got = 0;
    do { got = ::read(fd, &value, sizeof value); } while (got < 0 && errno == EINTR);
    return got == static_cast<ssize_t>(sizeof value);   // shorter than PIPE_BUF: whole or nothing
}

template <class T>
void write_whole(int fd, const T& value) {
    while (::write(fd, &value, sizeof value) < 0 && errno == EINTR) {}
}

// --- in the keeper ------------------------------------------------------------------------------------------------------------------------

void close_all_but(int a, int b) {
    const auto low = static_cast<unsigned>(std::min(a, b));
    const auto high = static_cast<unsigned>(std::max(a, b));
    if (low > 0) { ::close_range(0, low - 1, 0); }
    if (high > low + 1) { ::close_range(low + 1, high - 1, 0); }
    ::close_range(high + 1, ~0U, 0);
}

// False when the kernel does not name them. A list that is cut short, or is out of date already, is met again in the next round.
bool kill_children() {
    const int fd = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return false; }
    std::array<char, 4096> text{};
    ssize_t got = 0;
    pid_t pid = 0;
    while ((got = ::read(fd, text.data(), text.size())) > 0 || (got < 0 && errno == EINTR)) {
        for (ssize_t i = 0; i < got; ++i) {
            const char c = text[static_cast<std::size_t>(i)];
            if (c >= '0' && c <= '9') {
                pid = pid * 10 + (c - '0');
            } else if (pid > 1) {
                ::kill(pid, SIGKILL);   // ours, and not reaped: its number is nobody else's
                pid = 0;
            }
        }
    }
    ::close(fd);
    return true;
}

// The children of what is killed become ours.
void end_descendants() {
    timespec begun{};
    ::clock_gettime(CLOCK_MONOTONIC, &begun);
    for (;;) {
        const pid_t reaped = ::waitpid(-1, nullptr, WNOHANG);
        if (reaped > 0) { continue; }
        if (reaped < 0 && errno == ECHILD) { return; }
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        if (!kill_children() || now.tv_sec - begun.tv_sec > k_most_seconds) { return; }
        ::poll(nullptr, 0, 1);
    }
}

[[noreturn]] void keep(pid_t launcher, pid_t child, int control, int tell) {
    ::prctl(PR_SET_NAME, "runlake-keeper");
    close_all_but(control, tell);
    if (::chdir("/") != 0) {}
    ::setpgid(child, child);
    write_whole(tell, child);
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    for (bool wanted = true;;) {
        std::array<pollfd, 2> polled = {pollfd{handle, POLLIN, 0}, pollfd{wanted ? control : -1, POLLIN, 0}};
        ::poll(polled.data(), polled.size(), handle < 0 ? k_tick_ms : k_look_ms);
        siginfo_t info{};
        if (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child) { break; }
        if (wanted && (polled[1].revents != 0 || ::getppid() != launcher)) {
            wanted = false;
            ::kill(-child, SIGKILL);
        }
    }
    ::kill(-child, SIGKILL);   // all at once, while the number is surely its own
    Keeper::End end;
    while (::wait4(child, &end.status, 0, &end.usage) < 0 && errno == EINTR) {}
    write_whole(tell, end);
    end_descendants();
    ::_exit(0);
}

[[noreturn]] void be_keeper(pid_t launcher, int control, int tell, const std::function<void(pid_t)>& become) {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    ::setsid();   // what is sent to our group, or by its terminal, is not for the keeper
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t keeper = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(control);
        ::close(tell);
        ::setpgid(0, 0);
        become(keeper);
        ::_exit(127);
    }
    if (child < 0) {
        write_whole(tell, static_cast<pid_t>(-errno));
        ::_exit(1);
    }
    keep(launcher, child, control, tell);
}

}  // namespace

// --- in the launcher ----------------------------------------------------------------------------------------------------------------------

core::Result<Keeper> Keeper::start(const std::function<void(pid_t)>& become) {
    constexpr std::string_view k_what = "a process that keeps others";
    std::array<int, 2> control{};
    std::array<int, 2> told{};
    if (::pipe2(control.data(), O_CLOEXEC) != 0) { return system_error(errno, "starting", k_what); }
    const Fd control_read(control[0]);
    Fd control_write(control[1]);
    if (::pipe2(told.data(), O_CLOEXEC) != 0) { return system_error(errno, "starting", k_what); }
    Fd told_read(told[0]);
    Fd told_write(told[1]);
    const pid_t launcher = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) { return system_error(errno, "starting", k_what); }
    if (pid == 0) {
        ::close(control[1]);
        ::close(told[0]);
        be_keeper(launcher, control[0], told[1], become);
    }
    told_write = Fd();
    pid_t child = 0;
    const bool known = read_whole(told_read.get(), child);
    Keeper keeper(pid, known && child > 0 ? child : 0, std::move(control_write), std::move(told_read));
    if (keeper.child_ == 0) { return system_error(known ? -child : ECHILD, "starting", k_what); }
    return keeper;
}

Keeper::Keeper(Keeper&& other) noexcept
    : keeper_(std::exchange(other.keeper_, 0)), child_(other.child_), control_(std::move(other.control_)), told_(std::move(other.told_)) {}

Keeper::~Keeper() {
    if (keeper_ == 0) { return; }
    end();
    reap();
}

void Keeper::end() { control_ = Fd(); }

void Keeper::reap() {
    while (::waitpid(keeper_, nullptr, 0) < 0 && errno == EINTR) {}
    keeper_ = 0;
}

core::Result<Keeper::End> Keeper::wait() {
    End end;
    const bool known = read_whole(told_.get(), end);
    if (!known) { ::kill(-child_, SIGKILL); }   // what is left of it
    reap();
    if (!known) { return core::Error(core::Errc::internal, "waiting for a program: the process that kept it was killed"); }
    return end;
}

}  // namespace runlake::os
