// SPDX-License-Identifier: Apache-2.0
// `runlake replay attribute`
#include "ops/replay_attribute.hpp"

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
    {.names = "--cell", .value = "NAME", .help = "The cell of the spec"},
});
constexpr std::array k_arguments = std::to_array<Argument>({k_replay_spec_argument});

core::Result<int> run(Invocation& inv) {
    ops::ReplayAttributeRequest request;
    RL_ASSIGN(request.of, replay_of_with_knobs(inv));
    RL_ASSIGN(request.store, inv.store(record::OpenStore::create));
    request.say = [&](std::string_view line) { inv.say(line); };
    RL_ASSIGN(const ops::ReplayAttributeResponse response, ops::replay_attribute(request));
    const int status = response.attributed_to ? 0 : 1;
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    std::vector<render::Row> rows;
    for (const ops::TriedKnob& tried : response.tried) {
        const bool found = tried.effect == ops::KnobEffect::flips || tried.effect == ops::KnobEffect::steadies;
        const render::Tone tone = found ? render::Tone::bad : tried.effect == ops::KnobEffect::failed ? render::Tone::warn : render::Tone::plain;
        rows.push_back({{tried.knob}, {tried.value}, {std::string(ops::effect_name(tried.effect)), tone}, {tried.detail.empty() ? "-" : tried.detail}});
    }
    inv.out(render::table({{.title = "Knob"}, {.title = "Turned to"}, {.title = "Effect"}, {.title = "Detail", .may_shrink = true}}, rows, {.color = inv.color(), .width = inv.width()}));
    if (response.attributed_to) {
        inv.out(cat("attributed to: ", *response.attributed_to, response.steady ? "" : " (it varied with everything else pinned)", '\n'));
    } else {
        inv.out(response.steady ? "no knob changes the result\n" : "it varies with everything pinned, and no knob steadies it\n");
    }
    if (response.first_difference) { inv.out(cat("first difference: ", *response.first_difference, '\n')); }
    if (response.verdict) { inv.out(cat("the verdict names it now: ", response.verdict->path, '\n')); }
    for (const std::string& folder : response.kept) { inv.out(cat("kept: ", folder, '\n')); }
    return status;
}

}  // namespace

extern const Command k_replay_attribute = {
    .name = "replay attribute", .summary = "Turn one knob at a time, and name the one that changes the result", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
