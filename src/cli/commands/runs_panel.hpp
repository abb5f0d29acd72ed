// SPDX-License-Identifier: Apache-2.0
// One run as the panel that `runs show` prints: the seed's sections in the seed's order, and ours among them. What is not recorded has no line.
#pragma once

#include <string>

#include "cli/commands/runs_shared.hpp"
#include "cli/render/panel.hpp"
#include "ops/runs_show.hpp"

namespace runlake::cli {

std::string run_panel(const runs::RunDocument& document, const TimeFormat& time, const render::Look& look);

}  // namespace runlake::cli
