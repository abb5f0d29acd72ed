// SPDX-License-Identifier: Apache-2.0
// `runs tail`: the newest runs, the newest of them last.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/runs_reading.hpp"

namespace runlake::ops {

struct RunsTailRequest {
    RunsScope scope;
    std::int64_t count = 10;   // 1 or more: Errc::usage
    bool all_machines = false; // also what the ledger holds
};

struct RunsTailResponse {
    runs::RunTable table;      // the sixteen columns of `runs`, then `shown`, with `all_machines` then `machine`
    Notes notes;
};

core::Result<RunsTailResponse> runs_tail(const RunsTailRequest& request);
core::Json to_json(const RunsTailResponse& response);

}  // namespace runlake::ops
