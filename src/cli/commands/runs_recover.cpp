// SPDX-License-Identifier: Apache-2.0
// `runlake runs recover`
#include "ops/runs_recover.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    k_tenant_option,
    Option{.names = "--unknown-after", .value = "AGE", .help = "Close also runs that can't be judged from here and were silent for this long (7d)"}};

std::string_view explanation(ops::Fate fate) {
    switch (fate) {
        case ops::Fate::running: return "left: it is running";
        case ops::Fate::unwatched: return "left: its program runs on, its recorder is gone";
        case ops::Fate::killed: return "closed: killed";
        case ops::Fate::host_lost: return "closed: host lost";
        case ops::Fate::unknown: return "closed: unknown";
        case ops::Fate::elsewhere: return "left: it can't be judged from this machine or container (see --unknown-after)";
    }
    return "";
}

core::Result<int> run(Invocation& inv) {
    ops::RunsRecoverRequest request;
    if (const auto age = inv.value("--unknown-after")) {
        core::Result<std::int64_t> seconds = core::parse_duration_s(*age);
        if (!seconds.ok()) { return std::move(seconds).take_error().context("--unknown-after"); }
        request.unknown_after_s = seconds.value();
    }
    RL_ASSIGN(const record::Settings settings, inv.settings());
    request.durability = settings.durability();
    RL_ASSIGN(request.scope, scope_of(inv));
    RL_ASSIGN(const ops::RunsRecoverResponse response, ops::runs_recover(request));
    say_notes(inv, response.notes);
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    std::size_t closed = 0;
    for (const ops::RecoveredRun& one : response.runs) {
        closed += ops::is_closed(one.fate) ? 1 : 0;
        inv.out(core::cat(one.id.brief(), "  ", one.stage, "  ", explanation(one.fate), "\n"));
    }
    inv.out(core::cat(closed, closed == 1 ? " run" : " runs", " closed, ", response.runs.size() - closed, " left open\n"));
    return 0;
}

}  // namespace

extern const Command k_runs_recover = {
    .name = "runs recover", .summary = "Close runs whose recorder and program are gone", .options = k_options, .arguments = {}, .run = run};

}  // namespace runlake::cli
