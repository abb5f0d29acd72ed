// SPDX-License-Identifier: Apache-2.0
// Finding proof-search runs below log roots. Nothing is read but folders. The order of what a folder lists does not show.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace runlake::lake {

// A folder below which runs are looked for, its path resolved.
struct LogRoot {
    std::string path;
    std::string id;  // root_id(path)
    bool operator==(const LogRoot&) const = default;
};

// A folder with a run_config.json.
struct FoundRun {
    std::string dir;          // resolved: two ways to one folder are one run
    std::string key;          // run_key(dir)
    std::string root_id;      // of the shallowest known root that holds it
    std::string rel_run_dir;  // below that root; "." for the root itself
    std::string key_seed;     // run_key_seed(root_id, rel_run_dir)
    std::optional<std::string> provider;  // of a folder provider=<name>
    bool operator==(const FoundRun&) const = default;
};

// A folder that looks like a run and is none, or that could not be looked into.
struct PassedOver {
    std::string dir;
    std::string why;
    bool operator==(const PassedOver&) const = default;
};

struct Discovery {
    std::vector<LogRoot> roots;           // those given, each once, by path; then parents of runs that links out of them led to
    std::vector<FoundRun> runs;           // by dir, each once
    std::vector<PassedOver> passed_over;  // by dir
};

// The runs below `given`, folders by any path. `known` are the roots registered before: with those given they decide which root a run is told by, so that reconciling a
// parent and then a child gives one run, and a shallower root that arrives later takes its runs over. A root that lies in a run (such as one with provider= folders) finds
// what is in it. Folders are searched six levels below a root's children; hidden ones are left out, links to folders are followed. Errc::not_found: a given root is no folder.
core::Result<Discovery> discover_runs(std::span<const std::string> given, std::span<const LogRoot> known = {});

// For a run that is in the lake already: the root, rel_run_dir and key_seed by which it is told now. Nothing when no root holds it.
std::optional<FoundRun> told_by(const std::string& run_dir, std::span<const LogRoot> roots);

}  // namespace runlake::lake
