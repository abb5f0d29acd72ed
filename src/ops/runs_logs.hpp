// SPDX-License-Identifier: Apache-2.0
// `runs logs`: what a run wrote, as far as it was kept, and its whole error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/json.hpp"
#include "ops/runs_reading.hpp"

namespace runlake::ops {

struct RunsLogsRequest {
    RunsScope scope;
    std::string id;            // a whole id or a prefix
};

struct LogText {
    std::string name;                      // "stdout", "stderr", "error"
    std::optional<std::string> file;       // absolute; nothing for what the run's row holds
    std::string text;                      // as it was kept: redacted, and cut at the limit of its time
};

struct RunsLogsResponse {
    core::RunId id;
    std::vector<LogText> logs;             // stdout, stderr (the log, else the tail that went with a failure), error: those that there are
    Notes notes;
};

// Errors as runs::find_run(); Errc::io for a log that can't be read.
core::Result<RunsLogsResponse> runs_logs(const RunsLogsRequest& request);
core::Json to_json(const RunsLogsResponse& response);

}  // namespace runlake::ops
