// SPDX-License-Identifier: Apache-2.0
// Scripts that run queued jobs without `queue run`: for a shell, for Slurm, or to be read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/job_id.hpp"
#include "core/result.hpp"

namespace runlake::jobs {

enum class ScriptKind : std::uint8_t { shell, slurm, manual };

struct ScriptRequest {
    ScriptKind kind = ScriptKind::shell;
    std::vector<core::JobId> jobs;              // in the order in which they are to run
    std::string made_at;                        // for the comment
    std::string root;                           // of the project: where the script goes first
    std::vector<std::string> program;           // what starts Runlake, with the options that find the store
    std::vector<std::string> run_options;       // of `job run`
    std::string name = "runlake-queue";         // slurm: of the array
    std::string output;                         // slurm: where the tasks write, "logs/%A_%a.out"
    std::vector<std::string> options;           // slurm: see slurm_options()
};

// shell: one job after the other; those that are complete already are passed over, and the first that fails ends it. slurm: an array whose tasks find their jobs in a list in the script, so
// that a task means the same job whenever it starts. manual: the lines of the shell alone. Errc::usage: an array of nothing.
core::Result<std::string> queue_script(const ScriptRequest& request);

}  // namespace runlake::jobs
