// SPDX-License-Identifier: Apache-2.0
// Tolerance factors against published and independently computed values; the bound of samples.
#include "replay/statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace runlake::replay {
namespace {

constexpr double k_close = 1e-9;

void expect_close(double got, double wanted, double relative, const std::string& what) { EXPECT_LE(std::abs(got - wanted), relative * std::abs(wanted)) << what << ": " << got << " for " << wanted; }

std::optional<std::filesystem::path> vectors(const char* name) {
    const char* root = std::getenv("RUNLAKE_SHARED_DATA");
    const std::filesystem::path folder = root != nullptr ? root : std::string(RUNLAKE_SOURCE_DIR) + "/../shared/data";
    const auto file = folder / "replay" / name;
    return std::filesystem::exists(file) ? std::optional(file) : std::nullopt;
}

std::vector<std::vector<double>> rows_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    std::vector<std::vector<double>> rows;
    while (std::getline(in, line)) {
        std::vector<double> row;
        std::stringstream cells(line);
        for (std::string cell; std::getline(cells, cell, ',');) { row.push_back(std::stod(cell)); }
        rows.push_back(std::move(row));
    }
    return rows;
}

const std::vector<double> k_golden{.3512, .3520, .3508, .3525, .3516, .3519, .3511, .3523, .3514, .3518};

TEST(Factors, AgreeWithTheTableForEveryN) {
    const auto file = vectors("k95_95.csv");
    if (!file) { GTEST_SKIP() << "k95_95.csv is not here"; }
    int seen = 0;
    for (const auto& row : rows_of(*file)) {
        const int n = static_cast<int>(row[0]);
        expect_close(single_factor(n), row[1], k_close, "k(" + std::to_string(n) + ")");
        expect_close(difference_factor(n), row[2], k_close, "c(" + std::to_string(n) + ")");
        // The table has these with fewer digits.
        EXPECT_NEAR(chi_square_quantile_05(n - 1), row[3], 1e-8 * std::max(1.0, row[3])) << n;
        EXPECT_NEAR(prediction_factor(n), row[4], 1e-8) << n;
        ++seen;
    }
    EXPECT_GT(seen, 40);
}

TEST(Factors, AgreeWithPublishedValues) {
    EXPECT_NEAR(single_factor(10), 2.911, 5e-4);
    EXPECT_NEAR(single_factor(20), 2.396, 5e-4);
    expect_close(single_factor(10), 2.910963413, 1e-9, "k(10)");
    expect_close(difference_factor(10), 4.56017122033, 1e-11, "c(10)");
    expect_close(prediction_factor(10), 2.372570, 1e-6, "prediction(10)");
    EXPECT_NEAR(difference_factor(1'000'000), 2.7718, 0.01);
}

TEST(Wilks, BoundariesAgreeWithTheTable) {
    const auto file = vectors("wilks_95_95.csv");
    if (!file) { GTEST_SKIP() << "wilks_95_95.csv is not here"; }
    for (const auto& row : rows_of(*file)) {
        const int rank = static_cast<int>(row[0]);
        const int n = static_cast<int>(row[1]);
        EXPECT_GE(wilks_confidence(n, rank), 0.95);       // n is the fewest
        EXPECT_LT(wilks_confidence(n - 1, rank), 0.95);
        EXPECT_NEAR(wilks_confidence(n, rank), row[2], 1e-9);
        EXPECT_NEAR(wilks_confidence(n - 1, rank), row[3], 1e-9);
    }
}

TEST(Wilks, RanksAtTheirBoundaries) {
    EXPECT_EQ(wilks_rank(58), std::nullopt);
    EXPECT_EQ(wilks_rank(59), 1);
    EXPECT_EQ(wilks_rank(92), 1);
    EXPECT_EQ(wilks_rank(93), 2);
    for (const auto& [n, index] : {std::pair{59, 59}, {93, 92}, {100, 99}, {124, 122}, {200, 196}, {300, 292}, {500, 484}, {1000, 962}}) { EXPECT_EQ(n - *wilks_rank(n) + 1, index) << n; }
}

TEST(ZeroEvents, BoundTheShareThatDiffers) {
    for (const auto& [n, bound] : {std::pair{2, .776}, {3, .632}, {5, .451}, {10, .259}, {20, .139}, {59, .0495}}) { EXPECT_NEAR(zero_event_bound(n), bound, 5e-4) << n; }
}

TEST(BoundOf, TheGoldenSample) {
    const auto bound = bound_of(k_golden, Method::automatic);
    ASSERT_TRUE(bound.ok());
    const Bound& got = bound.value();
    EXPECT_EQ(got.used, Method::diff_chi2);
    EXPECT_FALSE(got.assumption_suspect);
    expect_close(got.sample.mean, .35166, 1e-12, "mean");
    expect_close(got.sample.s, 5.4201270997806714e-4, 1e-11, "s");
    expect_close(got.sample.median, .3517, 1e-12, "median");
    expect_close(got.sample.range, .0017, 1e-11, "range");
    expect_close(got.k_times_s, 1.57777916817e-3, 1e-11, "k*s");
    expect_close(got.c_times_s, 2.47167076109e-3, 1e-11, "c*s");
    EXPECT_EQ(got.eps_prod, got.c_times_s);
    const auto literal = bound_of(k_golden, Method::k_single);
    ASSERT_TRUE(literal.ok());
    EXPECT_EQ(literal.value().eps_prod, got.k_times_s);
}

TEST(BoundOf, RefusesFewerThanTenAndValuesThatAreNotFinite) {
    std::vector<double> nine(k_golden.begin(), k_golden.end() - 1);
    EXPECT_FALSE(bound_of(nine, Method::automatic).ok());
    EXPECT_TRUE(bound_of(k_golden, Method::automatic).ok());
    std::vector<double> broken = k_golden;
    broken[7] = std::nan("");
    const auto refused = bound_of(broken, Method::automatic);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message().find("value 7"), std::string::npos) << refused.error().message();
    broken[7] = HUGE_VAL;
    EXPECT_FALSE(bound_of(broken, Method::automatic).ok());
}

TEST(BoundOf, RunsThatAreAllEqualGiveZeroAndTheZeroEventBound) {
    const auto bound = bound_of(std::vector<double>(10, 0.25), Method::automatic);
    ASSERT_TRUE(bound.ok());
    EXPECT_EQ(bound.value().eps_prod, 0);
    EXPECT_TRUE(bound.value().bit_equal);
    EXPECT_NEAR(bound.value().zero_event, .259, 5e-4);
    EXPECT_FALSE(bound.value().assumption_suspect);
}

TEST(BoundOf, DoubtfulShapesAreMarkedOrBoundedWithoutAShape) {
    std::vector<double> atom(10, 1.0);
    atom[3] = 1.5;
    const auto few = bound_of(atom, Method::automatic);
    ASSERT_TRUE(few.ok());
    EXPECT_EQ(few.value().used, Method::diff_chi2);
    EXPECT_TRUE(few.value().assumption_suspect);
    EXPECT_FALSE(few.value().notes.empty());
    std::vector<double> pairs(118, 1.0);
    pairs[3] = 1.5;
    EXPECT_EQ(bound_of(pairs, Method::automatic).take().used, Method::wilks);
    EXPECT_DOUBLE_EQ(bound_of(pairs, Method::automatic).take().eps_prod, .5);
    pairs.resize(186, 1.0);
    EXPECT_EQ(bound_of(pairs, Method::automatic).take().used, Method::range);
    EXPECT_FALSE(bound_of(atom, Method::wilks).ok());
    EXPECT_FALSE(bound_of(atom, Method::range).ok());
    std::vector<double> outlier = k_golden;
    outlier.push_back(0.4);
    EXPECT_TRUE(bound_of(outlier, Method::automatic).take().assumption_suspect);
}

TEST(BoundOf, HostsThatDifferMoreThanTheirRunsSpeakAgainstTheSample) {
    std::vector<double> values = k_golden;
    for (const double value : k_golden) { values.push_back(value); }
    EXPECT_GT(groups_p(values, {10, 10}), 0.999);
    EXPECT_FALSE(bound_of(values, Method::automatic, {10, 10}).take().assumption_suspect);
    for (std::size_t i = 10; i < 20; ++i) { values[i] += 0.002; }
    EXPECT_LT(groups_p(values, {10, 10}), 0.001);
    EXPECT_TRUE(bound_of(values, Method::diff_chi2, {10, 10}).take().assumption_suspect);
    EXPECT_EQ(groups_p(values, {20}), 1);
    EXPECT_EQ(groups_p(values, {10, 11}), 1);
    EXPECT_EQ(groups_p(values, {0, 20}), 1);
    // Two groups: F is the square of Student's t, here t(4) = 3.6742 with p = 0.0213 (tables).
    EXPECT_NEAR(groups_p({1, 2, 3, 4, 5, 6}, {3, 3}), 0.0213, 5e-5);
}

TEST(BoundOf, ExtremesDoNotOverflowUnseen) {
    std::vector<double> far(10, 1e308);
    far[0] = -1e308;
    EXPECT_FALSE(bound_of(far, Method::automatic).ok());
}

TEST(Metamorphic, OrderOffsetAndScaleOfTheSample) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 200; ++round) {
        const int n = 10 + round % 60;
        std::normal_distribution<double> shape(0.35, 1e-3);
        std::vector<double> values;
        for (int i = 0; i < n; ++i) { values.push_back(shape(random)); }
        const double base = bound_of(values, Method::diff_chi2).take().eps_prod;
        std::vector<double> shuffled = values;
        std::shuffle(shuffled.begin(), shuffled.end(), random);
        EXPECT_EQ(bound_of(shuffled, Method::diff_chi2).take().eps_prod, base);
        std::vector<double> moved = values;
        for (double& value : moved) { value += 3; }
        expect_close(bound_of(moved, Method::diff_chi2).take().eps_prod, base, 1e-9, "moved");
        std::vector<double> doubled = values;
        for (double& value : doubled) { value *= 2; }
        EXPECT_EQ(bound_of(doubled, Method::diff_chi2).take().eps_prod, 2 * base);
    }
}

TEST(DetectableShift, AgreesWithTheSimulatedPower) {
    // With c(10) * s a shift of six standard deviations was found with probability .813 and one of eight with .977 in 200,000 simulated samples.
    const double shift = detectable_shift(10, 1.0, difference_factor(10));
    EXPECT_GT(shift, 6.0);
    EXPECT_LT(shift, 8.0);
    EXPECT_EQ(detectable_shift(10, 0.0, 0.005), 0.005);
    EXPECT_NEAR(detectable_shift(10, 2.0, 2 * difference_factor(10)), 2 * shift, 1e-6);
}

TEST(Membership, IsByThePredictionInterval) {
    const Bound bound = bound_of(k_golden, Method::automatic).take();
    EXPECT_TRUE(is_member(bound, .3520));
    EXPECT_FALSE(is_member(bound, .3591));
}

}  // namespace
}  // namespace runlake::replay
