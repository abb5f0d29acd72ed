// SPDX-License-Identifier: Apache-2.0
// Finding, opening and making the folder of a run store; the configuration files of signac 2 and 1.
#include <algorithm>
#include <array>
#include <utility>

#include "core/text.hpp"
#include "jobs/config.hpp"
#include "jobs/run_store.hpp"
#include "os/files.hpp"
#include "record/installed.hpp"

namespace runlake::jobs {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::uint64_t k_most_config = 1U << 20U;
constexpr std::string_view k_config = ".signac/config";
constexpr std::array<std::string_view, 2> k_old_configs = {"signac.rc", ".signacrc"};

core::Result<Config> read_config(const std::string& path) {
    RL_ASSIGN(const std::string text, os::read_file(path, k_most_config));
    return parse_config(text, path);
}

// Whether a folder that is to become a run store holds nothing but what an interrupted making of it has left.
bool has_nothing_else(const std::string& path) {
    const auto listed = os::list_dir(path);
    if (!listed.ok()) { return listed.error().code() == Errc::not_found; }
    return std::ranges::all_of(listed.value(), [](const os::DirEntry& entry) {
        return entry.name == ".signac" || entry.name == "workspace" || (entry.name.starts_with(".gitignore.") || entry.name.starts_with("..gitignore."));
    });
}

}  // namespace

core::Result<Config> parse_config(std::string_view text, std::string_view what) {
    Config config;
    bool in_section = false;
    int number = 0;
    for (std::string_view line : core::split(text, '\n')) {
        ++number;
        line = core::trim(line);
        if (line.empty() || line.front() == '#') { continue; }
        if (line.front() == '[') {
            in_section = true;   // of hosts and the like
            continue;
        }
        if (in_section) { continue; }
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) { return Error(Errc::corrupt, cat("reading ", what, ": line ", number, ": it is no \"name = value\"")); }
        const std::string_view name = core::trim(line.substr(0, equals));
        std::string_view value = core::trim(line.substr(equals + 1));
        if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) { value = value.substr(1, value.size() - 2); }
        if (name == "schema_version") {
            config.schema = core::parse_integer(value);
            if (!config.schema) { return Error(Errc::corrupt, cat("reading ", what, ": line ", number, ": schema_version is no number")); }
        } else if (name == "workspace_dir") {
            config.workspace_dir = std::string(value);
        }
    }
    return config;
}

core::Result<RunStore> RunStore::open(const std::string& path) {
    RL_ASSIGN(const std::string folder, os::absolute_path(path));
    const std::string doing = cat("opening the run store ", folder);
    core::Result<Config> config = read_config(os::join_path(folder, k_config));
    if (config.ok()) {
        const std::int64_t schema = config.value().schema.value_or(0);
        if (schema > 2) { return Error(Errc::unsupported, cat(doing, ": it is of signac schema ", schema, "; this version knows 2, and reads 1")); }
        if (schema < 2) { return Error(Errc::unsupported, cat(doing, ": its .signac/config names no schema_version 2: `signac migrate` brings it up to date")); }
        return RunStore("", folder, os::join_path(folder, "workspace"), Layout::signac2);
    }
    if (config.error().code() != Errc::not_found) { return std::move(config).take_error().context(doing); }
    for (const std::string_view name : k_old_configs) {
        config = read_config(os::join_path(folder, name));
        if (!config.ok()) {
            if (config.error().code() == Errc::not_found) { continue; }
            return std::move(config).take_error().context(doing);
        }
        const std::int64_t schema = config.value().schema.value_or(0);
        if (schema > 1) { return Error(Errc::unsupported, cat(doing, ": its ", name, " names signac schema ", schema)); }
        const std::string workspace = config.value().workspace_dir.value_or("workspace");
        if (workspace.find('$') != std::string::npos) { return Error(Errc::unsupported, cat(doing, ": its workspace_dir has variables (", workspace, "): `signac migrate` brings it up to date")); }
        return RunStore("", folder, os::lexically_normal(os::join_path(folder, workspace)), Layout::signac1);
    }
    return Error(Errc::not_found, cat(doing, ": it is no signac project (it has neither .signac/config nor signac.rc)"));
}

core::Result<RunStore> RunStore::find(const record::Store& store) {
    if (store.root.empty()) { return Error(Errc::not_found, cat("looking for the run store: the store ", store.dir, " belongs to no project")); }
    const std::string path = record::run_store_path(store);
    for (const std::string& candidate : {path, store.root}) {
        core::Result<RunStore> opened = open(candidate);
        if (opened.ok()) {
            RunStore found = std::move(opened).take();
            found.root_ = os::absolute_path(store.root).value_or(std::string(store.root));
            return found;
        }
        if (opened.error().code() != Errc::not_found) { return opened; }
    }
    return Error(Errc::not_found, cat("looking for the run store: there is none at ", path, "; `runlake job new` makes one"));
}

core::Result<RunStore> RunStore::create(const record::Store& store) {
    core::Result<RunStore> found = find(store);
    if (found.ok() || found.error().code() != Errc::not_found || store.root.empty()) { return found; }
    const std::string path = record::run_store_path(store);
    const bool is_ours = has_nothing_else(path);
    const core::Status made = [&]() -> core::Status {
        RL_TRY(os::make_dirs(os::join_path(path, ".signac"), 0777, os::point::run_store_create));
        RL_TRY(os::make_dirs(os::join_path(path, "workspace"), 0777, os::point::run_store_create));
        if (is_ours) {
            // Jobs are of this machine; what is shared of them is in the ledger.
            RL_TRY(os::publish_file(os::join_path(path, ".gitignore"), "*\n", 0666, os::Existing::replace, os::Durability::power, os::point::run_store_write));
        }
        // Last: with it, it is a run store.
        return os::publish_file(os::join_path(path, k_config), "schema_version = 2\n", 0666, os::Existing::replace, os::Durability::power, os::point::run_store_write);
    }();
    if (!made.ok()) { return core::Error(made.error()).context(cat("making the run store ", path)); }
    return find(store);
}

std::string RunStore::folder(const core::JobId& id) const { return os::join_path(workspace_, id.str()); }

std::string RunStore::shown_folder(const core::JobId& id) const {
    const std::string whole = folder(id);
    return root_.empty() ? whole : os::relative_inside(whole, root_).value_or(whole);
}

std::string RunStore::own_folder() const { return os::join_path(path_, path_ == root_ ? ".runlake/jobs" : "runlake"); }
std::string RunStore::claim_path(const core::JobId& id) const { return cat(own_folder(), "/claims/", id.str(), ".lease"); }
std::string RunStore::lock_path(const core::JobId& id) const { return cat(own_folder(), "/locks/", id.str(), ".lock"); }

core::Status RunStore::make_own_folder(std::string_view path_inside) const {
    RL_TRY(os::make_dirs(os::parent_path(path_inside), 0777, os::point::run_store_create));
    const std::string ignore = os::join_path(own_folder(), ".gitignore");
    if (os::exists(ignore)) { return core::ok(); }
    const core::Status written = os::publish_file(ignore, "*\n", 0666, os::Existing::keep, os::Durability::process, os::point::run_store_write);
    if (!written.ok() && written.error().code() != Errc::conflict) { return written; }
    return core::ok();
}

}  // namespace runlake::jobs
