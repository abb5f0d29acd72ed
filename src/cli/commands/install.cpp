// SPDX-License-Identifier: Apache-2.0
// `runlake install`
#include "ops/install.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--machine-label", .value = "LABEL", .help = "what this machine is called in the ledger (default: as before, else the host's name)"},
    Option{.names = "--run-store", .value = "DIR", .help = "where jobs are kept, from the project's root (default: as before, else .runs)"},
    Option{.names = "--force", .value = "", .help = "although a later version installed here, or jobs are in another run store"},
    Option{.names = "-n,--dry-run", .value = "", .help = "say what would be done, and do nothing"},
    Option{.names = "--require-git", .value = "", .help = "only into a git repository"},
};

core::Result<int> run(Invocation& inv) {
    ops::InstallRequest request;
    request.machine_label = inv.value("--machine-label");
    request.run_store = inv.value("--run-store");
    request.force = inv.flag("--force");
    request.dry_run = inv.flag("--dry-run");
    request.require_git = inv.flag("--require-git");
    request.now = os::system_clock().now();
    RL_ASSIGN(request.store, inv.store(request.dry_run ? record::OpenStore::planned : record::OpenStore::create));
    if (request.store.problem) { return *request.store.problem; }
    RL_ASSIGN(const ops::InstallResponse response, ops::install(request));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    std::vector<render::Row> rows;
    for (const ops::InstallAction& action : response.actions) {
        if (action.kind == "identical") { continue; }
        if (action.kind == "migration_warning" || action.kind == "note") {
            inv.say(core::cat(action.kind == "note" ? "note: " : "MIGRATION ", render::harmless_line(action.path), ": ", render::harmless_line(action.detail)));
            continue;
        }
        rows.push_back({{action.kind}, {render::harmless_line(action.path)}, {render::harmless_line(action.detail)}});
    }
    if (!rows.empty()) {
        inv.out(render::table({{.title = response.dry_run ? "Would" : "Did"}, {.title = "Path", .may_shrink = true}, {.title = "", .may_shrink = true}}, rows,
                              {.color = inv.color(), .width = inv.width()}));
    }
    if (!response.changed) {
        inv.out(core::cat("installed already; this machine is called ", response.machine_label, '\n'));
    } else {
        inv.out(core::cat(response.dry_run ? "nothing was written" : "installed", "; this machine is called ", response.machine_label, '\n'));
    }
    return 0;
}

}  // namespace

extern const Command k_install = {
    .name = "install", .summary = "Make a repository ready for jobs, the ledger and a knowledge base", .options = k_options, .run = run};

}  // namespace runlake::cli
