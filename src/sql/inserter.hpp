// SPDX-License-Identifier: Apache-2.0
// Inserts rows that stand in memory. DuckDB fetches them chunk by chunk, where an appender's rows are copied twice on their way.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "core/result.hpp"
#include "sql/chunk_writer.hpp"
#include "sql/database.hpp"
#include "sql/statement.hpp"

namespace runlake::sql {

// Inserts into one table of the connection that opened it, as often as wanted, and in whatever transaction that is in. The connection must outlive it. One thread at a time.
class Inserter {
  public:
    // Writes the next rows, each ended by next_row(), until the chunk is full or there are no more.
    using Fill = std::function<void(ChunkWriter& chunk)>;

    // Errc::usage for a table that does not exist or has a column of another type than a ChunkWriter's.
    static core::Result<Inserter> open(Connection& connection, const std::string& table);
    // Asks for chunks until one is empty. Texts set in place stay until it returns.
    core::Status insert(const Fill& fill);

  private:
    struct Source;
    Inserter(std::shared_ptr<Source> source, Statement statement, std::string table) : source_(std::move(source)), statement_(std::move(statement)), table_(std::move(table)) {}
    std::shared_ptr<Source> source_;  // shared with DuckDB's function, which lives as long as the database
    Statement statement_;
    std::string table_;
};

static_assert(!std::is_copy_constructible_v<Inserter>);

}  // namespace runlake::sql
