// SPDX-License-Identifier: Apache-2.0
// Source "runlake": what a Runlake store has recorded. A run's records lie anywhere in its journal, so a store is read whole, by the same fold that answers `runs list`.
#include <array>
#include <functional>

#include "core/ids.hpp"
#include "core/text.hpp"
#include "lake/identity.hpp"
#include "lake/source.hpp"
#include "lake/sources/journal_growth.hpp"
#include "lake/sources/listing.hpp"
#include "os/files.hpp"
#include "record/store.hpp"
#include "runs/session.hpp"
#include "sql/appender.hpp"

namespace runlake::lake {
namespace {

constexpr Column k_store = {"store_key", ColumnType::text, "the store", true, ColumnUse::place};
constexpr Column k_run_id = {"run_id", ColumnType::text, "", true};
constexpr auto k_run_columns = std::to_array<Column>({
    k_store,
    k_run_id,
    {"run_key", ColumnType::text, "made of run_id: equal on every machine"},
    {"stage", ColumnType::text, ""},
    {"tenant", ColumnType::text, ""},
    {"state", ColumnType::text, "as recorded"},
    {"started_at", ColumnType::time, ""},
    {"finished_at", ColumnType::time, ""},
    {"duration_seconds", ColumnType::real, ""},
    {"exit_status", ColumnType::integer, ""},
    {"signal", ColumnType::integer, ""},
    {"error", ColumnType::text, "it may name paths", false, ColumnUse::place},
    {"degraded_reason", ColumnType::text, "", false, ColumnUse::place},
    {"input_fingerprint", ColumnType::text, ""},
    {"code_ref", ColumnType::text, ""},
    {"config_hash", ColumnType::text, ""},
    {"environment", ColumnType::text, "digest"},
    {"rows_in", ColumnType::integer, ""},
    {"rows_out", ColumnType::integer, ""},
    {"llm_calls", ColumnType::integer, ""},
    {"tokens", ColumnType::integer, ""},
    {"parent_run_id", ColumnType::text, ""},
    {"cached_from", ColumnType::text, ""},
    {"trace_id", ColumnType::text, ""},
    {"machine", ColumnType::text, "the id of the machine that recorded it"},
    {"argv", ColumnType::json, "", false, ColumnUse::place},
});
constexpr auto k_param_columns = std::to_array<Column>({
    k_store,
    k_run_id,
    {"name", ColumnType::text, "", true},
    {"value", ColumnType::json, ""},
    {"number", ColumnType::real, "of a number"},
});
constexpr auto k_tag_columns = std::to_array<Column>({
    k_store,
    k_run_id,
    {"name", ColumnType::text, "", true},
    {"value", ColumnType::text, ""},
});
constexpr auto k_metric_columns = std::to_array<Column>({
    k_store,
    k_run_id,
    {"name", ColumnType::text, "", true},
    {"position", ColumnType::integer, "in the order in which they were logged, from 0", true},
    {"step", ColumnType::integer, ""},
    {"value", ColumnType::real, "none where it was not finite"},
    {"logged_at", ColumnType::time, ""},
});
constexpr auto k_input_columns = std::to_array<Column>({
    k_store,
    k_run_id,
    {"position", ColumnType::integer, "", true},
    {"path", ColumnType::text, "", false, ColumnUse::place},
    {"fingerprint", ColumnType::text, ""},
    {"bytes", ColumnType::integer, ""},
});
constexpr Table k_runs = {"runlake_runs", "Recorded runs.", k_run_columns, KeyCheck::certain};
constexpr Table k_params = {"runlake_params", "Parameters of recorded runs.", k_param_columns, KeyCheck::certain};
constexpr Table k_tags = {"runlake_tags", "Tags of recorded runs.", k_tag_columns, KeyCheck::certain};
constexpr Table k_metrics = {"runlake_metrics", "Every value that was logged of a metric.", k_metric_columns, KeyCheck::certain};
constexpr Table k_inputs = {"runlake_inputs", "Inputs of recorded runs.", k_input_columns, KeyCheck::certain};
constexpr std::array<const Table*, 5> k_tables = {&k_runs, &k_params, &k_tags, &k_metrics, &k_inputs};

constexpr std::size_t k_piece = 8192;  // rows

Detection detect(const FolderNames& folder) {
    Detection out;
    if (folder.has_folder(".runlake")) {
        std::string store = os::join_path(folder.path, ".runlake");
        if (os::is_dir(os::join_path(store, "journal"))) { out.units.push_back(std::move(store)); }
    }
    // One with a name of its own (RUNLAKE_STORE).
    if (folder.has_folder("journal") && folder.has_file(".gitignore") && (folder.has_file("runs.duckdb") || folder.has_folder("cache") || folder.has_folder("output"))) {
        out.units.push_back(folder.path);
        out.is_whole = true;
    }
    return out;
}

core::Result<UnitFiles> list(const Unit& unit) {
    RL_ASSIGN(auto files, Listing::of(unit));
    files.tree("journal", 3);
    return std::move(files).finish();
}

// Hands on rows of a statement, piece by piece.
core::Status each_row(sql::Connection& connection, const std::string& statement, const RowSink& sink, const std::function<void(const sql::Rows&, FileRows&)>& add) {
    RL_ASSIGN(auto prepared, connection.prepare(statement));
    RL_ASSIGN(auto rows, prepared.stream());
    FileRows piece;
    std::size_t held = 0;
    for (;;) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { break; }
        add(rows, piece);
        if (++held < k_piece) { continue; }
        RL_TRY(sink(std::move(piece)));
        piece = FileRows();
        held = 0;
    }
    return held > 0 ? sink(std::move(piece)) : core::ok();
}

record::Store store_of(const Unit& unit) {
    record::Store store;
    store.dir = unit.dir;
    if (os::base_name(unit.dir) == ".runlake") { store.root = os::parent_path(unit.dir); }
    return store;
}

core::Status want(sql::Connection& connection, std::span<const std::string> runs) {
    RL_TRY(connection.run("CREATE OR REPLACE TEMP TABLE wanted_runs (run_id UUID)"));
    RL_ASSIGN(auto appender, sql::Appender::open(connection, "wanted_runs", "temp"));
    for (const auto& run : runs) {
        RL_ASSIGN(const auto id, core::RunId::parse(run));
        appender.set(0, id);
        RL_TRY(appender.end_row());
    }
    return appender.close();
}

// All runs, or those alone that are wanted.
core::Status read_runs(const Unit& unit, const std::span<const std::string>* wanted, const RowSink& sink, std::vector<FileProblem>& problems) {
    RL_ASSIGN(auto session, runs::Session::open(store_of(unit)));
    for (const auto& note : session.notes()) { problems.push_back({"journal", note, {}, true}); }
    auto& connection = session.connection();
    const std::string& key = unit.key;
    if (wanted != nullptr) { RL_TRY(want(connection, *wanted)); }
    const std::string only = wanted != nullptr ? " SEMI JOIN wanted_runs USING (run_id)" : "";
    RL_TRY(each_row(connection,
                    "SELECT r.run_id::VARCHAR, stage, tenant_id, status, started_at, finished_at, duration_seconds, exit_status, signal, error, degraded_reason, input_fingerprint, code_ref, "
                    "config_hash, environment, rows_in, rows_out, llm_calls, tokens, parent_run_id::VARCHAR, cached_from, trace_id, machine, argv "
                    "FROM (SELECT * FROM runs" + only + ") r LEFT JOIN run_details d ON d.run_id = r.run_id",
                    sink, [&](const sql::Rows& row, FileRows& out) {
                        const std::string id(row.text(0));
                        out.row(k_runs, key, id, stable_id({"runlake", id}), row.text_if(1), row.text_if(2), row.text_if(3), row.time_if(4), row.time_if(5), row.number_if(6),
                                row.integer_if(7), row.integer_if(8), row.text_if(9), row.text_if(10), row.text_if(11), row.text_if(12), row.text_if(13), row.text_if(14),
                                row.integer_if(15), row.integer_if(16), row.integer_if(17), row.integer_if(18), row.text_if(19), row.text_if(20), row.text_if(21), row.text_if(22),
                                row.text_if(23));
                    }));
    RL_TRY(each_row(connection, "SELECT run_id::VARCHAR, name, value, number FROM run_params" + only, sink,
                    [&](const sql::Rows& row, FileRows& out) { out.row(k_params, key, row.text(0), row.text(1), row.text(2), row.number_if(3)); }));
    RL_TRY(each_row(connection, "SELECT run_id::VARCHAR, name, value FROM run_tags" + only, sink,
                    [&](const sql::Rows& row, FileRows& out) { out.row(k_tags, key, row.text(0), row.text(1), row.text(2)); }));
    RL_TRY(each_row(connection,
                    "SELECT run_id::VARCHAR, name, row_number() OVER (PARTITION BY run_id, name ORDER BY logged_at, n, step, value) - 1, step, value, logged_at FROM run_metrics" + only, sink,
                    [&](const sql::Rows& row, FileRows& out) { out.row(k_metrics, key, row.text(0), row.text(1), row.integer(2), row.integer_if(3), row.number_if(4), row.time_if(5)); }));
    return each_row(connection, "SELECT run_id::VARCHAR, position, path, fingerprint, bytes FROM run_inputs" + only, sink,
                    [&](const sql::Rows& row, FileRows& out) { out.row(k_inputs, key, row.text(0), row.integer(1), row.text(2), row.text_if(3), row.integer_if(4)); });
}

core::Status read(const Unit& unit, const UnitFiles&, const RowSink& sink, std::vector<FileProblem>& problems) { return read_runs(unit, nullptr, sink, problems); }

std::optional<std::vector<std::string>> changed(const Unit& unit, const UnitFiles& files, const KnownFiles& known) { return runs_told_of_since(store_of(unit), files, known); }

core::Status read_changed(const Unit& unit, std::span<const std::string> changed, const RowSink& sink, std::vector<FileProblem>& problems) {
    return read_runs(unit, &changed, sink, problems);
}

// Of a run that several stores tell of, such as one and its copy, the record that goes furthest stands: the one that has its end, then the one with the last logged value. Where that says nothing, what
// they say decides before where they lie, so that every machine answers the same.
constexpr std::string_view k_all_runs = R"(SELECT 'runlake' AS source, store_key AS unit_key, run_key, run_id, stage AS name, state, started_at, finished_at,
  coalesce(params, '{}')::JSON AS params, coalesce(metrics, '{}')::JSON AS metrics
FROM (SELECT DISTINCT ON (r.run_id) r.*, p.params, m.metrics FROM runlake_runs r
LEFT JOIN (SELECT store_key, run_id, @object(name, "value"::VARCHAR) AS params FROM runlake_params GROUP BY ALL) p
  USING (store_key, run_id)
LEFT JOIN (SELECT store_key, run_id, @object(name, coalesce(to_json("value")::VARCHAR, 'null')) AS metrics
  FROM (SELECT DISTINCT ON (store_key, run_id, name) * FROM runlake_metrics ORDER BY store_key, run_id, name, position DESC) GROUP BY store_key, run_id) m USING (store_key, run_id)
LEFT JOIN (SELECT store_key, run_id, max(logged_at) AS last_at, count(*) AS logged FROM runlake_metrics GROUP BY ALL) l USING (store_key, run_id)
ORDER BY r.run_id, r.finished_at IS NULL, r.finished_at DESC, r.state, l.last_at DESC NULLS LAST, l.logged DESC NULLS LAST, m.metrics, p.params, r.store_key))";

}  // namespace

extern const Source k_runlake_source = {.name = "runlake",
                                        .help = "What Runlake stores have recorded.",
                                        .detect = detect,
                                        .list = list,
                                        .extractors = {},
                                        .read = read,
                                        .changed = changed,
                                        .read_changed = read_changed,
                                        .unit_tables = k_tables,
                                        .all_runs = k_all_runs,
                                        .run_column = "run_id",
                                        .has_own_ids = true};

}  // namespace runlake::lake
