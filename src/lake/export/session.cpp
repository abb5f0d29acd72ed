// SPDX-License-Identifier: Apache-2.0
#include "lake/export/session.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "lake/database.hpp"
#include "lake/registry_tables.hpp"
#include "os/files.hpp"
#include "sql/appender.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using sql::quote_identifier;
using sql::quote_literal;

// Of the registry, what tells about runs. The rest is bookkeeping about this machine.
constexpr std::array k_registry_shown = std::to_array<std::string_view>(
    {"runs", "run_files", "theorem_artifacts", "extract_errors", "graph_extract_errors", "lake_references", "lake_reference_members", "k_reference_score"});
// Columns of place that are ids or relative: fine in what stays on this machine.
constexpr std::array k_place_shown = std::to_array<std::string_view>({"run_key", "root_id", "rel_run_dir", "run_key_seed"});

bool is_among(std::span<const std::string_view> names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

bool is_shown(const Table& table) {
    const bool is_registry = std::ranges::find(registry_tables(), &table) != registry_tables().end();
    return !is_registry || is_among(k_registry_shown, table.name);
}

bool is_shown(const Column& column, bool is_first, RunNames names) {
    switch (column.use) {
        case ColumnUse::fact: return true;
        case ColumnUse::place: return column.name == "run_key" || (names == RunNames::key && (is_first || is_among(k_place_shown, column.name)));
        case ColumnUse::changing:
        case ColumnUse::source: return false;
    }
    return false;
}

bool has_run_key(const Table& table) {
    return std::ranges::find(table.columns, std::string_view("run_key"), &Column::name) != table.columns.end();
}

// What of run_status says nothing about a machine: its documented members, less error and traceback.
std::string status_sql() {
    constexpr std::array k_members = std::to_array<std::string_view>({"status", "started_at", "completed_at", "goal_id_scheme", "partial_results", "capabilities"});
    std::string sql = "CASE WHEN t.run_status IS NULL THEN NULL ELSE json_object(";
    for (const auto name : k_members) { sql += cat(name == k_members.front() ? "" : ", ", "'", name, "', json_extract(t.run_status, '$.", name, "')"); }
    return sql + ")::JSON END AS run_status";
}

}  // namespace

bool SeenTable::has(std::string_view column) const { return std::ranges::find(columns, column) != columns.end(); }

core::Result<ExportSession> ExportSession::open(const std::string& database) {
    RL_ASSIGN(auto connection, open_lake(database, {.single_threaded = true}));
    ExportSession session(std::move(connection));
    RL_TRY(session.connection_.run("SET TimeZone = 'UTC'"));
    RL_TRY(session.connection_.run("SET preserve_insertion_order = true"));
    RL_TRY(session.connection_.run("CREATE TEMP TABLE selected_runs (run_key VARCHAR, position BIGINT)"));
    RL_TRY(session.connection_.run("CREATE TEMP TABLE job_context (ref_id VARCHAR)"));
    RL_ASSIGN(auto name, session.connection_.query("SELECT current_database()"));
    RL_TRY(name.next());
    session.catalog_ = quote_identifier(name.text(0));
    RL_ASSIGN(auto roots, session.connection_.query(cat("SELECT root_path FROM ", session.stored("log_roots"), " WHERE root_path <> '/' ORDER BY 1")));
    while (true) {
        RL_ASSIGN(const bool found, roots.next());
        if (!found) { break; }
        session.forbidden_.emplace_back(roots.text(0));
    }
    return session;
}

std::string ExportSession::stored(std::string_view table) const { return cat(catalog_, ".main.", quote_identifier(table)); }

core::Status ExportSession::select(const std::vector<std::string>& run_keys) {
    RL_ASSIGN(auto insert, connection_.prepare("INSERT INTO temp.selected_runs VALUES (?, ?)"));
    for (std::size_t i = 0; i < run_keys.size(); ++i) {
        RL_TRY(insert.bind(1, run_keys[i]));
        RL_TRY(insert.bind(2, static_cast<std::int64_t>(i)));
        RL_TRY(insert.execute());
    }
    selected_ = static_cast<std::int64_t>(run_keys.size());
    return core::ok();
}

core::Status ExportSession::set_context(const std::string& ref_id) {
    if (ref_id.empty()) { return core::ok(); }
    return connection_.run(cat("INSERT INTO temp.job_context VALUES (", quote_literal(ref_id), ")"));
}

core::Status ExportSession::show(RunNames names) {
    if (names == RunNames::uid) {
        // Runs with one content give the same rows, but for a provider that only a folder names.
        RL_TRY(connection_.run(cat("CREATE TEMP TABLE told_runs AS SELECT r.run_key AS stored_key, r.run_uid AS run_uid, row_number() OVER (ORDER BY s.position) - 1 AS position FROM ",
                                   stored("runs"), " r JOIN temp.selected_runs s ON r.run_key = s.run_key QUALIFY row_number() OVER (PARTITION BY r.run_uid ORDER BY r.provider, s.position) = 1; "
                                   "DELETE FROM temp.selected_runs; INSERT INTO temp.selected_runs SELECT run_uid, position FROM temp.told_runs ORDER BY run_uid")));
        RL_ASSIGN(selected_, connection_.integer("SELECT count(*) FROM temp.selected_runs"));
    }
    for (const auto* table : all_tables()) {
        if (!is_shown(*table) || (names == RunNames::uid && !has_run_key(*table))) { continue; }
        SeenTable seen{.name = std::string(table->name), .columns = {}, .order = {}};
        std::string select;
        for (const auto& column : table->columns) {
            const bool is_first = &column == table->columns.data();
            const bool is_status = table == &k_runs && column.name == "run_status";
            if (!is_status && !is_shown(column, is_first, names)) { continue; }
            const auto quoted = quote_identifier(column.name);
            select += cat(select.empty() ? "" : ", ",
                          is_status                                             ? status_sql()
                          : names == RunNames::uid && column.name == "run_key" ? std::string("told.run_uid AS run_key")
                                                                                : cat("t.", quoted, " AS ", quoted));
            seen.columns.emplace_back(column.name);
            if (column.is_key) { seen.order.emplace_back(column.name); }
        }
        if (seen.columns.empty()) { continue; }
        // Rows of a table without a key, and runs by their content, are told apart by all columns.
        if (seen.order.empty()) { seen.order = seen.columns; }
        std::string order;
        for (const auto& column : seen.order) { order += cat(order.empty() ? "" : ", ", quote_identifier(column)); }
        RL_TRY(connection_.run(cat("CREATE TEMP VIEW ", quote_identifier(seen.name), " AS SELECT ", select, " FROM ", stored(table->name), " t",
                                   names == RunNames::uid ? " JOIN temp.told_runs told ON t.run_key = told.stored_key" : "", " ORDER BY ", order)));
        tables_.push_back(std::move(seen));
    }
    return show_surfaces(names);
}

// Tables of the project's own, behind run_key, root_id, rel_path and row. What is in them is theirs to answer for; in a release no value may hold a path of a root.
core::Status ExportSession::show_surfaces(RunNames names) {
    RL_ASSIGN(auto rows, connection_.query(cat("SELECT c.table_name, c.column_name FROM duckdb_columns() c JOIN ", stored("lake_surfaces"),
                                               " s ON s.name = c.table_name WHERE c.database_name = current_database() AND NOT c.internal ORDER BY c.table_name, c.column_index")));
    std::vector<SeenTable> surfaces;
    while (true) {
        RL_ASSIGN(const bool found, rows.next());
        if (!found) { break; }
        const std::string column(rows.text(1));
        if (surfaces.empty() || surfaces.back().name != rows.text(0)) { surfaces.push_back({std::string(rows.text(0)), {}, {}}); }
        if (names == RunNames::uid && (column == "root_id" || column == "rel_path")) { continue; }
        surfaces.back().columns.push_back(column);
    }
    for (auto& seen : surfaces) {
        std::string select;
        for (const auto& column : seen.columns) {
            const auto quoted = quote_identifier(column);
            select += cat(select.empty() ? "" : ", ", names == RunNames::uid && column == "run_key" ? std::string("told.run_uid AS run_key") : cat("t.", quoted, " AS ", quoted));
        }
        seen.order = seen.columns;
        RL_TRY(connection_.run(cat("CREATE TEMP VIEW ", quote_identifier(seen.name), " AS SELECT ", select, " FROM ", stored(seen.name), " t",
                                   names == RunNames::uid ? " JOIN temp.told_runs told ON t.run_key = told.stored_key" : "", " ORDER BY ALL")));
        tables_.push_back(std::move(seen));
    }
    return core::ok();
}

core::Status ExportSession::confine(const std::string& folder) {
    // What is sorted beyond this is spilled: memory is bounded, however large the lake is.
    RL_TRY(connection_.run("SET memory_limit = '2GB'"));
    RL_TRY(connection_.run(cat("SET temp_directory = ", quote_literal(os::join_path(folder, ".spill")))));
    RL_TRY(connection_.run(cat("SET allowed_directories = [", quote_literal(folder + "/"), "]")));
    RL_TRY(connection_.run("SET enable_external_access = false"));
    return connection_.run("SET lock_configuration = true");
}

const SeenTable* ExportSession::find(std::string_view table) const {
    const auto found = std::ranges::find(tables_, table, &SeenTable::name);
    return found == tables_.end() ? nullptr : &*found;
}

}  // namespace runlake::lake
