// SPDX-License-Identifier: Apache-2.0
// From the facts of a cell to its judgement: the probes, the rule, and finer words for why.
#include <algorithm>

#include "core/text.hpp"
#include "replay/decision.hpp"

namespace runlake::replay {
namespace {

using core::cat;

bool is_bound(double value) { return is_finite(value) && value >= 0; }

// The epsilon of the envelope when it counts as measured; else says why it does not.
std::optional<double> measured_epsilon(const CellFacts& facts, std::vector<std::string>& why_not) {
    if (!facts.envelope) {
        why_not.emplace_back("no_envelope");
        return std::nullopt;
    }
    if (const auto part = stale_part(facts.envelope->key, facts.expected)) {
        why_not.push_back(cat("stale_envelope:", *part));
        return std::nullopt;
    }
    if (static_cast<int>(facts.envelope->values.size()) < k_fewest_envelope_runs) {
        why_not.emplace_back("too_few_runs");
        return std::nullopt;
    }
    if (!is_bound(facts.envelope->bound.eps_prod)) {
        why_not.emplace_back("eps_prod_not_a_bound");
        return std::nullopt;
    }
    if (!is_bound(facts.eps_num)) {
        why_not.emplace_back("eps_num_not_a_bound");
        return std::nullopt;
    }
    return facts.envelope->bound.eps_prod;
}

const Outcome* first_good(const std::vector<Outcome>& replays) {
    const auto found = std::find_if(replays.begin(), replays.end(), [](const Outcome& replay) { return replay.ok() && is_finite(*replay.value); });
    return found == replays.end() ? nullptr : &*found;
}

void add_once(std::vector<std::string>& list, std::string word) {
    if (std::find(list.begin(), list.end(), word) == list.end()) { list.push_back(std::move(word)); }
}

bool inputs_changed(const std::vector<Outcome>& replays) {
    return std::any_of(replays.begin(), replays.end(), [&](const Outcome& replay) { return replay.inputs != replays.front().inputs; });
}

void say_parity(const Parity& parity, DimensionState state, std::string_view word, std::vector<std::string>& details) {
    for (const DimensionResult& one : parity.dimensions) {
        if (one.weight == Weight::strict && one.state == state) { details.push_back(cat(word, ':', one.name)); }
    }
}

// Neither side says what was read: changed data would look like changed logic.
bool inputs_undeclared(const Parity& parity) {
    return std::any_of(parity.dimensions.begin(), parity.dimensions.end(), [](const DimensionResult& one) { return one.name == "inputs" && one.replay == k_none && one.canonical == k_none; });
}

void say_why(const CellFacts& facts, bool finite_canonical, const std::vector<std::string>& unmeasured, Judgement& out) {
    const Decision& decision = out.decision;
    if (decision.reason == Reason::replay_error) { out.details.emplace_back(error_name(out.determinism.error ? out.determinism.error->kind : ErrorKind::internal)); }
    if (decision.verdict == Verdict::non_deterministic && inputs_changed(facts.replays)) { out.details.emplace_back("inputs_changed_between_replays"); }
    if (decision.reason == Reason::canonical_absent) { out.details.emplace_back(facts.canonical && !finite_canonical ? "canonical_not_finite" : "canonical_not_found"); }
    if (decision.reason == Reason::epsilon_prod_unmeasured) { out.details.insert(out.details.end(), unmeasured.begin(), unmeasured.end()); }
    if (decision.reason == Reason::env_parity_unverified) { say_parity(out.parity, DimensionState::missing, "missing", out.details); }
    if (decision.cause == Cause::env_parity_gap) {
        say_parity(out.parity, DimensionState::differs, "differs", out.details);
        say_parity(out.parity, DimensionState::missing, "missing", out.details);
    }
    if (decision.h2_reached && out.divergence->explained_by_rounding) { out.details.emplace_back("canonical_rounded"); }
    if (decision.cause == Cause::logic_fidelity_gap) {
        if (out.canonical_is_member == false) { out.details.emplace_back("canonical_outside_envelope"); }
        if (out.replay_is_member == false) { out.details.emplace_back("replay_outside_envelope"); }
        if (inputs_undeclared(out.parity)) { out.details.emplace_back("inputs_undeclared"); }
    }
}

void warn(const CellFacts& facts, Judgement& out) {
    if (out.determinism.signed_zero) { out.warnings.emplace_back("signed_zero"); }
    if (out.determinism.status == H1::pass && !out.determinism.artifacts_differ.empty()) { add_once(out.warnings, "metric_equal_artifact_differs"); }
    if (out.decision.verdict == Verdict::fidelity_ok && facts.canonical) {
        for (const auto& [path, digest] : facts.canonical->artifacts) {
            for (const FileDigest& file : facts.replays.front().artifacts) {
                if (file.path == path && file.digest && *file.digest != digest && out.divergence->canon_ulp == 0U) { add_once(out.warnings, "metric_equal_artifact_differs"); }
            }
        }
    }
    if (out.eps_prod && facts.envelope->bound.assumption_suspect) { out.warnings.emplace_back("assumption_suspect"); }
    if (inputs_undeclared(out.parity)) { out.warnings.emplace_back("inputs_undeclared"); }
}

}  // namespace

Judgement judge(const CellFacts& facts) {
    Judgement out;
    out.determinism = probe_determinism(facts.replays, facts.eps_num);
    const bool present = facts.canonical && is_finite(facts.canonical->value);
    std::vector<std::string> unmeasured;
    out.eps_prod = measured_epsilon(facts, unmeasured);
    if (out.eps_prod) { out.epsilon = std::max(facts.eps_num, *out.eps_prod); }

    const Outcome* replay = first_good(facts.replays);
    out.parity = probe_parity(replay != nullptr ? replay->provenance : Provenance{}, facts.canonical ? facts.canonical->provenance : Provenance{}, facts.policy);
    std::optional<Divergence> divergence;
    if (replay != nullptr && present && out.epsilon) { divergence = probe_divergence(*replay->value, facts.canonical->value, *out.epsilon, facts.canonical->decimals); }

    out.decision = decide_verdict(out.determinism.status, out.determinism.cause.value_or(DetCause::real_instability), out.parity.state, divergence && divergence->within, present,
                                  out.epsilon.has_value());
    if (out.decision.h2_reached) { out.divergence = divergence; }
    if (out.eps_prod) {
        const Bound& bound = facts.envelope->bound;
        out.detectable_shift = *out.epsilon == bound.eps_prod ? bound.detectable_shift : detectable_shift(bound.sample.n, bound.sample.s, *out.epsilon);
        if (bound.sample.range > 0) {
            if (present) { out.canonical_is_member = is_member(bound, facts.canonical->value); }
            if (replay != nullptr) { out.replay_is_member = is_member(bound, *replay->value); }
        }
    }
    say_why(facts, present, unmeasured, out);
    warn(facts, out);
    return out;
}

}  // namespace runlake::replay
