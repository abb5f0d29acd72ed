// SPDX-License-Identifier: Apache-2.0
// The paths that a commit and the index name.
#include <algorithm>
#include <cstring>
#include <utility>

#include "core/text.hpp"
#include "git/tree_parts.hpp"

namespace runlake::git {
namespace {

struct TreeReader {
    std::vector<Tracked>& entries;
    const Budget& budget;
    std::uint32_t steps = 0;
    std::optional<core::Error> stopped;
};

int on_tree_entry(const char* folder, const git_tree_entry* entry, void* payload) {
    auto& reader = *static_cast<TreeReader*>(payload);
    if (++reader.steps % 256 == 0) { reader.stopped = reader.budget.over(); }
    if (reader.stopped) { return -1; }
    const auto mode = static_cast<std::uint32_t>(library().tree_entry_filemode(entry));
    if (mode == GIT_FILEMODE_TREE) { return 0; }
    Tracked tracked;
    tracked.path = core::cat(folder, library().tree_entry_name(entry));
    tracked.head_mode = mode;
    tracked.head_id = *library().tree_entry_id(entry);
    reader.entries.push_back(std::move(tracked));
    return 0;
}

core::Result<std::vector<Tracked>> load_commit(git_repository* repository, const std::string& commit, const Budget& budget) {
    git_oid id{};
    if (commit.size() != GIT_OID_HEXSZ || library().oid_fromstr(&id, commit.c_str()) != 0) {
        return core::Error(core::Errc::unsupported, "the repository does not use SHA-1 object ids, which libgit2 cannot read");
    }
    git_commit* raw_commit = nullptr;
    if (library().commit_lookup(&raw_commit, repository, &id) != 0) { return last_error(core::cat("reading commit ", commit)); }
    const CommitHandle owned(raw_commit);
    git_tree* raw_tree = nullptr;
    if (library().commit_tree(&raw_tree, raw_commit) != 0) { return last_error(core::cat("reading the tree of commit ", commit)); }
    const TreeHandle tree(raw_tree);
    std::vector<Tracked> entries;
    TreeReader reader{.entries = entries, .budget = budget, .steps = 0, .stopped = std::nullopt};
    if (library().tree_walk(raw_tree, GIT_TREEWALK_PRE, on_tree_entry, &reader) != 0) {
        if (reader.stopped) { return std::move(*reader.stopped); }
        return last_error(core::cat("reading the tree of commit ", commit));
    }
    return entries;
}

// Whether the file could have been changed after git looked at it without changing its stamp: git's own rule for such entries.
bool is_racy(const git_index_entry& entry, const std::optional<os::Stamp>& index) {
    if (!index) { return true; }
    const std::int64_t written = index->mtime_ns;
    const std::int64_t stamped = static_cast<std::int64_t>(entry.mtime.seconds) * 1'000'000'000 + static_cast<std::int64_t>(entry.mtime.nanoseconds);
    return stamped >= written;
}

void take_index_entry(const git_index_entry& entry, const std::optional<os::Stamp>& index, Tracked& tracked) {
    if (GIT_INDEX_ENTRY_STAGE(&entry) != 0) {
        tracked.conflicted = true;
        return;
    }
    tracked.index_mode = entry.mode;
    tracked.index_id = entry.id;
    tracked.skipped = (entry.flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0;
    // "Assume unchanged" is a wish of the user's, not a fact: such a file is looked at like any other, by its stamp.
    tracked.has_stamp = entry.mtime.seconds != 0 && !is_racy(entry, index) && (entry.flags_extended & GIT_INDEX_ENTRY_INTENT_TO_ADD) == 0;
    tracked.index_ctime = entry.ctime;
    tracked.index_mtime = entry.mtime;
    tracked.index_inode = entry.ino;
    tracked.index_size = entry.file_size;
}

}  // namespace

const Tracked* TrackedSet::find(std::string_view path) const {
    const auto found = by_path.find(path);
    return found == by_path.end() ? nullptr : &entries[found->second];
}

core::Result<TrackedSet> load_tracked(git_repository* repository, const std::string& commit, const Budget& budget) {
    RL_ASSIGN(std::vector<Tracked> entries, load_commit(repository, commit, budget));
    const auto by_path = [](const Tracked& a, const Tracked& b) { return a.path < b.path; };
    std::sort(entries.begin(), entries.end(), by_path);

    git_index* raw_index = nullptr;
    if (library().repository_index(&raw_index, repository) != 0) { return last_error("reading the index"); }
    const IndexHandle index(raw_index);
    std::optional<os::Stamp> written;
    if (const char* const path = library().index_path(raw_index)) {
        if (const auto info = os::stat_path(path)) { written = os::Stamp::of(*info); }
    }
    const std::size_t in_commit = entries.size();
    const std::size_t count = library().index_entrycount(raw_index);
    for (std::size_t i = 0; i < count; ++i) {
        const git_index_entry* const entry = library().index_get_byindex(raw_index, i);
        if (entry == nullptr || entry->path == nullptr || entry->path[0] == '\0') { continue; }
        if (entry->mode == GIT_FILEMODE_TREE) {
            return core::Error(core::Errc::unsupported, "the index is sparse (it holds whole folders), which libgit2 cannot read");
        }
        const auto end = entries.begin() + static_cast<std::ptrdiff_t>(in_commit);
        const auto place = std::lower_bound(entries.begin(), end, std::string_view(entry->path),
                                            [](const Tracked& tracked, std::string_view path) { return tracked.path < path; });
        if (place != end && place->path == entry->path) {
            take_index_entry(*entry, written, *place);
        } else if (entries.size() > in_commit && entries.back().path == entry->path) {
            take_index_entry(*entry, written, entries.back());  // the stages of a conflict follow each other
        } else {
            Tracked tracked;
            tracked.path = entry->path;
            take_index_entry(*entry, written, tracked);
            entries.push_back(std::move(tracked));
        }
        if (i % 1024 == 1023) {
            if (auto error = budget.over()) { return std::move(*error); }
        }
    }
    std::sort(entries.begin(), entries.end(), by_path);

    TrackedSet set;
    set.entries = std::move(entries);
    set.by_path.reserve(set.entries.size());
    for (std::size_t i = 0; i < set.entries.size(); ++i) {
        const std::string_view path = set.entries[i].path;
        set.by_path.emplace(path, i);
        for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos && slash > 0; slash = path.rfind('/', slash - 1)) {
            if (!set.folders.insert(path.substr(0, slash)).second) { break; }  // those above it are there already
        }
    }
    return set;
}

}  // namespace runlake::git
