// SPDX-License-Identifier: Apache-2.0
// Where the statement of a surface is run over one file after another: a DuckDB that can open these files and nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "lake/surface_file.hpp"
#include "sql/database.hpp"

namespace runlake::lake {

using SurfaceColumns = std::vector<std::pair<std::string, std::string>>;  // name and type

// Columns of the sandbox's tables before a surface's own: the number of the file, and of the row in it.
constexpr std::string_view k_surface_file = "runlake_file";
constexpr std::string_view k_surface_row = "runlake_row";

// The columns that a query gives.
core::Result<SurfaceColumns> columns_of(sql::Connection& connection, const std::string& select);

// What one file gave, or why it gave nothing.
struct SurfaceOutcome {
    SurfaceColumns columns;
    std::int64_t rows = 0;
    std::string error;
    std::optional<std::uint64_t> line;
    bool is_of_surface = false;  // the surface is wrong, whatever the file
};

// Keeps rows in a database file of its own: files that give the same columns in one table, since thousands of tables take their time.
class SurfaceSandbox {
  public:
    static core::Result<SurfaceSandbox> open(const std::string& database, const std::vector<std::string>& paths);

    // `number` tells the file in the tables.
    SurfaceOutcome run(const Surface& surface, const std::string& path, std::size_t number);
    // Names of the tables by their columns.
    const std::map<SurfaceColumns, std::string>& tables() const { return tables_; }

  private:
    explicit SurfaceSandbox(sql::Connection connection) : connection_(std::move(connection)) {}
    // Whether it is one statement that only selects, and gives the same rows the next time.
    bool is_taken(const std::string& statement, SurfaceOutcome& out);
    // What of the statement would give other rows the next time.
    std::optional<std::string> changing_in(const std::string& statement);

    bool is_known_ = false;  // the statement was looked at, over a file that it can read
    std::map<SurfaceColumns, std::string> tables_;
    sql::Connection connection_;
};

}  // namespace runlake::lake
