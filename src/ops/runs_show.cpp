// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_show.hpp"

#include "runs/query_find.hpp"

namespace runlake::ops {

core::Result<RunsShowResponse> runs_show(const RunsShowRequest& request) {
    RL_ASSIGN(const core::RunIdPrefix prefix, core::RunIdPrefix::parse(request.id));  // before anything is opened
    Notes notes;
    RL_ASSIGN(runs::RunDocument document,
              read_runs(request.scope.store, notes, [&](runs::Session& session, const runs::SeenRuns* confirmed) -> core::Result<runs::RunDocument> {
                  if (prefix.is_whole() && !request.scope.tenant) {
                      // Nothing is to be found out first.
                      RL_ASSIGN(const core::RunId whole, core::RunId::parse(prefix.str()));
                      return runs::read_document(session.connection(), request.scope.store, whole, confirmed);
                  }
                  RL_ASSIGN(const core::RunId id, runs::find_run(session.connection(), request.id, request.scope.tenant));
                  return runs::read_document(session.connection(), request.scope.store, id, confirmed);
              }));
    return RunsShowResponse{std::move(document), std::move(notes)};
}

core::Json to_json(const RunsShowResponse& response) { return core::Json::object().set("run", runs::document_json(response.document)); }

}  // namespace runlake::ops
