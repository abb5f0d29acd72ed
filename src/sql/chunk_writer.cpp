// SPDX-License-Identifier: Apache-2.0
// How each type lies in a vector of DuckDB's.
#include "sql/chunk_writer.hpp"

#include <cstdlib>
#include <cstring>

#include "sql/library.hpp"
#include "sql/uuid.hpp"

namespace runlake::sql {

ChunkWriter::Cell ChunkWriter::cell_of(_duckdb_logical_type* type) {
    switch (library().get_type_id(type)) {
        case DUCKDB_TYPE_BOOLEAN: return Cell::boolean;
        case DUCKDB_TYPE_INTEGER: return Cell::int32;
        case DUCKDB_TYPE_BIGINT: return Cell::int64;
        case DUCKDB_TYPE_DOUBLE: return Cell::floating;
        case DUCKDB_TYPE_VARCHAR:
        case DUCKDB_TYPE_BLOB: return Cell::bytes;
        case DUCKDB_TYPE_TIMESTAMP: return Cell::timestamp;
        case DUCKDB_TYPE_UUID: return Cell::uuid;
        default: return Cell::none;
    }
}

ChunkWriter::ChunkWriter(const std::vector<Cell>& cells) : capacity_(library().vector_size()) {
    columns_.reserve(cells.size());
    for (const auto cell : cells) { columns_.push_back({cell}); }
}

void ChunkWriter::begin(_duckdb_data_chunk* chunk) {
    row_ = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        Column& column = columns_[i];
        column.vector = library().data_chunk_get_vector(chunk, i);
        library().vector_ensure_validity_writable(column.vector);
        column.data = library().vector_get_data(column.vector);
        column.valid = library().vector_get_validity(column.vector);
        // A column is NULL unless it is set.
        std::memset(column.valid, 0, (capacity_ + 63) / 64 * sizeof(std::uint64_t));
    }
}

ChunkWriter::Column& ChunkWriter::column_of(std::size_t index, Cell cell) {
    if (index >= columns_.size() || columns_[index].cell != cell) { std::abort(); }
    Column& column = columns_[index];
    column.valid[row_ / 64] |= std::uint64_t{1} << (row_ % 64);
    return column;
}

void ChunkWriter::set(std::size_t index, std::string_view text) {
    if (text.size() <= sizeof duckdb_string_t{}.value.inlined.inlined) {
        set_in_place(index, text);
        return;
    }
    const Column& column = column_of(index, Cell::bytes);
    library().vector_assign_string_element_len(column.vector, row_, text.data(), text.size());
}

void ChunkWriter::set_in_place(std::size_t index, std::string_view text) {
    duckdb_string_t value{};
    value.value.inlined.length = static_cast<std::uint32_t>(text.size());
    if (text.size() <= sizeof value.value.inlined.inlined) {
        if (!text.empty()) { std::memcpy(&value.value.inlined.inlined[0], text.data(), text.size()); }
    } else {
        std::memcpy(&value.value.pointer.prefix[0], text.data(), sizeof value.value.pointer.prefix);
        value.value.pointer.ptr = const_cast<char*>(text.data());  // the C interface has no const; nobody writes to it
    }
    static_cast<duckdb_string_t*>(column_of(index, Cell::bytes).data)[row_] = value;
}

void ChunkWriter::set(std::size_t index, std::int64_t value) {
    if (index < columns_.size() && columns_[index].cell == Cell::int32) {
        if (value < INT32_MIN || value > INT32_MAX) { std::abort(); }
        static_cast<std::int32_t*>(column_of(index, Cell::int32).data)[row_] = static_cast<std::int32_t>(value);
        return;
    }
    static_cast<std::int64_t*>(column_of(index, Cell::int64).data)[row_] = value;
}

void ChunkWriter::set(std::size_t index, double value) { static_cast<double*>(column_of(index, Cell::floating).data)[row_] = value; }
void ChunkWriter::set(std::size_t index, bool value) { static_cast<bool*>(column_of(index, Cell::boolean).data)[row_] = value; }
void ChunkWriter::set(std::size_t index, core::Timestamp value) { static_cast<std::int64_t*>(column_of(index, Cell::timestamp).data)[row_] = value.micros; }
void ChunkWriter::set(std::size_t index, const core::RunId& value) { static_cast<duckdb_hugeint*>(column_of(index, Cell::uuid).data)[row_] = stored_integer(value); }

}  // namespace runlake::sql
