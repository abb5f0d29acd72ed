# SPDX-License-Identifier: Apache-2.0
"""`lake doctor`: each thing that commonly goes wrong is made to happen, and its cause and the next command are named."""

import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_proof_logs  # noqa: E402


@pytest.fixture
def logs(project):
    make_proof_logs.make(project / "logs", runs=6, theorems=1, nodes=3, trace_lines=2)
    return project / "logs"


@pytest.fixture
def lake(runlake, logs):
    runlake("lake", "reconcile").ok()
    return logs


def findings(result):
    assert result.status in (0, 1), result
    answer = result.json
    assert answer["version"] == 1 and answer["well"] == (result.status == 0) == all(one["level"] != "problem" for one in answer["findings"])
    return answer["findings"]


def of(runlake, area, *words, level=None, **options):
    found = [one for one in findings(runlake("lake", "doctor", "--json", *words, **options)) if one["area"] == area and (level is None or one["level"] == level)]
    assert found, area
    return found


def everything(project):
    return {str(path): path.read_bytes() for path in sorted(project.rglob("*")) if path.is_file()}


def test_a_lake_that_is_well_and_nothing_is_changed(runlake, lake, project):
    for run in list(lake.rglob("run_config.json")):
        told = json.loads(run.read_text())
        if told.get("basin_seeds") or "000005" in str(run):
            shutil.rmtree(run.parent)
    runlake("lake", "reconcile", "--prune").ok()
    before = everything(project)
    result = runlake("lake", "doctor", "--json").ok()
    assert [(one["area"], one["level"]) for one in findings(result)] == [(area, "ok") for area in ("roots", "lake", "runs", "files", "export", "dashboard", "references", "durability")]
    assert all(one["next"] == "" for one in findings(result))
    assert runlake("lake", "doctor").ok().out.count("\n") == 8
    assert everything(project) == before


def test_no_lake_yet(runlake, logs):
    [found] = of(runlake, "lake", level="problem")
    assert found["next"] == "runlake lake reconcile"
    assert of(runlake, "lake", "--logs-dir", "logs")[0]["next"] == "runlake lake reconcile --logs-dir logs"


def test_reconcile_misses_runs(runlake, lake, project):
    make_proof_logs.make(project / "more", runs=1, theorems=1, nodes=3, trace_lines=2)
    [new] = (project / "more").glob("core-*")
    new.rename(lake / "late")
    [found] = of(runlake, "runs", level="problem")
    assert "1 run is on disk and not in the lake" in found["text"] and str(lake / "late") in found["text"] and found["next"] == "runlake lake reconcile"
    assert found["facts"]["missing"] == 1
    # A folder without a run_config.json is no run, whatever else is in it.
    (lake / "late" / "run_config.json").unlink()
    found = of(runlake, "runs", level="note")
    assert "passed over" in found[0]["text"] and "run_config.json" in found[0]["next"]


def test_the_wrong_folder_of_logs(runlake, lake, project, tmp_path):
    (tmp_path / "other").mkdir()
    found = of(runlake, "runs", "--logs-dir", str(tmp_path / "other"), level="problem")
    assert any("no run was found below" in one["text"] and "--logs-dir" in one["next"] for one in found)
    assert runlake("lake", "doctor", "--logs-dir", str(tmp_path / "nowhere")).status == 3
    lake.rename(project / "moved")
    found = of(runlake, "runs", level="problem")
    assert any(str(lake) in one["text"] and "--prune" in one["next"] for one in found)
    assert "is not there" in of(runlake, "roots", level="note")[0]["text"]


def test_runs_that_have_gone(runlake, lake):
    shutil.rmtree(next(lake.glob("core-*000000")))
    [found] = of(runlake, "runs", level="note")
    assert "not on disk any more" in found["text"] and "--prune" in found["next"]


def test_a_stale_export(runlake, lake):
    runlake("lake", "export", "--format", "jsonl").ok()
    assert of(runlake, "export")[0]["level"] == "ok"
    runlake("lake", "reconcile").ok()  # nothing new: the export is as fresh as it was
    assert of(runlake, "export")[0]["level"] == "ok"
    run = next(lake.glob("core-*000000"))
    (run / "run_status.json.gz").unlink(missing_ok=True)
    (run / "run_status.json").write_text(json.dumps({"status": "running"}))
    [found] = of(runlake, "runs", level="problem")
    assert "changed since the lake was reconciled" in found["text"] and found["next"] == "runlake lake reconcile"
    runlake("lake", "reconcile").ok()
    [found] = of(runlake, "export", level="note")
    assert "before the lake changed last" in found["text"] and "lake export" in found["next"]


def test_a_report_of_postprocess_about_another_summary(runlake, lake):
    run = next(lake.glob("core-*000000"))
    for path in run.glob("postprocess_metrics.json*"):
        path.unlink()
    (run / "postprocess_metrics.json").write_text(json.dumps({"schema_version": 1, "valid": True, "inputs": {"summary_sha256": "0" * 64}}))
    runlake("lake", "reconcile").ok()
    [found] = of(runlake, "export", level="note")
    assert "another summary" in found["text"] and run.name in found["text"] and "postprocess" in found["next"] and "lake reconcile" in found["next"]


def test_two_lakes(runlake, lake, tmp_path):
    env = {"RUNLAKE_ARTIFACT_ROOT": tmp_path / "far", "RUNLAKE_RUNTIME_ROOT": tmp_path / "near"}
    found = of(runlake, "roots", level="note", env=env)
    assert any("two lakes" in one["text"] and "RUNLAKE_ARTIFACT_ROOT" in one["text"] for one in found)


def test_an_aborted_dashboard(runlake, lake):
    found = of(runlake, "dashboard", level="note")
    assert "a dashboard stops at 1 run: " in found[0]["text"] and "basin-only" in found[0]["text"] and "selection" in found[0]["next"]
    assert "leave out 1 run: " in found[1]["text"] and "failed" in found[1]["text"] and "lake show" in found[1]["next"]


def test_a_job_that_failed(runlake, lake, project):
    (project / "job.json").write_text(json.dumps({"schema_version": 2, "name": "broken", "selection": {}, "datasets": [{"name": "x", "query": "SELECT nothing FROM runs ORDER BY 1"}]}))
    assert runlake("lake", "job", "run", "--config", "job.json").status != 0
    runlake("lake", "reconcile").ok()
    [found] = of(runlake, "dashboard", level="problem")
    assert "broken" in found["text"] and "lake job run" in found["next"]


def test_files_that_cannot_be_read(runlake, lake):
    run = next(lake.glob("core-*000000"))
    for path in run.glob("summary.json*"):
        path.unlink()
    (run / "summary.json").write_text("{")
    runlake("lake", "reconcile").ok()
    [found] = of(runlake, "files", level="note")
    assert "1 error in what was read" in found["text"] and "summary.json of " + run.name in found["text"] and "lake sql" in found["next"]


def test_durability(runlake, lake, project, tmp_path):
    env = {"RUNLAKE_LOG_ROOT": tmp_path / "far", "RUNLAKE_RUNTIME_ROOT": tmp_path / "near"}
    found = of(runlake, "durability", env=env)
    assert any("only the log root is set" in one["text"] and one["next"] == "runlake lake paths" for one in found)
    assert any(one["level"] == "problem" and str(tmp_path / "far" / "logs") in one["text"] and "durable-push" in one["next"] for one in found)
    far = {**env, "RUNLAKE_REMOTE": "ann@store.example:22"}
    assert "sync durability-status" in of(runlake, "durability", env=far)[-1]["next"]


def test_drift_between_the_roots(runlake, lake, tmp_path):
    env = {"RUNLAKE_LOG_ROOT": tmp_path / "far", "RUNLAKE_RUNTIME_ROOT": tmp_path / "near"}
    shutil.copytree(lake, tmp_path / "near" / "logs")
    (tmp_path / "far" / "logs").mkdir(parents=True)
    runlake("sync", "durable-push", env=env).ok()
    assert of(runlake, "durability", env=env, level="ok")[0]["text"].startswith("both sides agree")
    (tmp_path / "near" / "logs" / "new.json").write_text("{}")
    [found] = of(runlake, "durability", env=env, level="problem")
    assert "1 file differs from the remote: logs/new.json (missing)" in found["text"] and "sync durable-push" in found["next"]
    runlake("sync", "durable-push", env=env).ok()
    for side, text in (("near", "[1]"), ("far", "[2, 3]")):
        (tmp_path / side / "logs" / "new.json").write_text(text)
    [found] = of(runlake, "durability", env=env, level="problem")
    assert "changed on both sides: logs/new.json" in found["text"] and "decide which is right" in found["next"]


def test_a_damaged_lake(runlake, lake, project):
    (project / ".runlake/lake/lake.duckdb").write_bytes(b"x" * 100000)
    [found] = of(runlake, "lake", level="problem")
    assert "damaged" in found["text"] and found["next"] == "runlake lake reconcile"
    assert runlake("lake", "doctor", env={"RUNLAKE_ARTIFACT_ROOT": ""}).status == 2
