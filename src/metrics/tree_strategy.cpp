// SPDX-License-Identifier: Apache-2.0
#include "metrics/tree_strategy.hpp"

#include <array>
#include <utility>

namespace runlake::metrics {
namespace {

// For a subtree and each subtree of the other tree: what it costs to compare with it all that hangs off its left, right and heavy path.
using Costs = std::array<std::uint64_t, 3>;
using Row = std::vector<Costs>;

// Whether a node is its parent's leftmost, rightmost and heaviest child.
std::array<bool, 3> is_on_path(const Tree& tree, std::uint32_t node) {
    const auto& left = tree.left();
    const std::uint32_t parent = left.parent[node];
    return {left.outermost[node] == left.outermost[parent], node + 1 == parent, tree.heavy()[parent] == node};
}

void add(Costs& to, const Costs& along, std::uint64_t best, const std::array<bool, 3>& is_on) {
    for (std::size_t i = 0; i < to.size(); ++i) { to[i] += is_on[i] ? along[i] : best; }
}

}  // namespace

TreeStrategy best_strategy(const Tree& a, const Tree& b) {
    const auto rows = static_cast<std::uint32_t>(a.size());
    const auto columns = static_cast<std::uint32_t>(b.size());
    TreeStrategy out;
    out.paths.resize(std::size_t{rows} * columns);
    std::vector<Row> of_first(rows);  // none for leaves and for what is done: no more than one for each of the heavy paths above a node
    std::vector<Row> spare;
    const Row zeros(columns, Costs{});
    Row of_second(columns);
    std::vector<std::array<bool, 3>> is_on_b(columns);
    for (std::uint32_t w = 0; w + 1 < columns; ++w) { is_on_b[w] = is_on_path(b, w); }
    for (const std::uint32_t v : a.heavy_first()) {
        Row row = std::move(of_first[v]);
        const bool is_leaf = row.empty();
        const Row& below = is_leaf ? zeros : row;
        const bool has_parent = v + 1 < rows;
        const auto is_on_a = has_parent ? is_on_path(a, v) : std::array<bool, 3>{};
        Row* above = has_parent ? &of_first[a.left().parent[v]] : nullptr;
        if (above != nullptr && above->empty()) {
            if (!spare.empty()) {
                *above = std::move(spare.back());
                spare.pop_back();
            }
            above->assign(columns, Costs{});
        }
        of_second.assign(columns, Costs{});
        const std::uint64_t size_a = a.left().size_of(v);
        const std::uint64_t left_a = a.left().weights[v];
        const std::uint64_t right_a = a.right().weights[a.left().other[v]];
        const std::uint64_t whole_a = a.whole_weights()[v];
        for (std::uint32_t w = 0; w < columns; ++w) {
            const std::uint64_t size_b = b.left().size_of(w);
            const std::array<std::uint64_t, 6> costs = {size_a * b.left().weights[w] + below[w][0],
                                                        size_a * b.right().weights[b.left().other[w]] + below[w][1],
                                                        size_a * b.whole_weights()[w] + below[w][2],
                                                        size_b * left_a + of_second[w][0],
                                                        size_b * right_a + of_second[w][1],
                                                        size_b * whole_a + of_second[w][2]};
            // The simpler paths of either tree first, where they cost as much.
            constexpr std::array<std::size_t, 6> k_order = {0, 3, 1, 4, 2, 5};
            std::size_t best = 0;
            for (const std::size_t i : k_order) {
                if (costs[i] < costs[best]) { best = i; }
            }
            out.paths[std::size_t{v} * columns + w] = static_cast<TreePath>(best);
            out.cost = costs[best];
            if (above != nullptr) { add((*above)[w], below[w], costs[best], is_on_a); }
            if (w + 1 < columns) { add(of_second[b.left().parent[w]], of_second[w], costs[best], is_on_b[w]); }
        }
        if (!is_leaf) { spare.push_back(std::move(row)); }
    }
    return out;
}

}  // namespace runlake::metrics
