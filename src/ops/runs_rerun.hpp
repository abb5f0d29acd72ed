// SPDX-License-Identifier: Apache-2.0
// `runs rerun`: what a recorded run would need to be run again.
#pragma once

#include <string>

#include "core/result.hpp"
#include "ops/run.hpp"
#include "ops/runs_reading.hpp"

namespace runlake::ops {

struct RunsRerunRequest {
    RunsScope scope;
    std::string id;            // a whole id or a prefix
};

struct RunsRerunResponse {
    core::RunId original;
    RunRequest run;            // the recorded arguments, stage, tenant, inputs, config, params and tags, with tag rerun_of
    std::string working_dir;   // absolute: where it ran, and where run() is to be called
    Notes notes;
};

// Nothing is run. Errors as runs::find_run(); Errc::conflict when it can't be run again as it was: it was recorded from inside its program, its arguments
// hold secrets that were not kept, or its folder is gone.
core::Result<RunsRerunResponse> runs_rerun(const RunsRerunRequest& request);

}  // namespace runlake::ops
