// SPDX-License-Identifier: Apache-2.0
// Ordered labelled trees and the tree edit distance between two of them. Definitions: docs/reference/proof-search-metrics.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace runlake::metrics {

// Labels as small numbers: equal texts, equal numbers. One object for all that is compared with each other.
class Labels {
  public:
    std::uint32_t id(std::string_view text);

  private:
    std::map<std::string, std::uint32_t, std::less<>> ids_;
};

// A node as it is written down; children are positions in the same list.
struct TreeNode {
    std::uint32_t label = 0;
    std::vector<std::size_t> children;
};

// A tree, prepared once for many comparisons.
class Tree {
  public:
    // `nodes` below `root` form a tree: each is the child of one node at most, and none of itself. Fewer than 2^32 nodes.
    Tree(std::span<const TreeNode> nodes, std::size_t root);
    std::size_t size() const { return left_.labels.size(); }

    // The nodes in post-order, with children from left to right or from right to left. Below node i lie the nodes outermost[i] .. i - 1.
    struct Side {
        std::vector<std::uint32_t> labels;
        std::vector<std::uint32_t> outermost;  // the outermost leaf below each node: of the left side the leftmost
        std::vector<std::uint32_t> parent;     // of the root its own number
        std::vector<std::uint32_t> other;      // the number of the same node on the other side
        std::vector<std::uint32_t> key_roots;  // ascending: the last node of those that share their outermost leaf
        std::vector<std::uint64_t> weights;    // nodes below all key roots of each subtree: what taking it apart along this side costs
        std::uint32_t size_of(std::uint32_t node) const { return node - outermost[node] + 1; }
        // Its children, the outermost last.
        std::vector<std::uint32_t> children_of(std::uint32_t node) const;
    };
    const Side& left() const { return left_; }
    const Side& right() const { return right_; }

    // By the number of the left side.
    const std::vector<std::uint64_t>& whole_weights() const { return whole_weights_; }  // forests that removing outermost nodes on either side makes of each subtree, but the empty one
    const std::vector<std::uint32_t>& heavy() const { return heavy_; }                  // the child with most nodes below, the leftmost of several; of a leaf its own number
    // Each node after its children, the heaviest of them first.
    const std::vector<std::uint32_t>& heavy_first() const { return heavy_first_; }

    bool operator==(const Tree& other) const { return left_.labels == other.left_.labels && left_.outermost == other.left_.outermost; }

  private:
    Side left_;
    Side right_;
    std::vector<std::uint64_t> whole_weights_;
    std::vector<std::uint32_t> heavy_;
    std::vector<std::uint32_t> heavy_first_;
};

// The least number of insertions, deletions and renamings of nodes that turn `a` into `b` (Tai 1979). Taken apart along one side (Zhang and Shasha 1989), or, where that spares much, along the
// paths that best_strategy() chooses (tree_strategy.hpp).
std::size_t tree_edit_distance(const Tree& a, const Tree& b);
// That number by the sum of both sizes: in [0, 1].
double normalized_tree_edit_distance(const Tree& a, const Tree& b);

}  // namespace runlake::metrics
