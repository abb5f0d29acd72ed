// SPDX-License-Identifier: Apache-2.0
// The edit distance of two sequences where replacing one item by another costs what a function says.
#pragma once

#include <cstddef>
#include <functional>

namespace runlake::metrics {

// What it costs to replace item i of the first sequence by item j of the second: from 0 to 1.
using ItemCost = std::function<double(std::size_t i, std::size_t j)>;

// Inserting or deleting costs 1 (Wagner and Fischer 1974).
double sequence_edit_distance(std::size_t a, std::size_t b, const ItemCost& cost);
// By the sum of both lengths, 0 for two empty ones: in [0, 1].
double normalized_sequence_edit_distance(std::size_t a, std::size_t b, const ItemCost& cost);

}  // namespace runlake::metrics
