// SPDX-License-Identifier: Apache-2.0
// `runlake sync durability-status`
#include "cli/commands/sync_shared.hpp"

namespace runlake::cli {
namespace {

core::Result<int> run(Invocation& inv) { return run_sync(inv, sync::Mode::look); }

}  // namespace

extern const Command k_sync_durability_status = {.name = "sync durability-status", .summary = "Show how lake and logs differ from the remote", .run = run};

}  // namespace runlake::cli
