// SPDX-License-Identifier: Apache-2.0
#include "lake/job/presets.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/text.hpp"
#include "lake/job/config.hpp"
#include "lake/job/preset_queries.hpp"

namespace runlake::lake {
namespace {

constexpr std::array<const PresetDataset*, 1> k_overview_sets = {&k_runs_overview};
constexpr std::array<const PresetDataset*, 4> k_basin_sets = {&k_by_theorem, &k_recovery, &k_basin, &k_reference_k};
constexpr std::array<const PresetDataset*, 1> k_structure_sets = {&k_structure};
constexpr std::array<const PresetDataset*, 2> k_provider_sets = {&k_provider_theorem, &k_provider_pairs};
constexpr std::array<const PresetDataset*, 1> k_tactic_sets = {&k_goal_tactics};
constexpr std::array<const PresetDataset*, 5> k_metric_sets = {&k_distance_sets, &k_detours, &k_convergence, &k_k_by_mode, &k_entropy};
constexpr std::array<const PresetDataset*, 2> k_cluster_sets = {&k_pairs, &k_attractors};
constexpr std::array<const PresetDataset*, 3> k_reference_sets = {&k_reference_k, &k_reference_summary, &k_reference_meta};
constexpr std::array<const PresetDataset*, 16> k_site_sets = {&k_runs_overview,     &k_by_theorem,       &k_recovery,       &k_basin,        &k_reference_k,   &k_reference_summary,
                                                              &k_reference_meta,    &k_structure,        &k_provider_theorem, &k_provider_pairs, &k_goal_tactics, &k_distance_sets,
                                                              &k_detours,           &k_convergence,      &k_k_by_mode,      &k_entropy};

constexpr std::string_view k_site_selection = R"({"backend": "lean", "require_completed": true, "exclude_partial_results": true, "max_runs": 600})";
// Searches whose goals have trees, and a reference pooled over all providers of the same kind: so what is scored is in it, and each row says so.
constexpr std::string_view k_scored_selection = R"({"backend": "lean", "goal_sig_scheme": "ast", "require_completed": true, "exclude_partial_results": true})";
constexpr std::string_view k_pooled_reference =
    R"({"build_outcomes": {"alpha": 1, "meta": {"made_of": "all lean runs with trees: in-sample"}}, "selection": {"backend": "lean", "goal_sig_scheme": "ast"}, "score_k": true})";

constexpr auto k_presets = std::to_array<Preset>({
    {"runs_overview", "Every selected run: what it is, how it ended, how much it solved.", k_overview_sets},
    {"basin_and_k", "Search efficiency and recovery by theorem and intervention, and where many seeds end.", k_basin_sets},
    {"structure_vs_term", "Whether an intervention changed the structure of the search, the proof term, or both.", k_structure_sets},
    {"cross_provider", "How far providers agree on what can be solved, and at what cost.", k_provider_sets},
    {"goal_tactics", "Which families of tactics work on which types of goals, whatever the provider.", k_tactic_sets},
    {"search_metrics", "Distances, recovery, detours, convergence, search efficiency by mode, and the entropy of structures.", k_metric_sets},
    {"variant_clusters", "Hard graph distances between the variants of each theorem, and how they cluster at several cuts.", k_cluster_sets},
    {"reference_k", "Search efficiency against a reference pooled over all Lean runs, stated as in-sample.", k_reference_sets, false, k_scored_selection, k_pooled_reference},
    {"site_dashboard_superset", "A release: the tables of the dashboard and the datasets above but variant_clusters, of completed Lean runs.", k_site_sets, true, k_site_selection},
    {"site_dashboard_reference", "The same with search efficiency against a reference pooled over all Lean runs, stated as in-sample.", k_site_sets, true,
     R"({"backend": "lean", "goal_sig_scheme": "ast", "require_completed": true, "exclude_partial_results": true, "max_runs": 600})", k_pooled_reference},
});

}  // namespace

std::span<const Preset> all_presets() { return k_presets; }

core::Result<const Preset*> find_preset(std::string_view name) {
    const auto found = std::ranges::find(k_presets, name, &Preset::name);
    if (found != k_presets.end()) { return &*found; }
    std::vector<std::string> words;
    for (const auto& preset : k_presets) { words.emplace_back(preset.name); }
    const auto near = core::nearest(name, words);
    return core::Error(core::Errc::usage, core::cat("there is no preset \"", core::valid_utf8(name), "\"", near ? core::cat(" (nearest: \"", *near, "\")") : "", "; presets: ",
                                                    core::join(words, " ")));
}

core::Json preset_config(const Preset& preset) {
    // Our own texts: they are read where a user's would be.
    const auto parsed = [](std::string_view text) { return text.empty() ? core::Result<core::Json>(core::Json()) : core::parse_json(text, "a preset"); };
    auto selection = parsed(preset.selection);
    auto reference = parsed(preset.reference);
    auto datasets = core::Json::array();
    for (const auto* dataset : preset.datasets) {
        datasets.push(core::Json::object().set("name", dataset->name).set("format", preset.is_release ? "parquet" : "jsonl").set("query", core::trim(dataset->query)));
    }
    return core::Json::object()
        .set("schema_version", k_job_config_schema)
        .set("name", preset.name)
        .set("selection", selection.ok() && selection.value().is_object() ? std::move(selection).take() : core::Json::object())
        .set("reference", reference.ok() ? std::move(reference).take() : core::Json())
        .set("datasets", std::move(datasets));
}

}  // namespace runlake::lake
