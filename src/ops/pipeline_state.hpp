// SPDX-License-Identifier: Apache-2.0
// A pipeline as a run directory holds it: what `pipeline status`, `explain` and `bless` begin with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "ops/pipeline_open.hpp"
#include "ops/remote_run_dir.hpp"
#include "pipeline/plan.hpp"
#include "record/store.hpp"
#include "rundir/layout.hpp"

namespace runlake::ops {

struct PipelineState {
    OpenPipeline pipeline;
    std::optional<rundir::RunDir> run_dir;
    std::optional<record::Store> store;
    std::shared_ptr<const RunDirToRead> copy;   // where `run_dir` lies while this is kept, when it is one of an object store

    std::string run_dir_name() const { return copy && copy->address() ? *copy->address() : run_dir ? run_dir->path() : ""; }
};

// `where` is a run directory (or its address), whose own configuration (of its latest attempt) is taken, or a pipeline file, with the newest run directory of its experiment, if there is one.
// Errc::not_found for neither; errors of RunDir::open and open_pipeline.
core::Result<PipelineState> open_pipeline_state(const std::string& where, const std::optional<std::string>& store, const std::vector<std::string>& params);
// The same of a run directory alone. Of an address, a copy is looked at, as deep as is asked for.
core::Result<PipelineState> open_run_dir_state(const std::string& path, const std::optional<std::string>& store, const std::vector<std::string>& params,
                                               rundir::FetchDepth depth = rundir::FetchDepth::files);

// A planner and everything it decides now.
struct PlanNow {
    std::unique_ptr<pipeline::Planner> planner;
    std::vector<pipeline::Decision> decisions;
};
core::Result<PlanNow> plan_now(const PipelineState& state);

}  // namespace runlake::ops
