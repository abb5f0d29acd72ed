// SPDX-License-Identifier: Apache-2.0
// `runlake ledger backfill`
#include "ops/ledger_backfill.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--overwrite", .value = "", .help = "also those that have an entry already"},
    Option{.names = "--machine-label", .value = "LABEL", .help = "what the machine that they ran on is called (default: this machine's label)"},
};

core::Result<int> run(Invocation& inv) {
    ops::LedgerBackfillRequest request;
    request.overwrite = inv.flag("--overwrite");
    request.machine_label = inv.value("--machine-label");
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const ops::LedgerBackfillResponse response, ops::ledger_backfill(request));
    const int status = response.failed.empty() ? 0 : 1;
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    for (const ops::NotPromoted& one : response.failed) { inv.say(core::cat(one.id, ": ", render::harmless_line(one.why.message()))); }
    std::string more;
    if (response.unchanged != 0) { more += core::cat(", ", response.unchanged, " of them unchanged"); }
    if (response.kept_other != 0) { more += core::cat(", ", response.kept_other, " stand as another machine told them"); }
    if (!response.failed.empty()) { more += core::cat(", ", response.failed.size(), " failed"); }
    inv.out(core::cat("promoted ", response.promoted, response.promoted == 1 ? " entry (" : " entries (", response.skipped, " already present, skipped", more, ")\n"));
    return status;
}

}  // namespace

extern const Command k_ledger_backfill = {.name = "ledger backfill", .summary = "Promote every job that has ended here and has no entry yet", .options = k_options, .run = run};

}  // namespace runlake::cli
