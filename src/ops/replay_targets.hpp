// SPDX-License-Identifier: Apache-2.0
// What is replayed without a spec file: a recorded run, or a stage of a run directory, as a cell; and the tree that it ran in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "ops/replay_session.hpp"
#include "record/store.hpp"
#include "replay/canonical.hpp"
#include "replay/spec.hpp"

namespace runlake::ops {

struct ReplayChoice {
    std::optional<std::string> metric;             // --metric; default: the first by name that the run recorded, else a digest of what it made
    std::vector<std::string> presets;              // --preset; default: python and openmp
    std::optional<int> threads;
    std::vector<std::string> pass;                 // --pass: variables of the caller that the program keeps
    int replicas = 2;
    bool here = false;                             // the present tree
};

struct ReplayTarget {
    replay::Cell cell;
    ReplayTree tree;
    std::string original;                          // id of the run that is replayed
    std::optional<std::string> code_ref;           // as it was recorded
    std::optional<replay::Canonical> canonical;    // for what a recorded run does not know of itself: a digest of its result
    std::optional<std::string> run_dir;            // --run-dir: the verdict is written there too
    std::optional<std::string> program_beside;     // the present program, for a worktree that lacks it
    std::vector<std::pair<std::string, std::string>> environment;   // more variables, no pins
    std::map<std::string, std::string> places;     // of inputs and artifacts that are named logically: where they are
    std::vector<std::string> notes;                // what is not as it was recorded, one sentence each
};

// What a user named to be replayed.
struct ReplayOf {
    std::optional<std::string> spec;               // exactly one of spec, run, and run_dir with stage
    std::optional<std::string> run;
    std::optional<std::string> run_dir;
    std::optional<std::string> stage;
    std::vector<std::string> only;                 // cells of the spec; none: all
    ReplayChoice choice;                           // without a spec
};

// The cells that are meant, and the session in which they run: store, tree, where things are.
struct ReplayWork {
    replay::ReplaySpec spec;                       // without a file: nothing but what its cells need not say
    std::vector<replay::Cell> cells;               // one or more
    std::optional<ReplayTarget> target;            // without a spec
    ReplaySessionRequest session;
};

// `doing` begins messages: "replaying". Errc::usage: none or several things are named, or a cell that is not there; else as reading specs and the two functions below.
core::Result<ReplayWork> replay_work(const record::Store& store, const ReplayOf& of, std::string_view doing);

// By a whole id or its beginning. Errc::conflict: it was recorded from inside its program (its command is not known), its arguments held secrets, its code is not known
// (use `here`), or it is itself a replay.
core::Result<ReplayTarget> target_of_run(const record::Store& store, const std::string& id, const ReplayChoice& choice);

// `stage` is NAME or NAME[instance]; a stage with several instances needs one. not_found: no such stage, or no result of it.
core::Result<ReplayTarget> target_of_stage(const record::Store& store, const std::string& run_dir, const std::string& stage, const ReplayChoice& choice);

}  // namespace runlake::ops
