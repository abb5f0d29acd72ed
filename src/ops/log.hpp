// SPDX-License-Identifier: Apache-2.0
// `runlake log`: says something of a run from inside it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "record/recorder.hpp"

namespace runlake::ops {

struct LogRequest {
    std::vector<std::string> values;            // name=number: rows_in, rows_out, llm_calls and tokens are columns, every other name is a metric
    std::optional<std::int64_t> step;           // makes the metrics points of series
    std::optional<std::string> run;             // a whole id or a prefix; default: RUNLAKE_RUN_ID
    std::optional<std::string> store;
    std::vector<std::string> tags;              // name=text
    std::optional<std::string> note;
    std::optional<std::string> error;           // one that does not end the run
    std::optional<std::string> degraded;        // the reason, "" for none
};

struct LogResponse {
    std::optional<core::RunId> run;             // nothing with mode off
    bool recorded = false;                      // false: mode off, or lost and counted
    std::optional<core::Error> lost;            // why
};

// What the words say, without looking at any run. Errc::usage for words that make no sense, and when there is nothing to say.
core::Result<record::LogRecord> read_log(const LogRequest& request, const core::RunId& run);

// Errc::usage as above and outside of a run; Errc::not_found and Errc::conflict for a prefix that names no run, or several. A record that can't be written is no
// error (a program must not fail for it) but in mode `strict`: Errc::io.
core::Result<LogResponse> log(const LogRequest& request);

}  // namespace runlake::ops
