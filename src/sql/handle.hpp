// SPDX-License-Identifier: Apache-2.0
// Owners of DuckDB's C handles: each destroys its handle exactly once and can't be copied.
#pragma once

#include <type_traits>
#include <utility>

// DuckDB's handle types by their tags, so that duckdb.h itself stays inside this module's sources.
struct _duckdb_database;
struct _duckdb_connection;
struct _duckdb_prepared_statement;
struct _duckdb_appender;
struct _duckdb_data_chunk;
struct _duckdb_logical_type;
struct _duckdb_config;
struct _duckdb_value;
struct _duckdb_vector;

namespace runlake::sql {

// Owns one handle. DuckDB's destroyers take a pointer to the handle and null it.
template <class Tag, void (*Destroy)(Tag**)>
class Handle {
  public:
    Handle() = default;
    explicit Handle(Tag* raw) : raw_(raw) {}
    Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
    Handle& operator=(Handle&& other) noexcept {
        Handle taken(std::move(other));
        std::swap(raw_, taken.raw_);
        return *this;
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        if (raw_ != nullptr) { Destroy(&raw_); }
    }

    Tag* get() const { return raw_; }
    explicit operator bool() const { return raw_ != nullptr; }
    // For a function that fills a handle; what was held before is destroyed first.
    Tag** out() {
        if (raw_ != nullptr) { Destroy(&raw_); }
        raw_ = nullptr;
        return &raw_;
    }

  private:
    Tag* raw_ = nullptr;
};

void destroy_database(_duckdb_database** handle);
void destroy_connection(_duckdb_connection** handle);
void destroy_statement(_duckdb_prepared_statement** handle);
void destroy_appender(_duckdb_appender** handle);
void destroy_chunk(_duckdb_data_chunk** handle);
void destroy_type(_duckdb_logical_type** handle);
void destroy_config(_duckdb_config** handle);
void destroy_value(_duckdb_value** handle);

using DatabaseHandle = Handle<_duckdb_database, destroy_database>;
using ConnectionHandle = Handle<_duckdb_connection, destroy_connection>;
using StatementHandle = Handle<_duckdb_prepared_statement, destroy_statement>;
using AppenderHandle = Handle<_duckdb_appender, destroy_appender>;
using ChunkHandle = Handle<_duckdb_data_chunk, destroy_chunk>;
using TypeHandle = Handle<_duckdb_logical_type, destroy_type>;
using ConfigHandle = Handle<_duckdb_config, destroy_config>;
using ValueHandle = Handle<_duckdb_value, destroy_value>;

static_assert(sizeof(DatabaseHandle) == sizeof(void*) && !std::is_copy_constructible_v<DatabaseHandle> &&
              !std::is_copy_assignable_v<DatabaseHandle> && std::is_nothrow_move_constructible_v<DatabaseHandle>);
static_assert(!std::is_copy_constructible_v<ConnectionHandle> && !std::is_copy_constructible_v<StatementHandle> &&
              !std::is_copy_constructible_v<AppenderHandle> && !std::is_copy_constructible_v<ChunkHandle>);

}  // namespace runlake::sql
