// SPDX-License-Identifier: Apache-2.0
#include "os/folder_stat.hpp"

#include <fcntl.h>

#include <string_view>

namespace runlake::os {

std::optional<struct stat> FolderStat::look(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos || slash + 1 == path.size()) { return stat_path(path); }
    const std::string_view folder = std::string_view(path).substr(0, slash + 1);
    if (!folder_.is_open() || folder != name_) {
        name_ = folder;
        folder_ = Fd(::open(name_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    if (!folder_.is_open()) { return stat_path(path); }  // which says why
    struct stat info{};
    if (::fstatat(folder_.get(), path.c_str() + slash + 1, &info, 0) != 0) { return std::nullopt; }
    return info;
}

}  // namespace runlake::os
