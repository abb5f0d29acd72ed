// SPDX-License-Identifier: Apache-2.0
#include "runs/query_cited.hpp"

#include <algorithm>

#include "runs/query_text.hpp"
#include "runs/run_rows.hpp"

namespace runlake::runs {
core::Result<std::vector<core::RunId>> all_run_ids(sql::Connection& connection) {
    std::vector<core::RunId> ids;
    RL_TRY(each_row(connection, QueryText().add("SELECT run_id FROM runs"), [&](const sql::Rows& rows) {
        ids.push_back(rows.run_id(0));
        return core::ok();
    }));
    std::ranges::sort(ids);
    return ids;
}

core::Result<std::vector<LoggedMetric>> logged_metrics(sql::Connection& connection, const core::RunId& id) {
    std::vector<LoggedMetric> metrics;
    QueryText query;
    query.add("SELECT name, step, value FROM run_metrics WHERE run_id = ").bind(id).add(" ORDER BY name, logged_at, n, value");
    RL_TRY(each_row(connection, query, [&](const sql::Rows& rows) {
        metrics.push_back({std::string(rows.text(0)), rows.integer_if(1), rows.number_if(2)});
        return core::ok();
    }));
    return metrics;
}

core::Result<std::optional<EndOfRun>> end_of_run(sql::Connection& connection, const core::RunId& id) {
    std::optional<EndOfRun> end;
    RL_TRY(each_row(connection, QueryText().add("SELECT status, code_ref FROM runs WHERE run_id = ").bind(id), [&](const sql::Rows& rows) {
        end = EndOfRun{std::string(rows.text(0)), rows.text_if(1)};
        return core::ok();
    }));
    return end;
}

}  // namespace runlake::runs
