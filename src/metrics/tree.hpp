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
    // `nodes` below `root` form a tree: each is the child of one node at most, and none of itself.
    Tree(std::span<const TreeNode> nodes, std::size_t root);
    std::size_t size() const { return left_.labels.size(); }

    // One way to take the tree apart: along leftmost or along rightmost children.
    struct Side {
        std::vector<std::uint32_t> labels;   // in post-order
        std::vector<std::size_t> outermost;  // of each node, the post-order number of the outermost leaf below it
        std::vector<std::size_t> key_roots;  // ascending
        std::uint64_t weight = 0;            // nodes below all key roots: what this side costs
    };
    const Side& left() const { return left_; }
    const Side& right() const { return right_; }

  private:
    Side left_;
    Side right_;
};

// The least number of insertions, deletions and renamings of nodes that turn `a` into `b` (Tai 1979; Zhang and Shasha 1989), on the cheaper of the two sides.
std::size_t tree_edit_distance(const Tree& a, const Tree& b);
// That number by the sum of both sizes: in [0, 1].
double normalized_tree_edit_distance(const Tree& a, const Tree& b);

}  // namespace runlake::metrics
