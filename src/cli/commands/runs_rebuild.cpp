// SPDX-License-Identifier: Apache-2.0
// `runlake runs rebuild`
#include "ops/runs_rebuild.hpp"

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::existing));
    RL_ASSIGN(const auto response, ops::runs_rebuild({store}));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    say_notes(inv, response.notes);
    inv.out(core::cat(response.database, ": rebuilt with ", counted(response.runs, "run"), " from ", counted(response.records, "record"), '\n'));
    return 0;
}

}  // namespace

extern const Command k_runs_rebuild = {.name = "runs rebuild", .summary = "Make runs.duckdb again from the journal", .run = run};

}  // namespace runlake::cli
