// SPDX-License-Identifier: Apache-2.0
#include "os/group_guard.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace runlake::os {
namespace {

constexpr char k_watch = '+';
constexpr char k_forget = '-';
constexpr char k_leave = '.';

struct Word {
    char what;
    pid_t group;
};

[[noreturn]] void be_guard(int pipe) {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    ::setsid();  // what is sent to our group, or by its terminal, is not for the guard
    ::prctl(PR_SET_NAME, "runlake-guard");
    if (pipe != 3) {
        ::dup2(pipe, 3);
        pipe = 3;
    }
    ::close_range(0, 2, 0);
    ::close_range(4, ~0U, 0);
    if (::chdir("/") != 0) {}
    std::vector<pid_t> groups;
    for (;;) {
        Word word{};
        const ssize_t got = ::read(pipe, &word, sizeof word);  // whole: shorter than PIPE_BUF
        if (got < 0 && errno == EINTR) { continue; }
        if (got != static_cast<ssize_t>(sizeof word)) { break; }
        if (word.what == k_leave) { ::_exit(0); }
        if (word.what == k_watch) { groups.push_back(word.group); }
        if (word.what == k_forget) { groups.erase(std::remove(groups.begin(), groups.end(), word.group), groups.end()); }
    }
    for (const pid_t group : groups) { ::kill(-group, SIGKILL); }
    ::_exit(0);
}

}  // namespace

core::Result<GroupGuard> GroupGuard::start() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) { return system_error(errno, "starting", "a process that guards others"); }
    const Fd childs(fds[0]);
    Fd ours(fds[1]);
    const pid_t pid = ::fork();
    if (pid < 0) { return system_error(errno, "starting", "a process that guards others"); }
    if (pid == 0) { be_guard(childs.get()); }
    return GroupGuard(pid, std::move(ours));
}

GroupGuard::~GroupGuard() {
    if (pid_ == 0) { return; }
    tell(k_leave, 0);
    pipe_ = Fd();
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
}

void GroupGuard::watch(pid_t group) { tell(k_watch, group); }
void GroupGuard::forget(pid_t group) { tell(k_forget, group); }

void GroupGuard::tell(char word, pid_t group) {
    Word whole{};
    whole.what = word;
    whole.group = group;
    const std::lock_guard lock(mutex_);
    while (::write(pipe_.get(), &whole, sizeof whole) < 0 && errno == EINTR) {}
}

}  // namespace runlake::os
