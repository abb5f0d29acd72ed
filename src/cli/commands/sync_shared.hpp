// SPDX-License-Identifier: Apache-2.0
// What the three `sync` commands have in common: all but their mode.
#pragma once

#include "cli/command.hpp"
#include "ops/sync.hpp"

namespace runlake::cli {

core::Result<int> run_sync(Invocation& inv, sync::Mode mode);

}  // namespace runlake::cli
