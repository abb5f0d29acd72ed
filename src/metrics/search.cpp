// SPDX-License-Identifier: Apache-2.0
#include "metrics/search.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/json_lists.hpp"
#include "core/json_texts.hpp"
#include "core/text.hpp"
#include "metrics/numbers.hpp"

namespace runlake::metrics {
namespace {

using core::cat;
using core::Json;
using core::JsonArray;
using core::list_at;

std::set<std::string> text_set(const JsonArray& list) {
    std::set<std::string> out;
    for (const auto& item : list) {
        if (const auto* text = item.as_string()) { out.insert(*text); }
    }
    return out;
}

std::int64_t depth_of(const Json& iteration) { return static_cast<std::int64_t>(list_at(iteration, "selected_path").size()); }

struct Depths {
    std::int64_t deepest = 0;
    std::int64_t at_solution = 0;
    std::optional<std::int64_t> terminal;
};
Depths depths(const Json& history) {
    Depths out;
    std::int64_t position = 0;
    for (const auto& iteration : list_at(history, "iterations")) {
        const std::int64_t depth = depth_of(iteration);
        out.deepest = std::max(out.deepest, depth);
        if (!out.terminal && iteration.bool_at("terminal_reached").value_or(false)) {
            out.terminal = iteration.integer_at("iteration").value_or(position);
            out.at_solution = depth;
        }
        ++position;
    }
    return out;
}

std::string tactic_of(const Json& attempt) {
    if (auto norm = attempt.string_at("tactic_norm")) { return *norm; }
    return attempt.string_at("tactic").value_or("");
}

const Json* node_of(const Json& tree, std::string_view mvar_id) {
    const auto* nodes = tree.find("nodes");
    return nodes == nullptr ? nullptr : nodes->find(mvar_id);
}

// The first iteration whose path ends in that goal and in which that very tactic made the children that the tree has for it.
std::optional<std::int64_t> iteration_of(const std::vector<const Json*>& iterations, const std::string& tactic, const std::set<std::string>& children) {
    for (const auto* iteration : iterations) {
        for (const auto& attempt : list_at(*iteration, "attempts")) {
            if (attempt.string_at("outcome") == "success" && attempt.string_at("tactic") == tactic && text_set(list_at(attempt, "child_mvar_ids")) == children) {
                return iteration->integer_at("iteration");
            }
        }
    }
    return std::nullopt;
}

std::int64_t attempts_of(const Json& history) {
    const auto* told = history.find("detour_metrics");
    if (told != nullptr) {
        if (const auto total = told->integer_at("total_attempts")) { return *total; }
    }
    std::int64_t attempts = 0;
    for (const auto& iteration : list_at(history, "iterations")) {
        for (const auto& attempt : list_at(iteration, "attempts")) { attempts += attempt.is_object() ? 1 : 0; }
    }
    return attempts;
}

}  // namespace

Json trajectory(const Json& history) {
    const auto& iterations = list_at(history, "iterations");
    std::set<std::string> goals;
    std::set<std::string> tactics;
    std::int64_t backtracks = 0;
    std::optional<std::int64_t> before;
    for (const auto& iteration : iterations) {
        const std::int64_t depth = depth_of(iteration);
        backtracks += before && depth < *before ? 1 : 0;
        before = depth;
        goals.merge(text_set(list_at(iteration, "selected_path")));
        for (const auto& attempt : list_at(iteration, "attempts")) {
            if (auto tactic = tactic_of(attempt); !tactic.empty()) { tactics.insert(std::move(tactic)); }
        }
    }
    const Depths depth = depths(history);
    Json out = Json::object();
    out.set("total_iterations", std::uint64_t{iterations.size()}).set("backtrack_count", backtracks).set("max_depth_reached", depth.deepest);
    return out.set("depth_at_solution", depth.at_solution).set("unique_goals_visited", std::uint64_t{goals.size()}).set("tactic_diversity", std::uint64_t{tactics.size()});
}

Json detour(const Json& history) {
    std::map<std::string, std::int64_t> outcomes;
    std::int64_t attempts = 0;
    for (const auto& iteration : list_at(history, "iterations")) {
        for (const auto& attempt : list_at(iteration, "attempts")) {
            if (!attempt.is_object()) { continue; }
            ++attempts;
            ++outcomes[attempt.string_at("outcome").value_or("")];
        }
    }
    const Depths depth = depths(history);
    Json out = Json::object();
    out.set("total_iterations", std::uint64_t{list_at(history, "iterations").size()}).set("total_attempts", attempts).set("success_count", outcomes["success"]);
    out.set("failure_count", outcomes["failure"]).set("blocked_count", outcomes["blocked"]);
    out.set("failure_ratio", attempts == 0 ? 0.0 : rounded(static_cast<double>(outcomes["failure"]) / static_cast<double>(attempts), 3));
    return out.set("max_depth", depth.deepest).set("depth_at_solution", depth.at_solution).set("terminal_iteration", Json(depth.terminal));
}

Json fingerprint(const Json& history) {
    std::set<std::string> attempted;
    std::set<std::string> successful;
    std::set<std::string> solution;
    for (const auto& iteration : list_at(history, "iterations")) {
        for (const auto& attempt : list_at(iteration, "attempts")) {
            const std::string tactic = tactic_of(attempt);
            if (tactic.empty()) { continue; }
            attempted.insert(tactic);
            if (attempt.string_at("outcome") == "success") { successful.insert(tactic); }
        }
    }
    for (const auto& step : list_at(history, "solution_path")) {
        if (auto tactic = step.string_at("tactic"); tactic && !tactic->empty()) { solution.insert(*tactic); }
    }
    Json out = Json::object();
    out.set("attempted", core::text_list(attempted)).set("successful", core::text_list(successful)).set("solution_path", core::text_list(solution));
    out.set("attempted_count", std::uint64_t{attempted.size()}).set("successful_count", std::uint64_t{successful.size()});
    return out.set("solution_path_count", std::uint64_t{solution.size()});
}

Recovery recovery(std::span<const std::string> wild, std::span<const Visit> visits) {
    Recovery out;
    std::size_t same = 0;
    while (same < visits.size() && same < wild.size() && visits[same].goal_sig == wild[same]) { ++same; }
    out.shared_prefix_length = static_cast<std::int64_t>(same);
    if (same == visits.size()) { return out; }  // it never left the path
    out.divergence_iteration = visits[same].iteration;
    // How much of the end of the visits is an end of the path: position by position from behind.
    std::size_t tail = 0;
    while (tail < visits.size() - same && tail < wild.size() && visits[visits.size() - 1 - tail].goal_sig == wild[wild.size() - 1 - tail]) { ++tail; }
    if (tail == 0) { return out; }
    out.is_reconverged = true;
    out.reconvergence_iteration = visits[visits.size() - tail].iteration;
    out.recovery_iterations = *out.reconvergence_iteration - *out.divergence_iteration;
    return out;
}

Json to_json(const Recovery& recovery) {
    Json out = Json::object();
    out.set("divergence_iteration", Json(recovery.divergence_iteration)).set("reconvergence_iteration", Json(recovery.reconvergence_iteration));
    out.set("recovery_iterations", Json(recovery.recovery_iterations)).set("shared_prefix_length", recovery.shared_prefix_length);
    return out.set("reconverged", recovery.is_reconverged);
}

std::optional<std::vector<std::string>> solved_path(const Json& history, const SigOf& sig_of) {
    std::vector<std::string> out;
    for (const auto& step : list_at(history, "solution_path")) {
        const auto mvar = step.string_at("mvar_id");
        auto sig = mvar ? sig_of(*mvar) : std::nullopt;
        if (!sig || sig->empty()) { return std::nullopt; }
        out.push_back(std::move(*sig));
    }
    return out.empty() ? std::nullopt : std::optional(std::move(out));
}

std::vector<Visit> visits_of(const Json& history, const SigOf& sig_of) {
    std::vector<Visit> out;
    std::int64_t position = 0;
    for (const auto& iteration : list_at(history, "iterations")) {
        const auto& path = list_at(iteration, "selected_path");
        const auto* last = path.empty() ? nullptr : path.back().as_string();
        if (last != nullptr) { out.push_back({.iteration = iteration.integer_at("iteration").value_or(position), .goal_sig = sig_of(*last).value_or("")}); }
        ++position;
    }
    return out;
}

Solution solution_of(const SolutionInput& input) {
    Solution out;
    const auto& path = list_at(*input.history, "solution_path");
    if (path.empty()) {
        out.problems.emplace_back("the history has no solution path");
        return out;
    }
    out.tau_agent = attempts_of(*input.history);
    if (out.tau_agent <= 0) {
        out.problems.push_back(cat("attempts of the search: ", out.tau_agent, ", which is not above 0"));
        return out;
    }
    std::map<std::string, std::vector<const Json*>, std::less<>> by_goal;
    for (const auto& iteration : list_at(*input.history, "iterations")) {
        const auto& selected = list_at(iteration, "selected_path");
        if (selected.empty()) { continue; }
        if (const auto* last = selected.back().as_string()) { by_goal[*last].push_back(&iteration); }
    }
    out.expected = path.size();
    std::size_t number = 0;
    for (const auto& item : path) {
        ++number;
        const auto drop = [&](std::string_view why) { out.notes.push_back(cat("step ", number, " dropped: ", why)); };
        const auto mvar = item.string_at("mvar_id");
        const auto tactic = item.string_at("tactic");
        if (!mvar || mvar->empty() || !tactic) {
            drop("it names no goal or no tactic");
            continue;
        }
        const auto* node = node_of(*input.tree, *mvar);
        if (node == nullptr) {
            drop("its goal is not in the tree");
            continue;
        }
        auto sig = node->string_at("goal_sig");
        if (!sig || sig->empty()) { sig = input.sig_of(*mvar); }
        if (!sig || sig->empty()) {
            drop("its goal has no signature");
            continue;
        }
        std::set<std::string> children;
        if (const auto* of_node = node->find("children")) { children = text_set(list_at(*of_node, *tactic)); }
        const auto iterations = by_goal.find(*mvar);
        const auto iteration = iterations == by_goal.end() ? std::nullopt : iteration_of(iterations->second, *tactic, children);
        if (!iteration) {
            drop("no iteration made it");
            continue;
        }
        out.steps.push_back({.iteration = *iteration, .mvar_id = *mvar, .goal_sig = *sig, .used = input.family_of(*tactic), .candidates = {}});
    }
    return out;
}

void add_candidates(Solution& solution, const Json& event, const std::function<Family(std::string_view tactic)>& family_of) {
    const auto iteration = event.integer_at("iteration");
    const auto* node = event.find("node");
    if (!iteration || node == nullptr) { return; }
    const auto mvar = node->string_at("mvar_id");
    for (auto& step : solution.steps) {
        if (step.iteration != *iteration || step.mvar_id != mvar || !step.candidates.empty()) { continue; }
        for (const auto& candidate : list_at(event, "tactics")) {
            const auto* text = candidate.as_string();
            const auto told = text == nullptr ? candidate.string_at("tactic") : std::optional(*text);
            if (told) { step.candidates.push_back(family_of(*told)); }
        }
    }
}

std::vector<std::string> solution_goals(const Json& history, const Json& tree) {
    std::vector<std::string> out;
    for (const auto& step : list_at(history, "solution_path")) {
        const auto mvar = step.string_at("mvar_id");
        const auto* node = mvar ? node_of(tree, *mvar) : nullptr;
        if (node == nullptr) { continue; }
        if (auto sig = node->string_at("goal_sig"); sig && !sig->empty()) { out.push_back(std::move(*sig)); }
    }
    return out;
}

}  // namespace runlake::metrics
