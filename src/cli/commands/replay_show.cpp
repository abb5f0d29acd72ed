// SPDX-License-Identifier: Apache-2.0
// `runlake replay show`
#include "ops/replay_show.hpp"

#include <algorithm>
#include <array>

#include "cli/command.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

using core::cat;

constexpr std::array k_arguments = std::to_array<Argument>({{.name = "WHAT", .help = "A verdict's id or file, a cell, or the run that was replayed; default: the latest verdict of each cell", .required = false}});

render::Tone tone_of(replay::Verdict verdict) {
    if (verdict == replay::Verdict::fidelity_ok) { return render::Tone::good; }
    return render::Tone::bad;
}

std::string why_of(const replay::Decision& decision) {
    if (decision.cause) { return std::string(replay::cause_name(*decision.cause)); }
    return decision.reason ? std::string(replay::reason_name(*decision.reason)) : "-";
}

void show_all(Invocation& inv, const ops::ReplayShowResponse& response) {
    std::vector<render::Row> rows;
    for (const replay::VerdictFile& one : response.latest) {
        rows.push_back({{one.id.substr(0, 8)},
                        {one.cell},
                        {one.metric},
                        {std::string(replay::verdict_name(one.decision.verdict)), tone_of(one.decision.verdict)},
                        {why_of(one.decision)},
                        {core::format_iso(one.decided_at).substr(0, 19)}});
    }
    inv.out(render::table({{.title = "Id"}, {.title = "Cell", .may_shrink = true}, {.title = "Metric"}, {.title = "Verdict"}, {.title = "Why"}, {.title = "Decided (UTC)"}}, rows,
                          {.color = inv.color(), .width = inv.width()}));
}

void show_one(Invocation& inv, const ops::ReplayShowResponse& response) {
    const replay::VerdictFile& verdict = *response.verdict;
    const replay::Explanation& words = response.explanation;
    const std::string why = why_of(verdict.decision);
    inv.out(cat(render::painted(std::string(replay::verdict_name(verdict.decision.verdict)), tone_of(verdict.decision.verdict), inv.color()), why == "-" ? "" : cat(" (", why, ")"), "  ",
                render::harmless_line(verdict.cell), "\n", words.meaning, "\n\nCompared\n"));
    std::size_t widest = 0;
    for (const auto& [label, value] : words.compared) { widest = std::max(widest, core::display_width(label)); }
    for (const auto& [label, value] : words.compared) { inv.out(cat("  ", render::harmless_line(label), std::string(widest - core::display_width(label) + 2, ' '), render::harmless_line(value), "\n")); }
    inv.out("\nDiffered\n");
    if (words.differed.empty()) { inv.out("  nothing\n"); }
    for (const std::string& line : words.differed) { inv.out(cat("  ", render::harmless_line(line), "\n")); }
    inv.out("\nNext\n");
    for (const std::string& line : words.next) { inv.out(cat("  ", render::harmless_line(line), "\n")); }
    inv.out(cat("\nVerdict ", verdict.id, ", decided ", core::format_iso(verdict.decided_at), "\n"));
}

core::Result<int> run(Invocation& inv) {
    ops::ReplayShowRequest request;
    RL_ASSIGN(request.store, inv.store(record::OpenStore::existing));
    request.what = inv.value("WHAT");
    RL_ASSIGN(const ops::ReplayShowResponse response, ops::replay_show(request));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    for (const std::string& problem : response.problems) { inv.say(cat("runlake replay show: ", problem)); }
    if (response.verdict) {
        show_one(inv, response);
    } else {
        show_all(inv, response);
    }
    return 0;
}

}  // namespace

extern const Command k_replay_show = {
    .name = "replay show", .summary = "Show verdicts: what was compared, what differed, what to do next", .options = {}, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
