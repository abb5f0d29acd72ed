// SPDX-License-Identifier: Apache-2.0
// Reads RUNLAKE_FAULT once and decides at each point what is to happen.
#include "os/fault.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "os/fault_points.hpp"

namespace runlake::os {
namespace {

constexpr std::array k_points = {
#define RUNLAKE_LIST_POINT(identifier, text) point::identifier,
    RUNLAKE_FAULT_POINTS(RUNLAKE_LIST_POINT)
#undef RUNLAKE_LIST_POINT
};

enum class Action : std::uint8_t { kill, kill_after, stop, fail, short_write };

struct Fault {
    std::string point;  // "*" for every point
    Action action = Action::fail;
    int error = 0;
    std::uint64_t from = 1;
    bool and_later = false;
    std::uint64_t passed = 0;
};

struct Faults {
    std::mutex mutex;
    std::vector<Fault> list;
    std::string count_file;
};

// Unknown until the first point is passed; the usual answer afterwards is `none`, one load.
enum class State : std::uint8_t { unknown, none, some };
std::atomic<State> g_state{State::unknown};

Faults& faults() {
    // Never destroyed: threads may pass points while the process ends.
    static auto* const instance = new Faults();
    return *instance;
}

bool is_point(std::string_view name) {
    for (const Point& point : k_points) {
        if (point.name == name) { return true; }
    }
    return name == "*";
}

std::optional<Fault> parse_fault(std::string_view text) {
    const std::vector<std::string_view> pieces = core::split(text, ':');
    if (pieces.size() < 2 || pieces.size() > 3 || !is_point(pieces[0])) { return std::nullopt; }
    Fault fault;
    fault.point = pieces[0];
    const std::string_view action = pieces[1];
    if (action == "kill") {
        fault.action = Action::kill;
    } else if (action == "kill_after") {
        fault.action = Action::kill_after;
    } else if (action == "stop") {
        fault.action = Action::stop;
    } else if (action == "enospc") {
        fault.error = ENOSPC;
    } else if (action == "eio") {
        fault.error = EIO;
    } else if (action == "erofs") {
        fault.error = EROFS;
    } else if (action == "eacces") {
        fault.error = EACCES;
    } else if (action == "einval") {
        fault.error = EINVAL;
    } else if (action == "short") {
        fault.action = Action::short_write;
        fault.error = ENOSPC;
    } else {
        return std::nullopt;
    }
    if (pieces.size() == 3) {
        std::string_view number = pieces[2];
        fault.and_later = number.ends_with('+');
        if (fault.and_later) { number.remove_suffix(1); }
        const std::optional<std::int64_t> from = core::parse_integer(number);
        if (!from || *from < 1) { return std::nullopt; }
        fault.from = static_cast<std::uint64_t>(*from);
    }
    return fault;
}

std::optional<std::vector<Fault>> parse_faults(std::string_view text) {
    std::vector<Fault> list;
    if (text.empty()) { return list; }
    for (const std::string_view piece : core::split(text, ',')) {
        std::optional<Fault> fault = parse_fault(piece);
        if (!fault) { return std::nullopt; }
        list.push_back(std::move(*fault));
    }
    return list;
}

void read_environment(Faults& all) {
    const char* const text = std::getenv("RUNLAKE_FAULT");
    const char* const count = std::getenv("RUNLAKE_FAULT_COUNT");
    std::optional<std::vector<Fault>> list = parse_faults(text == nullptr ? "" : text);
    if (!list) {
        constexpr std::string_view message = "runlake: RUNLAKE_FAULT is not <point>:<action>[:<n>][,...] of a known point and action\n";
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, message.data(), message.size());
        ::_exit(2);
    }
    all.list = std::move(*list);
    all.count_file = count == nullptr ? "" : count;
    g_state.store(all.list.empty() && all.count_file.empty() ? State::none : State::some, std::memory_order_release);
}

void count_passing(const std::string& file, Point point) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) { return; }
    const std::string line = core::cat(point.name, '\n');
    [[maybe_unused]] const ssize_t written = ::write(fd, line.data(), line.size());
    ::close(fd);
}

Injection injection_at(Point point) {
    Faults& all = faults();
    std::unique_lock lock(all.mutex);
    if (g_state.load(std::memory_order_relaxed) == State::unknown) { read_environment(all); }
    if (!all.count_file.empty()) { count_passing(all.count_file, point); }
    Injection injection;
    bool stop = false;
    for (Fault& fault : all.list) {
        if (fault.point != "*" && fault.point != point.name) { continue; }
        ++fault.passed;
        if (fault.and_later ? fault.passed < fault.from : fault.passed != fault.from) { continue; }
        switch (fault.action) {
            case Action::kill: kill_now();
            case Action::kill_after: injection.kill_after = true; break;
            case Action::stop: stop = true; break;
            case Action::short_write: injection.short_write = true; [[fallthrough]];
            case Action::fail: injection.error = fault.error; break;
        }
    }
    lock.unlock();
    if (stop) { ::raise(SIGSTOP); }
    return injection;
}

}  // namespace

Injection at_point(Point point) {
    if (g_state.load(std::memory_order_acquire) == State::none) [[likely]] { return {}; }
    return injection_at(point);
}

void kill_now() {
    ::kill(::getpid(), SIGKILL);
    for (;;) { ::pause(); }
}

bool configure_faults(std::string_view text) {
    std::optional<std::vector<Fault>> list = parse_faults(text);
    if (!list) { return false; }
    Faults& all = faults();
    const std::lock_guard lock(all.mutex);
    all.list = std::move(*list);
    g_state.store(all.list.empty() && all.count_file.empty() ? State::none : State::some, std::memory_order_release);
    return true;
}

std::span<const Point> all_points() { return k_points; }

}  // namespace runlake::os
