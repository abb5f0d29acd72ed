// SPDX-License-Identifier: Apache-2.0
// How a working tree differs from its HEAD commit: one digest, and the patch behind it. Uses libgit2, which is loaded at the first call.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "core/result.hpp"
#include "git/repository.hpp"

namespace runlake::git {

struct TreeOptions {
    // Folders that never count, tracked or not: paths relative to the work tree. ".runlake" and ".runs" never count wherever they stand.
    std::vector<std::string> own_folders;
    std::chrono::milliseconds limit{2000};          // past it the state is unknown
    std::function<bool()> stop;                     // asked every few files and every MiB; true: the state is unknown
    std::uint64_t patch_file_bytes = 256U << 10U;   // a larger text is left out of the patch (never out of the digest)
    std::uint64_t patch_bytes = 4U << 20U;          // of the whole patch
};

enum class TreeKind : std::uint8_t {
    clean,    // the working tree is the commit's tree
    dirty,    // it differs: digest and patch say how
    unknown,  // it changed while it was looked at, took too long, or can't be told: `reason`
};

struct TreeState {
    TreeKind kind = TreeKind::unknown;
    std::optional<core::Digest> digest;  // of the difference, recipe "dirty/1" (docs/formats/fingerprints.md); equal on every machine for equal trees
    std::string patch;                   // for `git apply` on the commit; its head lists what was left out or redacted
    std::string reason;                  // for people; "" unless unknown
    std::string note;                    // something worth saying of a known state ("owned by another user"), or ""
};

// Compares the tree of `commit` with the files of the work tree, whatever is staged. No program that the repository's configuration names is run, nothing is
// written. Safe to call from any thread; several calls may run at once. Never fails: what can't be told is TreeKind::unknown.
TreeState tree_state(const Location& where, const std::string& commit, const TreeOptions& options);

}  // namespace runlake::git
