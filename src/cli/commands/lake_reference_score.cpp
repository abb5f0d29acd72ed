// SPDX-License-Identifier: Apache-2.0
// `runlake lake reference score`
#include <algorithm>
#include <array>

#include "cli/command.hpp"
#include "cli/commands/jobs_option.hpp"
#include "cli/commands/runs_shared.hpp"
#include "cli/live_line.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"
#include "ops/lake_reference.hpp"
#include "os/stop_signal.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::array k_arguments = {Argument{.name = "REFERENCE", .help = "its id, or the beginning of it"}};
constexpr std::array k_options = std::to_array<Option>({
    {.names = "--selection", .value = "JSON", .help = "Which runs are scored: an object as in a job's configuration, or a file with one; default: every run"},
    {.names = "--logs-dir", .value = "DIR", .help = "Only runs in this folder, unless the selection says where runs lie"},
    {.names = "-j,--jobs", .value = "N", .help = "How many threads work; default: the processors that may be used"},
});
constexpr std::size_t k_shown = 20;

void show(Invocation& inv, const ops::LakeReferenceScoreResponse& response) {
    std::uint64_t scored = 0;
    std::uint64_t rows = 0;
    std::uint64_t valid = 0;
    std::uint64_t in_sample = 0;
    std::vector<const ops::LakeReferenceScoreResponse::Run*> skipped;
    for (const auto& run : response.runs) {
        rows += run.rows;
        valid += run.valid;
        in_sample += run.in_sample ? 1 : 0;
        if (run.skipped.empty()) {
            ++scored;
        } else {
            skipped.push_back(&run);
        }
    }
    for (std::size_t i = 0; i < std::min(skipped.size(), k_shown); ++i) { inv.say(cat("skipped: ", render::harmless_line(cat(skipped[i]->rel_run_dir, ": ", skipped[i]->skipped)))); }
    if (skipped.size() > k_shown) { inv.say(cat("skipped: ", skipped.size() - k_shown, " more; --json lists all")); }
    const auto text = [](const core::Json& value) { return value.is_null() ? std::string("not known") : core::to_json(value); };
    inv.out(cat("Reference ", response.ref_id, ": ", counted(static_cast<std::uint64_t>(response.members), "member"), ", selected by ", text(response.reference_selection), '\n'));
    inv.out(cat("Scored ", scored, " of ", counted(response.runs.size(), "run"), ", selected by ", text(response.selection), ": ", counted(rows, "score"), ", ", valid, " valid\n"));
    if (in_sample == 0) {
        inv.out("None of them is among its members: what the scores say is out-of-sample.\n");
    } else {
        inv.out(cat(in_sample, in_sample == 1 ? " of them is" : " of them are", " among its members: what their scores say is in-sample.\n"));
    }
}

core::Result<int> run(Invocation& inv) {
    ops::LakeReferenceScoreRequest request;
    request.reference = inv.value("REFERENCE").value_or("");
    request.selection = inv.value("--selection");
    request.logs_dir = inv.value("--logs-dir");
    RL_ASSIGN(request.jobs, jobs_option(inv));
    // Before any thread starts, DuckDB's too: they are not to get the signals.
    RL_ASSIGN(const os::StopSignal stop, os::StopSignal::install());
    request.stop = &stop;
    RL_ASSIGN(request.store, inv.store(record::OpenStore::planned));
    LiveLine progress(inv);
    request.progress = [&](std::uint64_t done, std::uint64_t of) { progress.tell([&] { return cat("scoring: ", done, " of ", counted(of, "run")); }); };
    auto response = ops::lake_reference_score(request);
    progress.end();
    if (!response.ok()) { return std::move(response).take_error(); }
    for (const auto& note : response.value().notes) { inv.say(cat("runlake lake reference score: ", note)); }
    if (inv.json()) {
        inv.answer(ops::to_json(response.value()));
    } else {
        show(inv, response.value());
    }
    return 0;
}

}  // namespace

extern const Command k_lake_reference_score = {.name = "lake reference score",
                                               .summary = "Score runs against a reference, and say which of them it is made of",
                                               .options = k_options,
                                               .arguments = k_arguments,
                                               .run = run};

}  // namespace runlake::cli
