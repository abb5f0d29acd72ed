// SPDX-License-Identifier: Apache-2.0
// Paths as text, and what kind of file system one is on.
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::os {
namespace {

struct Free {
    void operator()(char* text) const { ::free(text); }
};

std::optional<std::string> resolved(const std::string& path) {
    const std::unique_ptr<char, Free> text(::realpath(path.c_str(), nullptr));
    if (!text) { return std::nullopt; }
    return std::string(text.get());
}

struct KnownKind {
    std::uint32_t magic;
    std::string_view name;
    bool network;
};
constexpr std::uint32_t k_fuse_magic = 0x65735546;
constexpr std::array k_kinds = {
    KnownKind{0xEF53, "ext4", false},      KnownKind{0x58465342, "xfs", false},        KnownKind{0x9123683E, "btrfs", false},
    KnownKind{0x01021994, "tmpfs", false}, KnownKind{0x858458F6, "ramfs", false},      KnownKind{0x794C7630, "overlayfs", false},
    KnownKind{0x2FC12FC1, "zfs", false},   KnownKind{0xF2F52010, "f2fs", false},       KnownKind{0xCA451A4E, "bcachefs", false},
    KnownKind{0x4D44, "vfat", false},      KnownKind{0x2011BAB0, "exfat", false},      KnownKind{0x5346544E, "ntfs", false},
    KnownKind{0x73717368, "squashfs", false}, KnownKind{0x9660, "iso9660", false},
    KnownKind{0x6969, "nfs", true},        KnownKind{0x517B, "smb", true},             KnownKind{0xFF534D42, "cifs", true},
    KnownKind{0xFE534D42, "smb3", true},   KnownKind{0x5346414F, "afs", true},         KnownKind{0x01021997, "9p", true},
    KnownKind{0x00C36400, "ceph", true},   KnownKind{0x0BD00BD0, "lustre", true},      KnownKind{0x47504653, "gpfs", true},
    KnownKind{0x19830326, "beegfs", true}, KnownKind{0x20030528, "orangefs", true},    KnownKind{0x7461636F, "ocfs2", true},
    KnownKind{0x01161970, "gfs2", true},
};

// "fuse.sshfs" of the mount that a device number belongs to; statfs only says that it is some FUSE.
std::string fuse_kind(dev_t device) {
    const core::Result<std::string> mounts = read_file("/proc/self/mountinfo", 16U << 20U);
    if (!mounts.ok()) { return "fuse"; }
    const std::string wanted = core::cat(major(device), ':', minor(device));
    for (const std::string_view line : core::split(mounts.value(), '\n')) {
        const std::vector<std::string_view> words = core::split(line, ' ');
        if (words.size() < 3 || words[2] != wanted) { continue; }
        const std::size_t dash = line.find(" - ");
        if (dash == std::string_view::npos) { continue; }
        return std::string(core::split(line.substr(dash + 3), ' ')[0]);
    }
    return "fuse";
}

}  // namespace

std::string join_path(std::string_view base, std::string_view rest) {
    if (base.empty() || rest.starts_with('/')) { return std::string(rest); }
    if (rest.empty()) { return std::string(base); }
    std::string path;
    path.reserve(base.size() + 1 + rest.size());
    path += base;
    if (!base.ends_with('/')) { path += '/'; }
    return path += rest;
}

std::string parent_path(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) { path.remove_suffix(1); }
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) { return "."; }
    path = path.substr(0, slash);
    while (path.ends_with('/')) { path.remove_suffix(1); }
    return path.empty() ? "/" : std::string(path);
}

std::string base_name(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) { path.remove_suffix(1); }
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos || path == "/") { return std::string(path); }
    return std::string(path.substr(slash + 1));
}

core::Result<std::string> absolute_path(const std::string& path) {
    if (path.empty()) { return system_error(ENOENT, "resolving", path); }
    if (std::optional<std::string> whole = resolved(path)) { return *whole; }
    const int error = errno;
    if (error != ENOENT) { return system_error(error, "resolving", path); }
    const std::string last = base_name(path);
    if (last == "." || last == "..") { return system_error(error, "resolving", path); }
    const std::optional<std::string> parent = resolved(parent_path(path));
    if (!parent) { return system_error(errno, "resolving", path); }
    return join_path(*parent, last);
}

core::Result<std::string> current_dir() {
    const std::unique_ptr<char, Free> text(::getcwd(nullptr, 0));
    // The kernel answers "(unreachable)..." for a folder outside our root.
    if (!text || text.get()[0] != '/') { return system_error(text ? ENOENT : errno, "finding", "the current folder"); }
    return std::string(text.get());
}

namespace {

// Most paths are: then nothing needs to be taken apart.
bool is_normal(std::string_view path) {
    if (path.empty()) { return false; }
    std::size_t begin = path.front() == '/' ? 1 : 0;
    if (begin == path.size()) { return true; }
    for (;;) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view part = path.substr(begin, end - begin);
        if (part.empty() || part == "." || part == "..") { return false; }
        if (end == path.size()) { return true; }
        begin = end + 1;
    }
}

}  // namespace

std::string lexically_normal(std::string_view path) {
    if (is_normal(path)) { return std::string(path); }
    const bool absolute = path.starts_with('/');
    std::vector<std::string_view> parts;
    for (const std::string_view part : core::split(path, '/')) {
        if (part.empty() || part == ".") { continue; }
        if (part == ".." && !parts.empty() && parts.back() != "..") {
            parts.pop_back();
        } else if (part != ".." || !absolute) {
            parts.push_back(part);
        }
    }
    std::string out = absolute ? "/" : "";
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) { out += '/'; }
        out += parts[i];
    }
    return out.empty() ? "." : out;
}

std::optional<std::string> relative_inside(std::string_view path, std::string_view base) {
    if (path == base) { return "."; }
    if (!path.starts_with(base)) { return std::nullopt; }
    path.remove_prefix(base.size());
    if (base != "/") {
        if (!path.starts_with('/')) { return std::nullopt; }
        path.remove_prefix(1);
    }
    return std::string(path);
}

core::Result<FileSystem> file_system_of(const std::string& path) {
    struct statfs info{};
    int result = 0;
    do { result = ::statfs(path.c_str(), &info); } while (result != 0 && errno == EINTR);
    if (result != 0) { return system_error(errno, "looking at the file system of", path); }
    FileSystem found;
    found.free_bytes = static_cast<std::uint64_t>(info.f_bavail) * static_cast<std::uint64_t>(info.f_bsize);
    const auto magic = static_cast<std::uint32_t>(info.f_type);
    if (magic == k_fuse_magic) {
        const std::optional<struct stat> file = stat_path(path);
        found.kind = file ? fuse_kind(file->st_dev) : "fuse";
        // Most are remote, and one cannot see which: only a block device below says local.
        found.network = found.kind != "fuseblk";
        return found;
    }
    for (const KnownKind& known : k_kinds) {
        if (known.magic == magic) {
            found.kind = known.name;
            found.network = known.network;
            return found;
        }
    }
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), magic, 16);
    found.kind = "0x" + std::string(digits.data(), end.ptr);
    return found;
}

}  // namespace runlake::os
