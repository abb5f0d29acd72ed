// SPDX-License-Identifier: Apache-2.0
// Published results are read-only; to be moved or removed, their folders become writable again. Files stay as they are: they may be hard links of others' results.
#include <dirent.h>

#include "os/files.hpp"
#include "rundir/parts.hpp"

namespace runlake::rundir {
namespace {

// What can't be listed or changed shows when it is to be removed.
template <class Change>
void each_folder(const std::string& path, bool deepest_first, const Change& change) {
    if (!deepest_first) { change(path); }
    const auto entries = os::list_dir(path);
    if (entries.ok()) {
        for (const os::DirEntry& entry : entries.value()) {
            const std::string below = os::join_path(path, entry.name);
            if (entry.type == DT_UNKNOWN) {
                const std::optional<struct stat> info = os::stat_link(below);
                if (!info || !S_ISDIR(info->st_mode)) { continue; }
            } else if (entry.type != DT_DIR) {
                continue;
            }
            each_folder(below, deepest_first, change);
        }
    }
    if (deepest_first) { change(path); }
}

}  // namespace

void make_folders_writable(const std::string& path, os::Point point) {
    const std::optional<struct stat> top = os::stat_link(path);
    if (!top || !S_ISDIR(top->st_mode)) { return; }
    each_folder(path, false, [&](const std::string& folder) {
        const std::optional<struct stat> info = os::stat_link(folder);
        if (info && (info->st_mode & 0700U) != 0700U) { static_cast<void>(os::set_mode(folder, (info->st_mode & 07777U) | 0700U, point).ok()); }
    });
}

void make_folders_readonly(const std::string& path, os::Point point) {
    each_folder(path, true, [&](const std::string& folder) {
        const std::optional<struct stat> info = os::stat_link(folder);
        if (info && (info->st_mode & 0222U) != 0) { static_cast<void>(os::set_mode(folder, info->st_mode & 07555U, point).ok()); }
    });
}

core::Status remove_readonly_tree(const std::string& path, os::Point point) {
    make_folders_writable(path, point);
    return os::remove_tree(path, point);
}

}  // namespace runlake::rundir
