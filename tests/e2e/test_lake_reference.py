# SPDX-License-Identifier: Apache-2.0
"""`lake reference build|list|score` and the references of jobs and releases: known scores, one id and one artifact everywhere, nothing implicit, only its own rows replaced, and all of it made again from the files."""

import contextlib
import gzip
import hashlib
import json
import math
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lake_support import config, rows

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from make_solved_logs import make_solved_run, put  # noqa: E402

FAMILIES = ["simplify", "rewrite", "intro", "split", "cases", "closer", "contradiction", "arith", "automation", "other"]
TABLES = {"lake_references": "* EXCLUDE (created_at)", "lake_reference_members": "*", "k_reference_score": "*"}


def tried(folder, outcomes):
    """Another goal cache for a run: {goal: {family index: [bool, ...]}}."""
    path = folder / "goal_cache.json.gz"
    cache = json.loads(gzip.decompress(path.read_bytes()))
    for goal, families in outcomes.items():
        cache["entries"][goal]["occurrences"] = {"x": {"outcomes": {str(index): list(tries) for index, tries in families.items()}}}
    path.write_bytes(gzip.compress(json.dumps(cache).encode(), mtime=0))


def provided(folder, provider):
    settings = json.loads((folder / "run_config.json").read_text())
    (folder / "run_config.json").write_text(json.dumps({**settings, "provider": provider}))


def make_logs(logs):
    """Two runs that references are made of, one that is evaluated, with packed traces."""
    for name in ("ref-a", "ref-b", "eval"):
        make_solved_run(logs / name, theorems=1, packed_traces=name == "eval")
        provided(logs / name, "known" if name.startswith("ref") else "new")
    tried(logs / "ref-b", {"P": {0: [True, True]}, "Q": {1: [True, False]}})
    tried(logs / "eval", {"P": {0: [True] * 5}})
    return logs


@pytest.fixture
def logs(project, runlake):
    make_logs(project / "logs")
    runlake("lake", "reconcile").ok()
    return project / "logs"


def select(**members):
    return json.dumps(members)


def build(runlake, *words, selection='{"provider": "known"}', **options):
    return runlake("lake", "reference", "build", "--json", "--selection", selection, *words, **options)


def score(runlake, *words, **options):
    return runlake("lake", "reference", "score", "--json", *words, **options)


def listed(runlake):
    return {one["ref_id"]: one for one in runlake("lake", "reference", "list", "--json").ok().json["references"]}


def sql(runlake, question):
    return runlake("lake", "sql", "--csv", question).ok().out.splitlines()[1:]


def scores(runlake, where="true"):
    return sql(runlake, f"SELECT run_id, theorem, variant, ref_id, valid, primary_null_model, tau_agent, tau_blind, K FROM k_reference_score JOIN runs USING (run_key) WHERE {where} ORDER BY ALL")


def tables(runlake):
    return {name: sql(runlake, f"SELECT {columns} FROM {name} ORDER BY ALL") for name, columns in TABLES.items()}


def folder_of(project, ref_id):
    return project / ".runlake" / "lake" / "reference" / "goal_outcomes" / ref_id


def artifact(project, ref_id):
    return folder_of(project, ref_id) / "reference_goal_outcomes.json.gz"


def files_of(project):
    """What references are, as bytes: less provenance, which says when."""
    base = project / ".runlake" / "lake" / "reference"
    return {str(path.relative_to(base)): path.read_bytes() for path in sorted(base.rglob("*")) if path.is_file() and path.name != "provenance.json"}


def rewrite(path, change):
    document = json.loads(gzip.decompress(path.read_bytes()))
    change(document)
    path.write_bytes(gzip.compress(json.dumps(document).encode(), mtime=0))


# Simplify on P: 2 tries without success and 2 with two, so (2+a)/(4+2a); rewrite on Q: (1+a)/(2+2a): both 1/2 for any alpha. 2 + 2 blind tries against 3.
def test_known_scores(runlake, project, logs):
    built = build(runlake).ok().json
    assert (built["selected_runs"], built["members"], built["without_outcomes"], built["goals"], built["unchanged"], built["notes"]) == (2, 2, 0, 2, False, [])
    answer = score(runlake, built["ref_id"], "--selection", select(provider="new")).ok().json
    assert (answer["selected_runs"], answer["scored_runs"], answer["rows"], answer["valid"], answer["in_sample"], answer["out_of_sample"]) == (1, 1, 3, 3, 0, 1)
    k = round(math.log10(4 / 3), 6)
    ref = built["ref_id"]
    # R was never tried: rewrite over all goals is 1 of 2, as on Q.
    assert scores(runlake) == [f"eval,thm_000,{variant},{ref},true,blind_uniform_candidate,3,4.0,{k}" for variant in ("block_left", "block_simp", "wild_type")]
    payload = json.loads(gzip.decompress((folder_of(project, ref) / "scores" / f"{answer['runs'][0]['search_uid']}.json.gz").read_bytes()))
    assert payload["ref_id"] == ref and payload["kind"] == "goal_outcomes" and [one["variant"] for one in payload["scores"]] == ["block_left", "block_simp", "wild_type"]
    one = payload["scores"][2]["score"]
    assert one["reference_kind"] == "goal_outcomes" and one["w_unit"] == "tactic_attempt" and one["steps"] == {"count": 2, "expected": 2, "dropped": 0}
    assert one["primary"] == {"metric": "any_success", "null_model": "blind_uniform_candidate", "tau_blind": 4.0, "K": k}
    assert set(one["variants"]) == {"any_success", "used_operator"}
    (row,) = listed(runlake).values()
    assert (row["members"], row["members_here"], row["scored_runs"], row["scores"], row["valid"], row["attempts"], row["successes"]) == (2, 2, 1, 3, 3, 6, 3)
    assert row["selection"] == {"provider": "known"} and row["meta"] is None and row["artifact_path"] == f"reference/goal_outcomes/{ref}/reference_goal_outcomes.json.gz"


@pytest.mark.parametrize("alpha", [0.25, 1, 3])
def test_alpha_smooths(runlake, logs, alpha):
    """One member: P was tried twice with simplify in vain, and nobody tried a rewrite at all."""
    ref = build(runlake, "--alpha", alpha, selection=select(run_uid=sql(runlake, "SELECT run_uid FROM runs WHERE run_id = 'ref-a'")[0])).ok().json["ref_id"]
    score(runlake, ref).ok()
    blind = (2 + 2 * alpha) / alpha + 2
    for row in scores(runlake):
        *_, tau, k = row.split(",")
        assert (float(tau), float(k)) == (round(blind, 6), round(math.log10(blind / 3), 6))


def test_artifact_and_id_follow_from_the_documented_recipe(runlake, project, logs):
    meta = {"note": "grün", "b": 1.5, "a": [1, None]}
    built = build(runlake, "--alpha", "0.5", "--meta", json.dumps(meta)).ok().json
    document = json.loads(gzip.decompress(artifact(project, built["ref_id"]).read_bytes()))
    uids = sorted(sql(runlake, "SELECT run_uid FROM runs WHERE provider = 'known'"))
    caches = dict(line.split(",") for line in sql(runlake, "SELECT run_uid, sha256 FROM run_files JOIN runs USING (run_key) WHERE file_name = 'goal_cache.json.gz'"))
    zero = [0] * 10
    assert document == {
        "schema_version": 1, "kind": "goal_outcomes", "alpha": 0.5, "tactic_families": FAMILIES, "meta": meta,
        "members": [{"run_uid": uid, "goal_cache_sha256": caches[uid]} for uid in uids],
        "global": {"attempts": [4, 2, *zero[2:]], "successes": [2, 1, *zero[2:]]},
        "by_sig": {"P": {"attempts": [4, *zero[1:]], "successes": [2, *zero[1:]]}, "Q": {"attempts": [0, 2, *zero[2:]], "successes": [0, 1, *zero[2:]]}},
    }
    named = {"alpha": 0.5, "families": FAMILIES, "run_uids": uids, "meta": meta}
    assert hashlib.sha256(b"goal_outcomes\0" + json.dumps(named, sort_keys=True).encode()).hexdigest()[:16] == built["ref_id"]
    again = build(runlake, "--alpha", "0.5", "--meta", json.dumps(meta)).ok().json
    assert again["unchanged"] and again["ref_id"] == built["ref_id"]
    others = {build(runlake).ok().json["ref_id"], build(runlake, "--alpha", "0.5").ok().json["ref_id"], build(runlake, "--alpha", "0.5", selection='{"backend": "lean"}').ok().json["ref_id"]}
    assert len(others | {built["ref_id"]}) == 4


def test_the_same_on_two_machines(runlake, tmp_path, logs, project, place):
    """Another folder, names in another order, a run that is there twice, another zone, locale and number of threads: one id, and equal bytes of artifact and scores."""
    ref = build(runlake, "--meta", '{"of": "both"}').ok().json["ref_id"]
    score(runlake, ref).ok()
    other = tmp_path / "else" / "where"
    for name, source in (("z", "ref-a"), ("a", "ref-b"), ("m", "eval"), ("copy-of-ref-b", "ref-b")):
        shutil.copytree(logs / source, other / "runs" / name)
    env = {**place, "RUNLAKE_STORE": other / ".runlake"}
    runlake("lake", "reconcile", "--logs-dir", other / "runs", "--jobs", "1", cwd=other, env=env).ok()
    built = build(runlake, "--meta", '{"of": "both"}', cwd=other, env=env).ok().json
    assert built["ref_id"] == ref and (built["selected_runs"], built["members"]) == (3, 2)
    score(runlake, ref, cwd=other, env=env).ok()
    assert files_of(project) == files_of(other) and len(files_of(project)) == 4


@pytest.mark.parametrize(("words", "says"), [
    ([], "--selection"),
    (["--selection", ""], "--selection"),
    (["--selection", "{}"], "must not be empty"),
    (["--selection", "[]"], "--selection"),
    (["--selection", "null"], "--selection"),
    (["--selection", '{"providr": "known"}'], '"provider"'),
    (["--selection", '{"provider": []}'], "empty"),
    (["--selection", '{"source": "mlflow"}'], "source"),
    (["--selection", '{"provider": "known"'], "--selection"),
    (["--selection", '{"provider": "known"}', "--alpha", "0"], "--alpha"),
    (["--selection", '{"provider": "known"}', "--alpha", "nan"], "--alpha"),
    (["--selection", '{"provider": "known"}', "--alpha", "-1"], "--alpha"),
    (["--selection", '{"provider": "known"}', "--meta", "[1]"], "--meta"),
    (["--selection", '{"provider": "known"}', "--meta", ""], "--meta"),
])
def test_a_reference_is_said_outright(runlake, project, logs, words, says):
    done = runlake("lake", "reference", "build", "--json", *words)
    assert done.status in (2, 3) and says in done.error["message"], done.err
    assert not (project / ".runlake" / "lake" / "reference").exists()


def test_nothing_to_build_from(runlake, project, logs, tmp_path):
    done = build(runlake, selection='{"provider": "nobody"}')
    assert done.status == 3 and "3 in the lake, 0 match" in done.error["message"]
    put(logs / "bare" / "run_config.json", {"run_id": "bare", "provider": "bare", "backend": "lean"})
    runlake("lake", "reconcile").ok()
    done = build(runlake, selection='{"provider": "bare"}')
    assert done.status == 3 and "goal_cache.json.gz" in done.error["message"]
    assert not (project / ".runlake" / "lake" / "reference").exists()
    built = build(runlake, selection='{"backend": "lean"}').ok().json
    assert built["members"] == 4 and built["without_outcomes"] == 1
    assert build(runlake, selection=str(tmp_path / "none.json")).status == 3
    (tmp_path / "selection.json").write_text('{"backend": "lean"}')
    assert build(runlake, selection=str(tmp_path / "selection.json")).ok().json["ref_id"] == built["ref_id"]
    fresh = {"RUNLAKE_STORE": tmp_path / "fresh" / ".runlake"}
    assert build(runlake, env=fresh).status == 3 and runlake("lake", "reference", "list", env=fresh).status == 3 and not (tmp_path / "fresh").exists()


def test_overlap_is_told_and_survives_postprocess(runlake, project, logs):
    ref = build(runlake).ok().json["ref_id"]
    told = {run["run_id"]: run["in_sample"] for run in score(runlake, ref).ok().json["runs"]}
    assert told == {"ref-a": True, "ref-b": True, "eval": False}
    assert "2 of them are among its members: what their scores say is in-sample" in runlake("lake", "reference", "score", ref).ok().out
    assert "out-of-sample" in runlake("lake", "reference", "score", ref, "--selection", select(provider="new")).ok().out
    # Metrics that are computed later change what a run is, not what was learnt from it.
    before, scored = sql(runlake, "SELECT run_uid FROM runs ORDER BY 1"), tables(runlake)["k_reference_score"]
    runlake("postprocess", "--logs-dir", logs).ok()
    runlake("lake", "reconcile").ok()
    assert sql(runlake, "SELECT run_uid FROM runs ORDER BY 1") != before
    # A score says of a search what it said before, whatever was computed of its run.
    assert tables(runlake)["k_reference_score"] == scored and len(scored) == 9
    assert {run["run_id"]: run["in_sample"] for run in score(runlake, ref).ok().json["runs"]} == told
    assert sql(runlake, "SELECT run_id FROM lake_reference_members JOIN runs USING (run_key) ORDER BY 1") == ["ref-a", "ref-b"]
    assert listed(runlake)[ref]["members_here"] == 2


def test_scoring_replaces_only_its_rows(runlake, project, logs):
    first, second = build(runlake).ok().json["ref_id"], build(runlake, "--alpha", "2").ok().json["ref_id"]
    for ref in (first, second):
        score(runlake, ref).ok()
    kept = {path: path.stat() for path in (project / ".runlake" / "lake" / "reference").rglob("scores/*")}
    assert len(kept) == 6
    before = scores(runlake)
    assert len(before) == 18
    # A run with other content has no scores until it is scored again; everything else stays.
    history = logs / "eval" / "thm_000" / "wild_type_history.json"
    value = json.loads(history.read_text())
    value["detour_metrics"]["total_attempts"] = 30
    history.write_text(json.dumps(value))
    done = score(runlake, first, "--selection", select(provider="new")).ok().json
    assert done["scored_runs"] == 0 and "reconcile" in done["runs"][0]["skipped"], "its files are not those that the lake knows"
    assert scores(runlake) == before
    runlake("lake", "reconcile").ok()
    assert scores(runlake) == [row for row in before if not row.startswith("eval,")]
    score(runlake, first, "--selection", select(provider="new")).ok()
    after = scores(runlake)
    assert [row for row in after if not row.startswith("eval,")] == [row for row in before if not row.startswith("eval,")]
    ours = [row for row in after if row.startswith("eval,")]
    assert len(ours) == 3 and all(first in row for row in ours) and sum(",30," in row for row in ours) == 1
    assert {path: path.stat() for path in kept} == kept, "nobody else's file was touched"


def test_the_search_is_named_by_the_documented_recipe(runlake, project, logs):
    """docs/formats/lake-ids.md: a field for each file that postprocess neither writes nor writes into."""
    def piece(*texts):
        return b"".join(len(text).to_bytes(8, "little") + text.encode() for text in texts)

    def uid(run):
        own = {"summary.json", "postprocess_metrics.json", "root_goal_similarity.json", "external_statement_similarity.json", "search_metrics.json"}
        names = sorted(str(path.relative_to(run)) for path in run.rglob("*.json*") if path.name.removesuffix(".gz") not in own and "_comparison.json" not in path.name)
        fields = (b"S" + piece(name, hashlib.sha256((run / name).read_bytes()).hexdigest()) for name in names)
        return hashlib.sha256(b"R" + piece("lake_search_uid/1") + b"".join(fields)).hexdigest()

    for _ in range(2):
        told = dict(line.split(",") for line in sql(runlake, "SELECT run_id, search_uid FROM runs"))
        assert told == {run.name: uid(run) for run in logs.iterdir()}
        runlake("postprocess", "--logs-dir", logs).ok()
        runlake("lake", "reconcile").ok()


def test_as_many_threads_as_are_asked_for_give_the_same(runlake, project, logs):
    for number in range(5):
        make_solved_run(logs / f"more-{number}", theorems=1)
    runlake("lake", "reconcile").ok()
    ref = build(runlake).ok().json["ref_id"]
    seen = []
    for jobs in ("1", "3"):
        score(runlake, ref, "--jobs", jobs).ok()
        seen.append((files_of(project), tables(runlake)))
        shutil.rmtree(folder_of(project, ref) / "scores")
        runlake("lake", "reconcile").ok()
    assert seen[0] == seen[1] and len(seen[0][1]["k_reference_score"]) == 24
    assert score(runlake, ref, "--jobs", "0").status == 2


def test_scores_are_those_of_plain_traces_too(runlake, project, logs):
    ref = build(runlake).ok().json["ref_id"]
    make_solved_run(logs / "plain", theorems=1)
    # Of two forms the packed one counts; where it is damaged, the plain one.
    make_solved_run(logs / "torn", theorems=1)
    for trace in (logs / "torn").rglob("*_mcts_trace.jsonl"):
        trace.with_name(trace.name + ".gz").write_bytes(gzip.compress(trace.read_bytes())[:-9])
    runlake("lake", "reconcile").ok()
    score(runlake, ref).ok()
    plain, packed, torn = ([row.split(",", 1)[1] for row in scores(runlake, f"run_id = '{name}'")] for name in ("plain", "eval", "torn"))
    assert len(plain) == 3 and plain == packed == torn


def test_what_can_not_be_scored_says_why(runlake, project, logs):
    ref = build(runlake).ok().json["ref_id"]
    put(logs / "bare" / "run_config.json", {"run_id": "bare", "backend": "lean"})
    make_solved_run(logs / "gone", theorems=1)
    make_solved_run(logs / "holes", theorems=1)
    (logs / "holes" / "thm_000" / "wild_type_mcts_tree.json").unlink()
    (logs / "holes" / "thm_000" / "block_left_history.json").write_text("{")
    (logs / "holes" / "thm_000" / "block_simp_mcts_trace.jsonl").unlink()
    runlake("lake", "reconcile").ok()
    shutil.rmtree(logs / "gone")
    runs = {run["run_id"]: run for run in score(runlake, ref).ok().json["runs"]}
    assert runs["bare"]["skipped"] == "it has no summary" and runs["gone"]["skipped"] == "its folder is not there any more"
    assert (runs["holes"]["rows"], runs["holes"]["valid"], runs["holes"]["skipped"]) == (3, 0, None)
    notes = dict(line.split(",", 1) for line in sql(runlake, "SELECT variant, json_extract_string(score_json, '$.validity_notes[0]') FROM k_reference_score JOIN runs USING (run_key) WHERE run_id = 'holes'"))
    assert notes == {"wild_type": "there is no wild_type_mcts_tree.json", "block_left": "block_left_history.json can't be read", "block_simp": "there is no block_simp_mcts_trace.jsonl"}
    assert "gone: its folder is not there any more" in runlake("lake", "reference", "score", ref).ok().err


def test_the_lake_is_made_again_from_the_files(runlake, project, logs):
    ref = build(runlake, "--meta", '{"a": 1}').ok().json["ref_id"]
    build(runlake, "--alpha", "2").ok()
    score(runlake, ref).ok()
    before = tables(runlake)
    assert [len(before[name]) for name in TABLES] == [2, 4, 9]
    created = sql(runlake, "SELECT created_at FROM lake_references ORDER BY 1")
    assert runlake("lake", "reconcile", "--json").ok().json["references"] == 2
    for again in (["--full"], []):
        if not again:
            (project / ".runlake" / "lake" / "lake.duckdb").unlink()
        runlake("lake", "reconcile", *again).ok()
        assert tables(runlake) == before
    assert sql(runlake, "SELECT created_at FROM lake_references ORDER BY 1") == created
    # A member that is forgotten stays a member, with nobody here; when it is there again, it is told again.
    shutil.move(logs / "ref-a", project / "aside")
    runlake("lake", "reconcile", "--prune").ok()
    assert listed(runlake)[ref]["members"] == 2 and listed(runlake)[ref]["members_here"] == 1 and listed(runlake)[ref]["scored_runs"] == 2
    shutil.move(project / "aside", logs / "ref-a")
    runlake("lake", "reconcile").ok()
    assert tables(runlake) == before
    # References that are taken away are gone, and those that come from elsewhere are there, with the next reconcile.
    shutil.move(folder_of(project, ref), project / "kept")
    runlake("lake", "reconcile").ok()
    assert ref not in listed(runlake) and scores(runlake) == []
    shutil.move(project / "kept", folder_of(project, ref))
    assert f"the reference {ref} is not in the lake yet" in runlake("lake", "reference", "list").ok().err
    runlake("lake", "reconcile").ok()
    assert tables(runlake) == before


@pytest.mark.parametrize("damage", ["cut", "text", "count", "member", "alpha", "newer"])
def test_damage_costs_that_reference(runlake, project, logs, damage):
    ref, other = build(runlake).ok().json["ref_id"], build(runlake, "--alpha", "2").ok().json["ref_id"]
    score(runlake, other).ok()
    path = artifact(project, ref)
    changes = {"count": lambda d: d["global"]["attempts"].__setitem__(0, 5), "member": lambda d: d["members"].pop(), "alpha": lambda d: d.__setitem__("alpha", 7.0), "newer": lambda d: d.__setitem__("schema_version", 2)}
    if damage in changes:
        rewrite(path, changes[damage])
    else:
        path.write_bytes(path.read_bytes()[:-12] if damage == "cut" else b"no gzip")
    answer = runlake("lake", "reconcile", "--json").ok().json
    assert answer["references"] == 1 and any(ref in note for note in answer["notes"])
    assert list(listed(runlake)) == [other] and len(scores(runlake)) == 9
    assert score(runlake, ref).status == (7 if damage == "newer" else 6)
    assert runlake("lake", "job", "run", "--config", config(project / "c.json", reference={"ref_id": ref, "score_k": True})).status == (7 if damage == "newer" else 6)
    # Built again it is whole again.
    assert build(runlake).ok().json["ref_id"] == ref
    assert set(listed(runlake)) == {ref, other}


def test_damaged_scores_are_left_out_and_made_again(runlake, project, logs):
    ref = build(runlake).ok().json["ref_id"]
    score(runlake, ref).ok()
    before = scores(runlake)
    one = sorted((folder_of(project, ref) / "scores").iterdir())[0]
    one.write_bytes(one.read_bytes()[:40])
    answer = runlake("lake", "reconcile", "--json").ok().json
    assert any(one.name in note for note in answer["notes"]) and len(scores(runlake)) == 6
    score(runlake, ref).ok()
    assert scores(runlake) == before


def test_names_of_references(runlake, logs):
    ids = sorted(build(runlake, "--alpha", alpha).ok().json["ref_id"] for alpha in (1, 2, 3))
    assert list(listed(runlake)) == ids
    assert score(runlake, ids[0][:12]).ok().json["ref_id"] == ids[0]
    assert score(runlake, "ffffffffffffffff").status == 3 and score(runlake, "../..").status == 3
    assert score(runlake, "").status in (2, 3, 4)
    assert score(runlake, ids[0], "--selection", '{"provider": "nobody"}').status == 3
    assert score(runlake, ids[0], "--selection", '{"provder": "x"}').status == 2
    assert score(runlake, ids[0], "--logs-dir", "none").status == 3
    text = runlake("lake", "reference", "list").ok().out
    assert all(ref in text for ref in ids) and "2 (2 here)" in text


def query(text):
    return [{"name": "d", "query": text}]


def test_a_job_builds_scores_and_tells_the_overlap(runlake, project, logs):
    reference = {"build_outcomes": {"alpha": 1, "meta": {"why": "test"}}, "selection": {"provider": "known"}, "score_k": True}
    datasets = query("SELECT k.ref_id = c.ref_id AS same, r.run_id, k.variant, k.\"K\", EXISTS (SELECT 1 FROM lake_reference_members m WHERE m.ref_id = c.ref_id AND m.run_key = k.run_key) AS in_sample "
                     "FROM job_context c JOIN k_reference_score k ON k.ref_id = c.ref_id JOIN selected_runs USING (run_key) JOIN runs r USING (run_key) ORDER BY r.run_id, k.variant")
    path = config(project / "job.json", selection={"backend": "lean"}, reference=reference, datasets=datasets)
    answer = runlake("lake", "job", "run", "--json", "--config", path).ok().json
    told = answer["reference"]
    ref = build(runlake, "--meta", '{"why": "test"}').ok().json
    assert ref["unchanged"] and told["ref_id"] == ref["ref_id"]
    assert (told["members"], told["in_sample"], told["out_of_sample"], told["selection"], told["alpha"], told["meta"]) == (2, 2, 1, {"provider": "known"}, 1.0, {"why": "test"})
    assert told["scored"] == {"runs": 3, "rows": 9, "valid": 9, "skipped": []}
    assert told["artifact_path"] == f"reference/goal_outcomes/{ref['ref_id']}/reference_goal_outcomes.json.gz"
    out = Path(answer["out_dir"])
    k = round(math.log10(4 / 3), 6)
    assert [(row["same"], row["run_id"], row["K"], row["in_sample"]) for row in rows(out / "d.jsonl")] == [(True, "eval", k, False)] * 3 + [(True, "ref-a", k, True)] * 3 + [(True, "ref-b", k, True)] * 3
    assert json.loads((out / "manifest.json").read_text())["reference"] == told
    assert sorted(run["in_sample"] for run in json.loads((out / "inputs.json").read_text())["selected_runs"]) == [False, True, True]
    assert runlake("lake", "job", "run", "--json", "--config", path).ok().json["unchanged"]
    # Attached it is the same; and what it says of the runs is there without being scored again.
    attached = config(project / "attached.json", name="attached", selection={"provider": "new"}, reference={"ref_id": ref["ref_id"]}, datasets=datasets)
    answer = runlake("lake", "job", "run", "--json", "--config", attached).ok().json
    assert answer["reference"]["scored"] is None and answer["reference"]["in_sample"] == 0 and len(rows(answer["out_dir"] + "/d.jsonl")) == 3
    text = runlake("lake", "job", "run", "--config", path).ok().out
    assert "2 of these runs are among its 2 members: what is said of them is in-sample" in text and "Scored 3 of them: 9 scores, 9 valid" in text
    # A member more is another reference, and another job.
    make_solved_run(logs / "ref-c", theorems=1)
    provided(logs / "ref-c", "known")
    runlake("lake", "reconcile").ok()
    other = config(project / "job.json", selection={"provider": "new"}, reference=reference, datasets=datasets)
    ids = {runlake("lake", "job", "run", "--json", "--config", other).ok().json["job_run_id"]}
    make_solved_run(logs / "ref-d", theorems=2)
    provided(logs / "ref-d", "known")
    runlake("lake", "reconcile").ok()
    ids.add(runlake("lake", "job", "run", "--json", "--config", other).ok().json["job_run_id"])
    assert len(ids) == 2


def test_a_job_whose_reference_fails_is_recorded(runlake, project, logs):
    path = config(project / "job.json", reference={"build_outcomes": {}, "selection": {"provider": "nobody"}})
    done = runlake("lake", "job", "run", "--json", "--config", path)
    assert done.status == 3 and "reference.selection" in done.error["message"]
    assert sql(runlake, "SELECT job_name, status FROM lake_job_runs") == ["mine,failed"]


def test_a_release_has_its_own_reference_alone(runlake, tmp_path, project, logs):
    """Built by a selection that says where: the same release on another machine, where other things were scored too."""
    def release(env, cwd, where):
        reference = {"build_outcomes": {}, "selection": {"rel_run_dir": where}, "score_k": True}
        path = config(cwd / "release.json", name="site", selection={"backend": "lean"}, reference=reference, datasets=[
            {"name": "overlap", "format": "parquet", "query": "SELECT r.run_uid, l.ref_id, l.members FROM lake_references l JOIN lake_reference_members USING (ref_id) JOIN runs r USING (run_key) ORDER BY 1"}])
        return runlake("lake", "job", "release-site-dashboard", "--json", "--config", path, "--logs-dir", cwd / "logs", "--site-dir", cwd / "site", env=env, cwd=cwd).ok().json

    score(runlake, build(runlake, "--alpha", "9").ok().json["ref_id"]).ok()
    one = release({}, project, ["ref-a", "ref-b"])
    other = tmp_path / "other"
    for name in ("ref-a", "ref-b", "eval"):
        shutil.copytree(logs / name, other / "logs" / f"run-{name}")
    env = {"RUNLAKE_STORE": other / ".runlake"}
    runlake("lake", "reconcile", "--logs-dir", other / "logs", cwd=other, env=env).ok()
    two = release(env, other, ["run-ref-a", "run-ref-b"])
    assert one["release_id"] == two["release_id"]
    manifest = json.loads((Path(one["dir"]) / "manifest.json").read_text())
    assert manifest["reference"]["in_sample"] == 2 and manifest["reference"]["out_of_sample"] == 1 and "selection" not in manifest["reference"]
    counts = {table["name"]: table["rows"] for table in manifest["tables"]}
    assert counts["k_reference_score"] == 9 and counts["overlap"] == 2
    runlake("lake", "release", "verify", one["dir"]).ok()


def has_open(pid, name):
    """Whether a process has a file of that name open at this moment; what it opens and closes meanwhile may come or go."""
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(path).endswith(name):
                return True
    return False


def test_a_reader_meanwhile_is_told(runlake, project, logs, runlake_bin, clean_env):
    """The files are the facts: while another process has the lake, they are written, and the tables follow with the next reconcile."""
    with subprocess.Popen([runlake_bin, "lake", "sql", "--csv", "SELECT count(*) FROM range(4000000000000) a WHERE hash(a.range) = 7 ORDER BY 1"], cwd=project, env=clean_env, stdout=subprocess.DEVNULL) as reader:
        try:
            while reader.poll() is None and not has_open(reader.pid, "lake.duckdb"):
                os.sched_yield()
            built = build(runlake).ok().json
            assert reader.poll() is None and any("reconcile" in note for note in built["notes"])
            assert artifact(project, built["ref_id"]).exists()
        finally:
            reader.kill()
    runlake("lake", "reconcile").ok()
    assert list(listed(runlake)) == [built["ref_id"]]


def expected_k(caches, sigs, alpha):
    """By the formula, slowly: the chance that a blind choice works at each step, from all outcomes of all members. Steps alternate between simp and rw, each the only candidate."""
    blind = 0
    for step, sig in enumerate(sigs):
        family = step % 2
        tries = [outcome for cache in caches for outcome in cache.get(sig, {}).get(family, [])]
        if not tries:
            tries = [outcome for cache in caches for goal in cache.values() for outcome in goal.get(family, [])]
        blind += (len(tries) + 2 * alpha) / (sum(tries) + alpha)
    return round(blind, 6), round(math.log10(blind / 3), 6)


@pytest.mark.parametrize("seed", range(3))
def test_scores_beside_a_slow_implementation(runlake, project, seed):
    rng = random.Random(seed)
    caches = []
    for number in range(rng.randint(1, 4)):
        folder = project / "logs" / f"ref-{number}"
        make_solved_run(folder, theorems=1)
        provided(folder, "known")
        caches.append({goal: {family: [rng.random() < 0.4 for _ in range(rng.randint(0, 6))] for family in (0, 1, 7) if rng.random() < 0.7} for goal in "PQR" if rng.random() < 0.8} or {"P": {0: [True]}})
        tried(folder, {goal: {} for goal in "PQR"} | caches[-1])
    make_solved_run(project / "logs" / "eval", theorems=2)
    provided(project / "logs" / "eval", "new")
    runlake("lake", "reconcile").ok()
    alpha = rng.choice([0.3, 1, 2.5])
    if not any(tries for cache in caches for goal in cache.values() for tries in goal.values()):
        assert build(runlake, "--alpha", alpha).status == 3
        return
    ref = build(runlake, "--alpha", alpha).ok().json["ref_id"]
    score(runlake, ref, "--selection", select(provider="new")).ok()
    found = {tuple(row.split(",")[1:3]): tuple(float(cell) for cell in row.split(",")[-2:]) for row in scores(runlake)}
    paths = {"wild_type": "PQ", "block_simp": "PR", "block_left": "PQ"}
    assert found == {(f"thm_00{theorem}", variant): pytest.approx(expected_k(caches, sigs, alpha), abs=2e-6) for theorem in range(2) for variant, sigs in paths.items()}


def test_the_doctor_looks_at_references(runlake, project, logs):
    def told():
        return {one["text"]: one["level"] for one in runlake("lake", "doctor", "--json").json["findings"] if one["area"] == "references"}

    def says(level, *words):
        return any(found == level and all(word in text for word in words) for text, found in told().items())

    assert told() == {"there are no references": "ok"}
    ref, other = build(runlake).ok().json["ref_id"], build(runlake, "--alpha", "2").ok().json["ref_id"]
    score(runlake, ref).ok()
    assert told() == {"2 references are whole, with all members and scores": "ok"}
    # A file of scores that is torn, and one of a search that nobody has here.
    one, two, _ = sorted((folder_of(project, ref) / "scores").iterdir())
    whole = one.read_bytes()
    one.write_bytes(whole[:40])
    runlake("lake", "reconcile").ok()
    assert says("problem", "1 file of scores can't be read", one.name)
    one.write_bytes(whole)
    assert says("problem", "files of scores that are not in the lake", ref)
    runlake("lake", "reconcile").ok()
    history = logs / "eval" / "thm_000" / "wild_type_history.json"
    history.write_text(history.read_text() + "\n")
    runlake("lake", "reconcile").ok()
    assert says("note", "were changed since", f"{ref} (1)")
    score(runlake, ref).ok()
    # Members that are no runs of this lake any more, and those that have other content now.
    shutil.move(logs / "ref-a", project / "aside")
    runlake("lake", "reconcile", "--prune").ok()
    assert says("note", "no runs of this lake", f"{ref} (1 of 2)")
    shutil.move(project / "aside", logs / "ref-a")
    runlake("postprocess", "--logs-dir", logs).ok()
    runlake("lake", "reconcile").ok()
    assert says("note", "other content now", f"{ref} (2 of 2)", f"{other} (2 of 2)") and not says("note", "no runs of this lake")
    # Artifacts: damaged, gone, not in the lake yet, and a folder without one.
    kept = artifact(project, other).read_bytes()
    artifact(project, other).write_bytes(kept[:-12])
    assert says("problem", other, "can't be used")
    artifact(project, other).unlink()
    assert says("problem", "lost the artifact", other)
    runlake("lake", "reconcile").ok()
    assert says("note", "without its artifact", other)
    artifact(project, other).write_bytes(kept)
    assert says("problem", "not in the lake", other)
    assert runlake("lake", "doctor").status == 1
