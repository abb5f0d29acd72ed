# SPDX-License-Identifier: Apache-2.0
"""`lake job release-site-dashboard` and `lake release verify`: the same release everywhere, refused whole, shown by one switch, and every change of it found."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
from lake_support import WITHOUT_SUMMARY, config, make_logs, reconciled, tree

PRESET = "preset:site_dashboard_superset"
# Datasets whose rows are about several runs.
OVER_RUNS = ("k_by_theorem", "recovery_by_intervention", "provider_theorem", "provider_pairs", "goal_tactics", "reference_k_summary", "reference_meta", "structure_entropy", "distances_by_intervention",
             "recovery_and_detour", "convergence", "k_by_mode")
VIEWS = {"name": "overview", "format": "parquet", "query": "SELECT r.run_uid, s.run_key = r.run_uid AS same, r.run_id FROM selected_runs s JOIN runs r USING (run_key) ORDER BY 1"}


def release(runlake, logs, *words, configuration=PRESET, **options):
    return runlake("lake", "job", "release-site-dashboard", "--config", configuration, "--logs-dir", logs, "--json", *words, **options)


@pytest.fixture
def made(runlake, tmp_path):
    """A release of generated runs: its answer."""
    logs = reconciled(runlake, tmp_path / "logs", runs=6, summaries_only=True)
    return release(runlake, logs, "--site-dir", tmp_path / "site").ok().json


def test_layout_and_manifest(runlake, project, tmp_path):
    logs = reconciled(runlake, tmp_path / "logs", runs=6, summaries_only=True)
    answer = release(runlake, logs).ok().json
    site = project / "site" / "dashboards" / "wonton-soup" / "data"
    folder = site / "releases" / answer["release_id"]
    assert answer["dir"] == str(folder) and answer["promoted"] and answer["offenders"] == []
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (folder / "dashboard_manifest.json").read_bytes() == (folder / "manifest.json").read_bytes() == (site / "dashboard_manifest.json").read_bytes()
    assert manifest["release_id"] == answer["release_id"] and len(answer["release_id"]) == 64
    assert manifest["schema_version"] == 1 and manifest["format"] == "parquet" and manifest["profile"] == "dashboard" and manifest["selected_runs"] == answer["selected_runs"] == 4
    names = [table["name"] for table in manifest["tables"]]
    assert names[0] == "runs" and len(names) == 13 + 16 == answer["datasets"]
    assert [dataset["name"] for dataset in manifest["datasets"]] == [name for name in names if not name.startswith("mcts_tree_")]
    for table in manifest["tables"]:
        path = folder / table["file"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == table["sha256"] and path.stat().st_size == table["bytes"]
        columns = [column["name"] for column in table["columns"]]
        assert "run_key" not in columns and not {"run_dir", "rel_run_dir", "root_id", "indexed_at"} & set(columns)
        assert table["name"] in OVER_RUNS or columns[0] == "run_uid"
    assert (folder / "index.html").exists() and any(page["file"] == "index.html" for page in manifest["page"])
    assert "duckdb" in json.loads((folder / "provenance.json").read_text())
    assert not [path for path in folder.rglob(".*")], "what was only for making it is left"
    assert runlake("lake", "release", "verify", folder, "--json").ok().json["ok"]
    assert runlake("lake", "release", "verify", site, "--json").ok().json["release_id"] == answer["release_id"]


def test_a_dataset_with_the_key_of_its_runs_is_whole(runlake, tmp_path):
    """What a job selects by is a column that a job may have; in a release it is the run_uid."""
    logs = reconciled(runlake, tmp_path / "logs", runs=3, summaries_only=True)
    keyed = config(tmp_path / "c.json", datasets=[{"name": "keyed", "query": "SELECT s.run_key, r.run_uid, r.run_id FROM selected_runs s JOIN runs r USING (run_key) ORDER BY 1"}])
    answer = release(runlake, logs, "--site-dir", tmp_path / "site", configuration=keyed).ok().json
    table = next(table for table in json.loads((Path(answer["dir"]) / "manifest.json").read_text())["tables"] if table["name"] == "keyed")
    assert [column["name"] for column in table["columns"]] == ["run_key", "run_uid", "run_id"]
    runlake("lake", "release", "verify", tmp_path / "site").ok()


def test_the_same_everywhere(runlake, tmp_path, place):
    """Two roots of different names and depth, another order of reconciling, zone, locale, umask: one id, one manifest, equal bytes of every file but the provenance."""
    first = reconciled(runlake, tmp_path / "canary-one", runs=6, summaries_only=True)
    one = release(runlake, first, "--site-dir", tmp_path / "site-one").ok().json
    second = tmp_path / "deep" / "er" / "canary-two"
    shutil.copytree(first, second)
    other = {**place, "RUNLAKE_STORE": tmp_path / "other" / ".runlake"}
    for part in sorted(second.iterdir(), reverse=True):
        if part.is_dir():
            runlake("lake", "reconcile", "-j", "2", "--logs-dir", part, env=other).ok()
    before = os.umask(0o077)
    try:
        two = release(runlake, second, "--site-dir", tmp_path / "site-two", env=other).ok().json
    finally:
        os.umask(before)
    assert one["release_id"] == two["release_id"]
    files = [tree(answer["dir"]) for answer in (one, two)]
    for found in files:
        del found["provenance.json"]
    assert files[0] == files[1]
    for found in files:
        for name, data in found.items():
            for canary in (b"canary-one", b"canary-two", str(tmp_path).encode()):
                assert canary not in data, name


def test_two_machines_that_share_a_remote_make_one_release(runlake, tmp_path):
    """Postprocessed runs and a reference go over by sync; the other machine, with its own zone, locale, umask and threads, reads them into its own lake and gets the same bytes."""
    env = {"RUNLAKE_ARTIFACT_ROOT": tmp_path / "remote", "RUNLAKE_LOG_ROOT": tmp_path / "remote"}
    other = {**env, "TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8"}
    one, two = tmp_path / "one", tmp_path / "far" / "two"
    for folder in (tmp_path / "remote", one / ".runlake", two / ".runlake"):
        folder.mkdir(parents=True)
    make_logs(one / "logs", runs=6, summaries_only=True)
    runlake("postprocess", "--logs-dir", "logs", cwd=one, env=env)
    runlake("lake", "reconcile", cwd=one, env=env).ok()
    first = release(runlake, "logs", "--site-dir", "site", configuration="preset:site_dashboard_reference", cwd=one, env=env).ok().json
    [reference] = runlake("--json", "lake", "reference", "list", cwd=one, env=env).ok().json["references"]
    assert runlake("sync", "durable-push", cwd=one, env=env).status == 0
    before = os.umask(0o077)
    try:
        assert runlake("sync", "now", cwd=two, env=other).status == 0
        runlake("lake", "reconcile", "-j", "1", cwd=two, env=other).ok()
        # The reference came with its scores: it is known before any job asks for it.
        [known] = runlake("--json", "lake", "reference", "list", cwd=two, env=other).ok().json["references"]
        assert known == reference
        for table in ("k_reference_score", "lake_reference_members", "run_postprocess", "theorem_intervention_postprocess"):
            sums = [runlake("--json", "lake", "sql", f"SELECT count(*) FROM {table}", cwd=folder, env=of).ok().json["rows"] for folder, of in ((one, env), (two, other))]
            assert sums[0] == sums[1] != [[0]], table
        second = release(runlake, "logs", "--site-dir", "site", configuration="preset:site_dashboard_reference", cwd=two, env=other).ok().json
    finally:
        os.umask(before)
    assert first["release_id"] == second["release_id"]
    files = [{name: data for name, data in tree(answer["dir"]).items() if name != "provenance.json"} for answer in (first, second)]
    assert files[0] == files[1]


def test_the_id_follows_from_rows_and_configuration(runlake, tmp_path):
    logs = reconciled(runlake, tmp_path / "logs", runs=3, summaries_only=True)
    settings = {"selection": {"require_completed": True}, "datasets": [VIEWS]}

    def made(**members):
        path = config(tmp_path / "c.json", **{**settings, **members})
        return release(runlake, logs, "--site-dir", tmp_path / "site", "--no-promote", configuration=path).ok().json["release_id"]

    first = made()
    assert made() == first
    path = tmp_path / "c.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=3, sort_keys=True))
    assert release(runlake, logs, "--site-dir", tmp_path / "site", "--no-promote", configuration=path).ok().json["release_id"] == first, "layout and order of keys are no content"
    assert made(name="other") != first
    assert made(selection={"require_completed": True, "max_runs": 1}) != first
    status = next(logs.glob("*/run_status.json"))
    status.write_text(status.read_text().replace("completed", "completed "))
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    assert made() != first


def test_a_copy_of_a_run_counts_once(runlake, tmp_path):
    logs = make_logs(tmp_path / "logs", runs=1)
    run = next(path for path in logs.iterdir() if path.is_dir())
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    path = config(tmp_path / "c.json", datasets=[VIEWS])
    one = release(runlake, logs, "--site-dir", tmp_path / "site", configuration=path).ok().json
    shutil.copytree(run, logs / "another-name")
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    two = release(runlake, logs, "--site-dir", tmp_path / "site", configuration=path).ok().json
    assert one["release_id"] == two["release_id"] and two["selected_runs"] == 1 and two["unchanged"]


def test_refused_whole_when_a_run_has_no_summary(runlake, project, tmp_path):
    logs = reconciled(runlake, tmp_path / "logs", runs=12)
    gone = next(logs.glob("*-000000")) / "summary.json.gz"
    gone.unlink()
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    done = release(runlake, logs)
    assert done.status == 1
    reasons = [offender["reason"] for offender in done.json["offenders"]]
    assert len(reasons) == 3 and sum("basin-only" in reason for reason in reasons) == 2 and sum("missing summary" in reason for reason in reasons) == 1
    assert done.json["release_id"] is None and not (project / "site").exists(), WITHOUT_SUMMARY
    people = runlake("lake", "job", "release-site-dashboard", "--config", PRESET, "--logs-dir", logs)
    assert people.status == 1 and "3 of 10 selected runs" in people.out and people.out.count("basin-only") == 2


def test_many_offenders_are_counted_and_some_are_told(runlake, tmp_path):
    logs = reconciled(runlake, tmp_path / "logs", runs=6 * 23, theorems=1, nodes=2, trace_lines=1)
    people = runlake("lake", "job", "release-site-dashboard", "--config", PRESET, "--logs-dir", logs)
    assert people.status == 1 and "23 of 115 selected runs" in people.out and people.out.count("basin-only") == 20 and "and 3 more" in people.out
    assert len(release(runlake, logs).json["offenders"]) == 23


def test_promotion_is_one_switch(runlake, tmp_path, made):
    site = tmp_path / "site"
    shown = site / "dashboard_manifest.json"
    first = shown.read_bytes()
    path = config(tmp_path / "c.json", datasets=[VIEWS], selection={"backend": "lean"})
    staged = release(runlake, tmp_path / "logs", "--site-dir", site, "--no-promote", configuration=path).ok().json
    assert not staged["promoted"] and shown.read_bytes() == first and os.path.isdir(staged["dir"])
    again = release(runlake, tmp_path / "logs", "--site-dir", site, configuration=path).ok().json
    assert again["unchanged"] and again["promoted"] and json.loads(shown.read_text())["release_id"] == staged["release_id"]
    assert sorted(os.listdir(site)) == ["dashboard_manifest.json", "releases"] and len(os.listdir(site / "releases")) == 2


def test_a_damaged_release_is_made_again(runlake, tmp_path, made):
    before = tree(made["dir"])
    path = f"{made['dir']}/data/runs.parquet"
    with open(path, "ab") as file:
        file.write(b"x")
    again = release(runlake, tmp_path / "logs", "--site-dir", tmp_path / "site").ok().json
    assert again["release_id"] == made["release_id"] and not again["unchanged"]
    after = tree(made["dir"])
    assert {name: data for name, data in after.items() if name != "provenance.json"} == {name: data for name, data in before.items() if name != "provenance.json"}


def test_what_selects_by_place_is_told_by_content(runlake, tmp_path):
    """Each key of place selects, and the release names the runs by run_uid instead: two machines with other folders give one id."""
    answers = []
    for name in ("canary-here", "canary-there"):
        logs = reconciled(runlake, tmp_path / name / "logs", runs=3, summaries_only=True)
        run = next(path for path in logs.iterdir() if path.is_dir() and path.name.endswith("-000000"))
        key = runlake("lake", "sql", f"SELECT run_key, root_id FROM runs WHERE run_dir = '{run}'", "--json").ok().json["rows"][0]
        for selection in ({"run_dir_prefix": str(run)}, {"run_dir": str(run)}, {"rel_run_dir": [run.name]}, {"same_method_as": {"run_key": key[0]}}, {"root_id": key[1]}):
            answer = release(runlake, logs, "--site-dir", tmp_path / "site", configuration=config(tmp_path / "c.json", selection={**selection, "max_runs": 600}, datasets=[VIEWS])).ok().json
            kept = json.loads(open(answer["dir"] + "/job_config.json").read())["selection"]
            assert sorted(kept) == ["max_runs", "run_uid"] and len(kept["run_uid"]) == answer["selected_runs"]
            assert not [file for file, data in tree(answer["dir"]).items() if b"canary" in data]
            answers.append((next(iter(selection)), answer["selected_runs"], answer["release_id"]))
        assert [count for _, count, _ in answers[-5:]][:3] == [1, 1, 1] and answers[-1][1] == 4
    assert answers[:5] == answers[5:]
    again = config(tmp_path / "again.json", **json.loads(open(answer["dir"] + "/job_config.json").read()))
    assert release(runlake, logs, "--site-dir", tmp_path / "site", configuration=again).ok().json["release_id"] == answer["release_id"]


def test_rounding_does_not_depend_on_places_or_history(runlake, tmp_path):
    """Means and deviations over thousands of rows in one group: equal bits though the runs' keys sort otherwise and the tables were filled in another order, in pieces."""
    import random

    def write(folder, names):
        for number, name in enumerate(names):
            rng = random.Random(number)
            run = folder / name
            run.mkdir(parents=True, exist_ok=True)
            (run / "run_config.json").write_text(json.dumps({"format_version": 2, "run_id": f"r{number}", "provider": "p", "backend": "lean", "mode": "research", "corpus": "c"}))
            (run / "run_status.json").write_text(json.dumps({"status": "completed", "partial_results": False, "capabilities": {}}))
            theorems = [{"name": f"t{i:04d}", "wild_type": {"solved": True, "iterations": 1, "k_search_efficiency": {"valid": True, "tau_agent": 1, "primary": {"K": rng.uniform(-1, 1) * 10 ** rng.randrange(9), "tau_blind": rng.random()}}},
                         "interventions": [{"name": "i", "solved": rng.random() < 0.5, "ged_search_graph": {"value": 1, "normalized": rng.random(), "valid": True}}]} for i in range(1200)]
            (run / "summary.json").write_text(json.dumps({"theorems": theorems}))

    sql = ("SELECT r.provider, count(*) AS n, avg(w.\"k_K\") AS mean, sum(w.\"k_K\") AS total, stddev_samp(w.\"k_K\") AS deviation, corr(w.\"k_K\", i.ged_search_norm) AS both, list(w.theorem) AS names "
           "FROM selected_runs s JOIN runs r USING (run_key) JOIN theorem_wild w USING (run_key) JOIN theorem_intervention i ON i.run_key = w.run_key AND i.theorem = w.theorem GROUP BY r.provider ORDER BY 1")
    path = config(tmp_path / "c.json", selection={"backend": "lean"}, datasets=[{"name": "means", "query": sql}])
    write(tmp_path / "one", ["a", "b", "c", "d"])
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "one").ok()
    one = release(runlake, tmp_path / "one", "--site-dir", tmp_path / "s1", configuration=path).ok().json
    ours = {"RUNLAKE_STORE": tmp_path / "other" / ".runlake"}
    names = ["zz", "m", "k", "0"]

    def by_key(folder, runs):
        return sorted(range(4), key=lambda at: hashlib.sha256(f"{folder / runs[at]}\0".encode()).hexdigest())

    second = next(folder for folder in (tmp_path / "two" / f"x{at}" for at in range(1000)) if by_key(folder, names) != by_key(tmp_path / "one", ["a", "b", "c", "d"]))
    for at in range(3, -1, -1):
        write(second, names[: at + 1])
        (second / names[at] / "summary.json").write_text('{"theorems": [{"name": "old", "wild_type": {"solved": false}}]}')
        runlake("lake", "reconcile", "--logs-dir", second, env=ours).ok()
    write(second, names)
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "two", env=ours).ok()
    orders = [[row[0] for row in runlake("lake", "sql", "SELECT run_id FROM runs ORDER BY run_key", "--json", env=env).ok().json["rows"]] for env in ({}, ours)]
    assert orders[0] != orders[1], "the keys sort alike: choose other names"
    two = release(runlake, tmp_path / "two", "--site-dir", tmp_path / "s2", configuration=path, env=ours).ok().json
    assert one["selected_runs"] == two["selected_runs"] == 4
    assert one["release_id"] == two["release_id"]
    files = [{name: data for name, data in tree(answer["dir"]).items() if name != "provenance.json"} for answer in (one, two)]
    assert files[0] == files[1]


def test_the_refusal_says_what_to_write(runlake, tmp_path):
    logs = reconciled(runlake, tmp_path / "logs", runs=6)
    done = release(runlake, logs)
    assert done.status == 1
    preset = json.loads(runlake("lake", "job", "presets", "site_dashboard_superset").ok().out)
    preset["selection"].update(done.json["selection_without"])
    (tmp_path / "mended.json").write_text(json.dumps(preset))
    people = runlake("lake", "job", "release-site-dashboard", "--config", PRESET, "--logs-dir", logs)
    line = people.out.split('add to "selection" in the configuration:\n')[1].strip()
    assert json.loads("{" + line + "}") == done.json["selection_without"]
    assert release(runlake, logs, "--site-dir", tmp_path / "site", configuration=tmp_path / "mended.json").ok().json["selected_runs"] == 4


def test_a_path_among_the_values_is_refused(runlake, tmp_path):
    logs = make_logs(tmp_path / "canary-root", runs=1)
    status = next(logs.glob("*/run_config.json"))
    value = json.loads(status.read_text())
    value["corpus"] = f"{logs}/corpus"
    status.write_text(json.dumps(value))
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    done = release(runlake, logs, "--site-dir", tmp_path / "site", configuration=config(tmp_path / "c.json", datasets=[VIEWS]))
    assert done.status == 4 and "column corpus" in done.error["message"]
    assert not (tmp_path / "site" / "dashboard_manifest.json").exists() and os.listdir(tmp_path / "site" / "releases") == []


def test_mistakes(runlake, project, tmp_path):
    logs = make_logs(tmp_path / "logs", runs=1)
    assert runlake("lake", "job", "release-site-dashboard", "--config", PRESET).status == 2
    assert release(runlake, tmp_path / "none").status == 3
    assert release(runlake, logs).status == 3, "there is no lake"
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    done = release(runlake, logs, configuration=config(tmp_path / "c.json", datasets=[{**VIEWS, "name": "runs"}]))
    assert done.status == 2 and "choose another" in done.error["message"]
    done = release(runlake, logs, configuration=config(tmp_path / "c.json", datasets=[{"name": "b", "generator": "wonton_dashboard_v2", "format": "dir"}]))
    assert done.status == 2 and "lake job run" in done.error["message"]
    done = release(runlake, logs, configuration=config(tmp_path / "c.json", selection={"corpus": "unheard"}))
    assert done.status == 3
    assert not (project / "site").exists()


def change_a_byte(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def edit(path, change):
    value = json.loads(path.read_text())
    change(value)
    text = json.dumps(value)
    path.write_text(text)
    (path.parent / "dashboard_manifest.json").write_text(text)


DAMAGE = {
    "a changed byte": (lambda d: change_a_byte(d / "data" / "theorem_wild.parquet"), "data/theorem_wild.parquet", "SHA-256"),
    "a cut file": (lambda d: os.truncate(d / "data" / "runs.parquet", 10), "data/runs.parquet", "10 bytes"),
    "a missing file": (lambda d: (d / "data" / "runs.parquet").unlink(), "data/runs.parquet", "is missing"),
    "a file too many": (lambda d: (d / "data" / "extra.parquet").write_text("x"), "data/extra.parquet", "not in the manifest"),
    "a changed page": (lambda d: change_a_byte(d / "index.html"), "index.html", "SHA-256"),
    "a link": (lambda d: ((d / "data" / "runs.parquet").rename(d.parent / "kept"), (d / "data" / "runs.parquet").symlink_to(d.parent / "kept")), "data/runs.parquet", "is no file"),
    "a changed configuration": (lambda d: (d / "job_config.json").write_text((d / "job_config.json").read_text().replace("lean", "coqq")), "job_config.json", "SHA-256"),
    "a changed twin": (lambda d: (d / "dashboard_manifest.json").write_text("{}"), "dashboard_manifest.json", "differs from manifest.json"),
    "another id": (lambda d: edit(d / "manifest.json", lambda m: m.update(release_id="0" * 64)), "manifest.json", "release_id"),
    "another row count": (lambda d: edit(d / "manifest.json", lambda m: m["tables"][0].update(rows=99)), "manifest.json", "release_id"),
    "a table less": (lambda d: edit(d / "manifest.json", lambda m: m["tables"].pop()), "manifest.json", "release_id"),
    "a path that leaves": (lambda d: edit(d / "manifest.json", lambda m: m["tables"][0].update(file="../../x")), "manifest.json", "not below the release"),
    "a column of place": (lambda d: edit(d / "manifest.json", lambda m: m["tables"][0]["columns"][0].update(name="run_dir")), "manifest.json", "never in a release"),
    "no manifest text": (lambda d: (d / "manifest.json").write_text("{"), "manifest.json", "manifest.json"),
    "another folder": (lambda d: d.rename(d.parent / ("a" * 64)), "manifest.json", "its folder is called"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_verify_finds_what_differs(runlake, tmp_path, made, damage):
    folder = Path(made["dir"])
    apply, file, words = DAMAGE[damage]
    apply(folder)
    folder = folder if folder.exists() else folder.parent / ("a" * 64)
    done = runlake("lake", "release", "verify", folder, "--json", env={"RUNLAKE_STORE": tmp_path / "nowhere"})
    assert done.status == 1 and not done.json["ok"], done.err
    assert any(problem["file"] == file and words in problem["problem"] for problem in done.json["problems"]), done.json["problems"]
    people = runlake("lake", "release", "verify", folder)
    assert people.status == 1 and f"{file}: " in people.out


def test_verify_says_of_an_unreadable_manifest_only_that(runlake, made):
    path = Path(made["dir"]) / "manifest.json"
    for text in ("{", "{}"):
        path.write_text(text)
        done = runlake("lake", "release", "verify", made["dir"], "--json")
        assert done.status == 1 and {problem["file"] for problem in done.json["problems"]} == {"manifest.json", "dashboard_manifest.json"}


def test_verify_needs_no_lake_and_no_duckdb(runlake, tmp_path, made):
    copied = tmp_path / "published" / made["release_id"]
    shutil.copytree(made["dir"], copied)
    shutil.rmtree(tmp_path / "logs")
    done = runlake("lake", "release", "verify", copied, "--json", env={"RUNLAKE_STORE": tmp_path / "nowhere", "DUCKDB_ROOT": tmp_path, "LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": tmp_path / "ld"})
    assert done.ok().json["files"] > 20
    assert not [path for path in tmp_path.glob("ld*") if b"libduckdb" in path.read_bytes()]
    assert not (tmp_path / "nowhere").exists()


def test_verify_mistakes(runlake, tmp_path):
    assert runlake("lake", "release", "verify").status == 2
    assert runlake("lake", "release", "verify", tmp_path / "none").status == 3
    assert runlake("lake", "release", "verify", tmp_path).status == 3
    (tmp_path / "manifest.json").write_text('{"schema_version": 99}')
    assert runlake("lake", "release", "verify", tmp_path).status == 7
