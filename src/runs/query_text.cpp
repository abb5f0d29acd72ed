// SPDX-License-Identifier: Apache-2.0
#include "runs/query_text.hpp"

#include <type_traits>

#include "core/text.hpp"

namespace runlake::runs {

core::Json cell_json(const Cell& cell) {
    return std::visit(
        [](const auto& value) -> core::Json {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                return nullptr;
            } else if constexpr (std::is_same_v<T, core::Timestamp>) {
                return core::format_iso(value);
            } else if constexpr (std::is_same_v<T, core::RunId>) {
                return value.str();
            } else {
                return value;
            }
        },
        cell);
}

std::string cell_text(const Cell& cell) {
    return std::visit(
        [](const auto& value) -> std::string {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                return "";
            } else if constexpr (std::is_same_v<T, bool>) {
                return value ? "true" : "false";
            } else if constexpr (std::is_same_v<T, std::int64_t>) {
                return std::to_string(value);
            } else if constexpr (std::is_same_v<T, double>) {
                return core::format_float(value);
            } else if constexpr (std::is_same_v<T, core::Timestamp>) {
                return core::format_iso(value);
            } else if constexpr (std::is_same_v<T, core::RunId>) {
                return value.str();
            } else {
                return value;
            }
        },
        cell);
}

QueryText& QueryText::bind_list(const std::vector<Cell>& values) {
    if (values.empty()) { return add("(NULL)"); }
    add("(");
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) { add(", "); }
        bind(values[i]);
    }
    return add(")");
}

QueryText& QueryText::add(const QueryText& other) {
    sql_ += other.sql_;
    values_.insert(values_.end(), other.values_.begin(), other.values_.end());
    return *this;
}

core::Status each_row(sql::Connection& connection, const QueryText& query, const std::function<core::Status(const sql::Rows&)>& each) {
    RL_ASSIGN(sql::Statement statement, connection.prepare(query.sql()));
    for (std::size_t i = 0; i < query.values().size(); ++i) {
        RL_TRY(std::visit(
            [&](const auto& value) -> core::Status {
                if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
                    return statement.bind_null(i + 1);
                } else {
                    return statement.bind(i + 1, value);
                }
            },
            query.values()[i]));
    }
    RL_ASSIGN(sql::Rows rows, statement.stream());
    while (true) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return core::ok(); }
        RL_TRY(each(rows));
    }
}

Cell read_cell(const sql::Rows& rows, std::size_t column) {
    if (rows.is_null(column)) { return {}; }
    switch (rows.kind(column)) {
        case sql::Kind::boolean: return rows.boolean(column);
        case sql::Kind::integer: return rows.integer(column);
        case sql::Kind::floating: return rows.number(column);
        case sql::Kind::timestamp:
        case sql::Kind::timestamp_tz: return rows.time(column);
        case sql::Kind::uuid: return rows.run_id(column);
        case sql::Kind::text:
        case sql::Kind::blob:
        case sql::Kind::other: break;
    }
    return std::string(rows.text(column));
}

}  // namespace runlake::runs
