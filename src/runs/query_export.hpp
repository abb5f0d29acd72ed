// SPDX-License-Identifier: Apache-2.0
// Runs as csv, jsonl or parquet: by start, then segment and offset of the start record, so that the same runs give the same bytes everywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "runs/query_columns.hpp"
#include "runs/query_filter.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

enum class ExportFormat : std::uint8_t { csv, jsonl, parquet };
core::Result<ExportFormat> parse_export_format(std::string_view name);

struct ExportQuery {
    Filter filter;
    std::vector<ColumnSpec> columns;
};

using Sink = std::function<core::Status(std::string_view)>;

// As DuckDB's COPY ... (HEADER, DELIMITER ',') writes it. Hands on pieces of about 64 KiB; returns the number of runs.
core::Result<std::int64_t> export_csv(sql::Connection& connection, const ExportQuery& query, const Sink& sink);
// One JSON object a line, members in the order of the columns, NULL as null.
core::Result<std::int64_t> export_jsonl(sql::Connection& connection, const ExportQuery& query, const Sink& sink);
// Written by DuckDB into a file that must not exist.
core::Result<std::int64_t> export_parquet(sql::Connection& connection, const ExportQuery& query, const std::string& path);

// Appends a value as a CSV field: quoted when it has a comma, quote, line break or '#', or is empty; nothing for NULL.
void append_csv(std::string& out, const std::optional<std::string_view>& value);

}  // namespace runlake::runs
