// SPDX-License-Identifier: Apache-2.0
// `runlake rundir gc`
#include "ops/rundir_gc.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/rundir_shared.hpp"
#include "cli/commands/runs_shared.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--runs-dir", .value = "DIR", .help = "where the run directories are, a folder or an address (RUNLAKE_RUNS_DIR; default: runs in the project)"},
    Option{.names = "--keep-last", .value = "N", .help = "the newest N of each experiment stay"},
    Option{.names = "--older-than", .value = "AGE", .help = "only those in which nothing happened for so long: 30d, 12h"},
    Option{.names = "--max-bytes", .value = "SIZE", .help = "the oldest go until what stays is not more: 50GB, 20GiB"},
    Option{.names = "--dry-run", .value = "", .help = "say what would go and why, and change nothing"},
    Option{.names = "--yes", .value = "", .help = "do not ask"},
};

core::Result<rundir::GcRules> rules_of(const Invocation& inv) {
    rundir::GcRules rules;
    RL_ASSIGN(rules.keep_last, inv.integer("--keep-last"));
    if (rules.keep_last && *rules.keep_last < 0) { return core::Error(core::Errc::usage, "--keep-last: a number from 0 on is needed"); }
    if (const auto age = inv.value("--older-than")) {
        auto seconds = core::parse_duration_s(*age);
        if (!seconds.ok()) { return std::move(seconds).take_error().context("--older-than"); }
        constexpr std::int64_t k_most = 10'000LL * 366 * 86'400;
        if (seconds.value() < 0 || seconds.value() > k_most) { return core::Error(core::Errc::usage, "--older-than: no such age"); }
        rules.older_than_seconds = seconds.value();
    }
    if (const auto size = inv.value("--max-bytes")) {
        auto bytes = core::parse_bytes(*size);
        if (!bytes.ok()) { return std::move(bytes).take_error().context("--max-bytes"); }
        rules.max_bytes = static_cast<std::uint64_t>(bytes.value());
    }
    return rules;
}

std::string plan_text(const ops::RundirGcPlan& plan, const Invocation& inv) {
    std::vector<render::Row> rows;
    const auto add = [&](const std::vector<rundir::GcItem>& items) {
        for (const rundir::GcItem& item : items) {
            rows.push_back({{item.remove ? "remove" : "keep", item.remove ? render::Tone::warn : render::Tone::faint},
                            {os::relative_inside(item.path, plan.base).value_or(item.path)},
                            {core::group_thousands(static_cast<std::int64_t>(item.bytes))},
                            {item.reason}});
        }
    };
    add(plan.plan.items);
    add(plan.plan.leftovers);
    std::string text = core::cat("in ", render::harmless_line(plan.base), ":\n");
    text += render::table({{.title = ""}, {.title = "Run Directory", .may_shrink = true}, {.title = "Bytes", .align = render::Align::right}, {.title = "Why", .may_shrink = true}}, rows,
                          {.color = inv.color(), .width = inv.width()});
    return text;
}

std::size_t count_removed(const ops::RundirGcPlan& plan) {
    std::size_t count = 0;
    for (const rundir::GcItem& item : plan.plan.items) { count += item.remove ? 1 : 0; }
    return count;
}

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(rundir::GcRules rules, rules_of(inv));
    RL_ASSIGN(auto plan, ops::rundir_gc_plan({.runs_dir = inv.value("--runs-dir"), .store = inv.value("--store"), .rules = std::move(rules)}, os::system_clock()));
    const bool is_dry = inv.flag("--dry-run");
    const std::size_t count = count_removed(plan);
    const std::string sum = core::cat(count == 1 ? "1 run directory" : core::cat(count, " run directories"), " and ", counted(plan.plan.leftovers.size(), "leftover"), ", ", bytes_text(plan.plan.bytes_removed()));
    if (!inv.json() || !(is_dry || inv.flag("--yes"))) {
        const std::string text = core::cat(plan_text(plan, inv), "would remove ", sum, '\n');
        if (inv.json()) {
            inv.say(text);
        } else {
            inv.out(text);
        }
    }
    if (is_dry || (count == 0 && plan.plan.leftovers.empty())) {
        if (inv.json()) { inv.answer(ops::to_json(ops::RundirGcResponse{.plan = std::move(plan), .is_done = false, .result = {}})); }
        return 0;
    }
    inv.flush();
    // Nobody misses what a killed program left: only run directories are asked about.
    if (count != 0 && !inv.confirm(core::cat("Remove ", sum, " for good?"))) {
        return core::Error(core::Errc::usage, "nothing was removed: it was not confirmed (answer y on a terminal, or say --yes)");
    }
    RL_ASSIGN(const auto response, ops::rundir_gc(std::move(plan)));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    const std::size_t removed = response.result.removed.size();
    for (const std::string& path : response.result.kept) { inv.say(core::cat("kept after all, somebody works there or pinned it meanwhile: ", path)); }
    inv.out(core::cat("removed ", removed == 1 ? "1 run directory" : core::cat(removed, " run directories"), ", ", bytes_text(response.result.bytes), '\n'));
    return 0;
}

}  // namespace

extern const Command k_rundir_gc = {.name = "rundir gc", .summary = "Remove old run directories, and what killed programs left", .options = k_options, .run = run};

}  // namespace runlake::cli
