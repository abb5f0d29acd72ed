// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/replay_shared.hpp"

#include "core/text.hpp"

namespace runlake::cli {

ops::ReplayOf replay_of(const Invocation& inv) {
    ops::ReplayOf of{.spec = inv.value("SPEC"), .run = inv.value("--run"), .run_dir = inv.value("--run-dir"), .stage = inv.value("--stage"), .only = inv.values("--cell"), .choice = {}};
    of.choice.metric = inv.value("--metric");
    of.choice.here = inv.flag("--here");
    return of;
}

core::Result<ops::ReplayOf> replay_of_with_knobs(const Invocation& inv) {
    ops::ReplayOf of = replay_of(inv);
    of.choice.presets = inv.values("--preset");
    of.choice.pass = inv.values("--pass");
    RL_ASSIGN(const std::optional<std::int64_t> threads, inv.integer("--threads"));
    if (threads && (*threads < 1 || *threads > 4096)) { return core::Error(core::Errc::usage, core::cat("--threads ", *threads, ": from 1 to 4096")); }
    if (threads) { of.choice.threads = static_cast<int>(*threads); }
    return of;
}

}  // namespace runlake::cli
