// SPDX-License-Identifier: Apache-2.0
// `runlake pipeline explain`
#include "ops/pipeline_explain.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--param", .value = "NAME=VALUE", .help = "Explain with this param", .repeats = true},
});
constexpr std::array k_arguments = std::to_array<Argument>({
    {.name = "WHERE", .help = "Run directory, or pipeline file (then the newest run directory of its experiment is compared with)"},
    {.name = "STAGE", .help = "One stage, with all components of its key: fit, or one instance: fit[fold=2020]", .required = false},
});

// Digests by their first digits; other values whole.
std::string value_text(const std::optional<std::string>& value, bool is_there) {
    if (!is_there) { return "-"; }
    if (!value) { return "nothing"; }
    const std::size_t colon = value->find(':');
    if (colon != std::string::npos && value->size() == colon + 65) { return value->substr(0, colon + 13); }
    return value->empty() ? "\"\"" : *value;
}

std::string headline(const ops::PipelineExplainResponse& response, const ops::ExplainedInstance& one, bool color) {
    const pipeline::Decision& decision = one.decision;
    const bool runs = decision.action == pipeline::Action::run || decision.action == pipeline::Action::wait;
    return cat(response.state.pipeline.graph.instances[decision.instance].which.str(), ": ",
               render::painted(pipeline::action_name(decision.action), runs ? render::Tone::warn : render::Tone::good, color), ' ', pipeline::reason_name(decision.reason), '\n');
}

void show_brief(Invocation& inv, const ops::PipelineExplainResponse& response, const ops::ExplainedInstance& one) {
    inv.out(headline(response, one, inv.color()));
    if (one.decision.reason == pipeline::Reason::key_differs) {
        for (const rundir::ComponentChange& change : one.decision.changes) { inv.out(cat("    ", render::harmless_line(pipeline::describe(change)), '\n')); }
    } else if (!one.decision.detail.empty()) {
        inv.out(cat("    ", render::harmless_line(one.decision.detail), '\n'));
    }
}

void show_detailed(Invocation& inv, const ops::PipelineExplainResponse& response, const ops::ExplainedInstance& one) {
    show_brief(inv, response, one);
    if (one.components.empty() && one.earlier.empty()) { return; }   // what it reads is not made yet
    std::vector<render::Row> rows;
    for (const ops::ExplainedComponent& component : one.components) {
        const render::Tone tone = component.is_equal() ? render::Tone::plain : render::Tone::warn;
        rows.push_back({{std::string(rundir::component_kind_name(component.kind))},
                        {component.name},
                        {value_text(component.before, component.was_there), tone},
                        {one.decision.key ? value_text(component.after, component.is_there) : "?", tone},
                        {one.decision.key ? (component.is_equal() ? "=" : "differs") : "", tone}});
    }
    inv.out(render::table({{.title = "Kind"}, {.title = "Name", .may_shrink = true}, {.title = "Recorded", .may_shrink = true}, {.title = "Now", .may_shrink = true}, {.title = ""}}, rows,
                          {.color = inv.color(), .width = inv.width()}));
    for (const rundir::DoneRecord& done : one.earlier) {
        inv.out(cat("made ", core::format_iso(done.finished_at), " by run ", done.run_id.brief(), " for key ", done.key.key.hex().substr(0, 12), " (", done.isolation, ')',
                    done.cached_from ? cat(", reused from ", *done.cached_from) : "", done.blessed_because ? cat(", blessed: ", *done.blessed_because) : "",
                    done.inputs_changed ? ", its inputs changed while it ran" : "", '\n'));
    }
}

core::Result<int> run(Invocation& inv) {
    ops::PipelineExplainRequest request;
    request.where = *inv.value("WHERE");
    request.stage = inv.value("STAGE");
    request.store = inv.value("--store");
    request.params = inv.values("--param");
    RL_ASSIGN(const ops::PipelineExplainResponse response, ops::pipeline_explain(request));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    if (response.state.run_dir) { inv.say(cat("compared with ", response.state.run_dir_name())); }
    for (const ops::ExplainedInstance& one : response.instances) {
        if (response.is_detailed) {
            show_detailed(inv, response, one);
        } else {
            show_brief(inv, response, one);
        }
    }
    return 0;
}

}  // namespace

extern const Command k_pipeline_explain = {
    .name = "pipeline explain", .summary = "Say why each stage would run or be skipped", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
