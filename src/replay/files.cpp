// SPDX-License-Identifier: Apache-2.0
#include "replay/files.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "fingerprint/input.hpp"
#include "os/files.hpp"

namespace runlake::replay {
namespace {

constexpr mode_t k_file_mode = 0600;

core::Status copy_one(const std::string& from, const std::string& to) {
    RL_ASSIGN(const bool cloned, os::clone_file(from, to, k_file_mode, os::point::replay_output_keep));
    return cloned ? core::ok() : os::copy_file(from, to, k_file_mode, os::point::replay_output_keep);
}

core::Status copy_any(const std::string& from, const std::string& to) {
    const auto info = os::stat_link(from);
    if (!info) { return core::Error(core::Errc::not_found, core::cat("keeping ", from, ": it is not there")); }
    if (S_ISREG(info->st_mode)) { return copy_one(from, to); }
    if (!S_ISDIR(info->st_mode)) { return core::ok(); }
    RL_TRY(os::make_dir(to, 0700, os::point::replay_folder_create));
    RL_ASSIGN(const std::vector<os::DirEntry> entries, os::list_dir(from));
    for (const os::DirEntry& entry : entries) { RL_TRY(copy_any(os::join_path(from, entry.name), os::join_path(to, entry.name))); }
    return core::ok();
}

}  // namespace

std::vector<FileDigest> digest_files(const std::vector<PlacedFile>& files, const std::string& store_dir) {
    std::vector<FileDigest> digests;
    for (const PlacedFile& one : files) {
        fingerprint::InputOptions options;
        options.root = one.root;
        options.working_dir = one.root;
        options.cache_dir = fingerprint::digests_dir(store_dir);
        FileDigest file{.path = one.name, .digest = std::nullopt, .bytes = std::nullopt};
        const auto read = fingerprint::input_fingerprint({one.path}, options);
        if (read.ok() && !read.value().inputs.empty()) {
            file.digest = read.value().inputs.front().fingerprint;
            file.bytes = read.value().inputs.front().bytes;
        }
        digests.push_back(std::move(file));
    }
    std::sort(digests.begin(), digests.end(), [](const FileDigest& a, const FileDigest& b) { return a.path < b.path; });
    return digests;
}

core::Status keep_file(const std::string& from, const std::string& to, bool may_move) {
    RL_TRY(os::make_dirs(os::parent_path(to), 0700, os::point::replay_folder_create));
    if (may_move && os::rename_exclusive(from, to, os::point::replay_output_keep).ok()) { return core::ok(); }
    return copy_any(from, to);
}

std::string safe_name(std::string_view path) {
    std::string out;
    for (const char c : path) {
        if (c == '/') {
            out += "%2F";
        } else if (c == '%') {
            out += "%25";
        } else {
            out += c;
        }
    }
    return out == "." || out == ".." || out.empty() ? "_" + out : out;
}

}  // namespace runlake::replay
