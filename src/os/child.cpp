// SPDX-License-Identifier: Apache-2.0
// fork, hold, execve; and a small runner for tools.
#include "os/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "core/text.hpp"
#include "os/program_path.hpp"
#include "os/system.hpp"

// The environment of this process.
extern char** environ;  // NOLINT

namespace runlake::os {
namespace {

// Descriptors of ours stay above the three that the program gets, whatever of those is closed.
constexpr int k_first_own_fd = 3;
constexpr std::size_t k_late_variables = 8;
constexpr std::size_t k_late_bytes = 4096;

core::Result<Fd> lifted(Fd fd) {
    if (fd.get() >= k_first_own_fd) { return fd; }
    const int high = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, k_first_own_fd);
    if (high < 0) { return system_error(errno, "starting", "a process"); }
    return Fd(high);
}

struct Pair {
    Fd ours;
    Fd childs;
};

// A socket pair and no pipe: to send on it never raises SIGPIPE.
core::Result<Pair> make_pair() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) { return system_error(errno, "starting", "a process"); }
    Fd first(fds[0]);
    Fd second(fds[1]);
    RL_ASSIGN(Fd ours, lifted(std::move(first)));
    RL_ASSIGN(Fd childs, lifted(std::move(second)));
    return Pair{std::move(ours), std::move(childs)};
}

// Everything that the child needs, made before the fork: between fork and execve only async-signal-safe calls are allowed.
struct Plan {
    std::vector<std::string> paths;       // what to try to execute, in order
    std::vector<std::string> environment;
    std::vector<char*> argv;
    std::vector<char*> envp;
    std::vector<char*> shell_argv;        // argv for /bin/sh when the file has no header; [1] is set by the child
    Fd working_dir;
};

std::vector<std::string> merged_environment(const ChildOptions& options) {
    std::vector<std::string> merged;
    const auto is_changed = [&](std::string_view name) {
        return std::any_of(options.environment.begin(), options.environment.end(), [&](const auto& change) { return change.first == name; });
    };
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (!is_changed(text.substr(0, text.find('=')))) { merged.emplace_back(text); }
    }
    for (const auto& [name, value] : options.environment) {
        if (value) { merged.push_back(core::cat(name, '=', *value)); }
    }
    return merged;
}

core::Result<Plan> make_plan(const ChildOptions& options) {
    if (options.argv.empty()) { return core::Error(core::Errc::usage, "starting a process: no program is named"); }
    Plan plan;
    plan.environment = merged_environment(options);
    std::string search_path(k_usual_search_path);
    for (const std::string& entry : plan.environment) {
        if (entry.starts_with("PATH=")) { search_path = entry.substr(5); }
    }
    plan.paths = program_paths(options.argv[0], search_path);
    static std::array<char, 8> shell = {"/bin/sh"};
    plan.shell_argv = {shell.data(), nullptr};
    for (const std::string& word : options.argv) {
        plan.argv.push_back(const_cast<char*>(word.c_str()));  // execve does not write to it
        if (plan.argv.size() > 1) { plan.shell_argv.push_back(plan.argv.back()); }
    }
    plan.argv.push_back(nullptr);
    plan.shell_argv.push_back(nullptr);
    for (const std::string& entry : plan.environment) { plan.envp.push_back(const_cast<char*>(entry.c_str())); }
    plan.envp.resize(plan.envp.size() + k_late_variables + 1, nullptr);  // room for what go() brings
    if (options.working_dir) {
        plan.working_dir = Fd(::open(options.working_dir->c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!plan.working_dir.is_open()) { return system_error(errno, "changing to folder", *options.working_dir); }
    }
    return plan;
}

// --- in the child -------------------------------------------------------------------------------------------------------------------------

bool place_standard_fds(const ChildOptions& options) {
    std::array<int, 3> from = {options.stdin_fd, options.stdout_fd, options.stderr_fd};
    for (int i = 0; i < 3; ++i) {
        int& fd = from[static_cast<std::size_t>(i)];
        // First out of the way, so that no copy overwrites a source.
        if (fd != i && fd >= 0 && (fd = ::fcntl(fd, F_DUPFD_CLOEXEC, k_first_own_fd)) < 0) { return false; }
    }
    for (int i = 0; i < 3; ++i) {
        const int fd = from[static_cast<std::size_t>(i)];
        if (fd != i && fd >= 0 && ::dup2(fd, i) < 0) { return false; }
    }
    return true;
}

// Tries each candidate as execvp does; returns the errno that tells most.
int execute(Plan& plan) {
    int error = ENOENT;
    for (const std::string& path : plan.paths) {
        ::execve(path.c_str(), plan.argv.data(), plan.envp.data());
        if (errno == ENOEXEC) {
            plan.shell_argv[1] = const_cast<char*>(path.c_str());
            ::execve("/bin/sh", plan.shell_argv.data(), plan.envp.data());
            return ENOEXEC;
        }
        if (errno == EACCES) {
            error = EACCES;  // remembered, but a later folder may have it
        } else if (errno != ENOENT && errno != ENOTDIR) {
            return errno;
        }
    }
    return error;
}

// Waits for go(): the length of the late variables, then "NAME=value\0" each, which are put behind the others. False when the parent has gone.
bool pass_gate(int gate, Plan& plan) {
    static std::array<char, k_late_bytes> late;
    const auto read_whole = [gate](void* to, std::size_t count) {
        auto* at = static_cast<char*>(to);
        while (count > 0) {
            const ssize_t got = ::read(gate, at, count);
            if (got < 0 && errno == EINTR) { continue; }
            if (got <= 0) { return false; }
            at += got;
            count -= static_cast<std::size_t>(got);
        }
        return true;
    };
    std::uint32_t size = 0;
    if (!read_whole(&size, sizeof size) || size > late.size() || !read_whole(late.data(), size)) { return false; }
    std::size_t slot = plan.environment.size();
    for (std::size_t i = 0; i < size; ++i) {
        if (i == 0 || late[i - 1] == '\0') { plan.envp[slot++] = &late[i]; }
    }
    return true;
}

[[noreturn]] void be_child(const ChildOptions& options, Plan& plan, pid_t parent, int gate, int report) {
    if (options.own_process_group) { ::setpgid(0, 0); }
    if (options.die_with_parent) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) { ::_exit(127); }
    }
    if (!pass_gate(gate, plan)) { ::_exit(127); }  // the parent has gone or does not want it
    int error = 0;
    if (plan.working_dir.is_open() && ::fchdir(plan.working_dir.get()) != 0) { error = errno; }
    if (error == 0 && !place_standard_fds(options)) { error = errno; }
    if (error == 0) {
        if (options.ignore_child_signal) { ::signal(SIGCHLD, SIG_IGN); }
        if (options.signal_mask) { ::sigprocmask(SIG_SETMASK, &*options.signal_mask, nullptr); }
        if (options.sandbox != nullptr) { error = options.sandbox->apply(); }
        if (error == 0) { error = execute(plan); }
    }
    ::send(report, &error, sizeof error, MSG_NOSIGNAL);
    ::_exit(error == ENOENT || error == ENOTDIR ? 127 : 126);
}

// --- in the parent ------------------------------------------------------------------------------------------------------------------------

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return status;
}

}  // namespace

core::Result<HeldChild> HeldChild::fork(const ChildOptions& options) {
    RL_ASSIGN(Plan plan, make_plan(options));
    RL_ASSIGN(Pair gate, make_pair());
    RL_ASSIGN(Pair report, make_pair());
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) { return system_error(errno, "starting", options.argv[0]); }
    if (pid == 0) {
        gate.ours = Fd();  // else the gate would never close
        be_child(options, plan, parent, gate.childs.get(), report.childs.get());
    }
    if (options.own_process_group) { ::setpgid(pid, pid); }  // on both sides: whoever comes first
    return HeldChild(pid, std::move(gate.ours), std::move(report.ours));
}

int HeldChild::go(const std::vector<std::pair<std::string, std::string>>& more) {
    std::string late;
    std::size_t count = 0;
    for (const auto& [name, value] : more) {
        const std::string entry = core::cat(name, '=', value.c_str(), '\0');
        if (count == k_late_variables || late.size() + entry.size() > k_late_bytes) { break; }
        late += entry;
        ++count;
    }
    const auto size = static_cast<std::uint32_t>(late.size());
    late.insert(0, reinterpret_cast<const char*>(&size), sizeof size);
    const ssize_t sent = ::send(gate_.get(), late.data(), late.size(), MSG_NOSIGNAL);
    gate_ = Fd();
    int error = 0;
    if (sent != static_cast<ssize_t>(late.size())) { return 0; }  // it was killed while it waited: waitpid tells
    ssize_t got = 0;
    do { got = ::read(report_.get(), &error, sizeof error); } while (got < 0 && errno == EINTR);
    report_ = Fd();
    return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

void HeldChild::abandon() {
    gate_ = Fd();
    ::kill(pid_, SIGKILL);
    wait_for(pid_);
}

int replace_process(const std::vector<std::string>& argv) {
    ChildOptions options;
    options.argv = argv;
    core::Result<Plan> plan = make_plan(options);
    if (!plan.ok()) { return ENOENT; }
    return execute(plan.value());
}

namespace {

struct Stream {
    Fd fd;
    std::string* text;
};

// Reads what is there. False at the end of the stream.
bool drain_once(Stream& stream, std::size_t max_bytes) {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::read(stream.fd.get(), buffer.data(), buffer.size());
    if (got < 0) { return errno == EINTR || errno == EAGAIN; }
    if (got == 0) { return false; }
    const std::size_t room = max_bytes - std::min(max_bytes, stream.text->size());
    stream.text->append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
    return true;
}

}  // namespace

core::Result<Output> run_program(const std::vector<std::string>& argv, int timeout_ms, std::size_t max_bytes) {
    const Fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!nothing.is_open()) { return system_error(errno, "opening", "/dev/null"); }
    RL_ASSIGN(Pair out, make_pair());
    RL_ASSIGN(Pair err, make_pair());
    ChildOptions options;
    options.argv = argv;
    options.stdin_fd = nothing.get();
    options.stdout_fd = out.childs.get();
    options.stderr_fd = err.childs.get();
    options.own_process_group = true;
    options.die_with_parent = true;   // a tool works for us alone
    RL_ASSIGN(HeldChild child, HeldChild::fork(options));
    out.childs = Fd();
    err.childs = Fd();
    if (const int error = child.go(); error != 0) {
        wait_for(child.pid());
        return system_error(error, "running", argv[0]);
    }
    Output output;
    std::array<Stream, 2> streams = {Stream{std::move(out.ours), &output.out}, Stream{std::move(err.ours), &output.err}};
    const std::int64_t deadline = system_clock().monotonic_ns() + std::int64_t{timeout_ms} * 1'000'000;
    while (streams[0].fd.is_open() || streams[1].fd.is_open()) {
        const std::int64_t left_ms = (deadline - system_clock().monotonic_ns()) / 1'000'000;
        std::array<pollfd, 2> polled = {pollfd{streams[0].fd.get(), POLLIN, 0}, pollfd{streams[1].fd.get(), POLLIN, 0}};
        const int ready = left_ms <= 0 ? 0 : ::poll(polled.data(), polled.size(), static_cast<int>(left_ms));
        if (ready < 0 && errno == EINTR) { continue; }
        if (ready <= 0) {
            output.timed_out = true;
            ::kill(-child.pid(), SIGKILL);
            break;
        }
        for (std::size_t i = 0; i < streams.size(); ++i) {
            if (polled[i].revents != 0 && !drain_once(streams[i], max_bytes)) { streams[i].fd = Fd(); }
        }
    }
    // A program that closed its output and runs on is held to the same limit.
    while (!output.timed_out) {
        const pid_t ended = ::waitpid(child.pid(), &output.status, WNOHANG);
        if (ended == child.pid()) { return output; }
        if (system_clock().monotonic_ns() >= deadline) {
            output.timed_out = true;
            ::kill(-child.pid(), SIGKILL);
        } else {
            ::poll(nullptr, 0, 1);
        }
    }
    output.status = wait_for(child.pid());
    return output;
}

}  // namespace runlake::os
