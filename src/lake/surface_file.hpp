// SPDX-License-Identifier: Apache-2.0
// A surface as its file says it: one SELECT over {files}, with the files named in its comments. Format: docs/guide/lake-sources.md. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace runlake::lake {

struct Surface {
    std::string name;                // of the table: the file's name without ".sql"
    std::vector<std::string> globs;  // of "-- files: GLOB" lines: files below a root
    std::string sql;                 // as it is written
    std::string sha256;              // of the file's bytes
};

// Errc::usage says what is wrong with it, with "line N: " where a line is: a name that can't be a table or is one of the lake's own; no "-- files:"; no {files}.
core::Result<Surface> parse_surface(std::string_view name, std::string_view text);

// The statement with every {files} replaced by a list of that one path.
std::string surface_sql(const Surface& surface, const std::string& path);

}  // namespace runlake::lake
