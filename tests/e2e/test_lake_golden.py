# SPDX-License-Identifier: Apache-2.0
"""Datasets of a small run, written by hand, byte for byte as tests/golden/lake_export has them. RUNLAKE_ACCEPT=1 writes them again; look at what changed."""

import json
import os

import pytest
from conftest import SOURCE
from lake_support import tree

GOLDEN = SOURCE / "tests" / "golden" / "lake_export"


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))


def small_run(run):
    efficiency = {"valid": True, "tau_agent": 3, "primary": {"null_model": "blind_uniform_candidate", "tau_blind": 6.0, "K": 0.30103}}
    write(run / "run_config.json", {"format_version": 2, "run_id": "golden/ünï-1", "provider": "heuristic", "backend": "lean", "mode": "research", "corpus": "core", "created_at": "2026-01-02T03:04:05",
                                    "goal_sig_scheme": "ast", "trace_mcts": True, "problem_space": {"H": 100}})
    write(run / "run_status.json", {"status": "completed", "partial_results": False, "capabilities": {"has_proof_term": True}})
    write(run / "summary.json", {
        "theorems": [{"name": "add_comm", "wild_type": {"solved": True, "iterations": 12, "proof_term_hash": "a1", "k_search_efficiency": efficiency},
                      "interventions": [{"name": "block_simp", "solved": False, "status": "completed", "blocked": ["simp"], "ged_search_graph": {"value": 2, "normalized": 0.125},
                                         "goal_novelty": {"novel_goal_count": 1, "dropped_goal_count": 0}, "solution_path_soft_distance": {"value": 0.1, "valid": True}}]},
                     {"name": "∀ x, \"q\"", "wild_type": {"solved": False}}],
        "aggregates": {"theorem_count": 2, "wild_type_solve_rate": 0.5, "intervention_count": 1, "intervention_solve_rate": 0.0,
                       "goal_type_tactic_matrix": {"Nat": {"simp": {"success": 1, "failure": 2, "blocked": 0}}}}})
    write(run / "add_comm" / "wild_type_graph.json", {"graph_family": "search_graph", "nodes": [{"id": "n1", "goal_type": "a = b", "goal_sig": "s1", "in_proof": True}, ["n2", {"type": "c"}]],
                                                      "edges": [{"source": "n1", "target": "n2", "tactic": "rw [h]"}]})
    write(run / "add_comm" / "wild_type_mcts_trace.jsonl", '{"event": "iteration", "iteration": 3, "tactics": [{}, {}]}\nno json\n')
    write(run / "add_comm" / "basin_analysis.json", {"theorem_name": "add_comm", "seeds": [1, 2], "solve_rate": 0.5, "structure_distribution": {"h1": 1}, "paper_k": 0.25,
                                                     "seed_results": [{"seed": 1, "solved": True, "structure_hash": "h1", "iterations_to_solve": 4}, {"seed": 2, "solved": False}]})


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_datasets_are_as_they_were(runlake, tmp_path, form):
    small_run(tmp_path / "logs" / "run")
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "logs").ok()
    runlake("lake", "export", "--format", form, "--out", tmp_path / "out").ok()
    row = runlake("lake", "sql", "SELECT run_key, root_id, run_key_seed FROM runs", "--json").ok().json["rows"][0]
    found = {}
    for name, data in tree(tmp_path / "out").items():
        if name.endswith(f".{form}") and data.count(b"\n") > (form == "csv"):
            for value, word in zip(row, ("RUN_KEY", "ROOT_ID", "SEED_KEY"), strict=True):
                data = data.replace(value.encode(), word.encode())
            found[name] = data
    if os.environ.get("RUNLAKE_ACCEPT") == "1":
        for name, data in found.items():
            (GOLDEN / name).write_bytes(data)
        pytest.skip("written again")
    assert sorted(found) == sorted(path.name for path in GOLDEN.glob(f"*.{form}"))
    for name, data in found.items():
        assert data == (GOLDEN / name).read_bytes(), name
