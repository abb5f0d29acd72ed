// SPDX-License-Identifier: Apache-2.0
// Resolving and making a store.
#include "record/store.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::record {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::string_view k_store_name = ".runlake";

// This file ignores itself too: a first run must not show in `git status`.
constexpr std::string_view k_ignore_text =
    "# Written by runlake when it made this folder: all of it stays on this machine, except what is named below.\n"
    "*\n"
    "!config.yaml\n"
    "!ledger/\n"
    "!ledger/**\n"
    "!ledger-extra/\n"
    "!ledger-extra/**\n"
    "!runs-index/\n"
    "!runs-index/**\n"
    "!epsilon/\n"
    "!epsilon/**\n";

constexpr std::uint64_t k_most_ignore_bytes = 64U << 10U;

bool is_home_store(const std::string& dir) {
    const auto home = os::env("HOME");
    if (!home || !home->starts_with('/') || os::base_name(dir) != k_store_name) { return false; }
    auto resolved = os::absolute_path(*home);
    return resolved.ok() && os::parent_path(dir) == resolved.value();
}

// What may be taken for a store although this call did not make it: its name says so, it has a store's folders or the file that is written into each, or it is empty.
core::Status check_is_store(const std::string& dir) {
    if (os::base_name(dir) == k_store_name || os::is_dir(dir + "/journal") || os::exists(dir + "/config.yaml") || os::exists(dir + "/lake/lake.duckdb")) { return core::ok(); }
    const auto ignored = os::read_file(dir + "/.gitignore", k_most_ignore_bytes);
    if (ignored.ok() && ignored.value().starts_with(k_ignore_text.substr(0, k_ignore_text.find(':')))) { return core::ok(); }
    RL_ASSIGN(const auto entries, os::list_dir(dir));
    const bool empty = std::all_of(entries.begin(), entries.end(), [](const os::DirEntry& entry) { return entry.name == ".gitignore"; });
    if (empty) { return core::ok(); }
    return Error(Errc::conflict, cat("opening store ", dir, ": the folder holds other files and is no store; name a new or empty folder"));
}

core::Status make_store(Store& store) {
    auto made = os::make_dir(store.dir, 0777, os::point::store_create);
    if (!made.ok() && made.error().code() == Errc::not_found) {
        RL_TRY(os::make_dirs(os::parent_path(store.dir), 0777, os::point::store_create));
        made = os::make_dir(store.dir, 0777, os::point::store_create);
    }
    store.created_now = made.ok();
    if (!made.ok()) {
        // On a read-only file system mkdir may say so before it looks.
        if (!os::is_dir(store.dir)) { return made; }
        RL_TRY(check_is_store(store.dir));
    }
    // Whoever made the folder may have been killed before it wrote the file. Who wants another one edits it.
    if (!store.created_now && os::exists(store.dir + "/.gitignore")) { return core::ok(); }
    auto written = os::publish_file(store.dir + "/.gitignore", k_ignore_text, 0666, os::Existing::keep, os::Durability::process,
                                    os::point::store_ignore_write);
    if (written.ok() || written.error().code() == Errc::conflict) { return core::ok(); }
    return written;
}

core::Result<Store> named_store(const std::string& name, std::string_view origin) {
    RL_ASSIGN(const auto here, os::current_dir());
    const std::string normal = os::lexically_normal(os::join_path(here, name));
    auto dir = os::absolute_path(normal);
    Store store;
    store.dir = dir.ok() ? std::move(dir).take() : normal;  // parents may be missing still
    if (os::exists(store.dir) && !os::is_dir(store.dir)) {
        return Error(Errc::conflict, cat("opening store ", store.dir, " (", origin, "): it is a file, not a folder"));
    }
    store.root = os::base_name(store.dir) == k_store_name ? os::parent_path(store.dir) : find_project_root(here).value_or("");
    return store;
}

core::Result<Store> project_store(OpenStore mode) {
    RL_ASSIGN(const auto here, os::current_dir());
    Store store;
    if (const auto root = find_project_root(here)) {
        store.root = *root;
    } else if (mode != OpenStore::create) {
        return Error(Errc::not_found, cat("no store: neither ", here, " nor a folder above it has ", k_store_name,
                                          "/ or .git; go into a project, record a first run with `runlake run`, or name a store with --store"));
    } else {
        store.root = here;
    }
    store.dir = os::join_path(store.root, k_store_name);
    if (is_home_store(store.dir)) {
        return Error(Errc::usage, cat("making a store in the home folder ", store.root,
                                      ": it would take in every project below it; go into a project folder, or name a store with RUNLAKE_STORE"));
    }
    return store;
}

}  // namespace

std::string runs_database_path(const std::string& store_dir, bool network, const std::optional<std::string>& cache_home) {
    if (network && cache_home) { return cat(*cache_home, "/runs/", core::sha256(store_dir).hex().substr(0, 16), "/runs.duckdb"); }
    return store_dir + "/runs.duckdb";
}

std::string Store::runs_database() const {
    const auto system = os::file_system_of(dir);
    return runs_database_path(dir, system.ok() && system.value().network, os::cache_home());
}

core::Result<Store> open_store(const std::optional<std::string>& explicit_dir, OpenStore mode) {
    const auto variable = os::env("RUNLAKE_STORE");
    Store store;
    if (explicit_dir) {
        if (explicit_dir->empty()) { return Error(Errc::usage, "opening the store: --store names no folder"); }
        RL_ASSIGN(store, named_store(*explicit_dir, "--store"));
    } else if (variable && !variable->empty()) {
        RL_ASSIGN(store, named_store(*variable, "RUNLAKE_STORE"));
    } else {
        RL_ASSIGN(store, project_store(mode));
    }
    if (mode == OpenStore::create) {
        auto made = make_store(store);
        if (!made.ok()) {
            const bool refused = made.error().code() == Errc::conflict;  // it is no store, and shall be none
            auto problem = std::move(made).take_error().context(cat("making store ", store.dir));
            if (refused) { return problem; }
            store.problem = std::move(problem);
        }
        return store;
    }
    if (mode == OpenStore::planned && !os::exists(store.dir)) { return store; }
    if (!os::is_dir(store.dir)) {
        return Error(Errc::not_found, cat("no store at ", store.dir, ": nothing has been recorded there yet; record a run with `runlake run`, or name a store "
                                                                     "with --store"));
    }
    RL_TRY(check_is_store(store.dir));
    return store;
}

core::Result<std::optional<Store>> find_store(const std::optional<std::string>& explicit_dir) {
    core::Result<Store> store = open_store(explicit_dir, OpenStore::existing);
    if (store.ok()) { return std::optional<Store>(std::move(store).take()); }
    if (store.error().code() == core::Errc::not_found && !explicit_dir) { return std::optional<Store>(); }
    return std::move(store).take_error();
}

}  // namespace runlake::record
