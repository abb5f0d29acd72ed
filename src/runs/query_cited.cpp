// SPDX-License-Identifier: Apache-2.0
#include "runs/query_cited.hpp"

#include "runs/query_text.hpp"
#include "runs/run_rows.hpp"

namespace runlake::runs {
namespace {

core::Result<core::RunId> filled(const core::RunIdPrefix& prefix, char digit) {
    std::string text = prefix.str();
    for (std::size_t i = text.size(); i < 36; ++i) { text += i == 8 || i == 13 || i == 18 || i == 23 ? '-' : digit; }
    return core::RunId::parse(text);
}

}  // namespace

core::Result<std::vector<core::RunId>> runs_beginning(sql::Connection& connection, const core::RunIdPrefix& prefix, std::size_t most) {
    RL_ASSIGN(const core::RunId low, filled(prefix, '0'));
    RL_ASSIGN(const core::RunId high, filled(prefix, 'f'));
    QueryText query;
    query.add("SELECT run_id FROM runs WHERE ");
    if (prefix.is_whole()) {
        query.add("run_id = ").bind(low);
    } else {
        query.add("run_id >= ").bind(low).add(" AND run_id <= ").bind(high);
    }
    std::vector<core::RunId> ids;
    RL_TRY(each_row(connection, query.add(" ORDER BY run_id LIMIT ").bind(static_cast<std::int64_t>(most)), [&](const sql::Rows& rows) {
        ids.push_back(rows.run_id(0));
        return core::ok();
    }));
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
