// SPDX-License-Identifier: Apache-2.0
// `runlake runs prune`
#include "ops/runs_prune.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--older-than", .value = "AGE", .help = "runs that started longer ago than this: 30d, 12h"},
    Option{.names = "--dry-run", .value = "", .help = "say what would go, and change nothing"},
    Option{.names = "--yes", .value = "", .help = "do not ask"},
};

std::string plan_text(const ops::RunsPrunePlan& whole) {
    const runs::PrunePlan& plan = whole.runs;
    const auto bytes = [](std::uint64_t count) { return core::group_thousands(static_cast<std::int64_t>(count)); };
    std::string text = counted(plan.runs.size(), "run");
    std::string states;
    for (const auto& [state, count] : plan.by_state) { states += core::cat(states.empty() ? " (" : ", ", count, ' ', state); }
    text += states.empty() ? "" : states + ")";
    text += core::cat(": ", counted(plan.records, "record"), " of the journal, ", bytes(plan.journal_bytes), " bytes; ", counted(plan.outputs.size(), "output folder"), " and ",
                      plan.patches.size(), plan.patches.size() == 1 ? " patch" : " patches", ", ", bytes(plan.file_bytes), " bytes\n");
    if (!whole.leftovers.paths.empty()) {
        text += core::cat(counted(whole.leftovers.paths.size(), "temporary file"), " of programs that were killed, ", bytes(whole.leftovers.bytes), " bytes\n");
    }
    const auto stays = [&](std::uint64_t count, std::string_view why) {
        if (count != 0) { text += core::cat("stays: ", counted(count, "run"), ' ', why, '\n'); }
    };
    stays(plan.running, "without an end (see runlake runs recover)");
    stays(plan.held, "with records that a living process still holds open: prune again later");
    stays(plan.elsewhere, "recorded on other machines: prune there");
    return text;
}

core::Result<int> run(Invocation& inv) {
    const auto age = inv.value("--older-than");
    if (!age) { return core::Error(core::Errc::usage, "--older-than AGE is needed, for example --older-than 30d"); }
    auto seconds = core::parse_duration_s(*age);
    if (!seconds.ok()) { return std::move(seconds).take_error().context("--older-than"); }
    RL_ASSIGN(const auto store, inv.store(record::OpenStore::existing));
    RL_ASSIGN(auto plan, ops::runs_prune_plan({store, seconds.value(), os::system_clock().now()}));
    const bool is_dry = inv.flag("--dry-run");
    if (!inv.json() || !(is_dry || inv.flag("--yes"))) {
        say_notes(inv, plan.runs.notes);
        const std::string text = plan_text(plan);
        if (inv.json()) {
            inv.say(text);
        } else {
            inv.out(text);
        }
    }
    if (is_dry || plan.is_empty()) {
        if (inv.json()) { inv.answer(ops::to_json({.plan = std::move(plan)})); }
        return 0;
    }
    inv.flush();
    // Nobody misses what a killed program left: only runs are asked about.
    const std::size_t count = plan.runs.runs.size();
    if (count != 0 && !inv.confirm(core::cat("Forget ", counted(count, "run"), " for good?"))) {
        return core::Error(core::Errc::usage, "nothing was pruned: it was not confirmed (answer y on a terminal, or say --yes)");
    }
    RL_ASSIGN(const auto response, ops::runs_prune(store, std::move(plan)));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    say_notes(inv, response.report.notes);
    if (count != 0) { inv.out(core::cat("pruned ", counted(response.report.runs, "run"), "; `runlake runs vacuum` gives the room in runs.duckdb back\n")); }
    if (!response.plan.leftovers.paths.empty()) { inv.out(core::cat("removed ", counted(response.plan.leftovers.paths.size(), "temporary file"), "\n")); }
    return 0;
}

}  // namespace

extern const Command k_runs_prune = {.name = "runs prune", .summary = "Forget runs that started long ago", .options = k_options, .run = run};

}  // namespace runlake::cli
