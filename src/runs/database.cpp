// SPDX-License-Identifier: Apache-2.0
// Every step that changes runs.duckdb as a file.
#include "runs/database.hpp"

#include <optional>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "record/journal.hpp"
#include "runs/original.hpp"
#include "runs/schema.hpp"

namespace runlake::runs {

using core::cat;
using core::Errc;
using core::Error;

namespace {

constexpr std::size_t k_many_segments = 256;
constexpr std::string_view k_fold_memory = "512MB";  // for DuckDB while rows are written to a new database

std::string wal_of(const std::string& database) { return database + ".wal"; }
std::string new_name(const std::string& database) { return database + ".new"; }

core::Result<std::unique_ptr<os::Lease>> take_lease(const std::string& database) {
    RL_TRY(os::make_dirs(os::parent_path(database), 0755, os::point::store_create));
    os::LeaseOptions options;
    options.purpose = "fold";
    return os::Lease::take(lease_path(database), options);
}

core::Result<sql::Connection> connect(const std::string& path, sql::Access access) {
    RL_ASSIGN(const auto database, sql::Database::open(path, access));
    return database.connect();
}

// Opens the database to change it. After a kill there is a log, which DuckDB applies to the tables at once and to an index when that is first used. DuckDB 1.5.6 loses
// that part of the indexes when it checkpoints at shutdown before any of them was used: so it must not, and a deletion that meets no row makes it load them all.
core::Result<sql::Connection> connect_to_change(const std::string& path) {
    const bool has_log = os::exists(wal_of(path));
    RL_ASSIGN(auto connection, connect(path, sql::Access::read_write));
    RL_TRY(connection.run("PRAGMA disable_checkpoint_on_shutdown"));
    if (!has_log) { return connection; }
    RL_ASSIGN(const SchemaFound found, find_schema(connection));
    if (found.kind != SchemaFound::Kind::ours) { return connection; }
    for (const Table& table : tables()) {
        if (table.key.empty()) { continue; }
        RL_TRY(connection.run(cat("DELETE FROM ", table.name, " WHERE ", table.key, " = '00000000-0000-0000-0000-000000000000'")));
    }
    RL_TRY(connection.run("CHECKPOINT"));
    return connection;
}

// Renames the database, and what belongs to it, to "<path>.<word>-<stamp>"; gives that name.
core::Result<std::string> set_aside(const std::string& path, std::string_view word) {
    const std::string base = cat(path, '.', word, '-', core::format_stamp(os::system_clock().now()));
    std::string name = base;
    for (int i = 2; os::exists(name); ++i) { name = cat(base, '-', i); }
    if (os::exists(wal_of(path))) { RL_TRY(os::rename_replace(wal_of(path), wal_of(name), os::point::database_replace)); }
    RL_TRY(os::rename_replace(path, name, os::point::database_replace));
    return name;
}

core::Status remove_leftover(const std::string& path) {
    RL_TRY(os::remove_file(wal_of(path), os::point::database_replace));
    return os::remove_file(path, os::point::database_replace);
}

// Puts the finished file `path`.new in the place of `path`. The old log goes first: it must never be applied to the new file.
core::Status put_in_place(const std::string& path) {
    RL_TRY(os::remove_file(wal_of(path), os::point::database_replace));
    RL_TRY(os::rename_replace(new_name(path), path, os::point::database_replace));
    return os::sync_dir(os::parent_path(path), os::point::database_replace);
}

// Builds `path`.new from the whole journal, without indexes first: that is faster for many rows, and nobody sees it before it is whole.
core::Result<FoldReport> build_beside(const record::Store& store, const std::string& path, Cursor& cursor) {
    const std::string name = new_name(path);
    RL_TRY(remove_leftover(name));
    RL_ASSIGN(const auto listing, record::list_segments(store));
    RL_ASSIGN(auto connection, connect(name, sql::Access::create));
    RL_TRY(create_schema(connection, Indexes::later));
    FoldTarget target;
    target.one_transaction = true;
    cursor.clear();
    // The folding brings threads of its own, beside which DuckDB's would wait for one another, also while indexes are made. Rows that are written need not stay in
    // memory; indexes must.
    RL_TRY(connection.run("SET threads = 1"));
    RL_TRY(connection.run(cat("SET memory_limit = '", k_fold_memory, '\'')));
    RL_ASSIGN(FoldReport report, fold(connection, store, listing, unfolded(listing, cursor), cursor, target));
    RL_TRY(connection.run("RESET memory_limit"));
    RL_TRY(add_indexes(connection));
    RL_TRY(connection.run("CHECKPOINT"));
    for (const std::string& note : listing.unreadable) { report.notes.push_back(note); }
    return report;
}

core::Result<UpdateReport> build_new(const record::Store& store, const std::string& path) {
    Cursor cursor;
    UpdateReport report;
    RL_ASSIGN(report.fold, build_beside(store, path, cursor));
    RL_TRY(put_in_place(path));
    static_cast<void>(write_hint(path, cursor).ok());  // a hint only
    return report;
}

core::Result<UpdateReport> replace_damaged(const record::Store& store, const std::string& path, const Error& damage) {
    RL_ASSIGN(const std::string aside, set_aside(path, "corrupt"));
    RL_ASSIGN(UpdateReport report, build_new(store, path));
    report.notes.push_back(cat("the database was damaged (", damage.message(), "): it is kept as ", aside, " and was rebuilt from the journal"));
    return report;
}

core::Status drop_original(sql::Connection& connection) {
    RL_ASSIGN(auto transaction, sql::Transaction::begin(connection));
    RL_TRY(connection.run("DROP TABLE runs"));
    RL_TRY(create_schema(connection, Indexes::now));
    return transaction.commit();
}

// Leaves the connection with our schema, or nothing when the file had to be set aside.
core::Result<std::optional<sql::Connection>> migrate(const record::Store& store, const std::string& path, sql::Connection connection,
                                                     std::vector<std::string>& notes) {
    RL_ASSIGN(const SchemaFound found, find_schema(connection));
    switch (found.kind) {
        case SchemaFound::Kind::ours:
            if (found.version > k_schema_version) {
                return Error(Errc::unsupported, cat("opening database ", path, ": its schema has version ", found.version,
                                                    ", this program knows versions up to ", k_schema_version));
            }
            if (found.version < k_schema_version) {
                RL_ASSIGN(auto transaction, sql::Transaction::begin(connection));
                RL_TRY(upgrade_schema(connection));
                RL_TRY(transaction.commit());
            }
            return std::optional(std::move(connection));
        case SchemaFound::Kind::empty: {
            RL_ASSIGN(auto transaction, sql::Transaction::begin(connection));
            RL_TRY(create_schema(connection, Indexes::now));
            RL_TRY(transaction.commit());
            return std::optional(std::move(connection));
        }
        case SchemaFound::Kind::original: break;
    }
    RL_ASSIGN(const std::uint64_t rows, original_to_journal(connection, store));
    if (const auto dropped = drop_original(connection); dropped.ok()) {
        notes.push_back(cat(rows, rows == 1 ? " run" : " runs", " of an older database ", rows == 1 ? "was" : "were",
                            " written to the journal, and the database was migrated"));
        return std::optional(std::move(connection));
    }
    // Something of the user's depends on the old table: the file is theirs to keep.
    RL_TRY(connection.run("CHECKPOINT"));
    { const sql::Connection closed = std::move(connection); }
    RL_ASSIGN(const std::string aside, set_aside(path, "original"));
    notes.push_back(cat(rows, " runs of an older database were written to the journal; it has tables that depend on its runs and is kept as ", aside));
    return std::optional<sql::Connection>();
}

// Compaction is cheap to skip: the fold works with any number of segments.
core::Result<record::JournalListing> listing_of(const record::Store& store) {
    RL_ASSIGN(auto listing, record::list_segments(store));
    if (listing.segments.size() > k_many_segments && record::compact(store).ok()) { return record::list_segments(store); }
    return listing;
}

struct Opened {
    std::optional<sql::Connection> connection;  // none: the database was built anew and closed
    UpdateReport report;
};

// With the lease held: opens, migrates and folds.
core::Result<Opened> open_and_fold(const record::Store& store, const std::string& path) {
    Opened opened;
    if (!os::exists(path)) {
        RL_ASSIGN(opened.report, build_new(store, path));
        return opened;
    }
    auto connection = connect_to_change(path);
    if (!connection.ok()) {
        if (connection.error().code() != Errc::corrupt) { return std::move(connection).take_error(); }
        RL_ASSIGN(opened.report, replace_damaged(store, path, connection.error()));
        return opened;
    }
    auto migrated = migrate(store, path, std::move(connection).take(), opened.report.notes);
    if (!migrated.ok()) {
        if (migrated.error().code() != Errc::corrupt) { return std::move(migrated).take_error(); }
        RL_ASSIGN(opened.report, replace_damaged(store, path, migrated.error()));
        return opened;
    }
    opened.connection = std::move(migrated).take();
    if (!opened.connection) {
        auto notes = std::move(opened.report.notes);
        RL_ASSIGN(opened.report, build_new(store, path));
        opened.report.notes.insert(opened.report.notes.begin(), notes.begin(), notes.end());
        return opened;
    }
    RL_ASSIGN(const auto listing, listing_of(store));
    Cursor cursor;
    auto folded = fold_new(*opened.connection, store, listing, cursor);
    if (!folded.ok()) {
        opened.connection.reset();
        if (folded.error().code() != Errc::corrupt && folded.error().code() != Errc::conflict) { return std::move(folded).take_error(); }
        // Rows that do not fit together (a key twice) are damage as well.
        RL_ASSIGN(opened.report, replace_damaged(store, path, folded.error()));
        return opened;
    }
    opened.report.fold = std::move(folded).take();
    for (const std::string& note : listing.unreadable) { opened.report.notes.push_back(note); }
    static_cast<void>(write_hint(path, cursor).ok());  // a hint only
    return opened;
}

core::Result<std::uint64_t> size_of(const std::string& path) {
    const auto found = os::stat_path(path);
    if (!found) { return Error(Errc::not_found, cat("there is no database ", path)); }
    return static_cast<std::uint64_t>(found->st_size);
}

// Runs of the old database that the new one lacks, and whether the old one can be judged at all.
core::Result<std::uint64_t> missing_runs(const std::string& old_path, const std::string& new_path) {
    RL_ASSIGN(auto connection, connect(new_path, sql::Access::read_only));
    RL_TRY(connection.run(cat("ATTACH ", sql::quote_literal(old_path), " AS old (READ_ONLY)")));
    RL_ASSIGN(const std::int64_t count,
              connection.integer("SELECT count(*) FROM old.runs o ANTI JOIN runs n ON o.run_id::UUID = n.run_id"));
    return static_cast<std::uint64_t>(count);
}

}  // namespace

std::string lease_path(const std::string& database) { return database + ".lease"; }

core::Result<UpdateReport> update_database(const record::Store& store) {
    const std::string path = store.runs_database();
    RL_ASSIGN(const auto lease, take_lease(path));
    RL_ASSIGN(Opened opened, open_and_fold(store, path));
    // What can't be taken in now stays in the log, where it is as safe.
    if (opened.connection) { static_cast<void>(opened.connection->run("CHECKPOINT").ok()); }
    opened.connection.reset();  // before the lease
    return std::move(opened.report);
}

core::Result<HeldDatabase> hold_database(const record::Store& store) {
    const std::string path = store.runs_database();
    RL_ASSIGN(auto lease, take_lease(path));
    RL_ASSIGN(Opened opened, open_and_fold(store, path));
    if (!opened.connection) {
        RL_ASSIGN(opened.connection, connect_to_change(path));
    }
    return HeldDatabase{std::move(lease), std::move(*opened.connection), std::move(opened.report)};
}

core::Result<RebuildReport> rebuild_database(const record::Store& store) {
    const std::string path = store.runs_database();
    RL_ASSIGN(const auto lease, take_lease(path));
    RebuildReport report;
    bool comparable = false;
    std::string aside_word;
    if (os::exists(path)) {
        auto old = connect_to_change(path);
        if (old.ok()) {
            auto found = find_schema(old.value());
            if (found.ok() && found.value().kind == SchemaFound::Kind::original) {
                RL_ASSIGN(const std::uint64_t rows, original_to_journal(old.value(), store));
                report.notes.push_back(cat(rows, " runs of an older database were written to the journal"));
            }
            comparable = found.ok() && found.value().kind != SchemaFound::Kind::empty && old.value().run("CHECKPOINT").ok();
            if (found.ok() && found.value().version > k_schema_version) { aside_word = "newer"; }
        } else if (old.error().code() == Errc::corrupt || old.error().code() == Errc::unsupported) {
            aside_word = old.error().code() == Errc::corrupt ? "corrupt" : "newer";
        } else {
            return std::move(old).take_error();
        }
    }
    Cursor cursor;
    RL_ASSIGN(report.fold, build_beside(store, path, cursor));
    report.runs = report.fold.runs_added;
    if (comparable) {
        auto missing = missing_runs(path, new_name(path));
        if (missing.ok()) { report.missing = missing.value(); }
        // What can't be read can't be missed either, but is not thrown away.
        if (!missing.ok() || report.missing != 0) { aside_word = aside_word.empty() ? "before" : aside_word; }
    }
    if (!aside_word.empty()) {
        RL_ASSIGN(report.kept_as, set_aside(path, aside_word));
    }
    RL_TRY(put_in_place(path));
    static_cast<void>(write_hint(path, cursor).ok());  // a hint only
    return report;
}

core::Result<VacuumReport> vacuum_database(const record::Store& store) {
    const std::string path = store.runs_database();
    RL_ASSIGN(const std::uint64_t before, size_of(path));
    RL_ASSIGN(const auto lease, take_lease(path));
    {
        RL_ASSIGN(Opened opened, open_and_fold(store, path));
        if (opened.connection) { RL_TRY(opened.connection->run("CHECKPOINT")); }
    }
    const std::string name = new_name(path);
    RL_TRY(remove_leftover(name));
    {
        RL_ASSIGN(auto connection, connect(name, sql::Access::create));
        RL_TRY(connection.run(cat("ATTACH ", sql::quote_literal(path), " AS old (READ_ONLY)")));
        RL_TRY(create_schema(connection, Indexes::later));
        for (const Table& table : tables()) {
            if (table.name == "fold_schema") { continue; }
            const std::string order = table.name == "runs" ? " ORDER BY started_at, run_id" : "";
            RL_TRY(connection.run(cat("INSERT INTO ", table.name, " SELECT * FROM old.", table.name, order)));
        }
        RL_TRY(connection.run("DETACH old"));
        RL_TRY(add_indexes(connection));
        RL_TRY(connection.run("CHECKPOINT"));
    }
    RL_TRY(put_in_place(path));
    RL_ASSIGN(const std::uint64_t after, size_of(path));
    return VacuumReport{before, after};
}

}  // namespace runlake::runs
