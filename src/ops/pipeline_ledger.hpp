// SPDX-License-Identifier: Apache-2.0
// What a pipeline that made something tells other machines of itself: the run entry of its own run, by rule.
#pragma once

#include <functional>
#include <string_view>

#include "core/ids.hpp"
#include "core/clock.hpp"
#include "ops/pipeline_run.hpp"
#include "record/store.hpp"
#include "rundir/layout.hpp"

namespace runlake::ops {

// Promotes a pipeline's own run, which has ended and is in the journal. Nothing where no stage was run (all was there already). A failure is said once, by `say`, and never reaches the
// pipeline: `runlake ledger promote --run` makes it good.
void promote_pipeline(const record::Store& store, const PipelineRunResponse& response, const rundir::RunDir& run_dir, const core::RunId& run, core::Timestamp since,
                      const std::function<void(std::string_view)>& say);

}  // namespace runlake::ops
