// SPDX-License-Identifier: Apache-2.0
#include "runs/query_watch.hpp"

#include "runs/query_list.hpp"
#include "runs/query_seen.hpp"

namespace runlake::runs {

core::Json watched_json(const WatchedRun& run) {
    core::Json json = core::Json::object();
    json.set("run_id", run.id.str()).set("stage", run.stage).set("tenant_id", run.tenant).set("shown", run.shown);
    json.set("started_at", core::format_iso(run.started_at));
    json.set("finished_at", run.finished_at ? core::Json(core::format_iso(*run.finished_at)) : core::Json());
    return json.set("duration_seconds", run.duration_seconds).set("rows_in", run.rows_in).set("rows_out", run.rows_out);
}

core::Result<WatchedRuns> watched_runs(sql::Connection& connection, const std::optional<std::string>& tenant, core::Timestamp since,
                                       const std::vector<core::RunId>& ids, const SeenRuns* confirmed) {
    QueryText query;
    query.add("WITH ").add(every_run_cte());
    query.add(" SELECT r.run_id, r.stage, r.tenant_id, r.status, r.started_at, r.finished_at, r.duration_seconds, r.rows_in, r.rows_out FROM every r WHERE (");
    query.add("r.started_at >= ").bind(since).add(" OR r.status = 'running' OR r.run_id IN ").bind_list({ids.begin(), ids.end()}).add(")");
    if (tenant) { query.add(" AND r.tenant_id = ").bind(*tenant); }
    query.add(order_sql(std::nullopt, false));
    WatchedRuns answer;
    bool running = false;
    RL_TRY(each_row(connection, query, [&](const sql::Rows& rows) {
        answer.runs.push_back({rows.run_id(0), std::string(rows.text(1)), rows.text_if(2), std::string(rows.text(3)), rows.time(4), rows.time_if(5),
                               rows.number_if(6), rows.integer_if(7), rows.integer_if(8)});
        running = running || answer.runs.back().shown == "running";
        return core::ok();
    }));
    if (!running) { return answer; }
    RL_ASSIGN(answer.seen, look_at_running(connection, nullptr));
    if (confirmed != nullptr) { answer.seen = common(answer.seen, *confirmed); }
    for (WatchedRun& run : answer.runs) { run.shown = shown_state(run.id, run.shown, answer.seen); }
    return answer;
}

}  // namespace runlake::runs
