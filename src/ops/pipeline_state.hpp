// SPDX-License-Identifier: Apache-2.0
// A pipeline as a run directory holds it: what `pipeline status`, `explain` and `bless` begin with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "ops/pipeline_open.hpp"
#include "pipeline/plan.hpp"
#include "record/store.hpp"
#include "rundir/layout.hpp"

namespace runlake::ops {

struct PipelineState {
    OpenPipeline pipeline;
    std::optional<rundir::RunDir> run_dir;
    std::optional<record::Store> store;
};

// `where` is a run directory, whose own configuration (of its latest attempt) is taken, or a pipeline file, with the newest run directory of its experiment, if there is one.
// Errc::not_found for neither; errors of RunDir::open and open_pipeline.
core::Result<PipelineState> open_pipeline_state(const std::string& where, const std::optional<std::string>& store, const std::vector<std::string>& params);
// The same of a run directory alone.
core::Result<PipelineState> open_run_dir_state(const std::string& path, const std::optional<std::string>& store, const std::vector<std::string>& params);

// A planner and everything it decides now.
struct PlanNow {
    std::unique_ptr<pipeline::Planner> planner;
    std::vector<pipeline::Decision> decisions;
};
core::Result<PlanNow> plan_now(const PipelineState& state);

}  // namespace runlake::ops
