# SPDX-License-Identifier: Apache-2.0
"""Datasets and releases of runs that are no proof searches: MLflow, signac, recorded runs, folders of metrics."""

import json
import os
import shutil

import pytest
from lake_support import config, reconciled, rows, tree, without_provenance

RUN = "0123456789abcdef0123456789abcd"
QUERY = {"name": "seen", "query": "SELECT a.source, a.run_id, a.name, a.state, a.params, a.metrics FROM selected_runs s JOIN all_runs a USING (run_key) ORDER BY ALL"}
ALL = ["runlake", "signac", "mlflow", "hydra", "metrics"]


def text(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))


def mlflow(folder):
    """A store of an experiment and three runs, written by hand."""
    text(folder / "7" / "meta.yaml", "experiment_id: '7'\nname: heights\nlifecycle_stage: active\nartifact_location: file:///x\n")
    for n in range(3):
        run = folder / "7" / f"{RUN}{n:02d}"
        text(run / "meta.yaml", f"run_id: {run.name}\nrun_name: run {n}\nexperiment_id: '7'\nstatus: {4 if n == 2 else 3}\nstart_time: {1700000000000 + n}\nend_time: 1700000009000\nlifecycle_stage: active\n")
        text(run / "params" / "lr", str(10.0 ** -n))
        text(run / "metrics" / "loss", f"1700000001000 {n + 0.5} 0\n1700000002000 {n + 0.25} 1\n")
        text(run / "tags" / "mlflow.source.name", str(folder / "train.py"))
        text(run / "tags" / "kind", "owl")


def signac(folder):
    for n in range(2):
        job = folder / "workspace" / f"{n:032x}"
        text(job / "signac_statepoint.json", {"seed": n})
        text(job / "signac_job_document.json", {"energy": -n / 2})


def metrics(folder):
    """Two that say the same, and an output folder of Hydra."""
    for name in ("a", "b"):
        text(folder / "plain" / name / "metrics.json", {"acc": 0.5})
    text(folder / "outputs" / "10-00-00" / ".hydra" / "config.yaml", "lr: 0.1\n")
    text(folder / "outputs" / "10-00-00" / ".hydra" / "overrides.yaml", "[]\n")
    text(folder / "outputs" / "10-00-00" / "metrics.json", {"loss": 2})


def everything(folder):
    mlflow(folder / "mlruns")
    signac(folder)
    metrics(folder)
    return folder


@pytest.fixture
def logs(runlake, tmp_path):
    made = everything(tmp_path / "logs")
    runlake("lake", "reconcile", "--logs-dir", made).ok()
    return made


def fails(result, status):
    assert result.status == status, f"{result.args}: exit status {result.status}\nstdout: {result.out}\nstderr: {result.err}"
    return result.error["message"] if result.err.rstrip().endswith("}") else result.err


def job(runlake, tmp_path, **members):
    return runlake("--json", "lake", "job", "run", "--config", config(tmp_path / "c.json", **{"datasets": [QUERY], **members}))


def test_a_job_over_runs_of_mlflow(runlake, logs, tmp_path):
    per_step = {"name": "steps", "query": "SELECT r.run_name, e.name, p.value AS lr, m.step, m.value FROM selected_runs JOIN mlflow_runs r USING (run_key) JOIN mlflow_params p USING (run_key) "
                                          "JOIN mlflow_metrics m USING (run_key) JOIN mlflow_experiments e USING (experiment_id) WHERE p.key = 'lr' AND m.key = 'loss' ORDER BY 1, 4"}
    done = job(runlake, tmp_path, selection={"source": "mlflow", "require_completed": True}, datasets=[QUERY, per_step]).ok().json
    assert done["selected_runs"] == 2 and done["selection_stats"] == {"runs_in_lake": 3, "matched": 3, "fit": 2, "distinct": 2, "selected": 2}
    folder = tmp_path.joinpath(done["out_dir"])
    assert rows(folder / "seen.jsonl") == [{"source": "mlflow", "run_id": f"{RUN}{n:02d}", "name": f"run {n}", "state": "completed", "params": json.dumps({"lr": str(10.0 ** -n)}, separators=(",", ":")),
                                           "metrics": json.dumps({"loss": n + 0.25}, separators=(",", ":"))} for n in range(2)]
    assert [list(row.values()) for row in rows(folder / "steps.jsonl")] == [["run 0", "heights", "1.0", 0, 0.5], ["run 0", "heights", "1.0", 1, 0.25], ["run 1", "heights", "0.1", 0, 1.5],
                                                                          ["run 1", "heights", "0.1", 1, 1.25]]
    assert str(tmp_path) not in (folder / "manifest.json").read_text()
    assert all(len(run["run_uid"]) == 64 for run in json.loads((folder / "inputs.json").read_text())["selected_runs"])
    assert job(runlake, tmp_path, selection={"source": "mlflow", "require_completed": True}, datasets=[QUERY, per_step]).ok().json["unchanged"]


@pytest.mark.parametrize("selection, names", [
    ({"source": ["mlflow", "signac"], "state": ["completed"]}, ["run 0", "run 1"]),
    ({"source": "mlflow", "name": "run 1"}, ["run 1"]),
    ({"source": "mlflow", "run_id": [f"{RUN}00", f"{RUN}02"]}, ["run 0", "run 2"]),
    ({"source": "mlflow", "order_by": "created_at_desc", "max_runs": 1}, ["run 2"]),
    ({"source": "mlflow", "rel_run_dir": f"mlruns/7/{RUN}01"}, ["run 1"]),
    ({"source": "metrics", "name": "plain/b"}, ["plain/b"]),
    ({"source": ALL, "provider": "any"}, None),
])
def test_every_key_selects(runlake, logs, tmp_path, selection, names):
    done = job(runlake, tmp_path, selection=selection)
    if names is None:
        assert "no run is selected" in fails(done, 3)
        return
    assert sorted(row["name"] for row in rows(tmp_path.joinpath(done.ok().json["out_dir"]) / "seen.jsonl")) == names


def test_order_by_all_is_that_of_the_answer(runlake, logs, tmp_path):
    """Not that of the tables that are read; inside of a query it is refused, since it could not be kept."""
    down = {"name": "down", "query": "SELECT r.run_name, r.run_id FROM selected_runs JOIN mlflow_runs r USING (run_key) ORDER BY ALL DESC"}
    done = job(runlake, tmp_path, selection={"source": "mlflow"}, datasets=[down]).ok().json
    assert [row["run_name"] for row in rows(tmp_path.joinpath(done["out_dir"]) / "down.jsonl")] == ["run 2", "run 1", "run 0"]
    inside = {"name": "inside", "query": "SELECT * FROM (SELECT run_name FROM mlflow_runs ORDER BY ALL LIMIT 1) ORDER BY 1"}
    assert "ORDER BY ALL" in fails(job(runlake, tmp_path, selection={"source": "mlflow"}, datasets=[inside]), 2)


def test_what_is_wrong_is_said(runlake, logs, tmp_path):
    assert 'selection.source: unknown source "mlfow" (nearest: "mlflow")' in fails(job(runlake, tmp_path, selection={"source": "mlfow"}), 2)
    assert "selection.source" in fails(job(runlake, tmp_path, selection={"source": []}), 2)
    # Without a source proof searches are meant; who has none is told what there is.
    told = fails(job(runlake, tmp_path), 3)
    assert "3 of mlflow" in told and '"source"' in told
    generator = [{"name": "d", "generator": "wonton_dashboard_v2", "format": "dir"}]
    assert "about proof searches" in fails(job(runlake, tmp_path, selection={"source": "mlflow"}, datasets=generator), 2)
    reference = {"build_outcomes": {}, "selection": {"source": "mlflow"}}
    assert "reference.selection.source" in fails(job(runlake, tmp_path, reference=reference), 2)
    assert "leave those out" in fails(job(runlake, tmp_path, selection={"source": "mlflow", "same_method_as": {"run_id": "x"}}), 2)


def release(runlake, logs, site, selection, **options):
    configuration = config(site.parent / f"{site.name}.json", name="all", selection=selection, datasets=[
        {"name": "params", "query": "SELECT r.run_uid, r.name, p.key, p.value FROM all_runs r JOIN mlflow_params p USING (run_key) ORDER BY ALL"},
        {"name": "points", "query": "SELECT name AS param, count(*) AS n FROM signac_statepoints GROUP BY 1 ORDER BY 1"},
        {"name": "experiments", "query": "SELECT experiment_id, name FROM mlflow_experiments ORDER BY ALL"},
        {"name": "tags", "query": "SELECT r.run_uid, key, user_value FROM mlflow_tags JOIN all_runs r USING (run_key) ORDER BY ALL"}])
    return runlake("--json", "lake", "job", "release-site-dashboard", "--config", configuration, "--logs-dir", logs, "--site-dir", site, **options).ok().json


def test_a_release_is_the_same_on_every_machine(runlake, logs, tmp_path):
    selection = {"source": ALL}
    one = release(runlake, logs, tmp_path / "site-one", selection)
    assert one["selected_runs"] == 3 + 2 + 2 + 1, "two folders that say the same are two runs"
    manifest = json.loads((tmp_path / "site-one" / "releases" / one["release_id"] / "manifest.json").read_text())
    tables = {table["name"]: table for table in manifest["tables"]}
    assert list(tables) == ["all_runs", "params", "points", "experiments", "tags"]
    assert [column["name"] for column in tables["all_runs"]["columns"]] == ["run_uid", "source", "run_id", "name", "state", "started_at", "finished_at", "params", "metrics"]
    assert [tables[name]["rows"] for name in tables] == [8, 3, 1, 1, 6]
    runlake("lake", "release", "verify", tmp_path / "site-one").ok()
    # Elsewhere, deeper, below another root, in two steps of another order.
    other = tmp_path / "deep" / "canary" / "er"
    shutil.copytree(logs, other)
    env = {"RUNLAKE_STORE": tmp_path / "other" / ".runlake", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    runlake("lake", "reconcile", "--logs-dir", other / "plain", env=env).ok()
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "deep", "--jobs", "1", env=env).ok()
    two = release(runlake, other, tmp_path / "site-two", selection, env=env)
    assert two["release_id"] == one["release_id"]
    first, second = (without_provenance(tree(tmp_path / site)) for site in ("site-one", "site-two"))
    assert first == second
    assert not any(str(tmp_path).encode() in data or b"canary" in data for data in second.values())


def test_names_that_are_places_do_not_reach_a_release(runlake, logs, tmp_path):
    done = release(runlake, logs, tmp_path / "site", {"source": ["hydra", "metrics"], "name": ["plain/a", "outputs/10-00-00"]})
    assert done["selected_runs"] == 2
    selection = json.loads((tmp_path / "site" / "releases" / done["release_id"] / "job_config.json").read_text())["selection"]
    assert set(selection) == {"source", "run_uid"} and len(selection["run_uid"]) == 2
    shown = (tmp_path / "site" / "releases" / done["release_id"] / "page" / "data.js").read_text()
    assert '"10-00-00"' in shown and "outputs" not in shown and "plain" not in shown


def test_a_release_of_both_kinds(runlake, logs, tmp_path):
    reconciled(runlake, tmp_path / "proofs", runs=3)
    done = runlake("--json", "lake", "job", "release-site-dashboard", "--config", config(tmp_path / "c.json", selection={"source": ["mlflow", "proof-search"]}), "--logs-dir", tmp_path,
                   "--site-dir", tmp_path / "site")
    # Proof searches are looked at as always.
    if done.status == 1:
        kept = done.json["selection_without"]["rel_run_dir"]
        assert any(name.startswith("mlruns/") for name in kept), "what is no proof search is kept"
        done = runlake("--json", "lake", "job", "release-site-dashboard", "--config", config(tmp_path / "c.json", selection={"source": ["mlflow", "proof-search"], "rel_run_dir": kept}), "--logs-dir",
                       tmp_path, "--site-dir", tmp_path / "site")
    manifest = json.loads((tmp_path / "site" / "releases" / done.ok().json["release_id"] / "manifest.json").read_text())
    names = [table["name"] for table in manifest["tables"]]
    assert names[0] == "runs" and "all_runs" in names and len(names) == 13 + 1 + 1


def test_recorded_runs_and_a_copy_of_their_store(runlake, project, tmp_path):
    for n in range(3):
        runlake("run", "--stage", "fit", "--param", f"n={n}", "--", "sh", "-c", f"exit {n // 2}")
    runlake("lake", "reconcile", "--logs-dir", project).ok()
    query = {"name": "ns", "query": "SELECT r.run_id, p.value AS n FROM selected_runs JOIN runlake_runs r USING (run_key) JOIN runlake_params p USING (store_key, run_id) ORDER BY n"}
    done = job(runlake, tmp_path, selection={"source": "runlake", "name": "fit", "require_completed": True}, datasets=[query]).ok().json
    assert [row["n"] for row in rows(tmp_path.joinpath(done["out_dir"]) / "ns.jsonl")] == ["0", "1"]
    configuration = config(tmp_path / "r.json", selection={"source": "runlake"}, datasets=[
        {"name": "ns", "query": "SELECT r.run_key AS run_uid, r.state, p.value AS n FROM runlake_runs r JOIN runlake_params p USING (run_key) ORDER BY n"}])
    words = ("--json", "lake", "job", "release-site-dashboard", "--config", configuration, "--logs-dir", project)
    one = runlake(*words, "--site-dir", tmp_path / "one").ok().json
    assert one["selected_runs"] == 3
    # A lake that has the store and a copy of it tells each run once.
    shutil.copytree(project, tmp_path / "copies" / "a", ignore=shutil.ignore_patterns("lake"))
    shutil.copytree(project, tmp_path / "copies" / "b", ignore=shutil.ignore_patterns("lake"))
    env = {"RUNLAKE_STORE": tmp_path / "away" / ".runlake"}
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "copies", env=env).ok()
    two = runlake(*words[:-1], tmp_path / "copies", "--site-dir", tmp_path / "two", env=env).ok().json
    assert two["release_id"] == one["release_id"] and two["selected_runs"] == 3
    assert without_provenance(tree(tmp_path / "two")) == without_provenance(tree(tmp_path / "one"))


def test_a_value_with_a_path_of_the_project_stops_a_release(runlake, project, tmp_path):
    runlake("run", "--stage", "fit", "--param", f"data={project}/input.csv", "--", "true").ok()
    runlake("lake", "reconcile", "--logs-dir", project).ok()
    told = fails(runlake("lake", "job", "release-site-dashboard", "--config", config(tmp_path / "c.json", selection={"source": "runlake"}), "--logs-dir", project, "--site-dir", tmp_path / "site"), 4)
    assert "params" in told and not (tmp_path / "site" / "dashboard_manifest.json").exists()
    assert os.listdir(tmp_path / "site" / "releases") == []
