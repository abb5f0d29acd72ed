// SPDX-License-Identifier: Apache-2.0
#include "lake/file_rows.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <utility>

#include "core/text.hpp"
#include "core/utf8.hpp"

namespace runlake::lake {
namespace {

constexpr std::size_t k_first_rows = 4;
constexpr std::size_t k_first_text = 1000;

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
        // Nearly all of it is ASCII: eight bytes at a time.
        std::uint64_t eight = 0;
        if (text.size() - i >= sizeof eight) {
            std::memcpy(&eight, text.data() + i, sizeof eight);
            if ((eight & 0x8080808080808080U) == 0) {
                i += sizeof eight;
                continue;
            }
        }
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

// Equal for rows of one key.
std::uint64_t hash_of_key(const FileRows& rows, std::size_t table, std::size_t row, std::size_t width) {
    std::uint64_t hash = 0;
    for (std::size_t c = 0; c < width; ++c) {
        const Cell& one = rows.cell(table, row, c);
        const std::uint64_t part = one.kind == Cell::Kind::text ? std::hash<std::string_view>()(rows.text(one)) : static_cast<std::uint64_t>(one.integer);
        hash = (hash ^ part) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 29U;
    }
    return hash;
}

}  // namespace

FileRows::Rows& FileRows::begin_row(const Table& table, std::size_t count) {
    if (count != table.columns.size()) { std::abort(); }
    for (auto& rows : tables_) {
        if (rows.table == &table) { return rows; }
    }
    auto& rows = tables_.emplace_back(Rows{&table, {}});
    rows.cells.reserve(k_first_rows * count);
    return rows;
}

void FileRows::add(Rows& rows, Cell cell) {
    if (!fits(cell.kind, rows.table->columns[rows.column].type)) { std::abort(); }
    if (++rows.column == rows.table->columns.size()) { rows.column = 0; }
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
    cell.real = value + 0.0;  // -0.0 too is 0.0: to DuckDB they are equal, and of two equal values any may be shown
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
    if (texts_.empty()) { texts_.reserve(k_first_text); }
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
    std::vector<std::pair<std::uint64_t, std::size_t>> rows;  // hash of the key, row
    for (std::size_t t = 0; t < tables_.size(); ++t) {
        const Table& table = *tables_[t].table;
        const std::size_t count = row_count(t);
        if (table.key != KeyCheck::checked || key_width(table) == 0 || count < 2) { continue; }
        rows.clear();
        for (std::size_t r = 0; r < count; ++r) { rows.emplace_back(hash_of_key(*this, t, r, key_width(table)), r); }
        std::sort(rows.begin(), rows.end());
        std::size_t first = count;  // of the rows that repeat a key
        for (std::size_t begin = 0; begin < count;) {
            std::size_t end = begin + 1;
            while (end < count && rows[end].first == rows[begin].first) { ++end; }
            // Seldom more than one; different keys with one hash more seldom still.
            for (std::size_t a = begin; a + 1 < end; ++a) {
                for (std::size_t b = a + 1; b < end && rows[b].second < first; ++b) {
                    if (key_of(t, rows[a].second) == key_of(t, rows[b].second)) { first = rows[b].second; }
                }
            }
            begin = end;
        }
        if (first < count) { return core::Error(core::Errc::corrupt, core::cat("two rows of ", table.name, " have the same key, with ", key_shown(t, first))); }
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
