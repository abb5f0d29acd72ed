// SPDX-License-Identifier: Apache-2.0
#include "os/read_lock.hpp"

#include <fcntl.h>

#include <cerrno>

namespace runlake::os {

core::Result<std::optional<ReadLock>> ReadLock::try_take(const std::string& path) {
    RL_ASSIGN(Fd file, open_read(path));
    struct flock wanted {};
    wanted.l_type = F_RDLCK;
    wanted.l_whence = SEEK_SET;
    // Of the open file and not of the process: another descriptor of ours that is closed takes it from nobody.
    if (::fcntl(file.get(), F_OFD_SETLK, &wanted) == 0) { return std::optional<ReadLock>(ReadLock(std::move(file))); }
    if (errno == EAGAIN || errno == EACCES) { return std::optional<ReadLock>(); }
    return system_error(errno, "locking", path);
}

}  // namespace runlake::os
