// SPDX-License-Identifier: Apache-2.0
#include "lake/table.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/text.hpp"

namespace runlake::lake {

std::string_view type_name(ColumnType type) {
    switch (type) {
        case ColumnType::boolean: return "BOOLEAN";
        case ColumnType::integer: return "BIGINT";
        case ColumnType::real: return "DOUBLE";
        case ColumnType::text: return "VARCHAR";
        case ColumnType::json: return "JSON";
        case ColumnType::time: return "TIMESTAMP";
    }
    return "VARCHAR";
}

std::size_t key_width(const Table& table) {
    std::size_t width = 0;
    while (width < table.columns.size() && table.columns[width].is_key) { ++width; }
    return width;
}

bool has_column(const Table& table, std::string_view name) { return std::ranges::find(table.columns, name, &Column::name) != table.columns.end(); }

std::size_t column_index(const Table& table, std::string_view name) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i].name == name) { return i; }
    }
    std::abort();
}

// Names are words of our own declarations; a test reads them. Quoted all the same: K is what some have called a column.
std::string create_table_sql(const Table& table) {
    std::string sql = core::cat("CREATE TABLE IF NOT EXISTS \"", table.name, "\" (");
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        sql += core::cat(i > 0 ? ", \"" : "\"", table.columns[i].name, "\" ", type_name(table.columns[i].type));
    }
    return sql += ')';
}

}  // namespace runlake::lake
