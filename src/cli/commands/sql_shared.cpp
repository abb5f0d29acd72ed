// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/sql_shared.hpp"

#include "cli/render/table.hpp"
#include "os/stop_signal.hpp"

namespace runlake::cli {

core::Result<int> print_sql(Invocation& inv, const std::function<core::Status(ops::SqlQuestion)>& ask) {
    if (inv.json() && inv.flag("--csv")) { return core::Error(core::Errc::usage, "--json and --csv exclude each other"); }
    // Before DuckDB starts its threads, which are not to get the signals.
    RL_ASSIGN(const os::StopSignal stop, os::StopSignal::install());
    ops::SqlQuestion question;
    question.sql = inv.value("SQL").value_or("");
    question.form = inv.json() ? runs::ConsoleForm::typed : runs::ConsoleForm::text;
    question.stop = &stop;

    const bool csv = inv.flag("--csv");
    std::vector<runs::ConsoleColumn> columns;
    core::Json rows = core::Json::array();
    std::vector<render::Row> lines;
    question.columns = [&](const std::vector<runs::ConsoleColumn>& described) {
        columns = described;
        if (csv) {
            std::vector<core::Json> names;
            for (const auto& column : columns) { names.emplace_back(column.name); }
            inv.out(ops::csv_line(names));
        }
        return core::ok();
    };
    question.row = [&](const std::vector<core::Json>& cells) {
        if (csv) {
            inv.out(ops::csv_line(cells));
        } else if (inv.json()) {
            rows.push(core::JsonArray(cells));
        } else {
            render::Row line;
            for (const core::Json& cell : cells) { line.push_back({cell.is_null() ? "-" : ops::sql_text(cell)}); }
            lines.push_back(std::move(line));
        }
        return core::ok();
    };
    RL_TRY(ask(std::move(question)));
    if (inv.json()) {
        core::Json heads = core::Json::array();
        for (const auto& column : columns) { heads.push(core::Json::object().set("name", column.name).set("type", column.type)); }
        inv.answer(core::Json::object().set("columns", std::move(heads)).set("rows", std::move(rows)));
    } else if (!csv) {
        std::vector<render::Column> heads;
        for (const auto& column : columns) { heads.push_back({.title = column.name, .may_shrink = true}); }
        inv.out(render::table(heads, lines, {.color = inv.color(), .width = inv.width()}));
    }
    return 0;
}

}  // namespace runlake::cli
