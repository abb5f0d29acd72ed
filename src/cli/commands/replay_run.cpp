// SPDX-License-Identifier: Apache-2.0
// `runlake replay run`
#include "ops/replay_run.hpp"

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
    k_replay_preset_option,
    k_replay_threads_option,
    k_replay_pass_option,
    {.names = "--cell", .value = "NAME", .help = "Replay this cell of the spec alone", .repeats = true},
    {.names = "--replicas", .value = "N", .help = "How many fresh processes a cell gets; default: the spec's, or 2"},
    {.names = "--parallel", .value = "", .help = "Run replicas and cells side by side"},
    {.names = "--sequential", .value = "", .help = "Run them one after the other"},
    {.names = "--eps-num", .value = "X", .help = "Without a spec: how far two replays may be apart and still count as residue; default: 0"},
    {.names = "--events-file", .value = "FILE", .help = "Append the events to this file"},
    {.names = "--event-prefix", .value = "TEXT", .help = "Put this before the names of events"},
});
constexpr std::array k_arguments = std::to_array<Argument>({k_replay_spec_argument});

std::string number(const std::optional<double>& value) { return value ? core::format_float(*value) : "-"; }

core::Result<int> run(Invocation& inv) {
    ops::ReplayRunRequest request;
    RL_ASSIGN(request.of, replay_of_with_knobs(inv));
    RL_ASSIGN(request.store, inv.store(record::OpenStore::create));
    RL_ASSIGN(request.settings, inv.settings());
    RL_ASSIGN(const std::optional<std::int64_t> replicas, inv.integer("--replicas"));
    if (replicas && (*replicas < 2 || *replicas > 10000)) { return core::Error(core::Errc::usage, cat("--replicas ", *replicas, ": from 2 to 10000, since one alone shows nothing")); }
    if (replicas) { request.replicas = static_cast<int>(*replicas); }
    if (inv.flag("--parallel") && inv.flag("--sequential")) { return core::Error(core::Errc::usage, "--parallel and --sequential: only one of them"); }
    if (inv.flag("--parallel")) { request.parallel = true; }
    if (inv.flag("--sequential")) { request.parallel = false; }
    if (const auto text = inv.value("--eps-num")) {
        request.eps_num = core::parse_float(*text);
        if (!request.eps_num || !(*request.eps_num >= 0)) { return core::Error(core::Errc::usage, cat("--eps-num ", *text, ": a number that is not negative is wanted")); }
    }
    request.events_file = inv.value("--events-file");
    request.event_prefix = inv.value("--event-prefix");
    request.say = [&](std::string_view line) { inv.say(line); };
    request.line = [&](std::string_view line) { inv.say(line); };
    RL_ASSIGN(const ops::ReplayRunResponse response, ops::replay_run(request));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return response.exit_status();
    }
    std::vector<render::Row> rows;
    for (const ops::ReplayedCell& cell : response.cells) {
        const replay::Judgement& judged = cell.verdict.judgement;
        const replay::Decision& decision = judged.decision;
        std::string why = decision.cause ? std::string(replay::cause_name(*decision.cause)) : decision.reason ? std::string(replay::reason_name(*decision.reason)) : "-";
        if (const auto& error = judged.determinism.error) { why += cat(": ", replay::error_name(error->kind)); }
        const bool good = decision.verdict == replay::Verdict::fidelity_ok;
        rows.push_back({{cell.verdict.cell},
                        {std::string(replay::verdict_name(decision.verdict)), good ? render::Tone::good : render::Tone::bad},
                        {why},
                        {number(judged.determinism.det_delta)},
                        {judged.divergence ? number(judged.divergence->canon_delta) : "-"},
                        {number(judged.epsilon)},
                        {std::string(replay::parity_name(judged.parity.state))}});
    }
    inv.out(render::table({{.title = "Cell"}, {.title = "Verdict"}, {.title = "Why"}, {.title = "Between replays"}, {.title = "From canonical"}, {.title = "Epsilon"}, {.title = "Parity"}},
                          rows, {.color = inv.color(), .width = inv.width()}));
    for (const ops::ReplayedCell& cell : response.cells) {
        inv.out(cat(cell.path, '\n'));
        if (const auto& error = cell.verdict.judgement.determinism.error) { inv.say(cat(cell.verdict.cell, ": ", error->detail)); }
        for (const std::string& step : cell.next) { inv.say(cat(cell.verdict.cell, ": next: ", step)); }
    }
    return response.exit_status();
}

}  // namespace

extern const Command k_replay_run = {
    .name = "replay run", .summary = "Run cells, a recorded run or a stage again, and give a verdict", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
