// SPDX-License-Identifier: Apache-2.0
// How `runs sql` and `lake sql` take a statement and show its rows.
#pragma once

#include <functional>

#include "cli/command.hpp"
#include "ops/sql_console.hpp"

namespace runlake::cli {

inline constexpr Option k_csv_option = {.names = "--csv", .value = "", .help = "print the rows as CSV, with a head"};
inline constexpr Argument k_sql_argument = {.name = "SQL", .help = "one statement that reads: SELECT, FROM, DESCRIBE, SHOW, SUMMARIZE"};

// Prints what `ask` answers to the SQL of the call: a table, with --csv CSV, with --json columns and rows.
core::Result<int> print_sql(Invocation& inv, const std::function<core::Status(ops::SqlQuestion)>& ask);

}  // namespace runlake::cli
