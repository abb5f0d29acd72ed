// SPDX-License-Identifier: Apache-2.0
// The original tool's rows as records.
#include "runs/original.hpp"

#include <algorithm>
#include <set>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "record/journal.hpp"
#include "runs/schema.hpp"

namespace runlake::runs {

using core::cat;
using core::Errc;
using core::Error;

namespace {

core::Result<std::set<std::string, std::less<>>> columns_of_runs(sql::Connection& connection, std::string_view catalog) {
    const std::string where = catalog.empty() ? "current_database()" : sql::quote_literal(catalog);
    RL_ASSIGN(auto rows, connection.query(cat("SELECT column_name FROM duckdb_columns() WHERE table_name = 'runs' AND schema_name = 'main' AND database_name = ",
                                              where)));
    std::set<std::string, std::less<>> columns;
    while (true) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return columns; }
        columns.emplace(rows.text(0));
    }
}

// The error's text as the row holds it. It is kept whole: the original cut at its own lengths.
record::ErrorText error_of(std::string_view text) {
    record::ErrorText error;
    error.head = core::redact_text(text);
    error.whole_bytes = text.size();
    return error;
}

}  // namespace

core::Status read_original(sql::Connection& connection, std::string_view catalog,
                           const std::function<core::Status(const record::StartRecord&, const record::EndRecord*)>& each) {
    RL_ASSIGN(const auto columns, columns_of_runs(connection, catalog));
    for (const char* needed : {"run_id", "stage", "status", "started_at"}) {
        if (!columns.contains(needed)) { return Error(Errc::corrupt, cat("reading the table runs of an older database: it has no column ", needed)); }
    }
    const auto column = [&](std::string_view name, std::string_view type) {
        return columns.contains(name) ? cat(", ", name, "::", type) : cat(", NULL::", type);
    };
    const auto time = [&](std::string_view name) { return columns.contains(name) ? cat(", epoch_us(", name, ")") : std::string(", NULL::BIGINT"); };
    const std::string sql = cat("SELECT run_id::UUID, stage::VARCHAR, status::VARCHAR", time("started_at"), time("finished_at"), column("duration_seconds", "DOUBLE"),
                                column("tenant_id", "VARCHAR"), column("error", "VARCHAR"), column("input_fingerprint", "VARCHAR"), column("code_ref", "VARCHAR"),
                                column("config_hash", "VARCHAR"), column("rows_in", "BIGINT"), column("rows_out", "BIGINT"), column("llm_calls", "BIGINT"),
                                column("tokens", "BIGINT"), column("trace_id", "VARCHAR"), column("parent_run_id", "UUID"), " FROM ",
                                in_catalog(catalog, "runs"), " ORDER BY started_at, run_id");
    RL_ASSIGN(auto rows, connection.query(sql));
    while (true) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { return core::ok(); }
        if (rows.is_null(0) || rows.is_null(1) || rows.is_null(2) || rows.is_null(3)) {
            return Error(Errc::corrupt, "reading the table runs of an older database: a row has no run_id, stage, status or started_at");
        }
        const core::Timestamp started{rows.integer(3)};
        record::StartRecord start{.header = {rows.run_id(0), started, 0}, .stage = std::string(rows.text(1))};
        start.tenant = rows.text_if(6);
        start.trace_id = rows.text_if(15);
        start.parent = rows.run_id_if(16);
        start.facts.input_fingerprint = rows.text_if(8);
        start.facts.code_ref = rows.text_if(9);
        start.facts.config_hash = rows.text_if(10);
        start.facts.rows_in = rows.integer_if(11);
        start.facts.rows_out = rows.integer_if(12);
        start.facts.llm_calls = rows.integer_if(13);
        start.facts.tokens = rows.integer_if(14);
        auto state = record::parse_state(rows.text(2));
        if (!state.ok()) { return Error(Errc::corrupt, cat("reading run ", start.header.run.str(), " of an older database: ", state.error().message())); }
        if (state.value() == record::RunState::running) {
            RL_TRY(each(start, nullptr));
            continue;
        }
        const core::Timestamp finished{rows.is_null(4) ? started.micros : rows.integer(4)};
        record::EndRecord end{.header = {start.header.run, finished, 1}, .state = state.value()};
        end.duration_seconds = rows.number_if(5).value_or(static_cast<double>(finished.micros - started.micros) / 1e6);
        if (!rows.is_null(7)) { end.error = error_of(rows.text(7)); }
        RL_TRY(each(start, &end));
    }
}

namespace {

// Syncs what grew since `before`, so that the rows are on disk before the table they come from goes.
core::Status sync_grown(const record::Store& store, const record::JournalListing& before) {
    RL_ASSIGN(const auto after, record::list_segments(store));
    for (const record::Segment& segment : after.segments) {
        const auto same = [&](const record::Segment& old) { return old.id == segment.id && old.size == segment.size; };
        if (std::any_of(before.segments.begin(), before.segments.end(), same)) { continue; }
        auto file = os::open_read(segment.path);
        if (!file.ok()) { continue; }  // its writer renamed it a moment ago: it is another process's
        RL_TRY(os::sync_file(file.value().get(), os::point::journal_sync, segment.path));
        RL_TRY(os::sync_dir(os::parent_path(segment.path), os::point::journal_sync));
    }
    return core::ok();
}

}  // namespace

core::Result<std::uint64_t> original_to_journal(sql::Connection& connection, const record::Store& store) {
    RL_ASSIGN(const auto before, record::list_segments(store));
    RL_ASSIGN(auto writer, record::JournalWriter::open(store, os::Durability::process));
    std::uint64_t count = 0;
    const auto append = [&](const record::StartRecord& start, const record::EndRecord* end) -> core::Status {
        ++count;
        RL_TRY(writer->append(record::to_payload(start)));
        return end == nullptr ? core::ok() : writer->append(record::to_payload(*end));
    };
    RL_TRY(read_original(connection, "", append));
    writer.reset();  // gives the segment back under its lasting name
    RL_TRY(sync_grown(store, before));
    return count;
}

}  // namespace runlake::runs
