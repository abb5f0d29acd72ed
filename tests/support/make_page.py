# SPDX-License-Identifier: Apache-2.0
"""Makes the folder of a release with its page, out of rows made up here: any size, hostile names, without a lake. What the program itself writes is tested by real releases.

    make_page.py OUT [--runs N] [--theorems N] [--hostile] [--web DIR]
"""
import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil

HOSTILE = ["<img src=x onerror=\"window.pwned=1\">", "</script><script>window.pwned=1</script>", "'); window.pwned=1; ('", "${window.pwned=1}", "\"><svg onload=window.pwned=1>",
           "__proto__", "constructor", "javascript:window.pwned=1", "\u202eevil\u2028line\u0000nul", "&lt;b&gt;", "http://evil.example/x.png", "a'b\\c\"d`e"]
PROVIDERS = ["heuristic", "reprover", "deepseek"]
INTERVENTIONS = ["block_simp", "block_left", "block_exact"]


def columns(rows):
    """As page/data.js has them: texts once, in the order in which they come."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = []
    for name in names:
        values = [row.get(name) for row in rows]
        if any(isinstance(value, str) for value in values):
            words = list(dict.fromkeys(value for value in values if value is not None))
            places = {word: i for i, word in enumerate(words)}
            out.append({"name": name, "words": words, "values": [None if value is None else places[value] for value in values]})
        else:
            out.append({"name": name, "values": values})
    return out


def data_js(title, tables, facts):
    document = {"version": 1, "title": title, "release_id": hashlib.sha256(title.encode()).hexdigest(), "facts": facts, "tables": tables}
    text = json.dumps(document, separators=(",", ":")).replace("\\", "\\\\").replace("'", "\\'")
    return f"globalThis.RUNLAKE_DATA = JSON.parse('{text}');\n"


def read_data_js(path):
    """The document that a page's data.js holds, by undoing what JavaScript undoes."""
    text = pathlib.Path(path).read_text()
    literal = text[text.index("JSON.parse('") + 12:text.rindex("')")]
    out, escaped = [], False
    for c in literal:
        if escaped or c not in "\\'":
            out.append(c)
            escaped = False
        else:
            assert c == "\\", "a quote ends the string early"
            escaped = True
    return json.loads("".join(out))


def rows_in(table):
    """The rows of a table of that document."""
    values = [column["values"] if "words" not in column else [None if value is None else column["words"][value] for value in column["values"]] for column in table["columns"]]
    return [dict(zip((column["name"] for column in table["columns"]), row)) for row in zip(*values)] if values else []


def rows_of(runs, theorems, hostile, seed=7):
    rng = random.Random(seed)
    name = (lambda i, plain: HOSTILE[i % len(HOSTILE)] + (str(i) if i >= len(HOSTILE) else "")) if hostile else (lambda i, plain: plain)
    names = [name(i, f"Nat.theorem_{i:03}") for i in range(theorems)]
    hard = [rng.random() for _ in names]
    out = {"runs": [], "run_aggregates": [], "theorem_wild": [], "theorem_intervention": [], "goal_type_tactic": [], "graph_nodes": [], "graph_edges": [], "basin_by_theorem": [], "reference_k": []}
    for r in range(runs):
        uid = hashlib.sha256(f"run {r}".encode()).hexdigest()
        provider = name(r, PROVIDERS[r % 3])
        skill = [0.2, 0.5, 0.75][r % 3]
        out["runs"].append({"run_uid": uid, "run_id": name(r, f"corpus-2026-01-{1 + r % 28:02}-{r:06}"), "provider": provider, "backend": name(r, "lean" if r % 4 else "coq"), "mode": "research",
                            "corpus": name(r, "mini"), "created_at": f"2026-01-{1 + r % 28:02}T10:00:00", "config_whitelist_hash": hashlib.sha256(str(r % 5).encode()).hexdigest()})
        solved_here = 0
        for i, theorem in enumerate(names):
            solved = rng.random() < (skill + 1 - hard[i]) / 2
            solved_here += solved
            out["theorem_wild"].append({"run_uid": uid, "theorem": theorem, "solved": solved, "iterations": rng.randrange(1, 400), "k_K": round(rng.gauss(skill, 0.4), 6) if solved else None})
            for intervention in INTERVENTIONS[: 2 if runs > 50 else 3]:
                out["theorem_intervention"].append({"run_uid": uid, "theorem": theorem, "intervention": intervention, "solved": solved and rng.random() < 0.8, "is_control": False, "baseline_solved": solved,
                                                    "ged_search_norm": round(rng.random(), 6), "ged_search_soft_norm": round(rng.random() / 2, 6), "k_K": None})
        for i, theorem in enumerate(names[:8]):
            out["basin_by_theorem"].append({"run_uid": uid, "run_id": out["runs"][-1]["run_id"], "provider": provider, "theorem": theorem, "seeds_requested": 8, "solve_rate": rng.randrange(9) / 8,
                                            "blind_solve_rate": rng.randrange(9) / 8, "unique_structures": rng.randrange(1, 6), "dominant_structure_frequency": 0.5,
                                            "structure_entropy_bits": round(rng.uniform(0, 2), 6), "paper_k": round(rng.gauss(0.5, 0.3), 6)})
            out["reference_k"].append({"run_uid": uid, "run_id": out["runs"][-1]["run_id"], "provider": provider, "mode": "research", "theorem": theorem, "variant": "wild_type", "ref_id": "0" * 16,
                                       "valid": i % 4 > 0, "primary_null_model": "blind_uniform_candidate", "tau_agent": rng.randrange(1, 50), "tau_blind": 10.5, "K": round(rng.gauss(0.4, 0.5), 6)})
        out["run_aggregates"].append({"run_uid": uid, "theorem_count": theorems, "crashed_count": r % 2, "wild_type_solve_rate": solved_here / max(1, theorems), "intervention_solve_rate": 0.5})
        for goal in ["Eq", "And", "Nat.le", name(r, "Forall")]:
            for family in ["simplify", "rewrite", "closer", "arith"]:
                out["goal_type_tactic"].append({"run_uid": uid, "goal_type": goal, "tactic_norm": family, "tactic_family": family, "success": rng.randrange(20), "failure": rng.randrange(40), "blocked": 0})
        for g in range(2):
            size = rng.randrange(12, 40)
            path = f"{g}/wild_type_graph.json"
            for n in range(size):
                key = {"run_uid": uid, "theorem": names[g % len(names)], "variant": "wild_type", "graph_kind": "search_trace", "rel_path": path}
                out["graph_nodes"].append({**key, "node_id": f"cp1:_uniq.{n}", "goal_type": name(n, f"⊢ P {n}"), "in_proof": n % 3 == 0, "goal_sig": f"s{n}"})
                if n > 0:
                    out["graph_edges"].append({**key, "src_node_id": f"cp1:_uniq.{rng.randrange(n)}", "dst_node_id": f"cp1:_uniq.{n}", "tactic": name(n, "simp [h]"), "in_proof": n % 3 == 0})
    return out


def all_runs(count, hostile, seed=8):
    """Runs of other tools, as the dataset all_runs has them."""
    rng = random.Random(seed)
    out = []
    for r in range(count):
        word = HOSTILE[r % len(HOSTILE)] if hostile else ["adam", "sgd"][r % 2]
        params = {"lr": str(10.0 ** -(r % 4)), "depth": "None" if r % 5 == 0 else str(r % 5), "optimizer": word, "fixed": "yes", **({word: word} if hostile else {})}
        metrics = {"loss": round(rng.random(), 6), **({"acc": None if r % 7 == 0 else round(rng.random(), 6)} if r % 3 else {}), **({word: r} if hostile else {})}
        out.append({"run_uid": hashlib.sha256(f"other {r}".encode()).hexdigest(), "source": ["mlflow", "signac"][r % 2], "run_id": f"{r:032x}", "name": word if hostile else f"run {r:05}", "state": ["completed", "failed", None][r % 3],
                    "started_at": f"2026-01-{1 + r % 28:02} 10:00:00", "finished_at": None if r % 3 == 2 else f"2026-01-{1 + r % 28:02} 10:00:{r % 60:02}.5", "params": json.dumps(params), "metrics": json.dumps(metrics)})
    return out


def web_dir():
    """Of this build: beside the binary, as the program itself finds it."""
    return pathlib.Path(os.environ["RUNLAKE_BIN"]).resolve().parent / "share" / "runlake" / "web"


def make(out, runs=30, theorems=40, hostile=False, web=None, kept=None, others=0):
    """`kept`: of tables, how many rows are in the page; the file beside it has all. `others`: runs of other tools."""
    out = pathlib.Path(out)
    shutil.copytree(web or web_dir(), out, dirs_exist_ok=True)
    (out / "data").mkdir()
    tables = []
    made = rows_of(runs, theorems, hostile)
    if others:
        made = {"all_runs": all_runs(others, hostile), **(made if runs else {})}
    for name, rows in made.items():
        (out / "data" / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        inside = rows[: (kept or {}).get(name, len(rows))]
        tables.append({"name": name, "help": "Rows.", "file": f"data/{name}.jsonl", "rows": len(rows), "kept": len(inside), "why": "" if len(inside) == len(rows) else "the page holds some", "columns": columns(inside)})
    title = HOSTILE[1] if hostile else "Proof searches"
    (out / "page" / "data.js").write_text(data_js(title, tables, {"job": HOSTILE[0] if hostile else "site_dashboard", "selected_runs": runs}))
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--theorems", type=int, default=40)
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--web")
    given = parser.parse_args()
    make(given.out, given.runs, given.theorems, given.hostile, given.web)
