// SPDX-License-Identifier: Apache-2.0
// `runs list`: runs by filter, sorted, with the columns that are wanted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "ops/runs_reading.hpp"

namespace runlake::ops {

struct RunsListRequest {
    RunsScope scope;
    FilterWords filter;
    std::optional<std::string> columns;   // "a,b,param.lr"; default: those of the table, or with `every_column` all of `runs` and `shown`
    bool every_column = false;
    std::optional<std::string> sort;      // "COL[:desc]"; default: newest first
    std::optional<std::int64_t> limit;    // 1 or more: Errc::usage
    bool all_machines = false;            // also what the ledger holds; without `columns` the machine is the last one
    core::Timestamp now;
};

struct RunsListResponse {
    runs::RunTable table;
    Notes notes;
};

// Whether the words can be understood, without looking at any run.
core::Status check(const RunsListRequest& request);
core::Result<RunsListResponse> runs_list(const RunsListRequest& request);
core::Json to_json(const RunsListResponse& response);

}  // namespace runlake::ops
