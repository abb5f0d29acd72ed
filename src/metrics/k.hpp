// SPDX-License-Identifier: Apache-2.0
// K, the search efficiency of a solved search: by how many powers of ten it tried less than a blind search would have. Definitions: docs/reference/proof-search-metrics.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"

namespace runlake::metrics {

// log10(blind / agent), six decimals; nothing where one of them is not above 0.
std::optional<double> k_of(double tau_blind, double tau_agent);

// A tactic's family: its name, and where its outcomes are counted (9, "other", for one that is not among the ten).
struct Family {
    std::string name;
    std::size_t index = 9;
    bool operator==(const Family&) const = default;
};

// How often each family was tried and worked.
struct Outcomes {
    std::array<std::int64_t, 10> attempts{};
    std::array<std::int64_t, 10> successes{};
    void add(const Outcomes& other);
    bool operator==(const Outcomes&) const = default;
};
struct OutcomeTable {
    std::map<std::string, Outcomes, std::less<>> by_goal;
    Outcomes whole;
    void add(const OutcomeTable& other);
    bool operator==(const OutcomeTable&) const = default;
};

struct SolutionStep {
    std::int64_t iteration = 0;
    std::string mvar_id;
    std::string goal_sig;
    Family used;
    std::vector<Family> candidates;  // as the trace of that iteration has them, with repeats; empty where it has none
};
// What a search did on its way to the solution.
struct Solution {
    std::vector<std::string> problems;  // why there is none to speak of; empty for one that can be scored
    std::vector<std::string> notes;
    std::int64_t tau_agent = 0;
    std::vector<SolutionStep> steps;
    std::size_t expected = 0;  // steps of the solution; those that could not be matched are dropped
};

// The payload `k_search_efficiency` from the run's own outcomes; `files` are added to `steps`.
core::Json local_k(const Solution& solution, const OutcomeTable& outcomes, const std::vector<std::pair<std::string, std::string>>& files);
// The payload from the outcomes of a reference, whose estimates `alpha` > 0 smooths.
core::Json reference_k(const Solution& solution, const OutcomeTable& reference, double alpha);
// A payload as the summary keeps it.
core::Json compact_k(const core::Json& payload);

}  // namespace runlake::metrics
