// SPDX-License-Identifier: Apache-2.0
// `tracker bind` and `tracker sync`: a job's pointer to the run of another tool, and offline runs of W&B sent on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "kb/tracker.hpp"
#include "ops/job_end.hpp"

namespace runlake::ops {

struct TrackerBindRequest {
    std::optional<std::string> store;          // --store
    std::string job;                           // an id or the beginning of one
    kb::Backend backend = kb::Backend::noop;
    std::optional<std::string> run;            // the tracker's own id of its run; noop makes one
    std::optional<std::string> project;
    std::optional<std::string> group;          // default: the job's batch
    std::optional<std::string> url;
    std::optional<std::string> from;           // mlflow: a file store in which `run` is looked up
};

struct TrackerBindResponse {
    core::JobId job;
    kb::TrackerPointer pointer;
    std::optional<std::string> events;         // noop: the file that was begun, relative to the run store
};
// The pointer is in the job's document, and in the ledger when the job has ended. Errc::usage: something is missing, or would take a path or secret along.
core::Result<TrackerBindResponse> tracker_bind(const TrackerBindRequest& request, const core::Clock& clock, const Say& say);
core::Json to_json(const TrackerBindResponse& response);

struct TrackerSyncRequest {
    std::optional<std::string> store;
    bool dry_run = false;
};
struct SyncedRun {
    std::string path;                          // relative to the run store
    std::optional<int> status;                 // of the program; 127 not there, 124 out of time; nothing with dry_run
    std::string message;                       // the last line that it said
};
struct TrackerSyncResponse {
    std::vector<SyncedRun> runs;               // by path
    bool all_done() const;
};
// Every folder named offline-run-* below the run store. Errc::not_found: no run store.
core::Result<TrackerSyncResponse> tracker_sync(const TrackerSyncRequest& request);
core::Json to_json(const TrackerSyncResponse& response);

}  // namespace runlake::ops
