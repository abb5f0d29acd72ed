// SPDX-License-Identifier: Apache-2.0
// Run or skip, and why: the decision for each stage instance, by content.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "pipeline/code_identity.hpp"
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
std::string_view action_name(Action action);
std::string_view reason_name(Reason reason);

// A result that others may read: published in this run directory, or in another one.
struct Available {
    rundir::DoneRecord done;
    rundir::Manifest manifest;
    std::string out;                                              // absolute: the folder that holds its files
};
using Results = std::vector<std::shared_ptr<const Available>>;   // by instance; null: there is none (yet)

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
    std::shared_ptr<const Available> result;                     // for skip, reuse and leave, where there is one
    bool is_current = false;                                      // of a skip: the view shows it
    bool replaces = false;                                       // a result of this key is there and goes
    std::string detail;                                           // one sentence for people: "param alpha: 0.1 -> 0.2"
};

struct PlanOptions {
    std::set<std::string> only;                                   // stages; empty: all
    std::set<std::string> force;                                  // stages
    bool verify_content = false;                                  // --verify=full
    std::string store_dir;                                        // for the digest cache and reuse; "" for neither
};

// Decides; holds the code identities and the digests of inputs of one invocation. `resolved` and `graph` outlive it. Thread-safe; writes nothing but the digest cache.
class Planner {
  public:
    // Errc::usage for a stage in `only` or `force` that does not exist (with the nearest that does).
    static core::Result<std::unique_ptr<Planner>> begin(const Resolved& resolved, const Graph& graph, const PlanOptions& options);
    virtual ~Planner() = default;
    // For an instance whose needs are all in `results`, or never will be. Without a run directory everything but reuse is new.
    virtual core::Result<Decision> decide(std::size_t instance, const std::optional<rundir::RunDir>& run_dir, const Results& results) = 0;
    virtual const CodeIndex& code() const = 0;
    virtual std::optional<std::string> digest_cache() const = 0;
    // Of the instance's outside inputs, those that are not as `before` says, by name.
    virtual core::Result<std::vector<std::string>> changed_inputs(std::size_t instance, const std::vector<rundir::OutsideFile>& before) = 0;
    // Declared outputs in the project tree, as they are now; absent ones by name in `missing`.
    virtual core::Result<std::vector<rundir::OutsideFile>> workspace_outputs(std::size_t instance, std::vector<std::string>& missing) = 0;
    // Whether an input from outside was found when the planner began.
    virtual bool has_input(const DeclaredPath& read) const = 0;
    virtual bool is_selected(std::size_t instance) const = 0;
};

// Every decision as far as it can be known now, in the order of the graph.
core::Result<std::vector<Decision>> plan_all(Planner& planner, const Graph& graph, const std::optional<rundir::RunDir>& run_dir);

// A published result with its manifest.
core::Result<std::shared_ptr<const Available>> open_result(const rundir::RunDir& run_dir, const rundir::DoneRecord& done);

// "code src/fit.py: 12ab34cd -> 99ff0011"; values are cut.
std::string describe(const rundir::ComponentChange& change);
core::Json to_json(const Decision& decision, const Graph& graph);

}  // namespace runlake::pipeline
