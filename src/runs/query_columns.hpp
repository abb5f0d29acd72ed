// SPDX-License-Identifier: Apache-2.0
// The columns that queries can show, sort and export: those of `runs`, those of run_details, and one for each parameter, metric and tag.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "runs/query_text.hpp"

namespace runlake::runs {

enum class ColumnSource : std::uint8_t { runs, details, shown, param, metric, tag };

struct ColumnSpec {
    std::string name;     // "rows_in", "param.lr"
    std::string title;    // what the head of a table says: "Rows In", "param.lr"
    ColumnSource source = ColumnSource::runs;
    std::string key;      // of a parameter, metric or tag
};

// Reads one name: a column of `runs` or run_details (status, started_at, exit_status, ...), a short form (tenant, duration, parent), `shown` (the status as far as
// it can be seen now), or param.NAME, metric.NAME, tag.NAME. Errc::usage names the nearest.
core::Result<ColumnSpec> parse_column(std::string_view name);
// "a,b,c"; white space around names is ignored, an empty list is Errc::usage.
core::Result<std::vector<ColumnSpec>> parse_columns(std::string_view list);

struct SortKey {
    ColumnSpec column;
    bool descending = false;
};
// "COL", "COL:asc" or "COL:desc".
core::Result<SortKey> parse_sort(std::string_view text);

// The sixteen columns of `runs` in their order; those that tables show without --columns.
std::vector<ColumnSpec> all_run_columns();
std::vector<ColumnSpec> table_columns();

// How a column's value is written by SQL over the alias r (a row of runs with its details).
enum class Form : std::uint8_t {
    typed,   // as it is stored; a parameter as its JSON text
    plain,   // as it is stored; a parameter as text (a string without quotes)
    text,    // everything as DuckDB writes it as text
};
QueryText column_sql(const ColumnSpec& column, Form form);

}  // namespace runlake::runs
