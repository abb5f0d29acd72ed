// SPDX-License-Identifier: Apache-2.0
// All files below a root, and their digests where a file can be read here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/result.hpp"
#include "sync/files.hpp"
#include "sync/manifest.hpp"

namespace runlake::sync {

struct TreeFile {
    std::string path;
    Attributes attributes;
    std::optional<core::Digest> digest;   // nothing: not known
};

// What is no part of the exchange, and why.
struct PassedOver {
    std::string path;
    std::string why;
};

struct Tree {
    bool is_there = false;                // a missing root is an empty tree
    std::vector<TreeFile> files;          // by path
    std::vector<PassedOver> passed_over;  // symbolic links and what is neither file nor folder
};

using PathFilter = std::function<bool(std::string_view)>;

// `takes` is asked for every file and folder. An unreadable folder is an error: what is in it would look missing.
core::Result<Tree> list_tree(Files& files, const PathFilter& takes);

// Fills in digests of files on this machine: those that `known` (a manifest of the own side) has with the same stamp are not read. What can't be read, or changed while it was read, goes to `unread`
// with the reason, and keeps no digest. Gives back what `known` is to be from now on.
core::Result<std::vector<Entry>> digest_tree(const std::string& root, Tree& tree, const std::vector<Entry>& known, std::vector<PassedOver>& unread);

// Reads a file, or no more than its first bytes.
core::Result<core::Digest> digest_of(Files& files, const std::string& path, std::uint64_t most = UINT64_MAX);

}  // namespace runlake::sync
