// SPDX-License-Identifier: Apache-2.0
// `runlake runs vacuum`
#include "ops/runs_vacuum.hpp"

#include "cli/command.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::existing));
    RL_ASSIGN(const auto response, ops::runs_vacuum({store}));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    inv.out(core::cat(response.database, ": ", core::group_thousands(static_cast<std::int64_t>(response.bytes_before)), " bytes before, ",
                      core::group_thousands(static_cast<std::int64_t>(response.bytes_after)), " now\n"));
    return 0;
}

}  // namespace

extern const Command k_runs_vacuum = {.name = "runs vacuum", .summary = "Rewrite runs.duckdb without the room that deleted runs left", .run = run};

}  // namespace runlake::cli
