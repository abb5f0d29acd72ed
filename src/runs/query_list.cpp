// SPDX-License-Identifier: Apache-2.0
#include "runs/query_list.hpp"

#include <algorithm>
#include <iterator>

#include "runs/query_seen.hpp"

namespace runlake::runs {
namespace {

// Above this, the whole order is as cheap.
constexpr std::int64_t k_few = 500;

// `starts`, when given, gets the column behind the last.
core::Result<RunTable> read_rows(sql::Connection& connection, const QueryText& query, const std::vector<ColumnSpec>& columns,
                                 std::vector<core::Timestamp>* starts = nullptr) {
    RunTable table;
    table.columns = columns;
    RL_TRY(each_row(connection, query, [&](const sql::Rows& rows) {
        table.ids.push_back(rows.run_id(0));
        table.states.emplace_back(rows.text(1));
        std::vector<Cell> cells;
        cells.reserve(columns.size());
        for (std::size_t i = 0; i < columns.size(); ++i) { cells.push_back(read_cell(rows, i + 2)); }
        table.rows.push_back(std::move(cells));
        if (starts != nullptr) { starts->push_back(rows.time(columns.size() + 2)); }
        return core::ok();
    }));
    return table;
}

// Fills in what the running runs are seen to be.
core::Status look(sql::Connection& connection, RunTable& table, const SeenRuns* confirmed) {
    std::vector<core::RunId> running;
    for (std::size_t row = 0; row < table.ids.size(); ++row) {
        if (table.states[row] == "running") { running.push_back(table.ids[row]); }
    }
    RL_ASSIGN(table.seen, look_at_running(connection, &running));
    if (confirmed != nullptr) { table.seen = common(table.seen, *confirmed); }
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        if (table.columns[column].source != ColumnSource::shown) { continue; }
        for (std::size_t row = 0; row < table.rows.size(); ++row) { table.rows[row][column] = shown_state(table.ids[row], table.states[row], table.seen); }
    }
    return core::ok();
}

void add_columns(QueryText& text, const std::vector<ColumnSpec>& columns) {
    text.add("r.run_id, r.status");
    for (const ColumnSpec& column : columns) { text.add(", ").add(column_sql(column, Form::typed)); }
}

}  // namespace

void RunTable::reverse() {
    std::ranges::reverse(ids);
    std::ranges::reverse(states);
    std::ranges::reverse(rows);
}

SeenRuns common(const SeenRuns& a, const SeenRuns& b) {
    SeenRuns both;
    std::vector<core::RunId> of_b;
    std::ranges::merge(b.unwatched, b.abandoned, std::back_inserter(of_b));
    std::ranges::set_intersection(a.unwatched, of_b, std::back_inserter(both.unwatched));
    std::ranges::set_intersection(a.abandoned, of_b, std::back_inserter(both.abandoned));
    return both;
}

std::string_view every_run_cte() {
    return "every AS (SELECT a.*, d.* EXCLUDE (run_id) FROM runs a LEFT JOIN run_details d ON d.run_id = a.run_id)";
}

QueryText order_sql(const std::optional<SortKey>& sort, bool newest_first) {
    QueryText text;
    text.add(" ORDER BY ");
    if (sort) {
        const std::string_view direction = sort->descending ? " DESC NULLS LAST, " : " ASC NULLS LAST, ";
        if (sort->column.source == ColumnSource::param) {
            text.add("(SELECT min(p.number) FROM run_params p WHERE p.run_id = r.run_id AND p.name = ").bind(sort->column.key).add(")").add(direction);
        }
        text.add(column_sql(sort->column, Form::typed)).add(direction);
    }
    const std::string_view direction = newest_first ? " DESC" : "";
    text.add("r.started_at").add(direction).add(", r.started_segment").add(direction).add(", r.started_offset").add(direction);
    return text.add(", r.run_id").add(direction);  // never decides but between rows that came without a journal
}

core::Result<RunTable> list_runs(sql::Connection& connection, const ListQuery& query, const SeenRuns* confirmed) {
    SeenRuns seen;
    if (asks_for_seen(query.filter)) {
        RL_ASSIGN(seen, look_at_running(connection, nullptr));
        if (confirmed != nullptr) { seen = common(seen, *confirmed); }
    }
    const QueryText order = order_sql(query.sort, true);
    QueryText text;
    text.add("WITH ").add(every_run_cte()).add(", page AS (SELECT r.* FROM every r").add(where_clause(query.filter, seen)).add(order);
    if (query.limit) { text.add(" LIMIT ").bind(*query.limit); }
    text.add(") SELECT ");
    add_columns(text, query.columns);
    text.add(" FROM page r").add(order);
    RL_ASSIGN(RunTable table, read_rows(connection, text, query.columns));
    RL_TRY(look(connection, table, confirmed));
    // Runs that the filter left out because of what they are seen to be count as looked at, too.
    if (asks_for_seen(query.filter)) { table.seen = std::move(seen); }
    return table;
}

core::Result<RunTable> newest_runs(sql::Connection& connection, const std::optional<std::string>& tenant, std::int64_t count,
                                   const std::vector<ColumnSpec>& columns, const SeenRuns* confirmed) {
    const bool plain = std::ranges::all_of(columns, [](const ColumnSpec& column) {
        return column.source == ColumnSource::runs || column.source == ColumnSource::shown;
    });
    if (plain && count <= k_few) {
        // One look at one table. The start of one run more tells whether equal starts straddle the limit.
        QueryText text;
        text.add("SELECT r.run_id, r.status");
        for (const ColumnSpec& column : columns) { text.add(", ").add(column_sql(column, Form::typed)); }
        text.add(", r.started_at FROM runs r");
        if (tenant) { text.add(" WHERE r.tenant_id = ").bind(*tenant); }
        text.add(" ORDER BY r.started_at DESC LIMIT ").bind(count + 1);
        std::vector<core::Timestamp> starts;
        RL_ASSIGN(RunTable table, read_rows(connection, text, columns, &starts));
        // Only segment and offset could order equal starts, and they stand in the other table.
        if (std::ranges::adjacent_find(starts) == starts.end()) {
            if (static_cast<std::int64_t>(table.ids.size()) > count) {
                table.ids.pop_back();
                table.rows.pop_back();
                table.states.pop_back();
            }
            RL_TRY(look(connection, table, confirmed));
            table.reverse();
            return table;
        }
    }
    const ListQuery query{.filter = {.tenant = tenant}, .columns = columns, .sort = std::nullopt, .limit = count};
    RL_ASSIGN(RunTable table, list_runs(connection, query, confirmed));
    table.reverse();
    return table;
}

}  // namespace runlake::runs
