// SPDX-License-Identifier: Apache-2.0
// `runlake ledger show`
#include "ops/ledger_show.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_arguments = {Argument{.name = "ID", .help = "a job or run: its id, or the beginning of it; without it, what the ledger holds altogether", .required = false}};

std::string summary_text(const ops::LedgerSummary& summary) {
    std::string text = core::cat(counted(summary.jobs, "job"), ", ", counted(summary.runs, "run"));
    if (summary.packed != 0) { text += core::cat(", ", summary.packed, " of them packed"); }
    if (summary.conflicted != 0) { text += core::cat(", ", summary.conflicted, " in a merge that is not finished"); }
    text += '\n';
    for (const auto& [machine, count] : summary.machines) { text += core::cat("  ", render::harmless_line(machine), ": ", count, '\n'); }
    return text;
}

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const record::Store store, inv.store(record::OpenStore::planned));
    if (const auto id = inv.value("ID")) {
        RL_ASSIGN(const ops::LedgerEntryShown shown, ops::ledger_show(store, *id));
        if (inv.json()) {
            inv.answer(ops::to_json(shown));
            return 0;
        }
        inv.out(core::cat(render::harmless_line(shown.path), shown.packed ? " (packed)" : "", shown.conflicted ? " (both sides of a merge: this is the one that stands)" : "", '\n'));
        inv.out(render::harmless_text(core::to_json_pretty(shown.entry)));
        if (shown.extra) { inv.out(render::harmless_text(core::to_json_pretty(*shown.extra))); }
        return 0;
    }
    RL_ASSIGN(const ops::LedgerSummary summary, ops::ledger_summary(store));
    if (inv.json()) {
        inv.answer(ops::to_json(summary));
        return 0;
    }
    inv.out(summary_text(summary));
    for (const auto& one : summary.left_out) { inv.say(core::cat("left out: ", render::harmless_line(one.path), ": ", render::harmless_line(one.why.message()))); }
    return 0;
}

}  // namespace

extern const Command k_ledger_show = {.name = "ledger show", .summary = "Show an entry of the ledger, or what it holds altogether", .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
