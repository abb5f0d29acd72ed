// SPDX-License-Identifier: Apache-2.0
// `runlake lake reconcile`
#include "ops/lake_reconcile.hpp"

#include <algorithm>
#include <array>

#include "cli/command.hpp"
#include "cli/commands/jobs_option.hpp"
#include "cli/commands/rundir_shared.hpp"
#include "cli/commands/runs_shared.hpp"
#include "cli/live_line.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"
#include "os/stop_signal.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--logs-dir", .value = "DIR", .help = "Look for runs below this folder; default: the logs of `lake paths`", .repeats = true},
    {.names = "--prune", .value = "", .help = "Forget what is not there any more"},
    {.names = "--dry-run", .value = "", .help = "Show what would be read and forgotten; change nothing"},
    {.names = "--full", .value = "", .help = "Read everything again, also what is unchanged"},
    {.names = "-j,--jobs", .value = "N", .help = "How many threads read files; default: the processors that may be used"},
});
constexpr std::size_t k_shown = 20;  // folders of a kind

std::string line_of(const lake::ReconcileProgress& at) {
    return cat("reconciling: ", at.units_looked_at, " of ", counted(at.units_found, "unit"), " looked at, ", at.units_written, " written, ", bytes_text(at.bytes_read), ", ",
               counted(at.rows_written, "row"));
}

template <class List, class Text>
void say_list(Invocation& inv, const List& list, std::string_view what, const Text& text) {
    for (std::size_t i = 0; i < std::min(list.size(), k_shown); ++i) { inv.say(cat(what, ": ", render::harmless_line(text(list[i])))); }
    if (list.size() > k_shown) { inv.say(cat(what, ": ", list.size() - k_shown, " more; --json lists all")); }
}

std::string sources_text(const lake::ReconcileReport& report) {
    std::string text;
    for (const auto& [name, count] : report.sources) { text += cat(text.empty() ? "" : ", ", count, ' ', name); }
    return text.empty() ? "" : cat(" (", text, ')');
}

void show(Invocation& inv, const ops::LakeReconcileResponse& response) {
    const auto& report = response.report;
    say_list(inv, report.notes, "note", [](const std::string& note) { return note; });
    say_list(inv, report.passed_over, "passed over", [](const lake::PassedOver& folder) { return cat(folder.dir, ": ", folder.why); });
    say_list(inv, report.stale, report.pruned ? "forgotten" : "not there any more", [](const lake::StaleUnit& unit) { return unit.dir; });
    const bool dry = response.dry_run;
    std::uint64_t rows = 0;
    for (const auto& [table, count] : report.rows) { rows += count; }
    std::string text = cat(response.database, dry ? " (nothing was changed)" : "", "\n");
    text += cat("Units: ", report.units, " found", sources_text(report), ", ", report.added, dry ? " to be added, " : " added, ", report.changed, dry ? " to be read again, " : " read again, ",
                report.unchanged, " unchanged");
    if (report.moved > 0) { text += cat(", ", report.moved, " told by another root"); }
    if (!report.stale.empty()) { text += cat(", ", report.stale.size(), report.pruned ? " forgotten" : " not there any more (--prune forgets them)"); }
    text += cat("\nFiles: ", report.files, " found, ", report.files_read, dry ? " to be read (" : " read (", bytes_text(report.bytes_read), ")\n");
    if (dry) {
        inv.out(text);
        return;
    }
    text += cat("Rows:  ", rows, " written");
    if (response.seconds > 0 && rows > 0) { text += cat(", ", static_cast<std::uint64_t>(static_cast<double>(rows) / response.seconds), " a second"); }
    if (report.surfaces > 0) {
        text += cat("\n", counted(report.surfaces, "table"), " of your own: ", counted(report.surface_files_read, "file"), " read, ", counted(report.surface_rows, "row"), " written");
    }
    text += cat("\nTime:  ", duration_text(response.seconds), "\n");
    if (report.errors + report.warnings > 0) { text += cat("Read with ", counted(report.errors, "error"), " and ", counted(report.warnings, "warning"), ".\n"); }
    if (report.standing_errors > 0) { text += cat(counted(report.standing_errors, "error"), " in the lake: tables extract_errors and graph_extract_errors say where and why.\n"); }
    inv.out(text);
}

core::Result<int> run(Invocation& inv) {
    ops::LakeReconcileRequest request;
    request.logs_dirs = inv.values("--logs-dir");
    for (const auto& dir : request.logs_dirs) {
        if (dir.empty()) { return core::Error(core::Errc::usage, "--logs-dir is empty: give it a folder"); }
    }
    request.prune = inv.flag("--prune");
    request.dry_run = inv.flag("--dry-run");
    request.full = inv.flag("--full");
    RL_ASSIGN(request.jobs, jobs_option(inv));
    // Before any thread starts, DuckDB's too: they are not to get the signals.
    RL_ASSIGN(const os::StopSignal stop, os::StopSignal::install());
    request.stop = &stop;
    RL_ASSIGN(request.store, inv.store(request.dry_run ? record::OpenStore::planned : record::OpenStore::create));
    LiveLine progress(inv);
    request.progress = [&](const lake::ReconcileProgress& at) { progress.tell([&] { return line_of(at); }); };
    auto response = ops::lake_reconcile(request);
    progress.end();
    if (!response.ok()) { return std::move(response).take_error(); }
    if (inv.json()) {
        inv.answer(ops::to_json(response.value()));
    } else {
        show(inv, response.value());
    }
    return 0;
}

}  // namespace

extern const Command k_lake_reconcile = {.name = "lake reconcile", .summary = "Read the artifacts of all runs into the lake, as far as they have changed", .options = k_options, .run = run};

}  // namespace runlake::cli
