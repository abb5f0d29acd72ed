// SPDX-License-Identifier: Apache-2.0
// `runlake lake job release-site-dashboard`
#include <array>
#include <utility>

#include "cli/command.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"
#include "ops/lake_job.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--config", .value = "FILE", .help = "The job: a JSON file of schema 2, or preset:NAME"},
    {.names = "--logs-dir", .value = "DIR", .help = "The folder whose runs are selected from"},
    {.names = "--site-dir", .value = "DIR", .help = "Where releases/ is; default: site/dashboards/wonton-soup/data of the project"},
    {.names = "--no-promote", .value = "", .help = "Stage the release only; what the site shows stays"},
});

void show(Invocation& inv, const ops::LakeReleaseResponse& response) {
    const auto& done = response.done;
    inv.out(core::cat("Release ", done.release_id, done.was_there ? " (as before)" : "", "\n  ", done.dir, "\n  ", done.datasets, " tables, ", core::group_thousands(done.rows), " rows of ",
                      core::group_thousands(done.selected_runs), done.selected_runs == 1 ? " run\n" : " runs\n"));
    inv.out(done.promoted ? core::cat("Shown by ", response.site_dir, "/dashboard_manifest.json\n") : std::string("Not shown: staged only\n"));
    inv.say(core::cat("to look at it: ", done.dir, "/index.html"));
}

core::Result<int> run(Invocation& inv) {
    const auto config = inv.value("--config");
    const auto logs_dir = inv.value("--logs-dir");
    if (!config || !logs_dir) { return core::Error(core::Errc::usage, "a release needs --config FILE and --logs-dir DIR"); }
    RL_ASSIGN(auto store, inv.store(record::OpenStore::planned));
    const ops::LakeReleaseRequest request{.store = std::move(store),
                                          .config = *config,
                                          .logs_dir = *logs_dir,
                                          .site_dir = inv.value("--site-dir"),
                                          .promote = !inv.flag("--no-promote"),
                                          .now = os::system_clock().now()};
    RL_ASSIGN(const auto response, ops::lake_job_release(request));
    const bool is_refused = !response.done.offenders.empty();
    if (inv.json()) {
        inv.answer(ops::to_json(response));
    } else if (is_refused) {
        inv.out(render::harmless_text(lake::offenders_error(response.done.offenders, response.done.selected_runs, response.done.selection_without).message()) + "\n");
    } else {
        show(inv, response);
    }
    return is_refused ? 1 : 0;
}

}  // namespace

extern const Command k_lake_job_release_site_dashboard = {.name = "lake job release-site-dashboard", .summary = "Make a release of selected runs for a site, and show it", .options = k_options, .run = run};

}  // namespace runlake::cli
