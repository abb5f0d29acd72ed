// SPDX-License-Identifier: Apache-2.0
// `runlake sync now`
#include "cli/commands/sync_shared.hpp"

namespace runlake::cli {
namespace {

core::Result<int> run(Invocation& inv) { return run_sync(inv, sync::Mode::both); }

}  // namespace

extern const Command k_sync_now = {.name = "sync now", .summary = "Bring lake and logs to the remote, and back", .run = run};

}  // namespace runlake::cli
