// SPDX-License-Identifier: Apache-2.0
#include "metrics/basin.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "metrics/k.hpp"
#include "metrics/numbers.hpp"

namespace runlake::metrics {

double entropy_bits(std::span<const std::int64_t> counts) {
    std::vector<double> present;
    double total = 0;
    for (const std::int64_t count : counts) {
        if (count > 0) { present.push_back(static_cast<double>(count)); }
    }
    std::ranges::sort(present);  // the same sum whatever the order of the kinds
    for (const double count : present) { total += count; }
    double bits = 0;
    for (const double count : present) { bits += count / total * std::log2(total / count); }
    return rounded(bits);
}

BasinStatistics basin_statistics(std::span<const SeedResult> seeds, std::int64_t seeds_requested) {
    BasinStatistics out;
    std::int64_t solved = 0;
    std::int64_t blind = 0;
    for (const auto& seed : seeds) {
        solved += seed.is_solved ? 1 : 0;
        blind += seed.is_blind_solved ? 1 : 0;
        if (seed.is_solved && seed.structure_hash) { ++out.structures[*seed.structure_hash]; }
    }
    std::vector<std::int64_t> counts;
    for (const auto& [hash, count] : out.structures) { counts.push_back(count); }
    out.unique_structures = static_cast<std::int64_t>(counts.size());
    if (solved > 0 && !counts.empty()) {
        out.dominant_structure_frequency = rounded(static_cast<double>(*std::ranges::max_element(counts)) / static_cast<double>(solved), 3);
    }
    if (seeds_requested > 0) {
        out.solve_rate = static_cast<double>(solved) / static_cast<double>(seeds_requested);
        out.blind_solve_rate = static_cast<double>(blind) / static_cast<double>(seeds_requested);
    }
    out.structure_entropy_bits = entropy_bits(counts);
    return out;
}

BasinK basin_k(std::span<const SeedResult> seeds, std::int64_t horizon) {
    struct Mean {
        double sum = 0;
        double count = 0;
        void add(double value) {
            sum += value;
            count += 1;
        }
        double value() const { return count > 0 ? sum / count : 0; }
    };
    Mean agent;
    Mean blind;
    Mean agent_both;
    Mean blind_both;
    for (const auto& seed : seeds) {
        const bool has_agent = seed.is_solved && seed.iterations;
        const bool has_blind = seed.is_blind_solved && seed.blind_iterations;
        agent.add(static_cast<double>(has_agent ? *seed.iterations : horizon));
        blind.add(static_cast<double>(has_blind ? *seed.blind_iterations : horizon));
        if (has_agent && has_blind) {
            agent_both.add(static_cast<double>(*seed.iterations));
            blind_both.add(static_cast<double>(*seed.blind_iterations));
        }
    }
    return {.lower_bound_censored_at_H = k_of(blind.value(), agent.value()), .conditional_on_both_solved = k_of(blind_both.value(), agent_both.value())};
}

}  // namespace runlake::metrics
