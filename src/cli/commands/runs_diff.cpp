// SPDX-License-Identifier: Apache-2.0
// `runlake runs diff`
#include "ops/runs_diff.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_tenant_option};
constexpr std::array k_arguments = {
    Argument{.name = "A", .help = "the first run's id, or the beginning of it"},
    Argument{.name = "B", .help = "the second run's"},
};

std::string value_text(const core::Json& value) {
    if (value.is_null()) { return "-"; }
    const std::string* text = value.as_string();
    return text != nullptr ? *text : core::to_json(value);
}

std::string lines_table(const ops::RunsDiffResponse& response, const std::vector<runs::Difference>& lines, const render::Look& look) {
    std::vector<render::Column> columns{{.title = "What"}, {.title = "Name", .may_shrink = true}};
    for (const runs::RunDocument* side : {&response.a, &response.b}) { columns.push_back({.title = side->id.brief(), .may_shrink = true}); }
    bool remarks = false;
    for (const runs::Difference& line : lines) { remarks = remarks || !line.remark.empty(); }
    if (remarks) { columns.push_back({.title = "Remark", .may_shrink = true}); }
    std::vector<render::Row> rows;
    for (const runs::Difference& line : lines) {
        rows.push_back({{line.group}, {line.name}, {value_text(line.a)}, {value_text(line.b)}, {line.remark}});
    }
    return render::table(columns, rows, look);
}

core::Result<int> run(Invocation& inv) {
    ops::RunsDiffRequest request;
    request.a = inv.value("A").value_or("");
    request.b = inv.value("B").value_or("");
    for (const std::string& id : {request.a, request.b}) { RL_TRY(core::RunIdPrefix::parse(id)); }
    RL_ASSIGN(request.scope, scope_of(inv));
    RL_ASSIGN(const ops::RunsDiffResponse response, ops::runs_diff(request));
    say_notes(inv, response.notes);
    const int status = response.diff.same() ? 0 : 1;
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    const render::Look look{.color = inv.color(), .width = inv.width()};
    inv.out(core::cat("Runs ", response.a.id.brief(), " (", render::harmless_line(response.a.text("stage")), ") and ", response.b.id.brief(), " (",
                      render::harmless_line(response.b.text("stage")), "): "));
    inv.out(response.diff.same() ? "no differences\n" : core::cat(response.diff.differences.size(), response.diff.differences.size() == 1 ? " difference\n" : " differences\n"));
    if (!response.diff.same()) { inv.out(lines_table(response, response.diff.differences, look)); }
    if (!response.diff.beside.empty()) {
        inv.out("Beside that, and never counted:\n");
        inv.out(lines_table(response, response.diff.beside, look));
    }
    return status;
}

}  // namespace

extern const Command k_runs_diff = {
    .name = "runs diff", .summary = "Show what is different between two runs", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
