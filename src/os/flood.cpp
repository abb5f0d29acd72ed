// SPDX-License-Identifier: Apache-2.0
#include "os/flood.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/text.hpp"

namespace runlake::os {
namespace {

core::Result<std::string> read_at(int fd, std::uint64_t offset, std::uint64_t size, const std::string& path) {
    std::string bytes(size, '\0');
    std::size_t held = 0;
    while (held < size) {
        const ssize_t got = ::pread(fd, bytes.data() + held, size - held, static_cast<off_t>(offset + held));
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return system_error(errno, "reading", path); }
        if (got == 0) { break; }
        held += static_cast<std::size_t>(got);
    }
    bytes.resize(held);
    return bytes;
}

}  // namespace

void Flood::thin() {
    struct stat info {};
    if (::fstat(fd_, &info) != 0 || static_cast<std::uint64_t>(info.st_size) <= k_flood_bytes) { return; }
    const std::uint64_t from = std::max(dropped_to_, k_flood_end_bytes);
    const std::uint64_t to = (static_cast<std::uint64_t>(info.st_size) - k_flood_end_bytes) & ~std::uint64_t{0xffff};   // whole blocks
    if (to <= from) { return; }
    if (::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from), static_cast<off_t>(to - from)) == 0) { dropped_to_ = to; }
}

core::Result<bool> shorten_flood(const std::string& path, Point point) {
    RL_ASSIGN(const Fd file, open_read(path));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) { return system_error(errno, "reading", path); }
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size <= k_flood_bytes) { return false; }
    RL_ASSIGN(const std::string head, read_at(file.get(), 0, k_flood_end_bytes, path));
    RL_ASSIGN(const std::string tail, read_at(file.get(), size - k_flood_end_bytes, k_flood_end_bytes, path));
    const std::string mark = core::cat("\n[runlake: cut here; ", size - 2 * k_flood_end_bytes, " of ", size, " bytes are left out]\n");
    const std::string part = path + ".part";
    RL_ASSIGN(const Fd made, create_exclusive(part, info.st_mode & 0777, point));
    for (const std::string* piece : {&head, &mark, &tail}) { RL_TRY(write_all(made.get(), *piece, point, part)); }
    RL_TRY(rename_replace(part, path, point));
    return true;
}

}  // namespace runlake::os
