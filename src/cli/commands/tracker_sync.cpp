// SPDX-License-Identifier: Apache-2.0
// `runlake tracker sync`
#include <array>

#include "cli/command.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"
#include "ops/tracker.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--dry-run", .value = "", .help = "List the offline runs and send nothing"},
});

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const auto response, ops::tracker_sync({.store = inv.value("--store"), .dry_run = inv.flag("--dry-run")}));
    const int status = response.all_done() ? 0 : 1;
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    if (response.runs.empty()) { inv.out("no offline runs\n"); }
    for (const ops::SyncedRun& run : response.runs) {
        const std::string path = render::harmless_line(run.path);
        if (!run.status) {
            inv.out(core::cat("would sync ", path, '\n'));
        } else if (*run.status == 0) {
            inv.out(core::cat("synced ", path, '\n'));
        } else {
            inv.out(core::cat("failed ", path, " (", *run.status, "): ", render::harmless_line(run.message), '\n'));
        }
    }
    return status;
}

}  // namespace

extern const Command k_tracker_sync = {.name = "tracker sync", .summary = "Send W&B's offline runs of jobs on", .options = k_options, .run = run};

}  // namespace runlake::cli
