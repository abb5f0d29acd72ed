// SPDX-License-Identifier: Apache-2.0
// The frozen rule H1, P0, H2, total over its five inputs; and the judgement of a cell, which puts probes and rule together. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/canonical.hpp"
#include "replay/envelope.hpp"
#include "replay/parity.hpp"
#include "replay/probes.hpp"

namespace runlake::replay {

enum class Verdict : std::uint8_t { fidelity_ok, non_deterministic, canonical_divergence, inconclusive_tooling };
enum class Cause : std::uint8_t { numeric_residue, real_instability, logic_fidelity_gap, env_parity_gap };
enum class Reason : std::uint8_t { replay_error, canonical_absent, epsilon_prod_unmeasured, env_parity_unverified };
std::string_view verdict_name(Verdict verdict);   // FIDELITY_OK, ...
std::string_view cause_name(Cause cause);
std::string_view reason_name(Reason reason);
std::optional<Verdict> parse_verdict_name(std::string_view name);
std::optional<Cause> parse_cause(std::string_view name);
std::optional<Reason> parse_reason(std::string_view name);
int exit_status(Verdict verdict);                 // 0, 10, 11, 12
int worst_status(const std::vector<Verdict>& verdicts);   // 10 before 11 before 12 before 0; none: 12

struct Decision {
    Verdict verdict = Verdict::inconclusive_tooling;
    std::optional<Cause> cause;
    std::optional<Reason> reason;
    bool h2_reached = false;
    bool operator==(const Decision&) const = default;
};

// `cause` is read when h1 is fail only; `within` when everything before it let it pass.
Decision decide_verdict(H1 h1, DetCause cause, ParityState parity, bool within, bool canonical_present, bool eps_prod_measured);

// Everything that a verdict rests on.
struct CellFacts {
    std::vector<Outcome> replays;                 // in the order of their replica
    double eps_num = 0;
    std::optional<Canonical> canonical;           // nothing: it was not found
    std::string canonical_problem;                // why, then
    std::optional<Envelope> envelope;             // what the store had for the cell, if anything
    std::string envelope_problem;                 // why it has none or it could not be read
    EnvelopeKey expected;                         // what an envelope must have been measured against to count
    ParityPolicy policy;
    bool inputs_stated = true;                    // somebody said what is read, be it nothing; else what was seen alone tells
};

struct Judgement {
    Decision decision;
    Determinism determinism;
    Parity parity;                                // taken whenever a replay and a canonical are there, also when it did not decide
    std::optional<Divergence> divergence;         // only when H2 was reached
    std::optional<double> eps_prod;               // only when it counts as measured
    std::optional<double> epsilon;                // max(eps_num, eps_prod); nothing when unmeasured
    std::optional<double> detectable_shift;       // under this epsilon
    std::optional<bool> canonical_is_member;      // of the envelope's sample, by the prediction interval
    std::optional<bool> replay_is_member;
    std::vector<std::string> details;             // finer causes, words: "stale_envelope:image", "canonical_not_finite", "undeclared_read:<path>", ...
    std::vector<std::string> warnings;            // "metric_equal_artifact_differs", "signed_zero", "assumption_suspect", "inputs_undeclared"
};
Judgement judge(const CellFacts& facts);

}  // namespace runlake::replay
