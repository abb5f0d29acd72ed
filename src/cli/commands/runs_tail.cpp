// SPDX-License-Identifier: Apache-2.0
// `runlake runs tail`
#include "ops/runs_tail.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "-n,--n", .value = "N", .help = "how many runs (default 10)"},
    k_tenant_option,
    k_all_machines_option,
    k_utc_option,
    k_local_option,
};

core::Result<int> run(Invocation& inv) {
    ops::RunsTailRequest request;
    RL_ASSIGN(const std::optional<std::int64_t> count, inv.integer("--n"));
    if (count) { request.count = *count; }
    if (request.count < 1) { return core::Error(core::Errc::usage, core::cat("--n ", request.count, ": at least one run must be asked for")); }
    RL_ASSIGN(const TimeFormat time, TimeFormat::of(inv));
    request.all_machines = inv.flag("--all-machines");
    RL_ASSIGN(std::optional<ops::RunsScope> scope, scope_or_answer(inv, core::Json::object().set("runs", core::Json::array()), request.all_machines));
    if (!scope) { return 0; }
    request.scope = std::move(*scope);
    RL_ASSIGN(const ops::RunsTailResponse response, ops::runs_tail(request));
    say_notes(inv, response.notes);
    if (inv.json()) {
        inv.answer(ops::to_json(response));
    } else if (response.table.rows.empty()) {
        inv.out(request.scope.tenant ? core::cat("No runs of tenant ", *request.scope.tenant, " are recorded in ", request.scope.store.dir, ".\n")
                                     : core::cat("No runs are recorded in ", request.scope.store.dir, " yet.\n"));
    } else {
        inv.out(runs_table(response.table, brief_columns(response.table), time, {.color = inv.color(), .width = inv.width()}));
    }
    return 0;
}

}  // namespace

extern const Command k_runs_tail = {.name = "runs tail", .summary = "Show the newest runs, the newest last", .options = k_options, .run = run};

}  // namespace runlake::cli
