// SPDX-License-Identifier: Apache-2.0
// The SQL of a job, looked at before it runs: it only reads the tables of the lake, gives the same rows each time, and says their order.
#pragma once

#include <string>

#include "core/result.hpp"
#include "lake/export/session.hpp"

namespace runlake::lake {

// The query with its order completed: what the user's ORDER BY leaves open is decided by all columns, left to right, and in aggregates such as avg() and list() by their arguments. What
// windows, limits inside and the like leave open is decided by the order of the tables that it names, which are settled. The session shows its tables and is confined. Errc::usage: it is not
// one SELECT, has no ORDER BY, names what is no table of the lake, or calls a function that reads files or answers differently each time; the message says which.
core::Result<std::string> checked_query(ExportSession& session, const std::string& sql);

}  // namespace runlake::lake
