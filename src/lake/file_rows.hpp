// SPDX-License-Identifier: Apache-2.0
// The rows that one file gives, collected and checked before anything of them reaches the database: a bad file costs that file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "lake/table.hpp"

namespace runlake::lake {

// A value of a row. Text is held by its FileRows.
struct Cell {
    enum class Kind : std::uint8_t { null, boolean, integer, real, text, time };
    Kind kind = Kind::null;
    std::uint32_t length = 0;  // of a text
    union {
        std::int64_t integer = 0;  // integer; time as microseconds; boolean as 0 or 1; text as its offset
        double real;
    };
};
static_assert(sizeof(Cell) == 16);

class FileRows {
  public:
    // Appends a row with its cells in the order of the table's columns: bool, std::int64_t, double, texts, core::Timestamp, std::nullopt and optionals of these. A wrong count, or
    // a cell that does not fit its column, aborts: it is a programmer's error. A text that is no UTF-8 is mended (U+FFFD).
    template <class... Cells>
    void row(const Table& table, const Cells&... cells) {
        auto& rows = begin_row(table, sizeof...(cells));
        (add(rows, cells), ...);
    }

    // Errc::corrupt: two rows of a checked table have one key: "graph_nodes: two rows with node_id 'n1'", the columns of the key that differ within the file named.
    core::Status check_keys() const;
    std::string key_of(std::size_t i, std::size_t row) const;  // equal for rows of one key, and for those alone; row of table(i)
    std::string key_shown(std::size_t i, std::size_t row) const;  // for people: "node_id 'n1'", the key's last column
    void clear();

    std::size_t table_count() const { return tables_.size(); }
    const Table& table(std::size_t i) const { return *tables_[i].table; }
    std::size_t row_count(std::size_t i) const { return tables_[i].cells.size() / tables_[i].table->columns.size(); }
    const Cell& cell(std::size_t i, std::size_t row, std::size_t column) const { return tables_[i].cells[row * tables_[i].table->columns.size() + column]; }
    std::string_view text(const Cell& cell) const { return {texts_.data() + cell.integer, cell.length}; }
    std::size_t bytes() const;  // about how much memory it holds

  private:
    struct Rows {
        const Table* table;
        std::vector<Cell> cells;
        std::size_t column = 0;  // of the next cell
    };
    Rows& begin_row(const Table& table, std::size_t count);
    void add(Rows& rows, Cell cell);
    void add(Rows& rows, bool value);
    void add(Rows& rows, std::int64_t value);
    void add(Rows& rows, double value);
    void add(Rows& rows, std::string_view text);
    void add(Rows& rows, const std::string& text) { add(rows, std::string_view(text)); }
    void add(Rows& rows, const char* text) { add(rows, std::string_view(text)); }
    void add(Rows& rows, core::Timestamp time);
    void add(Rows& rows, std::nullopt_t) { add(rows, Cell()); }
    template <class T>
    void add(Rows& rows, const std::optional<T>& value) {
        value ? add(rows, *value) : add(rows, Cell());
    }

    std::vector<Rows> tables_;
    std::string texts_;
};

}  // namespace runlake::lake
