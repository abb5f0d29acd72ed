// SPDX-License-Identifier: Apache-2.0
// Lists of runs: filtered, sorted, with the columns that are wanted.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "runs/query_columns.hpp"
#include "runs/query_filter.hpp"
#include "runs/query_text.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

struct ListQuery {
    Filter filter;
    std::vector<ColumnSpec> columns;
    std::optional<SortKey> sort;            // default: newest first. Equal ones: newest first; of equal starts, by segment and offset
    std::optional<std::int64_t> limit;      // 1 or more
};

struct RunTable {
    std::vector<ColumnSpec> columns;
    std::vector<core::RunId> ids;           // of the rows
    std::vector<std::string> states;        // of the rows, as they are stored
    std::vector<std::vector<Cell>> rows;    // a cell a column; `shown` is text
    SeenRuns seen;                          // the rows that are not what is stored
    void reverse();
};

// `confirmed`, when given, bounds which runs may be shown as gone: see ops/runs_session.hpp.
core::Result<RunTable> list_runs(sql::Connection& connection, const ListQuery& query, const SeenRuns* confirmed = nullptr);

// The newest `count` runs, the oldest of them first. Of a large table only the column of starts is read, as long as no two starts are equal.
core::Result<RunTable> newest_runs(sql::Connection& connection, const std::optional<std::string>& tenant, std::int64_t count,
                                   const std::vector<ColumnSpec>& columns, const SeenRuns* confirmed = nullptr);

// "every AS (...)": each run with its details. Names of both tables stand side by side.
std::string_view every_run_cte();
// The order that never depends on ids: start, then segment and offset of the start record; `sort` before it.
QueryText order_sql(const std::optional<SortKey>& sort, bool newest_first);

// What both sides name.
SeenRuns common(const SeenRuns& a, const SeenRuns& b);

}  // namespace runlake::runs
