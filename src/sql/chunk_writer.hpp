// SPDX-License-Identifier: Apache-2.0
// Writes rows into one of DuckDB's data chunks, in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "sql/handle.hpp"

namespace runlake::sql {

// The row that is being written. Columns that are not set are NULL. Setters must match the column's type: BOOLEAN, INTEGER, BIGINT, DOUBLE, VARCHAR, BLOB, TIMESTAMP or UUID (a
// mismatch aborts: it is a programmer's error). Text must be valid UTF-8. One thread at a time.
class ChunkWriter {
  public:
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
    // A text that isn't copied: it stays where it is until the chunk has been taken.
    void set_in_place(std::size_t column, std::string_view text);

    void next_row() { ++row_; }
    bool is_full() const { return row_ == capacity_; }

  protected:
    enum class Cell : std::uint8_t { none, boolean, int32, int64, floating, bytes, timestamp, uuid };
    // How a column of this type is written; none: not at all.
    static Cell cell_of(_duckdb_logical_type* type);

    explicit ChunkWriter(const std::vector<Cell>& cells);
    void begin(_duckdb_data_chunk* chunk);  // from its first row on
    std::size_t rows() const { return row_; }

  private:
    struct Column {
        Cell cell;
        void* data = nullptr;
        std::uint64_t* valid = nullptr;
        _duckdb_vector* vector = nullptr;
    };
    Column& column_of(std::size_t column, Cell cell);

    std::vector<Column> columns_;
    std::size_t row_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace runlake::sql
