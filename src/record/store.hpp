// SPDX-License-Identifier: Apache-2.0
// Where a project keeps its facts: finding the root and the store, making it, and the paths inside it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace runlake::record {

// The folders of one store. A value: cheap to copy, touches nothing.
struct Store {
    std::string root;    // the project root, absolute; empty when the store was named by itself (RUNLAKE_STORE outside a project)
    std::string dir;     // "<root>/.runlake", absolute

    std::string journal() const { return dir + "/journal"; }
    std::string patches() const { return dir + "/patches"; }
    std::string environments() const { return dir + "/environments"; }
    std::string output(std::string_view run_id) const { return dir + "/output/" + std::string(run_id); }
    std::string cache() const { return dir + "/cache"; }
    std::string config_file() const { return dir + "/config.yaml"; }
    std::string runs_database() const;  // <dir>/runs.duckdb, or in this machine's cache folder when the store is on a network file system
    bool created_now = false;           // this call made it: say so once
    // OpenStore::create could not make it, or not whole (full, read-only, no permission): whoever writes meets that again, and recording counts what it loses.
    std::optional<core::Error> problem;
};

enum class OpenStore : std::uint8_t {
    existing,
    create,
    planned,   // where it is or would be made; nothing need be there
};

// Where Store::runs_database() is, from what it looks up: apart so that it can be tested without a network file system.
std::string runs_database_path(const std::string& store_dir, bool network, const std::optional<std::string>& cache_home);

// Project root of `start`: the nearest parent with .runlake/ (never $HOME/.runlake), else the nearest with .git (a worktree's is its main worktree's). Nothing
// when there is neither.
std::optional<std::string> find_project_root(const std::string& start);

// Resolves the store: `explicit_dir` (--store), else RUNLAKE_STORE, else the project's; `create` makes what is missing (with the .gitignore inside), in the current
// folder when there is no project; what the disk refuses is in Store::problem. `existing` and none: Errc::not_found that names what was looked at.
core::Result<Store> open_store(const std::optional<std::string>& explicit_dir, OpenStore mode);
// The store if there is one. One that was named must be there: open_store's Errc::not_found.
core::Result<std::optional<Store>> find_store(const std::optional<std::string>& explicit_dir);

}  // namespace runlake::record
