// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_tail.hpp"

#include "core/text.hpp"
#include "ops/ledger_rows.hpp"

namespace runlake::ops {

core::Result<RunsTailResponse> runs_tail(const RunsTailRequest& request) {
    if (request.count < 1) { return core::Error(core::Errc::usage, core::cat("--n ", request.count, ": at least one run must be asked for")); }
    std::vector<runs::ColumnSpec> columns = runs::all_run_columns();
    RL_ASSIGN(runs::ColumnSpec shown, runs::parse_column("shown"));
    columns.push_back(std::move(shown));
    if (request.all_machines) { RL_TRY(add_machine_column(columns)); }
    RunsTailResponse response;
    const OtherMachines others = OtherMachines::read(request.scope.store, request.all_machines);
    RL_ASSIGN(response.table, read_runs(request.scope.store, response.notes, [&](runs::Session& session, const runs::SeenRuns* confirmed) -> core::Result<runs::RunTable> {
                  RL_TRY(others.add_to(session));
                  return runs::newest_runs(session.connection(), request.scope.tenant, request.count, columns, confirmed);
              }));
    others.add_notes(response.notes);
    return response;
}

core::Json to_json(const RunsTailResponse& response) { return core::Json::object().set("runs", table_json(response.table)); }

}  // namespace runlake::ops
