// SPDX-License-Identifier: Apache-2.0
// `runlake postprocess`
#include "ops/postprocess.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "cli/command.hpp"
#include "cli/commands/jobs_option.hpp"
#include "cli/commands/runs_shared.hpp"
#include "cli/live_line.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"
#include "ops/lake_paths.hpp"
#include "os/stop_signal.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--logs-dir", .value = "DIR", .help = "Work on the runs below this folder; default: the logs of `lake paths`"},
    {.names = "--only", .value = "METRIC", .help = "Compute this metric alone", .repeats = true, .choices = "ged_search_graph_soft|goal_novelty|solution_path_soft_distance|k_search_efficiency|search_metrics|root_goal_similarity|external_statement_similarity"},
    {.names = "--recompute", .value = "", .help = "Compute again what is there already"},
    {.names = "-j,--jobs", .value = "N", .help = "How many threads work; default: the processors that may be used"},
});
constexpr std::size_t k_shown = 20;

std::string line_of(const lake::PostprocessRequest::Progress& at) {
    return cat("postprocess: ", at.runs_done, " of ", counted(at.runs, "run"), ", ", render::harmless_line(at.run_dir));
}

void show(Invocation& inv, const ops::PostprocessResponse& response) {
    std::map<std::string, std::uint64_t> states;
    std::map<std::string, lake::MetricCount> metrics;
    std::vector<std::string> problems;
    for (const auto& run : response.report.runs) {
        ++states[run.state];
        for (const auto& [name, count] : run.metrics) {
            metrics[name].computed += count.computed;
            metrics[name].skipped += count.skipped;
        }
        if (!run.error.empty()) { problems.push_back(cat(run.run_dir, ": ", run.error)); }
        for (const auto& error : run.errors) { problems.push_back(cat(run.run_dir, ": ", error)); }
    }
    for (std::size_t i = 0; i < std::min(problems.size(), k_shown); ++i) { inv.say(cat("problem: ", render::harmless_line(problems[i]))); }
    if (problems.size() > k_shown) { inv.say(cat("problem: ", problems.size() - k_shown, " more; --json lists all")); }
    std::string text = cat("Runs: ", response.report.runs.size(), " found, ", states["written"], " written, ", states["unchanged"], " unchanged");
    if (states["external"] > 0) { text += cat(", ", states["external"], " external (similarity of statements)"); }
    if (states["basin-only"] > 0) { text += cat(", ", states["basin-only"], " of many seeds without a summary (nothing to compute)"); }
    if (states["failed"] > 0) { text += cat(", ", states["failed"], " failed"); }
    text += '\n';
    for (const auto& [name, count] : metrics) { text += cat(name, ": ", count.computed, " computed, ", count.skipped, " kept\n"); }
    inv.out(text);
}

core::Result<int> run(Invocation& inv) {
    ops::PostprocessRequest request;
    request.logs_dir = inv.value("--logs-dir").value_or("");
    if (request.logs_dir.empty()) {
        if (inv.value("--logs-dir")) { return core::Error(core::Errc::usage, "--logs-dir is empty: give it a folder"); }
        RL_ASSIGN(const auto store, inv.store(record::OpenStore::planned));
        RL_ASSIGN(const auto roots, ops::lake_roots(store));
        request.logs_dir = roots.logs.path;
    }
    request.only = inv.values("--only");
    request.recompute = inv.flag("--recompute");
    RL_ASSIGN(request.jobs, jobs_option(inv));
    RL_ASSIGN(const os::StopSignal stop, os::StopSignal::install());
    request.stop = &stop;
    LiveLine progress(inv);
    request.progress = [&](const lake::PostprocessRequest::Progress& at) { progress.tell([&] { return line_of(at); }); };
    auto response = ops::postprocess(request);
    progress.end();
    if (!response.ok()) { return std::move(response).take_error(); }
    if (inv.json()) {
        inv.answer(ops::to_json(response.value()));
    } else {
        show(inv, response.value());
    }
    return response.value().has_failures() ? 1 : 0;
}

}  // namespace

extern const Command k_postprocess = {.name = "postprocess", .summary = "Compute the metrics of finished proof searches and write them into their summaries", .options = k_options, .run = run};

}  // namespace runlake::cli
