// SPDX-License-Identifier: Apache-2.0
// Stamps of files, and waiting for the tick after one.
#include "os/stamp.hpp"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::os {
namespace {

constexpr std::int64_t k_second_ns = 1'000'000'000;
constexpr std::int64_t k_longest_wait_ns = 50'000'000;  // the clock may lag by two ticks of 10 ms, and the machine be busy

std::int64_t nanoseconds(const struct timespec& at) { return static_cast<std::int64_t>(at.tv_sec) * k_second_ns + at.tv_nsec; }

}  // namespace

Stamp Stamp::of(const struct stat& info) {
    return Stamp{.device = static_cast<std::uint64_t>(info.st_dev),
                 .inode = static_cast<std::uint64_t>(info.st_ino),
                 .size = static_cast<std::uint64_t>(info.st_size),
                 .mtime_ns = nanoseconds(info.st_mtim),
                 .ctime_ns = nanoseconds(info.st_ctim),
                 .mode = info.st_mode};
}

std::int64_t stamping_clock_ns() {
    struct timespec now {};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return nanoseconds(now);
}

bool settle(std::int64_t newest_ns) {
    const std::int64_t begun = stamping_clock_ns();
    if (newest_ns < begun) { return true; }
    if (newest_ns > begun + k_longest_wait_ns) { return false; }
    for (;;) {
        const struct timespec pause {.tv_sec = 0, .tv_nsec = 500'000};
        ::nanosleep(&pause, nullptr);
        const std::int64_t now = stamping_clock_ns();
        if (newest_ns < now) { return true; }
        if (now > begun + k_longest_wait_ns || now < begun) { return false; }
    }
}

core::Result<core::Timestamp> file_clock(const std::string& folder) {
    Fd file(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
    if (!file.is_open()) {
        const std::string probe = core::cat(folder, "/.clock.", random_hex(8), ".probe");
        RL_ASSIGN(file, create_exclusive(probe, 0600, point::store_create));
        ::unlink(probe.c_str());
    }
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) { return system_error(errno, "looking at a new file in", folder); }
    return core::Timestamp{nanoseconds(info.st_mtim) / 1000};
}

}  // namespace runlake::os
