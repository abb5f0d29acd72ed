// SPDX-License-Identifier: Apache-2.0
// Fast appending to one table, in DuckDB's chunks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "sql/database.hpp"

namespace runlake::sql {

// Appends rows to a table. Set the columns of a row (those not set are NULL), then end_row(). Setters must match the column's type: BOOLEAN, INTEGER, BIGINT,
// DOUBLE, VARCHAR, BLOB, TIMESTAMP or UUID (a mismatch aborts: it is a programmer's error). Text must be valid UTF-8. Rows are certain only after
// close(); a dropped appender throws away what it has not handed on. One thread at a time.
class Appender {
  public:
    // Errc::usage for a table that does not exist or has a column of another type. `catalog` names an attached database, "" the current one.
    static core::Result<Appender> open(Connection& connection, const std::string& table, const std::string& catalog = "");

    void set(std::size_t column, std::string_view text);
    void set(std::size_t column, const char* text) { set(column, std::string_view(text)); }
    void set(std::size_t column, const std::string& text) { set(column, std::string_view(text)); }
    void set(std::size_t column, std::int64_t value);
    void set(std::size_t column, double value);
    void set(std::size_t column, bool value);
    void set(std::size_t column, core::Timestamp value);
    void set(std::size_t column, const core::RunId& value);
    template <class T>
    void set(std::size_t column, const std::optional<T>& value) {
        if (value) { set(column, *value); }
    }
    core::Status end_row();

    core::Status flush();  // hands on what is complete; constraint errors come up here
    core::Status close();  // flush and end

  private:
    enum class Cell : std::uint8_t { boolean, int32, int64, floating, bytes, timestamp, uuid };
    struct Column {
        Cell cell;
        void* data = nullptr;
        std::uint64_t* valid = nullptr;
        _duckdb_vector* vector = nullptr;
    };
    Appender(AppenderHandle appender, ChunkHandle chunk, std::vector<Column> columns, std::string table);
    void begin_chunk();
    core::Status hand_on();
    core::Error failure(std::string_view what) const;
    Column& column_of(std::size_t column, Cell cell);

    AppenderHandle appender_;
    ChunkHandle chunk_;
    std::vector<Column> columns_;
    std::string table_;
    std::size_t row_ = 0;
    std::size_t capacity_ = 0;
};

static_assert(!std::is_copy_constructible_v<Appender>);

}  // namespace runlake::sql
