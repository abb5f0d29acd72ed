// SPDX-License-Identifier: Apache-2.0
// What a history says: trajectory, detour, recovery, the steps of a solution.
#include "metrics/search.hpp"

#include <gtest/gtest.h>

#include <random>

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

// By its definition: every position is tried, and the whole rest compared.
Recovery slow_recovery(const std::vector<std::string>& wild, const std::vector<Visit>& visits) {
    Recovery out;
    for (std::size_t at = 0; at < visits.size(); ++at) {
        if (at < wild.size() && visits[at].goal_sig == wild[at]) {
            ++out.shared_prefix_length;
            continue;
        }
        out.divergence_iteration = visits[at].iteration;
        for (std::size_t from = at; from < visits.size() && !out.is_reconverged; ++from) {
            const std::size_t rest = visits.size() - from;
            bool is_end = rest <= wild.size();
            for (std::size_t i = 0; is_end && i < rest; ++i) { is_end = visits[from + i].goal_sig == wild[wild.size() - rest + i]; }
            if (!is_end) { continue; }
            out.is_reconverged = true;
            out.reconvergence_iteration = visits[from].iteration;
            out.recovery_iterations = visits[from].iteration - *out.divergence_iteration;
        }
        return out;
    }
    return out;
}

TEST(Recovery, AgreesWithItsDefinitionAndSeesNeitherNamesNorWhereIterationsBegin) {
    std::mt19937 random(31);
    int recovered_ones = 0;
    for (int round = 0; round < 2000; ++round) {
        std::vector<std::string> wild;
        std::vector<Visit> visits;
        const auto letter = [&] { return std::string(1, static_cast<char>('a' + random() % 3)); };
        for (std::size_t count = random() % 6; count > 0; --count) { wild.push_back(letter()); }
        for (std::size_t count = random() % 8; count > 0; --count) { visits.push_back({.iteration = static_cast<std::int64_t>(3 * visits.size()), .goal_sig = random() % 9 == 0 ? "" : letter()}); }
        const std::string told = core::to_json(to_json(recovery(wild, visits)));
        ASSERT_EQ(told, core::to_json(to_json(slow_recovery(wild, visits))));
        recovered_ones += recovery(wild, visits).is_reconverged ? 1 : 0;
        auto other_wild = wild;
        auto other_visits = visits;
        for (auto& sig : other_wild) { sig = "goal " + sig; }
        for (auto& visit : other_visits) { visit.goal_sig = visit.goal_sig.empty() ? "" : "goal " + visit.goal_sig; }
        ASSERT_EQ(core::to_json(to_json(recovery(other_wild, other_visits))), told);
        for (auto& visit : visits) { visit.iteration += 100; }
        const auto later = recovery(wild, visits);
        ASSERT_EQ(later.recovery_iterations, slow_recovery(wild, visits).recovery_iterations);
        std::vector<Visit> same;
        for (const auto& sig : wild) { same.push_back({.iteration = 0, .goal_sig = sig}); }
        ASSERT_FALSE(recovery(wild, same).divergence_iteration);
    }
    EXPECT_GT(recovered_ones, 100);
}

TEST(Recovery, IsOfTheGoalsThatIterationsEndedIn) {
    const Json history = parsed(k_history);
    const auto sig_of = [](const std::string& mvar) { return mvar == "r" ? std::optional<std::string>("s0") : std::nullopt; };
    const auto visits = visits_of(history, sig_of);
    ASSERT_EQ(visits.size(), 3U);
    EXPECT_EQ(visits[0].goal_sig, "s0");
    EXPECT_EQ(visits[1].goal_sig, "");
    EXPECT_EQ(visits[1].iteration, 3);
    EXPECT_FALSE(solved_path(history, sig_of));  // of b nobody knows the signature
    EXPECT_EQ(solved_path(history, [](const std::string& mvar) { return std::optional("sig of " + mvar); }), (std::vector<std::string>{"sig of r", "sig of b"}));
    EXPECT_FALSE(solved_path(Json(), sig_of));
    EXPECT_TRUE(visits_of(Json(), sig_of).empty());
}

}  // namespace
}  // namespace runlake::metrics
