// SPDX-License-Identifier: Apache-2.0
// One dataset: the rows of a query as a file of JSON lines, CSV or Parquet, the same bytes for the same rows on every machine.
// Formats: docs/formats/lake-dataset.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "os/fault.hpp"
#include "sql/database.hpp"

namespace runlake::lake {

enum class DatasetFormat : std::uint8_t { jsonl, csv, parquet };
std::string_view format_name(DatasetFormat format);  // also the ending of its files
core::Result<DatasetFormat> parse_dataset_format(std::string_view name);

// What is to be written. The query is one SELECT whose order leaves nothing open.
struct DatasetQuery {
    std::string name;
    std::string sql;
};

struct DatasetColumn {
    std::string name;
    std::string type;  // by DuckDB's name: "VARCHAR", "BIGINT", ...
    bool operator==(const DatasetColumn&) const = default;
};

// A file that was written.
struct Dataset {
    std::string name;
    std::string file;  // relative to what holds it
    DatasetFormat format = DatasetFormat::jsonl;
    std::vector<DatasetColumn> columns;
    std::int64_t rows = 0;
    std::uint64_t bytes = 0;
    std::string sha256;
};
core::Json to_json(const Dataset& dataset);  // {"name","file","format","columns":[{"name","type"}],"rows","bytes","sha256"}

struct DatasetTarget {
    std::string folder;  // absolute; it exists
    std::string file;    // below it
    DatasetFormat format = DatasetFormat::jsonl;
    os::Point point;
    std::span<const std::string> forbidden = {};  // texts (paths of this machine) of which a row of JSON lines or CSV may hold none: Errc::conflict
};

// Writes a new file, synced. The connection is single-threaded (export/session.hpp). Holds one chunk of rows at a time. Errc::usage: DuckDB has something against the
// query; a file half written may be left. Of two columns with one name the second gets a number.
core::Result<Dataset> write_dataset(sql::Connection& connection, const DatasetQuery& query, const DatasetTarget& target);

// A text as JSON in ASCII alone, quoted.
void append_ascii_json(std::string& out, std::string_view text);
// A document as manifests have it: ASCII, two spaces, keys in their order, a line end. Errc::internal: a number is not finite.
core::Result<std::string> ascii_document(const core::Json& value);

}  // namespace runlake::lake
