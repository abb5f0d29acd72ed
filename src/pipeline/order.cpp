// SPDX-License-Identifier: Apache-2.0
// The order of stage instances, and the cycles in which there is none.
#include <algorithm>
#include <functional>
#include <queue>

#include "core/text.hpp"
#include "pipeline/graph_parts.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;
using Numbers = std::vector<std::size_t>;

constexpr std::size_t k_most_shown = 12;

// Each after what it needs, the least number first; fewer than all when there is a cycle.
Numbers sorted_numbers(const std::vector<Numbers>& needed_by, Numbers open_needs) {
    std::priority_queue<std::size_t, Numbers, std::greater<>> ready;
    for (std::size_t i = 0; i < open_needs.size(); ++i) {
        if (open_needs[i] == 0) { ready.push(i); }
    }
    Numbers order;
    order.reserve(open_needs.size());
    while (!ready.empty()) {
        const std::size_t next = ready.top();
        ready.pop();
        order.push_back(next);
        for (const std::size_t after : needed_by[next]) {
            if (--open_needs[after] == 0) { ready.push(after); }
        }
    }
    return order;
}

// Some cycle among what could not be ordered: each of those needs another of them, so following needs comes round.
Cycle describe_cycle(const Graph& graph, const Numbers& order) {
    std::vector<char> ordered(graph.instances.size(), 0);
    for (const std::size_t i : order) { ordered[i] = 1; }
    const auto open = [&](std::size_t i) { return ordered[i] == 0; };
    std::size_t at = 0;
    while (!open(at)) { ++at; }
    Numbers way;
    std::vector<std::size_t> seen_at(graph.instances.size(), graph.instances.size());
    while (seen_at[at] == graph.instances.size()) {
        seen_at[at] = way.size();
        way.push_back(at);
        at = *std::find_if(graph.instances[at].needs.begin(), graph.instances[at].needs.end(), open);
    }
    way.erase(way.begin(), way.begin() + static_cast<std::ptrdiff_t>(seen_at[at]));
    // Begin with the one that stands first in the file, so that the message does not depend on where the search began.
    std::rotate(way.begin(), std::min_element(way.begin(), way.end()), way.end());
    const Instance& first = graph.instances[way.front()];
    Cycle cycle;
    for (const DeclaredPath& read : first.reads) {
        const std::size_t needed = way.size() > 1 ? way[1] : way[0];
        if (cycle.at.line == 0 && std::binary_search(read.writers.begin(), read.writers.end(), needed)) { cycle.at = read.at; }
    }
    cycle.what = "stages need each other in a circle: ";
    for (std::size_t i = 0; i < way.size() && i < k_most_shown; ++i) { cycle.what += cat(graph.instances[way[i]].which.str(), " needs "); }
    if (way.size() > k_most_shown) { cycle.what += cat("(", way.size() - k_most_shown, " more) "); }
    cycle.what += first.which.str();
    return cycle;
}

void renumber(Numbers& numbers, const Numbers& new_numbers) {
    for (std::size_t& number : numbers) { number = new_numbers[number]; }
    std::sort(numbers.begin(), numbers.end());
}

}  // namespace

std::optional<Cycle> put_in_order(Graph& graph) {
    const std::size_t count = graph.instances.size();
    std::vector<Numbers> needed_by(count);
    Numbers open_needs(count, 0);
    for (std::size_t i = 0; i < count; ++i) {
        open_needs[i] = graph.instances[i].needs.size();
        for (const std::size_t need : graph.instances[i].needs) { needed_by[need].push_back(i); }
    }
    const Numbers order = sorted_numbers(needed_by, std::move(open_needs));
    if (order.size() < count) { return describe_cycle(graph, order); }
    Numbers new_numbers(count, 0);
    for (std::size_t i = 0; i < count; ++i) { new_numbers[order[i]] = i; }
    std::vector<Instance> instances;
    instances.reserve(count);
    for (const std::size_t old : order) {
        Instance& instance = graph.instances[old];
        instance.needed_by = std::move(needed_by[old]);
        renumber(instance.needed_by, new_numbers);
        renumber(instance.needs, new_numbers);
        for (DeclaredPath& read : instance.reads) { renumber(read.writers, new_numbers); }
        instances.push_back(std::move(instance));
    }
    graph.instances = std::move(instances);
    return std::nullopt;
}

}  // namespace runlake::pipeline
