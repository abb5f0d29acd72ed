// SPDX-License-Identifier: Apache-2.0
// `runlake runs fold`
#include "ops/runs_fold.hpp"

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::existing));
    RL_ASSIGN(const auto response, ops::runs_fold({store}));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    say_notes(inv, response.notes);
    inv.out(core::cat(response.database, ": ", counted(response.records, "record"), " folded, ", counted(response.runs_added, "run"), " added, ", response.runs_changed, " changed\n"));
    return 0;
}

}  // namespace

extern const Command k_runs_fold = {.name = "runs fold", .summary = "Bring runs.duckdb up to date with the journal, for other programs to read", .run = run};

}  // namespace runlake::cli
