// SPDX-License-Identifier: Apache-2.0
// SQL with its parameters, and the values that come back: what every query of runs is made of. No value of a user ever stands in the SQL itself.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

// One value of a row or a parameter; std::monostate is NULL.
using Cell = std::variant<std::monostate, bool, std::int64_t, double, std::string, core::Timestamp, core::RunId>;

inline bool is_null(const Cell& cell) { return std::holds_alternative<std::monostate>(cell); }
// The value as JSON: times as "2025-01-09T14:23:15.000000Z", ids as their 36 characters.
core::Json cell_json(const Cell& cell);
// As plain text without a format of its own: times as cell_json, NULL as "".
std::string cell_text(const Cell& cell);

// A statement that grows piece by piece. bind() writes a "?" and keeps the value for that place.
class QueryText {
  public:
    QueryText& add(std::string_view sql) {
        sql_ += sql;
        return *this;
    }
    QueryText& bind(Cell value) {
        sql_ += '?';
        values_.push_back(std::move(value));
        return *this;
    }
    // "(?, ?, ?)"; with no values "(NULL)", which nothing equals.
    QueryText& bind_list(const std::vector<Cell>& values);
    QueryText& add(const QueryText& other);

    const std::string& sql() const { return sql_; }
    const std::vector<Cell>& values() const { return values_; }

  private:
    std::string sql_;
    std::vector<Cell> values_;
};

// Calls `each` for every row, as it is made. An error of `each` ends the reading and is returned.
core::Status each_row(sql::Connection& connection, const QueryText& query, const std::function<core::Status(const sql::Rows&)>& each);
// The value in a column of the current row. Columns that are neither numbers, text, times nor UUIDs have to be cast by the SQL.
Cell read_cell(const sql::Rows& rows, std::size_t column);

}  // namespace runlake::runs
