// SPDX-License-Identifier: Apache-2.0
// `runlake runs list`
#include "ops/runs_list.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    k_stage_option,
    k_state_option,
    k_tenant_option,
    k_all_machines_option,
    k_tag_option,
    k_param_option,
    k_metric_option,
    k_since_option,
    k_until_option,
    Option{.names = "--limit", .value = "N", .help = "at most so many runs"},
    Option{.names = "--sort", .value = "COL[:desc]", .help = "the order; without it the newest run is first"},
    k_columns_option,
    k_utc_option,
    k_local_option,
};

core::Result<int> run(Invocation& inv) {
    ops::RunsListRequest request;
    request.filter = filter_words(inv);
    request.columns = inv.value("--columns");
    request.every_column = inv.json();
    request.sort = inv.value("--sort");
    RL_ASSIGN(request.limit, inv.integer("--limit"));
    request.now = os::system_clock().now();
    RL_TRY(ops::check(request));
    RL_ASSIGN(const TimeFormat time, TimeFormat::of(inv));
    request.all_machines = inv.flag("--all-machines");
    RL_ASSIGN(std::optional<ops::RunsScope> scope, scope_or_answer(inv, core::Json::object().set("runs", core::Json::array()), request.all_machines));
    if (!scope) { return 0; }
    request.scope = std::move(*scope);
    RL_ASSIGN(const ops::RunsListResponse response, ops::runs_list(request));
    say_notes(inv, response.notes);
    if (inv.json()) {
        inv.answer(ops::to_json(response));
    } else if (response.table.rows.empty()) {
        inv.out("No runs match.\n");
    } else {
        inv.out(runs_table(response.table, response.table.columns, time, {.color = inv.color(), .width = inv.width()}));
    }
    return 0;
}

}  // namespace

extern const Command k_runs_list = {.name = "runs list", .summary = "List runs by filter, sorted, with chosen columns", .options = k_options, .run = run};

}  // namespace runlake::cli
