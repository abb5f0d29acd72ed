// SPDX-License-Identifier: Apache-2.0
// The rule itself, and the words for its results.
#include "replay/decision.hpp"

#include <algorithm>
#include <array>

namespace runlake::replay {
namespace {

constexpr std::array k_verdicts = std::to_array<std::string_view>({"FIDELITY_OK", "NON_DETERMINISTIC", "CANONICAL_DIVERGENCE", "INCONCLUSIVE_TOOLING"});
constexpr std::array k_causes = std::to_array<std::string_view>({"numeric_residue", "real_instability", "logic_fidelity_gap", "env_parity_gap"});
constexpr std::array k_reasons = std::to_array<std::string_view>({"replay_error", "canonical_absent", "epsilon_prod_unmeasured", "env_parity_unverified"});

template <class Enum, std::size_t N>
std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == name) { return static_cast<Enum>(i); }
    }
    return std::nullopt;
}

Decision inconclusive(Reason reason) { return {.verdict = Verdict::inconclusive_tooling, .cause = {}, .reason = reason, .h2_reached = false}; }

}  // namespace

std::string_view verdict_name(Verdict verdict) { return k_verdicts[static_cast<std::size_t>(verdict)]; }
std::string_view cause_name(Cause cause) { return k_causes[static_cast<std::size_t>(cause)]; }
std::string_view reason_name(Reason reason) { return k_reasons[static_cast<std::size_t>(reason)]; }
std::optional<Verdict> parse_verdict_name(std::string_view name) { return find_name<Verdict>(k_verdicts, name); }
std::optional<Cause> parse_cause(std::string_view name) { return find_name<Cause>(k_causes, name); }
std::optional<Reason> parse_reason(std::string_view name) { return find_name<Reason>(k_reasons, name); }

int exit_status(Verdict verdict) {
    switch (verdict) {
        case Verdict::fidelity_ok: return 0;
        case Verdict::non_deterministic: return 10;
        case Verdict::canonical_divergence: return 11;
        case Verdict::inconclusive_tooling: break;
    }
    return 12;
}

int worst_status(const std::vector<Verdict>& verdicts) {
    if (verdicts.empty()) { return exit_status(Verdict::inconclusive_tooling); }
    int worst = 0;
    for (const Verdict verdict : verdicts) {
        const int status = exit_status(verdict);
        if (status != 0 && (worst == 0 || status < worst)) { worst = status; }
    }
    return worst;
}

Decision decide_verdict(H1 h1, DetCause cause, ParityState parity, bool within, bool canonical_present, bool eps_prod_measured) {
    if (h1 == H1::error) { return inconclusive(Reason::replay_error); }
    if (h1 == H1::fail) {
        return {.verdict = Verdict::non_deterministic,
                .cause = cause == DetCause::numeric_residue ? Cause::numeric_residue : Cause::real_instability,
                .reason = {},
                .h2_reached = false};
    }
    if (!canonical_present) { return inconclusive(Reason::canonical_absent); }
    if (!eps_prod_measured) { return inconclusive(Reason::epsilon_prod_unmeasured); }
    if (parity == ParityState::unverifiable) { return inconclusive(Reason::env_parity_unverified); }
    if (parity == ParityState::differs) { return {.verdict = Verdict::canonical_divergence, .cause = Cause::env_parity_gap, .reason = {}, .h2_reached = false}; }
    if (within) { return {.verdict = Verdict::fidelity_ok, .cause = {}, .reason = {}, .h2_reached = true}; }
    return {.verdict = Verdict::canonical_divergence, .cause = Cause::logic_fidelity_gap, .reason = {}, .h2_reached = true};
}

}  // namespace runlake::replay
