// SPDX-License-Identifier: Apache-2.0
#include "os/exchange.hpp"

#include <fcntl.h>
#include <stdio.h>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/files_calls.hpp"

namespace runlake::os {

core::Status exchange_names(const std::string& one, const std::string& other, Point point) {
    const int error = call_at(point, [&] { return static_cast<int>(::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE)); });
    if (error == 0) { return core::ok(); }
    if (error == EINVAL || error == ENOSYS || error == ENOTSUP) {
        return core::Error(core::Errc::unsupported, core::cat("replacing ", other, ": this file system can't exchange two folders in one step"));
    }
    return system_error(error, "replacing", other);
}

}  // namespace runlake::os
