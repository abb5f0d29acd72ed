// SPDX-License-Identifier: Apache-2.0
// Pointers from jobs to the runs of trackers (MLflow, W&B, or none): what is kept of them, and what another tool is told of a job.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/run_store.hpp"
#include "kb/graph.hpp"

namespace runlake::kb {

enum class Backend : std::uint8_t { noop, mlflow, wandb };
std::string_view backend_name(Backend backend);

// All that is ever kept of a tracker's run, in the job's document and in the ledger: no configuration, no paths, no keys.
struct TrackerPointer {
    Backend backend = Backend::noop;
    std::string run_id;
    std::optional<std::string> url;
    std::optional<std::string> project;
    std::optional<std::string> group;
};
core::Json to_json(const TrackerPointer& pointer);    // null members left out
// Errc::usage: a member is empty, longer than 500 bytes or has control characters, a url is no http(s) address, or one holds a secret or an absolute path: it would leave the machine with the ledger.
core::Status check_pointer(const TrackerPointer& pointer);

// Words by which trackers group and find: "kind=experiment", hypothesis, experiment, sub-hypothesis, "condition=...".
std::vector<std::string> tracker_tags(const jobs::Job& job);
// What a tracker is told of a job: its state point, id, link, and the frame that the notes give: titles, statement, expected outcome.
core::Json tracker_config(const jobs::Job& job, const Graph& graph);
// The frame as Markdown; "" when the notes say nothing.
std::string tracker_notes(const core::Json& config);

// The first line of a noop tracker's events.jsonl.
std::string init_event(const jobs::Job& job, const TrackerPointer& pointer, const Graph& graph, core::Timestamp now);

// A run in a file store of MLflow: <folder>/<experiment id>/<run id>/meta.yaml.
struct MlflowRun {
    std::string run_id;
    std::string experiment;    // its name; the id where it has none
};
// `run` is a run's whole id, the beginning of one, or its name. Errc::not_found; Errc::conflict: several; Errc::corrupt.
core::Result<MlflowRun> find_mlflow_run(const std::string& folder, std::string_view run);

}  // namespace runlake::kb
