// SPDX-License-Identifier: Apache-2.0
#include "lake/export/staged_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/digest.hpp"
#include "core/hex.hpp"
#include "core/text.hpp"
#include "os/exchange.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::lake {
namespace {

using core::cat;

constexpr mode_t k_folder_mode = 0755;
constexpr mode_t k_file_mode = 0644;
constexpr std::size_t k_name_bytes = 100;
constexpr std::size_t k_random_digits = 16;
constexpr std::string_view k_ending = ".tmp";
constexpr std::string_view k_lease_ending = ".lease";

// ".<name>.<random>.tmp.lease"
bool is_lease_of_staged(std::string_view name) {
    if (!name.starts_with('.') || !name.ends_with(k_lease_ending)) { return false; }
    name.remove_suffix(k_lease_ending.size());
    if (!name.ends_with(k_ending)) { return false; }
    name.remove_suffix(k_ending.size());
    const auto dot = name.rfind('.');
    return dot != std::string_view::npos && name.size() - dot - 1 == k_random_digits && core::is_hex(name.substr(dot + 1));
}

// ".<name of such a lease>.<random>.tmp": what a program leaves that is killed before its lease has its name.
bool is_lease_being_made(std::string_view name) {
    if (!name.starts_with('.') || !name.ends_with(k_ending) || name.size() < k_random_digits + k_ending.size() + 2) { return false; }
    name.remove_suffix(k_ending.size());
    const auto digits = name.substr(name.size() - k_random_digits);
    name.remove_suffix(k_random_digits);
    return core::is_hex(digits) && name.ends_with('.') && is_lease_of_staged(name.substr(1, name.size() - 2));
}

// A living program gives it its name within moments.
constexpr std::int64_t k_resting_seconds = std::int64_t{24} * 3600;
void remove_if_resting(const std::string& path, FolderPoints points) {
    const auto info = os::stat_link(path);
    if (info && std::int64_t{info->st_mtim.tv_sec} <= os::system_clock().now().micros / 1'000'000 - k_resting_seconds) { static_cast<void>(os::remove_file(path, points.write).ok()); }
}

core::Status list_below(const std::string& folder, const std::string& prefix, std::vector<std::string>& out) {
    RL_ASSIGN(const auto entries, os::list_dir(folder));
    for (const auto& entry : entries) {
        const std::string path = os::join_path(folder, entry.name);
        const auto info = os::stat_link(path);
        if (info && S_ISDIR(info->st_mode)) {
            RL_TRY(list_below(path, cat(prefix, entry.name, '/'), out));
        } else {
            out.push_back(prefix + entry.name);
        }
    }
    return core::ok();
}

}  // namespace

core::Result<StagedFolder> StagedFolder::make(const std::string& target, FolderPoints points) {
    const std::string parent = os::parent_path(target);
    RL_TRY(os::make_dirs(parent, k_folder_mode, points.write));
    sweep_staged(parent, points);
    const std::string path = os::join_path(parent, cat('.', os::base_name(target).substr(0, k_name_bytes), '.', os::random_hex(k_random_digits), k_ending));
    os::LeaseOptions options;
    options.purpose = "fill the folder";
    RL_ASSIGN(auto lease, os::Lease::take(path + std::string(k_lease_ending), options));
    RL_TRY(os::make_dir(path, k_folder_mode, points.write));
    return StagedFolder(std::move(lease), path, target, points);
}

StagedFolder::StagedFolder(StagedFolder&& other) noexcept
    : lease_(std::move(other.lease_)), path_(std::exchange(other.path_, "")), target_(std::move(other.target_)), points_(other.points_) {}

StagedFolder::~StagedFolder() {
    // What can't be removed is a hidden folder that nobody reads.
    if (!path_.empty()) { static_cast<void>(os::remove_tree(path_, points_.write).ok()); }
}

core::Status StagedFolder::write(const std::string& rel_path, std::string_view bytes) {
    const std::string path = os::join_path(path_, rel_path);
    RL_TRY(os::make_dirs(os::parent_path(path), k_folder_mode, points_.write));
    RL_ASSIGN(const os::Fd file, os::create_exclusive(path, k_file_mode, points_.write));
    RL_TRY(os::write_all(file.get(), bytes, points_.write, path));
    return os::sync_file(file.get(), points_.write, path);
}

core::Status StagedFolder::sync_folders(const std::string& folder) const {
    RL_ASSIGN(const auto entries, os::list_dir(folder));
    for (const auto& entry : entries) {
        const std::string path = os::join_path(folder, entry.name);
        const auto info = os::stat_link(path);
        if (info && S_ISDIR(info->st_mode)) { RL_TRY(sync_folders(path)); }
    }
    return os::sync_dir(folder, points_.publish);
}

core::Status StagedFolder::publish(Existing existing) {
    RL_TRY(sync_folders(path_));
    const std::string parent = os::parent_path(target_);
    auto renamed = os::rename_exclusive(path_, target_, points_.publish);
    if (renamed.ok()) {
        path_.clear();
        return os::sync_dir(parent, points_.publish);
    }
    if (existing == Existing::refuse || renamed.error().code() != core::Errc::conflict) { return renamed; }
    RL_TRY(os::exchange_names(path_, target_, points_.publish));
    // path_ is what was there before: it goes with this object.
    return os::sync_dir(parent, points_.publish);
}

void sweep_staged(const std::string& parent, FolderPoints points) {
    const auto entries = os::list_dir(parent);
    if (!entries.ok()) { return; }
    for (const auto& entry : entries.value()) {
        if (is_lease_being_made(entry.name)) { remove_if_resting(os::join_path(parent, entry.name), points); }
        // The lease is there before the folder and longer than it.
        if (!is_lease_of_staged(entry.name)) { continue; }
        const std::string lease_path = os::join_path(parent, entry.name);
        const auto lives = os::lease_lives(lease_path);
        if (!lives.ok() || lives.value()) { continue; }
        os::LeaseOptions options;
        options.purpose = "sweep";
        options.heartbeat = false;
        const auto lease = os::Lease::take(lease_path, options);
        if (!lease.ok()) { continue; }  // another sweeps it
        static_cast<void>(os::remove_tree(lease_path.substr(0, lease_path.size() - k_lease_ending.size()), points.write).ok());
    }
}

core::Result<std::vector<std::string>> files_below(const std::string& folder) {
    std::vector<std::string> files;
    RL_TRY(list_below(folder, "", files));
    std::ranges::sort(files);
    return files;
}

core::Result<FileDigest> digest_file(const std::string& path) {
    RL_ASSIGN(const os::Fd file, os::open_read(path));
    core::Sha256 digest;
    FileDigest result;
    std::string buffer(1U << 18U, '\0');
    while (true) {
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return os::system_error(errno, "reading", path); }
        if (got == 0) { break; }
        digest.update({buffer.data(), static_cast<std::size_t>(got)});
        result.bytes += static_cast<std::uint64_t>(got);
    }
    result.sha256 = digest.finish().hex();
    return result;
}

}  // namespace runlake::lake
