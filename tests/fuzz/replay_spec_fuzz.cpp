// SPDX-License-Identifier: Apache-2.0
// Any bytes as a replay spec: either every mistake has its place, or every cell is whole.
#include <cmath>
#include <string>

#include "replay/spec.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace core = runlake::core;
namespace replay = runlake::replay;

RUNLAKE_FUZZ {
    const auto spec = replay::parse_spec(text, "r.yaml");
    if (!spec.ok()) {
        DEMAND(spec.error().code() == core::Errc::usage || spec.error().code() == core::Errc::unsupported);
        DEMAND(spec.error().message().starts_with("r.yaml:"));
        return;
    }
    DEMAND(std::isfinite(spec.value().eps_num) && spec.value().eps_num >= 0);
    DEMAND(!spec.value().cells.empty());
    for (const replay::Cell& cell : spec.value().cells) {
        DEMAND(!cell.name.empty() && !cell.command.empty() && !cell.command.front().empty());
        DEMAND(cell.replicas >= 2 && cell.envelope.runs >= replay::k_fewest_envelope_runs);
        DEMAND(!cell.limits.seconds || *cell.limits.seconds > 0);
        DEMAND(replay::config_digest(cell, true).starts_with("replay-config/1:"));
        DEMAND(replay::config_digest(cell, false).starts_with("replay-config/1:"));
    }
}
