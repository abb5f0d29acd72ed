// SPDX-License-Identifier: Apache-2.0
#include "lake/file_rows.hpp"

#include <cstdlib>
#include <unordered_set>

#include "core/text.hpp"
#include "core/utf8.hpp"

namespace runlake::lake {
namespace {

bool fits(Cell::Kind kind, ColumnType type) {
    switch (kind) {
        case Cell::Kind::null: return true;
        case Cell::Kind::boolean: return type == ColumnType::boolean;
        case Cell::Kind::integer: return type == ColumnType::integer;
        case Cell::Kind::real: return type == ColumnType::real;
        case Cell::Kind::text: return type == ColumnType::text || type == ColumnType::json;
        case Cell::Kind::time: return type == ColumnType::time;
    }
    return false;
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        if (static_cast<unsigned char>(text[i]) < 0x80) {
            ++i;
            continue;
        }
        const auto next = core::decode_utf8(text, i);
        if (next.bytes == 0) { return false; }
        i += next.bytes;
    }
    return true;
}

}  // namespace

FileRows::Rows& FileRows::begin_row(const Table& table, std::size_t count) {
    if (count != table.columns.size()) { std::abort(); }
    for (auto& rows : tables_) {
        if (rows.table == &table) { return rows; }
    }
    return tables_.emplace_back(Rows{&table, {}});
}

void FileRows::add(Rows& rows, Cell cell) {
    if (!fits(cell.kind, rows.table->columns[rows.cells.size() % rows.table->columns.size()].type)) { std::abort(); }
    rows.cells.push_back(cell);
}

void FileRows::add(Rows& rows, bool value) {
    Cell cell;
    cell.kind = Cell::Kind::boolean;
    cell.integer = value ? 1 : 0;
    add(rows, cell);
}

void FileRows::add(Rows& rows, std::int64_t value) {
    Cell cell;
    cell.kind = Cell::Kind::integer;
    cell.integer = value;
    add(rows, cell);
}

void FileRows::add(Rows& rows, double value) {
    Cell cell;
    cell.kind = Cell::Kind::real;
    cell.real = value;
    add(rows, cell);
}

void FileRows::add(Rows& rows, core::Timestamp time) {
    Cell cell;
    cell.kind = Cell::Kind::time;
    cell.integer = time.micros;
    add(rows, cell);
}

void FileRows::add(Rows& rows, std::string_view text) {
    if (!is_utf8(text)) {
        const std::string mended = core::valid_utf8(text);
        add(rows, std::string_view(mended));
        return;
    }
    Cell cell;
    cell.kind = Cell::Kind::text;
    cell.integer = static_cast<std::int64_t>(texts_.size());
    cell.length = static_cast<std::uint32_t>(text.size());
    texts_ += text;
    add(rows, cell);
}

std::string FileRows::key_of(std::size_t i, std::size_t row) const {
    std::string key;
    for (std::size_t c = 0; c < key_width(*tables_[i].table); ++c) {
        const Cell& one = cell(i, row, c);
        key += static_cast<char>('0' + static_cast<int>(one.kind));
        if (one.kind == Cell::Kind::text) {
            key.append(core::cat(one.length, ':')).append(text(one));
        } else {
            key.append(reinterpret_cast<const char*>(&one.integer), sizeof one.integer);
        }
    }
    return key;
}

std::string FileRows::key_shown(std::size_t i, std::size_t row) const {
    const Table& table = *tables_[i].table;
    const std::size_t at = key_width(table) - 1;
    const Cell& last = cell(i, row, at);
    return core::cat(table.columns[at].name, " '", last.kind == Cell::Kind::text ? core::cut_utf8(text(last), 200) : core::cat(last.integer), "'");
}

core::Status FileRows::check_keys() const {
    for (std::size_t t = 0; t < tables_.size(); ++t) {
        const Table& table = *tables_[t].table;
        if (table.key != KeyCheck::checked || key_width(table) == 0) { continue; }
        std::unordered_set<std::string> seen;
        seen.reserve(row_count(t));
        for (std::size_t r = 0; r < row_count(t); ++r) {
            if (seen.insert(key_of(t, r)).second) { continue; }
            return core::Error(core::Errc::corrupt, core::cat("two rows of ", table.name, " have the same key, with ", key_shown(t, r)));
        }
    }
    return core::ok();
}

void FileRows::clear() {
    tables_.clear();
    texts_.clear();
}

std::size_t FileRows::bytes() const {
    std::size_t sum = texts_.capacity();
    for (const auto& rows : tables_) { sum += rows.cells.capacity() * sizeof(Cell); }
    return sum;
}

}  // namespace runlake::lake
