// SPDX-License-Identifier: Apache-2.0
// Opening databases and connections, and transactions.
#include "sql/database.hpp"

#include <memory>

#include "core/text.hpp"
#include "os/files.hpp"
#include "sql/library.hpp"

namespace runlake::sql {

using core::Errc;
using core::Error;

namespace {

constexpr const char* k_attached = "attached";

struct FreeText {
    void operator()(char* text) const { library().free(text); }
};

core::Status set_option(ConfigHandle& config, const std::string& name, const std::string& value) {
    if (library().set_config(config.get(), name.c_str(), value.c_str()) != DuckDBSuccess) {
        return Error(Errc::usage, core::cat("setting ", name, " of DuckDB to \"", value, "\": it knows no such setting or value"));
    }
    return core::ok();
}

core::Status attach(const Connection& connection, const std::string& path, std::string_view mode, const Options& storage) {
    std::string sql = core::cat("ATTACH ", quote_literal(path), " AS ", k_attached, " (", mode);
    for (const auto& [option, value] : storage) { sql += core::cat(", ", option, ' ', value); }
    duckdb_result result{};
    core::Status status = core::ok();
    if (library().query(connection.raw(), (sql + ')').c_str(), &result) != DuckDBSuccess) {
        const char* text = library().result_error(&result);
        status = open_error(text == nullptr ? "no reason given" : text, path);
    }
    library().destroy_result(&result);
    return status;
}

}  // namespace

core::Result<Database> Database::open(const std::string& path, Access access, const Options& options, const Options& storage) {
    RL_ASSIGN(const Library* const duckdb, load_library());
    const bool attaches = !storage.empty();
    ConfigHandle config;
    if (duckdb->create_config(config.out()) != DuckDBSuccess) { return Error(Errc::internal, "making a configuration for DuckDB: it gave no reason"); }
    const char* const mode = access == Access::read_only ? "READ_ONLY" : "READ_WRITE";
    RL_TRY(set_option(config, "access_mode", access == Access::in_memory || attaches ? "AUTOMATIC" : mode));
    RL_TRY(set_option(config, "autoinstall_known_extensions", "false"));
    RL_TRY(set_option(config, "autoload_known_extensions", "false"));
#if defined(__SANITIZE_THREAD__)
    // DuckDB is built without the thread sanitizer, which doesn't see what its threads do for each other: it has none then.
    RL_TRY(set_option(config, "threads", "1"));
#endif
    if (attaches) { RL_TRY(set_option(config, "temp_directory", path + ".tmp")); }  // as if it were opened itself
    for (const auto& [name, value] : options) { RL_TRY(set_option(config, name, value)); }

    if (access != Access::in_memory) {
        // DuckDB would make a missing file.
        const auto found = os::stat_path(path);
        if (!found && access != Access::create) { return Error(Errc::not_found, core::cat("opening database ", path, ": no such file")); }
        if (found && !S_ISREG(found->st_mode)) { return Error(Errc::corrupt, core::cat("opening database ", path, ": not a file")); }
        // It takes an empty file for a new database, but not when it may only read.
        if (found && found->st_size == 0 && access == Access::read_only) {
            return Error(Errc::corrupt, core::cat("opening database ", path, ": the file is empty"));
        }
    }
    auto handle = std::make_shared<DatabaseHandle>();  // shared with the connections: see database.hpp
    char* raw_message = nullptr;
    const char* name = access == Access::in_memory || attaches ? nullptr : path.c_str();
    const duckdb_state state = duckdb->open_ext(name, handle->out(), config.get(), &raw_message);
    const std::unique_ptr<char, FreeText> message(raw_message);
    if (state != DuckDBSuccess) { return open_error(message == nullptr ? "no reason given" : message.get(), access == Access::in_memory ? ":memory:" : path); }
    if (!attaches) { return Database(std::move(handle), ""); }
    RL_ASSIGN(auto connection, Database(handle, "").connect());
    RL_TRY(attach(connection, path, mode, storage));
    return Database(std::move(handle), k_attached);
}

core::Result<Connection> Database::connect() const {
    ConnectionHandle handle;
    if (library().connect(handle_->get(), handle.out()) != DuckDBSuccess) {
        return Error(Errc::internal, "connecting to an open database: DuckDB gave no reason");
    }
    Connection connection(handle_, std::move(handle));
    if (!attached_.empty()) { RL_TRY(connection.run(core::cat("USE ", attached_))); }
    return connection;
}

core::Status Connection::run(std::string_view sql) {
    duckdb_result result{};
    const std::string text(sql);
    const duckdb_state state = library().query(handle_.get(), text.c_str(), &result);
    core::Status status = core::ok();
    if (state != DuckDBSuccess) { status = query_error(result, "running SQL"); }
    library().destroy_result(&result);
    return status;
}

core::Result<std::int64_t> Connection::integer(std::string_view sql) {
    RL_ASSIGN(auto rows, query(sql));
    RL_ASSIGN(const bool found, rows.next());
    if (!found || rows.column_count() != 1) { return Error(Errc::internal, core::cat("running SQL: not one value: ", sql)); }
    return rows.is_null(0) ? 0 : rows.integer(0);
}

void Connection::interrupt() { library().interrupt(handle_.get()); }

core::Result<Transaction> Transaction::begin(Connection& connection) {
    RL_TRY(connection.run("BEGIN TRANSACTION"));
    return Transaction(connection);
}

Transaction::~Transaction() {
    if (connection_ != nullptr) {
        // Nothing can be done when this fails: the transaction ends with its connection at the latest.
        static_cast<void>(connection_->run("ROLLBACK").ok());
    }
}

core::Status Transaction::commit() {
    Connection* const connection = std::exchange(connection_, nullptr);
    if (connection == nullptr) { return Error(Errc::internal, "committing a transaction that has ended"); }
    auto status = connection->run("COMMIT");
    if (!status.ok()) {
        static_cast<void>(connection->run("ROLLBACK").ok());  // DuckDB has usually done it already
        return std::move(status).take_error().context("committing to the database");
    }
    return status;
}

core::Result<std::string> library_version() {
    RL_ASSIGN(const Library* const duckdb, load_library());
    return std::string(duckdb->library_version());
}

namespace {
std::string quoted(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        if (c == quote) { out += quote; }
        out += c;
    }
    return out += quote;
}
}  // namespace

std::string quote_literal(std::string_view text) { return quoted(text, '\''); }
std::string quote_identifier(std::string_view text) { return quoted(text, '"'); }

}  // namespace runlake::sql
