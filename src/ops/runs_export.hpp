// SPDX-License-Identifier: Apache-2.0
// `runs export`: runs as csv, jsonl or parquet, to a file that appears whole or not at all, or piece by piece to a sink.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "ops/runs_reading.hpp"
#include "runs/query_export.hpp"

namespace runlake::ops {

struct RunsExportRequest {
    RunsScope scope;
    FilterWords filter;
    std::optional<std::string> columns;   // default: the sixteen of `runs`
    std::string format;                   // "csv", "jsonl", "parquet"
    std::optional<std::string> out;       // a file, replaced when it exists; nothing: `sink` gets it (not parquet: Errc::usage)
    bool all_machines = false;            // also what the ledger holds
    runs::Sink sink;
    core::Timestamp now;
};

struct RunsExportResponse {
    std::int64_t rows = 0;
    std::string format;
    std::optional<std::string> out;
    Notes notes;
};

// Whether the words can be understood, without looking at any run.
core::Status check(const RunsExportRequest& request);
core::Result<RunsExportResponse> runs_export(const RunsExportRequest& request);
core::Json to_json(const RunsExportResponse& response);

}  // namespace runlake::ops
