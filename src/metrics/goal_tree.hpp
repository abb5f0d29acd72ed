// SPDX-License-Identifier: Apache-2.0
// Goals as trees: the expressions of a goal cache, unfolded, with the arguments of And, Or and Iff in one order, and without the names of variables.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/json.hpp"
#include "core/result.hpp"
#include "metrics/tree.hpp"

namespace runlake::metrics {

inline constexpr std::size_t k_max_goal_nodes = 800;       // of one expression, unfolded
inline constexpr std::size_t k_max_whole_goal_nodes = 4000;  // of a goal with its hypotheses

// The tree goal(type, hyps(...)) of an entry of a goal cache: its `type_expr` and `hyp_exprs`, each {rootId, nodes: [[id, {kind, ...}], ...]}. Errc::not_found: an expression is missing.
// Errc::corrupt: one is none, goes round in a circle, or is larger than the limits.
core::Result<Tree> goal_tree(const core::Json& entry, Labels& labels);

// The distances between the goals of one cache, by their signatures. Any thread may ask.
class GoalDistances {
  public:
    explicit GoalDistances(const core::Json& entries) : entries_(entries) {}  // must outlive it

    // Nothing is wrong with the goal, or what is.
    std::optional<std::string> problem(const std::string& sig);
    // Normalised; 1 where one of both goals has no tree, 0 for the same signature.
    double operator()(const std::string& a, const std::string& b);

  private:
    struct Made {
        std::unique_ptr<const Tree> tree;
        std::string problem;
    };
    const Made& made(const std::string& sig);

    const core::Json& entries_;
    std::mutex lock_;
    Labels labels_;
    std::map<std::string, Made, std::less<>> trees_;
    std::map<std::pair<std::string, std::string>, double> known_;
};

}  // namespace runlake::metrics
