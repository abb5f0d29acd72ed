// SPDX-License-Identifier: Apache-2.0
// Prepared statements and the rows they give.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "sql/handle.hpp"

namespace runlake::sql {

// What a column holds, as far as a reader must tell apart.
enum class Kind : std::uint8_t { boolean, integer, floating, text, blob, timestamp, timestamp_tz, uuid, other };

// The rows of a result, read one after another in DuckDB's chunks. Columns count from 0. The accessors must match the column's kind (a mismatch, or
// a row that is not there, aborts: it is a programmer's error); is_null() first where a value may be missing, or the *_if forms. For kinds `other`, have SQL cast to
// VARCHAR. Views live until the next call of next().
class Rows {
  public:
    Rows(Rows&&) noexcept;
    Rows& operator=(Rows&&) noexcept;
    ~Rows();

    std::size_t column_count() const;
    std::string column_name(std::size_t column) const;
    Kind kind(std::size_t column) const;
    std::uint64_t rows_changed() const;  // by an INSERT, UPDATE or DELETE

    // Goes to the first or next row: false at the end. Errors come up late only for streamed rows.
    core::Result<bool> next();

    bool is_null(std::size_t column) const;
    bool boolean(std::size_t column) const;
    std::int64_t integer(std::size_t column) const;      // any integer type; DuckDB's 128 bits are cut at the limits of 64
    double number(std::size_t column) const;             // floating or integer
    std::string_view text(std::size_t column) const;     // text or blob
    core::Timestamp time(std::size_t column) const;
    core::RunId run_id(std::size_t column) const;        // of a UUID

    std::optional<std::int64_t> integer_if(std::size_t column) const;
    std::optional<double> number_if(std::size_t column) const;
    std::optional<std::string> text_if(std::size_t column) const;
    std::optional<core::Timestamp> time_if(std::size_t column) const;
    std::optional<core::RunId> run_id_if(std::size_t column) const;

  private:
    friend class Statement;
    friend class Connection;
    struct State;  // holds duckdb_result, which is a struct of duckdb.h
    explicit Rows(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// What a statement does, by DuckDB's own parser.
enum class StatementKind : std::uint8_t { select, explain, other };

// A prepared statement. Parameters count from 1. Binding again replaces; execute() may be called any number of times.
class Statement {
  public:
    core::Status bind(std::size_t index, std::string_view text);
    core::Status bind(std::size_t index, const char* text) { return bind(index, std::string_view(text)); }
    core::Status bind(std::size_t index, std::int64_t value);
    core::Status bind(std::size_t index, int value) { return bind(index, std::int64_t{value}); }
    core::Status bind(std::size_t index, double value);
    core::Status bind(std::size_t index, bool value);
    core::Status bind(std::size_t index, core::Timestamp value);
    core::Status bind(std::size_t index, const core::RunId& value);
    core::Status bind_null(std::size_t index);
    template <class T>
    core::Status bind(std::size_t index, const std::optional<T>& value) {
        return value ? bind(index, *value) : bind_null(index);
    }
    std::size_t parameter_count() const;
    StatementKind kind() const;

    core::Result<Rows> execute();  // all rows kept in memory
    core::Result<Rows> stream();   // rows made as they are read: until it is read to the end or dropped, the connection can do nothing else

  private:
    friend class Connection;
    explicit Statement(StatementHandle handle) : handle_(std::move(handle)) {}
    StatementHandle handle_;
};

static_assert(!std::is_copy_constructible_v<Rows> && !std::is_copy_constructible_v<Statement>);

}  // namespace runlake::sql
