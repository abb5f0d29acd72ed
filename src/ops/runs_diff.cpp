// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_diff.hpp"

#include "runs/query_find.hpp"

namespace runlake::ops {
namespace {

struct Pair {
    runs::RunDocument a;
    runs::RunDocument b;
    runs::SeenRuns seen;
};

}  // namespace

core::Result<RunsDiffResponse> runs_diff(const RunsDiffRequest& request) {
    RL_TRY(core::RunIdPrefix::parse(request.a));
    RL_TRY(core::RunIdPrefix::parse(request.b));
    Notes notes;
    RL_ASSIGN(Pair pair, read_runs(request.scope.store, notes, [&](runs::Session& session, const runs::SeenRuns* confirmed) -> core::Result<Pair> {
                  RL_ASSIGN(const core::RunId a, runs::find_run(session.connection(), request.a, request.scope.tenant));
                  RL_ASSIGN(const core::RunId b, runs::find_run(session.connection(), request.b, request.scope.tenant));
                  RL_ASSIGN(runs::RunDocument of_a, runs::read_document(session.connection(), request.scope.store, a, confirmed));
                  RL_ASSIGN(runs::RunDocument of_b, runs::read_document(session.connection(), request.scope.store, b, confirmed));
                  Pair both{std::move(of_a), std::move(of_b), {}};
                  both.seen = both.a.seen;
                  both.seen.unwatched.insert(both.seen.unwatched.end(), both.b.seen.unwatched.begin(), both.b.seen.unwatched.end());
                  both.seen.abandoned.insert(both.seen.abandoned.end(), both.b.seen.abandoned.begin(), both.b.seen.abandoned.end());
                  both.seen.sort();
                  return both;
              }));
    runs::RunDiff diff = runs::compare_documents(request.scope.store, pair.a, pair.b);
    return RunsDiffResponse{std::move(pair.a), std::move(pair.b), std::move(diff), std::move(notes)};
}

core::Json to_json(const RunsDiffResponse& response) { return runs::diff_json(response.diff, response.a, response.b); }

}  // namespace runlake::ops
