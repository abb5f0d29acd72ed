// SPDX-License-Identifier: Apache-2.0
// `runlake lake tables`
#include "ops/lake_tables.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_arguments = {Argument{.name = "TABLE", .help = "this table alone, with its columns", .required = false}};

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::planned));
    const auto one = inv.value("TABLE");
    RL_ASSIGN(const auto response, ops::lake_tables({.store = store, .table = one}));
    for (const auto& note : response.notes) { inv.say(core::cat("runlake lake tables: ", note)); }
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    const render::Look look{.color = inv.color(), .width = inv.width()};
    std::vector<render::Row> rows;
    const auto count_of = [](const ops::LakeTable& table) { return table.rows ? core::group_thousands(*table.rows) : std::string("-"); };
    if (one) {
        const auto& table = response.tables.front();
        inv.out(core::cat(table.name, ": ", table.help, "\nFrom: ", table.from, ". Rows: ", count_of(table), ".\n"));
        for (const auto& column : table.columns) {
            rows.push_back({{column.name, render::Tone::strong}, {column.type}, {column.is_key ? "key" : "-"}, {column.use.empty() ? "-" : column.use}, {column.help.empty() ? "-" : column.help}});
        }
        inv.out(render::table({{.title = "Column"}, {.title = "Type"}, {.title = "Key"}, {.title = "Use"}, {.title = "About", .may_shrink = true}}, rows, look));
        return 0;
    }
    for (const auto& table : response.tables) { rows.push_back({{table.name, render::Tone::strong}, {count_of(table)}, {table.from}, {table.help.empty() ? "-" : table.help}}); }
    inv.out(render::table({{.title = "Table"}, {.title = "Rows", .align = render::Align::right}, {.title = "From"}, {.title = "About", .may_shrink = true}}, rows, look));
    return 0;
}

}  // namespace

extern const Command k_lake_tables = {.name = "lake tables", .summary = "Show the tables of the lake, what they hold, and how many rows", .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
