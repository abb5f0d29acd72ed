# SPDX-License-Identifier: Apache-2.0
"""Makes proof-search logs whose metrics are known: goals with expressions, a solved wild type and interventions that differ by little.

    make_solved_run(folder, theorems=2, packed_traces=False)

As a program it makes a folder of logs: a solved run with root goals, and one of many seeds.
"""
import gzip
import json
import pathlib
import sys

PLACEHOLDER = {"value": None, "valid": False, "validity_notes": ["run postprocess"], "trace_source": "mcts", "trace_completeness": "full"}


def expression(name):
    return {"rootId": "r", "nodes": [["r", {"kind": "const", "name": name}]]}


def goal(name):
    return {"sig": name, "type_expr": expression(name), "hyp_exprs": []}


def put(path, value, packed=False, indent=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps(value, indent=indent).encode()
    if packed:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(data, mtime=0))
    else:
        path.write_bytes(data)


def write_variant(folder, variant, sigs, packed_traces=False):
    """A chain of goals, each closed or opened by one tactic; every step of it is on the path of the solution."""
    ids = [f"cp1:{variant}.{i}" for i in range(len(sigs))]
    tactics = ["simp" if i % 2 == 0 else "rw [h]" for i in range(len(sigs))]
    children = [[ids[i + 1]] if i + 1 < len(ids) else [] for i in range(len(ids))]
    put(folder / f"{variant}_graph.json", {
        "graph_family": "search_graph", "nodes": [{"id": name, "goal_sig": sig} for name, sig in zip(ids, sigs)],
        "edges": [{"source": ids[i], "target": ids[i + 1], "tactic": tactics[i]} for i in range(len(ids) - 1)]})
    put(folder / f"{variant}_mcts_tree.json", {"nodes": {name: {"mvar_id": name, "goal_sig": sig, "children": {tactic: below}} for name, sig, tactic, below in zip(ids, sigs, tactics, children)}})
    rounds = [{"iteration": i, "selected_path": ids[: i + 1], "attempts": [{"tactic": tactics[i], "outcome": "success", "child_mvar_ids": children[i]}]} for i in range(len(ids))]
    path = [{"mvar_id": name, "tactic": tactic, "goal": "g"} for name, tactic in zip(ids, tactics)]
    put(folder / f"{variant}_history.json", {"solution_path": path, "iterations": rounds, "detour_metrics": {"total_attempts": 3}})
    lines = [json.dumps({"event": "iteration", "iteration": i, "node": {"mvar_id": ids[i]}, "tactics": [{"tactic": tactics[i], "score": 1.0}]}) for i in range(len(ids))]
    data = ("\n".join(lines) + "\n").encode()
    trace = folder / f"{variant}_mcts_trace.jsonl"
    if packed_traces:
        trace.with_name(trace.name + ".gz").write_bytes(gzip.compress(data, mtime=0))
    else:
        trace.write_bytes(data)


def make_solved_run(folder, theorems=2, packed_traces=False, scheme="ast", mode="research"):
    """Wild type P, Q; block_simp P, R (one goal is another); block_left the same as the wild type. Nobody tried a tactic before, so every estimate is 1/2 but that of "simplify" on P: 1/4."""
    folder.mkdir(parents=True, exist_ok=True)
    put(folder / "run_config.json", {"run_id": folder.name, "mode": mode, "backend": "lean", "provider": "heuristic", "goal_sig_scheme": scheme})
    entries = {name: goal(name) for name in ("P", "Q", "R")}
    entries["P"]["occurrences"] = {"x": {"outcomes": {"0": [False, False]}}}
    put(folder / "goal_cache.json", {"sig_scheme": scheme, "mvar_to_sig": {}, "entries": entries}, packed=True)
    told = []
    for number in range(theorems):
        name = f"thm_{number:03d}"
        for variant, sigs in (("wild_type", ["P", "Q"]), ("block_simp", ["P", "R"]), ("block_left", ["P", "Q"])):
            write_variant(folder / name, variant, sigs, packed_traces)
        for variant in ("block_simp", "block_left"):
            put(folder / name / f"{variant}_comparison.json", {"name": variant, "odd": 1.50, "ged_search_graph": {"value": 1}, "ged_search_graph_soft": PLACEHOLDER}, indent=1)
        told.append({"name": name, "wild_type": {"solved": True, "iterations": 2}, "interventions": [{"name": variant, "solved": True, "ged_search_graph_soft": PLACEHOLDER} for variant in ("block_simp", "block_left")]})
    # Not as any writer of ours would: what is not ours has to stay as it is.
    text = json.dumps({"run_id": folder.name, "goal_sig_scheme": scheme, "theorems": told}) [:-1] + ', "aggregates": {"theorem_count":  2e0, "big": 123456789012345678901234567890, "\\u00e9": 1.10,\n "ged_validity": {"ged_search_graph": {"valid": 1, "invalid": 0}}}}\n'
    (folder / "summary.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    return told


def make_seeds(folder):
    """Four seeds of one search and as many blind ones, three solved by two structures: H is 940."""
    solved = [("a", 10, 100), ("a", 30, None), ("b", 20, None), (None, None, None)]
    results = [{"seed": seed, "solved": hash_ is not None, "structure_hash": hash_, "iterations_to_solve": tries, "blind_solved": blind is not None, "blind_iterations_to_solve": blind}
               for seed, (hash_, tries, blind) in enumerate(solved)]
    put(folder / "run_config.json", {"run_id": folder.name, "backend": "lean", "basin_seeds": 4})
    put(folder / "thm" / "basin_analysis.json", {"theorem_name": "thm", "seeds": [0, 1, 2, 3], "seed_results": results, "paper_k": {"problem_space": {"H": 940}}})
    put(folder / "bare" / "basin_analysis.json", {"theorem_name": "bare", "seed_results": [{"seed": 7, "solved": True, "structure_hash": "c", "iterations_to_solve": 1}]})


if __name__ == "__main__":
    logs = pathlib.Path(sys.argv[1])
    make_solved_run(logs / "solved", theorems=3)
    for number, sig in enumerate("PQP"):
        put(logs / "solved" / f"thm_{number:03d}" / "wild_type_metrics.json", {"root_goal_sigs": [sig]})
    make_seeds(logs / "seeds")
