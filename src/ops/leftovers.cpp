// SPDX-License-Identifier: Apache-2.0
#include "ops/leftovers.hpp"

#include <dirent.h>

#include <algorithm>
#include <array>

#include "core/hex.hpp"
#include "jobs/files.hpp"
#include "jobs/run_store.hpp"
#include "os/files.hpp"

namespace runlake::ops {
namespace {

constexpr std::int64_t k_second = 1'000'000;
constexpr std::int64_t k_resting = 24 * 3600 * k_second;
constexpr int k_deepest = 16;   // folders of a store are nested far less

struct Ending {
    std::string_view text;
    std::size_t digits;   // before it
};
constexpr std::array k_endings = std::to_array<Ending>({{".tmp", 16}, {".probe", 8}});

bool is_resting(const struct stat& info, core::Timestamp now) { return std::int64_t{info.st_mtim.tv_sec} * k_second <= now.micros - k_resting; }

void look_into(const std::string& folder, core::Timestamp now, int depth, Leftovers& found) {
    const auto entries = os::list_dir(folder);
    if (!entries.ok() || depth > k_deepest) { return; }
    for (const os::DirEntry& entry : entries.value()) {
        const bool is_temporary = is_temporary_name(entry.name);
        if (!is_temporary && entry.type != DT_DIR && entry.type != DT_UNKNOWN) { continue; }
        std::string path = os::join_path(folder, entry.name);
        const auto info = os::stat_link(path);
        if (!info) { continue; }
        if (S_ISDIR(info->st_mode)) { look_into(path, now, depth + 1, found); }
        if (!is_temporary || !S_ISREG(info->st_mode) || !is_resting(*info, now)) { continue; }
        found.bytes += static_cast<std::uint64_t>(info->st_size);
        found.paths.push_back(std::move(path));
    }
}

// Folders in which jobs were being made.
void look_for_jobs(const record::Store& store, core::Timestamp now, Leftovers& found) {
    const auto runs = jobs::RunStore::find(store);
    const auto entries = runs.ok() ? os::list_dir(runs.value().workspace()) : core::Result<std::vector<os::DirEntry>>(std::vector<os::DirEntry>());
    if (!entries.ok()) { return; }
    for (const os::DirEntry& entry : entries.value()) {
        if (!entry.name.starts_with(jobs::k_making_prefix)) { continue; }
        const std::string folder = os::join_path(runs.value().workspace(), entry.name);
        const auto info = os::stat_link(folder);
        const auto files = os::list_dir(folder);
        if (!info || !S_ISDIR(info->st_mode) || !is_resting(*info, now) || !files.ok()) { continue; }
        for (const os::DirEntry& file : files.value()) {
            const auto size = os::stat_link(os::join_path(folder, file.name));
            if (size && S_ISREG(size->st_mode)) { found.bytes += static_cast<std::uint64_t>(size->st_size); }
        }
        found.paths.push_back(folder);
    }
}

}  // namespace

bool is_temporary_name(std::string_view name) {
    return std::ranges::any_of(k_endings, [&](const Ending& ending) {
        if (!name.starts_with('.') || !name.ends_with(ending.text)) { return false; }
        const std::string_view rest = name.substr(0, name.size() - ending.text.size());
        if (rest.size() < ending.digits + 3) { return false; }   // ".N." and the digits
        return core::is_hex(rest.substr(rest.size() - ending.digits)) && rest[rest.size() - ending.digits - 1] == '.';
    });
}

Leftovers find_leftovers(const record::Store& store, core::Timestamp now) {
    Leftovers found;
    look_into(store.dir, now, 0, found);
    const std::string beside = os::parent_path(store.runs_database());
    if (beside != store.dir) { look_into(beside, now, 0, found); }
    look_for_jobs(store, now, found);
    return found;
}

core::Status remove_leftovers(const Leftovers& leftovers) {
    for (const std::string& path : leftovers.paths) { RL_TRY(os::remove_tree(path, os::point::prune_remove)); }
    return core::ok();
}

}  // namespace runlake::ops
