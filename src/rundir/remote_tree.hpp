// SPDX-License-Identifier: Apache-2.0
// Inside rundir only: which objects of a place belong to a run directory. Whatever else stands there is never touched, and no name from outside becomes a path unread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/digest.hpp"
#include "rundir/layout.hpp"
#include "rundir/rclone.hpp"

namespace runlake::rundir {

// An object in .stages/<stage>/<instance>/: `current`, or something of one result.
struct ResultObject {
    StageInstance which;
    std::optional<core::Digest> key;   // nothing: of the instance itself
    std::string rest;                  // "current", "DONE.json", "manifest.json", "out/..."
};
std::optional<ResultObject> parse_result_object(std::string_view name);

struct RemoteTree {
    ObjectList all;                                       // of the run directory: all that is named below
    std::vector<std::string> records;                     // run.json, config_resolved.yaml, attempts, pinned
    std::vector<std::string> currents;
    std::map<std::pair<StageInstance, core::Digest>, std::vector<std::string>> results;   // names of all objects of those that have a DONE.json
    std::vector<std::string> locks;
    bool empty = true;                                    // nothing at all stands there, but locks and what a killed first push leaves

    bool has(std::string_view name) const { return all.find(name) != all.end(); }
    bool is_run_dir() const { return has("run.json"); }
};
RemoteTree sort_objects(ObjectList objects);

// ".stages/<stage>/<instance>/<key>/"
std::string result_prefix(const StageInstance& which, const core::Digest& key);
std::string instance_prefix(const StageInstance& which);

inline constexpr std::string_view k_remote_lock_prefix = ".stages/.leases/remote-";

}  // namespace runlake::rundir
