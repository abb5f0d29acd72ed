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
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::os {
namespace {

constexpr char k_watch = '+';
constexpr char k_forget = '-';
constexpr char k_leave = '.';

struct Word {
    char what;
    pid_t group;
};

constexpr int k_most_rounds = 50;
constexpr std::chrono::milliseconds k_execve_takes{1};
constexpr std::uint64_t k_most_environment = 8U << 20U;

bool is_marked(std::string_view environment, const std::string& mark) {
    for (std::size_t at = environment.find(mark); at != std::string_view::npos; at = environment.find(mark, at + 1)) {
        if (at == 0 || environment[at - 1] == '\0') { return true; }
    }
    return false;
}

[[noreturn]] void be_guard(int pipe, const std::string& mark) {
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
    if (!mark.empty()) { end_marked(mark); }
    ::_exit(0);
}

}  // namespace

void end_marked(const std::string& mark) {
    const std::uint64_t since = start_ticks(::getpid()).value_or(0);
    // What was killed may have started another just before.
    for (int round = 0; round < k_most_rounds; ++round) {
        const auto entries = list_dir("/proc");
        if (!entries.ok()) { return; }
        bool found = false;
        bool is_undecided = false;
        for (const DirEntry& entry : entries.value()) {
            const auto number = core::parse_integer(entry.name);
            if (!number || *number == ::getpid()) { continue; }
            const auto pid = static_cast<pid_t>(*number);
            // Another user's can't be read, and one that is ending has none.
            const auto environment = read_file(core::cat("/proc/", entry.name, "/environ"), k_most_environment);
            if (!environment.ok()) { continue; }
            if (is_marked(environment.value(), mark)) {
                found = ::kill(pid, SIGKILL) == 0 || found;
            } else if (environment.value().empty()) {
                // In the midst of an execve() a process shows none for a moment. What is older than we are is none of ours; the kernel's threads execute nothing.
                const auto begun = start_ticks(pid);
                is_undecided = is_undecided || (begun && *begun >= since && read_link(core::cat("/proc/", entry.name, "/exe")));
            }
        }
        if (!found && !is_undecided) { return; }
        if (!found) { std::this_thread::sleep_for(k_execve_takes); }
    }
}

core::Result<GroupGuard> GroupGuard::start(const std::string& mark) {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) { return system_error(errno, "starting", "a process that guards others"); }
    const Fd childs(fds[0]);
    Fd ours(fds[1]);
    const pid_t pid = ::fork();
    if (pid < 0) { return system_error(errno, "starting", "a process that guards others"); }
    if (pid == 0) { be_guard(childs.get(), mark); }
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
