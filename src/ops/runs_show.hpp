// SPDX-License-Identifier: Apache-2.0
// `runs show`: everything that is recorded of one run.
#pragma once

#include <string>

#include "ops/runs_reading.hpp"
#include "runs/query_document.hpp"

namespace runlake::ops {

struct RunsShowRequest {
    RunsScope scope;
    std::string id;            // a whole id or a prefix
};

struct RunsShowResponse {
    runs::RunDocument document;
    Notes notes;
};

// Errors as runs::find_run().
core::Result<RunsShowResponse> runs_show(const RunsShowRequest& request);
core::Json to_json(const RunsShowResponse& response);

}  // namespace runlake::ops
