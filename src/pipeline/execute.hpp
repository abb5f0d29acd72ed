// SPDX-License-Identifier: Apache-2.0
// Runs what the plan says: independent instances at once, each held by its lease, recorded, published whole.
#pragma once

#include <signal.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "os/group_guard.hpp"
#include "pipeline/plan.hpp"
#include "pipeline/stage_process.hpp"
#include "record/recorder.hpp"
#include "record/store.hpp"
#include "rundir/layout.hpp"

namespace runlake::pipeline {

enum class InstanceState : std::uint8_t {
    skipped,   // it was done already
    reused,    // published from another run directory
    done,      // ran and is published
    failed,
    stopped,   // ended, or not begun, because the pipeline was told to stop
    busy,      // another process is at it
    left,      // not asked for, or an input of it was not made
};
std::string_view state_name(InstanceState state);

struct InstanceOutcome {
    std::size_t instance = 0;
    InstanceState state = InstanceState::left;
    Decision decision;                                   // as it was acted upon
    std::optional<core::RunId> run_id;                   // of the last attempt
    std::string error;                                   // failed, busy, stopped
    std::string stderr_tail;
    double seconds = 0;                                  // of the program
    std::string isolation;
    bool inputs_changed = false;
    std::vector<rundir::Difference> nondeterministic;    // an equal key gave other bytes
};

// What happens, as it happens; calls do not overlap.
struct ProgressEvent {
    enum class Kind : std::uint8_t { started, finished } kind;
    std::size_t instance;
    const InstanceOutcome* outcome;                      // of finished
};

struct ExecuteOptions {
    const Resolved& resolved;
    const Graph& graph;
    Planner& planner;
    const PlanOptions& plan_options;
    std::vector<Decision> plan;                          // plan_all() of now: what it skips is not looked at again
    rundir::RunDir run_dir;
    record::Store store;
    record::Recorder& recorder;
    core::RunId pipeline_run;
    std::string traceparent;
    record::Facts facts;                                 // of every run of a stage: code, configuration
    std::function<std::optional<std::string>()> code_ref;   // better known by now, or nothing
    int jobs = 1;
    std::uint64_t log_limit = 0;
    sigset_t signal_mask{};
    const Stopper& stopper;
    os::GroupGuard& guard;
    std::function<void(const ProgressEvent&)> tell;
    std::function<void()> tick;                          // in the calling thread, every tenth of a second or so; may call Stopper::stop()
};

// Returns when nothing runs any more: one outcome an instance, in the order of the graph. What goes wrong with a stage is in its outcome.
std::vector<InstanceOutcome> execute(const ExecuteOptions& options);

// One instance, whose needs are in `results`; sets its own result when there is one. In the thread that stays until it has ended.
InstanceOutcome run_instance(const ExecuteOptions& options, std::size_t instance, Results& results, const std::function<void()>& started);

}  // namespace runlake::pipeline
