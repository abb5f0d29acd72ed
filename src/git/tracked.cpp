// SPDX-License-Identifier: Apache-2.0
#include "git/tracked.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "git/library.hpp"

namespace runlake::git {

core::Result<std::vector<TrackedPath>> tracked_paths(const Location& where) {
    RL_TRY(load_library());
    git_repository* raw = nullptr;
    if (library().repository_open(&raw, where.work_tree.c_str()) != 0) { return last_error(core::cat("opening the repository ", where.work_tree)); }
    const RepositoryHandle repository(raw);
    git_index* raw_index = nullptr;
    if (library().repository_index(&raw_index, raw) != 0) { return last_error(core::cat("reading the index of ", where.work_tree)); }
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

}  // namespace runlake::git
