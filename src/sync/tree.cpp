// SPDX-License-Identifier: Apache-2.0
#include "sync/tree.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/parallel.hpp"
#include "os/stamp.hpp"
#include "sync/names.hpp"

namespace runlake::sync {
namespace {

constexpr std::size_t k_block_bytes = std::size_t{1} << 18U;
constexpr std::size_t k_deepest = 200;

core::Status list_below(Files& files, const std::string& folder, std::size_t depth, const PathFilter& takes, Tree& tree) {
    if (depth > k_deepest) { return core::Error(core::Errc::unsupported, core::cat("listing ", files.shown(folder), ": more than ", k_deepest, " folders deep")); }
    auto found = files.list(folder);
    if (!found.ok()) {
        if (found.error().code() == core::Errc::not_found) { return core::ok(); }   // gone since, or no root yet
        return std::move(found).take_error();
    }
    if (depth == 0) { tree.is_there = true; }
    for (Named& entry : found.value()) {
        std::string path = folder.empty() ? std::move(entry.name) : core::cat(folder, '/', entry.name);
        if (!is_safe_path(path) || is_own(path) || !takes(path)) { continue; }
        switch (entry.attributes.what) {
            case What::file: tree.files.push_back({std::move(path), entry.attributes, std::nullopt}); break;
            case What::folder: RL_TRY(list_below(files, path, depth + 1, takes, tree)); break;
            case What::link: tree.passed_over.push_back({std::move(path), "a symbolic link"}); break;
            case What::other: tree.passed_over.push_back({std::move(path), "neither a file nor a folder"}); break;
        }
    }
    return core::ok();
}

bool has_stamp(const Entry& entry, const os::Stamp& stamp) {
    return entry.bytes == stamp.size && entry.mtime_ns == stamp.mtime_ns && entry.ctime_ns == stamp.ctime_ns && entry.inode == stamp.inode && entry.device == stamp.device &&
           stamp.newest_ns() < entry.read_at_ns;   // one stamped in the tick in which it was read could have been changed without a trace
}

struct Reading {
    std::optional<core::Digest> digest;
    std::int64_t read_at_ns = 0;
    std::string why;
};

Reading read_file(const std::string& path, const os::Stamp& stamp) {
    const auto failed = [&](int error) { return Reading{std::nullopt, 0, os::system_error(error, "reading", "it").message()}; };
    os::settle(stamp.ctime_ns);
    Reading reading;
    reading.read_at_ns = os::stamping_clock_ns();
    const os::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    if (!file.is_open()) { return failed(errno); }
    std::string block(static_cast<std::size_t>(std::min<std::uint64_t>(k_block_bytes, stamp.size + 1)), '\0');
    core::Sha256 hash;
    for (std::uint64_t left = stamp.size + 1;;) {
        ssize_t got = 0;
        do { got = ::read(file.get(), block.data(), block.size()); } while (got < 0 && errno == EINTR);
        if (got < 0) { return failed(errno); }
        if (got == 0) { break; }
        hash.update(std::string_view(block).substr(0, static_cast<std::size_t>(got)));
        if (static_cast<std::uint64_t>(got) >= left) { break; }   // it grows faster than it is read
        left -= static_cast<std::uint64_t>(got);
    }
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) { return failed(errno); }
    if (os::Stamp::of(info) != stamp) { return {std::nullopt, 0, "it changed while it was read"}; }
    reading.digest = hash.finish();
    return reading;
}

}  // namespace

core::Result<Tree> list_tree(Files& files, const PathFilter& takes) {
    Tree tree;
    RL_TRY(list_below(files, "", 0, takes, tree));
    const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
    std::sort(tree.files.begin(), tree.files.end(), by_path);
    std::sort(tree.passed_over.begin(), tree.passed_over.end(), by_path);
    return tree;
}

core::Result<std::vector<Entry>> digest_tree(const std::string& root, Tree& tree, const std::vector<Entry>& known, std::vector<PassedOver>& unread) {
    std::vector<Entry> now;
    now.reserve(tree.files.size());
    std::vector<std::size_t> to_read;
    auto at = known.begin();
    for (std::size_t i = 0; i < tree.files.size(); ++i) {
        TreeFile& file = tree.files[i];
        while (at != known.end() && at->path < file.path) { ++at; }
        if (at != known.end() && at->path == file.path && has_stamp(*at, file.attributes.stamp)) {
            file.digest = at->digest;
            now.push_back(*at);
        } else {
            to_read.push_back(i);
        }
    }
    std::vector<Reading> readings(to_read.size());
    os::for_each_index(to_read.size(), 4, [&](std::size_t i) {
        const TreeFile& file = tree.files[to_read[i]];
        readings[i] = read_file(core::cat(root, '/', file.path), file.attributes.stamp);
    });
    for (std::size_t i = 0; i < to_read.size(); ++i) {
        TreeFile& file = tree.files[to_read[i]];
        if (!readings[i].digest) {
            unread.push_back({file.path, std::move(readings[i].why)});
            continue;
        }
        file.digest = readings[i].digest;
        const os::Stamp& stamp = file.attributes.stamp;
        now.push_back({.path = file.path, .digest = *file.digest, .bytes = stamp.size, .mtime_ns = stamp.mtime_ns, .planned = false, .ctime_ns = stamp.ctime_ns, .inode = stamp.inode, .device = stamp.device,
                       .read_at_ns = readings[i].read_at_ns});
    }
    std::sort(now.begin(), now.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
    return now;
}

core::Result<core::Digest> digest_of(Files& files, const std::string& path, std::uint64_t most) {
    RL_ASSIGN(const std::unique_ptr<Reader> reader, files.open(path, 0));
    core::Sha256 hash;
    for (std::uint64_t left = most; left > 0;) {
        RL_ASSIGN(std::string_view piece, reader->next());
        if (piece.empty()) { break; }
        piece = piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size())));
        hash.update(piece);
        left -= piece.size();
    }
    return hash.finish();
}

}  // namespace runlake::sync
