// SPDX-License-Identifier: Apache-2.0
#include "metrics/k.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <utility>

#include "core/json_texts.hpp"
#include "core/text.hpp"
#include "metrics/numbers.hpp"

namespace runlake::metrics {
namespace {

using core::cat;
using core::Json;

constexpr std::array<std::string_view, 10> k_names = {"simplify", "rewrite", "intro", "split", "cases", "closer", "contradiction", "arith", "automation", "other"};
constexpr std::string_view k_candidate = "blind_uniform_candidate";
constexpr std::string_view k_family = "blind_uniform_family";

using Estimate = std::function<double(std::string_view sig, std::size_t family)>;

struct Model {
    Estimate success;
    const OutcomeTable* observed = nullptr;  // where there are no candidates, the families seen for the goal stand in
};

struct Blind {
    std::optional<double> tau;
    std::vector<std::string> notes;
};

std::vector<Family> distinct(std::vector<Family> families) {
    std::ranges::sort(families, {}, &Family::name);
    families.erase(std::unique(families.begin(), families.end()), families.end());
    return families;
}

std::vector<Family> observed_families(const OutcomeTable& outcomes, std::string_view sig) {
    std::vector<Family> families;
    const auto found = outcomes.by_goal.find(sig);
    if (found == outcomes.by_goal.end()) { return families; }
    for (std::size_t i = 0; i < k_names.size(); ++i) {
        if (found->second.attempts[i] > 0) { families.push_back({.name = std::string(k_names[i]), .index = i}); }
    }
    return families;
}

// The chance that a blind choice at this step works (any_success), or works as the one that was used (used_operator).
double step_probability(const SolutionStep& step, const std::vector<Family>& families, bool is_used_operator, const Estimate& success) {
    const auto count = static_cast<double>(families.size());
    if (is_used_operator) {
        const auto same = std::ranges::count_if(families, [&](const Family& family) { return family.name == step.used.name; });
        return static_cast<double>(same) / count * success(step.goal_sig, step.used.index);
    }
    double sum = 0;
    for (const auto& family : families) { sum += success(step.goal_sig, family.index); }
    return sum / count;
}

Blind tau_blind(const Solution& solution, const Model& model, bool is_used_operator, bool is_family) {
    Blind out;
    double sum = 0;
    for (const auto& step : solution.steps) {
        std::vector<Family> families = step.candidates;
        if (families.empty() && is_family && model.observed != nullptr) {
            families = observed_families(*model.observed, step.goal_sig);
            if (!families.empty()) { out.notes.push_back(cat("iteration ", step.iteration, ": no candidates; the families seen for the goal stand in")); }
        }
        if (families.empty()) {
            out.notes.push_back(cat("iteration ", step.iteration, ": no candidates"));
            return out;
        }
        if (is_family) { families = distinct(std::move(families)); }
        const double p = step_probability(step, families, is_used_operator, model.success);
        if (!(p > 0)) {
            out.notes.push_back(cat("iteration ", step.iteration, ": the family that was used, ", step.used.name, ", is not among the candidates"));
            return out;
        }
        sum += 1 / p;
    }
    if (solution.steps.empty()) {
        out.notes.emplace_back("no step of the solution was matched");
        return out;
    }
    out.tau = sum;
    return out;
}

Json invalid(std::span<const std::string> notes) { return Json::object().set("schema_version", 1).set("valid", false).set("validity_notes", core::text_list(notes)); }

Json payload(const Solution& solution, const Model& model, bool has_fallback, Json steps) {
    if (!solution.problems.empty()) { return invalid(solution.problems); }
    Json variants = Json::object();
    for (const std::string_view metric : {"any_success", "used_operator"}) {
        Json models = Json::object();
        for (const std::string_view null_model : {k_candidate, k_family}) {
            if (null_model == k_family && !has_fallback) { continue; }  // the family model is defined for local estimates alone
            const Blind blind = tau_blind(solution, model, metric == "used_operator", null_model == k_family);
            const auto k = blind.tau ? k_of(*blind.tau, static_cast<double>(solution.tau_agent)) : std::nullopt;
            Json entry = Json::object();
            entry.set("tau_blind", blind.tau ? Json(rounded(*blind.tau)) : Json()).set("K", Json(k)).set("valid", k.has_value()).set("validity_notes", core::text_list(blind.notes));
            models.set(null_model, std::move(entry));
        }
        variants.set(metric, std::move(models));
    }
    std::vector<std::string> notes = solution.notes;
    std::string_view chosen = k_candidate;
    const auto& any = *variants.find("any_success");
    if (has_fallback && !any.find(k_candidate)->bool_at("valid").value_or(false)) {
        chosen = k_family;
        notes.push_back(cat("primary: ", k_family, " instead of ", k_candidate, ", for want of candidates"));
    }
    const Json& primary = *any.find(chosen);
    const bool is_valid = primary.bool_at("valid").value_or(false) && solution.steps.size() == solution.expected;
    Json out = Json::object();
    out.set("schema_version", 1).set("valid", is_valid).set("validity_notes", core::text_list(notes)).set("w_unit", "tactic_attempt").set("tau_agent", solution.tau_agent);
    out.set("primary", Json::object().set("metric", "any_success").set("null_model", chosen).set("tau_blind", *primary.find("tau_blind")).set("K", *primary.find("K")));
    return out.set("variants", std::move(variants)).set("steps", std::move(steps));
}

Json step_counts(const Solution& solution) {
    return Json::object()
        .set("count", std::uint64_t{solution.steps.size()})
        .set("expected", std::uint64_t{solution.expected})
        .set("dropped", std::uint64_t{solution.expected - std::min(solution.expected, solution.steps.size())});
}

}  // namespace

std::optional<double> k_of(double tau_blind, double tau_agent) {
    if (!(tau_blind > 0) || !(tau_agent > 0) || !std::isfinite(tau_blind) || !std::isfinite(tau_agent)) { return std::nullopt; }
    return rounded(std::log10(tau_blind / tau_agent));
}

void Outcomes::add(const Outcomes& other) {
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        attempts[i] += other.attempts[i];
        successes[i] += other.successes[i];
    }
}

void OutcomeTable::add(const OutcomeTable& other) {
    for (const auto& [sig, outcomes] : other.by_goal) { by_goal[sig].add(outcomes); }
    whole.add(other.whole);
}

Json local_k(const Solution& solution, const OutcomeTable& outcomes, const std::vector<std::pair<std::string, std::string>>& files) {
    Model model;
    model.observed = &outcomes;
    model.success = [&](std::string_view sig, std::size_t family) {
        const auto found = outcomes.by_goal.find(sig);
        const Outcomes& seen = found != outcomes.by_goal.end() && found->second.attempts[family] > 0 ? found->second : outcomes.whole;
        return (static_cast<double>(seen.successes[family]) + 1) / (static_cast<double>(seen.attempts[family]) + 2);
    };
    Json steps = step_counts(solution);
    for (const auto& [name, file] : files) { steps.set(name, file); }
    return payload(solution, model, true, std::move(steps));
}

Json reference_k(const Solution& solution, const OutcomeTable& reference, double alpha) {
    Model model;
    model.success = [&](std::string_view sig, std::size_t family) {
        const auto found = reference.by_goal.find(sig);
        const Outcomes& seen = found != reference.by_goal.end() && found->second.attempts[family] > 0 ? found->second : reference.whole;
        return (static_cast<double>(seen.successes[family]) + alpha) / (static_cast<double>(seen.attempts[family]) + 2 * alpha);
    };
    return payload(solution, model, false, step_counts(solution)).set("reference_kind", "goal_outcomes");
}

Json compact_k(const Json& payload) {
    Json out = payload;
    const auto* steps = payload.find("steps");
    if (steps == nullptr) { return out; }
    const auto* count = steps->find("count");
    return out.set("steps", Json::object().set("count", count == nullptr ? Json() : *count));
}

}  // namespace runlake::metrics
