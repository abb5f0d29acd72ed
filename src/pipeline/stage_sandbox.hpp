// SPDX-License-Identifier: Apache-2.0
// What the program of a stage may read and write, and what to say when it was denied something.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "os/sandbox.hpp"
#include "pipeline/plan.hpp"
#include "record/store.hpp"

namespace runlake::pipeline {

// Where a stage works.
struct StagePlaces {
    const Resolved& resolved;
    const Graph& graph;
    const rundir::RunDir& run_dir;
    const record::Store& store;
};

// Makes the parent folders of declared outputs in the project tree, which the program may write to.
core::Status make_workspace_folders(const StagePlaces& places, const Instance& instance);

// `out` and `tmp` are the staging folders. What earlier stages made is readable as far as it is declared.
os::SandboxRules sandbox_rules(const StagePlaces& places, const Instance& instance, const CodeIdentity& code, const Results& results, const std::string& out, const std::string& tmp);

// One line each: the path, and what to declare. What programs try without needing it is left out.
std::string describe_denials(const StagePlaces& places, const std::vector<os::Denial>& denials);

}  // namespace runlake::pipeline
