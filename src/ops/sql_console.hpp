// SPDX-License-Identifier: Apache-2.0
// A statement that a user wrote, asked of a console: what `runs sql` and `lake sql` share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "os/stop_signal.hpp"
#include "runs/query_console.hpp"

namespace runlake::ops {

struct SqlQuestion {
    std::string sql;
    runs::ConsoleForm form = runs::ConsoleForm::text;
    const os::StopSignal* stop = nullptr;                // ends the statement: Errc::interrupted. Made before DuckDB is loaded
    std::function<core::Status(const std::vector<runs::ConsoleColumn>&)> columns;   // once, before the rows
    std::function<core::Status(const std::vector<core::Json>&)> row;                // as they come
};

// Errc::usage for whatever DuckDB has against the statement.
core::Status ask(runs::Console& console, const SqlQuestion& question);

// A value as CSV and tables show it.
std::string sql_text(const core::Json& value);
// The rows as CSV: see runs::append_csv().
std::string csv_line(const std::vector<core::Json>& cells);

}  // namespace runlake::ops
