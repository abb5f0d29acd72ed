// SPDX-License-Identifier: Apache-2.0
// A table function for each table, which gives the rows that are at hand, and the INSERT that reads it.
#include "sql/inserter.hpp"

#include <atomic>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "sql/library.hpp"

namespace runlake::sql {

using core::Errc;
using core::Error;

// What the table function knows. It is asked by one thread: one that says nothing of threads is.
struct Inserter::Source : ChunkWriter {
    using ChunkWriter::Cell;
    using ChunkWriter::cell_of;
    Source(const std::vector<Cell>& cells, std::vector<TypeHandle> column_types) : ChunkWriter(cells), types(std::move(column_types)) {}

    static const std::shared_ptr<Source>& of(void* extra) { return *static_cast<std::shared_ptr<Source>*>(extra); }
    static void bind(duckdb_bind_info info) {
        const auto& source = of(library().bind_get_extra_info(info));
        for (std::size_t i = 0; i < source->types.size(); ++i) { library().bind_add_result_column(info, core::cat('c', i).c_str(), source->types[i].get()); }
    }
    static void init(duckdb_init_info) {}  // what is left to give is known to `fill`
    static void give(duckdb_function_info info, duckdb_data_chunk chunk) {
        const auto& source = of(library().function_get_extra_info(info));
        source->begin(chunk);
        if (source->fill != nullptr) { (*source->fill)(*source); }
        library().data_chunk_set_size(chunk, source->rows());
    }

    std::vector<TypeHandle> types;
    const Fill* fill = nullptr;  // while insert() runs
};

core::Result<Inserter> Inserter::open(Connection& connection, const std::string& table) {
    std::vector<TypeHandle> types;
    std::vector<Source::Cell> cells;
    duckdb_result columns{};
    const std::string what = core::cat("inserting into table ", table);
    if (library().query(connection.raw(), core::cat("SELECT * FROM ", quote_identifier(table), " LIMIT 0").c_str(), &columns) != DuckDBSuccess) {
        auto error = query_error(columns, what);
        library().destroy_result(&columns);
        return error;
    }
    for (idx_t i = 0; i < library().column_count(&columns); ++i) {
        types.emplace_back(library().column_logical_type(&columns, i));
        cells.push_back(Source::cell_of(types.back().get()));
    }
    library().destroy_result(&columns);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i] == Source::Cell::none) { return Error(Errc::usage, core::cat(what, ": column ", i + 1, " has a type that can't be inserted")); }
    }
    auto source = std::make_shared<Source>(cells, std::move(types));
    static std::atomic<unsigned> opened = 0;  // each has a function of its own: one that is replaced would give no rows
    const std::string name = core::cat("rows_", ++opened);
    auto* function = library().create_table_function();
    library().table_function_set_name(function, name.c_str());
    library().table_function_set_extra_info(function, new std::shared_ptr<Source>(source), [](void* kept) { delete static_cast<std::shared_ptr<Source>*>(kept); });
    library().table_function_set_bind(function, &Source::bind);
    library().table_function_set_init(function, &Source::init);
    library().table_function_set_function(function, &Source::give);
    const auto registered = library().register_table_function(connection.raw(), function);
    library().destroy_table_function(&function);
    if (registered != DuckDBSuccess) { return Error(Errc::internal, core::cat(what, ": DuckDB did not take the function of its rows")); }
    RL_ASSIGN(auto statement, connection.prepare(core::cat("INSERT INTO ", quote_identifier(table), " SELECT * FROM ", quote_identifier(name), "()")));
    return Inserter(std::move(source), std::move(statement), table);
}

core::Status Inserter::insert(const Fill& fill) {
    source_->fill = &fill;
    auto result = statement_.execute();
    source_->fill = nullptr;
    if (!result.ok()) { return std::move(result).take_error().context(core::cat("inserting into table ", table_)); }
    return core::ok();
}

}  // namespace runlake::sql
