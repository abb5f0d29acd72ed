// SPDX-License-Identifier: Apache-2.0
// The functions of DuckDB's C interface that this module uses, looked up in the shared library at first use. For sources of this module only.
#pragma once

#include <duckdb.h>

#include "core/result.hpp"

// X(name without the prefix "duckdb_"); the types come from duckdb.h.
#define RUNLAKE_DUCKDB_FUNCTIONS(X)                                                                                             \
    X(open_ext) X(close) X(connect) X(disconnect) X(interrupt) X(library_version) X(free)                                       \
    X(create_config) X(set_config) X(destroy_config)                                                                            \
    X(query) X(destroy_result) X(result_error) X(result_error_type) X(column_count) X(column_name) X(column_type)               \
    X(rows_changed) X(fetch_chunk)                                                                                              \
    X(prepare) X(destroy_prepare) X(prepare_error) X(nparams) X(prepared_statement_type) X(execute_prepared)                    \
    X(execute_prepared_streaming)                                                                                               \
    X(bind_value) X(create_uuid) X(destroy_value) X(bind_varchar_length) X(bind_int64) X(bind_double) X(bind_boolean)           \
    X(bind_timestamp) X(bind_null)                                                                                              \
    X(create_data_chunk) X(destroy_data_chunk) X(data_chunk_reset) X(data_chunk_get_size) X(data_chunk_set_size)                \
    X(data_chunk_get_vector) X(vector_get_data) X(vector_get_validity) X(vector_ensure_validity_writable)                       \
    X(vector_assign_string_element_len) X(vector_size) X(get_type_id) X(destroy_logical_type)                                   \
    X(appender_create_ext) X(appender_destroy) X(appender_flush) X(appender_close) X(appender_error) X(appender_column_count)   \
    X(appender_column_type) X(append_data_chunk)                                                                                \
    X(column_logical_type) X(create_table_function) X(destroy_table_function) X(table_function_set_name)                        \
    X(table_function_set_extra_info) X(table_function_set_bind) X(table_function_set_init) X(table_function_set_function)       \
    X(register_table_function) X(bind_get_extra_info) X(bind_add_result_column) X(function_get_extra_info)

namespace runlake::sql {

struct Library {
#define RUNLAKE_DUCKDB_MEMBER(name) decltype(&::duckdb_##name) name = nullptr;
    RUNLAKE_DUCKDB_FUNCTIONS(RUNLAKE_DUCKDB_MEMBER)
#undef RUNLAKE_DUCKDB_MEMBER
};

// Loads DuckDB once in a process: from our private folder, else from where the loader finds it. Thread-safe. Errc::unsupported when there is none.
core::Result<const Library*> load_library();
// The loaded library. Whoever holds a handle may call it: a handle only exists after load_library().
const Library& library();

// Errors of DuckDB as ours. `what` is what was attempted.
core::Error query_error(duckdb_result& result, std::string_view what);
core::Error append_error(std::string_view message, std::string_view what);
core::Error open_error(std::string_view message, std::string_view path);

}  // namespace runlake::sql
