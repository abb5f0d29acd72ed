// SPDX-License-Identifier: Apache-2.0
// Clock, randomness, environment, processes, terminal and our own folders.
#include "os/system.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <vector>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system_parts.hpp"

namespace runlake::os {
namespace {

class SystemClock final : public core::Clock {
  public:
    core::Timestamp now() const override {
        const timespec at = read(CLOCK_REALTIME);
        return {std::int64_t{at.tv_sec} * 1'000'000 + at.tv_nsec / 1'000};
    }
    std::int64_t monotonic_ns() const override {
        const timespec at = read(CLOCK_MONOTONIC);
        return std::int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
    }

  private:
    static timespec read(clockid_t clock) {
        timespec at{};
        ::clock_gettime(clock, &at);
        return at;
    }
};

// What one process knows of itself. A new one is made after a fork and the old one is never freed: others may hold references to it.
std::atomic<const ProcessId*> g_self{nullptr};

std::uint64_t read_pid_namespace() {
    struct stat info{};
    return ::stat("/proc/self/ns/pid", &info) == 0 ? info.st_ino : 0;
}

std::optional<ProcStat> proc_stat(pid_t pid) {
    // Hand-made: this is read for every run that begins.
    const Fd file(::open(core::cat("/proc/", pid, "/stat").c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) { return std::nullopt; }
    std::array<char, 1024> text{};
    const ssize_t got = ::read(file.get(), text.data(), text.size());
    if (got <= 0) { return std::nullopt; }
    return parse_proc_stat({text.data(), static_cast<std::size_t>(got)});
}

bool is_gone(const ProcStat& found) { return found.state == 'Z' || found.state == 'X' || found.state == 'x'; }

std::optional<std::string> home_folder(const char* xdg, std::string_view below_home) {
    const std::optional<std::string> given = env(xdg);
    if (given && given->starts_with('/')) { return *given + "/runlake"; }  // relative ones are to be ignored, says the XDG rule
    const std::optional<std::string> home = env("HOME");
    // A home that is not there is none: service accounts are given such a one, and it is not ours to make.
    if (!home || !home->starts_with('/') || !is_dir(*home)) { return std::nullopt; }
    return core::cat(*home, '/', below_home, "/runlake");
}

std::string library_path() {
    Dl_info info{};
    if (::dladdr(reinterpret_cast<const void*>(&library_path), &info) == 0 || info.dli_fname == nullptr) { return ""; }
    const core::Result<std::string> path = absolute_path(info.dli_fname);
    return path.ok() ? path.value() : "";
}

std::string find_private_lib_dir() {
    if (std::optional<std::string> given = env("RUNLAKE_LIB_DIR"); given && !given->empty()) { return *given; }
    for (const std::string& file : {executable_path(), library_path()}) {
        if (file.empty()) { continue; }
        if (std::optional<std::string> found = lib_dir_near(parent_path(file))) { return *found; }
    }
    return parent_path(executable_path()) + "/lib/runlake";
}

}  // namespace

const core::Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

void random_bytes(void* out, std::size_t count) {
    auto* at = static_cast<unsigned char*>(out);
    while (count > 0) {
        const ssize_t got = ::getrandom(at, count, 0);
        if (got < 0) {
            if (errno == EINTR) { continue; }
            std::abort();
        }
        at += got;
        count -= static_cast<std::size_t>(got);
    }
}

core::RunId new_run_id() {
    std::array<std::uint8_t, 16> bytes{};
    random_bytes(bytes.data(), bytes.size());
    return core::RunId::from_random(bytes);
}

std::string random_hex(std::size_t digits) {
    std::vector<std::uint8_t> bytes((digits + 1) / 2);
    random_bytes(bytes.data(), bytes.size());
    std::string text = core::to_hex(bytes);
    text.resize(digits);
    return text;
}

std::optional<std::string> env(const char* name) {
    const char* const value = std::getenv(name);
    if (value == nullptr) { return std::nullopt; }
    return value;
}

std::map<std::string, std::string> all_env() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) { variables.emplace(text.substr(0, equals), text.substr(equals + 1)); }
    }
    return variables;
}


const ProcessId& this_process() {
    const ProcessId* known = g_self.load(std::memory_order_acquire);
    if (known != nullptr && known->pid == ::getpid()) { return *known; }
    // A nested pid namespace may give the child its parent's number, so the number alone does not tell.
    [[maybe_unused]] static const int registered = ::pthread_atfork(nullptr, nullptr, [] { g_self.store(nullptr, std::memory_order_release); });
    const pid_t pid = ::getpid();
    auto made = std::make_unique<const ProcessId>(ProcessId{machine_id(), boot_id(), read_pid_namespace(), pid, start_ticks(pid).value_or(0)});
    while (!g_self.compare_exchange_weak(known, made.get(), std::memory_order_acq_rel)) {
        if (known != nullptr && known->pid == pid) { return *known; }  // another thread was faster
    }
    return *made.release();
}

std::optional<ProcStat> parse_proc_stat(std::string_view text) {
    // "pid (name) S ppid ...": the name may hold spaces and brackets, so count from the last bracket. Field 3 follows it, field 22 is the start.
    const std::size_t bracket = text.rfind(") ");
    if (bracket == std::string_view::npos) { return std::nullopt; }
    const std::vector<std::string_view> fields = core::split(text.substr(bracket + 2), ' ');
    if (fields.size() < 20 || fields[0].size() != 1) { return std::nullopt; }
    const std::optional<std::int64_t> ticks = core::parse_integer(fields[19]);
    if (!ticks || *ticks < 0) { return std::nullopt; }
    return ProcStat{fields[0][0], static_cast<std::uint64_t>(*ticks)};
}

std::optional<std::uint64_t> start_ticks(pid_t pid) {
    const std::optional<ProcStat> found = proc_stat(pid);
    if (!found || is_gone(*found)) { return std::nullopt; }
    return found->start_ticks;
}

Liveness liveness(const ProcessId& process) {
    const ProcessId& self = this_process();
    if (process.machine.empty() || process.machine != self.machine || process.boot.empty() || self.boot.empty() || process.pid <= 0) {
        return Liveness::unknowable;
    }
    if (process.boot != self.boot) { return Liveness::dead; }
    if (process.pid_ns == 0 || process.pid_ns != self.pid_ns) { return Liveness::unknowable; }
    const std::optional<ProcStat> found = proc_stat(process.pid);
    if (found) {
        const bool another = process.start_ticks != 0 && found->start_ticks != process.start_ticks;  // its number was given out again
        return another || is_gone(*found) ? Liveness::dead : Liveness::alive;
    }
    // Not in /proc, yet the kernel knows the number: /proc hides other users' processes.
    return ::kill(process.pid, 0) == 0 || errno == EPERM ? Liveness::alive : Liveness::dead;
}

std::optional<std::string> cache_home() { return home_folder("XDG_CACHE_HOME", ".cache"); }
std::optional<std::string> state_home() { return home_folder("XDG_STATE_HOME", ".local/state"); }
std::optional<std::string> config_home() { return home_folder("XDG_CONFIG_HOME", ".config"); }

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

int terminal_width(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) { return size.ws_col; }
    const std::optional<std::string> columns = env("COLUMNS");
    const std::optional<std::int64_t> number = columns ? core::parse_integer(*columns) : std::nullopt;
    return number && *number > 0 && *number <= 10'000 ? static_cast<int>(*number) : 80;
}

std::string executable_path() {
    std::array<char, PATH_MAX> path{};
    const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
    return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "";
}

std::optional<std::string> lib_dir_near(const std::string& folder) {
    // A build has it below the binary, an installation beside bin/, and a library of ours sits right beside the folder itself.
    for (const std::string_view place : {"lib/runlake", "../lib/runlake", "runlake"}) {
        const std::string path = lexically_normal(join_path(folder, place));
        if (is_dir(path)) { return path; }
    }
    return std::nullopt;
}

std::string private_lib_dir() {
    static const auto* const found = new std::string(find_private_lib_dir());
    return *found;
}

}  // namespace runlake::os
