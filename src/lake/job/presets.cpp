// SPDX-License-Identifier: Apache-2.0
#include "lake/job/presets.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/text.hpp"
#include "lake/job/config.hpp"

namespace runlake::lake {
namespace {

constexpr PresetDataset k_runs_overview = {"runs_overview", R"sql(
WITH wild AS (
  SELECT run_key, count(*) AS theorems, count(*) FILTER (solved) AS solved, count(*) FILTER (k_valid) AS k_valid, avg("k_K") FILTER (k_valid) AS k_mean
  FROM theorem_wild GROUP BY run_key)
SELECT r.run_uid, r.run_id, r.provider, r.backend, r.mode, r.corpus, r.created_at, json_extract_string(r.run_status, '$.status') AS status,
  a.theorem_count, a.wild_type_solve_rate, a.intervention_count, a.intervention_solve_rate, w.theorems, w.solved, w.k_valid, w.k_mean
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key LEFT JOIN run_aggregates a ON a.run_key = s.run_key LEFT JOIN wild w ON w.run_key = s.run_key
ORDER BY r.run_id, r.provider, r.run_uid)sql"};

constexpr PresetDataset k_by_theorem = {"k_by_theorem", R"sql(
SELECT r.provider, w.theorem, count(*) AS runs, count(*) FILTER (w.solved) AS solved, avg(CASE WHEN w.solved THEN 1.0::DOUBLE ELSE 0.0 END) AS solve_rate,
  count(*) FILTER (w.k_valid) AS k_valid, avg(w."k_K") FILTER (w.k_valid) AS k_mean, stddev_samp(w."k_K") FILTER (w.k_valid) AS k_std
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN theorem_wild w ON w.run_key = s.run_key
GROUP BY r.provider, w.theorem
ORDER BY r.provider, w.theorem)sql"};

constexpr PresetDataset k_recovery = {"recovery_by_intervention", R"sql(
SELECT r.provider, i.intervention, count(*) AS cases, avg(CASE WHEN i.solved THEN 1.0::DOUBLE ELSE 0.0 END) AS recovery_rate, avg(i.ged_search_norm) AS ged_norm_mean,
  avg(w."k_K") FILTER (w.k_valid) AS wild_k_mean, avg(i."k_K") FILTER (i.k_valid) AS intervention_k_mean,
  avg(i."k_K" - w."k_K") FILTER (i.k_valid AND w.k_valid) AS delta_k_mean
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN theorem_intervention i ON i.run_key = s.run_key
  JOIN theorem_wild w ON w.run_key = i.run_key AND w.theorem = i.theorem
WHERE w.solved AND NOT i.is_control
GROUP BY r.provider, i.intervention
ORDER BY r.provider, i.intervention)sql"};

// The entropy of the structures that seeds ended in is ours: no other program that reads these logs gives one.
constexpr PresetDataset k_basin = {"basin_by_theorem", R"sql(
WITH shares AS (
  SELECT run_key, theorem, "count" / sum("count") OVER (PARTITION BY run_key, theorem) AS share FROM basin_structure_counts),
entropy AS (
  SELECT run_key, theorem, sum(-share * log2(share)) AS bits FROM shares GROUP BY run_key, theorem)
SELECT r.run_uid, r.run_id, r.provider, b.theorem, b.seeds_requested, b.solve_rate, b.blind_solve_rate, b.unique_structures, b.dominant_structure_frequency,
  e.bits AS structure_entropy_bits, b.paper_k
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN basin_runs b ON b.run_key = s.run_key LEFT JOIN entropy e ON e.run_key = b.run_key AND e.theorem = b.theorem
ORDER BY r.run_id, r.provider, b.theorem, r.run_uid)sql"};

constexpr PresetDataset k_reference_k = {"reference_k", R"sql(
SELECT r.run_uid, r.run_id, r.provider, r.mode, k.theorem, k.variant, k.ref_id, k.valid, k.primary_null_model, k.tau_agent, k.tau_blind, k."K"
FROM job_context c JOIN k_reference_score k ON k.ref_id = c.ref_id JOIN selected_runs s ON s.run_key = k.run_key JOIN runs r ON r.run_key = s.run_key
ORDER BY r.run_id, r.provider, k.theorem, k.variant, r.run_uid)sql"};

constexpr PresetDataset k_structure = {"structure_vs_term", R"sql(
SELECT r.run_uid, r.run_id, r.provider, i.theorem, i.intervention, i.baseline_solved, i.solved, i.ged_search_norm, i.ged_search_value = 0 AS same_structure,
  NOT c.hash_mismatch AS same_term, w.proof_term_hash AS wild_term_hash, p.goal_novelty_novel_goal_count AS novel_goals, p.solution_path_soft_distance_value AS path_distance,
  i."k_K" - w."k_K" AS delta_k
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN theorem_intervention i ON i.run_key = s.run_key
  LEFT JOIN theorem_wild w ON w.run_key = i.run_key AND w.theorem = i.theorem
  LEFT JOIN theorem_intervention_comparison c ON c.run_key = i.run_key AND c.theorem = i.theorem AND c.intervention = i.intervention
  LEFT JOIN theorem_intervention_postprocess p ON p.run_key = i.run_key AND p.theorem = i.theorem AND p.intervention = i.intervention
WHERE NOT i.is_control
ORDER BY r.run_id, r.provider, i.theorem, i.intervention, r.run_uid)sql"};

// The first part of a run's id is its campaign: what was started together.
constexpr PresetDataset k_provider_theorem = {"provider_theorem", R"sql(
SELECT split_part(r.run_id, '/', 1) AS campaign, r.provider, w.theorem, count(*) AS runs, avg(CASE WHEN w.solved THEN 1.0::DOUBLE ELSE 0.0 END) AS solve_rate,
  avg(w."k_K") FILTER (w.k_valid) AS k_mean
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN theorem_wild w ON w.run_key = s.run_key
GROUP BY campaign, r.provider, w.theorem
ORDER BY campaign, r.provider, w.theorem)sql"};

constexpr PresetDataset k_provider_pairs = {"provider_pairs", R"sql(
WITH cells AS (
  SELECT split_part(r.run_id, '/', 1) AS campaign, r.provider, w.theorem, bool_or(w.solved) AS solved, avg(w."k_K") FILTER (w.k_valid) AS k
  FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN theorem_wild w ON w.run_key = s.run_key
  GROUP BY campaign, r.provider, w.theorem)
SELECT a.campaign, a.provider AS provider_a, b.provider AS provider_b, count(*) AS theorems, avg(CASE WHEN a.solved = b.solved THEN 1.0::DOUBLE ELSE 0.0 END) AS agreement,
  avg(abs(a.k - b.k)) AS k_difference_mean
FROM (FROM cells ORDER BY campaign, provider, theorem) a JOIN (FROM cells ORDER BY campaign, provider, theorem) b
  ON a.campaign = b.campaign AND a.theorem = b.theorem AND a.provider < b.provider
GROUP BY a.campaign, a.provider, b.provider
ORDER BY a.campaign, a.provider, b.provider)sql"};

constexpr PresetDataset k_goal_tactics = {"goal_tactics", R"sql(
WITH of_provider AS (
  SELECT g.goal_type, g.tactic_family, r.provider, count(DISTINCT g.run_key) AS runs, sum(g.success) AS success, sum(g.failure) AS failure, sum(g.blocked) AS blocked,
    sum(g.success) / nullif(sum(g.success) + sum(g.failure), 0) AS rate
  FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN goal_type_tactic g ON g.run_key = s.run_key
  GROUP BY g.goal_type, g.tactic_family, r.provider)
SELECT goal_type, tactic_family, count(*) AS providers, sum(runs) AS runs, sum(success) AS success, sum(failure) AS failure, sum(blocked) AS blocked,
  sum(success) / nullif(sum(success) + sum(failure), 0) AS success_rate, min(rate) AS lowest_rate, max(rate) AS highest_rate, max(rate) - min(rate) AS rate_range
FROM of_provider
GROUP BY goal_type, tactic_family
ORDER BY goal_type, tactic_family)sql"};

constexpr std::array<const PresetDataset*, 1> k_overview_sets = {&k_runs_overview};
constexpr std::array<const PresetDataset*, 4> k_basin_sets = {&k_by_theorem, &k_recovery, &k_basin, &k_reference_k};
constexpr std::array<const PresetDataset*, 1> k_structure_sets = {&k_structure};
constexpr std::array<const PresetDataset*, 2> k_provider_sets = {&k_provider_theorem, &k_provider_pairs};
constexpr std::array<const PresetDataset*, 1> k_tactic_sets = {&k_goal_tactics};
constexpr std::array<const PresetDataset*, 9> k_site_sets = {&k_runs_overview, &k_by_theorem,       &k_recovery,       &k_basin,       &k_reference_k,
                                                             &k_structure,     &k_provider_theorem, &k_provider_pairs, &k_goal_tactics};

constexpr auto k_presets = std::to_array<Preset>({
    {"runs_overview", "Every selected run: what it is, how it ended, how much it solved.", k_overview_sets},
    {"basin_and_k", "Search efficiency and recovery by theorem and intervention, and where many seeds end.", k_basin_sets},
    {"structure_vs_term", "Whether an intervention changed the structure of the search, the proof term, or both.", k_structure_sets},
    {"cross_provider", "How far providers agree on what can be solved, and at what cost.", k_provider_sets},
    {"goal_tactics", "Which families of tactics work on which types of goals, whatever the provider.", k_tactic_sets},
    {"site_dashboard_superset", "A release: the tables of the dashboard and all of the above, of completed Lean runs.", k_site_sets, true},
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
    auto selection = core::Json::object();
    if (preset.is_release) {
        selection.set("backend", "lean").set("require_completed", true).set("exclude_partial_results", true).set("max_runs", 600);
    }
    auto datasets = core::Json::array();
    for (const auto* dataset : preset.datasets) {
        datasets.push(core::Json::object().set("name", dataset->name).set("format", preset.is_release ? "parquet" : "jsonl").set("query", core::trim(dataset->query)));
    }
    return core::Json::object()
        .set("schema_version", k_job_config_schema)
        .set("name", preset.name)
        .set("selection", std::move(selection))
        .set("reference", nullptr)
        .set("datasets", std::move(datasets));
}

}  // namespace runlake::lake
