// SPDX-License-Identifier: Apache-2.0
// One replay of a cell: a fresh process with its pins, a recorded run of its own, and what came of it as an Outcome. Never fails: what went wrong is in the outcome.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/ids.hpp"
#include "record/recorder.hpp"
#include "record/store.hpp"
#include "replay/knobs.hpp"
#include "replay/outcome.hpp"
#include "replay/spec.hpp"

namespace runlake::replay {

// Metrics of programs that tell none: what they made, as a number that is equal for equal bytes alone (52 bits of a SHA-256).
inline constexpr std::string_view k_stdout_digest = "stdout_digest";
inline constexpr std::string_view k_out_digest = "out_digest";               // of the folder behind k_out_marker, by its manifest
double digest_as_number(const core::Digest& digest);

// In words of the command, in variables and in places: a folder of the replica's own that is there and empty, and the tree that it runs in.
inline constexpr std::string_view k_out_marker = "\x01out\x01";
inline constexpr std::string_view k_tree_marker = "\x01tree\x01";

// What all replays of one call share.
struct Launcher {
    record::Store store;
    std::string binary;                                            // this program: it becomes the child
    std::string observer;                                          // the module that is loaded into programs; "" where there is none
    record::Recorder& recorder;
    int stop_fd = -1;                                              // readable: everything ends
    // A metric that a run recorded of itself (`runlake log`, runlake.run().log): its last value. `name` "" is the only one.
    std::function<std::optional<double>(const core::RunId& run, std::string_view name)> logged;
};

struct ReplicaRequest {
    const Cell& cell;
    const Pinned& pinned;
    int replica = 0;
    std::string folder;                                            // its own, absolute, empty: output, report, temporary files, artifacts
    std::string tree;                                              // absolute: where cell.directory stands
    std::string project;                                           // absolute: the present tree, which may be the same
    bool own_tree = false;                                         // nobody else needs the files in it: artifacts are moved, not copied
    std::vector<std::pair<std::string, std::string>> environment;  // more variables, which are no pins
    const std::map<std::string, std::string>* places = nullptr;    // of inputs and artifacts that are named logically
    std::optional<std::string> program_beside;                     // to be run where the tree lacks the command's program
    std::optional<std::string> code_ref;
    std::string stage;
    std::vector<std::pair<std::string, std::string>> tags;
};

// Writes into request.folder: stdout.log, stderr.log, report.jsonl, artifacts/<path>.
Outcome run_replica(const Launcher& launcher, const ReplicaRequest& request);

// The variables a child has: the few that programs need to be found and started, those named in `pass`, and of an un-capped one locale and zone too. From this process.
std::vector<std::pair<std::string, std::string>> base_environment(const std::vector<std::string>& pass, bool uncapped);

// The metric of a report, of `logged` where the report has none.
struct ReadMetric {
    std::optional<double> value;
    std::string text;
    std::optional<ReplayError> error;
};
ReadMetric reported_metric(const MetricSource& source, const Report& report, const std::function<std::optional<double>(std::string_view)>& logged);

}  // namespace runlake::replay
