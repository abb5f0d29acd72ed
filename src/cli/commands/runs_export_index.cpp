// SPDX-License-Identifier: Apache-2.0
// `runlake runs-export-index`
#include "ops/runs_export_index.hpp"

#include <array>

#include "cli/command.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--as,--machine-label", .value = "LABEL", .help = "what this machine is called; names the file as well"},
    Option{.names = "--out", .value = "FILE", .help = "the file to write (default: runs-index/LABEL.json)"},
};

core::Result<int> run(Invocation& inv) {
    ops::RunsExportIndexRequest request;
    request.label = inv.value("--machine-label");
    request.out = inv.value("--out");
    request.now = os::system_clock().now();
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const ops::RunsExportIndexResponse response, ops::runs_export_index(request));
    inv.say("DEPRECATED: the ledger tells more, and to the end: use `runlake ledger backfill`");
    if (inv.json()) {
        inv.answer(ops::to_json(response));
    } else {
        inv.out(core::cat("[OK] wrote ", response.entries, " terminal-run entries to ", response.path, '\n'));
    }
    return 0;
}

}  // namespace

extern const Command k_runs_export_index = {
    .name = "runs-export-index", .summary = "Write the list of this machine's finished jobs (deprecated: ledger backfill)", .options = k_options, .run = run};

}  // namespace runlake::cli
