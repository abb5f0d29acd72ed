// SPDX-License-Identifier: Apache-2.0
// `pipeline run`: makes what a pipeline file declares, as far as it is not made already.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "ops/pipeline_open.hpp"
#include "pipeline/execute.hpp"
#include "rundir/remote.hpp"

namespace runlake::ops {

struct PipelineRunRequest {
    PipelineSource source;
    std::optional<std::string> store;              // --store
    std::optional<std::string> run_dir;            // resumed, a folder or an object store's address; nothing: a new one is made
    std::vector<std::string> only;
    std::vector<std::string> force;
    std::optional<int> jobs;                       // default: os::usable_processors()
    bool dry_run = false;
    bool verify_content = false;
    std::vector<std::string> argv;                 // as it was called: recorded
    std::function<void(std::string_view)> say;     // a line for people
    // The run directory and the plan, before anything runs.
    std::function<void(const std::string& run_dir, const pipeline::Graph&, const std::vector<pipeline::Decision>&)> begun;
    std::function<void(const pipeline::ProgressEvent&)> tell;   // calls do not overlap
    std::function<void()> tick;                    // ten times a second or so; calls do not overlap with tell
};

struct PipelineRunResponse {
    OpenPipeline pipeline;
    std::optional<std::string> run_dir;            // absolute; nothing for a dry run of a new one
    bool is_new = false;
    bool dry_run = false;
    std::optional<std::string> run_id;             // of the pipeline's own run
    std::vector<pipeline::Decision> plan;
    std::vector<pipeline::InstanceOutcome> outcomes;   // empty for a dry run
    double seconds = 0;
    bool interrupted = false;
    std::optional<std::string> address;            // of a run directory in an object store: run_dir is where it is worked on
    std::optional<rundir::Pushed> sent;            // to there; nothing when it was interrupted or could not be sent
    std::optional<core::Error> not_sent;
    std::uint64_t count(pipeline::InstanceState state) const;
    // Whether this outcome keeps the pipeline from being done.
    bool is_problem(const pipeline::InstanceOutcome& outcome) const;
    int exit_status() const;                       // 0, 1 (a stage failed or lacks an input), 5 (a stage is being run by another process), 130; 8 and others: not sent
};

// Errors, and then nothing was run: usage (the file, a stage's name), not_found (an outside input, the run directory), conflict (a run directory of another experiment), as
// RunDir::open and create. To be called while the process has one thread.
core::Result<PipelineRunResponse> pipeline_run(const PipelineRunRequest& request);
core::Json to_json(const PipelineRunResponse& response);

}  // namespace runlake::ops
