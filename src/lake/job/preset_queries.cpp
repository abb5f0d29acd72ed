// SPDX-License-Identifier: Apache-2.0
#include "lake/job/preset_queries.hpp"

namespace runlake::lake {

extern const PresetDataset k_runs_overview = {"runs_overview", R"sql(
WITH wild AS (
  SELECT run_key, count(*) AS theorems, count(*) FILTER (solved) AS solved, count(*) FILTER (k_valid) AS k_valid, avg("k_K") FILTER (k_valid) AS k_mean
  FROM theorem_wild GROUP BY run_key)
SELECT r.run_uid, r.run_id, r.provider, r.backend, r.mode, r.corpus, r.created_at, json_extract_string(r.run_status, '$.status') AS status,
  a.theorem_count, a.wild_type_solve_rate, a.intervention_count, a.intervention_solve_rate, w.theorems, w.solved, w.k_valid, w.k_mean
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key LEFT JOIN run_aggregates a ON a.run_key = s.run_key LEFT JOIN wild w ON w.run_key = s.run_key
ORDER BY r.run_id, r.provider, r.run_uid)sql"};

extern const PresetDataset k_by_theorem = {"k_by_theorem", R"sql(
SELECT r.provider, w.theorem, count(*) AS runs, count(*) FILTER (w.solved) AS solved, avg(CASE WHEN w.solved THEN 1.0::DOUBLE ELSE 0.0 END) AS solve_rate,
  count(*) FILTER (w.k_valid) AS k_valid, avg(w."k_K") FILTER (w.k_valid) AS k_mean, stddev_samp(w."k_K") FILTER (w.k_valid) AS k_std
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN theorem_wild w ON w.run_key = s.run_key
GROUP BY r.provider, w.theorem
ORDER BY r.provider, w.theorem)sql"};

extern const PresetDataset k_recovery = {"recovery_by_intervention", R"sql(
SELECT r.provider, i.intervention, count(*) AS cases, avg(CASE WHEN i.solved THEN 1.0::DOUBLE ELSE 0.0 END) AS recovery_rate, avg(i.ged_search_norm) AS ged_norm_mean,
  avg(w."k_K") FILTER (w.k_valid) AS wild_k_mean, avg(i."k_K") FILTER (i.k_valid) AS intervention_k_mean,
  avg(i."k_K" - w."k_K") FILTER (i.k_valid AND w.k_valid) AS delta_k_mean
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN theorem_intervention i ON i.run_key = s.run_key
  JOIN theorem_wild w ON w.run_key = i.run_key AND w.theorem = i.theorem
WHERE w.solved AND NOT i.is_control
GROUP BY r.provider, i.intervention
ORDER BY r.provider, i.intervention)sql"};

// The entropy of the structures that seeds ended in is ours: no other program that reads these logs gives one.
extern const PresetDataset k_basin = {"basin_by_theorem", R"sql(
WITH shares AS (
  SELECT run_key, theorem, "count" / sum("count") OVER (PARTITION BY run_key, theorem) AS share FROM basin_structure_counts),
entropy AS (
  SELECT run_key, theorem, sum(-share * log2(share)) AS bits FROM shares GROUP BY run_key, theorem)
SELECT r.run_uid, r.run_id, r.provider, b.theorem, b.seeds_requested, b.solve_rate, b.blind_solve_rate, b.unique_structures, b.dominant_structure_frequency,
  e.bits AS structure_entropy_bits, b.paper_k
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN basin_runs b ON b.run_key = s.run_key LEFT JOIN entropy e ON e.run_key = b.run_key AND e.theorem = b.theorem
ORDER BY r.run_id, r.provider, b.theorem, r.run_uid)sql"};

extern const PresetDataset k_reference_k = {"reference_k", R"sql(
SELECT r.run_uid, r.run_id, r.provider, r.mode, k.theorem, k.variant, k.ref_id, k.valid, k.primary_null_model, k.tau_agent, k.tau_blind, k."K",
  CASE WHEN k.variant = 'wild_type' THEN CASE WHEN w.k_valid THEN w."k_K" END ELSE CASE WHEN i.k_valid THEN i."k_K" END END AS local_k,
  EXISTS (SELECT 1 FROM lake_reference_members m WHERE m.ref_id = k.ref_id AND m.run_key = k.run_key) AS in_sample
FROM job_context c JOIN k_reference_score k ON k.ref_id = c.ref_id JOIN selected_runs s ON s.run_key = k.run_key JOIN runs r ON r.run_key = s.run_key
  LEFT JOIN theorem_wild w ON w.run_key = k.run_key AND w.theorem = k.theorem
  LEFT JOIN theorem_intervention i ON i.run_key = k.run_key AND i.theorem = k.theorem AND i.intervention = k.variant
ORDER BY r.run_id, r.provider, k.theorem, k.variant, r.run_uid)sql"};

extern const PresetDataset k_reference_summary = {"reference_k_summary", R"sql(
WITH scores AS (
  SELECT r.provider, r.mode, CASE WHEN k.variant = 'wild_type' THEN 'wild type' ELSE 'interventions' END AS of_what,
    EXISTS (SELECT 1 FROM lake_reference_members m WHERE m.ref_id = k.ref_id AND m.run_key = k.run_key) AS in_sample, k.valid, k."K" AS k
  FROM job_context c JOIN k_reference_score k ON k.ref_id = c.ref_id JOIN selected_runs s ON s.run_key = k.run_key JOIN runs r ON r.run_key = s.run_key)
SELECT provider, mode, of_what, in_sample, count(*) AS rows, count(*) FILTER (valid) AS valid_rows, avg(k) FILTER (valid) AS k_mean, stddev_samp(k) FILTER (valid) AS k_std
FROM scores
GROUP BY provider, mode, of_what, in_sample
ORDER BY provider, mode, of_what, in_sample)sql"};

extern const PresetDataset k_reference_meta = {"reference_meta", R"sql(
SELECT f.ref_id, f.kind, f.alpha, f.members, f.goals, f.attempts, f.successes, f.meta,
  (SELECT count(*) FROM selected_runs s WHERE EXISTS (SELECT 1 FROM lake_reference_members m WHERE m.ref_id = f.ref_id AND m.run_key = s.run_key)) AS in_sample_runs,
  (SELECT count(*) FROM selected_runs) AS selected_runs
FROM job_context c JOIN lake_references f ON f.ref_id = c.ref_id
ORDER BY f.ref_id)sql"};

extern const PresetDataset k_structure = {"structure_vs_term", R"sql(
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
extern const PresetDataset k_provider_theorem = {"provider_theorem", R"sql(
SELECT split_part(r.run_id, '/', 1) AS campaign, r.provider, w.theorem, count(*) AS runs, avg(CASE WHEN w.solved THEN 1.0::DOUBLE ELSE 0.0 END) AS solve_rate,
  avg(w."k_K") FILTER (w.k_valid) AS k_mean
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN theorem_wild w ON w.run_key = s.run_key
GROUP BY campaign, r.provider, w.theorem
ORDER BY campaign, r.provider, w.theorem)sql"};

extern const PresetDataset k_provider_pairs = {"provider_pairs", R"sql(
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

extern const PresetDataset k_goal_tactics = {"goal_tactics", R"sql(
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

// Seeds of one search, blind ones too, and the undisturbed searches of many runs: into how many structures they fall. The hash of a search graph is ours, that of a seed the search's own: never mixed.
extern const PresetDataset k_entropy = {"structure_entropy", R"sql(
WITH seen AS (
  SELECT r.provider, b.theorem, 'seeds' AS of_what, b.structure_hash FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN basin_seed b ON b.run_key = s.run_key
  WHERE b.solved AND b.structure_hash IS NOT NULL
  UNION ALL
  SELECT r.provider, b.theorem, 'blind seeds' AS of_what, b.blind_structure_hash FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN basin_seed b ON b.run_key = s.run_key
  WHERE b.blind_solved AND b.blind_structure_hash IS NOT NULL
  UNION ALL
  SELECT r.provider, g.theorem, 'search graphs' AS of_what, g.structure_hash FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN graph_structures g ON g.run_key = s.run_key
  WHERE g.variant = 'wild_type' AND g.artifact_kind = 'graph'),
counts AS (SELECT provider, theorem, of_what, structure_hash, count(*) AS n FROM seen GROUP BY provider, theorem, of_what, structure_hash)
SELECT provider, theorem, of_what, sum(n)::BIGINT AS samples, count(*) AS structures, max(n) / sum(n) AS dominant_frequency,
  round(log2(sum(n)) - sum(n * log2(n)) / sum(n), 6) + 0.0 AS entropy_bits
FROM counts
GROUP BY provider, theorem, of_what
ORDER BY provider, theorem, of_what)sql"};

// How far interventions lead away from the wild type, by each distance; controls and failed baselines left out.
extern const PresetDataset k_distance_sets = {"distances_by_intervention", R"sql(
SELECT r.provider, i.intervention, count(*) AS cases, count(i.ged_search_norm) AS hard_cases, avg(i.ged_search_norm) AS hard_mean,
  count(i.ged_search_soft_norm) AS soft_cases, avg(i.ged_search_soft_norm) AS soft_mean,
  count(p.solution_path_soft_distance_value) AS path_cases, avg(p.solution_path_soft_distance_value) AS path_mean,
  count(p.goal_novelty_novel_goal_count) AS novelty_cases, avg(p.goal_novelty_novel_goal_count) AS novel_goals_mean, avg(p.goal_novelty_dropped_goal_count) AS dropped_goals_mean,
  avg(TRY_CAST(json_extract_string(p.raw_json, '$.goal_novelty.novel_min_distance.mean') AS DOUBLE)) AS novel_distance_mean
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN theorem_intervention i ON i.run_key = s.run_key
  LEFT JOIN theorem_intervention_postprocess p ON p.run_key = i.run_key AND p.theorem = i.theorem AND p.intervention = i.intervention
WHERE NOT i.is_control AND i.baseline_solved
GROUP BY r.provider, i.intervention
ORDER BY r.provider, i.intervention)sql"};

// Whether searches come back to the wild type's path, and what the way round costs.
extern const PresetDataset k_detours = {"recovery_and_detour", R"sql(
WITH cases AS (
  SELECT r.provider, i.intervention, i.solved, c.trajectory_iteration_diff, c.trajectory_backtrack_diff,
    coalesce(TRY_CAST(json_extract_string(c.comparison_json, '$.trajectory_comparison.reconverged') AS BOOLEAN), t.reconverged) AS reconverged,
    CASE WHEN json_extract(c.comparison_json, '$.trajectory_comparison.reconverged') IS NULL THEN t.recovery_iterations
      ELSE TRY_CAST(json_extract_string(c.comparison_json, '$.trajectory_comparison.recovery_iterations') AS BIGINT) END AS recovery_iterations,
    coalesce(TRY_CAST(json_extract_string(c.comparison_json, '$.trajectory_comparison.shared_prefix_length') AS BIGINT), t.shared_prefix_length) AS shared_prefix,
    coalesce(m.detour_failure_ratio, t.detour_failure_ratio) AS detour_failure_ratio, coalesce(m.detour_blocked_count, t.detour_blocked_count) AS detour_blocked_count,
    coalesce(m.detour_total_attempts, t.detour_total_attempts) AS detour_total_attempts, coalesce(m.trajectory_backtrack_count, t.trajectory_backtrack_count) AS trajectory_backtrack_count,
    coalesce(m.trajectory_depth_at_solution, t.trajectory_depth_at_solution) AS trajectory_depth_at_solution,
    coalesce(m.trajectory_tactic_diversity, t.trajectory_tactic_diversity) AS trajectory_tactic_diversity
  FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN theorem_intervention i ON i.run_key = s.run_key
    LEFT JOIN theorem_intervention_comparison c ON c.run_key = i.run_key AND c.theorem = i.theorem AND c.intervention = i.intervention
    LEFT JOIN theorem_variant_metrics m ON m.run_key = i.run_key AND m.theorem = i.theorem AND m.variant = i.intervention
    LEFT JOIN theorem_search_metrics t ON t.run_key = i.run_key AND t.theorem = i.theorem AND t.variant = i.intervention
  WHERE NOT i.is_control AND i.baseline_solved)
SELECT provider, intervention, count(*) AS cases, avg(CASE WHEN solved THEN 1.0::DOUBLE ELSE 0.0 END) AS solved_share,
  avg(CASE WHEN reconverged THEN 1.0::DOUBLE WHEN NOT reconverged THEN 0.0 END) AS reconverged_share, avg(recovery_iterations) AS recovery_iterations_mean, avg(shared_prefix) AS shared_prefix_mean,
  avg(CASE WHEN detour_blocked_count > 0 THEN 1.0::DOUBLE WHEN detour_blocked_count = 0 THEN 0.0 END) AS active_block_share, avg(detour_failure_ratio) AS failure_ratio_mean,
  avg(detour_total_attempts) AS attempts_mean, avg(trajectory_iteration_diff) AS iteration_diff_mean, avg(trajectory_backtrack_diff) AS backtrack_diff_mean,
  avg(trajectory_backtrack_count) AS backtrack_mean, avg(trajectory_depth_at_solution) AS depth_at_solution_mean, avg(trajectory_tactic_diversity) AS tactic_diversity_mean
FROM cases
GROUP BY provider, intervention
ORDER BY provider, intervention)sql"};

// Controls and searches whose wild type was not solved are reported apart.
extern const PresetDataset k_convergence = {"convergence", R"sql(
WITH cases AS (
  SELECT r.provider, CASE WHEN i.is_control THEN 'controls' WHEN NOT i.baseline_solved THEN 'baseline not solved' ELSE 'interventions' END AS of_what, i.ged_search_value AS ged,
    coalesce(c.axiom_delta_count, c.axiom_removed_count) IS NOT NULL AS has_axioms, coalesce(c.axiom_delta_count, 0) + coalesce(c.axiom_removed_count, 0) > 0 AS axioms_changed, c.hash_mismatch
  FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN theorem_intervention i ON i.run_key = s.run_key
    LEFT JOIN theorem_intervention_comparison c ON c.run_key = i.run_key AND c.theorem = i.theorem AND c.intervention = i.intervention)
SELECT provider, of_what, count(*) AS cases, count(ged) AS ged_measured, count(*) FILTER (ged = 0) AS ged_zero,
  count(*) FILTER (ged = 0) / nullif(count(ged), 0) AS structural_convergence_rate, count(*) FILTER (has_axioms) AS axioms_measured,
  count(*) FILTER (has_axioms AND axioms_changed) / nullif(count(*) FILTER (has_axioms), 0) AS axiom_change_rate,
  count(*) FILTER (hash_mismatch) / nullif(count(hash_mismatch), 0) AS term_change_rate
FROM cases
GROUP BY provider, of_what
ORDER BY provider, of_what)sql"};

extern const PresetDataset k_k_by_mode = {"k_by_mode", R"sql(
WITH searches AS (
  SELECT run_key, 'wild type' AS of_what, k_valid, "k_K" AS k FROM theorem_wild
  UNION ALL SELECT run_key, 'interventions' AS of_what, k_valid, "k_K" AS k FROM theorem_intervention WHERE NOT is_control)
SELECT r.provider, r.mode, e.of_what, count(*) AS rows, count(*) FILTER (e.k_valid) AS valid_rows, avg(e.k) FILTER (e.k_valid) AS k_mean, stddev_samp(e.k) FILTER (e.k_valid) AS k_std,
  count(*) FILTER (e.k_valid AND e.k > 0) / nullif(count(*) FILTER (e.k_valid), 0) AS better_than_blind
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN searches e ON e.run_key = s.run_key
GROUP BY r.provider, r.mode, e.of_what
ORDER BY r.provider, r.mode, e.of_what)sql"};

extern const PresetDataset k_pairs = {"variant_pairs", R"sql(
SELECT r.provider, d.theorem, d.artifact_kind, d.variant_a, d.variant_b, count(*) AS runs, count(d.value) AS measured, count(*) FILTER (d.valid) AS exact, avg(d.normalized) AS distance_mean,
  min(d.normalized) AS distance_min, max(d.normalized) AS distance_max
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN variant_distances d ON d.run_key = s.run_key
GROUP BY r.provider, d.theorem, d.artifact_kind, d.variant_a, d.variant_b
ORDER BY r.provider, d.theorem, d.artifact_kind, d.variant_a, d.variant_b)sql"};

extern const PresetDataset k_attractors = {"attractors", R"sql(
WITH of_run AS (
  SELECT run_key, theorem, artifact_kind, cut, count(*) AS variants, max(cluster_idx) + 1 AS clusters, max(members) AS largest, max(nearest_distance) AS farthest, bool_and(valid) AS valid,
    max(CASE WHEN variant = 'wild_type' THEN members END) AS with_wild_type
  FROM variant_clusters GROUP BY run_key, theorem, artifact_kind, cut)
SELECT r.provider, o.theorem, o.artifact_kind, o.cut, count(*) AS runs, count(*) FILTER (o.valid) AS exact_runs, avg(o.variants) AS variants_mean, avg(o.clusters) AS clusters_mean,
  avg(o.largest / o.variants) AS largest_share_mean, avg(o.with_wild_type / o.variants) AS wild_type_share_mean
FROM selected_runs s JOIN runs r ON r.run_key = s.run_key JOIN of_run o ON o.run_key = s.run_key
GROUP BY r.provider, o.theorem, o.artifact_kind, o.cut
ORDER BY r.provider, o.theorem, o.artifact_kind, o.cut)sql"};

}  // namespace runlake::lake
