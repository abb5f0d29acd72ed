// SPDX-License-Identifier: Apache-2.0
// What is asked of runs that a document cites: which there are, what they logged, how they ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

// The ids of all runs, sorted: there is no index for ranges of ids, so that many beginnings of ids are best looked for in this.
core::Result<std::vector<core::RunId>> all_run_ids(sql::Connection& connection);

struct LoggedMetric {
    std::string name;
    std::optional<std::int64_t> step;     // missing: a plain metric
    std::optional<double> value;          // missing: it was not finite
};
// In the order in which they were said, by name.
core::Result<std::vector<LoggedMetric>> logged_metrics(sql::Connection& connection, const core::RunId& id);

struct EndOfRun {
    std::string status;
    std::optional<std::string> code_ref;
};
// Nothing when there is no such run.
core::Result<std::optional<EndOfRun>> end_of_run(sql::Connection& connection, const core::RunId& id);

}  // namespace runlake::runs
