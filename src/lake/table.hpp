// SPDX-License-Identifier: Apache-2.0
// Tables of the lake as data: declared beside the extractor that fills them; from the declarations come the DDL, the checks of rows and docs/reference/lake-tables.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace runlake::lake {

enum class ColumnType : std::uint8_t { boolean, integer, real, text, json, time };  // BOOLEAN, BIGINT, DOUBLE, VARCHAR, JSON, TIMESTAMP
std::string_view type_name(ColumnType type);

// What of a column is equal everywhere, and so may stand in a dataset.
enum class ColumnUse : std::uint8_t {
    fact,      // from the bytes of the run alone
    place,     // from where the run lies: run keys, paths. In a release run_uid stands instead
    changing,  // from when or how it was read: times, parse states. In no dataset
    source,    // our own rel_path: which file said it. In no dataset of the seed's profiles
};

struct Column {
    std::string_view name;
    ColumnType type;
    std::string_view help;                // half a sentence for the page; "" where the name says it
    bool is_key = false;                  // key columns come first
    ColumnUse use = ColumnUse::fact;
};

// Whether the key is looked at when rows are collected.
enum class KeyCheck : std::uint8_t {
    checked,   // two rows with one key make the file that says so an error
    certain,   // it can't happen twice: the key holds a position in a file
    none,      // the table has no key
};

// The first column of what extractors fill is run_key. No constraint stands in the database: what is appended was checked before, deleting and inserting a key in one transaction stays
// possible, and appending stays fast.
struct Table {
    std::string_view name;
    std::string_view help;                // one sentence
    std::span<const Column> columns;
    KeyCheck key = KeyCheck::checked;
};

std::size_t key_width(const Table& table);                              // how many columns are the key
bool has_column(const Table& table, std::string_view name);
std::size_t column_index(const Table& table, std::string_view name);    // aborts when there is none
std::string create_table_sql(const Table& table);                       // CREATE TABLE IF NOT EXISTS ...

// What most tables begin or end with.
inline constexpr Column k_run_key_column = {"run_key", ColumnType::text, "the run", true, ColumnUse::place};
inline constexpr Column k_rel_path_column = {"rel_path", ColumnType::text, "the file that says so, below the run's folder", false, ColumnUse::source};

}  // namespace runlake::lake
