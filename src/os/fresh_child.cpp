// SPDX-License-Identifier: Apache-2.0
// fork, pin, execve; then wait for its end or for a limit.
#include "os/fresh_child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "core/text.hpp"
#include "os/child.hpp"
#include "os/files.hpp"
#include "os/flood.hpp"
#include "os/keeper.hpp"
#include "os/program_path.hpp"
#include "os/system.hpp"

namespace runlake::os {
namespace {

using core::cat;

constexpr int k_tick_ms = 20;    // between two looks at the memory in use
constexpr int k_look_ms = 200;   // between two looks at how much was written

enum class Step : int { processors, umask, addresses, memory, folder, descriptors, executing };

std::string_view step_name(Step step) {
    switch (step) {
        case Step::processors: return "keeping to processors";
        case Step::umask: return "setting the umask";
        case Step::addresses: return "fixing addresses";
        case Step::memory: return "limiting memory";
        case Step::folder: return "changing to its folder";
        case Step::descriptors: return "opening its output";
        case Step::executing: break;
    }
    return "executing";
}

struct Refusal {
    Step step;
    int error;
};

// What the child needs, made before the fork: after it only async-signal-safe calls are allowed.
struct Plan {
    std::vector<std::string> paths;
    std::vector<std::string> variables;
    std::vector<char*> argv;
    std::vector<char*> envp;
    cpu_set_t processors{};
    Fd in;
    Fd out;
    Fd err;
    Fd folder;
};

core::Result<Fd> create_output(const std::string& path) { return create_exclusive(path, 0666, point::replay_output_write); }

core::Result<Plan> make_plan(const FreshChild& child) {
    if (child.argv.empty() || child.argv[0].empty()) { return core::Error(core::Errc::usage, "starting a fresh process: no program is named"); }
    Plan plan;
    std::string search(k_usual_search_path);
    for (const auto& [name, value] : child.environment) {
        plan.variables.push_back(cat(name, '=', value));
        if (name == "PATH") { search = value; }
    }
    plan.paths = program_paths(child.argv[0], search);
    for (const std::string& word : child.argv) { plan.argv.push_back(const_cast<char*>(word.c_str())); }   // execve does not write to it
    plan.argv.push_back(nullptr);
    for (const std::string& entry : plan.variables) { plan.envp.push_back(const_cast<char*>(entry.c_str())); }
    plan.envp.push_back(nullptr);
    CPU_ZERO(&plan.processors);
    for (const int processor : child.processors) {
        if (processor < 0 || processor >= CPU_SETSIZE) { return core::Error(core::Errc::usage, cat("starting a fresh process: there is no processor ", processor)); }
        CPU_SET(static_cast<unsigned>(processor), &plan.processors);
    }
    plan.in = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!plan.in.is_open()) { return system_error(errno, "opening", "/dev/null"); }
    RL_ASSIGN(plan.out, create_output(child.stdout_path));
    RL_ASSIGN(plan.err, create_output(child.stderr_path));
    plan.folder = Fd(::open(child.working_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!plan.folder.is_open()) { return system_error(errno, "changing to folder", child.working_dir); }
    return plan;
}

// --- in the child -------------------------------------------------------------------------------------------------------------------------

[[noreturn]] void give_up(int report, Step step, int error) {
    const Refusal refusal{step, error};
    if (::write(report, &refusal, sizeof refusal) < 0) {}
    ::_exit(127);
}

bool place(int fd, int at) { return fd == at ? ::fcntl(fd, F_SETFD, 0) == 0 : ::dup2(fd, at) >= 0; }

[[noreturn]] void be_child(const FreshChild& child, const Plan& plan, pid_t parent, int gate, int report) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) { ::_exit(127); }
    char go = 0;
    ssize_t got = 0;
    do { got = ::read(gate, &go, 1); } while (got < 0 && errno == EINTR);
    if (got != 1) { ::_exit(127); }   // the parent has gone, or does not want it
    for (int number = 1; number < NSIG; ++number) { ::signal(number, SIG_DFL); }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (!child.processors.empty() && ::sched_setaffinity(0, sizeof plan.processors, &plan.processors) != 0) { give_up(report, Step::processors, errno); }
    ::umask(child.umask);
    const int now = ::personality(0xffffffffU);
    const unsigned wanted = child.fixed_addresses ? static_cast<unsigned>(now) | ADDR_NO_RANDOMIZE : static_cast<unsigned>(now) & ~static_cast<unsigned>(ADDR_NO_RANDOMIZE);
    if (now < 0 || (wanted != static_cast<unsigned>(now) && ::personality(wanted) < 0)) { give_up(report, Step::addresses, now < 0 ? EPERM : errno); }
    if (child.memory_bytes) {
        const struct rlimit limit {*child.memory_bytes, *child.memory_bytes};
        if (::setrlimit(RLIMIT_DATA, &limit) != 0) { give_up(report, Step::memory, errno); }
    }
    const struct rlimit no_core {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (::fchdir(plan.folder.get()) != 0) { give_up(report, Step::folder, errno); }
    if (!place(plan.in.get(), 0) || !place(plan.out.get(), 1) || !place(plan.err.get(), 2)) { give_up(report, Step::descriptors, errno); }
    int error = ENOENT;
    for (const std::string& path : plan.paths) {
        ::execve(path.c_str(), plan.argv.data(), plan.envp.data());
        if (errno == EACCES) {
            error = EACCES;
        } else if (errno != ENOENT && errno != ENOTDIR) {
            error = errno;
            break;
        }
    }
    give_up(report, Step::executing, error);
}

// --- in the parent ------------------------------------------------------------------------------------------------------------------------

// Resident bytes of all processes of a group; a process that ends meanwhile counts as nothing.
std::uint64_t resident_bytes(pid_t group) {
    const auto names = list_dir("/proc");
    if (!names.ok()) { return 0; }
    std::uint64_t pages = 0;
    for (const DirEntry& entry : names.value()) {
        const auto pid = core::parse_integer(entry.name);
        if (!pid || ::getpgid(static_cast<pid_t>(*pid)) != group) { continue; }
        const auto text = read_file(cat("/proc/", entry.name, "/statm"), 4096);
        if (!text.ok()) { continue; }
        const auto words = core::split(text.value(), ' ');
        if (words.size() > 1) { pages += static_cast<std::uint64_t>(core::parse_integer(words[1]).value_or(0)); }
    }
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

FreshEnd wait_for_end(const FreshChild& child, const Keeper& keeper, Flood& out, Flood& err, std::int64_t begun_ns) {
    for (;;) {
        int wait_ms = child.memory_bytes ? k_tick_ms : k_look_ms;
        if (child.time_limit) {
            const std::int64_t left = child.time_limit->count() - (system_clock().monotonic_ns() - begun_ns) / 1'000'000;
            if (left <= 0) { return FreshEnd::time_limit; }
            wait_ms = static_cast<int>(std::min<std::int64_t>(wait_ms, left));
        }
        std::array<pollfd, 2> polled = {pollfd{keeper.fd(), POLLIN, 0}, pollfd{child.stop_fd, POLLIN, 0}};
        const int ready = ::poll(polled.data(), polled.size(), wait_ms);
        if (ready < 0 && errno != EINTR) { return FreshEnd::stopped; }
        if (ready > 0 && polled[0].revents != 0) { return FreshEnd::ended; }
        if (ready > 0 && polled[1].revents != 0) { return FreshEnd::stopped; }
        out.thin();
        err.thin();
        if (child.memory_bytes && resident_bytes(keeper.child()) > *child.memory_bytes) { return FreshEnd::memory_limit; }
    }
}

}  // namespace

core::Result<FreshOutcome> run_fresh(const FreshChild& child) {
    RL_ASSIGN(const Plan plan, make_plan(child));
    std::array<int, 2> gate{};
    std::array<int, 2> report{};
    if (::pipe2(gate.data(), O_CLOEXEC) != 0) { return system_error(errno, "starting", child.argv[0]); }
    const Fd gate_read(gate[0]);
    Fd gate_write(gate[1]);
    if (::pipe2(report.data(), O_CLOEXEC) != 0) { return system_error(errno, "starting", child.argv[0]); }
    const Fd report_read(report[0]);
    Fd report_write(report[1]);
    RL_ASSIGN(Keeper keeper, Keeper::start([&](pid_t parent) {
                  ::close(gate[1]);   // else the gate would never close
                  be_child(child, plan, parent, gate[0], report[1]);
              }));
    report_write = Fd();
    if (child.held) { child.held(keeper.child()); }
    const std::int64_t begun_ns = system_clock().monotonic_ns();
    const ssize_t sent = ::write(gate_write.get(), "g", 1);
    gate_write = Fd();
    Refusal refusal{};
    ssize_t got = 0;
    do { got = ::read(report_read.get(), &refusal, sizeof refusal); } while (got < 0 && errno == EINTR);
    FreshOutcome outcome;
    if (got == static_cast<ssize_t>(sizeof refusal) || sent != 1) {
        outcome.how = FreshEnd::not_started;
        outcome.start_error = refusal.error;
        outcome.start_step = step_name(refusal.step);
        return outcome;
    }
    Flood out(plan.out.get());
    Flood err(plan.err.get());
    outcome.how = wait_for_end(child, keeper, out, err, begun_ns);
    if (outcome.how != FreshEnd::ended) { keeper.end(); }
    RL_ASSIGN(const Keeper::End end, keeper.wait());
    outcome.wait_status = end.status;
    outcome.seconds = static_cast<double>(system_clock().monotonic_ns() - begun_ns) / 1e9;
    outcome.peak_bytes = static_cast<std::uint64_t>(end.usage.ru_maxrss) * 1024;
    return outcome;
}

int become_with(const std::vector<std::string>& argv, const std::string& name, const std::string& value) {
    if (::setenv(name.c_str(), value.c_str(), 1) != 0) { return errno; }
    return replace_process(argv);
}

}  // namespace runlake::os
