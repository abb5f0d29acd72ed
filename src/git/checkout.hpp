// SPDX-License-Identifier: Apache-2.0
// A linked worktree at a commit, detached, with a kept patch on it: made for a replay and removed after it. Uses libgit2, which is loaded at the first call.
//
// What git keeps of it is one folder, <common_dir>/worktrees/<name>, with a random name: it holds no branch and blocks nothing, and `git worktree prune` takes it away
// once its tree has gone.
#pragma once

#include <string>

#include "core/result.hpp"
#include "git/repository.hpp"

namespace runlake::git {

struct WorktreeRequest {
    Location repository;     // of any of its worktrees
    std::string commit;      // 40 hex digits
    std::string path;        // where the tree goes; must not exist, its parent must
    std::string name;        // [a-z0-9-]+
    std::string patch;       // for `git apply`; "" for none
};

// Makes it. Errc::not_found: the repository has no such commit (the message says to fetch). Errc::conflict: the patch does not apply, or the path or name is taken.
// After a failure nothing is left. Submodules are left empty; filters other than line ends and idents are not run.
core::Status add_worktree(const WorktreeRequest& request);

// Removes the tree and what git keeps of it. Fine when either is missing.
core::Status remove_worktree(const Location& repository, const std::string& path, const std::string& name);

}  // namespace runlake::git
