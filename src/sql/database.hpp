// SPDX-License-Identifier: Apache-2.0
// A DuckDB database and connections to it. DuckDB is loaded when the first database is opened.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "sql/handle.hpp"
#include "sql/statement.hpp"

namespace runlake::sql {

enum class Access : std::uint8_t {
    read_only,   // the file must exist; other readers may have it open too
    read_write,  // the file must exist; no other process may have it open
    create,      // as read_write, and a missing file is made
    in_memory,   // no file: the path is not looked at
};

// DuckDB's own settings, fixed before the database opens ("threads", "memory_limit", "enable_external_access", ...). Extensions are never
// fetched from anywhere, whatever is said here.
using Options = std::vector<std::pair<std::string, std::string>>;

class Connection;

// An open database. Movable. Connections keep it open, so that it may be dropped before them. Thread-safe: any thread may connect.
class Database {
  public:
    // Errc::not_found: no such file. Errc::busy: another process has it open. Errc::unsupported: written by a newer DuckDB, or DuckDB itself can't be
    // loaded. Errc::corrupt: it is not a DuckDB database, or damaged. Errc::io: the system refused. Errc::usage: an option DuckDB does not know.
    // `storage` is what only DuckDB's ATTACH takes ("ROW_GROUP_SIZE", "STORAGE_VERSION", "BLOCK_SIZE"; not for in_memory): how rows lie that are written from now on.
    static core::Result<Database> open(const std::string& path, Access access, const Options& options = {}, const Options& storage = {});
    core::Result<Connection> connect() const;

  private:
    Database(std::shared_ptr<DatabaseHandle> handle, std::string attached) : handle_(std::move(handle)), attached_(std::move(attached)) {}
    std::shared_ptr<DatabaseHandle> handle_;  // shared by this object and its connections: the last one closes the file
    std::string attached_;                    // the name of the database that connections use, where it isn't the one that was opened
};

// A connection. One thread at a time, but interrupt() may be called from any. Statements and rows of it must not outlive it.
class Connection {
  public:
    // Runs one statement and gives its rows, all of them kept in memory by DuckDB.
    core::Result<Rows> query(std::string_view sql);
    // Runs any number of statements; their rows are dropped.
    core::Status run(std::string_view sql);
    // Prepares one statement; parameters are "?" or "$1".
    core::Result<Statement> prepare(std::string_view sql);
    // The only value of a statement that gives one row with one integer (NULL counts as 0).
    core::Result<std::int64_t> integer(std::string_view sql);
    void interrupt();

    _duckdb_connection* raw() const { return handle_.get(); }

  private:
    friend class Database;
    Connection(std::shared_ptr<DatabaseHandle> database, ConnectionHandle handle) : database_(std::move(database)), handle_(std::move(handle)) {}
    std::shared_ptr<DatabaseHandle> database_;
    ConnectionHandle handle_;  // after database_, so that it goes first
};

// Rolls back when it goes away without commit(). The connection must outlive it.
class Transaction {
  public:
    static core::Result<Transaction> begin(Connection& connection);
    Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    core::Status commit();  // after an error nothing of it is in the database

  private:
    explicit Transaction(Connection& connection) : connection_(&connection) {}
    Connection* connection_;
};

// "v1.5.6" of the library that is loaded (loads it).
core::Result<std::string> library_version();
// A text as an SQL string literal or quoted identifier.
std::string quote_literal(std::string_view text);
std::string quote_identifier(std::string_view text);

static_assert(!std::is_copy_constructible_v<Connection> && !std::is_copy_constructible_v<Transaction>);

}  // namespace runlake::sql
