// SPDX-License-Identifier: Apache-2.0
// SQL that a user wrote, over the tables of runs or of the lake: it can read them and nothing else.
//
// Four walls, each enough for what it is for: the database is open for reading only; DuckDB's access to files and the network is off and its configuration
// locked; only one SELECT (or what DuckDB reads as one: FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE) is taken; and its plan may call no table function but
// those that make or describe rows, since some of DuckDB's others change the state of the process.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "runs/session.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

struct ConsoleColumn {
    std::string name;
    std::string type;    // as DuckDB names it: "BIGINT"
};

enum class ConsoleForm : std::uint8_t {
    text,   // every value as DuckDB writes it as text
    typed,  // numbers and booleans as such, everything else as that text
};

class Console {
  public:
    // Over the session's tables as they are; or, with a tenant, over a database in memory that holds the rows of that tenant's runs alone.
    static core::Result<Console> open(Session session, const std::optional<std::string>& tenant);
    // Over what a connection holds, opened for reading only: the lake's tables. Its settings are locked from here on.
    static core::Result<Console> over(sql::Connection connection);

    // Calls `columns` once, then `row` for every row, as it is made; null is NULL. Errc::usage: not one statement that reads, or what DuckDB says against it.
    core::Status run(std::string_view sql, ConsoleForm form, const std::function<core::Status(const std::vector<ConsoleColumn>&)>& columns,
                     const std::function<core::Status(const std::vector<core::Json>&)>& row);
    // Ends a running statement: Errc::interrupted. From any thread.
    void interrupt() { connection_.interrupt(); }

  private:
    explicit Console(sql::Connection connection) : connection_(std::move(connection)) {}
    core::Status check(const std::string& statement);
    sql::Connection connection_;
};

// The statement without white space, comments and semicolons at its end, so that it can stand in parentheses.
std::string_view without_end(std::string_view sql);

}  // namespace runlake::runs
