// SPDX-License-Identifier: Apache-2.0
// What the journal says of a run, as the ledger tells it.
#pragma once

#include <optional>

#include "ledger/run_entry.hpp"
#include "ops/run_parts.hpp"

namespace runlake::ops {

// The entry but for its rule, its stages and when and by whom it is told. Nothing: the run has not ended, or its result was reused.
std::optional<ledger::RunEntry> run_entry_of(const JournalRun& run);

}  // namespace runlake::ops
