// SPDX-License-Identifier: Apache-2.0
// Fills DuckDB's data chunks in place and hands them to its appender.
#include "sql/appender.hpp"

#include <cstdlib>
#include <cstring>

#include "core/text.hpp"
#include "sql/library.hpp"
#include "sql/uuid.hpp"

namespace runlake::sql {

using core::Errc;
using core::Error;

Appender::Appender(AppenderHandle appender, ChunkHandle chunk, std::vector<Column> columns, std::string table)
    : appender_(std::move(appender)), chunk_(std::move(chunk)), columns_(std::move(columns)), table_(std::move(table)),
      capacity_(library().vector_size()) {
    begin_chunk();
}

core::Result<Appender> Appender::open(Connection& connection, const std::string& table, const std::string& catalog) {
    AppenderHandle appender;
    const char* const in_catalog = catalog.empty() ? nullptr : catalog.c_str();
    if (library().appender_create_ext(connection.raw(), in_catalog, nullptr, table.c_str(), appender.out()) != DuckDBSuccess) {
        const char* message = appender ? library().appender_error(appender.get()) : nullptr;
        return Error(Errc::usage, core::cat("appending to table ", table, ": ", message == nullptr ? "no reason given" : message));
    }
    std::vector<TypeHandle> types;
    std::vector<duckdb_logical_type> raw_types;
    std::vector<Column> columns;
    const std::size_t count = library().appender_column_count(appender.get());
    for (std::size_t i = 0; i < count; ++i) {
        types.emplace_back(library().appender_column_type(appender.get(), i));
        raw_types.push_back(types.back().get());
        Cell cell{};
        switch (library().get_type_id(raw_types.back())) {
            case DUCKDB_TYPE_BOOLEAN: cell = Cell::boolean; break;
            case DUCKDB_TYPE_INTEGER: cell = Cell::int32; break;
            case DUCKDB_TYPE_BIGINT: cell = Cell::int64; break;
            case DUCKDB_TYPE_DOUBLE: cell = Cell::floating; break;
            case DUCKDB_TYPE_VARCHAR:
            case DUCKDB_TYPE_BLOB: cell = Cell::bytes; break;
            case DUCKDB_TYPE_TIMESTAMP: cell = Cell::timestamp; break;
            case DUCKDB_TYPE_UUID: cell = Cell::uuid; break;
            default: return Error(Errc::usage, core::cat("appending to table ", table, ": column ", i + 1, " has a type that can't be appended"));
        }
        columns.push_back({cell});
    }
    ChunkHandle chunk(library().create_data_chunk(raw_types.data(), raw_types.size()));
    return Appender(std::move(appender), std::move(chunk), std::move(columns), table);
}

void Appender::begin_chunk() {
    row_ = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        Column& column = columns_[i];
        column.vector = library().data_chunk_get_vector(chunk_.get(), i);
        library().vector_ensure_validity_writable(column.vector);
        column.data = library().vector_get_data(column.vector);
        column.valid = library().vector_get_validity(column.vector);
        // A column is NULL unless it is set.
        std::memset(column.valid, 0, (capacity_ + 63) / 64 * sizeof(std::uint64_t));
    }
}

Appender::Column& Appender::column_of(std::size_t index, Cell cell) {
    if (index >= columns_.size() || columns_[index].cell != cell) { std::abort(); }
    Column& column = columns_[index];
    column.valid[row_ / 64] |= std::uint64_t{1} << (row_ % 64);
    return column;
}

void Appender::set(std::size_t index, std::string_view text) {
    const Column& column = column_of(index, Cell::bytes);
    if (text.size() <= 12) {
        duckdb_string_t value{};
        value.value.inlined.length = static_cast<std::uint32_t>(text.size());
        if (!text.empty()) { std::memcpy(&value.value.inlined.inlined[0], text.data(), text.size()); }
        static_cast<duckdb_string_t*>(column.data)[row_] = value;
        return;
    }
    library().vector_assign_string_element_len(column.vector, row_, text.data(), text.size());
}

void Appender::set(std::size_t index, std::int64_t value) {
    if (index < columns_.size() && columns_[index].cell == Cell::int32) {
        if (value < INT32_MIN || value > INT32_MAX) { std::abort(); }
        static_cast<std::int32_t*>(column_of(index, Cell::int32).data)[row_] = static_cast<std::int32_t>(value);
        return;
    }
    static_cast<std::int64_t*>(column_of(index, Cell::int64).data)[row_] = value;
}

void Appender::set(std::size_t index, double value) { static_cast<double*>(column_of(index, Cell::floating).data)[row_] = value; }
void Appender::set(std::size_t index, bool value) { static_cast<bool*>(column_of(index, Cell::boolean).data)[row_] = value; }
void Appender::set(std::size_t index, core::Timestamp value) {
    static_cast<std::int64_t*>(column_of(index, Cell::timestamp).data)[row_] = value.micros;
}
void Appender::set(std::size_t index, const core::RunId& value) {
    static_cast<duckdb_hugeint*>(column_of(index, Cell::uuid).data)[row_] = stored_integer(value);
}

core::Status Appender::end_row() {
    if (++row_ < capacity_) { return core::ok(); }
    return hand_on();
}

core::Status Appender::hand_on() {
    if (row_ == 0) { return core::ok(); }
    library().data_chunk_set_size(chunk_.get(), row_);
    if (library().append_data_chunk(appender_.get(), chunk_.get()) != DuckDBSuccess) { return failure("appending to"); }
    library().data_chunk_reset(chunk_.get());
    begin_chunk();
    return core::ok();
}

core::Status Appender::flush() {
    RL_TRY(hand_on());
    if (library().appender_flush(appender_.get()) != DuckDBSuccess) { return failure("appending to"); }
    return core::ok();
}

core::Status Appender::close() {
    RL_TRY(flush());
    if (library().appender_close(appender_.get()) != DuckDBSuccess) { return failure("ending the appending to"); }
    return core::ok();
}

Error Appender::failure(std::string_view what) const {
    const char* message = library().appender_error(appender_.get());
    return append_error(message == nullptr ? "no reason given" : message, core::cat(what, " table ", table_));
}

}  // namespace runlake::sql
