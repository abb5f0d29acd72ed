// SPDX-License-Identifier: Apache-2.0
#include "os/file_finish.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/files.hpp"
#include "os/files_calls.hpp"

namespace runlake::os {

core::Status set_mtime(int fd, std::int64_t mtime_ns, Point point, const std::string& path) {
    constexpr std::int64_t k_second_ns = 1'000'000'000;
    std::int64_t nanoseconds = mtime_ns % k_second_ns;
    if (nanoseconds < 0) { nanoseconds += k_second_ns; }
    const struct timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, {.tv_sec = (mtime_ns - nanoseconds) / k_second_ns, .tv_nsec = nanoseconds}};
    const int error = call_at(point, [&] { return ::futimens(fd, times); });
    if (error != 0) { return system_error(error, "setting the time of", path); }
    return core::ok();
}

core::Status sync_file_system(const std::string& folder, Point point) {
    RL_ASSIGN(const Fd file, open_read(folder));
    const int error = call_at(point, [&] { return ::syncfs(file.get()); });
    if (error != 0) { return system_error(error, "syncing the file system of", folder); }
    return core::ok();
}

}  // namespace runlake::os
