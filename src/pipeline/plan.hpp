// SPDX-License-Identifier: Apache-2.0
// Run or skip, and why: the decision for each stage instance, by content.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "pipeline/graph.hpp"
#include "rundir/publish.hpp"

namespace runlake::pipeline {

// Closed lists: they are in --json and in the records.
enum class Action : std::uint8_t { skip, reuse, run, wait, leave };   // skip: this directory has it; reuse: another has it; wait: known only when an input is made; leave: not asked for (--only)
enum class Reason : std::uint8_t {
    up_to_date, cached, blessed,                                        // skip, reuse
    no_previous, key_differs, outputs_missing, outputs_modified, done_missing, code_unknown, forced, nondeterministic_stage, inputs_changed_during_run,  // run
    input_pending,                                                      // wait: an earlier stage runs first
    not_selected, input_failed, input_missing,                          // leave
};
std::string_view reason_name(Reason reason);

struct Decision {
    std::size_t instance = 0;
    Action action = Action::run;
    Reason reason = Reason::no_previous;
    std::optional<rundir::StageKey> key;                         // unknown while it waits
    std::optional<rundir::DoneRecord> previous;                  // what it was compared with
    std::vector<rundir::ComponentChange> changes;                // for key_differs
    std::vector<rundir::Difference> differences;                 // for outputs_missing, outputs_modified
    std::optional<rundir::Elsewhere> elsewhere;                  // for reuse
    std::vector<rundir::OutsideFile> inputs;                     // outside inputs with their digests
    std::string detail;                                           // one sentence for people: "param alpha: 0.1 -> 0.2"
};

struct PlanOptions {
    std::set<std::string> only;                                   // stages; empty: all
    std::set<std::string> force;                                  // stages
    bool verify_content = false;                                  // --verify=full
    std::string store_dir;                                        // for the digest cache and reuse; "" for neither
};

// Decides for one instance whose needs are all done (or left) now. Thread-safe; reads, writes nothing but the digest cache.
class Planner;   // see plan.cpp: holds the code identities and digest cache of one invocation
core::Result<std::vector<Decision>> plan_all(const Resolved& resolved, const Graph& graph, const std::optional<rundir::RunDir>& run_dir, const PlanOptions& options);

}  // namespace runlake::pipeline
