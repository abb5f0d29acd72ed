// SPDX-License-Identifier: Apache-2.0
// What the parts of build_graph() hand to each other. For sources of this module only.
#pragma once

#include <optional>
#include <string>

#include "pipeline/graph.hpp"

namespace runlake::pipeline {

struct Cycle {
    core::SourcePosition at;
    std::string what;
};
// Sorts the instances so that each comes after what it needs, ties by the order they have; fills needed_by and renumbers. A cycle: nothing is changed.
std::optional<Cycle> put_in_order(Graph& graph);

}  // namespace runlake::pipeline
