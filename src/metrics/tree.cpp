// SPDX-License-Identifier: Apache-2.0
#include "metrics/tree.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "metrics/tree_strategy.hpp"

namespace runlake::metrics {
namespace {

// Post-order with the children of each node from left to right or the other way round. Without recursion: trees are as deep as their makers like.
// `places` gets the number of each of `nodes`, k_nowhere for those that are not below the root.
constexpr std::uint32_t k_nowhere = UINT32_MAX;
Tree::Side take_apart(std::span<const TreeNode> nodes, std::size_t root, bool from_left, std::vector<std::uint32_t>& places) {
    Tree::Side side;
    places.assign(nodes.size(), k_nowhere);
    struct Open {
        std::size_t node;
        std::size_t next = 0;
        std::uint32_t first;  // post-order number of the first node that is closed below it
    };
    std::vector<Open> open{{.node = root, .first = 0}};
    while (!open.empty()) {
        Open& top = open.back();
        const auto& children = nodes[top.node].children;
        const auto number = static_cast<std::uint32_t>(side.labels.size());
        if (top.next < children.size()) {
            const std::size_t at = from_left ? top.next : children.size() - 1 - top.next;
            ++top.next;
            open.push_back({.node = children[at], .first = number});
            continue;
        }
        places[top.node] = number;
        side.labels.push_back(nodes[top.node].label);
        side.outermost.push_back(top.first);
        open.pop_back();
    }
    const auto size = static_cast<std::uint32_t>(side.labels.size());
    side.parent.assign(size, size - 1);
    side.weights.assign(size, 0);
    for (std::uint32_t node = 0; node < size; ++node) {
        // Its own share: the path along outermost children, as long as the nodes below are many.
        std::uint64_t weight = side.size_of(node);
        for (std::uint32_t end = node; end > side.outermost[node];) {
            const std::uint32_t child = end - 1;
            side.parent[child] = node;
            const bool is_outermost = side.outermost[child] == side.outermost[node];
            weight += side.weights[child] - (is_outermost ? side.size_of(child) : 0);
            end = side.outermost[child];
        }
        side.weights[node] = weight;
    }
    std::vector<bool> is_seen(size, false);
    for (std::uint32_t node = size; node-- > 0;) {
        if (is_seen[side.outermost[node]]) { continue; }
        is_seen[side.outermost[node]] = true;
        side.key_roots.push_back(node);
    }
    std::ranges::reverse(side.key_roots);
    return side;
}

}  // namespace

std::uint32_t Labels::id(std::string_view text) {
    const auto found = ids_.find(text);
    if (found != ids_.end()) { return found->second; }
    return ids_.emplace(text, static_cast<std::uint32_t>(ids_.size())).first->second;
}

std::vector<std::uint32_t> Tree::Side::children_of(std::uint32_t node) const {
    std::vector<std::uint32_t> out;
    for (std::uint32_t end = node; end > outermost[node]; end = outermost[end - 1]) { out.push_back(end - 1); }
    return out;
}

Tree::Tree(std::span<const TreeNode> nodes, std::size_t root) {
    std::vector<std::uint32_t> left;
    std::vector<std::uint32_t> right;
    left_ = take_apart(nodes, root, true, left);
    right_ = take_apart(nodes, root, false, right);
    const auto count = static_cast<std::uint32_t>(left_.labels.size());
    left_.other.assign(count, 0);
    right_.other.assign(count, 0);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (left[i] == k_nowhere) { continue; }
        left_.other[left[i]] = right[i];
        right_.other[right[i]] = left[i];
    }

    heavy_.resize(count);
    whole_weights_.resize(count);
    std::vector<std::uint64_t> sums(count);  // of the sizes of all subtrees below a node
    for (std::uint32_t node = 0; node < count; ++node) {
        const std::uint64_t size = left_.size_of(node);
        heavy_[node] = node;
        sums[node] = size;
        for (const std::uint32_t child : left_.children_of(node)) {
            sums[node] += sums[child];
            if (heavy_[node] == node || left_.size_of(child) >= left_.size_of(heavy_[node])) { heavy_[node] = child; }
        }
        whole_weights_[node] = size * (size + 3) / 2 - sums[node];
    }
    std::vector<std::pair<std::uint32_t, bool>> open{{count - 1, false}};
    while (!open.empty()) {
        const auto [node, is_open] = open.back();
        if (is_open || heavy_[node] == node) {
            heavy_first_.push_back(node);
            open.pop_back();
            continue;
        }
        open.back().second = true;
        for (const std::uint32_t child : left_.children_of(node)) {
            if (child != heavy_[node]) { open.emplace_back(child, false); }
        }
        open.emplace_back(heavy_[node], false);
    }
}

namespace {

std::uint64_t cost_from(const Tree::Side& a, const Tree::Side& b) { return a.weights.back() * b.weights.back(); }
std::uint64_t one_sided(const Tree& a, const Tree& b) { return std::min(cost_from(a.left(), b.left()), cost_from(a.right(), b.right())); }

// One side all along is a simpler loop: to choose for each pair pays where that spares much.
constexpr std::uint64_t k_worth_choosing = 32;
constexpr std::uint64_t k_worth_following = 2;
std::optional<TreeStrategy> strategy_for(const Tree& a, const Tree& b) {
    if (one_sided(a, b) <= k_worth_choosing * a.size() * b.size()) { return std::nullopt; }
    TreeStrategy best = best_strategy(a, b);
    return best.cost * k_worth_following < one_sided(a, b) ? std::optional(std::move(best)) : std::nullopt;
}

}  // namespace

bool is_worth_choosing(const Tree& a, const Tree& b) { return strategy_for(a, b).has_value(); }

std::size_t tree_edit_distance(const Tree& a, const Tree& b) {
    if (a == b) { return 0; }
    if (const auto best = strategy_for(a, b)) { return tree_edit_distance_by(a, b, best->paths).distance; }
    const TreePath path = cost_from(a.left(), b.left()) <= cost_from(a.right(), b.right()) ? TreePath::left_of_first : TreePath::right_of_first;
    return tree_edit_distance_by(a, b, std::vector<TreePath>(a.size() * b.size(), path)).distance;
}

double normalized_tree_edit_distance(const Tree& a, const Tree& b) {
    return static_cast<double>(tree_edit_distance(a, b)) / static_cast<double>(a.size() + b.size());
}

}  // namespace runlake::metrics
