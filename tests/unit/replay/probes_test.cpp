// SPDX-License-Identifier: Apache-2.0
// IEEE 754 rules of the probes, and parity dimension by dimension.
#include "replay/probes.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "replay/parity.hpp"
#include "replay_support.hpp"

namespace runlake::replay {
namespace {

std::vector<Outcome> replays_of(const std::vector<double>& values) {
    std::vector<Outcome> replays;
    for (const double value : values) { replays.push_back(good_outcome(static_cast<int>(replays.size()), value)); }
    return replays;
}

TEST(Ulp, CountsRepresentableValues) {
    EXPECT_EQ(ulp_distance(0.3, 0.1 + 0.2), 1U);
    EXPECT_EQ(ulp_distance(.3520, .3591), 127902229417322U);
    EXPECT_EQ(ulp_distance(0.0, -0.0), 0U);
    EXPECT_EQ(ulp_distance(std::numeric_limits<double>::denorm_min(), -std::numeric_limits<double>::denorm_min()), 2U);
    EXPECT_EQ(ulp_distance(std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest()), 2 * (0x7fefffffffffffffULL));
}

TEST(Finite, IsToldByTheExponentBits) {
    EXPECT_TRUE(is_finite(0));
    EXPECT_TRUE(is_finite(std::numeric_limits<double>::max()));
    EXPECT_TRUE(is_finite(std::numeric_limits<double>::denorm_min()));
    for (const std::uint64_t bits : {0x7ff8000000000000ULL, 0xfff8000000000000ULL, 0x7ff0000000000001ULL, 0x7ff0000000000000ULL, 0xfff0000000000000ULL}) {
        EXPECT_FALSE(is_finite(std::bit_cast<double>(bits))) << bits;
    }
}

TEST(Determinism, EqualBitsPass) {
    const Determinism out = probe_determinism(replays_of({0.1, 0.1}), 0);
    EXPECT_EQ(out.status, H1::pass);
    EXPECT_EQ(out.det_delta, 0.0);
    EXPECT_NEAR(out.difference_bound, .776, 5e-4);
}

TEST(Determinism, ZerosOfBothSignsPassAndAreTold) {
    const Determinism out = probe_determinism(replays_of({0.0, -0.0}), 0);
    EXPECT_EQ(out.status, H1::pass);
    EXPECT_TRUE(out.signed_zero);
    EXPECT_FALSE(probe_determinism(replays_of({0.0, 0.0}), 0).signed_zero);
}

TEST(Determinism, OneUlpFailsAsResidueWithinEpsilonAndAsInstabilityBeyond) {
    const double next = std::nextafter(0.3, 1);
    EXPECT_EQ(probe_determinism(replays_of({0.3, next}), 0).cause, DetCause::real_instability);
    EXPECT_EQ(probe_determinism(replays_of({0.3, next}), 1e-9).cause, DetCause::numeric_residue);
    EXPECT_EQ(probe_determinism(replays_of({0.3, next}), next - 0.3).cause, DetCause::numeric_residue);
    EXPECT_EQ(probe_determinism(replays_of({0.3, next}), 0).det_ulp, 1U);
}

TEST(Determinism, TheLastOfManyReplaysCounts) {
    for (const int count : {2, 3, 10}) {
        std::vector<double> values(static_cast<std::size_t>(count), 0.5);
        EXPECT_EQ(probe_determinism(replays_of(values), 0).status, H1::pass);
        values.back() = 0.75;
        const Determinism out = probe_determinism(replays_of(values), 0.1);
        EXPECT_EQ(out.status, H1::fail);
        EXPECT_EQ(out.det_delta, 0.25);
        EXPECT_EQ(out.cause, DetCause::real_instability);
    }
}

TEST(Determinism, NaNOnBothSidesIsAnErrorAndNeverEqual) {
    const Determinism out = probe_determinism(replays_of({std::nan(""), std::nan("")}), 1);
    EXPECT_EQ(out.status, H1::error);
    EXPECT_EQ(out.error->kind, ErrorKind::not_finite);
    EXPECT_EQ(out.det_delta, std::nullopt);
    EXPECT_EQ(probe_determinism(replays_of({HUGE_VAL, HUGE_VAL}), 1).status, H1::error);
}

TEST(Determinism, FewerThanTwoReplaysSayNothing) {
    EXPECT_EQ(probe_determinism({}, 0).status, H1::error);
    EXPECT_EQ(probe_determinism(replays_of({0.5}), 0).status, H1::error);
}

TEST(Determinism, ADifferenceThatNoDoubleHoldsIsStillADifference) {
    const Determinism out = probe_determinism(replays_of({1e308, -1e308}), 1);
    EXPECT_EQ(out.status, H1::fail);
    EXPECT_TRUE(is_finite(*out.det_delta));
}

TEST(Divergence, RoundingIsToldFromADifference) {
    EXPECT_TRUE(probe_divergence(0.352048508, 0.3520485, 0, 7).explained_by_rounding);
    EXPECT_FALSE(probe_divergence(0.352048508, 0.3520485, 0, 8).explained_by_rounding);
    EXPECT_FALSE(probe_divergence(0.352048508, 0.3520485, 0, std::nullopt).explained_by_rounding);
    EXPECT_TRUE(probe_divergence(0.35, 0.4, 0, 1).explained_by_rounding);
    EXPECT_FALSE(probe_divergence(0.3, 0.3, 0, 1).explained_by_rounding);
}

TEST(Parity, EqualWhenAllStrictDimensionsAre) { EXPECT_EQ(probe_parity(known_provenance(), known_provenance(), default_policy()).state, ParityState::equal); }

TEST(Parity, ADifferenceBeatsAnyNumberOfMissingOnes) {
    Provenance canonical{{"build_sha", "other"}};
    EXPECT_EQ(probe_parity(known_provenance(), canonical, default_policy()).state, ParityState::differs);
    canonical["build_sha"] = known_provenance()["build_sha"];
    EXPECT_EQ(probe_parity(known_provenance(), canonical, default_policy()).state, ParityState::unverifiable);
}

TEST(Parity, MissingOnBothSidesIsNeverEqual) {
    Provenance one = known_provenance();
    one.erase("inputs");
    const Parity out = probe_parity(one, one, default_policy());
    EXPECT_EQ(out.state, ParityState::unverifiable);
    for (const DimensionResult& dimension : out.dimensions) {
        if (dimension.name == "inputs") { EXPECT_EQ(dimension.state, DimensionState::missing); }
    }
    Provenance empty = known_provenance();
    empty["inputs"] = "";
    EXPECT_EQ(probe_parity(empty, empty, default_policy()).state, ParityState::unverifiable);
}

TEST(Parity, InformationalDimensionsNeverDecide) {
    Provenance canonical = known_provenance();
    canonical["kernel"] = "5.10";
    Provenance replay = known_provenance();
    replay["kernel"] = "6.1";
    EXPECT_EQ(probe_parity(replay, canonical, default_policy()).state, ParityState::equal);
    EXPECT_EQ(probe_parity(replay, canonical, policy_with({"kernel"}, {})).state, ParityState::differs);
}

TEST(Parity, FallbacksAreComparedWithFallbacksOnlyAndTold) {
    Provenance replay = known_provenance();
    Provenance canonical = known_provenance();
    canonical.erase("image");
    canonical["image_fallback"] = "tools";
    EXPECT_EQ(probe_parity(replay, canonical, default_policy()).state, ParityState::unverifiable);
    replay["image_fallback"] = "tools";
    const Parity out = probe_parity(replay, canonical, default_policy());
    EXPECT_EQ(out.state, ParityState::equal);
    for (const DimensionResult& dimension : out.dimensions) {
        if (dimension.name == "image") { EXPECT_EQ(dimension.compared, "image_fallback"); }
    }
    replay["image_fallback"] = "other tools";
    EXPECT_EQ(probe_parity(replay, canonical, default_policy()).state, ParityState::differs);
}

TEST(Parity, ATreeThatIsNotKnownDiffersByItsCommitAndIsEqualToNone) {
    Provenance replay = known_provenance();
    Provenance canonical = known_provenance();
    replay["build_sha"] = "aaaa+dirty.unknown";
    canonical["build_sha"] = "aaaa+dirty.unknown";
    EXPECT_EQ(probe_parity(replay, canonical, default_policy()).state, ParityState::unverifiable);
    canonical["build_sha"] = "bbbb";
    EXPECT_EQ(probe_parity(replay, canonical, default_policy()).state, ParityState::differs);
    canonical["build_sha"] = "aaaa";
    EXPECT_EQ(probe_parity(replay, canonical, default_policy()).state, ParityState::unverifiable);
}

TEST(Parity, APolicyWithoutAStrictDimensionVerifiesNothing) {
    ParityPolicy policy;
    policy.dimensions = {{"kernel", Weight::informational}};
    EXPECT_EQ(probe_parity(known_provenance(), known_provenance(), policy).state, ParityState::unverifiable);
}

TEST(Policy, AChangedOneHasAnotherId) {
    EXPECT_EQ(policy_with({}, {}).id, default_policy().id);
    EXPECT_NE(policy_with({"gpu"}, {}).id, default_policy().id);
    EXPECT_EQ(policy_with({"gpu"}, {}).id, policy_with({"gpu"}, {}).id);
    EXPECT_NE(policy_with({"gpu"}, {}).id, policy_with({}, {"inputs"}).id);
}

// Every pair of states a strict dimension can have, two dimensions at a time.
TEST(Parity, ThePrecedenceHoldsForEveryMix) {
    ParityPolicy policy;
    policy.dimensions = {{"a", Weight::strict}, {"b", Weight::strict}};
    enum Kind { same, other, left, right, none };
    const auto put = [](Provenance& replay, Provenance& canonical, const char* name, Kind kind) {
        if (kind == same || kind == other || kind == left) { replay[name] = "x"; }
        if (kind == same || kind == right) { canonical[name] = "x"; }
        if (kind == other) { canonical[name] = "y"; }
    };
    for (const Kind a : {same, other, left, right, none}) {
        for (const Kind b : {same, other, left, right, none}) {
            Provenance replay;
            Provenance canonical;
            put(replay, canonical, "a", a);
            put(replay, canonical, "b", b);
            const ParityState wanted = a == other || b == other ? ParityState::differs : a == same && b == same ? ParityState::equal : ParityState::unverifiable;
            EXPECT_EQ(probe_parity(replay, canonical, policy).state, wanted) << a << b;
            EXPECT_EQ(probe_parity(canonical, replay, policy).state, wanted) << a << b;
        }
    }
}

}  // namespace
}  // namespace runlake::replay
