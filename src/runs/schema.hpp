// SPDX-License-Identifier: Apache-2.0
// The tables of runs.duckdb: their columns, keys and indexes, and the version of the schema (docs/formats/runs-duckdb.md).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sql/database.hpp"

namespace runlake::runs {

inline constexpr std::int64_t k_schema_version = 3;

// A table, and how a view over the stored table and a tail in memory puts the two together.
enum class Overlay : std::uint8_t {
    replaces,  // rows of a run in the tail stand in the place of all its stored rows
    adds,      // rows in the tail are further rows
    internal,  // of the folding itself: not for readers
};

struct Table {
    std::string_view name;
    std::string_view columns;  // as in CREATE TABLE, without the key
    std::string_view key;      // primary key, "" for none
    Overlay overlay;
};

// Every table; `runs` is first, those of the folding (fold_*) are last.
std::span<const Table> tables();

enum class Indexes : std::uint8_t {
    now,    // keys and indexes are there from the beginning
    later,  // tables only: add_indexes() when they are filled, which is faster for many rows
    never,  // for a tail in memory
};

// Makes every table in `catalog` ("" is the connection's own), empty, with the version. They must not exist.
core::Status create_schema(sql::Connection& connection, Indexes indexes, std::string_view catalog = "");
core::Status add_indexes(sql::Connection& connection);

// Turns an older version of ours, which must be there, into this one. For the caller's transaction.
core::Status upgrade_schema(sql::Connection& connection);

// The version that is there. Errc::corrupt for tables that are neither ours nor the original tool's.
struct SchemaFound {
    enum class Kind : std::uint8_t { empty, original, ours } kind = Kind::empty;  // original: the seed tool's `runs`, which knows no version
    std::int64_t version = 0;
};
core::Result<SchemaFound> find_schema(sql::Connection& connection, std::string_view catalog = "");

// "catalog.table", or "table" for the connection's own catalog.
std::string in_catalog(std::string_view catalog, std::string_view table);

}  // namespace runlake::runs
