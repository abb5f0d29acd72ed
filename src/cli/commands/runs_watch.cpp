// SPDX-License-Identifier: Apache-2.0
// `runlake runs watch`
#include "ops/runs_watch.hpp"

#include <unistd.h>

#include <array>

#include "cli/command.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"
#include "os/stop_signal.hpp"
#include "os/system.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "-n,--n", .value = "N", .help = "how many runs a terminal shows (default 10)"},
    k_tenant_option,
    k_utc_option,
    k_local_option,
};

// One change: when, which run, what it is now, and what it came to.
std::string change_line(const runs::WatchedRun& run, const TimeFormat& time, bool color) {
    const core::Timestamp at = run.finished_at.value_or(run.started_at);
    std::string line = core::cat(time.brief(at), "  ", run.id.brief(), "  ", render::harmless_line(run.stage), "  ",
                                 render::painted(run.shown, render::state_tone(run.shown), color));
    if (run.duration_seconds) { line += core::cat("  ", duration_text(*run.duration_seconds)); }
    if (run.rows_in) { line += core::cat("  rows in ", *run.rows_in); }
    if (run.rows_out) { line += core::cat("  rows out ", *run.rows_out); }
    return line + "\n";
}

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const os::StopSignal stop, os::StopSignal::install());
    RL_ASSIGN(const TimeFormat time, TimeFormat::of(inv));
    ops::RunsWatchRequest request;
    RL_ASSIGN(const std::optional<std::int64_t> count, inv.integer("--n"));
    if (count) { request.count = *count; }
    if (request.count < 1) { return core::Error(core::Errc::usage, core::cat("--n ", request.count, ": at least one run must be asked for")); }
    RL_ASSIGN(request.scope, scope_of(inv));
    request.clock = &os::system_clock();
    request.note = [&](const std::string& note) { inv.say(note); };
    request.wait = [&](std::chrono::milliseconds limit) { return stop.wait(limit); };
    if (inv.json()) {
        // A document a line, for programs that read as it goes.
        request.changed = [&](const runs::WatchedRun& run) {
            auto document = core::Json::object().set("version", 1).set("run", runs::watched_json(run));
            inv.out(core::to_json(document) + "\n");
            inv.flush();
            return core::ok();
        };
    } else if (os::is_terminal(STDOUT_FILENO)) {
        request.newest = [&](const runs::RunTable& table) {
            // Home, the new picture, and nothing of the old one below it: no flicker, and what stood above stays in the scrollback.
            inv.out("\x1b[H\x1b[2J");
            inv.out(runs_table(table, brief_columns(table), time, {.color = inv.color(), .width = inv.width()}));
            inv.out("Ctrl-C ends.\n");
            inv.flush();
            return core::ok();
        };
    } else {
        request.changed = [&](const runs::WatchedRun& run) {
            inv.out(change_line(run, time, inv.color()));
            inv.flush();
            return core::ok();
        };
    }
    RL_TRY(ops::runs_watch(request));
    return core::exit_status(core::Errc::interrupted);
}

}  // namespace

extern const Command k_runs_watch = {
    .name = "runs watch", .summary = "Show runs as they start and end, until Ctrl-C", .options = k_options, .run = run};

}  // namespace runlake::cli
