// SPDX-License-Identifier: Apache-2.0
// What many seeds of one search say together: how often they solve, by how many structures, and how much more quickly than a blind search.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "core/json.hpp"

namespace runlake::metrics {

struct SeedResult {
    bool is_solved = false;
    std::optional<std::string> structure_hash;
    std::optional<std::int64_t> iterations;
    bool is_blind_solved = false;
    std::optional<std::int64_t> blind_iterations;
};

struct BasinStatistics {
    double solve_rate = 0;  // by the seeds that were asked for
    std::int64_t unique_structures = 0;
    double dominant_structure_frequency = 0;  // of the solved seeds, three decimals
    std::map<std::string, std::int64_t> structures;
    double blind_solve_rate = 0;
    double structure_entropy_bits = 0;
};
BasinStatistics basin_statistics(std::span<const SeedResult> seeds, std::int64_t seeds_requested);

// K of a basin, with unsolved seeds at the horizon and over the seeds that both solved; null where a mean is not above 0.
struct BasinK {
    std::optional<double> lower_bound_censored_at_H;
    std::optional<double> conditional_on_both_solved;
};
BasinK basin_k(std::span<const SeedResult> seeds, std::int64_t horizon);

// Shannon's entropy of counts, in bits: 0 for one kind, log2(n) for n equally frequent ones. Counts of 0 and below are left out.
double entropy_bits(std::span<const std::int64_t> counts);

}  // namespace runlake::metrics
