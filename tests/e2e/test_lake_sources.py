# SPDX-License-Identifier: Apache-2.0
"""The lake over what other tools and Runlake itself leave behind, through `lake reconcile` and `lake sql`."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import read_mlruns  # noqa: E402

REAL = Path(os.environ.get("RUNLAKE_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def rows(runlake, sql, **options):
    return runlake("--json", "lake", "sql", sql, **options).ok().json["rows"]


def real(name):
    if not (REAL / name).is_dir():
        pytest.skip(f"{name}: the folder with other tools' data is not here")
    return REAL / name


def same_as_reader(runlake, store):
    """Every run, parameter, tag and value of a metric in the lake is what an independent reader finds in the store, and nothing else is there."""
    expected = read_mlruns.runs(store)
    got = {row[0]: row[1:] for row in rows(runlake, "SELECT run_id, run_name, experiment_id, status, lifecycle_stage, epoch_ms(start_time), epoch_ms(end_time), user_id FROM mlflow_runs")}
    assert set(got) == set(expected)
    for run_id, run in expected.items():
        said = run["meta"]
        status = read_mlruns.STATUS[int(said["status"])]
        whole = [said["run_name"], said["experiment_id"], status, said["lifecycle_stage"], int(said["start_time"]), int(said["end_time"]) if said["end_time"] else None, said["user_id"]]
        assert got[run_id] == whole
    for table, part in (("mlflow_params", "params"), ("mlflow_tags", "tags")):
        assert sorted(rows(runlake, f"SELECT run_id, key, t.value FROM {table} t JOIN mlflow_runs USING (run_key)")) == sorted(
            [run_id, key, value] for run_id, run in expected.items() for key, value in run[part].items())
    assert sorted(rows(runlake, "SELECT run_id, key, position, m.value, epoch_ms(\"timestamp\"), step FROM mlflow_metrics m JOIN mlflow_runs USING (run_key)")) == sorted(
        [run_id, key, position, *point] for run_id, run in expected.items() for key, points in run["metrics"].items() for position, point in enumerate(points))
    side = {row[0]: row[1:] for row in rows(runlake, "SELECT run_id, params, metrics FROM all_runs WHERE source = 'mlflow'")}
    for run_id, run in expected.items():
        assert json.loads(side[run_id][0]) == run["params"]
        assert list(json.loads(side[run_id][0])) == sorted(run["params"])
        assert json.loads(side[run_id][1]) == {key: read_mlruns.last(points) for key, points in run["metrics"].items()}
    assert rows(runlake, "SELECT count(*) FROM extract_errors") == [[0]]
    return expected


def test_a_real_store_of_mlflow_comes_out_right(runlake, project):
    shutil.copytree(real("mlruns"), project / "mlruns")
    report = runlake("--json", "lake", "reconcile", "--logs-dir", "mlruns").ok().json
    assert report["errors"] == 0
    expected = same_as_reader(runlake, project / "mlruns")
    assert len(expected) == 46
    assert rows(runlake, "SELECT state, count(*) FROM all_runs GROUP BY state ORDER BY state") == [["completed", 36], ["deleted", 3], ["failed", 7]]
    again = runlake("--json", "lake", "reconcile", "--logs-dir", "mlruns").ok().json
    assert again["files"]["read"] == 0
    # A value more, a parameter less, a run deleted in the way of MLflow, another in the way of rm: only what changed is read, and the lake says it.
    ids = sorted(expected)
    run = {run_id: next((project / "mlruns").rglob(run_id)) for run_id in ids}
    with (next(run[one] for one in ids if (run[one] / "metrics" / "accuracy").exists()) / "metrics" / "accuracy").open("a") as file:
        file.write("1748277399999 0.5 7\n")
    next(path for path in sorted((project / "mlruns").rglob("params/max_depth"))).unlink()
    meta = run[ids[3]] / "meta.yaml"
    meta.write_text(meta.read_text().replace("lifecycle_stage: active", "lifecycle_stage: deleted"))
    shutil.rmtree(run[ids[5]])
    report = runlake("--json", "lake", "reconcile", "--logs-dir", "mlruns", "--prune").ok().json
    assert report["files"]["read"] == 2
    assert len(same_as_reader(runlake, project / "mlruns")) == 45
    assert rows(runlake, f"SELECT state FROM all_runs WHERE run_id = '{ids[3]}'") == [["deleted"]]


def test_a_real_workspace_of_signac_comes_out_right(runlake, project):
    shutil.copytree(real("signac") / "house-price-workspace", project / "workspace")
    runlake("lake", "reconcile", "--logs-dir", "workspace").ok()
    points = {path.parent.name: json.loads(path.read_text()) for path in (project / "workspace").glob("*/signac_statepoint.json")}
    got = {job: json.loads(text) for job, text in rows(runlake, "SELECT job_id, statepoint FROM signac_jobs")}
    assert got == points and len(points) == 3
    for job, point in points.items():
        (params,) = rows(runlake, f"SELECT params FROM all_runs WHERE run_id = '{job}'")[0]
        flat = dict(point)
        nested = flat.pop("hyperparameters_randomforest")
        flat.update({f"hyperparameters_randomforest.{key}": value for key, value in nested.items()})
        assert json.loads(params) == flat and list(json.loads(params)) == sorted(flat)


def test_entries_of_aexp_are_runs(runlake, project):
    (project / ".aexp" / "ledger").mkdir(parents=True)
    for path in real("aexp").glob("*.json"):
        if len(path.stem) == 32:
            shutil.copy(path, project / ".aexp" / "ledger")
    (project / "logs").mkdir()
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    ((source, run_id, name, state, params),) = rows(runlake, "SELECT source, run_id, name, state, params FROM all_runs")
    entry = json.loads(next(real("aexp").glob("054b*.json")).read_text())
    assert (source, run_id, name, state) == ("ledger", entry["job_id"], "E001", "completed") and json.loads(params) == entry["statepoint"]


def record(runlake, runlake_bin, cwd, name, *logged, status=0, **options):
    script = "; ".join([f'"$RUNLAKE" log {" ".join(one)}' for one in logged] + [f"exit {status}"])
    runlake("run", "--stage", name, "--param", "lr=0.1", "--param", "model=big", "--tag", "team=a", "--", "sh", "-c", script, env={"RUNLAKE": str(runlake_bin)}, cwd=cwd, **options)


def test_recorded_runs_of_several_stores(runlake, runlake_bin, project, tmp_path):
    record(runlake, runlake_bin, project, "fit", ["loss=2", "--step", "0"], ["loss=1.5", "--step", "1"], ["n=3"])
    record(runlake, runlake_bin, project, "broken", status=3)
    other = tmp_path / "other" / "project"
    other.mkdir(parents=True)
    runlake("run", "--stage", "there", "--", "true", cwd=other).ok()
    (project / "logs").mkdir()
    runlake("lake", "reconcile", "--logs-dir", "logs", "--logs-dir", tmp_path / "other").ok()
    listed = {run["run_id"]: run for store in (project, other) for run in runlake("--json", "runs", "list", cwd=store).ok().json["runs"]}
    got = rows(runlake, "SELECT run_id, name, state, params, metrics, source FROM all_runs ORDER BY name")
    assert [(row[1], row[2], json.loads(row[3]), json.loads(row[4]), row[5]) for row in got] == [
        ("broken", "failed", {"lr": 0.1, "model": "big"}, {}, "runlake"), ("fit", "completed", {"lr": 0.1, "model": "big"}, {"loss": 1.5, "n": 3}, "runlake"), ("there", "completed", {}, {}, "runlake")]
    assert {row[0] for row in got} == set(listed)
    # Every column is the one of the store's own database.
    ours = rows(runlake, "SELECT run_id, stage, tenant, state, error, input_fingerprint, code_ref, config_hash, started_at, finished_at, duration_seconds, rows_in, rows_out, trace_id "
                         "FROM runlake_runs WHERE stage <> 'there' ORDER BY run_id")
    theirs = runlake("--json", "runs", "sql", "SELECT run_id, stage, tenant_id, status, error, input_fingerprint, code_ref, config_hash, started_at, finished_at, duration_seconds, rows_in, "
                                              "rows_out, trace_id FROM runs ORDER BY run_id").ok().json["rows"]
    assert ours == theirs
    assert rows(runlake, "SELECT name, position, step, value FROM runlake_metrics ORDER BY ALL") == [["loss", 0, 0, 2.0], ["loss", 1, 1, 1.5], ["n", 0, None, 3.0]]
    # What comes later is there after the next time; with nothing new, nothing is written.
    assert runlake("--json", "lake", "reconcile", "--logs-dir", "logs").ok().json["rows"] == {}
    fit = next(run for run in listed if listed[run]["stage"] == "fit")
    runlake("runs", "tag", fit, "kept=yes").ok()
    record(runlake, runlake_bin, project, "later")
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    assert rows(runlake, f"SELECT name, t.value FROM runlake_tags t WHERE run_id = '{fit}' ORDER BY name") == [["kept", "yes"], ["team", "a"]]
    assert rows(runlake, "SELECT count(*) FROM all_runs") == [[4]]
    # A copy of a store tells of the same runs: they stand once.
    shutil.copytree(project / ".runlake", tmp_path / "copy" / ".runlake", ignore=shutil.ignore_patterns("lake"))
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "copy").ok()
    assert rows(runlake, "SELECT count(*), count(DISTINCT run_id) FROM runlake_runs") == [[7, 4]]
    assert rows(runlake, "SELECT count(*) FROM all_runs") == [[4]]


def test_of_an_unfinished_run_in_two_stores_the_one_that_goes_further_counts(runlake, runlake_bin, project, tmp_path):
    """Whichever lies where: the copies have swapped names, and so swapped keys, the second time."""
    store = project / ".runlake"
    saved = tmp_path / "saved"
    script = f'"$RUNLAKE" log loss=2; cp -r {store}/journal {saved}; "$RUNLAKE" log loss=1; cp -r {store}/journal {saved}-later'
    runlake("run", "--stage", "fit", "--", "sh", "-c", script, env={"RUNLAKE": str(runlake_bin)}).ok()
    shutil.rmtree(store)
    for number, (first, second) in enumerate((("saved", "saved-later"), ("saved-later", "saved"))):
        logs = tmp_path / f"logs-{number}"
        for name, journal in (("a", first), ("b", second)):
            shutil.copytree(tmp_path / journal, logs / name / ".runlake" / "journal")
        shutil.rmtree(store, ignore_errors=True)
        runlake("lake", "reconcile", "--logs-dir", logs).ok()
        assert rows(runlake, "SELECT DISTINCT state FROM runlake_runs") == [["running"]] and rows(runlake, "SELECT count(DISTINCT store_key) FROM runlake_runs") == [[2]]
        assert rows(runlake, "SELECT metrics FROM all_runs") == [['{"loss":1.0}']], number


def test_objects_of_all_runs_have_sorted_keys(runlake, project):
    run = project / "logs" / "run"
    run.mkdir(parents=True)
    (run / "run_config.json").write_text('{"run_id": "r", "provider": "p", "backend": "lean", "mode": "m", "corpus": "c"}')
    (run / "summary.json").write_text('{"theorems": [], "aggregates": {"theorem_count": 0, "intervention_count": 0}}')
    (project / "logs" / "files").mkdir()
    (project / "logs" / "files" / "metrics.json").write_text('{"z": 1, "a": 2, "B": 3}')
    runlake("lake", "reconcile").ok()
    told = rows(runlake, "SELECT source, params, metrics FROM all_runs ORDER BY source")
    assert [row[0] for row in told] == ["metrics", "proof-search"]
    for _, *objects in told:
        for one in objects:
            assert list(json.loads(one)) == sorted(json.loads(one)), one


@pytest.mark.parametrize("named", [".aexp/ledger", ".aexp", ".runlake/ledger", ".runlake"])
def test_a_ledger_named_itself(runlake, project, named):
    job = aexp_entry()
    ledger = project / "team" / (named if named.endswith("ledger") else f"{named}/ledger")
    ledger.mkdir(parents=True)
    (ledger / f"{job['job_id']}.json").write_text(json.dumps(job))
    runlake("lake", "reconcile", "--logs-dir", "team").ok()
    assert rows(runlake, "SELECT source, run_id FROM all_runs") == [["ledger", job["job_id"]]]
    again = runlake("lake", "reconcile", "--prune", "--logs-dir", f"team/{named}").ok()
    assert "not there any more" not in again.err and rows(runlake, "SELECT source, run_id FROM all_runs") == [["ledger", job["job_id"]]]


def aexp_entry():
    """A job's entry as aexp writes it, written by hand."""
    statepoint = {"experiment_id": "E1", "lr": 0.1}
    job_id = hashlib.md5(json.dumps(statepoint, sort_keys=True).encode()).hexdigest()
    return {"schema_version": 1, "job_id": job_id, "statepoint": statepoint, "status": "complete", "registered_machine": "cluster", "code_commit": "3f2a9c41d07be6855a1c0e9f7d6b4832a19e5c07",
            "code_dirty": False, "started_at": "2026-06-03T11:02:41Z", "ended_at": "2026-06-03T11:48:09Z", "promoted_at": "2026-06-03T11:48:10Z", "wallclock_s": 2728.114, "run_link": None, "tracker": None}


def test_a_store_that_is_damaged_or_held_still_answers(runlake, runlake_bin, project):
    record(runlake, runlake_bin, project, "fit", ["loss=2"])
    (project / "logs").mkdir()
    (project / ".runlake" / "runs.duckdb").write_bytes(b"no database")
    segment = next(path for path in (project / ".runlake" / "journal").rglob("*") if path.is_file() and path.stat().st_size > 0)
    with segment.open("ab") as file:
        file.write(b"1 00000000 {}\n")
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    assert rows(runlake, "SELECT name, state FROM all_runs") == [["fit", "completed"]]
    assert any("damaged" in row[0] or "checksum" in row[0] for row in rows(runlake, "SELECT error FROM extract_errors WHERE severity = 'warning'"))


PIPELINE = """\
experiment_key: fit
stages:
  fit:
    command: [sh, -c, "echo 1 > {out}/model.txt"]
    writes: [model.txt]
    params: {lr: 0.1}
    code: [code.py]
"""


def test_run_directories_tell_their_results(runlake, project, tmp_path):
    (project / "pipeline.yaml").write_text(PIPELINE)
    answer = runlake("--json", "pipeline", "run", "pipeline.yaml").ok().json
    run_dir = Path(answer["run_dir"])
    runlake("lake", "reconcile", "--logs-dir", "runs").ok()
    done = json.loads(next(run_dir.glob(".stages/fit/-/*/DONE.json")).read_text())
    assert rows(runlake, "SELECT stage, instance, stage_key, run_id, files, bytes, folder, experiment_key FROM rundir_results JOIN rundir_runs r USING (run_key)".replace("run_id, files", "rundir_results.run_id, files")) == [
        ["fit", "-", done["key"]["digest"], done["run_id"], 1, 2, run_dir.name, "fit"]]
    # Recorded here, it is told once, by its record.
    assert sorted(rows(runlake, "SELECT source, name FROM all_runs")) == [["runlake", "fit"], ["runlake", "pipeline"]]
    # On a machine that has the run directory alone it is told by that.
    shutil.copytree(run_dir, tmp_path / "elsewhere" / "runs" / run_dir.name, symlinks=True)
    away = tmp_path / "away"
    (away / ".git").mkdir(parents=True)
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "elsewhere", cwd=away).ok()
    assert rows(runlake, "SELECT source, run_id, name, state FROM all_runs", cwd=away) == [["rundir", done["run_id"], "fit", "completed"]]


def test_surfaces_of_the_project(runlake, project):
    (project / "lake" / "surfaces").mkdir(parents=True)
    (project / "lake" / "surfaces" / "scores.sql").write_text("-- files: **/scores.csv\nSELECT name, score FROM read_csv({files})\n")
    (project / "logs" / "a").mkdir(parents=True)
    (project / "logs" / "a" / "metrics.json").write_text('{"acc": 1}')
    (project / "logs" / "a" / "scores.csv").write_text("name,score\nx,1\n")
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    assert rows(runlake, "SELECT r.name, s.name, score FROM scores s JOIN all_runs r USING (run_key)") == [["a", "x", 1]]
    # A mistake is told with file and line, costs that surface, and leaves all else.
    (project / "lake" / "surfaces" / "wrong.sql").write_text("-- files: **/scores.csv\nSELECT\n  nme\nFROM read_csv({files})\n")
    (project / "logs" / "a" / "scores.csv").write_text("name,score\nx,1\ny,2\n")
    told = runlake("lake", "reconcile", "--logs-dir", "logs")
    assert rows(runlake, "SELECT rel_path, line FROM extract_errors") == [["wrong.sql", 3]]
    assert rows(runlake, "SELECT sum(score) FROM scores") == [[3]]
    assert "1 error" in told.out + told.err or "wrong.sql" in told.out + told.err


def surface(project, name, sql):
    folder = project / "lake" / "surfaces"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.sql").write_text(f"-- files: **/scores.csv\n{sql}\n")


CHANGING = {
    "chance": ("SELECT *, random() AS r FROM read_csv({files})", "random()"),
    "moment": ("SELECT name, NOW() AS at FROM read_csv({files})", "now()"),
    "today": ("SELECT name, current_date AS day FROM read_csv({files})", "current_date()"),
    "below": ("WITH a AS (SELECT * FROM read_csv({files})) SELECT (SELECT max(uuid()) FROM a) AS u", "uuid()"),
    "shuffled": ("SELECT name FROM read_csv({files}) ORDER BY random()", "random()"),
    "thinned": ("SELECT name FROM read_csv({files}) WHERE score < 10 * random();", "random()"),
    "sampled": ("SELECT name FROM read_csv({files}) USING SAMPLE 1 ROWS", "a sample"),
}


def test_a_surface_that_is_another_each_time_is_refused(runlake, project):
    """What has today's time or chance in it would differ from one reconcile to the next."""
    for name, (sql, _) in CHANGING.items():
        surface(project, name, sql)
    surface(project, "good", "SELECT name, score FROM read_csv({files})")
    for folder in ("a", "b"):
        (project / "logs" / folder).mkdir(parents=True)
        (project / "logs" / folder / "scores.csv").write_text("name,score\nx,1\ny,2\n")
    assert "7 errors" in runlake("lake", "reconcile", "--logs-dir", "logs").out
    errors = dict(rows(runlake, "SELECT rel_path, error FROM extract_errors"))
    assert set(errors) == {f"{name}.sql" for name in CHANGING}
    for name, (_, named) in CHANGING.items():
        assert named in errors[f"{name}.sql"]
    assert rows(runlake, "SELECT name FROM lake_surfaces WHERE error IS NULL") == [["good"]]
    assert rows(runlake, "SELECT count(*) FROM duckdb_tables() WHERE table_name IN ('chance', 'sampled')") == [[0]]
    assert rows(runlake, "SELECT name, sum(score) FROM good GROUP BY 1 ORDER BY 1") == [["x", 2], ["y", 4]]
    # Mended, it is a table.
    surface(project, "chance", "SELECT name AS current_dated, score AS now FROM read_csv({files})")
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    assert rows(runlake, "SELECT count(*) FROM chance") == [[4]]


def test_every_function_that_duckdb_calls_changing_is_known(runlake, project):
    """Asked of DuckDB itself, so that a newer one can't bring some that nobody thought of. error() and stats() say the same each time."""
    surface(project, "probe", "SELECT 1 AS one FROM read_csv({files})")
    (project / "logs").mkdir()
    (project / "logs" / "scores.csv").write_text("name\nx\n")
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    named = [row[0] for row in rows(runlake, "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT' AND function_type = 'scalar' AND function_name NOT IN ('error', 'stats') ORDER BY 1")]
    assert len(named) > 20
    for name in named:
        # Wrong numbers of arguments are told by the binder alone, which comes later than the parser.
        surface(project, f"by_{name}", f"SELECT name, {name}() AS v FROM read_csv({{files}})")
    runlake("lake", "reconcile", "--logs-dir", "logs")
    errors = dict(rows(runlake, "SELECT rel_path, error FROM extract_errors"))
    assert set(errors) == {f"by_{name}.sql" for name in named}


def mlflow_experiment(folder):
    """An experiment of MLflow with a run, a logged model and a trace."""
    def text(rel, value):
        (folder / rel).parent.mkdir(parents=True, exist_ok=True)
        (folder / rel).write_text(value)
    text("7/meta.yaml", "experiment_id: '7'\nname: heights\nlifecycle_stage: active\n")
    text(f"7/{'a' * 32}/meta.yaml", f"run_id: {'a' * 32}\nrun_name: one\nexperiment_id: '7'\nstatus: 3\nlifecycle_stage: active\n")
    text(f"7/{'a' * 32}/metrics/loss", "1700000001000 0.5 0\n")
    text("7/models/m-1/meta.yaml", "model_id: m-1\nname: net\nstatus: 2\n")
    text("7/traces/tr-1/trace_info.yaml", "trace_id: tr-1\nstate: OK\nrequest_time: '2026-01-02T03:04:05.678Z'\nexecution_duration_ms: 12\n")
    return text


def test_artifacts_of_a_store_of_mlflow_are_no_runs(runlake, project):
    """A model or a trace may keep files that are called as other tools call their results."""
    text = mlflow_experiment(project / "mlruns")
    for folder in ("7/models/m-1/artifacts", "7/traces/tr-1/artifacts", f"7/{'a' * 32}/artifacts", "7/datasets/d1", "models/owl/version-1/artifacts"):
        text(f"{folder}/metrics.json", '{"acc": 1}')
        text(f"{folder}/deep/run_config.json", '{"run_id": "x"}')
        text(f"{folder}/.hydra/config.yaml", "a: 1\n")
    text("models/owl/meta.yaml", "name: owl\n")
    text("models/7/meta.yaml", "name: '7'\n")
    runlake("lake", "reconcile", "--logs-dir", "mlruns").ok()
    assert rows(runlake, "SELECT source, name FROM all_runs") == [["mlflow", "one"]]
    assert rows(runlake, "SELECT source, rel_dir FROM lake_units ORDER BY ALL") == [["mlflow", "7"], ["mlflow", f"7/{'a' * 32}"], ["mlflow", "models"]]
    assert rows(runlake, "SELECT name FROM mlflow_registered_models ORDER BY 1") == [["7"], ["owl"]]
    # Asked for by name they are looked at.
    runlake("lake", "reconcile", "--logs-dir", "mlruns/7/models/m-1/artifacts").ok()
    assert ["hydra", "7/models/m-1/artifacts"] in rows(runlake, "SELECT source, rel_dir FROM lake_units")


def test_spans_of_traces(runlake, project):
    text = mlflow_experiment(project / "mlruns")
    text("7/traces/tr-1/artifacts/traces.json", json.dumps({"spans": [
        {"trace_id": "PK9Gjwcv9o0i21iLz09Oxg==", "span_id": "uar/ktWANB4=", "parent_span_id": None, "name": "outer", "start_time_unix_nano": 1795386216398635408, "end_time_unix_nano": 1795386216486261991, "events": [],
         "status": {"code": "STATUS_CODE_OK", "message": ""}, "attributes": {"mlflow.spanType": '"TOOL"', "mlflow.spanInputs": '{"x": 1}', "mlflow.spanOutputs": "null", "mlflow.traceRequestId": '"tr-1"', "plain": "no json", "n": "3"}},
        {"span_id": "EHVuflAAtpg=", "parent_span_id": "uar/ktWANB4=", "name": "inner", "start_time_unix_nano": 1795386216436388602, "end_time_unix_nano": None, "status": {"code": "STATUS_CODE_ERROR", "message": "no"}}]}))
    # As MLflow 2 wrote them.
    text("7/traces/tr-2/trace_info.yaml", "request_id: tr-2\nstatus: OK\ntimestamp_ms: 1700000000000\nexecution_time_ms: 5\n")
    text("7/traces/tr-2/artifacts/traces.json", json.dumps({"spans": [
        {"name": "f", "context": {"span_id": "0x00aaff0000000001", "trace_id": "0x1"}, "parent_id": None, "start_time": 1700000000000000001, "end_time": 1700000000000001000, "status_code": "OK", "status_message": "",
         "attributes": {"mlflow.spanType": '"LLM"', "mlflow.spanOutputs": "[1]"}, "events": [{"name": "hit"}]}], "request": "{}", "response": "{}"}))
    text("7/traces/tr-3/trace_info.yaml", "trace_id: tr-3\nstate: OK\n")
    text("7/traces/tr-3/artifacts/traces.json", '{"spans": [{"name": "a"}, 7]}')
    runlake("lake", "reconcile", "--logs-dir", "mlruns")
    assert rows(runlake, "SELECT trace_id, position, span_id, parent_span_id, name, span_type, status, status_message, duration_ns, inputs, outputs, attributes FROM mlflow_spans ORDER BY ALL") == [
        ["tr-1", 0, "b9aaff92d580341e", None, "outer", "TOOL", "OK", "", 87626583, '{"x":1}', None, '{"plain":"no json","n":3}'],
        ["tr-1", 1, "10756e7e5000b698", "b9aaff92d580341e", "inner", None, "ERROR", "no", None, None, None, "{}"],
        ["tr-2", 0, "00aaff0000000001", None, "f", "LLM", "OK", "", 999, None, "[1]", "{}"]]
    assert rows(runlake, "SELECT epoch_us(start_time) FROM mlflow_spans WHERE trace_id = 'tr-2'") == [[1700000000000000]]
    assert rows(runlake, "SELECT stage, rel_path, error FROM extract_errors") == [["read_mlflow_spans", "traces/tr-3/artifacts/traces.json", "span 1 is no object"]]
    assert rows(runlake, "SELECT count(*) FROM mlflow_traces") == [[3]]
    report = runlake("--json", "lake", "reconcile", "--logs-dir", "mlruns").json
    assert report["files"]["read"] <= 1
