// SPDX-License-Identifier: Apache-2.0
// A JSON column of the lake, read back.
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "sql/statement.hpp"

namespace runlake::lake {

// Null where it is. It was cast to VARCHAR.
inline core::Result<core::Json> json_column(const sql::Rows& rows, std::size_t column) {
    if (rows.is_null(column)) { return core::Json(); }
    return core::parse_json(rows.text(column), core::cat("the lake's ", rows.column_name(column)));
}

}  // namespace runlake::lake
