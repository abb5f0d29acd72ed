// SPDX-License-Identifier: Apache-2.0
// The paths that a repository tracks, out of its index: what "the code of this project" means to a pipeline.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "git/repository.hpp"

namespace runlake::git {

struct TrackedPath {
    std::string path;             // relative to the work tree
    bool repository = false;      // a submodule: a folder that is a repository of its own
};

// Sorted by the bytes of the path, each once; whether the files are there is not looked at. Errc::unsupported without libgit2.
core::Result<std::vector<TrackedPath>> tracked_paths(const Location& where);

// Whether tree_state() looks at the content of each of these files (relative to the work tree): it is tracked, or it is neither ignored nor in a repository within this one.
core::Result<std::vector<bool>> counts_for_tree_state(const Location& where, const std::vector<std::string>& files);

}  // namespace runlake::git
