// SPDX-License-Identifier: Apache-2.0
// What the operations on the queue have in common.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/queue_order.hpp"
#include "jobs/run_store.hpp"
#include "os/lease.hpp"
#include "record/store.hpp"

namespace runlake::ops {

// Held by whoever changes what is in the queue as a whole: gives numbers, looks for jobs that are queued already, hands jobs to Slurm. Waited for; Errc::busy after half a minute.
core::Result<std::unique_ptr<os::Lease>> hold_queue(const jobs::RunStore& runs, std::string_view purpose);

// The words that start this very program on this store: what scripts and workers begin with.
std::vector<std::string> runlake_words(const record::Store& store);

// Of a state point what tells a job from others of its experiment: without experiment_id, code_commit and code_dirty.
core::Json brief_state_point(const core::Json& state_point);
// {"lr": 0.1, "seed": 1} as "lr=0.1 seed=1".
std::string state_point_text(const core::Json& state_point);

// The recorded run of its last attempt.
std::optional<core::RunId> last_run(const jobs::QueuedJob& job);

// Document and place of a job, as `queue list` and `queue add` give them with --json.
core::Json to_json(const jobs::QueuedJob& job);

}  // namespace runlake::ops
