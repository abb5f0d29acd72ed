# SPDX-License-Identifier: Apache-2.0
"""`postprocess`: how near the theorems of a run are to each other, by root goals and by the statements of external problems."""
import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import slow_metrics as slow  # noqa: E402
from make_solved_logs import make_solved_run, put  # noqa: E402

FOF = {"PUZ001+1": "fof(a, axiom, r).\nfof(c, conjecture, ! [X] : ( p(X) => q(X) )).\n", "PUZ002+1": "% other names\nfof(d, conjecture, ! [Y] : ( p(Y) => q(Y) )).\n",
       "SYN001+1": "fof(c, conjecture, ! [X] : ( p(X) => s(X) )).\n", "SYN002+1": "fof(c, conjecture, p(\n"}


def postprocess(runlake, *words):
    return runlake("postprocess", "--json", "--logs-dir", "logs", *words).ok().json


def rows(runlake, question):
    return runlake("--json", "lake", "sql", question).ok().json["rows"]


def expression(name):
    return {"rootId": "r", "nodes": [["r", {"kind": "const", "name": name}]]}


@pytest.fixture
def run(project):
    """Four theorems, whose root goals are told in the three places where they may be; and one that tells none."""
    folder = project / "logs" / "run"
    make_solved_run(folder, theorems=5)
    entries = {name: {"sig": name, "type_expr": expression(name), "hyp_exprs": hyps, "occurrences": {}} for name, hyps in
               {"P": [], "Q": [], "R": [expression("A"), expression("B")], "S": [expression("B"), expression("A")]}.items()}
    put(folder / "goal_cache.json", {"sig_scheme": "ast", "mvar_to_sig": {"m": "S"}, "entries": entries}, packed=True)
    for number in range(5):
        for suffix in ("graph", "mcts_tree"):
            (folder / f"thm_{number:03d}" / f"wild_type_{suffix}.json").unlink()
    put(folder / "thm_000" / "wild_type_metrics.json", {"root_goal_sigs": ["P", "Q"]})
    put(folder / "thm_001" / "wild_type_mcts_tree.json", {"root_mvar_id": "x", "nodes": {"x": {"goal_sig": "Q"}}}, packed=True)
    put(folder / "thm_002" / "wild_type_graph.json", {"root": "n", "nodes": [["n", {"goal_sig": "R"}]], "edges": []})
    put(folder / "thm_003" / "wild_type_mcts_tree.json", {"root_mvar_id": "m", "nodes": {"m": {"goal_sig": None}}})
    return folder, {name: slow.goal(entry) for name, entry in entries.items()}


def test_root_goals(runlake, run):
    folder, trees = run
    postprocess(runlake)
    told = json.loads((folder / "root_goal_similarity.json").read_text())
    assert (told["schema_version"], told["kind"], told["valid"], told["validity_notes"], told["mode"]) == (1, "root_goal_similarity", True, [], "full")
    assert told["theorems"] == [f"thm_{number:03d}" for number in range(4)] and (told["theorem_count"], told["compared_count"]) == (5, 4)
    assert told["excluded"] == [{"theorem": "thm_004", "reason": "its files name no root goal"}]
    goals = [trees[name] for name in "PQRS"]
    wanted = [[slow.tree_distance(a, b) for b in goals] for a in goals]
    assert told["matrix"] == [pytest.approx(row, abs=1e-6) for row in wanted] and told["matrix"][2][3] == pytest.approx(1 / 10)
    for at in told["clusters"]:
        assert sorted([told["theorems"].index(name) for name in one["members"]] for one in at["clusters"]) == slow.clusters(wanted, at["cut"])
        assert all(one["representative"] in one["members"] for one in at["clusters"])
    # In the lake: the nearest of each out of the matrix, and the clusters.
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    order = lambda name: sorted((distance, other) for other, distance in zip(told["theorems"], told["matrix"][told["theorems"].index(name)]) if other != name)
    assert rows(runlake, "SELECT theorem, rank, neighbour, distance FROM theorem_neighbours WHERE kind = 'root_goal_similarity' ORDER BY 1, 2") == [
        [name, rank + 1, other, distance] for name in told["theorems"] for rank, (distance, other) in enumerate(order(name))]
    assert rows(runlake, "SELECT cut, theorem, cluster_idx, members, is_representative FROM theorem_clusters ORDER BY ALL") == sorted(
        [at["cut"], name, index, len(one["members"]), name == one["representative"]] for at in told["clusters"] for index, one in enumerate(at["clusters"]) for name in one["members"])
    assert rows(runlake, "SELECT valid, mode, theorem_count, compared_count FROM run_similarity") == [[True, "full", 5, 4]]
    # Another pass changes nothing, a lost file comes back, and a change of one root goal is seen.
    before = (folder / "root_goal_similarity.json").read_bytes()
    assert [one["state"] for one in postprocess(runlake)["runs"]] == ["unchanged"]
    (folder / "root_goal_similarity.json").unlink()
    postprocess(runlake)
    assert (folder / "root_goal_similarity.json").read_bytes() == before
    put(folder / "thm_000" / "wild_type_metrics.json", {"root_goal_sigs": ["Q"]})
    postprocess(runlake)
    assert json.loads((folder / "root_goal_similarity.json").read_text())["matrix"][0][1] == 0.0


def test_it_can_be_asked_for_alone_and_is_no_part_of_the_others(runlake, run):
    folder, _ = run
    summary = (folder / "summary.json.gz").read_bytes()
    postprocess(runlake, "--only", "root_goal_similarity")
    assert (folder / "summary.json.gz").read_bytes() == summary and (folder / "root_goal_similarity.json").exists()
    (folder / "root_goal_similarity.json").unlink()
    postprocess(runlake, "--only", "goal_novelty")
    assert not (folder / "root_goal_similarity.json").exists()


def test_another_programs_file_gives_no_rows_and_a_torn_one_an_error(runlake, run):
    folder, _ = run
    put(folder / "root_goal_similarity.json", {"schema_version": 1, "matrix": "theirs"})
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    assert rows(runlake, "SELECT count(*) FROM run_similarity") == [[0]] and rows(runlake, "SELECT count(*) FROM extract_errors") == [[0]]
    for matrix in ([[0]], [[0, 1], [1]], [[0, "x"], [1, 0]]):
        put(folder / "root_goal_similarity.json", {"kind": "root_goal_similarity", "theorems": ["a", "b"], "matrix": matrix})
        runlake("lake", "reconcile", "--logs-dir", "logs").ok()
        assert rows(runlake, "SELECT stage, rel_path FROM extract_errors") == [["read_similarity", "root_goal_similarity.json"]] and rows(runlake, "SELECT count(*) FROM run_similarity") == [[0]]


def test_without_trees_the_file_says_why(runlake, project):
    make_solved_run(project / "logs" / "text", scheme="text")
    make_solved_run(project / "logs" / "uncached")
    (project / "logs" / "uncached" / "goal_cache.json.gz").unlink()
    postprocess(runlake)
    for name, reason in (("text", "text"), ("uncached", "goal_cache")):
        told = json.loads((project / "logs" / name / "root_goal_similarity.json").read_text())
        assert told["valid"] is False and reason in told["validity_notes"][0] and told["matrix"] is None and told["mode"] is None


def external(project, corpus, files, names=None, root="corpus"):
    folder = project / "logs" / "ext"
    put(folder / "run_config.json", {"run_id": "ext", "mode": "external", "backend": "vampire", "provider": "vampire", "corpus": corpus, "corpus_meta": {"root": str(project / root)},
                                     "problem_selection": {"selected_problems": sorted(files)}})
    put(folder / "summary.json", {"run_id": "ext", "theorems": [{"name": name, "wild_type": {"solved": True}} for name in names or sorted(Path(path).stem for path in files)]}, packed=True)
    for path, text in files.items():
        place = project / root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return folder


def similarity(folder):
    return json.loads((folder / "external_statement_similarity.json").read_text())


def test_tptp(runlake, project):
    folder = external(project, "tptp", {f"Problems/{name[:3]}/{name}.p": text for name, text in FOF.items()})
    assert [one["state"] for one in postprocess(runlake)["runs"]] == ["external"]
    told = similarity(folder)
    assert told["valid"] and told["theorems"] == ["PUZ001+1", "PUZ002+1", "SYN001+1"]
    assert told["excluded"][0]["theorem"] == "SYN002+1" and "line" in told["excluded"][0]["reason"]
    # statement, !, var, =>, p, var, q, var: eight nodes each, one of them renamed in the third.
    assert told["matrix"] == [[0, 0, 0.0625], [0, 0, 0.0625], [0.0625, 0.0625, 0]]
    before = (folder / "external_statement_similarity.json").stat().st_mtime_ns
    postprocess(runlake)
    assert (folder / "external_statement_similarity.json").stat().st_mtime_ns == before
    (project / "corpus" / "Problems" / "SYN" / "SYN001+1.p").write_text(FOF["PUZ001+1"])
    postprocess(runlake)
    assert similarity(folder)["matrix"][0][2] == 0


def test_smtlib_and_files_that_are_not_there(runlake, project):
    folder = external(project, "smtlib", {"a.smt2": "(set-logic QF_LIA)(declare-fun x () Int)(assert (<= x 3))(check-sat)", "deep/b.smt2": "(assert (<= x 4)) ; b"}, ["a", "b", "c", "../../etc/passwd"])
    postprocess(runlake)
    told = similarity(folder)
    assert told["theorems"] == ["a", "b"] and told["matrix"] == [[0, 0.125], [0.125, 0]]
    assert [one["theorem"] for one in told["excluded"]] == ["c"]


@pytest.mark.parametrize("corpus", ["coq", "coq-stdlib", "mizar"])
def test_other_corpora_are_told_as_invalid(runlake, project, corpus):
    folder = external(project, corpus, {"a.v": "x"})
    postprocess(runlake)
    assert similarity(folder)["valid"] is False and corpus in similarity(folder)["validity_notes"][0]


def test_many_theorems_have_neighbours_and_more_a_sample(runlake, project):
    """Statements p(a, a, ...) of growing length: the nearest of each are those that are nearly as long."""
    def files(count):
        return {f"t{number:04d}.p": f"fof(c, conjecture, p({','.join(['a'] * (1 + number % 60))}))." for number in range(count)}
    folder = external(project, "tptp", files(401))
    postprocess(runlake)
    told = similarity(folder)
    assert told["mode"] == "knn" and told["matrix"] is None and told["clusters"] is None and len(told["neighbours"]) == 401
    for one in told["neighbours"]:
        distances = [near["distance"] for near in one["nearest"]]
        assert len(distances) == 12 and distances == sorted(distances) and one["theorem"] not in [near["theorem"] for near in one["nearest"]]
    # There are six or seven of each length.
    assert all(one["nearest"][0]["distance"] == 0 for one in told["neighbours"])
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    assert rows(runlake, "SELECT kind, count(*), count(DISTINCT theorem), max(rank) FROM theorem_neighbours GROUP BY 1") == [["external_statement_similarity", 401 * 12, 401, 12]]
    shutil.rmtree(project / "corpus")
    folder = external(project, "tptp", files(2001))
    postprocess(runlake)
    told = similarity(folder)
    assert told["mode"] == "sample" and told["theorem_count"] == 2001 and told["compared_count"] == 400 == len(told["matrix"]) and told["theorems"] == sorted(told["theorems"])
