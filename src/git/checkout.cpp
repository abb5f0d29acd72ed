// SPDX-License-Identifier: Apache-2.0
// The files by which git knows a linked worktree, libgit2's checkout, and its apply.
#include "git/checkout.hpp"

#include <algorithm>

#include "core/hex.hpp"
#include "core/text.hpp"
#include "git/library.hpp"
#include "os/files.hpp"

namespace runlake::git {
namespace {

using core::cat;
using core::Errc;
using core::Error;

std::string admin_folder(const Location& repository, const std::string& name) { return cat(repository.common_dir, "/worktrees/", name); }

core::Status write_small(const std::string& path, const std::string& text) {
    return os::publish_file(path, text, 0644, os::Existing::keep, os::Durability::process, os::point::replay_worktree_create);
}

// The layout of gitrepository-layout(5): the tree names the admin folder, that names the tree and the main repository.
core::Status write_links(const WorktreeRequest& request, const std::string& admin) {
    RL_TRY(os::make_dirs(cat(request.repository.common_dir, "/worktrees"), 0777, os::point::replay_worktree_create));
    RL_TRY(os::make_dir(admin, 0777, os::point::replay_worktree_create));
    RL_TRY(os::make_dir(request.path, 0777, os::point::replay_worktree_create));
    RL_TRY(write_small(admin + "/commondir", "../..\n"));
    RL_TRY(write_small(admin + "/gitdir", cat(request.path, "/.git\n")));
    RL_TRY(write_small(admin + "/HEAD", cat(request.commit, '\n')));
    return write_small(request.path + "/.git", cat("gitdir: ", admin, '\n'));
}

core::Status check_out(const Library& loaded, git_repository* repository, const std::string& commit) {
    git_oid id{};
    if (loaded.oid_fromstr(&id, commit.c_str()) != 0) { return last_error(cat("reading the id ", commit)); }
    git_commit* raw_commit = nullptr;
    if (loaded.commit_lookup(&raw_commit, repository, &id) != 0) {
        return Error(Errc::not_found, cat("checking out commit ", commit, ": this repository has no such commit; fetch it from where it was pushed, or use --here"));
    }
    const CommitHandle held(raw_commit);
    git_tree* raw_tree = nullptr;
    if (loaded.commit_tree(&raw_tree, held.get()) != 0) { return last_error(cat("reading the tree of commit ", commit)); }
    const TreeHandle tree(raw_tree);
    git_checkout_options options{};
    if (loaded.checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION) != 0) { return last_error("checking out"); }
    options.checkout_strategy = GIT_CHECKOUT_FORCE;
    if (loaded.checkout_tree(repository, reinterpret_cast<const git_object*>(tree.get()), &options) != 0) { return last_error(cat("checking out commit ", commit)); }
    return core::ok();
}

core::Status apply_patch(const Library& loaded, git_repository* repository, const std::string& patch) {
    // The head of a kept patch is prose; libgit2 wants the first file's difference first.
    const std::size_t begin = patch.starts_with("diff --git ") ? 0 : patch.find("\ndiff --git ");
    if (begin == std::string::npos) { return core::ok(); }
    const std::string_view text = std::string_view(patch).substr(begin == 0 ? 0 : begin + 1);
    git_diff* raw_diff = nullptr;
    if (loaded.diff_from_buffer(&raw_diff, text.data(), text.size()) != 0) { return last_error("reading the kept patch"); }
    const DiffHandle diff(raw_diff);
    git_apply_options options{};
    if (loaded.apply_options_init(&options, GIT_APPLY_OPTIONS_VERSION) != 0) { return last_error("applying the kept patch"); }
    if (loaded.apply(repository, diff.get(), GIT_APPLY_LOCATION_WORKDIR, &options) != 0) {
        return Error(Errc::conflict, last_error("applying the kept patch").message());
    }
    return core::ok();
}

core::Status fill(const WorktreeRequest& request) {
    RL_ASSIGN(const Library* const loaded, load_library());
    git_repository* raw = nullptr;
    if (loaded->repository_open(&raw, request.path.c_str()) != 0) { return last_error(cat("opening the worktree ", request.path)); }
    const RepositoryHandle repository(raw);
    RL_TRY(check_out(*loaded, repository.get(), request.commit));
    return request.patch.empty() ? core::ok() : apply_patch(*loaded, repository.get(), request.patch);
}

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

core::Status add_worktree(const WorktreeRequest& request) {
    if (!is_name(request.name) || request.commit.size() != 40 || !core::is_hex(request.commit) || !request.path.starts_with('/')) {
        return Error(Errc::usage, cat("making a worktree: ", request.name, " at ", request.commit, " in ", request.path, " is not of the form"));
    }
    const std::string admin = admin_folder(request.repository, request.name);
    if (os::exists(admin) || os::stat_link(request.path)) { return Error(Errc::conflict, cat("making the worktree ", request.path, ": it is there already")); }
    core::Status made = write_links(request, admin);
    if (made.ok()) { made = fill(request); }
    if (!made.ok()) { static_cast<void>(remove_worktree(request.repository, request.path, request.name)); }
    return made;
}

core::Status remove_worktree(const Location& repository, const std::string& path, const std::string& name) {
    if (!is_name(name)) { return Error(Errc::usage, cat("removing a worktree: ", name, " is no name of one")); }
    // The tree first: git's own `worktree prune` can take the rest away, never the tree.
    RL_TRY(os::remove_tree(path, os::point::replay_worktree_remove));
    return os::remove_tree(admin_folder(repository, name), os::point::replay_worktree_remove);
}

}  // namespace runlake::git
