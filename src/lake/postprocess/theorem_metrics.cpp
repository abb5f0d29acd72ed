// SPDX-License-Identifier: Apache-2.0
#include "lake/postprocess/theorem_metrics.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/json_lists.hpp"
#include "core/json_texts.hpp"
#include "core/text.hpp"
#include "lake/postprocess/run_metrics.hpp"
#include "lake/postprocess/search_files.hpp"
#include "lake/tactic.hpp"
#include "metrics/numbers.hpp"
#include "metrics/search.hpp"
#include "metrics/sequence.hpp"
#include "os/files.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Json;

constexpr std::string_view k_wild = "wild_type";

Json verdict(const std::vector<std::string>& notes) { return Json::object().set("valid", notes.empty()).set("validity_notes", core::text_list(notes)); }
// For what may still come: a file that is damaged, a cache that is missing.
std::string placeholder_note(std::string_view why) { return cat("not computed, run postprocess again: ", why); }

std::string family_of_edge(const Json& edge) {
    for (const std::string_view key : {"tactic_family", "action_family"}) {
        if (auto family = edge.string_at(key); family && !family->empty()) { return *family; }
    }
    for (const std::string_view key : {"tactic", "tactic_norm", "action_norm"}) {
        if (const auto tactic = edge.string_at(key); tactic && !tactic->empty()) { return tactic_family(*tactic); }
    }
    return "";
}

std::string id_text(const Json* value) {
    if (value == nullptr || value->is_null()) { return ""; }
    const auto* text = value->as_string();
    return text != nullptr ? *text : core::to_json(*value);
}

core::Result<SearchGraph> read_graph(const Json& document, metrics::Labels& labels) {
    const auto bad = [](std::string why) { return core::Error(core::Errc::corrupt, std::move(why)); };
    const auto* nodes = core::find_list(document, "nodes");
    const auto* edges = core::find_list(document, "edges");
    if (nodes == nullptr || edges == nullptr) { return bad("a graph without lists of nodes and edges"); }
    SearchGraph out;
    std::map<std::string, std::size_t> places;
    for (const auto& node : *nodes) {
        const auto* pair = node.as_array();
        const bool is_pair = pair != nullptr && pair->size() == 2;
        if (!is_pair && !node.is_object()) { return bad("a node of the graph is neither an object nor [id, attributes]"); }
        const std::string id = id_text(is_pair ? &(*pair)[0] : node.find("id"));
        if (id.empty()) { return bad("a node of the graph has no id"); }
        const auto [place, is_new] = places.emplace(id, out.sigs.size());
        if (is_new) { out.sigs.emplace_back(); }
        out.sigs[place->second] = (is_pair ? (*pair)[1] : node).string_at("goal_sig").value_or("");
    }
    for (const auto& sig : out.sigs) { out.graph.nodes.push_back(labels.id(cat("goal ", sig))); }
    for (const auto& edge : *edges) {
        const auto* from = edge.find("source") != nullptr ? edge.find("source") : edge.find("src");
        const auto* to = edge.find("target") != nullptr ? edge.find("target") : edge.find("dst");
        const auto source = places.find(id_text(from));
        const auto target = places.find(id_text(to));
        if (source == places.end() || target == places.end()) { return bad("an edge of the graph has an end that is no node"); }
        out.graph.edges.push_back({.from = source->second, .to = target->second, .label = labels.id(cat("family ", family_of_edge(edge)))});
    }
    return out;
}

}  // namespace

std::optional<std::string> GoalCache::sig_of(const std::string& mvar_id) const {
    const auto found = sigs.find(mvar_id);
    return found == sigs.end() ? std::nullopt : std::optional(std::string(found->second));
}

bool is_placeholder(const Json* payload) {
    if (payload == nullptr || !payload->is_object() || payload->as_object()->empty()) { return true; }
    if (payload->bool_at("valid").value_or(false)) { return false; }
    const auto* notes = core::find_list(*payload, "validity_notes");
    if (notes == nullptr) { return payload->find("valid") == nullptr; }
    return std::ranges::any_of(*notes, [](const Json& note) { return note.is_string() && note.as_string()->find("postprocess") != std::string::npos; });
}

struct TheoremMetrics::Files {
    std::optional<core::Result<Json>> graph_file;
    std::optional<core::Result<Json>> history;
    std::optional<core::Result<Json>> tree;
    std::optional<core::Result<SearchGraph>> graph;
};

TheoremMetrics::TheoremMetrics(std::string dir, const GoalCache& cache, const PostprocessParams& params) : dir_(std::move(dir)), cache_(cache), params_(params) {}
TheoremMetrics::~TheoremMetrics() = default;

TheoremMetrics::Files& TheoremMetrics::files_of(const std::string& variant) {
    auto& files = files_[variant];
    if (!files) { files = std::make_unique<Files>(); }
    return *files;
}

const Json* TheoremMetrics::document(std::optional<core::Result<Json>>& slot, const std::string& variant, std::string_view suffix, std::string& why) {
    if (!slot) {
        slot = read_either(dir_, cat(variant, suffix));
        if (!slot->ok() && slot->error().code() != core::Errc::not_found) { errors_.push_back(slot->error().message()); }
    }
    if (slot->ok()) { return &slot->value(); }
    why = slot->error().code() == core::Errc::not_found ? cat("there is no ", variant, suffix) : cat(variant, suffix, " can't be read");
    return nullptr;
}

const SearchGraph* TheoremMetrics::graph(const std::string& variant, std::string& why) {
    Files& files = files_of(variant);
    const Json* text = document(files.graph_file, variant, "_graph.json", why);
    if (text == nullptr) { return nullptr; }
    if (!files.graph) {
        files.graph = read_graph(*text, labels_);
        if (!files.graph->ok()) { errors_.push_back(cat(variant, "_graph.json: ", files.graph->error().message())); }
    }
    if (files.graph->ok()) { return &files.graph->value(); }
    why = files.graph->error().message();
    return nullptr;
}

std::optional<std::vector<std::string>> TheoremMetrics::goals(const std::string& variant, std::string& why) {
    Files& files = files_of(variant);
    const Json* history = document(files.history, variant, "_history.json", why);
    const Json* tree = history == nullptr ? nullptr : document(files.tree, variant, "_mcts_tree.json", why);
    if (tree == nullptr) { return std::nullopt; }
    return metrics::solution_goals(*history, *tree);
}

std::string TheoremMetrics::problems_of(const std::vector<std::string>& sigs) {
    std::map<std::string, std::string> problems;
    for (const auto& sig : sigs) {
        if (sig.empty()) { continue; }
        if (auto problem = cache_.distances->problem(sig)) { problems.emplace(sig, std::move(*problem)); }
    }
    if (problems.empty()) { return ""; }
    return cat("goals without a tree: ", problems.size(), ", the first ", problems.begin()->first, ": ", problems.begin()->second);
}

Json TheoremMetrics::soft_distance(const std::string& variant, const Json* before) {
    Json out = Json::object();
    const auto told = [&](std::string_view key, std::string_view other) { return before != nullptr ? before->string_at(key).value_or(std::string(other)) : std::string(other); };
    const auto finish = [&](Json value, Json normalized, const std::vector<std::string>& notes) {
        out.set("value", std::move(value)).set("normalized", std::move(normalized)).set("valid", notes.empty()).set("validity_notes", core::text_list(notes));
        return out.set("trace_source", told("trace_source", "mcts")).set("trace_completeness", told("trace_completeness", "full"));
    };
    if (!cache_.distances) { return finish({}, {}, {placeholder_note(cache_.no_trees)}); }
    std::string why;
    const SearchGraph* wild = graph(std::string(k_wild), why);
    const SearchGraph* own = wild == nullptr ? nullptr : graph(variant, why);
    if (own == nullptr) { return finish({}, {}, {placeholder_note(why)}); }
    for (const auto* one : {wild, own}) {
        const auto& graph = one->graph;
        if (graph.nodes.size() > params_.max_soft_ged_nodes || graph.edges.size() > params_.max_soft_ged_edges) {
            return finish({}, {}, {cat("skipped: a graph of ", graph.nodes.size(), " nodes and ", graph.edges.size(), " edges; the limits are ", params_.max_soft_ged_nodes, " and ", params_.max_soft_ged_edges)});
        }
    }
    auto sigs = wild->sigs;
    sigs.insert(sigs.end(), own->sigs.begin(), own->sigs.end());
    std::vector<std::string> notes;
    if (auto problems = problems_of(sigs); !problems.empty()) { notes.push_back(std::move(problems)); }
    const auto cost = [&](std::size_t a, std::size_t b) { return wild->sigs[a].empty() || own->sigs[b].empty() ? 1.0 : (*cache_.distances)(wild->sigs[a], own->sigs[b]); };
    const auto found = metrics::graph_edit_distance(wild->graph, own->graph, cost, params_.soft_ged_expansions);
    if (!found.is_exact) {
        notes.push_back(cat("the best that ", found.expansions, " expansions found; the distance is not below ", core::format_fixed(found.lower_bound, 6)));
    }
    return finish(metrics::rounded(found.value), metrics::rounded(metrics::normalized_edit_distance(found.value, wild->graph, own->graph)), notes);
}

Json TheoremMetrics::novelty(const std::string& variant) {
    std::string why;
    const SearchGraph* wild = cache_.distances ? graph(std::string(k_wild), why) : nullptr;
    const SearchGraph* own = wild == nullptr ? nullptr : graph(variant, why);
    if (own == nullptr) { return verdict({placeholder_note(cache_.distances ? why : cache_.no_trees)}); }
    const auto set_of = [](const SearchGraph& graph) {
        std::set<std::string> sigs(graph.sigs.begin(), graph.sigs.end());
        sigs.erase("");
        return sigs;
    };
    const auto wild_sigs = set_of(*wild);
    const auto own_sigs = set_of(*own);
    std::vector<std::string> notes;
    const auto nearest = [&](const std::set<std::string>& from, const std::set<std::string>& others, std::uint64_t& count) {
        std::vector<std::string> fresh;
        std::ranges::set_difference(from, others, std::back_inserter(fresh));
        count = fresh.size();
        std::vector<std::string> targets(others.begin(), others.end());
        std::vector<double> distances;
        if (fresh.empty() || targets.empty()) { return distances; }
        if (params_.max_novelty_pairs == 0) {
            notes.emplace_back("skipped: no comparisons are allowed");
            return distances;
        }
        const std::uint64_t pairs = std::uint64_t{fresh.size()} * targets.size();
        if (pairs > params_.max_novelty_pairs) {
            targets.resize(std::max<std::size_t>(1, params_.max_novelty_pairs / fresh.size()));
            notes.push_back(cat("comparisons capped: ", pairs, " pairs, the limit is ", params_.max_novelty_pairs, "; the first ", targets.size(), " goals were compared with"));
        }
        auto all = targets;
        all.insert(all.end(), fresh.begin(), fresh.end());
        if (auto problems = problems_of(all); !problems.empty()) { notes.push_back(std::move(problems)); }
        for (const auto& sig : fresh) {
            double least = 1;
            for (const auto& target : targets) { least = std::min(least, (*cache_.distances)(sig, target)); }
            distances.push_back(least);
        }
        return distances;
    };
    std::uint64_t novel = 0;
    std::uint64_t dropped = 0;
    const auto novel_distances = nearest(own_sigs, wild_sigs, novel);
    const auto dropped_distances = nearest(wild_sigs, own_sigs, dropped);
    return verdict(notes)
        .set("novel_goal_count", novel)
        .set("dropped_goal_count", dropped)
        .set("novel_min_distance", metrics::spread(novel_distances))
        .set("dropped_min_distance", metrics::spread(dropped_distances));
}

Json TheoremMetrics::path_distance(const std::string& variant) {
    const auto without = [](std::string note) { return Json::object().set("value", Json()).set("valid", false).set("validity_notes", Json::array().push(std::move(note))); };
    if (!cache_.distances) { return without(placeholder_note(cache_.no_trees)); }
    std::string why;
    const auto wild = goals(std::string(k_wild), why);
    const auto own = wild ? goals(variant, why) : std::nullopt;
    if (!own) { return without(placeholder_note(why)); }
    const std::uint64_t cells = std::uint64_t{wild->size()} * own->size();
    std::vector<std::string> notes;
    std::optional<double> value;
    if (wild->empty() || own->empty()) {
        notes.push_back(cat(wild->empty() ? std::string_view("the wild type") : std::string_view("the intervention"), " has no solution path"));
    } else if (cells > params_.max_path_dp_cells) {
        notes.push_back(cat("skipped: ", cells, " cells, the limit is ", params_.max_path_dp_cells));
    } else {
        auto sigs = *wild;
        sigs.insert(sigs.end(), own->begin(), own->end());
        if (auto problems = problems_of(sigs); !problems.empty()) { notes.push_back(std::move(problems)); }
        value = metrics::rounded(metrics::normalized_sequence_edit_distance(wild->size(), own->size(), [&](std::size_t i, std::size_t j) { return (*cache_.distances)((*wild)[i], (*own)[j]); }));
    }
    Json out = Json::object();
    out.set("value", Json(value)).set("valid", notes.empty()).set("validity_notes", core::text_list(notes));
    return out.set("wild_len", std::uint64_t{wild->size()}).set("intervention_len", std::uint64_t{own->size()}).set("dp_cells", cells);
}

Json TheoremMetrics::efficiency(const std::string& variant) {
    std::string why;
    Files& files = files_of(variant);
    const Json* history = cache_.no_cache.empty() ? document(files.history, variant, "_history.json", why) : nullptr;
    const Json* tree = history == nullptr ? nullptr : document(files.tree, variant, "_mcts_tree.json", why);
    if (!cache_.no_cache.empty()) { why = cache_.no_cache; }
    if (tree == nullptr) {
        metrics::Solution solution;
        solution.problems.push_back(why);
        return metrics::local_k(solution, cache_.outcomes, {});
    }
    auto search = read_search({.dir = dir_, .variant = variant, .history = history, .tree = tree, .sig_of = [&](const std::string& mvar) { return cache_.sig_of(mvar); }});
    errors_.insert(errors_.end(), search.errors.begin(), search.errors.end());
    return metrics::local_k(search.solution, cache_.outcomes, {{"trace_path", search.trace}, {"history_path", cat(variant, "_history.json")}, {"tree_path", cat(variant, "_mcts_tree.json")}});
}

// By the node of the variant's tree, else by the goal cache.
metrics::SigOf TheoremMetrics::signatures(const std::string& variant) {
    std::string why;
    const Json* tree = document(files_of(variant).tree, variant, "_mcts_tree.json", why);
    const Json* nodes = tree == nullptr ? nullptr : tree->find("nodes");
    return [this, nodes](const std::string& mvar) {
        const Json* node = nodes == nullptr ? nullptr : nodes->find(mvar);
        auto sig = node == nullptr ? std::nullopt : node->string_at("goal_sig");
        return sig && !sig->empty() ? sig : cache_.sig_of(mvar);
    };
}

Json TheoremMetrics::recovery(const std::string& variant, const Json& history, std::vector<std::string>& notes) {
    const std::string wild(k_wild);
    std::string why;
    const Json* of_wild = document(files_of(wild).history, wild, "_history.json", why);
    if (of_wild == nullptr) {
        notes.push_back(std::move(why));
        return {};
    }
    const auto path = metrics::solved_path(*of_wild, signatures(wild));
    if (!path) {
        notes.emplace_back("the wild type has no solution path all of whose goals have signatures");
        return {};
    }
    const auto visits = metrics::visits_of(history, signatures(variant));
    if (const auto unknown = std::ranges::count(visits, "", &metrics::Visit::goal_sig); unknown > 0) { notes.push_back(cat("iterations that ended in a goal without a signature: ", unknown)); }
    return metrics::to_json(metrics::recovery(*path, visits));
}

std::optional<Json> TheoremMetrics::search(const std::string& variant) {
    std::string why;
    const Json* history = document(files_of(variant).history, variant, "_history.json", why);
    if (history == nullptr) { return std::nullopt; }
    std::vector<std::string> notes;
    Json comparison = variant == k_wild ? Json() : recovery(variant, *history, notes);
    Json out = Json::object().set("theorem", os::base_name(dir_)).set("variant", variant).set("trajectory", metrics::trajectory(*history)).set("detour", metrics::detour(*history));
    return out.set("tactic_fingerprint", metrics::fingerprint(*history)).set("trajectory_comparison", std::move(comparison)).set("validity_notes", core::text_list(notes));
}

Json TheoremMetrics::compute(std::string_view metric, const std::string& variant, const Json* before) {
    if (metric == "ged_search_graph_soft") { return soft_distance(variant, before); }
    if (metric == "goal_novelty") { return novelty(variant); }
    if (metric == "solution_path_soft_distance") { return path_distance(variant); }
    return efficiency(variant);
}

}  // namespace runlake::lake
