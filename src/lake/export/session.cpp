// SPDX-License-Identifier: Apache-2.0
#include "lake/export/session.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "lake/database.hpp"
#include "lake/registry_tables.hpp"
#include "lake/source.hpp"
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

bool is_of_registry(const Table& table) { return std::ranges::find(registry_tables(), &table) != registry_tables().end(); }

bool is_shown(const Table& table) {
    return !is_of_registry(table) || is_among(k_registry_shown, table.name);
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

// The source whose runs a table is about; null for the registry. Of a table that several fill, any: it is about units of each in the same way.
const Source* source_of(const Table& table) {
    for (const auto* source : all_sources()) {
        if (std::ranges::find(source->unit_tables, &table) != source->unit_tables.end() && !is_of_registry(table)) { return source; }
        for (const auto* extractor : source->extractors) {
            if (std::ranges::find(extractor->tables, &table) != extractor->tables.end()) { return source; }
        }
    }
    return nullptr;
}

std::string names_of_sources(bool (*takes)(const Source& source)) {
    std::string names;
    for (const auto* source : all_sources()) {
        if (!source->all_runs.empty() && takes(*source)) { names += cat(names.empty() ? "" : ", ", quote_literal(source->name)); }
    }
    return names;
}

constexpr std::string_view k_proof_search = "proof-search";
constexpr std::string_view k_identified = "temp.identified_runs";

// What of run_status says nothing about a machine: its documented members, less error and traceback.
std::string status_sql() {
    constexpr std::array k_members = std::to_array<std::string_view>({"status", "started_at", "completed_at", "goal_id_scheme", "partial_results", "capabilities"});
    std::string sql = "CASE WHEN t.run_status IS NULL THEN NULL ELSE json_object(";
    for (const auto name : k_members) { sql += cat(name == k_members.front() ? "" : ", ", "'", name, "', json_extract(t.run_status, '$.", name, "')"); }
    return sql + ")::JSON END";
}

// JSON that a search wrote, with paths below the roots as they are below them: what a table says is then the same on every machine.
std::string without_roots(const std::string& column, std::vector<std::string> roots) {
    // Of roots that lie in each other the inner one.
    std::ranges::sort(roots, [](const std::string& a, const std::string& b) { return a.size() != b.size() ? a.size() > b.size() : a < b; });
    std::string any;
    std::string replaced = cat("CAST(", column, " AS VARCHAR)");
    for (const auto& root : roots) {
        any += cat(any.empty() ? "" : " OR ", "contains(", column, ", ", quote_literal(root), ")");
        // The root itself, but not a folder beside it whose name begins so.
        replaced = cat("regexp_replace(replace(", replaced, ", ", quote_literal(root + "/"), ", ''), regexp_escape(", quote_literal(root), ") || '([^\\pL\\pN._-]|$)', '.\\1', 'g')");
    }
    return any.empty() ? column : cat("CASE WHEN ", any, " THEN CAST(", replaced, " AS JSON) ELSE ", column, " END");
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
    // Those of folders that lie beside the roots of logs, as the project's own, too.
    RL_ASSIGN(auto roots, session.connection_.query(cat("SELECT root_path FROM ", session.stored("log_roots"), " WHERE root_path <> '/' UNION SELECT CASE WHEN rel_dir = '.' THEN dir "
                                                        "ELSE dir[:length(dir) - length(rel_dir) - 1] END AS root_path FROM ", session.stored("lake_units"),
                                                        " WHERE dir LIKE '/%/%' AND (rel_dir = '.' OR ends_with(dir, '/' || rel_dir)) AND root_path LIKE '/_%' ORDER BY 1")));
    while (true) {
        RL_ASSIGN(const bool found, roots.next());
        if (!found) { break; }
        session.forbidden_.emplace_back(roots.text(0));
    }
    return session;
}

std::string ExportSession::stored(std::string_view table) const { return cat(catalog_, ".main.", quote_identifier(table)); }

core::Status ExportSession::select(const std::vector<std::string>& run_keys) {
    // Made afresh rather than emptied: no plan is to follow from what was in it before.
    RL_TRY(connection_.run("CREATE OR REPLACE TEMP TABLE selected_runs (run_key VARCHAR, position BIGINT)"));
    RL_ASSIGN(auto insert, connection_.prepare("INSERT INTO temp.selected_runs VALUES (?, ?)"));
    for (std::size_t i = 0; i < run_keys.size(); ++i) {
        RL_TRY(insert.bind(1, run_keys[i]));
        RL_TRY(insert.bind(2, static_cast<std::int64_t>(i)));
        RL_TRY(insert.execute());
    }
    selected_ = static_cast<std::int64_t>(run_keys.size());
    return core::ok();
}

core::Result<std::int64_t> ExportSession::count_of_others() {
    return connection_.integer(cat("SELECT count(*) FROM ", stored("all_runs"), " WHERE source <> 'proof-search'"));
}

core::Status ExportSession::set_context(const std::string& ref_id) {
    if (ref_id.empty()) { return core::ok(); }
    return connection_.run(cat("INSERT INTO temp.job_context VALUES (", quote_literal(ref_id), ")"));
}

std::string_view ExportSession::identified() { return k_identified; }

// A run is told by its tool's own id where that names it everywhere, else by the bytes of its files; one without an id by the name of its folder too, and of equal ones each counts.
core::Status ExportSession::identify() {
    if (is_identified_) { return core::ok(); }
    is_identified_ = true;
    const auto own_ids = names_of_sources([](const Source& source) { return source.has_own_ids; });
    return connection_.run(cat(
        "CREATE TEMP TABLE identified_runs AS WITH contents AS (SELECT unit_key, string_agg(coalesce(sha256, '') || ' ' || to_json(rel_path)::VARCHAR, chr(10) ORDER BY rel_path) AS files FROM ",
        stored("lake_files"), " SEMI JOIN (SELECT unit_key FROM ", stored("lake_units"), " WHERE source <> 'proof-search' AND source NOT IN (", own_ids,
        ")) USING (unit_key) GROUP BY unit_key), told AS (SELECT a.*, u.dir, u.rel_dir, u.root_id, p.run_uid AS known_uid, CASE WHEN a.run_id IS NULL AND a.name = u.rel_dir THEN "
        "regexp_extract(u.dir, '[^/]*$') ELSE a.name END AS told_name, CASE WHEN a.source IN (", own_ids,
        ") THEN a.run_id ELSE concat(coalesce(a.run_id, regexp_extract(u.dir, '[^/]*$')), chr(10), c.files) END AS content FROM ", stored("all_runs"), " a LEFT JOIN ", stored("lake_units"),
        " u ON u.unit_key = a.unit_key AND u.source = a.source LEFT JOIN ", stored("runs"), " p ON a.source = 'proof-search' AND p.run_key = a.run_key LEFT JOIN contents c ON c.unit_key = a.unit_key), "
        "numbered AS (SELECT *, CASE WHEN run_id IS NULL THEN row_number() OVER (PARTITION BY source, content ORDER BY run_key) ELSE 1 END AS copy FROM told) "
        "SELECT source, run_key, run_id, name, told_name, state, started_at, finished_at, params, metrics, unit_key, dir, rel_dir, root_id, "
        "CASE WHEN source = 'proof-search' THEN known_uid ELSE sha256(concat('lake_run_uid/1', chr(10), source, chr(10), copy, chr(10), content)) END AS run_uid FROM numbered"));
}

// told_runs(stored_key, run_uid, unit_key, run_id, position): the selected runs, of equal content one.
core::Status ExportSession::tell_runs() {
    RL_ASSIGN(const auto of_others, connection_.integer(cat("SELECT count(*) FROM temp.selected_runs s ANTI JOIN ", stored("runs"), " r ON r.run_key = s.run_key")));
    const std::string from = of_others == 0 ? cat("(SELECT run_key, run_uid, run_key AS unit_key, run_id, provider FROM ", stored("runs"), ") r")
                                            : cat("(SELECT i.run_key, i.run_uid, i.unit_key, i.run_id, p.provider FROM ", k_identified, " i LEFT JOIN ", stored("runs"),
                                                  " p ON i.source = 'proof-search' AND p.run_key = i.run_key) r");
    // Runs with one content give the same rows, but for a provider that only a folder names.
    RL_TRY(connection_.run(cat("CREATE TEMP TABLE told_runs AS SELECT r.run_key AS stored_key, r.run_uid, r.unit_key, r.run_id, row_number() OVER (ORDER BY s.position) - 1 AS position FROM ", from,
                               " JOIN temp.selected_runs s ON r.run_key = s.run_key QUALIFY row_number() OVER (PARTITION BY r.run_uid ORDER BY r.provider, s.position) = 1; "
                               "CREATE OR REPLACE TEMP TABLE selected_runs AS SELECT run_uid AS run_key, position FROM temp.told_runs ORDER BY run_uid")));
    RL_ASSIGN(selected_, connection_.integer("SELECT count(*) FROM temp.selected_runs"));
    return core::ok();
}

core::Status ExportSession::show(RunNames names) {
    if (names == RunNames::uid) { RL_TRY(tell_runs()); }
    for (const auto* table : all_tables()) {
        if (is_shown(*table)) { RL_TRY(show_table(*table, names)); }
    }
    if (is_identified_) { RL_TRY(show_all_runs(names)); }
    return show_surfaces(names);
}

core::Status ExportSession::show_table(const Table& table, RunNames names) {
    const Source* source = source_of(table);
    const std::string_view first = table.columns.front().name;
    // What is about units that are no runs: in a release those whose folders hold selected runs, told by what they say alone.
    const bool is_above = source != nullptr && source->run_column.empty() && first != "run_key";
    const bool is_told = names == RunNames::uid && !is_above;
    // Of references a release has its own: which others there are is this machine's affair.
    const bool of_reference = is_told && (&table == &k_lake_references || &table == &k_lake_reference_members || &table == &k_reference_scores);
    const bool has_run = source != nullptr || has_column(table, "run_key");
    if (is_told && !has_run && !of_reference) { return core::ok(); }
    SeenTable seen{.name = std::string(table.name), .source = source == nullptr ? std::string_view() : source->name, .columns = {}, .order = {}};
    std::string select;
    bool hides_key = false;
    const auto add = [&](std::string_view name, const std::string& expression, bool is_key) {
        select += cat(select.empty() ? "" : ", ", expression, " AS ", quote_identifier(name));
        seen.columns.emplace_back(name);
        if (is_key) { seen.order.emplace_back(name); }
    };
    for (const auto& column : table.columns) {
        const bool is_first = &column == table.columns.data();
        // The unit's key of a source stands for its run, whatever it is called.
        const bool is_run = is_told && (source == nullptr ? column.name == "run_key" : is_first);
        if (is_run) {
            add("run_key", "told.run_uid", column.is_key);
        } else if (&table == &k_runs && column.name == "run_status") {
            add(column.name, status_sql(), false);
        } else if (is_shown(column, is_first, names) && !(is_told && column.name == "run_key")) {
            const auto stored_column = cat("t.", quote_identifier(column.name));
            // A release refuses such a value, which its author chose.
            const bool may_hold_paths = names == RunNames::key && column.type == ColumnType::json && (source == nullptr || source->name == k_proof_search);
            add(column.name, may_hold_paths ? without_roots(stored_column, forbidden_) : stored_column, column.is_key);
        } else {
            hides_key = hides_key || column.is_key;
        }
    }
    if (seen.columns.empty()) { return core::ok(); }
    // Without a key, or with a part of it, rows are told apart by all columns.
    if (seen.order.empty() || hides_key) { seen.order = seen.columns; }
    std::string order;
    for (const auto& column : seen.order) { order += cat(order.empty() ? "" : ", ", quote_identifier(column)); }
    std::string narrowed;
    if (is_told) {
        const bool of_store = source != nullptr && !source->run_column.empty() && has_column(table, source->run_column);
        narrowed = !has_run              ? std::string()
                   : source == nullptr ? std::string(" JOIN temp.told_runs told ON t.run_key = told.stored_key")
                                       : cat(" JOIN temp.told_runs told ON t.", quote_identifier(first), " = told.unit_key", of_store ? cat(" AND t.", quote_identifier(source->run_column), " = told.run_id") : "");
        if (of_reference) { narrowed += " WHERE t.ref_id IN (SELECT ref_id FROM temp.job_context)"; }
    } else if (names == RunNames::uid) {
        const auto units = stored("lake_units");
        narrowed = cat(" WHERE t.", quote_identifier(first), " IN (SELECT above.unit_key FROM ", units, " above JOIN ", units, " held ON held.source = above.source AND starts_with(held.dir, above.dir || '/') ",
                       "JOIN temp.told_runs told ON told.unit_key = held.unit_key)");
    }
    RL_TRY(connection_.run(cat("CREATE TEMP VIEW ", quote_identifier(seen.name), " AS SELECT ", is_above && names == RunNames::uid ? "DISTINCT " : "", select, " FROM ", stored(table.name), " t", narrowed,
                               " ORDER BY ", order)));
    tables_.push_back(std::move(seen));
    return core::ok();
}

core::Status ExportSession::show_all_runs(RunNames names) {
    const bool is_told = names == RunNames::uid;
    SeenTable seen{.name = "all_runs", .source = {}, .columns = {"source", "run_key", "run_id", "name", "state", "started_at", "finished_at", "params", "metrics", "run_uid"}, .order = {"run_key"}};
    RL_TRY(connection_.run(cat("CREATE TEMP VIEW all_runs AS SELECT i.source, ", is_told ? "told.run_uid AS run_key" : "i.run_key", ", i.run_id, ", is_told ? "i.told_name AS name" : "i.name",
                               ", i.state, i.started_at, i.finished_at, i.params, i.metrics, i.run_uid FROM ", k_identified, " i",
                               is_told ? " JOIN temp.told_runs told ON i.run_key = told.stored_key" : "", " ORDER BY i.source, run_key")));
    tables_.push_back(std::move(seen));
    return core::ok();
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
        if (surfaces.empty() || surfaces.back().name != rows.text(0)) { surfaces.push_back({std::string(rows.text(0)), {}, {}, {}}); }
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
                                   names == RunNames::uid ? " JOIN temp.told_runs told ON t.run_key = told.unit_key" : "", " ORDER BY ALL")));
        tables_.push_back(std::move(seen));
    }
    return core::ok();
}

core::Status ExportSession::settle(const std::string& table) {
    const auto seen = std::ranges::find(tables_, table, &SeenTable::name);
    if (seen == tables_.end() || seen->is_settled) { return core::ok(); }
    const auto name = quote_identifier(table);
    const auto copy = quote_identifier(cat(table, " in order"));
    RL_TRY(connection_.run(cat("CREATE TEMP TABLE ", copy, " AS FROM temp.", name, "; DROP VIEW temp.", name, "; ALTER TABLE temp.", copy, " RENAME TO ", name)));
    seen->is_settled = true;
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
