// SPDX-License-Identifier: Apache-2.0
// Walks a work tree by descriptors: names, stamps, and what is ignored.
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "core/text.hpp"
#include "git/tree_parts.hpp"

namespace runlake::git {
namespace {

constexpr int k_max_depth = 200;  // every level holds a descriptor

struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
};

bool has_entry(int folder, const char* name) { return ::faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0; }

}  // namespace

std::optional<core::Error> Budget::over() const {
    if (stop_ && stop_()) { return core::Error(core::Errc::interrupted, "looking at the tree was stopped"); }
    if (std::chrono::steady_clock::now() >= end_) { return core::Error(core::Errc::busy, "looking at the tree took longer than its limit"); }
    return std::nullopt;
}

bool TreeWalk::is_ours(std::string_view path, std::string_view name) const {
    if (name == ".runlake" || name == ".runs") { return true; }
    return std::find(options_.own_folders.begin(), options_.own_folders.end(), path) != options_.own_folders.end();
}

core::Result<bool> TreeWalk::is_ignored(const std::string& path, bool folder) {
    // A pattern "build/" matches folders only, so the answer for a name depends on what it is.
    const std::string asked = folder ? path + '/' : path;
    if (const auto known = ignored_.find(asked); known != ignored_.end()) { return known->second; }
    int ignored = 0;
    if (library().ignore_path_is_ignored(&ignored, repository_, asked.c_str()) != 0) { return last_error(core::cat("asking whether ", path, " is ignored")); }
    ignored_.emplace(asked, ignored != 0);
    return ignored != 0;
}

core::Result<std::vector<Seen>> TreeWalk::run() {
    os::Fd root(::open(work_tree_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root.is_open()) { return os::system_error(errno, "listing", work_tree_); }
    std::vector<Seen> seen;
    seen.reserve(tracked_.entries.size());
    RL_TRY(walk(std::move(root), "", seen, 0));
    std::sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) { return a.path < b.path; });
    return seen;
}

core::Status TreeWalk::walk(os::Fd folder, const std::string& prefix, std::vector<Seen>& out, int depth) {
    if (depth > k_max_depth) { return core::Error(core::Errc::unsupported, core::cat("looking at ", prefix, ": folders more than ", k_max_depth, " deep")); }
    const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(folder.get()));
    if (!dir) { return os::system_error(errno, "listing", os::join_path(work_tree_, prefix)); }
    const int fd = folder.release();
    for (;;) {
        errno = 0;
        const dirent* const entry = ::readdir(dir.get());
        if (entry == nullptr) { break; }
        const std::string_view name = entry->d_name;
        if (name == "." || name == ".." || name == ".git") { continue; }
        if (++steps_ % 64 == 0) {
            if (auto error = budget_.over()) { return std::move(*error); }
        }
        std::string path = core::cat(prefix, name);
        if (is_ours(path, name)) { continue; }
        bool is_folder = entry->d_type == DT_DIR;
        struct stat info {};
        if (!is_folder) {
            if (::fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
                if (errno == ENOENT) { continue; }  // gone meanwhile: the second walk does not find it either, or differs
                return os::system_error(errno, "looking at", os::join_path(work_tree_, path));
            }
            is_folder = S_ISDIR(info.st_mode);
            if (!is_folder && !S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) { continue; }  // pipes and sockets are nothing to git
        }
        const Tracked* const tracked = tracked_.find(path);
        if (!is_folder) {
            if (tracked == nullptr) {
                RL_ASSIGN(const bool ignored, is_ignored(path, false));
                if (ignored) { continue; }
            }
            out.push_back(Seen{.path = std::move(path), .stamp = os::Stamp::of(info), .repository = false});
            continue;
        }
        const bool holds_tracked = tracked_.folders.contains(path);
        if (tracked != nullptr && !holds_tracked && (tracked->head_mode == GIT_FILEMODE_COMMIT || tracked->index_mode == GIT_FILEMODE_COMMIT)) {
            out.push_back(Seen{.path = std::move(path), .stamp = {}, .repository = true});
            continue;
        }
        if (!holds_tracked) {
            RL_ASSIGN(const bool ignored, is_ignored(path, true));
            if (ignored) { continue; }
        }
        os::Fd child(::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!child.is_open()) {
            if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) { continue; }
            return os::system_error(errno, "listing", os::join_path(work_tree_, path));
        }
        if (!holds_tracked && has_entry(child.get(), ".git")) {
            out.push_back(Seen{.path = std::move(path), .stamp = {}, .repository = true});
            continue;
        }
        RL_TRY(walk(std::move(child), path + '/', out, depth + 1));
    }
    if (errno != 0) { return os::system_error(errno, "listing", os::join_path(work_tree_, prefix)); }
    return core::ok();
}

}  // namespace runlake::git
