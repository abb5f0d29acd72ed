// SPDX-License-Identifier: Apache-2.0
// Where two Parquet files differ first, as tables.
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"

namespace runlake::lake {

// "row 3, column score: 1 and 2". Nothing when the tables are equal: the files may be encoded otherwise. Errors as DuckDB's.
core::Result<std::optional<std::string>> parquet_difference(const std::string& a, const std::string& b);

}  // namespace runlake::lake
