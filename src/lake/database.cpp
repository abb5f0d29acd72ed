// SPDX-License-Identifier: Apache-2.0
#include "lake/database.hpp"

#include <utility>

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/text.hpp"
#include "lake/registry_tables.hpp"
#include "lake/source.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using core::Result;
using core::Status;

// What other programs need to read it: DuckDB 1.3 (May 2025). Texts take a third less than in the form that it writes by default, and a third less time.
constexpr std::string_view k_storage_version = "v1.3.0";
// Rows of a table that are compressed together. An eighth of DuckDB's own: what is appended is compressed while more is read, and less is left for the end.
constexpr const char* k_row_group_rows = "16384";

std::string wal_of(const std::string& path) { return path + ".wal"; }

struct Found {
    bool is_empty = false;  // no table at all
    bool is_lake = false;
    std::int64_t version = 0;
    std::string declared;
};

Result<Found> look(sql::Connection& connection) {
    Found found;
    RL_ASSIGN(const auto tables, connection.integer("SELECT count(*) FROM duckdb_tables() WHERE NOT temporary AND database_name = current_database()"));
    RL_ASSIGN(const auto columns, connection.integer("SELECT count(*) FROM duckdb_columns() WHERE database_name = current_database() AND table_name = 'schema_meta' AND "
                                                     "column_name IN ('schema_version', 'declared')"));
    found.is_empty = tables == 0;
    if (columns == 0) { return found; }
    found.is_lake = true;
    RL_ASSIGN(auto rows, connection.query(columns == 2 ? "SELECT schema_version, declared FROM schema_meta ORDER BY 1 DESC LIMIT 1"
                                                       : "SELECT schema_version, '' FROM schema_meta ORDER BY 1 DESC LIMIT 1"));
    RL_ASSIGN(const bool any, rows.next());
    if (!any) { return found; }
    found.version = rows.integer_if(0).value_or(0);
    found.declared = rows.text_if(1).value_or("");
    return found;
}

Error newer(const std::string& path, std::int64_t version) {
    return {Errc::unsupported, cat("opening the lake ", path, ": its schema has version ", version, ", this program knows versions up to ", k_schema_version, "; use the newer one that made it")};
}

Error none_yet(const std::string& path) { return {Errc::not_found, cat("opening the lake ", path, ": there is none yet; `runlake lake reconcile` makes it")}; }

// Whoever holds it, as DuckDB tells: "/usr/bin/python3.11 (PID 1234)".
Error held_elsewhere(const std::string& path, std::string_view told) {
    constexpr std::string_view k_before = "held in ";
    const auto begin = told.find(k_before);
    const auto end = begin == std::string_view::npos ? begin : told.find(')', begin);
    const std::string_view who = end == std::string_view::npos ? "another program" : told.substr(begin + k_before.size(), end + 1 - begin - k_before.size());
    return {Errc::busy, cat("opening the lake ", path, ": ", who, " has it open to change it; try again when that is done")};
}

bool is_current(const Found& found) { return found.version == k_schema_version && found.declared == declared_digest(); }

Status create_tables(sql::Connection& connection) {
    RL_ASSIGN(auto transaction, sql::Transaction::begin(connection));
    for (const auto* table : all_tables()) { RL_TRY(connection.run(create_table_sql(*table))); }
    RL_TRY(connection.run(all_runs_sql()));
    RL_ASSIGN(auto insert, connection.prepare("INSERT INTO schema_meta (schema_version, created_at, declared) VALUES (?, ?, ?)"));
    RL_TRY(insert.bind(1, k_schema_version));
    RL_TRY(insert.bind(2, os::system_clock().now()));
    RL_TRY(insert.bind(3, declared_digest()));
    RL_TRY(insert.execute());
    return transaction.commit();
}

Result<sql::Connection> connect_to_read(const std::string& path, const sql::Options& options) {
    RL_ASSIGN(const auto database, sql::Database::open(path, sql::Access::read_only, options));
    return database.connect();
}

Result<sql::Connection> connect_to_write(const std::string& path, sql::Access access) {
    sql::Options storage{{"ROW_GROUP_SIZE", k_row_group_rows}};
    if (access == sql::Access::create) {
        // Half of DuckDB's own. A block begins each column of each table, and there are hundreds of columns: smaller blocks make a small lake smaller. Each block of texts has a symbol table of
        // its own, which takes time to find: larger ones make storing quicker.
        storage.emplace_back("BLOCK_SIZE", "131072");
        storage.emplace_back("STORAGE_VERSION", sql::quote_literal(k_storage_version));
    }
    RL_ASSIGN(const auto database, sql::Database::open(path, access, {}, storage));
    RL_ASSIGN(auto connection, database.connect());
    // Row groups go to disk one by one as they fill, not all in the end. A transaction is stored as it will lie, instead of in the log first and once more at the next checkpoint.
    RL_TRY(connection.run("SET write_buffer_row_group_count = 1; SET wal_autocheckpoint = '0KB'"));
    return connection;
}

// No file, or an empty one, as a call leaves it that was killed when it had begun to make the lake.
bool is_nothing(const std::string& path) {
    const auto found = os::stat_path(path);
    return !found || (S_ISREG(found->st_mode) && found->st_size == 0);
}

// Makes an empty lake. Where nothing is, it is made in place: until its tables are there, all at once, what lies there is no lake yet and is begun anew. Another lake stays until the new one
// is there: it alone knows its roots. An old log goes first, it must never be applied to a new file.
Result<sql::Connection> make_empty(const std::string& path) {
    const bool replaces = !is_nothing(path);
    const std::string name = replaces ? path + ".new" : path;
    RL_TRY(os::remove_file(wal_of(name), os::point::lake_database_replace));
    RL_TRY(os::remove_file(name, os::point::lake_database_replace));
    {
        RL_ASSIGN(auto connection, connect_to_write(name, sql::Access::create));
        RL_TRY(create_tables(connection));
        if (!replaces) {
            RL_TRY(os::sync_dir(os::parent_path(path), os::point::lake_database_replace));
            return connection;
        }
        RL_TRY(connection.run("CHECKPOINT"));
    }
    RL_TRY(os::remove_file(wal_of(path), os::point::lake_database_replace));
    RL_TRY(os::rename_replace(name, path, os::point::lake_database_replace));
    RL_TRY(os::sync_dir(os::parent_path(path), os::point::lake_database_replace));
    return connect_to_write(path, sql::Access::read_write);
}

Result<std::string> set_aside(const std::string& path) {
    const std::string base = cat(path, ".corrupt-", core::format_stamp(os::system_clock().now()));
    std::string name = base;
    for (int i = 2; os::exists(name); ++i) { name = cat(base, '-', i); }
    if (os::exists(wal_of(path))) { RL_TRY(os::rename_replace(wal_of(path), wal_of(name), os::point::lake_database_replace)); }
    RL_TRY(os::rename_replace(path, name, os::point::lake_database_replace));
    return name;
}

std::vector<std::string> roots_of(sql::Connection& connection) {
    std::vector<std::string> roots;
    auto rows = connection.query("SELECT root_path FROM log_roots ORDER BY 1");
    if (!rows.ok()) { return roots; }  // a lake without that table names none
    for (;;) {
        const auto more = rows.value().next();
        if (!more.ok() || !more.value()) { return roots; }
        if (auto path = rows.value().text_if(0)) { roots.push_back(std::move(*path)); }
    }
}

}  // namespace

std::string declared_digest() {
    core::FieldHash hash("lake_tables/1");
    for (const auto* table : all_tables()) { hash.field(table->name, create_table_sql(*table)); }
    hash.field("all_runs", all_runs_sql());
    return hash.finish().hex().substr(0, 16);
}

Result<sql::Connection> open_lake(const std::string& path, const LakeReading& reading) {
    if (is_nothing(path)) { return none_yet(path); }
    sql::Options options;
    if (reading.single_threaded) { options.emplace_back("threads", "1"); }
    auto opened = connect_to_read(path, options);
    if (!opened.ok()) {
        if (opened.error().code() == Errc::busy) { return held_elsewhere(path, opened.error().message()); }
        if (opened.error().code() == Errc::corrupt) { return std::move(opened).take_error().context("the lake is damaged, and `runlake lake reconcile` makes it again"); }
        return std::move(opened).take_error();
    }
    auto connection = std::move(opened).take();
    RL_ASSIGN(const auto found, look(connection));
    if (found.is_empty) { return none_yet(path); }
    if (!found.is_lake) { return Error(Errc::corrupt, cat("opening the lake ", path, ": it is a database, but no lake")); }
    if (found.version > k_schema_version) { return newer(path, found.version); }
    if (!is_current(found)) { return Error(Errc::unsupported, cat("opening the lake ", path, ": an earlier version made it; `runlake lake reconcile` makes it again")); }
    return connection;
}

Result<HeldLake> hold_lake(const std::string& path) {
    RL_TRY(os::make_dirs(os::parent_path(path), 0755, os::point::lake_dir_create));
    os::LeaseOptions lease_options;
    lease_options.purpose = "lake";
    RL_ASSIGN(auto lease, os::Lease::take(path + ".lease", lease_options));
    std::vector<std::string> notes;
    std::vector<std::string> roots;
    if (!is_nothing(path)) {
        auto opened = connect_to_write(path, sql::Access::read_write);
        if (!opened.ok() && opened.error().code() != Errc::corrupt) { return std::move(opened).take_error().context("changing the lake"); }
        if (opened.ok()) {
            auto connection = std::move(opened).take();
            RL_ASSIGN(const auto found, look(connection));
            if (found.is_lake && found.version > k_schema_version) { return newer(path, found.version); }
            if (found.is_lake && is_current(found)) { return HeldLake{std::move(lease), std::move(connection), {}, {}, false}; }
            if (!found.is_lake && !found.is_empty) { return Error(Errc::conflict, cat("changing the lake ", path, ": it is a database, but no lake")); }
            if (found.is_lake) {
                roots = roots_of(connection);
                notes.push_back("an earlier version made the lake: it is made again");
            }
        } else {
            const std::string why = opened.error().message();
            RL_ASSIGN(const auto aside, set_aside(path));
            notes.push_back(cat("the lake was damaged (", why, "): it is kept as ", aside, " and made again"));
        }
    }
    RL_ASSIGN(auto connection, make_empty(path));
    return HeldLake{std::move(lease), std::move(connection), std::move(notes), std::move(roots), true};
}

}  // namespace runlake::lake
