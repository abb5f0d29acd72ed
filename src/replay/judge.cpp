// SPDX-License-Identifier: Apache-2.0
// From the facts of a cell to its judgement: the probes, the rule, and finer words for why.
#include <algorithm>
#include <limits>

#include "core/text.hpp"
#include "replay/decision.hpp"

namespace runlake::replay {
namespace {

using core::cat;

constexpr std::size_t k_most_named = 3;

constexpr core::Timestamp k_not_known{std::numeric_limits<std::int64_t>::min()};

// Whether a file may have been another at that time; at one that is not known it may.
bool may_have_changed(const ReadFile& file, core::Timestamp since) { return file.changed_at >= since; }

// Why the inputs may not be those of the canonical though they look the same; empty: nothing speaks for it.
std::vector<std::string> doubts_on_inputs(const CellFacts& facts) {
    core::Timestamp made_at = k_not_known;
    if (facts.canonical && facts.canonical->made_at) { made_at = *facts.canonical->made_at; }
    std::vector<std::string> doubts;
    std::size_t named = 0;
    bool seen = true;
    for (const Outcome& replay : facts.replays) {
        if (!replay.ok()) { continue; }
        seen = seen && replay.reads_seen;
        for (const ReadFile& file : replay.undeclared) {
            if (!may_have_changed(file, made_at)) { continue; }
            std::string word = cat("undeclared_read:", core::valid_utf8(file.path));
            if (std::find(doubts.begin(), doubts.end(), word) == doubts.end() && named++ < k_most_named) { doubts.push_back(std::move(word)); }
        }
    }
    if (!facts.inputs_stated && !seen) { doubts.emplace_back("reads_not_seen"); }
    return doubts;
}

bool reads_changed_since(const std::vector<Outcome>& replays, core::Timestamp since) {
    return std::any_of(replays.begin(), replays.end(), [&](const Outcome& replay) {
        return replay.ok() && std::any_of(replay.undeclared.begin(), replay.undeclared.end(), [&](const ReadFile& file) { return may_have_changed(file, since); });
    });
}

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
    if (reads_changed_since(facts.replays, facts.envelope->begun_at())) {
        why_not.emplace_back("stale_envelope:undeclared_inputs");
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

// Neither side says what was read, and it was not seen that this was nothing: changed data would look like changed logic.
bool inputs_undeclared(const CellFacts& facts, const Parity& parity) {
    const bool none = std::any_of(parity.dimensions.begin(), parity.dimensions.end(), [](const DimensionResult& one) { return one.name == "inputs" && one.replay == k_none && one.canonical == k_none; });
    return none && !std::all_of(facts.replays.begin(), facts.replays.end(), [](const Outcome& replay) { return replay.reads_seen && replay.undeclared.empty(); });
}

void say_why(const CellFacts& facts, bool finite_canonical, const std::vector<std::string>& unmeasured, const std::vector<std::string>& doubts, Judgement& out) {
    const Decision& decision = out.decision;
    if (decision.reason == Reason::replay_error) { out.details.emplace_back(error_name(out.determinism.error ? out.determinism.error->kind : ErrorKind::internal)); }
    if (decision.verdict == Verdict::non_deterministic && inputs_changed(facts.replays)) { out.details.emplace_back("inputs_changed_between_replays"); }
    if (decision.reason == Reason::canonical_absent) { out.details.emplace_back(facts.canonical && !finite_canonical ? "canonical_not_finite" : "canonical_not_found"); }
    if (decision.reason == Reason::epsilon_prod_unmeasured) { out.details.insert(out.details.end(), unmeasured.begin(), unmeasured.end()); }
    if (decision.cause == Cause::env_parity_gap) { say_parity(out.parity, DimensionState::differs, "differs", out.details); }
    if (decision.reason == Reason::env_parity_unverified || decision.cause == Cause::env_parity_gap) {
        say_parity(out.parity, DimensionState::missing, "missing", out.details);
        out.details.insert(out.details.end(), doubts.begin(), doubts.end());
    }
    if (decision.h2_reached && out.divergence->explained_by_rounding) { out.details.emplace_back("canonical_rounded"); }
    if (decision.cause == Cause::logic_fidelity_gap) {
        if (out.canonical_is_member == false) { out.details.emplace_back("canonical_outside_envelope"); }
        if (out.replay_is_member == false) { out.details.emplace_back("replay_outside_envelope"); }
        if (inputs_undeclared(facts, out.parity)) { out.details.emplace_back("inputs_undeclared"); }
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
    if (inputs_undeclared(facts, out.parity)) { out.warnings.emplace_back("inputs_undeclared"); }
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
    const std::vector<std::string> doubts = doubts_on_inputs(facts);
    if (!doubts.empty()) { doubt(out.parity, "inputs"); }
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
    say_why(facts, present, unmeasured, doubts, out);
    warn(facts, out);
    return out;
}

}  // namespace runlake::replay
