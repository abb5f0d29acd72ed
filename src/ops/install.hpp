// SPDX-License-Identifier: Apache-2.0
// `install`: makes a repository ready for jobs, the ledger and a knowledge base. Each step looks at what is there first, so doing it again changes nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::ops {

struct InstallRequest {
    record::Store store;                        // made already unless it is a dry run
    std::optional<std::string> machine_label;
    std::optional<std::string> run_store;       // relative to the project root, or absolute
    bool force = false;                         // also over a marker of a later version, or one that can't be read
    bool dry_run = false;
    bool require_git = false;
    core::Timestamp now;
};

// What a step did, or in a dry run would do. Kinds: wrote, identical, preserved (the user's own text, other than ours), merged, migration_warning, initialized_runs, wrote_marker, note.
struct InstallAction {
    std::string kind;
    std::string path;                           // relative to the project root where it lies inside
    std::string detail;
};

struct InstallResponse {
    std::string root;
    std::string machine_label;
    std::string run_store;                      // absolute
    bool dry_run = false;
    bool changed = false;                       // anything was (would be) written
    std::vector<InstallAction> actions;         // in their order
};

// Errc::usage: a label that can't be one. Errc::not_found: --require-git, and there is none. Errc::conflict: markers in a file of the user's that do not pair, or a run store elsewhere.
// Errc::unsupported: installed by a later version, without `force`. The files that were written before an error stay; the next call goes on.
core::Result<InstallResponse> install(const InstallRequest& request);
core::Json to_json(const InstallResponse& response);

}  // namespace runlake::ops
