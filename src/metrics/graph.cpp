// SPDX-License-Identifier: Apache-2.0
#include "metrics/graph.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/digest.hpp"
#include "metrics/assignment.hpp"

namespace runlake::metrics {
namespace {

constexpr double k_slack = 1e-9;  // sums of distances are no exact numbers: what is nearer than this counts as equal

using LabelList = std::vector<std::uint32_t>;  // sorted

// Edges of one place against edges of another: as many as the longer list has, less those that are in both.
double list_cost(const LabelList& a, const LabelList& b) {
    if (a.empty() || b.empty()) { return static_cast<double>(a.size() + b.size()); }
    std::size_t common = 0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        if (a[i] == b[j]) {
            ++common;
            ++i;
            ++j;
        } else if (a[i] < b[j]) {
            ++i;
        } else {
            ++j;
        }
    }
    return static_cast<double>(std::max(a.size(), b.size()) - common);
}

// A graph whose edges are found by their two ends.
struct Table {
    explicit Table(const Graph& graph) : size(graph.nodes.size()), between(size * size), degree(size, 0) {
        for (const auto& edge : graph.edges) {
            between[edge.from * size + edge.to].push_back(edge.label);
            ++degree[edge.from];
            ++degree[edge.to];
        }
        for (auto& list : between) { std::ranges::sort(list); }
    }
    const LabelList& at(std::size_t from, std::size_t to) const { return between[from * size + to]; }
    std::size_t size;
    std::vector<LabelList> between;
    std::vector<std::size_t> degree;
};

double cost_of(const Table& a, const Table& b, const std::vector<double>& nodes, std::span<const std::size_t> to) {
    std::vector<std::size_t> from(b.size, a.size);
    double cost = static_cast<double>(b.size - a.size);
    for (std::size_t i = 0; i < a.size; ++i) {
        cost += nodes[i * b.size + to[i]];
        from[to[i]] = i;
        for (std::size_t j = 0; j < a.size; ++j) { cost += list_cost(a.at(i, j), b.at(to[i], to[j])); }
    }
    for (std::size_t x = 0; x < b.size; ++x) {
        for (std::size_t y = 0; y < b.size; ++y) {
            if (from[x] == a.size || from[y] == a.size) { cost += static_cast<double>(b.at(x, y).size()); }
        }
    }
    return cost;
}

// Depth first over the nodes of `a`. With these costs no node of the smaller graph need be deleted: to make it into any free node of the other is never dearer than to delete the one
// and insert the other. Each expansion bounds what is left by an assignment in which an edge between two open nodes is charged half at either end, and an edge to a node that is settled in full.
class Search {
  public:
    Search(const Table& a, const Table& b, std::vector<double> nodes, std::uint64_t budget) : a_(a), b_(b), nodes_(std::move(nodes)), budget_(budget), order_(a.size), to_(a.size, 0), is_used_(b.size, 0) {
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        std::ranges::stable_sort(order_, [&](std::size_t x, std::size_t y) { return a_.degree[x] > a_.degree[y]; });
    }

    EditDistance run() {
        Level root;
        root.pair = nodes_;
        root.insert.assign(b_.size, 1.0);
        for (std::size_t x = 0; x < b_.size; ++x) {
            root.insert[x] += static_cast<double>(b_.at(x, x).size());
            for (std::size_t u = 0; u < a_.size; ++u) { root.pair[u * b_.size + x] += list_cost(a_.at(u, u), b_.at(x, x)); }
        }
        const double bound = expand(0, root);
        EditDistance out{.value = best_, .lower_bound = best_, .is_exact = !is_over_, .expansions = expansions_};
        if (is_over_ && bound < best_ - k_slack) { out.lower_bound = bound; }
        if (is_over_ && bound >= best_ - k_slack) { out.is_exact = true; }
        return out;
    }

  private:
    struct Level {
        double spent = 0;
        std::vector<double> pair;    // of two open nodes: their own cost, and that of their edges to settled nodes
        std::vector<double> insert;  // of an open node of b: likewise
    };

    // Labels of the edges that leave (or enter) a node for other open nodes.
    static LabelList star(const Table& graph, std::size_t node, std::span<const std::size_t> open, bool leaves) {
        LabelList list;
        for (const std::size_t other : open) {
            if (other == node) { continue; }
            const auto& labels = leaves ? graph.at(node, other) : graph.at(other, node);
            list.insert(list.end(), labels.begin(), labels.end());
        }
        std::ranges::sort(list);
        return list;
    }

    // Returns the lower bound of this level.
    double expand(std::size_t depth, const Level& level) {
        ++expansions_;
        std::vector<std::size_t> rows(order_.begin() + static_cast<std::ptrdiff_t>(depth), order_.end());
        std::vector<std::size_t> columns;
        for (std::size_t x = 0; x < b_.size; ++x) {
            if (is_used_[x] == 0) { columns.push_back(x); }
        }
        std::vector<LabelList> out_b(columns.size());
        std::vector<LabelList> in_b(columns.size());
        double inserted = 0;
        std::vector<double> insert(columns.size());
        for (std::size_t c = 0; c < columns.size(); ++c) {
            out_b[c] = star(b_, columns[c], columns, true);
            in_b[c] = star(b_, columns[c], columns, false);
            insert[c] = level.insert[columns[c]] + 0.5 * static_cast<double>(out_b[c].size() + in_b[c].size());
            inserted += insert[c];
        }
        std::vector<double> costs(rows.size() * columns.size());
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const LabelList out_a = star(a_, rows[r], rows, true);
            const LabelList in_a = star(a_, rows[r], rows, false);
            for (std::size_t c = 0; c < columns.size(); ++c) {
                costs[r * columns.size() + c] = level.pair[rows[r] * b_.size + columns[c]] + 0.5 * (list_cost(out_a, out_b[c]) + list_cost(in_a, in_b[c])) - insert[c];
            }
        }
        const Assignment assignment = cheapest_assignment(rows.size(), columns.size(), costs);
        const double bound = level.spent + inserted + assignment.cost;
        for (std::size_t r = 0; r < rows.size(); ++r) { to_[rows[r]] = columns[assignment.column[r]]; }
        const double whole = cost_of(a_, b_, nodes_, to_);
        if (!has_best_ || whole < best_) {
            best_ = whole;
            has_best_ = true;
        }
        if (depth == a_.size || bound >= best_ - k_slack) { return bound; }

        // What the assignment chose first, then by what each choice adds at least.
        std::vector<std::pair<double, std::size_t>> choices;
        for (std::size_t c = 0; c < columns.size(); ++c) {
            const double added = c == assignment.column[0] ? 0.0 : std::max(0.0, costs[c] - assignment.of_row[0] - assignment.of_column[c]);
            choices.emplace_back(c == assignment.column[0] ? -1.0 : added, c);
        }
        std::ranges::sort(choices);
        const std::size_t u = rows[0];
        for (const auto& [added, c] : choices) {
            if (bound + std::max(0.0, added) >= best_ - k_slack) { continue; }
            if (expansions_ >= budget_) {
                is_over_ = true;
                return bound;
            }
            const std::size_t x = columns[c];
            Level below = level;
            below.spent += level.pair[u * b_.size + x];
            for (std::size_t r = 1; r < rows.size(); ++r) {
                const std::size_t v = rows[r];
                for (const std::size_t y : columns) {
                    below.pair[v * b_.size + y] += list_cost(a_.at(u, v), b_.at(x, y)) + list_cost(a_.at(v, u), b_.at(y, x));
                }
            }
            for (const std::size_t y : columns) {
                if (y != x) { below.insert[y] += static_cast<double>(b_.at(x, y).size() + b_.at(y, x).size()); }
            }
            is_used_[x] = 1;
            to_[u] = x;
            (void)expand(depth + 1, below);
            is_used_[x] = 0;
            if (is_over_) { return bound; }
        }
        return bound;
    }

    const Table& a_;
    const Table& b_;
    std::vector<double> nodes_;
    std::uint64_t budget_;
    std::vector<std::size_t> order_;
    std::vector<std::size_t> to_;
    std::vector<char> is_used_;
    double best_ = 0;
    bool has_best_ = false;
    bool is_over_ = false;
    std::uint64_t expansions_ = 0;
};

std::vector<double> node_costs(const Graph& a, const Graph& b, const NodeCost& cost) {
    std::vector<double> costs(a.nodes.size() * b.nodes.size());
    for (std::size_t i = 0; i < a.nodes.size(); ++i) {
        for (std::size_t j = 0; j < b.nodes.size(); ++j) { costs[i * b.nodes.size() + j] = std::clamp(cost(i, j), 0.0, 1.0); }
    }
    return costs;
}

}  // namespace

EditDistance graph_edit_distance(const Graph& a, const Graph& b, const NodeCost& cost, std::uint64_t budget) {
    if (a.nodes.size() > b.nodes.size()) {
        return graph_edit_distance(b, a, [&](std::size_t i, std::size_t j) { return cost(j, i); }, budget);
    }
    if (b.nodes.empty()) { return {}; }
    const Table table_a(a);
    const Table table_b(b);
    return Search(table_a, table_b, node_costs(a, b, cost), budget).run();
}

EditDistance hard_graph_edit_distance(const Graph& a, const Graph& b, std::uint64_t budget) {
    return graph_edit_distance(a, b, [&](std::size_t i, std::size_t j) { return a.nodes[i] == b.nodes[j] ? 0.0 : 1.0; }, budget);
}

double normalized_edit_distance(double value, const Graph& a, const Graph& b) {
    const std::size_t larger = std::max(a.nodes.size() + a.edges.size(), b.nodes.size() + b.edges.size());
    return larger == 0 ? 0.0 : value / static_cast<double>(larger);
}

std::string structure_hash(std::span<const std::string> node_labels, std::span<const Edge> edges, std::span<const std::string> edge_labels) {
    constexpr int k_rounds = 3;
    std::vector<std::string> colours;
    for (const auto& label : node_labels) { colours.push_back(core::FieldHash("runlake.structure/1").field("node", label).finish().hex()); }
    for (int round = 0; round < k_rounds; ++round) {
        std::vector<std::vector<std::string>> around(colours.size());
        for (const auto& edge : edges) {
            const std::string& label = edge_labels[edge.label];
            around[edge.from].push_back(core::FieldHash("runlake.structure/1").field("out", label).field("to", colours[edge.to]).finish().hex());
            around[edge.to].push_back(core::FieldHash("runlake.structure/1").field("in", label).field("from", colours[edge.from]).finish().hex());
        }
        std::vector<std::string> next(colours.size());
        for (std::size_t i = 0; i < colours.size(); ++i) {
            std::ranges::sort(around[i]);
            core::FieldHash hash("runlake.structure/1");
            hash.field("self", colours[i]);
            for (const auto& text : around[i]) { hash.field("edge", text); }
            next[i] = hash.finish().hex();
        }
        colours = std::move(next);
    }
    std::ranges::sort(colours);
    core::FieldHash hash("runlake.structure/1");
    for (const auto& colour : colours) { hash.field("node", colour); }
    return hash.finish().hex().substr(0, 16);
}

}  // namespace runlake::metrics
