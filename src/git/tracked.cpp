// SPDX-License-Identifier: Apache-2.0
#include "git/tracked.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "git/library.hpp"
#include "os/files.hpp"

namespace runlake::git {
namespace {

core::Result<RepositoryHandle> open_repository(const Location& where) {
    RL_TRY(load_library());
    git_repository* raw = nullptr;
    if (library().repository_open(&raw, where.work_tree.c_str()) != 0) { return last_error(core::cat("opening the repository ", where.work_tree)); }
    return RepositoryHandle(raw);
}

// Whether a folder on the way to the file is a repository of its own.
bool is_in_another(const Location& where, const std::string& file) {
    for (std::string folder = os::parent_path(file); !folder.empty() && folder != "."; folder = os::parent_path(folder)) {
        if (os::exists(os::join_path(os::join_path(where.work_tree, folder), ".git"))) { return true; }
    }
    return false;
}

}  // namespace

core::Result<std::vector<TrackedPath>> tracked_paths(const Location& where) {
    RL_ASSIGN(const RepositoryHandle repository, open_repository(where));
    git_index* raw_index = nullptr;
    if (library().repository_index(&raw_index, repository.get()) != 0) { return last_error(core::cat("reading the index of ", where.work_tree)); }
    const IndexHandle index(raw_index);
    std::vector<TrackedPath> paths;
    const std::size_t count = library().index_entrycount(raw_index);
    paths.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const git_index_entry* const entry = library().index_get_byindex(raw_index, i);
        if (!paths.empty() && paths.back().path == entry->path) { continue; }  // several versions of a conflict
        paths.push_back({entry->path, (entry->mode & 0170000U) == GIT_FILEMODE_COMMIT});
    }
    std::sort(paths.begin(), paths.end(), [](const TrackedPath& a, const TrackedPath& b) { return a.path < b.path; });
    return paths;
}

core::Result<std::vector<bool>> counts_for_tree_state(const Location& where, const std::vector<std::string>& files) {
    RL_ASSIGN(const std::vector<TrackedPath> tracked, tracked_paths(where));
    RL_ASSIGN(const RepositoryHandle repository, open_repository(where));
    std::vector<bool> counts;
    for (const std::string& file : files) {
        const auto at = std::ranges::lower_bound(tracked, file, {}, &TrackedPath::path);
        if (at != tracked.end() && at->path == file) {
            counts.push_back(!at->repository);
            continue;
        }
        int ignored = 0;
        if (library().ignore_path_is_ignored(&ignored, repository.get(), file.c_str()) != 0) { return last_error(core::cat("asking whether ", file, " is ignored")); }
        counts.push_back(ignored == 0 && !is_in_another(where, file));
    }
    return counts;
}

}  // namespace runlake::git
