// SPDX-License-Identifier: Apache-2.0
// What the history of a search says: its trajectory, its detours, what it tried, how it came back to another search's path, and which steps led to its solution.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "metrics/k.hpp"

namespace runlake::metrics {

// A field that is missing or of another kind counts as empty; nothing here fails.
core::Json trajectory(const core::Json& history);
core::Json detour(const core::Json& history);
core::Json fingerprint(const core::Json& history);

struct Visit {
    std::int64_t iteration = 0;
    std::string goal_sig;
};
struct Recovery {
    std::optional<std::int64_t> divergence_iteration;
    std::optional<std::int64_t> reconvergence_iteration;
    std::optional<std::int64_t> recovery_iterations;
    std::int64_t shared_prefix_length = 0;
    bool is_reconverged = false;
};
// Where `visits` leave the solved path `wild`, and from where on all of the rest is an end of it.
Recovery recovery(std::span<const std::string> wild, std::span<const Visit> visits);
core::Json to_json(const Recovery& recovery);

// The signature of a goal, as the tree or the goal cache has it.
using SigOf = std::function<std::optional<std::string>(const std::string& mvar_id)>;
// The goals on the way to the solution: what `wild` is. Nothing where there is no solution, or where a goal on it has no signature.
std::optional<std::vector<std::string>> solved_path(const core::Json& history, const SigOf& sig_of);
// The goal in which each iteration ended. One without a signature has "", which equals none of a path; an iteration without a path is no visit.
std::vector<Visit> visits_of(const core::Json& history, const SigOf& sig_of);

struct SolutionInput {
    const core::Json* history = nullptr;
    const core::Json* tree = nullptr;
    SigOf sig_of;  // of the goal cache, for nodes that have none of their own
    std::function<Family(std::string_view tactic)> family_of;
};
// The steps of a solution, matched with the iterations in which they were made; candidates are left for add_candidates().
Solution solution_of(const SolutionInput& input);
// One line of the search's trace: it gives the candidates of those steps that it is about.
void add_candidates(Solution& solution, const core::Json& event, const std::function<Family(std::string_view tactic)>& family_of);

// The goals on the path of the solution, in order, less those that no node names.
std::vector<std::string> solution_goals(const core::Json& history, const core::Json& tree);

}  // namespace runlake::metrics
