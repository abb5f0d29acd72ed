// SPDX-License-Identifier: Apache-2.0
// Directed labelled graphs: their edit distance, exact by branch and bound within a budget, and a hash of their structure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace runlake::metrics {

struct Edge {
    std::size_t from = 0;
    std::size_t to = 0;
    std::uint32_t label = 0;
};
// Loops and edges side by side are allowed.
struct Graph {
    std::vector<std::uint32_t> nodes;  // labels
    std::vector<Edge> edges;
};

// What it costs to make node `a` of the first graph into node `b` of the second: from 0 to 1.
using NodeCost = std::function<double(std::size_t a, std::size_t b)>;

struct EditDistance {
    double value = 0;        // of the best way that was found: never below the distance
    double lower_bound = 0;  // never above the distance; equals value when is_exact
    bool is_exact = true;
    std::uint64_t expansions = 0;
};

// Inserting or deleting a node or an edge costs 1; an edge between the same two nodes costs 1 when its label differs. Each of at most `budget` expansions solves one assignment. The answer
// depends on the input alone, also when the budget ends.
EditDistance graph_edit_distance(const Graph& a, const Graph& b, const NodeCost& cost, std::uint64_t budget);
// The same where a node costs 1 when its label differs.
EditDistance hard_graph_edit_distance(const Graph& a, const Graph& b, std::uint64_t budget);

// By the larger of both graphs, nodes and edges counted; 0 for two empty ones. In [0, 2].
double normalized_edit_distance(double value, const Graph& a, const Graph& b);

// 16 hex digits: equal for graphs that differ by the numbering of their nodes alone (Shervashidze et al. 2011, three rounds, both directions). Different structures share one only where
// this many rounds do not tell them apart.
std::string structure_hash(std::span<const std::string> node_labels, std::span<const Edge> edges, std::span<const std::string> edge_labels);

}  // namespace runlake::metrics
