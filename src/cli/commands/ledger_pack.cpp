// SPDX-License-Identifier: Apache-2.0
// `runlake ledger pack`
#include "ops/ledger_pack.hpp"

#include "cli/command.hpp"
#include "cli/commands/rundir_shared.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

std::string entries_text(std::size_t count) { return count == 1 ? "1 entry" : core::cat(count, " entries"); }

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const record::Store store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const ops::LedgerPackResponse response, ops::ledger_pack(store));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    inv.out(core::cat("packed ", entries_text(response.packed), " into ", counted(response.packs.size(), "file"), ", ", bytes_text(response.bytes), "; ",
                      counted(response.removed, "file"), " removed\n"));
    const std::size_t left = response.other_machines + response.uncommitted + response.other;
    if (left != 0) {
        inv.say(core::cat("left as they are: ", response.other_machines, " of other machines, ", response.uncommitted, " not committed or changed since, ", response.other, " that can't be packed"));
    }
    if (response.aexp) { inv.say("entries of jobs stand in .aexp/ledger, where nothing is packed"); }
    if (response.packed != 0) { inv.say("to share it: git add -A .runlake/ledger .runlake/ledger-extra && git commit"); }
    return 0;
}

}  // namespace

extern const Command k_ledger_pack = {.name = "ledger pack", .summary = "Put this machine's committed entries into few immutable files", .run = run};

}  // namespace runlake::cli
