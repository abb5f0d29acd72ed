// SPDX-License-Identifier: Apache-2.0
// Loads DuckDB and says its errors in our codes.
#include "sql/library.hpp"

#include <cstring>

#include "core/text.hpp"
#include "os/shared_library.hpp"
#include "os/system.hpp"
#include "os/want_of_memory.hpp"
#include "sql/handle.hpp"

namespace runlake::sql {

using core::Errc;
using core::Error;

namespace {

Library g_library;  // filled once by load_library(), before any handle exists

// With less, its threads end the process before anybody can say why.
constexpr std::uint64_t k_least_memory = std::uint64_t{128} << 20U;

core::Result<const Library*> load_once() {
    RL_TRY(os::has_address_space(k_least_memory, "loading DuckDB"));
    RL_ASSIGN(const auto shared, os::SharedLibrary::load({os::private_lib_dir() + "/libduckdb.so", "libduckdb.so"}));
    Library loaded;
#define RUNLAKE_DUCKDB_LOOKUP(name)                                            \
    {                                                                          \
        RL_ASSIGN(void* const address, shared.symbol("duckdb_" #name));        \
        std::memcpy(&loaded.name, &address, sizeof address);                   \
    }
    RUNLAKE_DUCKDB_FUNCTIONS(RUNLAKE_DUCKDB_LOOKUP)
#undef RUNLAKE_DUCKDB_LOOKUP
    os::prepare_for_want_of_memory(shared);
    g_library = loaded;
    return &g_library;
}

bool says(std::string_view message, std::string_view words) { return message.find(words) != std::string_view::npos; }

// Comes under several types, as that of a transaction whose commit found none.
bool is_want_of_memory(std::string_view message) {
    return says(message, "Out of Memory") || says(message, "bad allocation") || says(message, "Allocation failure") || says(message, "Failed to allocate") || says(message, "could not allocate");
}

// The part of a message that a user can act on: without DuckDB's prefix, stack and hints in further lines.
std::string_view first_line(std::string_view message) { return message.substr(0, message.find('\n')); }

// What made a database unusable, where DuckDB says first that it is.
std::string_view original(std::string_view message) {
    constexpr std::string_view k_mark = "Original error: ";
    const auto at = message.rfind(k_mark);
    if (at == std::string_view::npos) { return message; }
    message.remove_prefix(at + k_mark.size());
    if (message.starts_with('"')) { message = message.substr(1, message.rfind('"') - 1); }
    return message;
}

}  // namespace

core::Result<const Library*> load_library() {
    static const core::Result<const Library*> loaded = load_once();
    return loaded;
}

const Library& library() { return g_library; }

Error open_error(std::string_view message, std::string_view path) {
    Errc code = Errc::io;
    // DuckDB has no codes for these: its texts are the only sign there is (checked by tests against the library in use).
    if (says(message, "Could not set lock") || says(message, "Conflicting lock")) {
        code = Errc::busy;
    } else if (says(message, "Trying to read a database file with version number") || says(message, "created with a newer version") ||
               says(message, "newer version of DuckDB") || says(message, "storage version")) {
        code = Errc::unsupported;
    } else if (says(message, "not a valid DuckDB database file") || says(message, "Corrupt") || says(message, "corrupt") || says(message, "checksum") ||
               says(message, "Serialization Error") || says(message, "INTERNAL Error") || says(message, "Could not read enough bytes") ||
               says(message, "could not read all data") || says(message, "Failed to deserialize") || says(message, "WAL file") || says(message, "replaying WAL")) {
        code = Errc::corrupt;
    } else if (says(message, "Cannot open database") && says(message, "does not exist")) {
        code = Errc::not_found;
    } else if (says(message, "unrecognized configuration") || says(message, "Unrecognized option") || says(message, "were not recognized")) {
        code = Errc::usage;
    }
    return {code, core::cat("opening database ", path, ": ", first_line(message))};
}

Error append_error(std::string_view message, std::string_view what) {
    Errc code = Errc::internal;
    if (says(message, "Constraint Error") || says(message, "constraint")) { code = Errc::conflict; }
    if (says(message, "IO Error") || is_want_of_memory(first_line(message))) { code = Errc::io; }
    return {code, core::cat(what, ": ", first_line(message))};
}

Error query_error(duckdb_result& result, std::string_view what) {
    const char* text = library().result_error(&result);
    const std::string_view message = text == nullptr ? "no reason given" : original(text);
    Errc code = Errc::internal;
    if (says(message, "No space left") || says(message, "IO Error") || says(message, "Could not write")) { code = Errc::io; }
    switch (library().result_error_type(&result)) {
        case DUCKDB_ERROR_PARSER:
        case DUCKDB_ERROR_SYNTAX:
        case DUCKDB_ERROR_BINDER:
        case DUCKDB_ERROR_CATALOG:
        case DUCKDB_ERROR_PLANNER:
        case DUCKDB_ERROR_EXPRESSION:
        case DUCKDB_ERROR_CONVERSION:
        case DUCKDB_ERROR_OUT_OF_RANGE:
        case DUCKDB_ERROR_DIVIDE_BY_ZERO:
        case DUCKDB_ERROR_DECIMAL:
        case DUCKDB_ERROR_MISMATCH_TYPE:
        case DUCKDB_ERROR_INVALID_TYPE:
        case DUCKDB_ERROR_UNKNOWN_TYPE:
        case DUCKDB_ERROR_INVALID_INPUT:
        case DUCKDB_ERROR_PERMISSION:
        case DUCKDB_ERROR_SETTINGS:
        case DUCKDB_INVALID_CONFIGURATION:
        case DUCKDB_ERROR_PARAMETER_NOT_RESOLVED:
        case DUCKDB_ERROR_PARAMETER_NOT_ALLOWED:
        case DUCKDB_ERROR_MISSING_EXTENSION:
        case DUCKDB_ERROR_AUTOLOAD: code = Errc::usage; break;
        case DUCKDB_ERROR_NOT_IMPLEMENTED: code = Errc::unsupported; break;
        // A commit whose file could not be written is told as one of the transaction.
        case DUCKDB_ERROR_TRANSACTION: code = says(message, "No space left") || says(message, "Could not write") || says(message, "fsync") ? Errc::io : Errc::conflict; break;
        case DUCKDB_ERROR_CONSTRAINT:
        case DUCKDB_ERROR_DEPENDENCY: code = Errc::conflict; break;
        case DUCKDB_ERROR_INTERRUPT: code = Errc::interrupted; break;
        case DUCKDB_ERROR_SERIALIZATION: code = Errc::corrupt; break;
        case DUCKDB_ERROR_IO:
        case DUCKDB_ERROR_OUT_OF_MEMORY:
        case DUCKDB_ERROR_NETWORK:
        case DUCKDB_ERROR_HTTP: code = Errc::io; break;
        default: break;
    }
    if (is_want_of_memory(first_line(message))) { code = Errc::io; }
    // Damage met while reading blocks or indexes comes under several types, "internal" and "fatal" among them.
    if (says(message, "Failed to delete all rows from index") || says(message, "Failed to append to") || says(message, "checksum") || says(message, "Corrupt") || says(message, "Could not read enough bytes") || says(message, "could not read all data")) {
        code = Errc::corrupt;
    }
    // After the first line come DuckDB's pointer into a statement, which helps whoever wrote one, or dumps of rows and stacks, which help nobody.
    return {code, core::cat(what, ": ", code == Errc::usage ? message : first_line(message))};
}

void destroy_database(_duckdb_database** handle) { library().close(handle); }
void destroy_connection(_duckdb_connection** handle) { library().disconnect(handle); }
void destroy_statement(_duckdb_prepared_statement** handle) { library().destroy_prepare(handle); }
void destroy_appender(_duckdb_appender** handle) { library().appender_destroy(handle); }
void destroy_chunk(_duckdb_data_chunk** handle) { library().destroy_data_chunk(handle); }
void destroy_type(_duckdb_logical_type** handle) { library().destroy_logical_type(handle); }
void destroy_config(_duckdb_config** handle) { library().destroy_config(handle); }
void destroy_value(_duckdb_value** handle) { library().destroy_value(handle); }

}  // namespace runlake::sql
