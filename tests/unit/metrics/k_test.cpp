// SPDX-License-Identifier: Apache-2.0
// K: hand-checked vectors, its laws, every variant and what makes one invalid.
#include "metrics/k.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "metrics/basin.hpp"
#include "metrics/search.hpp"

namespace runlake::metrics {
namespace {

using core::Json;

const Family k_simplify{.name = "simplify", .index = 0};
const Family k_rewrite{.name = "rewrite", .index = 1};
const Family k_own{.name = "custom2", .index = 9};

// p = 1/4 and 1/2: (0+1)/(2+2) and the prior of what nobody has tried, (0+1)/(0+2).
Solution two_steps(std::int64_t tau_agent) {
    Solution out;
    out.tau_agent = tau_agent;
    out.expected = 2;
    out.steps.push_back({.iteration = 0, .mvar_id = "a", .goal_sig = "s", .used = k_simplify, .candidates = {k_simplify, k_simplify}});
    out.steps.push_back({.iteration = 1, .mvar_id = "b", .goal_sig = "t", .used = k_rewrite, .candidates = {k_rewrite}});
    return out;
}
OutcomeTable table() {
    OutcomeTable out;
    out.by_goal["s"].attempts[0] = 2;
    return out;
}
const Json& variant(const Json& payload, std::string_view metric, std::string_view model) { return *payload.find("variants")->find(metric)->find(model); }

TEST(K, LogarithmOfTheRatio) {
    EXPECT_EQ(k_of(6, 3), 0.30103);
    EXPECT_EQ(k_of(10, 1), 1.0);
    EXPECT_EQ(k_of(1, 10), -1.0);
    for (const double tau : {0.001, 1.0, 123.0, 1e9}) { EXPECT_EQ(k_of(tau, tau), 0.0); }
    EXPECT_FALSE(k_of(0, 1));
    EXPECT_FALSE(k_of(1, 0));
    EXPECT_FALSE(k_of(-1, 1));
    EXPECT_FALSE(k_of(NAN, 1));
}

TEST(K, TwoStepsOfAQuarterAndAHalf) {
    const Json payload = local_k(two_steps(3), table(), {{"trace_path", "w_mcts_trace.jsonl"}});
    EXPECT_EQ(payload.bool_at("valid"), true);
    EXPECT_EQ(payload.find("primary")->number_at("tau_blind"), 6.0);
    EXPECT_EQ(payload.find("primary")->number_at("K"), 0.30103);
    EXPECT_EQ(payload.find("primary")->string_at("null_model"), "blind_uniform_candidate");
    EXPECT_EQ(payload.find("steps")->integer_at("dropped"), 0);
    EXPECT_EQ(payload.find("steps")->string_at("trace_path"), "w_mcts_trace.jsonl");
    EXPECT_EQ(compact_k(payload).find("steps")->as_object()->size(), 1U);
}

TEST(K, IsAntisymmetricAndAddsUpAlongAChain) {
    std::mt19937 random(41);
    for (int round = 0; round < 500; ++round) {
        const auto tau = [&] { return 0.5 + static_cast<double>(random() % 1'000'000) / 7; };
        const double a = tau();
        const double b = tau();
        const double c = tau();
        ASSERT_NEAR(*k_of(a, b), -*k_of(b, a), 1e-9);
        ASSERT_NEAR(*k_of(a, b) + *k_of(b, c), *k_of(a, c), 2e-6);
    }
}

TEST(K, SeesNeitherNamesOfGoalsNorTheOrderOfCandidates) {
    std::mt19937 random(42);
    const Family families[] = {k_simplify, k_rewrite, {.name = "intro", .index = 2}, k_own};
    for (int round = 0; round < 100; ++round) {
        Solution solution;
        solution.tau_agent = 1 + static_cast<std::int64_t>(random() % 20);
        solution.expected = 3;
        OutcomeTable outcomes;
        for (int step = 0; step < 3; ++step) {
            SolutionStep one{.iteration = step, .mvar_id = std::to_string(step), .goal_sig = std::string(1, static_cast<char>('s' + step)), .used = families[random() % 4], .candidates = {}};
            for (std::size_t count = 1 + random() % 5; count > 0; --count) { one.candidates.push_back(families[random() % 4]); }
            for (auto& count : outcomes.by_goal[one.goal_sig].attempts) { count = static_cast<std::int64_t>(random() % 4); }
            outcomes.whole.add(outcomes.by_goal[one.goal_sig]);
            solution.steps.push_back(std::move(one));
        }
        auto other = solution;
        OutcomeTable renamed;
        renamed.whole = outcomes.whole;
        for (const auto& [sig, counts] : outcomes.by_goal) { renamed.by_goal.emplace("goal " + sig, counts); }
        for (auto& step : other.steps) {
            step.goal_sig = "goal " + step.goal_sig;
            std::ranges::reverse(step.candidates);
        }
        ASSERT_EQ(local_k(solution, outcomes, {}), local_k(other, renamed, {}));
        ASSERT_EQ(reference_k(solution, outcomes, 0.7), reference_k(other, renamed, 0.7));
    }
}

// A search that itself chooses blindly needs, on average, as many attempts as the model says: K of its expectation is 0.
TEST(K, OfABlindSearchIsZero) {
    EXPECT_EQ(local_k(two_steps(6), table(), {}).find("primary")->number_at("K"), 0.0);
    std::mt19937 random(3);
    double attempts = 0;
    constexpr int k_searches = 40'000;
    for (int i = 0; i < k_searches; ++i) {
        for (const double p : {0.25, 0.5}) { attempts += 1 + static_cast<double>(std::geometric_distribution<int>(p)(random)); }
    }
    EXPECT_NEAR(*k_of(6, attempts / k_searches), 0, 0.01);
}

TEST(K, FamiliesCountOnceAndTheUsedOneByItsShare) {
    Solution solution = two_steps(1);
    solution.steps.pop_back();
    solution.expected = 1;
    solution.steps[0].candidates = {k_simplify, k_simplify, k_simplify, k_rewrite};
    const Json payload = local_k(solution, table(), {});
    // simplify 1/4, rewrite 1/2
    EXPECT_EQ(variant(payload, "any_success", "blind_uniform_candidate").number_at("tau_blind"), 3.2);     // mean 5/16
    EXPECT_EQ(variant(payload, "any_success", "blind_uniform_family").number_at("tau_blind"), 2.666667);   // mean 3/8
    EXPECT_EQ(variant(payload, "used_operator", "blind_uniform_candidate").number_at("tau_blind"), 5.333333);  // 3/4 of 1/4
    EXPECT_EQ(variant(payload, "used_operator", "blind_uniform_family").number_at("tau_blind"), 8.0);      // half of 1/4
}

TEST(K, AFamilyOfItsOwnCountsAsOther) {
    Solution solution = two_steps(1);
    solution.steps.pop_back();
    solution.expected = 1;
    solution.steps[0].candidates = {k_own};
    OutcomeTable outcomes;
    outcomes.by_goal["s"].attempts[9] = 1;
    outcomes.by_goal["s"].successes[9] = 1;
    const Json payload = local_k(solution, outcomes, {});
    EXPECT_EQ(variant(payload, "any_success", "blind_uniform_candidate").number_at("tau_blind"), 1.5);
    EXPECT_EQ(variant(payload, "used_operator", "blind_uniform_candidate").bool_at("valid"), false);  // simplify is not among them
}

TEST(K, WithoutCandidatesTheFamiliesOfTheGoalStandIn) {
    Solution solution = two_steps(3);
    solution.steps[0].candidates.clear();
    const Json payload = local_k(solution, table(), {});
    EXPECT_EQ(payload.bool_at("valid"), true);
    EXPECT_EQ(payload.find("primary")->string_at("null_model"), "blind_uniform_family");
    EXPECT_FALSE(payload.find("validity_notes")->as_array()->empty());
    EXPECT_EQ(variant(payload, "any_success", "blind_uniform_candidate").bool_at("valid"), false);
    EXPECT_TRUE(variant(payload, "any_success", "blind_uniform_candidate").find("tau_blind")->is_null());
    // Against a reference there is no such way out.
    const Json reference = reference_k(solution, table(), 1);
    EXPECT_EQ(reference.bool_at("valid"), false);
    EXPECT_EQ(reference.find("primary")->string_at("null_model"), "blind_uniform_candidate");
    EXPECT_EQ(reference.string_at("reference_kind"), "goal_outcomes");
}

TEST(K, AlphaSmoothsAReference) {
    const Json one = reference_k(two_steps(3), table(), 1);
    EXPECT_EQ(one.find("primary")->number_at("tau_blind"), 6.0);
    const Json half = reference_k(two_steps(3), table(), 0.5);  // 0.5/3 and 0.5/1
    EXPECT_EQ(half.find("primary")->number_at("tau_blind"), 8.0);
}

TEST(K, AStepThatWasNotMatchedMakesItInvalid) {
    Solution solution = two_steps(3);
    solution.expected = 3;
    const Json payload = local_k(solution, table(), {});
    EXPECT_EQ(payload.bool_at("valid"), false);
    EXPECT_EQ(payload.find("steps")->integer_at("dropped"), 1);
    EXPECT_EQ(payload.find("primary")->number_at("K"), 0.30103);
    solution.problems.emplace_back("no history");
    EXPECT_EQ(local_k(solution, table(), {}).find("primary"), nullptr);
}

TEST(K, TablesAddUp) {
    OutcomeTable sum = table();
    sum.add(table());
    EXPECT_EQ(sum.by_goal["s"].attempts[0], 4);
}

TEST(Basin, CensorsAtTheHorizon) {
    const std::vector<SeedResult> seeds{
        {.is_solved = true, .structure_hash = "a", .iterations = 10, .is_blind_solved = true, .blind_iterations = 100},
        {.is_solved = true, .structure_hash = "a", .iterations = 30, .is_blind_solved = false, .blind_iterations = {}},
        {.is_solved = true, .structure_hash = "b", .iterations = 20, .is_blind_solved = false, .blind_iterations = {}},
        {.is_solved = false, .structure_hash = {}, .iterations = {}, .is_blind_solved = false, .blind_iterations = {}},
    };
    const auto statistics = basin_statistics(seeds, 4);
    EXPECT_EQ(statistics.solve_rate, 0.75);
    EXPECT_EQ(statistics.unique_structures, 2);
    EXPECT_EQ(statistics.dominant_structure_frequency, 0.667);
    EXPECT_EQ(statistics.blind_solve_rate, 0.25);
    EXPECT_EQ(statistics.structure_entropy_bits, 0.918296);
    const auto k = basin_k(seeds, 940);
    EXPECT_EQ(k.lower_bound_censored_at_H, k_of((100.0 + 3 * 940) / 4, (10.0 + 30 + 20 + 940) / 4));
    EXPECT_EQ(k.conditional_on_both_solved, 1.0);
    EXPECT_EQ(basin_statistics({}, 0).solve_rate, 0.0);
    EXPECT_FALSE(basin_k({}, 10).lower_bound_censored_at_H);
}

}  // namespace
}  // namespace runlake::metrics
