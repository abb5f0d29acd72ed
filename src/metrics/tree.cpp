// SPDX-License-Identifier: Apache-2.0
#include "metrics/tree.hpp"

#include <algorithm>
#include <utility>

namespace runlake::metrics {
namespace {

// Post-order with the children of each node from left to right or the other way round. Without recursion: trees are as deep as their makers like.
Tree::Side take_apart(std::span<const TreeNode> nodes, std::size_t root, bool from_left) {
    Tree::Side side;
    struct Open {
        std::size_t node;
        std::size_t next = 0;
        std::size_t first;  // post-order number of the first node that is closed below it
    };
    std::vector<Open> open{{.node = root, .first = 0}};
    while (!open.empty()) {
        Open& top = open.back();
        const auto& children = nodes[top.node].children;
        if (top.next < children.size()) {
            const std::size_t at = from_left ? top.next : children.size() - 1 - top.next;
            ++top.next;
            open.push_back({.node = children[at], .first = side.labels.size()});
            continue;
        }
        side.labels.push_back(nodes[top.node].label);
        side.outermost.push_back(top.first);
        open.pop_back();
    }
    // A key root is the last node of those that share their outermost leaf.
    const std::size_t size = side.labels.size();
    std::vector<bool> is_seen(size, false);
    for (std::size_t i = size; i-- > 0;) {
        if (is_seen[side.outermost[i]]) { continue; }
        is_seen[side.outermost[i]] = true;
        side.key_roots.push_back(i);
        side.weight += i - side.outermost[i] + 1;
    }
    std::ranges::reverse(side.key_roots);
    return side;
}

std::size_t distance(const Tree::Side& a, const Tree::Side& b) {
    const std::size_t rows = a.labels.size();
    const std::size_t columns = b.labels.size();
    std::vector<std::uint32_t> trees(rows * columns);
    std::vector<std::uint32_t> forest((rows + 1) * (columns + 1));
    for (const std::size_t i : a.key_roots) {
        const std::size_t a0 = a.outermost[i];
        const std::size_t height = i - a0 + 1;
        for (const std::size_t j : b.key_roots) {
            const std::size_t b0 = b.outermost[j];
            const std::size_t width = j - b0 + 2;
            for (std::size_t y = 0; y < width; ++y) { forest[y] = static_cast<std::uint32_t>(y); }
            for (std::size_t x = 1; x <= height; ++x) {
                std::uint32_t* row = &forest[x * width];
                const std::uint32_t* above = row - width;
                const std::size_t node_a = a0 + x - 1;
                const std::size_t first_a = a.outermost[node_a];
                const std::uint32_t* cut = &forest[(first_a - a0) * width];
                std::uint32_t* of_tree = &trees[node_a * columns];
                const std::uint32_t label = a.labels[node_a];
                row[0] = static_cast<std::uint32_t>(x);
                for (std::size_t y = 1; y < width; ++y) {
                    const std::size_t node_b = b0 + y - 1;
                    const std::size_t first_b = b.outermost[node_b];
                    const std::uint32_t by_one = std::min(above[y], row[y - 1]) + 1;
                    if (first_a == a0 && first_b == b0) {
                        row[y] = std::min(by_one, above[y - 1] + (label == b.labels[node_b] ? 0U : 1U));
                        of_tree[node_b] = row[y];
                    } else {
                        row[y] = std::min(by_one, cut[first_b - b0] + of_tree[node_b]);
                    }
                }
            }
        }
    }
    return trees.back();
}

}  // namespace

std::uint32_t Labels::id(std::string_view text) {
    const auto found = ids_.find(text);
    if (found != ids_.end()) { return found->second; }
    return ids_.emplace(text, static_cast<std::uint32_t>(ids_.size())).first->second;
}

Tree::Tree(std::span<const TreeNode> nodes, std::size_t root) : left_(take_apart(nodes, root, true)), right_(take_apart(nodes, root, false)) {}

std::size_t tree_edit_distance(const Tree& a, const Tree& b) {
    if (a.left().labels == b.left().labels && a.left().outermost == b.left().outermost) { return 0; }
    const bool is_left = a.left().weight * b.left().weight <= a.right().weight * b.right().weight;
    return is_left ? distance(a.left(), b.left()) : distance(a.right(), b.right());
}

double normalized_tree_edit_distance(const Tree& a, const Tree& b) {
    return static_cast<double>(tree_edit_distance(a, b)) / static_cast<double>(a.size() + b.size());
}

}  // namespace runlake::metrics
