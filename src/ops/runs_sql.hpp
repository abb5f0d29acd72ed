// SPDX-License-Identifier: Apache-2.0
// `runs sql`: a statement of the user over the tables of runs, which it can read and not change.
#pragma once

#include <functional>
#include <string>

#include "ops/runs_reading.hpp"
#include "ops/sql_console.hpp"

namespace runlake::ops {

struct RunsSqlRequest {
    RunsScope scope;                                     // with a tenant: over a copy that has only its runs
    SqlQuestion question;
    std::function<void(const std::string&)> note;        // before the rows
};

core::Status runs_sql(const RunsSqlRequest& request);

}  // namespace runlake::ops
