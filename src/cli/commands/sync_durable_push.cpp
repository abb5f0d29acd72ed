// SPDX-License-Identifier: Apache-2.0
// `runlake sync durable-push`
#include "cli/commands/sync_shared.hpp"

namespace runlake::cli {
namespace {

core::Result<int> run(Invocation& inv) { return run_sync(inv, sync::Mode::push); }

}  // namespace

extern const Command k_sync_durable_push = {.name = "sync durable-push", .summary = "Bring to the remote what is not there as it is here", .run = run};

}  // namespace runlake::cli
