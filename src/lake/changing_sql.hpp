// SPDX-License-Identifier: Apache-2.0
// What in a query answers differently each time: a dataset or a table made by it would not be the same twice.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.hpp"

namespace runlake::lake {

// Whether a function of DuckDB answers differently from one time, machine, session or version to the next. The name in small letters.
bool is_changing_function(std::string_view name);

// Of a query as json_serialize_sql() gives it: what of it changes, as a sentence without its end; nothing where nothing does.
std::optional<std::string> what_changes(const core::Json& tree);

}  // namespace runlake::lake
