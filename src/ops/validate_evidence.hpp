// SPDX-License-Identifier: Apache-2.0
// What this machine knows of runs, for judging citations: run store, ledger, indexes, and the recorded runs.
#pragma once

#include <memory>

#include "jobs/run_store.hpp"
#include "kb/evidence.hpp"
#include "kb/issue.hpp"
#include "ledger/view.hpp"
#include "record/store.hpp"

namespace runlake::ops {

// `jobs` are those of the local run store, null when there is none; both must outlive what is returned.
std::unique_ptr<kb::Evidence> gather_evidence(const record::Store& store, const jobs::Jobs* jobs, const ledger::View& ledger);

// Entries of the ledger that count for nothing, an issue each.
kb::Issues ledger_faults(const record::Store& store, const ledger::View& ledger);

}  // namespace runlake::ops
