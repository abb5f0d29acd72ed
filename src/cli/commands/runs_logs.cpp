// SPDX-License-Identifier: Apache-2.0
// `runlake runs logs`
#include "ops/runs_logs.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_tenant_option};
constexpr std::array k_arguments = {k_run_argument};

core::Result<int> run(Invocation& inv) {
    ops::RunsLogsRequest request;
    request.id = inv.value("ID").value_or("");
    RL_TRY(core::RunIdPrefix::parse(request.id));
    RL_ASSIGN(request.scope, scope_of(inv));
    RL_ASSIGN(const ops::RunsLogsResponse response, ops::runs_logs(request));
    say_notes(inv, response.notes);
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    if (response.logs.empty()) { inv.say(core::cat("runlake: nothing that ", response.id.brief(), " wrote was kept: runlake run --capture all -- PROGRAM keeps it")); }
    for (const ops::LogText& log : response.logs) {
        inv.out(core::cat("== ", log.name, log.file ? core::cat(" (", *log.file, ")") : "", "\n", log.text, log.text.empty() || log.text.back() == '\n' ? "" : "\n"));
    }
    return 0;
}

}  // namespace

extern const Command k_runs_logs = {
    .name = "runs logs", .summary = "Show what a run wrote and its whole error", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
