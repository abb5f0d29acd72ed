// SPDX-License-Identifier: Apache-2.0
#include "lake/parquet_difference.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "core/text.hpp"
#include "lake/file_pattern.hpp"
#include "sql/database.hpp"

namespace runlake::lake {
namespace {

using core::cat;

struct Found {
    std::int64_t row = 0;
    std::string text;
};

struct Table {
    std::vector<std::string> names;
    std::map<std::string, std::string> types;
};

core::Result<Table> describe(sql::Connection& connection, const std::string& source) {
    RL_ASSIGN(sql::Rows rows, connection.query(cat("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ", source, ")")));
    Table table;
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return table; }
        table.names.emplace_back(rows.text(0));
        table.types.insert_or_assign(table.names.back(), std::string(rows.text(1)));
    }
}

// The first row in which one column differs; a table that is shorter gives NULLs at its end.
core::Result<std::optional<Found>> in_column(sql::Connection& connection, const std::string& a, const std::string& b, const std::string& column) {
    const std::string name = sql::quote_identifier(column);
    const std::string query = cat("SELECT i, CAST(x AS VARCHAR), CAST(y AS VARCHAR) FROM (SELECT row_number() OVER () AS i, a.", name, " AS x, b.", name, " AS y FROM ", a,
                                  " AS a POSITIONAL JOIN ", b, " AS b) WHERE x IS DISTINCT FROM y ORDER BY i LIMIT 1");
    RL_ASSIGN(sql::Rows rows, connection.query(query));
    RL_ASSIGN(const bool any, rows.next());
    if (!any) { return std::optional<Found>(); }
    const auto shown = [&](std::size_t at) { return std::string(core::cut_utf8(rows.text_if(at).value_or("NULL"), 60)); };
    return std::optional(Found{rows.integer(0), cat("row ", rows.integer(0), ", column ", column, ": ", shown(1), " and ", shown(2))});
}

}  // namespace

core::Result<std::optional<std::string>> parquet_difference(const std::string& a, const std::string& b) {
    RL_ASSIGN(const sql::Database database, sql::Database::open("", sql::Access::in_memory));
    RL_ASSIGN(sql::Connection connection, database.connect());
    const std::string left = cat("read_parquet(", sql::quote_literal(file_pattern(a)), ", hive_partitioning = false)");
    const std::string right = cat("read_parquet(", sql::quote_literal(file_pattern(b)), ", hive_partitioning = false)");
    RL_ASSIGN(const Table first, describe(connection, left));
    RL_ASSIGN(const Table second, describe(connection, right));
    for (const std::string& name : first.names) {
        const auto other = second.types.find(name);
        if (other == second.types.end()) { return std::optional(cat("column ", name, " is only in the first")); }
        if (other->second != first.types.at(name)) { return std::optional(cat("column ", name, " is ", first.types.at(name), " and ", other->second)); }
    }
    for (const std::string& name : second.names) {
        if (!first.types.contains(name)) { return std::optional(cat("column ", name, " is only in the second")); }
    }
    std::optional<Found> earliest;
    for (const std::string& name : first.names) {
        RL_ASSIGN(std::optional<Found> found, in_column(connection, left, right, name));
        if (found && (!earliest || found->row < earliest->row)) { earliest = std::move(found); }
    }
    RL_ASSIGN(const std::int64_t left_rows, connection.integer(cat("SELECT count(*) FROM ", left)));
    RL_ASSIGN(const std::int64_t right_rows, connection.integer(cat("SELECT count(*) FROM ", right)));
    const std::int64_t shorter = std::min(left_rows, right_rows);
    if (earliest && earliest->row <= shorter) { return std::optional(std::move(earliest->text)); }
    if (left_rows != right_rows) { return std::optional(cat("row ", shorter + 1, " is only in the ", left_rows > right_rows ? "first" : "second")); }
    return std::optional<std::string>();
}

}  // namespace runlake::lake
