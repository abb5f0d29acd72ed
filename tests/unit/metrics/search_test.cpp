// SPDX-License-Identifier: Apache-2.0
// What a history says: trajectory, detour, recovery, the steps of a solution.
#include "metrics/search.hpp"

#include <gtest/gtest.h>

namespace runlake::metrics {
namespace {

using core::Json;

Json parsed(std::string_view text) {
    auto json = core::parse_json(text, "test");
    EXPECT_TRUE(json.ok());
    return json.ok() ? std::move(json).take() : Json();
}

const std::string k_history = R"({"solution_path": [{"mvar_id": "r", "tactic": "constructor"}, {"mvar_id": "b", "tactic": "simp"}], "iterations": [
  {"iteration": 0, "selected_path": ["r"], "attempts": [{"tactic": "simp", "tactic_norm": "simp", "outcome": "failure", "child_mvar_ids": []},
                                                         {"tactic": "constructor", "outcome": "success", "child_mvar_ids": ["b", "c"]}]},
  {"iteration": 3, "selected_path": ["r", "b"], "attempts": [{"tactic": "simp", "outcome": "success", "child_mvar_ids": []}], "terminal_reached": true},
  {"iteration": 4, "selected_path": ["r"], "attempts": [{"tactic": "rw", "outcome": "blocked"}]}]})";
const std::string k_tree = R"({"nodes": {"r": {"goal_sig": "s0", "children": {"constructor": ["c", "b"]}}, "b": {"goal_sig": "s1", "children": {"simp": []}}}})";

Family family(std::string_view tactic) { return {.name = std::string(tactic), .index = tactic == "simp" ? 0U : 9U}; }

TEST(Search, TrajectoryAndDetour) {
    const Json history = parsed(k_history);
    EXPECT_EQ(core::to_json(trajectory(history)),
              R"({"total_iterations":3,"backtrack_count":1,"max_depth_reached":2,"depth_at_solution":2,"unique_goals_visited":2,"tactic_diversity":3})");
    EXPECT_EQ(core::to_json(detour(history)),
              R"({"total_iterations":3,"total_attempts":4,"success_count":2,"failure_count":1,"blocked_count":1,"failure_ratio":0.25,"max_depth":2,"depth_at_solution":2,"terminal_iteration":3})");
    EXPECT_EQ(fingerprint(history).integer_at("attempted_count"), 3);
    EXPECT_EQ(detour(Json()).integer_at("total_attempts"), 0);
    EXPECT_TRUE(detour(Json()).find("terminal_iteration")->is_null());
}

TEST(Search, StepsAreMatchedByGoalTacticAndChildren) {
    const Json history = parsed(k_history);
    const Json tree = parsed(k_tree);
    Solution solution = solution_of({.history = &history, .tree = &tree, .sig_of = [](const std::string&) { return std::nullopt; }, .family_of = family});
    ASSERT_EQ(solution.steps.size(), 2U);
    EXPECT_EQ(solution.expected, 2U);
    EXPECT_EQ(solution.tau_agent, 4);
    EXPECT_EQ(solution.steps[1].iteration, 3);
    EXPECT_EQ(solution.steps[1].goal_sig, "s1");
    add_candidates(solution, parsed(R"({"event": "iteration", "iteration": 3, "node": {"mvar_id": "other"}, "tactics": [{"tactic": "rw"}]})"), family);
    EXPECT_TRUE(solution.steps[1].candidates.empty());
    add_candidates(solution, parsed(R"({"event": "iteration", "iteration": 3, "node": {"mvar_id": "b"}, "tactics": [{"tactic": "simp", "score": 1}, {"tactic": "rw"}]})"), family);
    ASSERT_EQ(solution.steps[1].candidates.size(), 2U);
    EXPECT_EQ(solution.steps[1].candidates[0].name, "simp");
    EXPECT_EQ(solution_goals(history, tree), (std::vector<std::string>{"s0", "s1"}));
}

TEST(Search, StepsThatCannotBeMatchedAreDroppedAndSaid) {
    const Json history = parsed(k_history);
    const Json other_children = parsed(R"({"nodes": {"r": {"goal_sig": "s0", "children": {"constructor": ["c"]}}, "b": {"children": {"simp": []}}}})");
    const auto sig_of = [](const std::string& mvar) { return mvar == "b" ? std::optional<std::string>("from cache") : std::nullopt; };
    const Solution solution = solution_of({.history = &history, .tree = &other_children, .sig_of = sig_of, .family_of = family});
    ASSERT_EQ(solution.steps.size(), 1U);
    EXPECT_EQ(solution.steps[0].goal_sig, "from cache");
    EXPECT_EQ(solution.notes.size(), 1U);
    const Json unsolved = parsed(R"({"solution_path": null, "iterations": []})");
    EXPECT_FALSE(solution_of({.history = &unsolved, .tree = &other_children, .sig_of = sig_of, .family_of = family}).problems.empty());
}

Recovery recovered(const std::vector<std::string>& wild, const std::vector<std::string>& visits) {
    std::vector<Visit> list;
    for (std::size_t i = 0; i < visits.size(); ++i) { list.push_back({.iteration = static_cast<std::int64_t>(10 * i), .goal_sig = visits[i]}); }
    return recovery(wild, list);
}

TEST(Recovery, FindsWhereItLeavesAndComesBack) {
    const auto same = recovered({"a", "b"}, {"a", "b"});
    EXPECT_FALSE(same.divergence_iteration);
    EXPECT_FALSE(same.is_reconverged);
    EXPECT_EQ(same.shared_prefix_length, 2);
    const auto back = recovered({"a", "b", "c"}, {"a", "x", "y", "b", "c"});
    EXPECT_EQ(back.divergence_iteration, 10);
    EXPECT_EQ(back.reconvergence_iteration, 30);
    EXPECT_EQ(back.recovery_iterations, 20);
    EXPECT_EQ(back.shared_prefix_length, 1);
    const auto past = recovered({"a"}, {"a", "b"});
    EXPECT_EQ(past.divergence_iteration, 10);
    EXPECT_FALSE(past.is_reconverged);
    EXPECT_FALSE(recovered({"a", "b"}, {"x", "b", "y"}).is_reconverged);
    EXPECT_EQ(recovered({"a", "b"}, {"b"}).recovery_iterations, 0);
    EXPECT_EQ(recovered({}, {}).shared_prefix_length, 0);
}

}  // namespace
}  // namespace runlake::metrics
