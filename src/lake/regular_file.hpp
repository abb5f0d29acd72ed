// SPDX-License-Identifier: Apache-2.0
// Files that lie among others' and are to be read whole: a pipe or device of that name is none, and is not waited for.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "core/result.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::lake {

inline bool is_regular_file(const std::string& path) {
    const auto info = os::stat_path(path);
    return info && S_ISREG(info->st_mode);
}

// As os::read_file(). Errc::io: it is there, and no regular file.
inline core::Result<std::string> read_regular_file(const std::string& path, std::uint64_t most_bytes) {
    if (const auto info = os::stat_path(path); info && !S_ISREG(info->st_mode) && !S_ISDIR(info->st_mode)) { return core::Error(core::Errc::io, core::cat("reading ", path, ": it is no regular file")); }
    return os::read_file(path, most_bytes);
}

}  // namespace runlake::lake
