// SPDX-License-Identifier: Apache-2.0
// Graph edit distance beside all ways there are, its axioms, its budget; the structure hash.
#include "metrics/graph.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "metrics/assignment.hpp"

namespace runlake::metrics {
namespace {

constexpr std::uint64_t k_enough = 10'000'000;

Graph random_graph(std::mt19937& random, std::size_t nodes, std::size_t edges, std::uint32_t labels) {
    Graph out;
    for (std::size_t i = 0; i < nodes; ++i) { out.nodes.push_back(static_cast<std::uint32_t>(random() % labels)); }
    for (std::size_t i = 0; nodes > 0 && i < edges; ++i) { out.edges.push_back({.from = random() % nodes, .to = random() % nodes, .label = static_cast<std::uint32_t>(random() % labels)}); }
    return out;
}

// A distance between labels that is a metric: |x - y| / 4.
double label_cost(std::uint32_t a, std::uint32_t b) { return std::abs(static_cast<double>(a) - static_cast<double>(b)) / 4; }
NodeCost soft(const Graph& a, const Graph& b) {
    return [&](std::size_t i, std::size_t j) { return label_cost(a.nodes[i], b.nodes[j]); };
}

// Every partial mapping, deletions among them, priced from the definition: nothing shared with the code.
class Oracle {
  public:
    Oracle(const Graph& a, const Graph& b) : a_(a), b_(b), to_(a.nodes.size(), b.nodes.size()), is_used_(b.nodes.size(), false) {}
    double distance() {
        best_ = INFINITY;
        choose(0);
        return best_;
    }

  private:
    void choose(std::size_t at) {
        if (at == to_.size()) {
            best_ = std::min(best_, price());
            return;
        }
        to_[at] = b_.nodes.size();
        choose(at + 1);
        for (std::size_t x = 0; x < b_.nodes.size(); ++x) {
            if (is_used_[x]) { continue; }
            is_used_[x] = true;
            to_[at] = x;
            choose(at + 1);
            is_used_[x] = false;
        }
    }
    double price() const {
        double cost = 0;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < to_.size(); ++i) {
            if (to_[i] == b_.nodes.size()) {
                cost += 1;
            } else {
                ++kept;
                cost += label_cost(a_.nodes[i], b_.nodes[to_[i]]);
            }
        }
        cost += static_cast<double>(b_.nodes.size() - kept);
        // Edges: of those that have a counterpart place, equal labels are free, other pairs cost 1, the rest 1 each.
        std::vector<bool> is_taken(b_.edges.size(), false);
        std::vector<const Edge*> left;
        for (const auto& edge : a_.edges) {
            bool is_free = false;
            for (std::size_t k = 0; k < b_.edges.size() && !is_free; ++k) {
                if (!is_taken[k] && fits(edge, b_.edges[k]) && edge.label == b_.edges[k].label) { is_taken[k] = is_free = true; }
            }
            if (!is_free) { left.push_back(&edge); }
        }
        for (const auto* edge : left) {
            cost += 1;
            for (std::size_t k = 0; k < b_.edges.size(); ++k) {
                if (!is_taken[k] && fits(*edge, b_.edges[k])) {
                    is_taken[k] = true;
                    break;
                }
            }
        }
        return cost + static_cast<double>(std::ranges::count(is_taken, false));
    }
    bool fits(const Edge& a, const Edge& b) const { return to_[a.from] == b.from && to_[a.to] == b.to; }

    const Graph& a_;
    const Graph& b_;
    std::vector<std::size_t> to_;
    std::vector<bool> is_used_;
    double best_ = 0;
};

Graph renumbered(const Graph& graph, std::mt19937& random) {
    std::vector<std::size_t> to(graph.nodes.size());
    std::iota(to.begin(), to.end(), std::size_t{0});
    std::ranges::shuffle(to, random);
    Graph out;
    out.nodes.resize(graph.nodes.size());
    for (std::size_t i = 0; i < to.size(); ++i) { out.nodes[to[i]] = graph.nodes[i]; }
    for (const auto& edge : graph.edges) { out.edges.push_back({.from = to[edge.from], .to = to[edge.to], .label = edge.label}); }
    std::ranges::shuffle(out.edges, random);
    return out;
}

TEST(GraphEditDistance, HandChecked) {
    const Graph path{.nodes = {1, 1, 1}, .edges = {{0, 1, 0}, {1, 2, 0}}};
    const Graph triangle{.nodes = {1, 1, 1}, .edges = {{0, 1, 0}, {1, 2, 0}, {2, 0, 0}}};
    EXPECT_EQ(hard_graph_edit_distance(path, triangle, k_enough).value, 1.0);
    EXPECT_EQ(hard_graph_edit_distance(path, {}, k_enough).value, 5.0);
    EXPECT_EQ(hard_graph_edit_distance({}, {}, k_enough).value, 0.0);
    EXPECT_EQ(normalized_edit_distance(5, path, {}), 1.0);
    EXPECT_EQ(normalized_edit_distance(0, {}, {}), 0.0);
    const Graph turned{.nodes = {1, 1, 1}, .edges = {{0, 1, 0}, {2, 1, 0}}};  // one edge the other way: deleted and inserted
    EXPECT_EQ(hard_graph_edit_distance(path, turned, k_enough).value, 2.0);
    const Graph relabelled{.nodes = {1, 1, 1}, .edges = {{0, 1, 0}, {1, 2, 9}}};
    EXPECT_EQ(hard_graph_edit_distance(path, relabelled, k_enough).value, 1.0);
    const Graph loop{.nodes = {1}, .edges = {{0, 0, 0}}};
    EXPECT_EQ(hard_graph_edit_distance(loop, {.nodes = {1}, .edges = {}}, k_enough).value, 1.0);
}

TEST(GraphEditDistance, AgreesWithAllWays) {
    std::mt19937 random(11);
    for (int round = 0; round < 600; ++round) {
        const Graph a = random_graph(random, random() % 6, random() % 8, 4);
        const Graph b = random_graph(random, random() % 6, random() % 8, 4);
        const auto found = graph_edit_distance(a, b, soft(a, b), k_enough);
        ASSERT_TRUE(found.is_exact);
        ASSERT_NEAR(found.value, Oracle(a, b).distance(), 1e-9) << round;
        ASSERT_NEAR(found.lower_bound, found.value, 1e-9);
    }
}

TEST(GraphEditDistance, IsAMetricAndBlindToNumbering) {
    std::mt19937 random(12);
    for (int round = 0; round < 80; ++round) {
        const Graph a = random_graph(random, 1 + random() % 7, random() % 9, 4);
        const Graph b = random_graph(random, 1 + random() % 7, random() % 9, 4);
        const Graph c = random_graph(random, 1 + random() % 7, random() % 9, 4);
        const auto distance = [](const Graph& x, const Graph& y) { return graph_edit_distance(x, y, soft(x, y), k_enough).value; };
        const double ab = distance(a, b);
        ASSERT_NEAR(ab, distance(b, a), 1e-9);
        ASSERT_LE(ab, distance(a, c) + distance(c, b) + 1e-9);
        ASSERT_NEAR(ab, distance(renumbered(a, random), renumbered(b, random)), 1e-9);
        ASSERT_NEAR(distance(a, renumbered(a, random)), 0, 1e-9);
        const auto hard = [](const Graph& x, const Graph& y) { return hard_graph_edit_distance(x, y, k_enough).value; };
        ASSERT_NEAR(hard(a, b), hard(b, a), 1e-9);
        ASSERT_LE(hard(a, b), hard(a, c) + hard(c, b) + 1e-9);
        ASSERT_NEAR(hard(a, b), hard(renumbered(a, random), renumbered(b, random)), 1e-9);
    }
}

TEST(GraphEditDistance, ABudgetGivesBoundsThatHold) {
    std::mt19937 random(13);
    int ended = 0;
    for (int round = 0; round < 60; ++round) {
        const Graph a = random_graph(random, 6, 10, 2);
        const Graph b = random_graph(random, 7, 10, 2);
        const auto exact = hard_graph_edit_distance(a, b, k_enough);
        const auto bounded = hard_graph_edit_distance(a, b, 3);
        ASSERT_LE(bounded.expansions, 3U);
        ASSERT_GE(bounded.value, exact.value - 1e-9);
        ASSERT_LE(bounded.lower_bound, exact.value + 1e-9);
        if (bounded.is_exact) { ASSERT_NEAR(bounded.value, exact.value, 1e-9); }
        ended += bounded.is_exact ? 0 : 1;
        const auto again = hard_graph_edit_distance(a, b, 3);
        ASSERT_EQ(bounded.value, again.value);
    }
    EXPECT_GT(ended, 0);
}

TEST(GraphEditDistance, EqualGraphsOfTheLargestSizeTakeOneExpansion) {
    std::mt19937 random(14);
    const Graph a = random_graph(random, 60, 120, 40);
    const Graph b = renumbered(a, random);
    const auto found = hard_graph_edit_distance(a, b, 1000);
    EXPECT_TRUE(found.is_exact);
    EXPECT_NEAR(found.value, 0, 1e-9);
}

TEST(Assignment, AgreesWithAllPermutations) {
    std::mt19937 random(15);
    for (int round = 0; round < 200; ++round) {
        const std::size_t rows = 1 + random() % 5;
        const std::size_t columns = rows + random() % 3;
        std::vector<double> costs(rows * columns);
        for (auto& cost : costs) { cost = static_cast<double>(random() % 20) - 6; }
        std::vector<std::size_t> order(columns);
        std::iota(order.begin(), order.end(), std::size_t{0});
        double best = INFINITY;
        do {
            double sum = 0;
            for (std::size_t r = 0; r < rows; ++r) { sum += costs[r * columns + order[r]]; }
            best = std::min(best, sum);
        } while (std::ranges::next_permutation(order).found);
        const auto found = cheapest_assignment(rows, columns, costs);
        ASSERT_NEAR(found.cost, best, 1e-9);
        for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t c = 0; c < columns; ++c) { ASSERT_GE(costs[r * columns + c] - found.of_row[r] - found.of_column[c], -1e-9); }
        }
    }
}

std::string hash_of(const Graph& graph) {
    std::vector<std::string> nodes;
    for (const auto label : graph.nodes) { nodes.push_back("n" + std::to_string(label)); }
    const std::vector<std::string> edges{"e0", "e1", "e2", "e3"};
    return structure_hash(nodes, graph.edges, edges);
}

TEST(StructureHash, IsBlindToNumberingAndSeesEveryLabelAndDirection) {
    std::mt19937 random(16);
    for (int round = 0; round < 100; ++round) {
        const Graph a = random_graph(random, 1 + random() % 12, random() % 15, 4);
        ASSERT_EQ(hash_of(a), hash_of(renumbered(a, random)));
        Graph other = a;
        other.nodes[0] += 7;
        ASSERT_NE(hash_of(a), hash_of(other));
        if (!a.edges.empty()) {
            other = a;
            other.edges[0].label = (other.edges[0].label + 1) % 4;
            ASSERT_NE(hash_of(a), hash_of(other));
        }
    }
    const Graph there{.nodes = {0, 1}, .edges = {{0, 1, 0}}};
    const Graph back{.nodes = {0, 1}, .edges = {{1, 0, 0}}};
    EXPECT_NE(hash_of(there), hash_of(back));
    EXPECT_EQ(hash_of({}).size(), 16U);
}

}  // namespace
}  // namespace runlake::metrics
