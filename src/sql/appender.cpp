// SPDX-License-Identifier: Apache-2.0
// Fills DuckDB's data chunks in place and hands them to its appender.
#include "sql/appender.hpp"

#include "core/text.hpp"
#include "sql/library.hpp"

namespace runlake::sql {

using core::Errc;
using core::Error;

Appender::Appender(AppenderHandle appender, ChunkHandle chunk, const std::vector<Cell>& cells, std::string table)
    : ChunkWriter(cells), appender_(std::move(appender)), chunk_(std::move(chunk)), table_(std::move(table)) {
    begin(chunk_.get());
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
    std::vector<Cell> cells;
    const std::size_t count = library().appender_column_count(appender.get());
    for (std::size_t i = 0; i < count; ++i) {
        types.emplace_back(library().appender_column_type(appender.get(), i));
        raw_types.push_back(types.back().get());
        cells.push_back(cell_of(raw_types.back()));
        if (cells.back() == Cell::none) { return Error(Errc::usage, core::cat("appending to table ", table, ": column ", i + 1, " has a type that can't be appended")); }
    }
    ChunkHandle chunk(library().create_data_chunk(raw_types.data(), raw_types.size()));
    return Appender(std::move(appender), std::move(chunk), cells, table);
}

core::Status Appender::end_row() {
    next_row();
    return is_full() ? hand_on() : core::ok();
}

core::Status Appender::hand_on() {
    if (rows() == 0) { return core::ok(); }
    library().data_chunk_set_size(chunk_.get(), rows());
    if (library().append_data_chunk(appender_.get(), chunk_.get()) != DuckDBSuccess) { return failure("appending to"); }
    library().data_chunk_reset(chunk_.get());
    begin(chunk_.get());
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
