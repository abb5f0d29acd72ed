// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/replay_shared.hpp"

#include "core/text.hpp"

namespace runlake::cli {

core::Result<ops::ReplayChoice> replay_choice(const Invocation& inv) {
    ops::ReplayChoice choice;
    choice.metric = inv.value("--metric");
    choice.presets = inv.values("--preset");
    choice.pass = inv.values("--pass");
    choice.here = inv.flag("--here");
    RL_ASSIGN(const std::optional<std::int64_t> threads, inv.integer("--threads"));
    if (threads && (*threads < 1 || *threads > 4096)) { return core::Error(core::Errc::usage, core::cat("--threads ", *threads, ": from 1 to 4096")); }
    if (threads) { choice.threads = static_cast<int>(*threads); }
    return choice;
}

}  // namespace runlake::cli
