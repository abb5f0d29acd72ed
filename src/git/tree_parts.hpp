// SPDX-License-Identifier: Apache-2.0
// What the parts of tree_state() hand to each other. For sources of this module only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/result.hpp"
#include "git/library.hpp"
#include "git/tree_state.hpp"
#include "os/files.hpp"
#include "os/stamp.hpp"

namespace runlake::git {

// When to give up.
class Budget {
  public:
    Budget(std::chrono::milliseconds limit, const std::function<bool()>& stop) : end_(std::chrono::steady_clock::now() + limit), stop_(stop) {}
    // Why to give up now, or nothing.
    std::optional<core::Error> over() const;

  private:
    std::chrono::steady_clock::time_point end_;
    std::function<bool()> stop_;
};

// A path that the commit or the index names.
struct Tracked {
    std::string path;
    std::uint32_t head_mode = 0;            // 0: not in the commit
    git_oid head_id{};
    std::uint32_t index_mode = 0;           // 0: not in the index
    git_oid index_id{};
    bool conflicted = false;                // the index holds several versions
    bool skipped = false;                   // skip-worktree: a sparse checkout leaves it out on purpose
    // From the index, when the file's content is known to be index_id as long as the stamp is this one.
    bool has_stamp = false;
    git_index_time index_ctime{};
    git_index_time index_mtime{};
    std::uint32_t index_inode = 0;
    std::uint32_t index_size = 0;
};

// All tracked paths, sorted by bytes, and where to find them.
struct TrackedSet {
    std::vector<Tracked> entries;
    std::unordered_map<std::string_view, std::size_t> by_path;
    std::unordered_set<std::string_view> folders;  // every folder above a tracked path

    const Tracked* find(std::string_view path) const;
};
core::Result<TrackedSet> load_tracked(git_repository* repository, const std::string& commit, const Budget& budget);

// A file, link or nested repository of the work tree that counts.
struct Seen {
    std::string path;          // relative to the work tree
    os::Stamp stamp;
    bool repository = false;   // a folder with its own .git, or one where the commit or index has a submodule
    bool operator==(const Seen&) const = default;
};

// Walks the work tree: everything tracked, and everything else that is not ignored and not ours. Sorted by path. Keeps the answers about
// ignored paths, so that the second walk asks none twice.
class TreeWalk {
  public:
    TreeWalk(git_repository* repository, const std::string& work_tree, const TrackedSet& tracked, const TreeOptions& options, const Budget& budget)
        : repository_(repository), work_tree_(work_tree), tracked_(tracked), options_(options), budget_(budget) {}
    core::Result<std::vector<Seen>> run();

  private:
    core::Status walk(os::Fd folder, const std::string& prefix, std::vector<Seen>& out, int depth);
    core::Result<bool> is_ignored(const std::string& path, bool folder);
    bool is_ours(std::string_view path, std::string_view name) const;

    git_repository* repository_;
    const std::string& work_tree_;
    const TrackedSet& tracked_;
    const TreeOptions& options_;
    const Budget& budget_;
    std::unordered_map<std::string, bool> ignored_;
    std::uint32_t steps_ = 0;
};

enum class ContentKind : std::uint8_t { deleted, file, executable, link, repository };

// One difference between the commit and the work tree.
struct Change {
    std::string path;
    ContentKind before = ContentKind::deleted;   // deleted: it was not there
    ContentKind after = ContentKind::deleted;
    git_oid before_id{};
    std::optional<core::Digest> content;         // of a file or link: SHA-256 of its bytes
    std::string repository_state;                // of a nested repository: its code_ref
    std::uint64_t bytes = 0;
    std::optional<std::string> text;             // the bytes, when they are few enough for the patch
};

// Compares what a path holds now with the commit. Nothing: it is the same. `seen` is null when there is no such file.
class ContentCheck {
  public:
    ContentCheck(git_repository* repository, const Location& where, const TreeOptions& options, const Budget& budget, int depth)
        : repository_(repository), where_(where), options_(options), budget_(budget), depth_(depth) {}
    // Reads core.fileMode and opens the object store.
    core::Status prepare();
    core::Result<std::optional<Change>> compare(const std::string& path, const Tracked* tracked, const Seen* seen);

  private:
    core::Result<bool> is_same_file(const std::string& path, const Tracked& tracked, const os::Stamp& stamp);
    core::Result<bool> is_same_after_filters(const std::string& path, const Tracked& tracked, const std::string& file, const os::Stamp& stamp);
    core::Status read_content(const std::string& path, const Seen& seen, Change& change);
    core::Result<std::string> nested_state(const std::string& path);
    bool is_unchanged_by_index(const Tracked& tracked, const os::Stamp& stamp) const;

    git_repository* repository_;
    const Location& where_;
    const TreeOptions& options_;
    const Budget& budget_;
    int depth_;
    OdbHandle odb_;
    bool trust_mode_ = true;
};

// The patch of all changes, with its head. `digest` is the difference's own.
core::Result<std::string> make_patch(git_repository* repository, const std::string& commit, const core::Digest& digest, const std::vector<Change>& changes,
                                     const TreeOptions& options, const Budget& budget);

// As tree_state(), `depth` repositories deep.
TreeState tree_state_at(const Location& where, const std::string& commit, const TreeOptions& options, const Budget& budget, int depth);

}  // namespace runlake::git
