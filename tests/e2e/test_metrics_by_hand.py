# SPDX-License-Identifier: Apache-2.0
"""The metrics out of the binary on runs that are written here by hand, in every shape that the files may have, beside their definitions in Python (support/slow_metrics.py)."""
import gzip
import json
import math
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import slow_metrics as slow  # noqa: E402

TACTICS = ["simp", "simp_all [h]", "rw [x]", "intro y", "apply And.intro", "cases h", "exact rfl", "exfalso", "nlinarith", "aesop?", "mystery2 z", "apply foo"]
VARIANTS = ["block_exact", "block_left", "block_simp"]


def put(path, value, packed=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(data)) if packed else path.write_bytes(data)


class Hand:
    """One run: goals with real expressions, searches with detours, dropped steps, candidates with repeats, packed and plain files."""

    def __init__(self, folder, seed):
        self.folder, self.rng = folder, random.Random(seed)
        rng = self.rng
        self.entries, self.outcomes, self.mvars = {}, {}, {}
        for number in range(9):
            names = [rng.choice("PQRS") for _ in range(3)]
            nodes = [["c", {"kind": "const", "name": names[0]}], ["d", {"kind": "const", "name": names[1]}], ["f", {"kind": "fvar", "fvarId": f"x{number}"}], ["a", {"kind": "app", "fn": "c", "arg": "f"}],
                     ["b", {"kind": "app", "fn": "a", "arg": "d"}], ["r", {"kind": "forallE", "binderName": "h", "binderType": "a", "body": "b"}]]
            root = rng.choice(["r", "b", "a", "c"])
            hyps = [{"rootId": rng.choice("cda"), "nodes": nodes} for _ in range(rng.randrange(3))]
            entry = {"sig": f"g{number}", "type_expr": {"rootId": root, "nodes": nodes}, "hyp_exprs": hyps, "occurrences": {}}
            for place in range(rng.randrange(3)):
                told = {}
                for name in rng.sample(range(10), rng.randrange(1, 5)):
                    tries = [rng.random() < 0.4 for _ in range(rng.randrange(4))]
                    told[str(name)] = tries
                    if tries:
                        count = self.outcomes.setdefault(f"g{number}", {}).setdefault(name, [0, 0])
                        count[0] += len(tries)
                        count[1] += sum(tries)
                told["family"] = [True]  # no index: passed over
                told["3x"] = 7
                entry["occurrences"][f"o{place}"] = {"outcomes": told}
            self.entries[f"g{number}"] = entry
        self.searches = {}

    def write(self):
        rng, folder = self.rng, self.folder
        put(folder / "run_config.json", {"format_version": 2, "run_id": folder.name, "log_dir": "/nowhere", "created_at": "2026-02-03T04:05:06", "provider": "reprover", "backend": "lean",
                                         "mode": "research", "corpus": "mathlib", "goal_sig_scheme": "ast", "trace_mcts": True})
        put(folder / "run_status.json", {"status": "completed", "goal_id_scheme": "checkpoint", "partial_results": False, "capabilities": {"has_proof_term": True}})
        told = []
        for theorem in ("add_zero", "zero_add"):
            for variant in ("wild_type", *VARIANTS):
                self.searches[theorem, variant] = self.search(theorem, variant)
            interventions = []
            for variant in VARIANTS:
                put(folder / theorem / f"{variant}_comparison.json", {"name": variant, "solved": True, "status": "completed", "blocked": ["simp"], "ged_search_graph": {"value": 3, "valid": True}}, rng.random() < 0.5)
                interventions.append({"name": variant, "solved": True, "status": "completed", "blocked": ["simp"]})
            told.append({"name": theorem, "wild_type": {"solved": True, "iterations": 5}, "interventions": interventions})
        put(folder / "goal_cache.json", {"sig_scheme": "ast", "mvar_to_sig": self.mvars, "entries": self.entries}, rng.random() < 0.5)
        put(folder / "summary.json", {"run_id": folder.name, "goal_sig_scheme": "ast", "theorems": told, "aggregates": {"theorem_count": 2}}, True)

    def search(self, theorem, variant):
        rng = self.rng
        count = rng.randrange(2, 5)
        ids = [f"cp1:_uniq.{theorem}.{variant}.{i}" for i in range(count)]
        sigs = [rng.choice(sorted(self.entries)) for _ in ids]
        path = [(ids[i], rng.choice(TACTICS), [ids[i + 1]] if i + 1 < count else []) for i in range(count)]
        nodes, iterations, trace = {}, [], []
        for (mvar, tactic, below), sig in zip(path, sigs):
            nodes[mvar] = {"mvar_id": mvar, "goal_type": "T", "goal_sig": sig, "depth": 0, "visit_count": 1, "success_count": 1, "is_terminal": not below, "is_dead": False, "children": {tactic: below, "other": ["elsewhere"]}}
            if rng.random() < 0.3:
                del nodes[mvar]["goal_sig"]
                self.mvars[mvar] = sig
            attempts = [{"tactic": rng.choice(TACTICS), "outcome": rng.choice(["failure", "blocked"]), "child_mvar_ids": []} for _ in range(rng.randrange(3))]
            # One that succeeded with other children does not count.
            iterations.append({"iteration": len(iterations), "selected_path": [ids[0], mvar], "attempts": [*attempts, {"tactic": tactic, "outcome": "success", "child_mvar_ids": ["another"]}]})
            if rng.random() < 0.9:
                iterations.append({"iteration": len(iterations), "selected_path": [ids[0], mvar], "attempts": [*attempts, {"tactic": tactic, "outcome": "success", "child_mvar_ids": list(reversed(below))}]})
        for one in iterations:
            candidates = [{"tactic": rng.choice(TACTICS), "score": 0.5} for _ in range(rng.randrange(1, 5))] + [{"tactic": one["attempts"][-1]["tactic"], "score": 1}]
            trace.append({"event": "iteration", "iteration": one["iteration"], "reason": "expanded", "agent_id": 0, "node": {"mvar_id": one["selected_path"][-1]}, "tactics": candidates if rng.random() < 0.95 else []})
        history = {"theorem": theorem, "iteration_count": len(iterations), "iterations": iterations, "solution_path": [{"goal": "T", "tactic": tactic, "mvar_id": mvar} for mvar, tactic, _ in path]}
        if rng.random() < 0.5:
            history["detour_metrics"] = {"total_attempts": rng.randrange(1, 20)}
        tree = {"root_mvar_id": ids[0], "expansion_count": count, "nodes": nodes}
        edges = [(i, rng.randrange(count), rng.choice(TACTICS)) for i in range(count) for _ in range(rng.randrange(2))] + [(i, i + 1, path[i][1]) for i in range(count - 1)]
        as_pairs = rng.random() < 0.5
        graph = {"graph_kind": "search_graph", "nodes": [[f"n{i}", {"goal_sig": sig}] if as_pairs else {"id": f"n{i}", "goal_sig": sig, "goal_type": "T"} for i, sig in enumerate(sigs)],
                 "edges": [{"src": f"n{i}", "dst": f"n{j}", "tactic_norm": tactic} if as_pairs else {"source": f"n{i}", "target": f"n{j}", "tactic_family": slow.family(tactic)} for i, j, tactic in edges]}
        folder = self.folder / theorem
        put(folder / f"{variant}_graph.json", graph, rng.random() < 0.5)
        put(folder / f"{variant}_history.json", history, rng.random() < 0.5)
        put(folder / f"{variant}_mcts_tree.json", tree, rng.random() < 0.5)
        put(folder / f"{variant}_mcts_trace.jsonl", "".join(json.dumps(line) + "\n" for line in trace).encode() + b"\n{broken\n", rng.random() < 0.5)
        solved = [nodes[mvar].get("goal_sig") for mvar, _, _ in path]
        return {"graph": (sigs, [(i, j, slow.family(tactic)) for i, j, tactic in edges]), "history": history, "tree": tree, "trace": trace, "path": [sig for sig in solved if sig]}


@pytest.fixture(params=range(3))
def run(request, project, runlake):
    hand = Hand(project / "logs" / "mathlib-2026-02-03-040506", request.param)
    hand.write()
    answer = runlake("postprocess", "--json", "--logs-dir", "logs").ok().json
    assert [one["state"] for one in answer["runs"]] == ["written"], answer
    hand.summary = json.loads(gzip.decompress((hand.folder / "summary.json.gz").read_bytes()))
    trees = {sig: slow.goal(entry) for sig, entry in hand.entries.items()}
    hand.cost = lambda a, b: slow.tree_distance(trees[a], trees[b])
    return hand


def entries(hand):
    for theorem in hand.summary["theorems"]:
        for entry in theorem["interventions"]:
            yield hand.searches[theorem["name"], "wild_type"], hand.searches[theorem["name"], entry["name"]], entry


def test_distances(run):
    for wild, own, entry in entries(run):
        soft = entry["ged_search_graph_soft"]
        value = slow.graph_distance(wild["graph"], own["graph"], run.cost)
        assert soft["valid"] and math.isclose(soft["value"], value, abs_tol=2e-6) and math.isclose(soft["normalized"], slow.normalized_graph_distance(value, wild["graph"], own["graph"]), abs_tol=2e-6)
        path = entry["solution_path_soft_distance"]
        if wild["path"] and own["path"]:
            assert path["valid"] and math.isclose(path["value"], slow.path_distance(wild["path"], own["path"], run.cost), abs_tol=2e-6)
            assert (path["wild_len"], path["intervention_len"], path["dp_cells"]) == (len(wild["path"]), len(own["path"]), len(wild["path"]) * len(own["path"]))
        told = entry["goal_novelty"]
        wanted = slow.novelty(wild["graph"][0], own["graph"][0], run.cost)
        for key, value in wanted.items():
            assert told[key] == (pytest.approx(value, abs=2e-6) if isinstance(value, dict) else value), key


def test_search_efficiency(run):
    seen = 0
    for theorem in run.summary["theorems"]:
        for variant in ("wild_type", *VARIANTS):
            search = run.searches[theorem["name"], variant]
            told = theorem["wild_type"] if variant == "wild_type" else next(one for one in theorem["interventions"] if one["name"] == variant)
            told = told["k_search_efficiency"]
            wanted, matched, expected = slow.efficiency(search["history"], search["tree"], search["trace"], run.outcomes, run.mvars)
            assert told["steps"]["count"] == matched
            for metric, models in wanted.items():
                for model, value in models.items():
                    got = told["variants"][metric][model]
                    assert got["valid"] == (value is not None) and (value is None or (got["tau_blind"], got["K"]) == pytest.approx(value, abs=2e-6)), (metric, model)
                    seen += value is not None
            primary = wanted["any_success"]["blind_uniform_candidate"] or wanted["any_success"]["blind_uniform_family"]
            assert told["valid"] == (primary is not None and matched == expected)
            assert primary is None or told["primary"]["K"] == pytest.approx(primary[1], abs=2e-6)
    assert seen > 10


def test_what_histories_say(run, runlake, project):
    told = json.loads((run.folder / "search_metrics.json").read_text())
    assert (told["schema_version"], told["kind"]) == (1, "search_metrics")
    assert [(one["theorem"], one["variant"]) for one in told["searches"]] == sorted(run.searches)

    def sig(search, mvar):
        return search["tree"]["nodes"].get(mvar, {}).get("goal_sig") or run.mvars.get(mvar)

    for one in told["searches"]:
        own, wild = run.searches[one["theorem"], one["variant"]], run.searches[one["theorem"], "wild_type"]
        assert one["trajectory"] == slow.trajectory(own["history"]) and one["detour"] == slow.detour(own["history"])
        assert one["tactic_fingerprint"]["attempted"] == sorted({attempt["tactic"] for each in own["history"]["iterations"] for attempt in each["attempts"]})
        path = [sig(wild, step["mvar_id"]) for step in wild["history"]["solution_path"]]
        visits = [(each["iteration"], sig(own, each["selected_path"][-1])) for each in own["history"]["iterations"]]
        assert one["trajectory_comparison"] == (None if one["variant"] == "wild_type" else slow.recovery(path, visits)) and one["validity_notes"] == []
    # In the lake, and out of it in the preset, for searches that say nothing of it themselves.
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    question = "SELECT theorem, variant, trajectory_backtrack_count, detour_failure_ratio, shared_prefix_length, reconverged FROM theorem_search_metrics ORDER BY 1, 2"
    rows = runlake("--json", "lake", "sql", question).ok().json["rows"]
    assert rows == [[one["theorem"], one["variant"], one["trajectory"]["backtrack_count"], one["detour"]["failure_ratio"],
                     *((one["trajectory_comparison"] or {}).get(key) for key in ("shared_prefix_length", "reconverged"))] for one in told["searches"]]
    out = Path(runlake("lake", "job", "run", "--config", "preset:search_metrics", "--json").ok().json["out_dir"])
    shown = {row["intervention"]: row for row in map(json.loads, (out / "recovery_and_detour.jsonl").read_text().splitlines())}
    for variant in VARIANTS:
        ours = [one["detour"]["failure_ratio"] for one in told["searches"] if one["variant"] == variant]
        assert math.isclose(shown[variant]["failure_ratio_mean"], sum(ours) / len(ours), abs_tol=1e-9)


def test_hard_distances_clusters_and_structures(run, runlake, project):
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    sql = {"d": "SELECT theorem, variant_a, variant_b, value, normalized, lower_bound, valid FROM variant_distances ORDER BY 1, 2, 3",
           "c": "SELECT theorem, cut, cluster_idx, variant, is_representative FROM variant_clusters ORDER BY 1, 2, 3, 4", "s": "SELECT theorem, variant, nodes, edges, structure_hash FROM graph_structures ORDER BY 1, 2"}
    (project / "job.json").write_text(json.dumps({"schema_version": 2, "name": "hard", "datasets": [{"name": name, "query": query} for name, query in sql.items()]}))
    out = Path(runlake("lake", "job", "run", "--config", "job.json", "--json").ok().json["out_dir"])
    rows = {name: [json.loads(line) for line in (out / f"{name}.jsonl").read_text().splitlines()] for name in sql}
    variants = sorted(("wild_type", *VARIANTS))
    assert len(rows["d"]) == 2 * 6 and len(rows["s"]) == 2 * 4
    for theorem in ("add_zero", "zero_add"):
        graphs = [run.searches[theorem, variant]["graph"] for variant in variants]
        matrix = [[0.0] * 4 for _ in variants]
        for row in (one for one in rows["d"] if one["theorem"] == theorem):
            i, j = variants.index(row["variant_a"]), variants.index(row["variant_b"])
            value = slow.graph_distance(graphs[i], graphs[j], lambda a, b: float(a != b))
            matrix[i][j] = matrix[j][i] = slow.normalized_graph_distance(value, graphs[i], graphs[j])
            assert (row["value"], row["lower_bound"], row["valid"]) == (value, value, True) and math.isclose(row["normalized"], matrix[i][j], abs_tol=2e-6)
        for cut in sorted({one["cut"] for one in rows["c"]}):
            told = {}
            for row in (one for one in rows["c"] if one["theorem"] == theorem and one["cut"] == cut):
                told.setdefault(row["cluster_idx"], []).append(variants.index(row["variant"]))
            assert sorted(sorted(one) for one in told.values()) == slow.clusters(matrix, cut), cut
        for row in (one for one in rows["s"] if one["theorem"] == theorem):
            nodes, edges = run.searches[theorem, row["variant"]]["graph"]
            assert (row["nodes"], row["edges"]) == (len(nodes), len(edges))


def test_search_efficiency_against_a_reference(run, runlake, project):
    """A reference of this very run, which is stated: estimates with another smoothing, and no fallback to families."""
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    (project / "job.json").write_text(json.dumps({
        "schema_version": 2, "name": "scored", "reference": {"build_outcomes": {"alpha": 2.5}, "selection": {"backend": "lean"}, "score_k": True},
        "datasets": [{"name": "d", "query": "SELECT theorem, variant, valid, tau_agent, tau_blind, \"K\", score_json FROM k_reference_score ORDER BY theorem, variant"}]}))
    out = Path(runlake("lake", "job", "run", "--config", "job.json", "--json").ok().json["out_dir"])
    rows = {(row["theorem"], row["variant"]): row for row in map(json.loads, (out / "d.jsonl").read_text().splitlines())}
    assert sorted(rows) == sorted(run.searches)
    for key, search in run.searches.items():
        row, payload = rows[key], json.loads(rows[key]["score_json"])
        wanted, matched, expected = slow.efficiency(search["history"], search["tree"], search["trace"], run.outcomes, run.mvars, alpha=2.5)
        assert payload["reference_kind"] == "goal_outcomes" and (payload["steps"]["count"], payload["steps"]["expected"]) == (matched, expected)
        for metric in wanted:
            value, got = wanted[metric]["blind_uniform_candidate"], payload["variants"][metric]
            assert list(got) == ["blind_uniform_candidate"]
            assert got["blind_uniform_candidate"]["valid"] == (value is not None) and (value is None or (got["blind_uniform_candidate"]["tau_blind"], got["blind_uniform_candidate"]["K"]) == pytest.approx(value, abs=2e-6))
        primary = wanted["any_success"]["blind_uniform_candidate"]
        assert row["valid"] == (primary is not None and matched == expected)
        if row["valid"]:
            assert (row["tau_blind"], row["K"]) == pytest.approx(primary, abs=2e-6)
