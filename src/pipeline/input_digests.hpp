// SPDX-License-Identifier: Apache-2.0
// Digests of what stages read from outside of the run directory: each input once in an invocation, however many stages read it.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "pipeline/graph.hpp"
#include "rundir/publish.hpp"

namespace runlake::pipeline {

// Where a declared path lies, for outside and workspace places.
std::string place_folder(const Resolved& resolved, const DeclaredPath& path);
std::string absolute(const Resolved& resolved, const DeclaredPath& path);   // without a final '/'

// Thread-safe.
class InputDigests {
  public:
    InputDigests(const Resolved& resolved, std::optional<std::string> digest_cache) : resolved_(resolved), digest_cache_(std::move(digest_cache)) {}

    // Learns all of them together, which is much faster than one by one.
    core::Status learn(const std::vector<const DeclaredPath*>& paths);
    // As learned; nothing when there is no such input.
    core::Result<std::optional<rundir::OutsideFile>> of(const DeclaredPath& path);
    // Whether it was learned, and there was one.
    bool has(const DeclaredPath& path) const;
    // As it is now.
    core::Result<std::optional<rundir::OutsideFile>> fresh(const DeclaredPath& path) const;

  private:
    core::Status read(const std::vector<const DeclaredPath*>& paths, std::map<std::string, std::optional<rundir::OutsideFile>>& out) const;

    const Resolved& resolved_;
    std::optional<std::string> digest_cache_;
    mutable std::mutex mutex_;
    std::map<std::string, std::optional<rundir::OutsideFile>> known_;   // by logical name
};

}  // namespace runlake::pipeline
