// SPDX-License-Identifier: Apache-2.0
// `runlake runs note`
#include "ops/runs_note.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_tenant_option};
constexpr std::array k_arguments = {k_run_argument, Argument{.name = "TEXT", .help = "what is to be remembered of it"}};

core::Result<int> run(Invocation& inv) {
    ops::RunsNoteRequest request;
    request.id = inv.value("ID").value_or("");
    request.text = inv.value("TEXT").value_or("");
    RL_ASSIGN(const record::Settings settings, inv.settings());
    request.durability = settings.durability();
    RL_TRY(ops::check(request));
    RL_ASSIGN(request.scope, scope_of(inv));
    RL_ASSIGN(const ops::RunsNoteResponse response, ops::runs_note(request));
    say_notes(inv, response.notes);
    if (inv.json()) {
        inv.answer(ops::to_json(response));
    } else {
        inv.out(core::cat(response.id.brief(), ": noted\n"));
    }
    return 0;
}

}  // namespace

extern const Command k_runs_note = {
    .name = "runs note", .summary = "Add a note to a run", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
