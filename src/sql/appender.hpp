// SPDX-License-Identifier: Apache-2.0
// Fast appending to one table, in DuckDB's chunks.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "core/result.hpp"
#include "sql/chunk_writer.hpp"
#include "sql/database.hpp"

namespace runlake::sql {

// Appends rows to a table. Set the columns of a row (those not set are NULL), then end_row(). Rows are certain only after close(); a dropped appender throws away what it has not handed on.
// One thread at a time.
class Appender : private ChunkWriter {
  public:
    // Errc::usage for a table that does not exist or has a column of another type. `catalog` names an attached database, "" the current one.
    static core::Result<Appender> open(Connection& connection, const std::string& table, const std::string& catalog = "");

    using ChunkWriter::set;
    core::Status end_row();

    core::Status flush();  // hands on what is complete; constraint errors come up here
    core::Status close();  // flush and end

  private:
    Appender(AppenderHandle appender, ChunkHandle chunk, const std::vector<Cell>& cells, std::string table);
    core::Status hand_on();
    core::Error failure(std::string_view what) const;

    AppenderHandle appender_;
    ChunkHandle chunk_;
    std::string table_;
};

static_assert(!std::is_copy_constructible_v<Appender>);

}  // namespace runlake::sql
