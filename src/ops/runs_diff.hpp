// SPDX-License-Identifier: Apache-2.0
// `runs diff`: what is different between two runs.
#pragma once

#include <string>

#include "ops/runs_reading.hpp"
#include "runs/query_diff.hpp"

namespace runlake::ops {

struct RunsDiffRequest {
    RunsScope scope;
    std::string a;
    std::string b;
};

struct RunsDiffResponse {
    runs::RunDocument a;
    runs::RunDocument b;
    runs::RunDiff diff;
    Notes notes;
};

// Errors as runs::find_run(), with the id before them.
core::Result<RunsDiffResponse> runs_diff(const RunsDiffRequest& request);
core::Json to_json(const RunsDiffResponse& response);

}  // namespace runlake::ops
