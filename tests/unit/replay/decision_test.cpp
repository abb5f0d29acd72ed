// SPDX-License-Identifier: Apache-2.0
// The frozen rule over all its inputs, and the judgement of cells.
#include "replay/decision.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "replay_support.hpp"

namespace runlake::replay {
namespace {

TEST(DecideVerdict, All72CombinationsHaveTheirCounts) {
    std::map<std::string, int> counts;
    int combinations = 0;
    for (const H1 h1 : {H1::pass, H1::fail, H1::error}) {
        for (const ParityState parity : {ParityState::equal, ParityState::differs, ParityState::unverifiable}) {
            for (const bool within : {true, false}) {
                for (const bool canonical : {true, false}) {
                    for (const bool measured : {true, false}) {
                        const Decision one = decide_verdict(h1, DetCause::numeric_residue, parity, within, canonical, measured);
                        ++combinations;
                        const std::string why = one.cause ? std::string(cause_name(*one.cause)) : one.reason ? std::string(reason_name(*one.reason)) : "-";
                        ++counts[std::string(verdict_name(one.verdict)) + " " + why];
                        EXPECT_FALSE(one.cause && one.reason);
                        EXPECT_EQ(one.h2_reached, one.verdict == Verdict::fidelity_ok || one.cause == Cause::logic_fidelity_gap);
                    }
                }
            }
        }
    }
    EXPECT_EQ(combinations, 72);
    const std::map<std::string, int> wanted{{"INCONCLUSIVE_TOOLING replay_error", 24},          {"NON_DETERMINISTIC numeric_residue", 24},
                                            {"INCONCLUSIVE_TOOLING canonical_absent", 12},      {"INCONCLUSIVE_TOOLING epsilon_prod_unmeasured", 6},
                                            {"INCONCLUSIVE_TOOLING env_parity_unverified", 2},  {"CANONICAL_DIVERGENCE env_parity_gap", 2},
                                            {"FIDELITY_OK -", 1},                               {"CANONICAL_DIVERGENCE logic_fidelity_gap", 1}};
    EXPECT_EQ(counts, wanted);
}

TEST(DecideVerdict, TheCauseOfNonDeterminismIsTheProbes) {
    EXPECT_EQ(decide_verdict(H1::fail, DetCause::real_instability, ParityState::equal, true, true, true).cause, Cause::real_instability);
    EXPECT_EQ(decide_verdict(H1::fail, DetCause::numeric_residue, ParityState::equal, true, true, true).cause, Cause::numeric_residue);
}

TEST(ExitStatus, TheWorstOfSeveralCells) {
    using enum Verdict;
    EXPECT_EQ(worst_status({fidelity_ok}), 0);
    EXPECT_EQ(worst_status({fidelity_ok, inconclusive_tooling}), 12);
    EXPECT_EQ(worst_status({inconclusive_tooling, canonical_divergence}), 11);
    EXPECT_EQ(worst_status({canonical_divergence, non_deterministic, inconclusive_tooling}), 10);
    EXPECT_EQ(worst_status({}), 12);
}

TEST(Judge, AllThereAndEqualIsFidelity) {
    const Judgement out = judge(good_facts());
    EXPECT_EQ(out.decision.verdict, Verdict::fidelity_ok);
    EXPECT_EQ(out.epsilon, out.eps_prod);
    ASSERT_TRUE(out.divergence);
    EXPECT_EQ(out.divergence->canon_delta, 0.0);
    EXPECT_TRUE(out.details.empty());
}

TEST(Judge, AStaleEnvelopeCountsAsNotMeasured) {
    for (const auto& [part, spoil] : std::map<std::string, void (*)(EnvelopeKey&)>{{"image", [](EnvelopeKey& key) { key.image = "other"; }},
                                                                                     {"cell", [](EnvelopeKey& key) { key.cell = "other"; }},
                                                                                     {"metric", [](EnvelopeKey& key) { key.metric = "other"; }},
                                                                                     {"config", [](EnvelopeKey& key) { key.config = "other"; }},
                                                                                     {"inputs", [](EnvelopeKey& key) { key.inputs = "other"; }}}) {
        CellFacts facts = good_facts();
        spoil(facts.envelope->key);
        const Judgement out = judge(facts);
        EXPECT_EQ(out.decision.reason, Reason::epsilon_prod_unmeasured) << part;
        EXPECT_EQ(out.epsilon, std::nullopt);
        EXPECT_EQ(out.eps_prod, std::nullopt);
        EXPECT_EQ(out.divergence, std::nullopt);
        EXPECT_EQ(out.details, std::vector<std::string>{"stale_envelope:" + part});
    }
}

TEST(Judge, AnImageThatIsNotKnownMatchesNoEnvelope) {
    CellFacts facts = good_facts();
    facts.expected.image = "";
    facts.envelope->key.image = "";
    EXPECT_EQ(judge(facts).decision.reason, Reason::epsilon_prod_unmeasured);
}

TEST(Judge, EpsilonsThatAreNoBoundCountAsNotMeasured) {
    for (const double bad : {std::nan(""), -1e-9, HUGE_VAL}) {
        CellFacts facts = good_facts();
        facts.envelope->bound.eps_prod = bad;
        EXPECT_EQ(judge(facts).decision.reason, Reason::epsilon_prod_unmeasured);
        facts = good_facts();
        facts.eps_num = bad;
        EXPECT_EQ(judge(facts).decision.reason, Reason::epsilon_prod_unmeasured);
    }
}

TEST(Judge, ACanonicalThatIsNotFiniteIsAbsentWithADetail) {
    for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
        CellFacts facts = good_facts();
        facts.canonical->value = bad;
        const Judgement out = judge(facts);
        EXPECT_EQ(out.decision.reason, Reason::canonical_absent);
        EXPECT_EQ(out.details, std::vector<std::string>{"canonical_not_finite"});
    }
}

TEST(Judge, EpsilonZeroAcceptsOnlyTheSameValue) {
    CellFacts facts = good_facts();
    facts.envelope->bound.eps_prod = 0;
    EXPECT_EQ(judge(facts).decision.verdict, Verdict::fidelity_ok);
    facts.canonical->value = std::nextafter(facts.canonical->value, 1);
    const Judgement out = judge(facts);
    EXPECT_EQ(out.decision.cause, Cause::logic_fidelity_gap);
    EXPECT_EQ(out.divergence->canon_ulp, 1U);
}

TEST(Judge, TheBoundIsInclusive) {
    CellFacts facts = good_facts(0.5, 0.75);
    facts.envelope->bound.eps_prod = 0.25;
    EXPECT_EQ(judge(facts).decision.verdict, Verdict::fidelity_ok);
    facts.envelope->bound.eps_prod = std::nextafter(0.25, 0);
    EXPECT_EQ(judge(facts).decision.cause, Cause::logic_fidelity_gap);
}

TEST(Judge, EpsilonIsTheLargerOfTheTwo) {
    CellFacts facts = good_facts();
    facts.eps_num = 0.25;
    EXPECT_EQ(judge(facts).epsilon, 0.25);
    facts.eps_num = 0;
    EXPECT_EQ(judge(facts).epsilon, facts.envelope->bound.eps_prod);
}

TEST(Judge, ChangedInputsAreNeverALogicGap) {
    CellFacts facts = good_facts(0.3591, 0.3520);
    facts.canonical->provenance["inputs"] = "other data";
    const Judgement out = judge(facts);
    EXPECT_EQ(out.decision.cause, Cause::env_parity_gap);
    EXPECT_EQ(out.details, std::vector<std::string>{"differs:inputs"});
    EXPECT_EQ(out.divergence, std::nullopt);
}

TEST(Judge, NeitherMissingCanonicalNorEpsilonMasksNonDeterminism) {
    CellFacts facts = good_facts();
    facts.replays.back().value = 0.9;
    facts.canonical.reset();
    facts.envelope.reset();
    EXPECT_EQ(judge(facts).decision.verdict, Verdict::non_deterministic);
}

TEST(Judge, AnErrorOfAnyReplayIsAnErrorWithItsKind) {
    CellFacts facts = good_facts();
    facts.replays[1].error = ReplayError{.kind = ErrorKind::pin_not_effective, .detail = "OMP_NUM_THREADS is 2", .exit_status = {}, .signal = {}};
    const Judgement out = judge(facts);
    EXPECT_EQ(out.decision.reason, Reason::replay_error);
    EXPECT_EQ(out.details, std::vector<std::string>{"pin_not_effective"});
    EXPECT_EQ(out.determinism.error_replica, 1);
}

TEST(Judge, EqualMetricsWithOtherArtifactsAreTold) {
    CellFacts facts = good_facts();
    facts.replays[0].artifacts = {{"model.bin", "file/1:aa", 1}};
    facts.replays[1].artifacts = {{"model.bin", "file/1:bb", 1}};
    const Judgement out = judge(facts);
    EXPECT_EQ(out.decision.verdict, Verdict::fidelity_ok);
    EXPECT_EQ(out.warnings, std::vector<std::string>{"metric_equal_artifact_differs"});
    EXPECT_EQ(out.determinism.artifacts_differ, std::vector<std::string>{"model.bin"});
}

TEST(Judge, ARoundedCanonicalIsNamed) {
    CellFacts facts = good_facts(0.352048508, 0.3520485);
    facts.canonical->decimals = 7;
    facts.envelope->bound.eps_prod = 0;
    const Judgement out = judge(facts);
    EXPECT_EQ(out.decision.cause, Cause::logic_fidelity_gap);
    EXPECT_NE(std::find(out.details.begin(), out.details.end(), "canonical_rounded"), out.details.end());
}

TEST(Judge, NoReplaysAtAllIsAnErrorNotACrash) {
    CellFacts facts = good_facts();
    facts.replays.clear();
    EXPECT_EQ(judge(facts).decision.reason, Reason::replay_error);
}

}  // namespace
}  // namespace runlake::replay
