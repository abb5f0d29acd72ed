// SPDX-License-Identifier: Apache-2.0
// Spread, entropy, and clusters by average linkage.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "metrics/basin.hpp"
#include "metrics/clusters.hpp"
#include "metrics/numbers.hpp"

namespace runlake::metrics {
namespace {

TEST(Numbers, SpreadTakesTheLowerNeighbour) {
    EXPECT_EQ(core::to_json(spread({0.4, 0.1, 0.2, 0.3})), R"({"count":4,"mean":0.25,"p50":0.2,"p90":0.3,"min":0.1,"max":0.4})");
    EXPECT_TRUE(spread({}).is_null());
    EXPECT_EQ(rounded(0.1234565), 0.123456);  // as Python: the double lies below the tie
    EXPECT_EQ(rounded(2.5, 0), 2.0);
}

TEST(Entropy, HasTheLawsOfShannons) {
    const auto bits = [](std::vector<std::int64_t> counts) { return entropy_bits(counts); };
    EXPECT_EQ(bits({}), 0.0);
    EXPECT_EQ(bits({9}), 0.0);
    EXPECT_EQ(bits({1, 1, 1, 1}), 2.0);
    EXPECT_EQ(bits({3, 1}), 0.811278);
    EXPECT_EQ(bits({3, 0, 1, -4}), bits({1, 3}));
    EXPECT_EQ(bits({30, 10}), bits({3, 1}));
    std::mt19937 random(5);
    for (int round = 0; round < 100; ++round) {
        std::vector<std::int64_t> counts(1 + random() % 9);
        for (auto& count : counts) { count = 1 + static_cast<std::int64_t>(random() % 50); }
        const double whole = bits(counts);
        ASSERT_LE(whole, std::log2(static_cast<double>(counts.size())) + 1e-6);
        auto joined = counts;  // joining two kinds never makes more of it
        if (joined.size() > 1) {
            joined[0] += joined.back();
            joined.pop_back();
            ASSERT_LE(bits(joined), whole + 1e-6);
        }
        std::ranges::reverse(counts);
        ASSERT_EQ(bits(counts), whole);
    }
}

TEST(Clusters, AverageLinkageByHand) {
    const std::vector<std::vector<double>> distances{{0, 1, 8, 9}, {1, 0, 7, 8}, {8, 7, 0, 2}, {9, 8, 2, 0}};
    const auto two = average_linkage(distances, 5);
    ASSERT_TRUE(two.ok());
    ASSERT_EQ(two.value().clusters.size(), 2U);
    EXPECT_EQ(two.value().clusters[0], (Cluster{.members = {0, 1}, .representative = 0}));
    EXPECT_EQ(two.value().clusters[1], (Cluster{.members = {2, 3}, .representative = 2}));
    EXPECT_EQ(two.value().distances[0][1], 8.0);
    EXPECT_EQ(average_linkage(distances, 8).value_or({}).clusters.size(), 1U);
    EXPECT_EQ(average_linkage(distances, 0.5).value_or({}).clusters.size(), 4U);
    EXPECT_EQ(average_linkage({}, 1).value_or({}).clusters.size(), 0U);
    EXPECT_FALSE(average_linkage({{0, 1}, {2, 0}}, 1).ok());
    EXPECT_FALSE(average_linkage({{0, NAN}, {NAN, 0}}, 1).ok());
    EXPECT_FALSE(average_linkage({{0, 1}}, 1).ok());
    EXPECT_FALSE(average_linkage({{1}}, 1).ok());
}

// The means are taken anew for each pair: slow, and without the formula that the code keeps them by.
std::vector<std::vector<std::size_t>> slow_linkage(const std::vector<std::vector<double>>& distances, double cut) {
    std::vector<std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < distances.size(); ++i) { groups.push_back({i}); }
    const auto mean = [&](const auto& a, const auto& b) {
        double sum = 0;
        for (const auto i : a) {
            for (const auto j : b) { sum += distances[i][j]; }
        }
        return sum / static_cast<double>(a.size() * b.size());
    };
    while (true) {
        double least = INFINITY;
        std::pair<std::size_t, std::size_t> at;
        for (std::size_t i = 0; i < groups.size(); ++i) {
            for (std::size_t j = i + 1; j < groups.size(); ++j) {
                if (mean(groups[i], groups[j]) < least) {
                    least = mean(groups[i], groups[j]);
                    at = {i, j};
                }
            }
        }
        if (!(least <= cut)) { return groups; }
        groups[at.first].insert(groups[at.first].end(), groups[at.second].begin(), groups[at.second].end());
        std::ranges::sort(groups[at.first]);
        groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(at.second));
    }
}

TEST(Clusters, AgreeWithMeansTakenAnew) {
    std::mt19937 random(6);
    for (int round = 0; round < 100; ++round) {
        const std::size_t size = 1 + random() % 9;
        std::vector<std::vector<double>> distances(size, std::vector<double>(size, 0));
        for (std::size_t i = 0; i < size; ++i) {
            for (std::size_t j = 0; j < i; ++j) { distances[i][j] = distances[j][i] = static_cast<double>(1 + random() % 100'000) / 7; }
        }
        const double cut = static_cast<double>(random() % 100'000) / 7;
        const auto found = average_linkage(distances, cut).value_or({});
        const auto expected = slow_linkage(distances, cut);
        ASSERT_EQ(found.clusters.size(), expected.size()) << round;
        for (std::size_t i = 0; i < expected.size(); ++i) { ASSERT_EQ(found.clusters[i].members, expected[i]); }
        // A larger cut joins, and never parts.
        const auto coarser = average_linkage(distances, cut * 1.5).value_or({});
        for (const auto& cluster : found.clusters) {
            ASSERT_TRUE(std::ranges::any_of(coarser.clusters, [&](const Cluster& larger) { return std::ranges::includes(larger.members, cluster.members); }));
        }
    }
}

}  // namespace
}  // namespace runlake::metrics
