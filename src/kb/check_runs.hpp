// SPDX-License-Identifier: Apache-2.0
// Whether the jobs of the local run store are linked as the knowledge base says.
#pragma once

#include "jobs/run_store.hpp"
#include "kb/graph.hpp"
#include "kb/issue.hpp"

namespace runlake::kb {

// By job. At most one of run.orphan and run.broken_experiment_link a job: what follows would only repeat it.
Issues check_runs(const jobs::Jobs& jobs, const jobs::RunStore& store, const Graph& graph);

}  // namespace runlake::kb
