// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/sync_shared.hpp"

#include "cli/commands/rundir_shared.hpp"
#include "cli/commands/runs_shared.hpp"
#include "cli/render/style.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::size_t k_most_lines = 50;

std::string word_of(const sync::Difference& one) {
    switch (one.state) {
        case sync::State::missing: return "missing there";
        case sync::State::extra: return "only there";
        case sync::State::newer: return one.newer == sync::Newer::here ? "newer here" : "newer there";
        case sync::State::differing: return "differing";
    }
    return "differing";
}

std::string moved_text(const sync::PairReport& report) {
    std::vector<std::string> pieces;
    if (report.pushed.files > 0) { pieces.push_back(core::cat("pushed ", counted(report.pushed.files, "file"), ", ", bytes_text(report.pushed.bytes))); }
    if (report.pulled.files > 0) { pieces.push_back(core::cat("pulled ", counted(report.pulled.files, "file"), ", ", bytes_text(report.pulled.bytes))); }
    return core::join(pieces, "; ");
}

template <class List, class Line>
void list_some(Invocation& inv, const List& list, Line line) {
    for (std::size_t i = 0; i < list.size() && i < k_most_lines; ++i) { inv.out(core::cat("  ", render::harmless_line(line(list[i])), '\n')); }
    if (list.size() > k_most_lines) { inv.out(core::cat("  and ", list.size() - k_most_lines, " more (--json has all)\n")); }
}

void show(Invocation& inv, const sync::PairReport& report) {
    inv.out(core::cat(report.name, ": ", render::harmless_line(report.here), " and ", render::harmless_line(report.there), '\n'));
    if (const std::string moved = moved_text(report); !moved.empty()) { inv.out(core::cat("  ", moved, '\n')); }
    list_some(inv, report.drift, [](const sync::Difference& one) { return core::cat(word_of(one), ": ", one.path, one.held.empty() ? "" : core::cat(" (", one.held, ')')); });
    list_some(inv, report.failures, [](const sync::PassedOver& one) { return core::cat("failed: ", one.path, ": ", one.why); });
    switch (report.database) {
        case sync::DatabaseState::none: break;
        case sync::DatabaseState::same: inv.out("  database: the same on both sides\n"); break;
        case sync::DatabaseState::pushed: inv.out("  database: pushed\n"); break;
        case sync::DatabaseState::to_push: inv.out("  database: not there as it is here\n"); break;
        case sync::DatabaseState::skipped: inv.out(core::cat("  database: skipped, ", render::harmless_line(report.database_why), '\n')); break;
    }
    list_some(inv, report.passed_over, [](const sync::PassedOver& one) { return core::cat("not exchanged: ", one.path, " (", one.why, ")"); });
}

std::string summary(const ops::SyncResponse& response) {
    std::size_t same = 0;
    std::size_t only_there = 0;
    bool differ = false;
    for (const sync::PairReport& report : response.roots) {
        std::size_t shared = report.files_here;
        for (const sync::Difference& one : report.drift) {
            if (one.here && shared > 0) { --shared; }
            if (one.state == sync::State::extra) { ++only_there; }
            differ = differ || (one.state == sync::State::differing && one.held.empty());
        }
        // It is among the files here, and never among those that drift.
        const bool database_differs = report.database == sync::DatabaseState::to_push || report.database == sync::DatabaseState::skipped;
        if (database_differs && shared > 0) { --shared; }
        same += shared;
    }
    const std::string both = core::cat(counted(same, "file"), " the same on both sides");
    if (response.has_failures()) { return core::cat("FAILED ", both, ", ", response.open(), " not\n"); }
    if (response.open() > 0) { return core::cat("DRIFT ", both, ", ", response.open(), " not", differ ? "; of what differs remove or rename the one that you do not want, then synchronise again" : "", '\n'); }
    return core::cat("OK ", both, response.mode == sync::Mode::push && only_there > 0 ? core::cat(", ", only_there, " only there (`sync now` brings them)") : std::string(), '\n');
}

}  // namespace

core::Result<int> run_sync(Invocation& inv, sync::Mode mode) {
    RL_ASSIGN(const record::Store store, inv.store(record::OpenStore::planned));
    RL_ASSIGN(const ops::SyncResponse response, ops::sync_roots({.store = store, .mode = mode}));
    const int status = response.has_failures() ? core::exit_status(core::Errc::io) : response.open() > 0 ? 1 : 0;
    const std::string_view command = mode == sync::Mode::look ? "durability-status" : mode == sync::Mode::push ? "durable-push" : "now";
    for (const std::string& note : response.notes) { inv.say(core::cat("runlake sync ", command, ": ", render::harmless_line(note))); }
    for (const sync::PairReport& report : response.roots) {
        for (const std::string& note : report.notes) { inv.say(core::cat("runlake sync ", command, ": ", report.name, ": ", render::harmless_line(note))); }
    }
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    if (!response.remote) {
        inv.out("no remote is configured: nothing was done\n");
        return 0;
    }
    for (const sync::PairReport& report : response.roots) { show(inv, report); }
    inv.out(summary(response));
    return status;
}

}  // namespace runlake::cli
