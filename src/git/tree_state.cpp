// SPDX-License-Identifier: Apache-2.0
// Compares a work tree with a commit: walk, compare what the index cannot vouch for, walk again.
#include "git/tree_state.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "git/tree_parts.hpp"

namespace runlake::git {
namespace {

constexpr int k_max_nested = 4;

std::string_view kind_name(ContentKind kind) {
    switch (kind) {
        case ContentKind::deleted: return "deleted";
        case ContentKind::file: return "file";
        case ContentKind::executable: return "executable";
        case ContentKind::link: return "link";
        case ContentKind::repository: return "repository";
    }
    return "";
}

// Grammar: docs/formats/fingerprints.md, "dirty/1".
core::Digest digest_of(const std::vector<Change>& changes) {
    core::FieldHash hash("dirty/1");
    for (const Change& change : changes) {
        hash.field("path", std::string_view(change.path)).field("kind", kind_name(change.after));
        if (change.content) {
            hash.field("content", std::string_view(change.content->hex()));
        } else if (change.after == ContentKind::repository) {
            hash.field("content", std::string_view(change.repository_state));
        } else {
            hash.absent("content");
        }
    }
    return hash.finish();
}

bool is_own(std::string_view path, const TreeOptions& options) {
    for (const std::string& folder : options.own_folders) {
        if (path == folder || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'))) { return true; }
    }
    for (const std::string_view part : core::split(path, '/')) {
        if (part == ".runlake" || part == ".runs") { return true; }
    }
    return false;
}

// Both lists are sorted: every path that either has, once.
core::Result<std::vector<Change>> compare_all(const TrackedSet& tracked, const std::vector<Seen>& seen, ContentCheck& check, const TreeOptions& options,
                                              const Budget& budget) {
    std::vector<Change> changes;
    std::size_t t = 0;
    std::size_t s = 0;
    std::uint32_t steps = 0;
    while (t < tracked.entries.size() || s < seen.size()) {
        const Tracked* entry = t < tracked.entries.size() ? &tracked.entries[t] : nullptr;
        const Seen* file = s < seen.size() ? &seen[s] : nullptr;
        if (entry != nullptr && file != nullptr && entry->path != file->path) {
            if (entry->path < file->path) { file = nullptr; } else { entry = nullptr; }
        }
        if (entry != nullptr) { ++t; }
        if (file != nullptr) { ++s; }
        if (++steps % 256 == 0) {
            if (auto error = budget.over()) { return std::move(*error); }
        }
        const std::string& path = entry != nullptr ? entry->path : file->path;
        if (file == nullptr && is_own(path, options)) { continue; }
        RL_ASSIGN(auto change, check.compare(path, entry, file));
        if (change) { changes.push_back(std::move(*change)); }
    }
    return changes;
}

core::Result<TreeState> look(const Location& where, const std::string& commit, const TreeOptions& options, const Budget& budget, int depth) {
    if (depth > k_max_nested) { return core::Error(core::Errc::unsupported, core::cat("repositories more than ", k_max_nested, " deep in each other")); }
    if (auto error = budget.over()) { return std::move(*error); }
    RL_TRY(load_library());
    git_repository* raw = nullptr;
    if (library().repository_open(&raw, where.work_tree.c_str()) != 0) { return last_error(core::cat("opening the repository ", where.work_tree)); }
    const RepositoryHandle repository(raw);
    // A configuration may name another folder (core.worktree); what ran, ran here. Only where needed: libgit2 1.5 loses memory when the folder is the same.
    const char* const folder = library().repository_workdir(raw);
    if ((folder == nullptr || where.work_tree + '/' != folder) && library().repository_set_workdir(raw, where.work_tree.c_str(), 0) != 0) { return last_error("choosing the work tree"); }

    RL_ASSIGN(const TrackedSet tracked, load_tracked(raw, commit, budget));
    TreeWalk walk(raw, where.work_tree, tracked, options, budget);
    RL_ASSIGN(const std::vector<Seen> before, walk.run());
    ContentCheck check(raw, where, options, budget, depth);
    RL_TRY(check.prepare());
    RL_ASSIGN(const std::vector<Change> changes, compare_all(tracked, before, check, options, budget));

    TreeState state;
    state.kind = changes.empty() ? TreeKind::clean : TreeKind::dirty;
    if (!changes.empty()) {
        state.digest = digest_of(changes);
        RL_ASSIGN(state.patch, make_patch(raw, commit, *state.digest, changes, options, budget));
    }
    // Names, sizes, inodes and times of everything that counts, once more: what is the same now was the same all the while.
    RL_ASSIGN(const std::vector<Seen> after, walk.run());
    if (after != before) { return core::Error(core::Errc::busy, "the tree changed while it was looked at"); }
    const auto owner = os::stat_path(where.git_dir);
    if (owner && owner->st_uid != ::geteuid()) { state.note = core::cat("the repository ", where.work_tree, " belongs to another user"); }
    return state;
}

}  // namespace

TreeState tree_state_at(const Location& where, const std::string& commit, const TreeOptions& options, const Budget& budget, int depth) {
    auto found = look(where, commit, options, budget, depth);
    if (found.ok()) { return std::move(found).take(); }
    TreeState unknown;
    unknown.reason = found.error().message();
    return unknown;
}

TreeState tree_state(const Location& where, const std::string& commit, const TreeOptions& options) {
    const Budget budget(options.limit, options.stop);
    return tree_state_at(where, commit, options, budget, 0);
}

}  // namespace runlake::git
