// SPDX-License-Identifier: Apache-2.0
// The end of a job as everybody writes it: the terminal fields first, on disk, then the ledger.
#pragma once

#include <functional>
#include <string_view>

#include "core/result.hpp"
#include "jobs/finish.hpp"
#include "record/store.hpp"

namespace runlake::ops {

using Say = std::function<void(std::string_view)>;   // a line for people, on stderr

// jobs::finish(), and promote_end() when this call ended it.
core::Result<jobs::Finished> end_job(const record::Store& store, const jobs::RunStore& run_store, const core::JobId& id, const jobs::Ending& ending, const Say& say);

// Promotes a job that has just ended, or was linked after its end. A failure is said once and goes no further: `ledger backfill` makes it good.
void promote_end(const record::Store& store, const jobs::Job& job, const Say& say);

}  // namespace runlake::ops
