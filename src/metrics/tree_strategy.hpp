// SPDX-License-Identifier: Apache-2.0
// How two trees are taken apart: for each pair of subtrees one path from root to leaf, in one of both (Pawlik and Augsten 2011, 2016).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "metrics/tree.hpp"

namespace runlake::metrics {

// Along the leftmost children, the rightmost or the heaviest; of the first tree or of the second.
enum class TreePath : std::uint8_t { left_of_first, right_of_first, heavy_of_first, left_of_second, right_of_second, heavy_of_second };

struct TreeStrategy {
    std::uint64_t cost = 0;        // sub-problems, of the whole pair
    std::vector<TreePath> paths;   // of node i of the first and j of the second (numbers of the left side): at i * size of the second + j
};

// The cheapest of all that choose one of the six paths for each pair; of equally cheap paths the first. O(|a| |b|) time; beside the answer O(|b| log |a|) memory.
TreeStrategy best_strategy(const Tree& a, const Tree& b);

// Whether tree_edit_distance() follows that strategy: it spares enough to make up for simpler loops along one side.
bool is_worth_choosing(const Tree& a, const Tree& b);

struct CountedDistance {
    std::size_t distance = 0;
    std::uint64_t sub_problems = 0;  // that were solved
};
// The distance by any strategy: it decides what is computed, never what comes out.
CountedDistance tree_edit_distance_by(const Tree& a, const Tree& b, const std::vector<TreePath>& paths);

}  // namespace runlake::metrics
