// SPDX-License-Identifier: Apache-2.0
// Distances for those who compare them with other libraries: one JSON case a line in, {"value", "seconds" of processor time} a line out.
//
//     {"trees": [T, T]}   with T = [label, [T, ...]]
//     {"graphs": [G, G], "budget": n}   with G = {"nodes": [label, ...], "edges": [[from, to, label], ...]}
#include <ctime>
#include <iostream>
#include <string>

#include "core/json.hpp"
#include "metrics/graph.hpp"
#include "metrics/tree.hpp"
#include "metrics/tree_strategy.hpp"

namespace core = runlake::core;
namespace metrics = runlake::metrics;

namespace {

// Of this process: what else the machine does meanwhile does not count.
double processor_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::size_t add(const core::Json& tree, std::vector<metrics::TreeNode>& nodes, metrics::Labels& labels) {
    const auto& pair = *tree.as_array();
    const std::size_t at = nodes.size();
    nodes.push_back({.label = labels.id(*pair[0].as_string()), .children = {}});
    for (const auto& child : *pair[1].as_array()) {
        const std::size_t below = add(child, nodes, labels);
        nodes[at].children.push_back(below);
    }
    return at;
}

metrics::Tree tree_of(const core::Json& json, metrics::Labels& labels) {
    std::vector<metrics::TreeNode> nodes;
    const std::size_t root = add(json, nodes, labels);
    return {nodes, root};
}

metrics::Graph graph_of(const core::Json& json, metrics::Labels& labels) {
    metrics::Graph out;
    for (const auto& node : *json.find("nodes")->as_array()) { out.nodes.push_back(labels.id(*node.as_string())); }
    for (const auto& edge : *json.find("edges")->as_array()) {
        const auto& parts = *edge.as_array();
        out.edges.push_back({.from = static_cast<std::size_t>(*parts[0].as_integer()), .to = static_cast<std::size_t>(*parts[1].as_integer()), .label = labels.id(*parts[2].as_string())});
    }
    return out;
}

}  // namespace

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        const auto parsed = core::parse_json(line, "case", 2000);
        if (!parsed.ok()) {
            std::cerr << parsed.error().message() << '\n';
            return 2;
        }
        const auto& json = parsed.value();
        metrics::Labels labels;
        core::Json out = core::Json::object();
        // What the other libraries are timed with too: from their own graphs and trees, which are made before, to the number.
        if (const auto* trees = json.find("trees")) {
            const auto a = tree_of((*trees->as_array())[0], labels);
            const auto b = tree_of((*trees->as_array())[1], labels);
            const double begun = processor_seconds();
            const auto value = metrics::tree_edit_distance(a, b);
            out.set("value", std::uint64_t{value}).set("seconds", processor_seconds() - begun);
            // Which way it went, told by the same rule.
            out.set("way", metrics::is_worth_choosing(a, b) ? "chosen" : "one side");
        } else {
            const auto& graphs = *json.find("graphs")->as_array();
            const auto a = graph_of(graphs[0], labels);
            const auto b = graph_of(graphs[1], labels);
            const double begun = processor_seconds();
            const auto found = metrics::hard_graph_edit_distance(a, b, static_cast<std::uint64_t>(json.integer_at("budget").value_or(1'000'000)));
            out.set("value", found.value).set("exact", found.is_exact).set("expansions", found.expansions);
            out.set("seconds", processor_seconds() - begun);
        }
        std::cout << core::to_json(out) << '\n';
    }
    return 0;
}
