// SPDX-License-Identifier: Apache-2.0
// `runlake replay envelope`
#include "ops/replay_envelope.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/replay_shared.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::array k_options = std::to_array<Option>({
    k_replay_run_option,
    k_replay_run_dir_option,
    k_replay_stage_option,
    k_replay_here_option,
    k_replay_metric_option,
    {.names = "--cell", .value = "NAME", .help = "Measure this cell of the spec alone", .repeats = true},
    {.names = "--runs", .value = "N", .help = "How many runs, at least 10 (with --add: 1); default: the spec's, or 10"},
    {.names = "--add", .help = "Add the runs to those of the envelope that is there, be it of this host or of others"},
    {.names = "--method", .value = "METHOD", .help = "The bound; auto chooses by the shape of the sample", .choices = "auto|diff_chi2|k_single|range|wilks"},
});
constexpr std::array k_arguments = std::to_array<Argument>({k_replay_spec_argument});

core::Result<int> run(Invocation& inv) {
    ops::ReplayEnvelopeRequest request;
    request.of = replay_of(inv);
    RL_ASSIGN(request.store, inv.store(record::OpenStore::create));
    RL_ASSIGN(const std::optional<std::int64_t> runs, inv.integer("--runs"));
    request.add = inv.flag("--add");
    const int fewest = request.add ? 1 : replay::k_fewest_envelope_runs;
    if (runs && (*runs < fewest || *runs > 100'000)) { return core::Error(core::Errc::usage, cat("--runs ", *runs, ": from ", fewest, " to 100000")); }
    if (runs) { request.runs = static_cast<int>(*runs); }
    if (const auto method = inv.value("--method")) { request.method = replay::parse_method(*method); }
    request.say = [&](std::string_view line) { inv.say(line); };
    RL_ASSIGN(const ops::ReplayEnvelopeResponse response, ops::replay_envelope(request));
    const int status = response.complete() ? 0 : 1;
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    std::vector<render::Row> rows;
    for (const ops::MeasuredCell& cell : response.cells) {
        if (!cell.envelope) {
            rows.push_back({{cell.cell}, {"not measured", render::Tone::bad}});
            continue;
        }
        const replay::Bound& bound = cell.envelope->bound;
        rows.push_back({{cell.cell},
                        {core::format_float(bound.eps_prod)},
                        {cat(replay::method_name(bound.used), bound.assumption_suspect ? " (suspect)" : "")},
                        {std::to_string(bound.sample.n)},
                        {core::format_float(bound.sample.mean)},
                        {core::format_float(bound.sample.s)},
                        {core::format_float(bound.detectable_shift)}});
    }
    inv.out(render::table({{.title = "Cell"}, {.title = "Epsilon"}, {.title = "Method"}, {.title = "Runs"}, {.title = "Mean"}, {.title = "Std Dev"}, {.title = "Would Be Noticed"}}, rows,
                          {.color = inv.color(), .width = inv.width()}));
    for (const ops::MeasuredCell& cell : response.cells) {
        if (!cell.problem.empty()) { inv.say(cat("runlake replay envelope: ", cell.cell, ": ", cell.problem)); }
        if (!cell.envelope) { continue; }
        inv.out(cat(cell.path, '\n'));
        if (cell.before) { inv.say(cat(cell.cell, ": added to ", *cell.before, " runs that were there")); }
        for (const std::string& note : cell.envelope->bound.notes) { inv.say(cat(cell.cell, ": ", note)); }
    }
    return status;
}

}  // namespace

extern const Command k_replay_envelope = {
    .name = "replay envelope", .summary = "Measure how far un-capped runs of a cell spread", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
