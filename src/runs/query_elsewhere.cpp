// SPDX-License-Identifier: Apache-2.0
#include "runs/query_elsewhere.hpp"

#include <array>
#include <cmath>

#include "core/text.hpp"
#include "sql/appender.hpp"

namespace runlake::runs {
namespace {

using core::cat;

struct Overlaid {
    std::string_view view;      // the table that readers ask
    std::string_view beside;    // the temporary one that holds what is laid beside it
    std::string_view columns;
    std::string_view local;     // how the recorded rows are shown
};
constexpr std::array k_overlaid = std::to_array<Overlaid>({
    {"runs", "elsewhere_runs",
     "run_id UUID, status VARCHAR, code_ref VARCHAR, started_at TIMESTAMP, finished_at TIMESTAMP, duration_seconds DOUBLE, stage VARCHAR, "
     "tenant_id VARCHAR", "*"},
    {"run_details", "elsewhere_details", "run_id UUID, machine VARCHAR",
     "* REPLACE (coalesce((SELECT l.label FROM elsewhere_labels l WHERE l.id = machine), machine) AS machine)"},
    {"run_params", "elsewhere_params", "run_id UUID, name VARCHAR, value VARCHAR, number DOUBLE, run_started_at TIMESTAMP", "*"},
});

core::Status fill_labels(sql::Connection& connection, const MachineLabels& labels) {
    RL_TRY(connection.run("CREATE TEMP TABLE elsewhere_labels (id VARCHAR, label VARCHAR)"));
    RL_ASSIGN(auto rows, sql::Appender::open(connection, "elsewhere_labels", "temp"));
    for (const auto& [id, label] : labels) {
        rows.set(0, id);
        rows.set(1, label);
        RL_TRY(rows.end_row());
    }
    return rows.close();
}

// Those that were recorded here under another id.
core::Status fill_aliases(sql::Connection& connection, std::span<const ElsewhereRun> elsewhere) {
    RL_TRY(connection.run("CREATE TEMP TABLE elsewhere_aliases (run_id UUID, recorded_as UUID)"));
    RL_ASSIGN(auto rows, sql::Appender::open(connection, "elsewhere_aliases", "temp"));
    for (const ElsewhereRun& run : elsewhere) {
        if (!run.recorded_as) { continue; }
        rows.set(0, run.id);
        rows.set(1, *run.recorded_as);
        RL_TRY(rows.end_row());
    }
    return rows.close();
}

core::Status fill(sql::Connection& connection, std::span<const ElsewhereRun> elsewhere) {
    RL_ASSIGN(auto runs, sql::Appender::open(connection, "elsewhere_runs", "temp"));
    RL_ASSIGN(auto details, sql::Appender::open(connection, "elsewhere_details", "temp"));
    RL_ASSIGN(auto params, sql::Appender::open(connection, "elsewhere_params", "temp"));
    for (const ElsewhereRun& run : elsewhere) {
        runs.set(0, run.id);
        runs.set(1, run.status);
        runs.set(2, run.code_ref);
        runs.set(3, run.started_at);
        runs.set(4, run.finished_at);
        runs.set(5, run.duration_seconds);
        runs.set(6, run.stage);
        runs.set(7, run.tenant);
        RL_TRY(runs.end_row());
        details.set(0, run.id);
        details.set(1, run.machine);
        RL_TRY(details.end_row());
        for (const auto& [name, value] : run.params) {
            params.set(0, run.id);
            params.set(1, name);
            params.set(2, core::to_json(value));
            params.set(3, value.number());
            params.set(4, run.started_at);
            RL_TRY(params.end_row());
        }
    }
    RL_TRY(runs.close());
    RL_TRY(details.close());
    return params.close();
}

}  // namespace

core::Status add_elsewhere(sql::Connection& connection, std::span<const ElsewhereRun> elsewhere, const MachineLabels& labels) {
    RL_TRY(fill_labels(connection, labels));
    for (const Overlaid& table : k_overlaid) { RL_TRY(connection.run(cat("CREATE TEMP TABLE ", table.beside, " (", table.columns, ")"))); }
    RL_TRY(fill(connection, elsewhere));
    RL_TRY(fill_aliases(connection, elsewhere));
    std::string recorded;  // where the tables or views are that the temporary ones hide
    {
        RL_ASSIGN(auto rows, connection.query("SELECT current_database()"));
        RL_TRY(rows.next());
        recorded = sql::quote_identifier(rows.text(0)) + ".main.";
    }
    for (const Overlaid& table : k_overlaid) {
        RL_TRY(connection.run(cat("DELETE FROM ", table.beside, " WHERE run_id IN (SELECT run_id FROM ", recorded, "runs) OR run_id IN (SELECT a.run_id FROM temp.main.elsewhere_aliases a JOIN ", recorded,
                                  "runs r ON r.run_id = a.recorded_as)")));
    }
    for (const Overlaid& table : k_overlaid) {
        RL_TRY(connection.run(cat("CREATE TEMP VIEW ", table.view, " AS SELECT ", table.local, " FROM ", recorded, table.view,
                                  " UNION ALL BY NAME SELECT * FROM temp.main.", table.beside)));
    }
    return core::ok();
}

}  // namespace runlake::runs
