// SPDX-License-Identifier: Apache-2.0
// Finds afterwards what a stage wrote into the project tree without having declared it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "os/stamp.hpp"
#include "pipeline/code_identity.hpp"
#include "pipeline/graph.hpp"

namespace runlake::pipeline {

// Looks at what can be told apart from other work in the tree: tracked files (unless the program was confined), and what stands directly in the parent folders of its
// declared outputs. What any stage declares to write is left out.
class WorkspaceWatch {
  public:
    WorkspaceWatch(const Resolved& resolved, const Graph& graph, const Instance& instance, const CodeIndex& code, bool confined);
    // What was changed, made or removed since, relative to the project root, sorted.
    std::vector<std::string> undeclared_changes() const;

  private:
    std::map<std::string, os::Stamp> look() const;

    const Resolved& resolved_;
    const Graph& graph_;
    std::vector<std::string> folders_;
    std::vector<std::string> tracked_;
    std::map<std::string, os::Stamp> before_;
};

}  // namespace runlake::pipeline
