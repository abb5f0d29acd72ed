// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_list.hpp"

#include "core/text.hpp"
#include "ops/ledger_rows.hpp"

namespace runlake::ops {
namespace {

core::Result<std::vector<runs::ColumnSpec>> columns_of(const RunsListRequest& request) {
    if (request.columns) { return runs::parse_columns(*request.columns); }
    if (!request.every_column) { return runs::table_columns(); }
    std::vector<runs::ColumnSpec> columns = runs::all_run_columns();
    RL_ASSIGN(runs::ColumnSpec shown, runs::parse_column("shown"));
    columns.push_back(std::move(shown));
    return columns;
}

core::Result<runs::ListQuery> query_of(const RunsListRequest& request) {
    if (request.limit && *request.limit < 1) {
        return core::Error(core::Errc::usage, core::cat("--limit ", *request.limit, ": at least one run must be asked for"));
    }
    runs::ListQuery query;
    RL_ASSIGN(query.filter, parse_filter(request.filter, request.scope.tenant, request.now));
    RL_ASSIGN(query.columns, columns_of(request));
    if (request.all_machines && !request.columns) { RL_TRY(add_machine_column(query.columns)); }
    if (request.sort) {
        RL_ASSIGN(runs::SortKey key, runs::parse_sort(*request.sort));
        query.sort = std::move(key);
    }
    query.limit = request.limit;
    return query;
}

}  // namespace

core::Status check(const RunsListRequest& request) {
    RL_TRY(query_of(request));
    return core::ok();
}

core::Result<RunsListResponse> runs_list(const RunsListRequest& request) {
    RL_ASSIGN(const runs::ListQuery query, query_of(request));
    RunsListResponse response;
    const OtherMachines others = OtherMachines::read(request.scope.store, request.all_machines);
    RL_ASSIGN(response.table, read_runs(request.scope.store, response.notes, [&](runs::Session& session, const runs::SeenRuns* confirmed) -> core::Result<runs::RunTable> {
                  RL_TRY(others.add_to(session));
                  return runs::list_runs(session.connection(), query, confirmed);
              }));
    others.add_notes(response.notes);
    return response;
}

core::Json to_json(const RunsListResponse& response) { return core::Json::object().set("runs", table_json(response.table)); }

}  // namespace runlake::ops
