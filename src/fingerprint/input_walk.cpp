// SPDX-License-Identifier: Apache-2.0
// Lists what is below a folder, with rules for links that end and do not depend on where the folder is.
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "core/text.hpp"
#include "fingerprint/input_parts.hpp"
#include "os/files.hpp"

namespace runlake::fingerprint {
namespace {

constexpr int k_max_depth = 400;

struct Free {
    void operator()(char* text) const { ::free(text); }
};

// Where a path leads when all links are followed; nothing when it leads nowhere or in a circle.
core::Result<std::optional<std::string>> resolve(const std::string& path) {
    const std::unique_ptr<char, Free> text(::realpath(path.c_str(), nullptr));
    if (text) { return std::optional<std::string>(text.get()); }
    if (errno == ENOENT || errno == ELOOP || errno == ENOTDIR || errno == ENAMETOOLONG) { return std::optional<std::string>(); }
    return os::system_error(errno, "following", path);
}

core::Result<std::string> link_text(const std::string& path) {
    std::string text(PATH_MAX, '\0');
    const ssize_t length = ::readlink(path.c_str(), text.data(), text.size());
    if (length < 0) { return os::system_error(errno, "reading link", path); }
    text.resize(static_cast<std::size_t>(length));
    return text;
}

class FolderWalk {
  public:
    FolderWalk(FileList& files, std::vector<Listed>& listed, const std::function<bool()>& stop) : files_(files), listed_(listed), stop_(stop) {}

    core::Result<std::vector<Member>> run(const std::string& path) {
        RL_ASSIGN(const auto real, resolve(path));
        if (!real) { return os::system_error(ENOENT, "listing", path); }
        root_ = *real;
        RL_TRY(walk(path, "", 0));
        std::sort(members_.begin(), members_.end(), [](const Member& a, const Member& b) { return a.path < b.path; });
        return std::move(members_);
    }

  private:
    core::Status walk(const std::string& folder, const std::string& prefix, int depth) {
        if (depth > k_max_depth) { return core::Error(core::Errc::unsupported, core::cat("listing ", folder, ": folders more than ", k_max_depth, " deep")); }
        const auto info = os::stat_path(folder);
        if (!info) { return os::system_error(errno, "listing", folder); }
        const os::Stamp stamp = os::Stamp::of(*info);
        os::settle(stamp.ctime_ns);  // so that a file that is added while we read shows in the stamp
        RL_ASSIGN(const auto entries, os::list_dir(folder));
        listed_.push_back(Listed{.path = folder, .stamp = stamp});
        above_.emplace_back(stamp.device, stamp.inode);
        for (const os::DirEntry& entry : entries) {
            if (entry.name == ".git" || entry.name == ".runlake" || entry.name == ".runs") { continue; }
            if (++steps_ % 256 == 0 && stop_ && stop_()) { return core::Error(core::Errc::interrupted, "listing was stopped"); }
            RL_TRY(take(os::join_path(folder, entry.name), prefix + entry.name, entry.type, depth));
        }
        above_.pop_back();
        return core::ok();
    }

    core::Status take(const std::string& path, std::string name, unsigned char type, int depth) {
        constexpr unsigned char k_folder = 4;  // DT_DIR
        if (type == k_folder) { return take_folder(path, std::move(name), depth); }
        const auto info = os::stat_link(path);
        if (!info) { return os::system_error(errno, "looking at", path); }
        if (S_ISDIR(info->st_mode)) { return take_folder(path, std::move(name), depth); }
        if (S_ISLNK(info->st_mode)) { return take_link(path, std::move(name), depth); }
        return take_file(path, std::move(name), *info);
    }

    core::Status take_folder(const std::string& path, std::string name, int depth) {
        members_.push_back(Member{.path = name, .kind = MemberKind::folder});
        return walk(path, name + '/', depth + 1);
    }

    core::Status take_file(const std::string& path, std::string name, const struct stat& info) {
        RL_ASSIGN(const std::size_t file, files_.add(path, info));
        members_.push_back(Member{.path = std::move(name), .kind = MemberKind::file, .file = file});
        return core::ok();
    }

    core::Status take_link(const std::string& path, std::string name, int depth) {
        RL_ASSIGN(const auto real, resolve(path));
        if (!real) {
            RL_ASSIGN(std::string text, link_text(path));
            members_.push_back(Member{.path = std::move(name), .kind = MemberKind::link, .target = std::move(text)});
            return core::ok();
        }
        // Inside: by where it points, seen from the root, so that it does not matter where the whole lies.
        if (auto inside = os::relative_inside(*real, root_)) {
            members_.push_back(Member{.path = std::move(name), .kind = MemberKind::link, .target = std::move(*inside)});
            return core::ok();
        }
        const auto info = os::stat_path(path);
        if (!info) { return os::system_error(errno, "looking at", path); }
        if (!S_ISDIR(info->st_mode)) { return take_file(path, std::move(name), *info); }
        const os::Stamp stamp = os::Stamp::of(*info);
        const bool circle = std::find(above_.begin(), above_.end(), std::pair(stamp.device, stamp.inode)) != above_.end();
        if (circle || os::relative_inside(root_, *real)) {
            RL_ASSIGN(std::string text, link_text(path));
            members_.push_back(Member{.path = std::move(name), .kind = MemberKind::link, .target = std::move(text)});
            return core::ok();
        }
        return take_folder(path, std::move(name), depth);
    }

    FileList& files_;
    std::vector<Listed>& listed_;
    const std::function<bool()>& stop_;
    std::string root_;
    std::vector<Member> members_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> above_;  // the folders that we are in
    std::uint32_t steps_ = 0;
};

}  // namespace

std::string_view special_name(std::uint32_t mode) {
    if (S_ISFIFO(mode)) { return "a pipe"; }
    if (S_ISSOCK(mode)) { return "a socket"; }
    if (S_ISCHR(mode) || S_ISBLK(mode)) { return "a device"; }
    if (S_ISDIR(mode)) { return "a folder"; }
    return "no regular file";
}

core::Result<std::size_t> FileList::add(const std::string& path, const struct stat& info) {
    if (!S_ISREG(info.st_mode)) {
        return core::Error(core::Errc::unsupported, core::cat("hashing ", path, ": it is ", special_name(info.st_mode), ", which has no content that stays"));
    }
    const auto [place, is_new] = by_path_.emplace(path, files_.size());
    if (is_new) { files_.push_back(FileToHash{.path = path, .stamp = os::Stamp::of(info)}); }
    return place->second;
}

core::Result<std::vector<Member>> walk_folder(const std::string& path, FileList& files, std::vector<Listed>& listed, const std::function<bool()>& stop) {
    return FolderWalk(files, listed, stop).run(path);
}

}  // namespace runlake::fingerprint
