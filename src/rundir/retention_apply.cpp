// SPDX-License-Identifier: Apache-2.0
// Removing run directories, by way of a trash folder, so that one that is half removed is never taken for a whole one.
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "rundir/retention.hpp"
#include "rundir/retention_parts.hpp"

namespace runlake::rundir {
namespace {

namespace point = os::point;

// Since the plan was made somebody may have begun to work there, or pinned it.
core::Result<bool> may_go(const std::string& path) {
    RL_ASSIGN(const RunDir run_dir, RunDir::open(path));
    RL_ASSIGN(const bool busy, is_worked_in(run_dir));
    RL_ASSIGN(const std::optional<std::string> pinned, pin_reason(run_dir));
    return !busy && !pinned;
}

// False: it stays. Looks again after the move: who comes between the first look and the move finds everything back in its place.
core::Result<bool> remove_run_dir(const std::string& base, const std::string& path) {
    const core::Result<bool> before = may_go(path);
    if (!before.ok()) {
        if (before.error().code() == core::Errc::not_found) { return true; }   // another gc was faster
        return before.error();
    }
    if (!before.value()) { return false; }
    RL_TRY(os::make_dirs(trash_of(base), 0700, point::rundir_trash_rename));
    const std::string trash = core::cat(trash_of(base), '/', os::base_name(path), '.', os::random_hex(16));
    make_folders_writable(path, point::rundir_trash_rename);
    RL_TRY(os::rename_exclusive(path, trash, point::rundir_trash_rename));
    const core::Result<bool> after = may_go(trash);
    if (!after.ok() || !after.value()) {
        RL_TRY(os::rename_exclusive(trash, path, point::rundir_trash_rename));
        return false;
    }
    RL_TRY(remove_readonly_tree(trash, point::rundir_trash_remove));
    return true;
}

// Staging folders stand in run directories that stay: not while somebody works there.
core::Result<bool> remove_leftover(const std::string& base, const std::string& path) {
    const std::string holder = os::parent_path(os::parent_path(os::parent_path(path)));   // <run dir>/.stages/.tmp/<name>
    if (os::base_name(os::parent_path(path)) == ".tmp" && os::base_name(os::parent_path(os::parent_path(path))) == ".stages") {
        const core::Result<RunDir> run_dir = RunDir::open(holder);
        if (!run_dir.ok()) { return false; }
        RL_ASSIGN(const bool busy, is_worked_in(run_dir.value()));
        if (busy) { return false; }
    } else if (os::parent_path(path) == base && os::stat_link(path + "/run.json")) {
        return false;   // it was finished after all
    }
    RL_TRY(remove_readonly_tree(path, point::rundir_trash_remove));
    return true;
}

}  // namespace

core::Result<GcResult> apply_gc(const std::string& base, const GcPlan& plan) {
    RL_ASSIGN(const std::string whole, os::absolute_path(base));
    GcResult result;
    for (const GcItem& item : plan.leftovers) {
        RL_ASSIGN(const bool gone, remove_leftover(whole, item.path));
        result.bytes += gone ? item.bytes : 0;
    }
    for (const GcItem& item : plan.items) {
        if (!item.remove) { continue; }
        RL_ASSIGN(const bool gone, remove_run_dir(whole, item.path));
        result.bytes += gone ? item.bytes : 0;
        (gone ? result.removed : result.kept).push_back(item.path);
    }
    // Fine when it is not empty: another gc is at work.
    static_cast<void>(os::remove_dir(trash_of(whole), point::rundir_trash_remove).ok());
    return result;
}

}  // namespace runlake::rundir
