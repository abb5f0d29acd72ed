// SPDX-License-Identifier: Apache-2.0
// `runlake runs show`
#include "ops/runs_show.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_panel.hpp"
#include "cli/commands/runs_shared.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_tenant_option, k_utc_option, k_local_option};
constexpr std::array k_arguments = {k_run_argument};

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const TimeFormat time, TimeFormat::of(inv));
    ops::RunsShowRequest request;
    request.id = inv.value("ID").value_or("");
    RL_TRY(core::RunIdPrefix::parse(request.id));
    RL_ASSIGN(request.scope, scope_of(inv));
    RL_ASSIGN(const ops::RunsShowResponse response, ops::runs_show(request));
    say_notes(inv, response.notes);
    if (inv.json()) {
        inv.answer(ops::to_json(response));
    } else {
        inv.out(run_panel(response.document, time, {.color = inv.color(), .width = inv.width()}));
    }
    return 0;
}

}  // namespace

extern const Command k_runs_show = {
    .name = "runs show", .summary = "Show everything that is recorded of one run", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
