// SPDX-License-Identifier: Apache-2.0
// The tables as data, and the statements made of them.
#include "runs/schema.hpp"

#include <array>

#include "core/text.hpp"
#include "core/version.hpp"

namespace runlake::runs {

using core::cat;
using core::Errc;
using core::Error;

namespace {

constexpr std::array k_tables = {
    // The seed's table, column by column: its SQL and its export work unchanged.
    Table{"runs",
          "run_id UUID NOT NULL, tenant_id VARCHAR, stage VARCHAR NOT NULL, status VARCHAR NOT NULL, error VARCHAR, input_fingerprint VARCHAR, "
          "code_ref VARCHAR, config_hash VARCHAR, started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP, duration_seconds DOUBLE, rows_in BIGINT, "
          "rows_out BIGINT, llm_calls BIGINT, tokens BIGINT, trace_id VARCHAR",
          "run_id", Overlay::replaces},
    Table{"run_details",
          "run_id UUID NOT NULL, parent_run_id UUID, span_id VARCHAR, parent_span_id VARCHAR, argv VARCHAR, working_dir VARCHAR, config_path VARCHAR, "
          "machine VARCHAR, host VARCHAR, exit_status INTEGER, signal INTEGER, error_bytes BIGINT, error_file VARCHAR, stderr_tail VARCHAR, "
          "degraded_reason VARCHAR, environment VARCHAR, cached_from VARCHAR, presumption VARCHAR, lost_records BIGINT, watched_pid BIGINT, "
          "watched_ticks BIGINT, watched_boot VARCHAR, watched_pid_ns BIGINT, recorder_pid BIGINT, recorder_ticks BIGINT, recorder_boot VARCHAR, "
          "recorder_pid_ns BIGINT, started_segment VARCHAR, started_offset BIGINT, id_prefix BIGINT",
          "run_id", Overlay::replaces},
    // Those that hold several rows a run have no index by run_id, which would make folding slower. Their rows stand roughly in the order of their runs' starts, and run_started_at,
    // the run's, lets DuckDB pass over all but the part where a run's rows are.
    Table{"run_params", "run_id UUID NOT NULL, name VARCHAR NOT NULL, value VARCHAR NOT NULL, number DOUBLE, run_started_at TIMESTAMP", "", Overlay::replaces},
    Table{"run_tags", "run_id UUID NOT NULL, name VARCHAR NOT NULL, value VARCHAR NOT NULL, run_started_at TIMESTAMP", "", Overlay::replaces},
    // "at" is a reserved word of DuckDB's SQL, hence logged_at.
    Table{"run_metrics",
          "run_id UUID NOT NULL, name VARCHAR NOT NULL, step BIGINT, value DOUBLE, logged_at TIMESTAMP NOT NULL, n BIGINT NOT NULL, run_started_at TIMESTAMP", "",
          Overlay::adds},
    Table{"run_inputs",
          "run_id UUID NOT NULL, position INTEGER NOT NULL, path VARCHAR NOT NULL, fingerprint VARCHAR, bytes BIGINT, run_started_at TIMESTAMP", "",
          Overlay::replaces},
    Table{"run_notes", "run_id UUID NOT NULL, logged_at TIMESTAMP NOT NULL, n BIGINT NOT NULL, text VARCHAR NOT NULL, run_started_at TIMESTAMP", "",
          Overlay::adds},
    Table{"run_errors", "run_id UUID NOT NULL, logged_at TIMESTAMP NOT NULL, n BIGINT NOT NULL, text VARCHAR NOT NULL, run_started_at TIMESTAMP", "",
          Overlay::adds},
    // When what a run's rows hold was said (runs/stamps.hpp): what a later record is merged by.
    Table{"fold_state", "run_id UUID NOT NULL, state BLOB NOT NULL", "", Overlay::internal},
    // Records of runs whose start has not been met yet.
    Table{"fold_pending", "run_id UUID NOT NULL, payload VARCHAR NOT NULL", "", Overlay::internal},
    // How far each segment has been folded.
    Table{"fold_cursor",
          "segment VARCHAR NOT NULL, machine VARCHAR NOT NULL, consumed BIGINT NOT NULL, seen BIGINT NOT NULL, corrupt_lines BIGINT NOT NULL, "
          "newer_lines BIGINT NOT NULL",
          "", Overlay::internal},
    Table{"fold_schema", "version BIGINT NOT NULL, written_by VARCHAR NOT NULL", "", Overlay::internal},
};

constexpr std::array<std::string_view, 5> k_indexes = {
    "CREATE INDEX idx_runs_started_at ON runs(started_at)",
    "CREATE INDEX idx_runs_stage ON runs(stage)",
    "CREATE INDEX idx_runs_status ON runs(status)",
    "CREATE INDEX idx_runs_fingerprint ON runs(input_fingerprint)",
    "CREATE INDEX idx_runs_tenant ON runs(tenant_id)",
};

}  // namespace

std::span<const Table> tables() { return k_tables; }

std::string in_catalog(std::string_view catalog, std::string_view table) {
    return catalog.empty() ? std::string(table) : cat(catalog, '.', table);
}

core::Status create_schema(sql::Connection& connection, Indexes indexes, std::string_view catalog) {
    for (const Table& table : k_tables) {
        const std::string key = indexes == Indexes::now && !table.key.empty() ? cat(", PRIMARY KEY (", table.key, ')') : "";
        RL_TRY(connection.run(cat("CREATE TABLE ", in_catalog(catalog, table.name), '(', table.columns, key, ')')));
    }
    if (indexes == Indexes::now) {
        for (const std::string_view index : k_indexes) { RL_TRY(connection.run(index)); }
    }
    return connection.run(cat("INSERT INTO ", in_catalog(catalog, "fold_schema"), " VALUES (", k_schema_version, ", ",
                              sql::quote_literal(cat("runlake ", core::k_version)), ')'));
}

core::Status add_indexes(sql::Connection& connection) {
    // All in one transaction: each commit would write what was made so far to disk again.
    RL_ASSIGN(auto transaction, sql::Transaction::begin(connection));
    // Keys first: a table that an index depends on can't be altered.
    for (const Table& table : k_tables) {
        if (!table.key.empty()) { RL_TRY(connection.run(cat("ALTER TABLE ", table.name, " ADD PRIMARY KEY (", table.key, ')'))); }
    }
    for (const std::string_view index : k_indexes) { RL_TRY(connection.run(index)); }
    return transaction.commit();
}

core::Status upgrade_schema(sql::Connection& connection) {
    RL_ASSIGN(const std::int64_t version, connection.integer("SELECT max(version) FROM fold_schema"));
    if (version < 2) {
        RL_TRY(connection.run("ALTER TABLE run_details ADD COLUMN id_prefix BIGINT"));
        RL_TRY(connection.run("UPDATE run_details SET id_prefix = ('0x' || left(run_id::VARCHAR, 8))::BIGINT"));
    }
    for (const Table& table : k_tables) {
        if (!table.columns.ends_with("run_started_at TIMESTAMP")) { continue; }
        RL_TRY(connection.run(cat("ALTER TABLE ", table.name, " ADD COLUMN run_started_at TIMESTAMP")));
        RL_TRY(connection.run(cat("UPDATE ", table.name, " SET run_started_at = r.started_at FROM runs r WHERE r.run_id = ", table.name, ".run_id")));
    }
    return connection.run(cat("UPDATE fold_schema SET version = ", k_schema_version, ", written_by = ", sql::quote_literal(cat("runlake ", core::k_version))));
}

core::Result<SchemaFound> find_schema(sql::Connection& connection, std::string_view catalog) {
    // Asking for the version itself comes first: DuckDB's list of tables takes longer than all else that opening a session asks.
    const std::string ask_version = cat("SELECT max(version) FROM ", in_catalog(catalog, "fold_schema"));
    if (const auto version = connection.integer(ask_version); version.ok()) { return SchemaFound{SchemaFound::Kind::ours, version.value()}; }
    const std::string where = catalog.empty() ? "current_database()" : sql::quote_literal(catalog);
    RL_ASSIGN(auto rows, connection.query(cat("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND NOT temporary AND database_name = ",
                                              where)));
    bool has_runs = false;
    bool has_version = false;
    while (true) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { break; }
        has_runs = has_runs || rows.text(0) == "runs";
        has_version = has_version || rows.text(0) == "fold_schema";
    }
    if (has_version) {
        RL_ASSIGN(const std::int64_t version, connection.integer(ask_version));
        return SchemaFound{SchemaFound::Kind::ours, version};
    }
    return SchemaFound{has_runs ? SchemaFound::Kind::original : SchemaFound::Kind::empty, 0};
}

}  // namespace runlake::runs
