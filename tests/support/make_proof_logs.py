# SPDX-License-Identifier: Apache-2.0
"""Makes a folder of proof-search logs: every artifact in every variant, any size, the same bytes for the same arguments.

    make_proof_logs.py OUT [--runs N] [--theorems N] [--seed N] [--nodes N] [--trace-lines N]

Among the runs, in turn: a plain one, one of several providers, one in a wrapper folder, one of many seeds without a summary, an external one with proof graphs, one that failed. Each
also has what readers must pass over: sidecars, hidden folders, leftovers of writing.
"""
import argparse
import gzip
import hashlib
import json
import pathlib
import random

TACTICS = ["simp", "simp [h]", "rw [h1]", "intro x", "constructor", "cases h", "exact h", "exfalso", "linarith", "aesop", "custom2 a"]
FAMILIES = {"simp": 0, "rw": 1, "intro": 2, "constructor": 3, "cases": 4, "exact": 5, "exfalso": 6, "linarith": 7, "aesop": 8}
INTERVENTIONS = ["block_simp", "block_left", "block_exact"]
SHAPES = ["plain", "providers", "wrapped", "basin", "external", "failed"]


def packed(data):
    return gzip.compress(data, mtime=0)


class Writer:
    """Writes JSON files, plain, packed or in both forms by turns."""

    def __init__(self, folder, random_source):
        self.folder, self.random = folder, random_source

    def put(self, name, value, form=None):
        data = json.dumps(value, sort_keys=True).encode() if not isinstance(value, bytes) else value
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        form = form or self.random.choice(["plain", "gz", "both"])
        if form in ("plain", "both"):
            path.write_bytes(data)
        if form in ("gz", "both"):
            path.with_name(path.name + ".gz").write_bytes(packed(data))


def family(tactic):
    return FAMILIES.get(tactic.split()[0], 9)


def ged(source, rng, null=False):
    if null:
        return {"value": None, "valid": False, "validity_notes": ["run postprocess"], "trace_source": source, "trace_completeness": "full"}
    value = rng.randrange(0, 12)
    return {"value": value, "normalized": value / 16, "valid": True, "validity_notes": [], "trace_source": source, "trace_completeness": rng.choice(["full", "proxy"])}


def efficiency(rng, solved):
    if not solved:
        return {"schema_version": 1, "valid": False, "validity_notes": ["unsolved"], "w_unit": "tactic_attempt", "tau_agent": None, "primary": None, "variants": {}, "steps": {"count": 0}}
    agent, blind = rng.randrange(1, 40), rng.randrange(40, 400) / 4
    primary = {"metric": "any_success", "null_model": "blind_uniform_candidate", "tau_blind": blind, "K": round(rng.uniform(-1, 2), 6)}
    return {"schema_version": 1, "valid": True, "validity_notes": [], "w_unit": "tactic_attempt", "tau_agent": agent, "primary": primary, "variants": {}, "steps": {"count": 2}}


class Search:
    """One variant of one theorem: a tree, and everything that is told of it."""

    def __init__(self, rng, nodes):
        self.rng = rng
        self.ids = [f"cp1:_uniq.{100 + i}" for i in range(nodes)]
        self.sigs = ["s" + hashlib.sha256(str(rng.random()).encode()).hexdigest()[:12] for _ in self.ids]
        self.parents = [None] + [rng.randrange(0, i) for i in range(1, nodes)]
        self.tactics = [rng.choice(TACTICS) for _ in self.ids]
        self.solved = rng.random() < 0.7

    def depth(self, i):
        return 0 if self.parents[i] is None else self.depth(self.parents[i]) + 1

    def tree(self):
        nodes = {}
        for i, name in enumerate(self.ids):
            nodes[name] = {"mvar_id": name, "goal_type": f"P {i}", "goal_sig": self.sigs[i], "goal_sig_strict": self.sigs[i] + "!", "visit_count": self.rng.randrange(1, 50),
                           "success_count": self.rng.randrange(0, 5), "is_terminal": self.solved and i == len(self.ids) - 1, "is_dead": False, "depth": self.depth(i),
                           "expansion_order": i, "children": {}}
        for i, parent in enumerate(self.parents):
            if parent is not None:
                nodes[self.ids[parent]]["children"].setdefault(self.tactics[i], []).append(self.ids[i])
        return {"root_mvar_id": self.ids[0], "expansion_count": len(self.ids), "nodes": nodes}

    def graph(self, family_name, as_pairs):
        nodes = []
        for i, name in enumerate(self.ids):
            attributes = {"goal_type": f"P {i}", "goal_sig": self.sigs[i], "depth": self.depth(i), "node_kind": "goal", "in_proof": i % 2 == 0}
            nodes.append([name, attributes] if as_pairs else {"id": name, **attributes})
        edges = []
        for i, parent in enumerate(self.parents):
            if parent is None:
                continue
            ends = {"src": self.ids[parent], "dst": self.ids[i]} if as_pairs else {"source": self.ids[parent], "target": self.ids[i]}
            edges.append({**ends, "tactic": self.tactics[i], "order": i, "edge_role": "fam:x", "branch_arity": 1})
        graph = {"graph_family": family_name, "graph_backend": "lean", "graph_schema_version": 1, "root": self.ids[0], "nodes": nodes, "edges": edges}
        if family_name == "search_trace_graph":
            graph.update(trace_source="mcts", trace_completeness="proxy", valid=True, validity_notes=[])
        return graph

    def attempt(self, i):
        return {"tactic": self.tactics[i], "outcome": self.rng.choice(["success", "failure", "blocked"]), "child_mvar_ids": [], "timestamp_ms": 1000 + i, "tactic_norm": self.tactics[i],
                "goal_sig": self.sigs[i], "goal_sig_strict": self.sigs[i] + "!", "goal_type": f"P {i}", "peg_id": None, "peg_kind": None, "block_reason": None, "provider_id": "p"}

    def history(self):
        rounds = [{"iteration": i, "selected_path": [self.ids[0], name], "attempts": [self.attempt(i)], "terminal_reached": False, "backprop_success": False} for i, name in enumerate(self.ids)]
        path = [{"goal": f"P {i}", "tactic": self.tactics[i], "mvar_id": self.ids[i]} for i in range(min(2, len(self.ids)))] if self.solved else None
        return {"theorem": "t", "iteration_count": len(rounds), "blocked_tactics": [], "solution_path": path, "iterations": rounds, "detour_metrics": self.detour()}

    def detour(self):
        return {"total_iterations": len(self.ids), "total_attempts": len(self.ids), "success_count": 1, "failure_count": len(self.ids) - 1, "blocked_count": 0, "failure_ratio": 0.5,
                "max_depth": max(self.depth(i) for i in range(len(self.ids))), "depth_at_solution": 0, "terminal_iteration": None}

    def trace(self, lines):
        """Events of a distributed search; among them a bad line, a blank one and an unknown event."""
        out = []
        for n in range(lines):
            i = n % len(self.ids)
            node = {"mvar_id": self.ids[i], "goal_sig": self.sigs[i], "depth": self.depth(i), "visit_count": n, "is_terminal": False, "is_dead": False}
            out.append(json.dumps({"event": "iteration", "iteration": n, "reason": "expanded", "agent_id": n % 3, "selected_path": [self.ids[0]], "node": node, "attempts": [],
                                   "tactics": [{"tactic": t, "score": 0.5} for t in TACTICS[: n % 5]], "expanded": True, "terminal_reached": False, "backprop_success": False,
                                   "tree": {"nodes": n, "expansions": n, "max_depth": 3, "solved": False, "aborted": False, "inflight": 0}, "tier": 0, "budget": lines}))
        out += ["", "{not json", json.dumps({"event": "unheard_of"}), json.dumps({"event": "abort", "iteration": lines, "tier": 0, "budget": lines, "tree": {}})]
        return "\n".join(out).encode()

    def metrics(self):
        return {"trajectory": {"total_iterations": len(self.ids), "backtrack_count": 1, "max_depth_reached": 3, "depth_at_solution": 2, "unique_goals_visited": len(self.ids), "tactic_diversity": 4},
                "detour": self.detour(), "proof_term": {"node_count": 9, "depth": 3, "width": 2}, "solution_path": [], "proof_term_pretty": "fun x => x", "root_goal_sigs": self.sigs[:1],
                "tactic_fingerprint": "simp|rw" if self.solved else {"attempted": TACTICS[:2]}}


def write_theorem(folder, name, rng, options, external):
    writer = Writer(folder / name, rng)
    searches = {variant: Search(rng, options.nodes) for variant in ["wild_type", *INTERVENTIONS]}
    for variant, search in searches.items():
        writer.put(f"{variant}_{'proof_graph' if external else 'graph'}.json", search.graph("external-proof" if external else "search_graph", rng.random() < 0.5))
        writer.put(f"{variant}_search_trace_graph.json", search.graph("search_trace_graph", False))
        writer.put(f"{variant}_mcts_tree.json", search.tree())
        writer.put(f"{variant}_mcts_trace.jsonl", search.trace(options.trace_lines))
        writer.put(f"{variant}_history.json", search.history())
        writer.put(f"{variant}_assembly.json", {"rootMvarId": search.ids[0], "steps": [], "finalTerm": "x"}, "gz")
        writer.put(f"{variant}_process_trace.json", {"theorem": name, "sourcePath": "a.v", "traceSource": "serapi_replay", "traceCompleteness": "full", "steps": []}, "gz")
        writer.put(f"{variant}_proof_term.json", {"rootId": 0, "nodes": [[0, {"kind": "lam"}]]}, "gz")
        writer.put(f"{variant}_metrics.json", search.metrics())
        if variant != "wild_type":
            wild, own = searches["wild_type"], search
            writer.put(f"{variant}_comparison.json", {
                "name": variant, "solved": own.solved, "status": "completed", "blocked": ["simp"], "wild_type_hash": "a", "intervention_hash": "b", "hash_mismatch": True,
                "axiom_delta": [], "axiom_removed": None, "trajectory_diff": {"iteration_diff": len(own.ids) - len(wild.ids), "backtrack_diff": 0}, "trajectory_comparison": None,
                "ged_search_graph": ged("mcts", rng), "ged_search_graph_soft": ged("mcts", rng, True), "ged_proof_graph": ged("tstp", rng) if external else None, "ged_trace_graph": None})
    writer.put("ged_matrix.json", {"variants": list(searches)})
    writer.put("attractor_clusters.json", {"clusters": []})
    (folder / name / "._wild_type_graph.json").write_bytes(b"\0\5\26\7")
    (folder / name / "wild_type_graph.json.tmp").write_bytes(b"{")
    return searches


def write_basin(folder, name, rng, old):
    seeds = list(range(4))
    results = [{"seed": s, "solved": s != 3, "structure_hash": f"h{s % 2}" if s != 3 else None, "iterations_to_solve": 5 + s if s != 3 else None, "attempts_total": 20, "blind_solved": False,
                "blind_structure_hash": None, "blind_iterations_to_solve": None, "blind_attempts_total": 40} for s in seeds]
    K = {"lower_bound_censored_at_H": round(rng.uniform(0, 1), 6), "conditional_on_both_solved": None}
    paper_k = round(rng.uniform(0, 1), 6) if old else {"schema_version": 1, "K": K, "problem_space": {"H_unit": "mcts_iteration", "H": 100}}
    Writer(folder / name, rng).put("basin_analysis.json", {"theorem_name": name, "seeds": seeds, "seed_results": results, "solve_rate": 0.75, "unique_structures": 2, "blind_solve_rate": 0.0,
                                                           "dominant_structure_frequency": 0.667, "structure_distribution": {"h0": 2, "h1": 1}, "paper_k": paper_k})


def write_run(folder, run_id, shape, rng, options, provider=None):
    """One complete run of one provider."""
    external, basin = shape == "external", shape == "basin"
    writer = Writer(folder, rng)
    names = [f"thm_{i:03d}" for i in range(options.theorems)]
    config = {"format_version": 2, "run_id": run_id, "log_dir": f"/made/{run_id}", "created_at": f"2026-01-{1 + rng.randrange(28):02d}T10:00:00", "provider": provider or "heuristic",
              "mode": "external" if external else "research", "corpus": "tptp" if external else "core", "backend": "vampire" if external else "lean", "goal_sig_scheme": "ast",
              "trace_mcts": True, "workers": 4, "mcts": {"c": 1.4}, "interventions": INTERVENTIONS, "problem_space": {"H": 100}, "theorem_selection": {"selected_count": len(names), "selected_theorems": names},
              "runtime": {"pid": rng.randrange(1, 99999)}, "basin_seeds": 4 if basin else 0}
    writer.put("run_config.json", config, "plain")
    status = {"status": "failed" if shape == "failed" else "completed", "started_at": "2026-01-01T10:00:00", "completed_at": "2026-01-01T11:00:00", "goal_id_scheme": "checkpoint",
              "partial_results": shape == "failed", "capabilities": {"has_proof_term": True, "has_proof_term_pretty": False, "has_assembly_trace": True, "has_process_trace": external, "has_proof_term_metrics": True}}
    if shape == "failed":
        status.update(error="out of memory", traceback="...")
    writer.put("run_status.json", status, "plain")
    if basin:
        for i, name in enumerate(names):
            write_basin(folder, name, rng, old=i % 2 == 1)
        return
    theorems, matrix, entries, mvars = [], {}, {}, {}
    for name in names:
        searches = write_theorem(folder, name, rng, options, external)
        wild = searches["wild_type"]
        interventions = []
        for variant in INTERVENTIONS:
            own = searches[variant]
            interventions.append({"name": variant, "solved": own.solved, "status": "completed", "is_control": variant == "block_exact", "baseline_solved": wild.solved, "blocked": ["simp"],
                                  "metrics": own.metrics(), "ged_search_graph": ged("mcts", rng), "ged_search_graph_soft": ged("mcts", rng, True), "k_search_efficiency": efficiency(rng, own.solved),
                                  "goal_novelty": {"novel_goal_count": 1, "dropped_goal_count": 0, "valid": True} if variant == "block_simp" else None,
                                  "solution_path_soft_distance": {"value": 0.25, "valid": True, "wild_len": 4, "intervention_len": 5, "dp_cells": 20} if variant == "block_simp" else None})
        theorems.append({"name": name, "interventions": interventions, "wild_type": {"solved": wild.solved, "iterations": len(wild.ids), "proof_term_hash": "a" if wild.solved else None,
                                                                                     "metrics": wild.metrics(), "k_search_efficiency": efficiency(rng, wild.solved)}})
        for i, sig in enumerate(wild.sigs):
            mvars[wild.ids[i]] = sig
            outcomes = {str(family(wild.tactics[i])): [rng.random() < 0.5 for _ in range(3)]}
            entries[sig] = {"occurrences": {wild.ids[i]: {"outcomes": outcomes}}}
            row = matrix.setdefault(f"P {i % 3}", {}).setdefault(wild.tactics[i], {"success": 0, "failure": 0, "blocked": 0})
            row[rng.choice(["success", "failure", "blocked"])] += 1
    aggregates = {"theorem_count": len(names), "crashed_count": 0, "wild_type_solve_rate": 0.5, "intervention_count": 3 * len(names), "intervention_solve_rate": 0.25,
                  "ged_validity": {"ged_search_graph": {"valid": 1, "invalid": 0}}, "goal_type_tactic_matrix": matrix}
    writer.put("summary.json", {"run_id": run_id, "goal_sig_scheme": "ast", "theorems": theorems, "aggregates": aggregates}, "gz")
    writer.put("goal_cache.json", {"sig_scheme": "ast", "mvar_to_sig": mvars, "entries": entries})
    if provider is None:
        writer.put("postprocess_metrics.json", {"schema_version": 1, "valid": True, "computed_at": "2026-01-02T00:00:00+00:00", "params": {"resume": True}, "inputs": {}, "runs": [], "metrics": {}}, "plain")
    for extra in ("failure_analysis.json", "sheaf_analysis.json", "all_ged_matrices.json"):
        writer.put(extra, {"schema_version": 1}, "plain")
    # What postprocess leaves beside them.
    near = names[:3]
    writer.put("root_goal_similarity.json", {
        "schema_version": 1, "kind": "root_goal_similarity", "valid": True, "validity_notes": [], "mode": "full", "params": {"knn_k": 12}, "theorem_count": len(names), "compared_count": len(near), "excluded": [],
        "theorems": near, "matrix": [[0.25 * (a != b) for a in near] for b in near], "neighbours": None, "clusters": [{"cut": 0.5, "clusters": [{"representative": near[0], "members": near}]}]}, "plain")
    recovery = {"divergence_iteration": 1, "reconvergence_iteration": 3, "recovery_iterations": 2, "shared_prefix_length": 1, "reconverged": True}
    writer.put("search_metrics.json", {"schema_version": 1, "kind": "search_metrics", "searches": [
        {"theorem": name, "variant": "block_simp", "trajectory": {"total_iterations": 4, "backtrack_count": 1, "max_depth_reached": 3, "depth_at_solution": 2, "unique_goals_visited": 4, "tactic_diversity": 2},
         "detour": {"total_iterations": 4, "total_attempts": 5, "success_count": 2, "failure_count": 2, "blocked_count": 1, "failure_ratio": 0.4, "max_depth": 3, "depth_at_solution": 2, "terminal_iteration": 3},
         "tactic_fingerprint": {"attempted_count": 3, "successful_count": 2, "solution_path_count": 1}, "trajectory_comparison": recovery, "validity_notes": []} for name in near]}, "plain")
    (folder / "report.md").write_text("# report\n")
    (folder / ".cache").mkdir(exist_ok=True)
    (folder / ".cache" / "x_graph.json").write_text("{")


def make(out, runs=6, theorems=2, seed=1, nodes=5, trace_lines=6):
    """Writes the logs and returns the paths of the runs below `out`, sorted."""
    options = argparse.Namespace(theorems=theorems, nodes=nodes, trace_lines=trace_lines)
    out = pathlib.Path(out)
    made = []
    for n in range(runs):
        rng = random.Random(f"{seed}/{n}")
        shape = SHAPES[n % len(SHAPES)]
        run_id = f"core-2026-01-{1 + n % 28:02d}-{n:06d}"
        if shape == "providers":
            root = out / run_id
            for provider in ("deepseek", "reprover"):
                write_run(root / f"provider={provider}", run_id, shape, rng, options, provider)
                made.append(f"{run_id}/provider={provider}")
            writer = Writer(root, rng)
            writer.put("run_config.json", {"format_version": 2, "run_id": run_id, "providers": ["deepseek", "reprover"]}, "plain")
            writer.put("providers_summary.json", {}, "plain")
            writer.put("postprocess_metrics.json", {"schema_version": 1, "valid": True, "computed_at": "2026-01-02T00:00:00+00:00", "params": {}, "inputs": {}, "runs": [], "metrics": {}}, "plain")
        else:
            rel = f"campaign-{n}/inner/{run_id}" if shape == "wrapped" else run_id
            write_run(out / rel, run_id, shape, rng, options)
            made.append(rel)
    Writer(out, random.Random(seed)).put("latest_run.json", {"run_id": made[-1] if made else None}, "plain")
    return sorted(made)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("out")
    for option, default in (("--runs", 6), ("--theorems", 2), ("--seed", 1), ("--nodes", 5), ("--trace-lines", 6)):
        parser.add_argument(option, type=int, default=default)
    arguments = vars(parser.parse_args())
    print("\n".join(make(arguments.pop("out"), **arguments)))
