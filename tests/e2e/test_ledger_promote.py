# SPDX-License-Identifier: Apache-2.0
"""`ledger promote`, `backfill` and `show`: what other machines are told of jobs and runs, byte for byte, and what they are never told."""

import concurrent.futures
import json
import os
import shutil

import pytest
from ledger_support import FLAT, LINK, WARM, as_python_writes, beside, entry, extra, ledger, make_jobs, make_ledger, samples

TRACKER = {"backend": "wandb", "run_id": "q7k2m9xa", "url": "https://wandb.example/x", "group": None, "project": "toy", "config": {"root": "/home/ada/x"}, "init_kwargs": {"dir": "/tmp/x"}}


@pytest.fixture
def warm(project):
    return make_jobs.job(project, WARM, aexp=LINK, tracker=TRACKER, tags=["secret-tag"], heartbeat_at="2026-06-03T11:48:00Z", notes="/home/ada/notes",
                         summary_metrics={"loss": 0.25, "epochs": 3, "name": "x"}, last_error={"stderr_tail": "/home/ada/boom"})


def test_the_entry_is_the_allowlist_to_the_byte(runlake, project, warm, place):
    out = runlake("ledger", "promote", warm[:8], "--machine-label", "cluster", env=place).ok().out
    assert out.startswith(f"promoted {warm} -> ") and out.rstrip().endswith(f".runlake/ledger/{warm}.json")
    text = (ledger(project) / f"{warm}.json").read_text()
    found = json.loads(text)
    assert text == as_python_writes(found)
    promoted_at = found.pop("promoted_at")
    assert len(promoted_at) == 20 and promoted_at.endswith("Z")
    assert found == {
        "schema_version": 1, "job_id": warm, "statepoint": WARM, "status": "complete", "registered_machine": "cluster", "run_link": LINK,
        "started_at": "2026-06-03T11:02:41Z", "ended_at": "2026-06-03T11:48:09Z", "wallclock_s": 2728.114,
        "tracker": {"backend": "wandb", "run_id": "q7k2m9xa", "url": "https://wandb.example/x", "project": "toy"}, "code_commit": "3f2a9c41", "code_dirty": False,
    }
    side = (extra(project) / f"{warm}.json").read_text()
    assert side == as_python_writes(json.loads(side))
    for word in ("/home", "secret-tag", "/tmp", "heartbeat"):
        assert word not in text + side
    assert json.loads(side)["metrics"] == {"loss": {"value": 0.25}, "epochs": {"value": 3.0}}
    assert json.loads(side)["dirty"] is False


def test_what_is_not_known_is_not_there(runlake, project):
    job = make_jobs.job(project, FLAT, "failed", times=False)
    runlake("ledger", "promote", job).ok()
    assert set(entry(project, job)) == {"schema_version", "job_id", "statepoint", "status", "registered_machine", "promoted_at"}
    assert entry(project, job)["registered_machine"] == os.uname().nodename.split(".")[0]


def test_a_second_promotion_changes_nothing_unless_the_job_did(runlake, project, warm):
    runlake("ledger", "promote", warm).ok()
    path = ledger(project) / f"{warm}.json"
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert runlake("ledger", "promote", warm).ok().out.startswith("unchanged: ")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    make_jobs.change(project, warm, aexp={**LINK, "experiment_id": "E002"})
    assert runlake("--json", "ledger", "promote", warm).ok().json["written"] is True
    assert entry(project, warm)["run_link"]["experiment_id"] == "E002"


@pytest.mark.parametrize("status", ["created", "queued", "running"])
def test_only_what_has_ended(runlake, project, status):
    job = make_jobs.job(project, FLAT, status)
    result = runlake("ledger", "promote", job)
    assert result.status == 4 and "not terminal" in result.err
    assert not ledger(project).exists()


def test_the_older_name_of_the_link(runlake, project):
    job = make_jobs.job(project, FLAT, limina={**LINK, "more": 1})
    runlake("ledger", "promote", job).ok()
    assert entry(project, job)["run_link"] == LINK


def test_a_path_or_secret_in_the_state_point_needs_a_word(runlake, project):
    job = make_jobs.job(project, {"data": "/home/ada/data/x.csv", "seed": 1})
    refused = runlake("ledger", "promote", job)
    assert refused.status == 2 and "statepoint.data" in refused.err and "--allow-paths" in refused.err and "ada" not in refused.err
    assert not ledger(project).exists()
    secret = make_jobs.job(project, {"api_token": "abc123def", "seed": 1})
    assert "a secret" in runlake("ledger", "promote", secret).err
    runlake("ledger", "promote", job, "--allow-paths").ok()
    assert beside(project, job)["allow_paths"] is True
    runlake("ledger", "verify").ok()
    # Said once: a later promotion keeps it.
    make_jobs.change(project, job, status="stopped")
    runlake("ledger", "promote", job).ok()
    assert entry(project, job)["status"] == "stopped"


def test_small_files_of_the_job_are_told_by_digest(runlake, project, warm):
    folder = project / ".runs" / "workspace" / warm
    (folder / "model").mkdir()
    (folder / "model" / "weights.bin").write_bytes(b"w" * 100)
    (folder / "tracker_log").mkdir()
    (folder / "tracker_log" / "events.jsonl").write_text("{}\n")
    runlake("ledger", "promote", warm).ok()
    (artifact,) = beside(project, warm)["artifacts"]
    assert artifact["path"] == "model/weights.bin" and artifact["bytes"] == 100 and artifact["digest"].startswith("file/1:")


def test_a_repository_of_aexp_keeps_its_folder(runlake, project, warm):
    (project / ".aexp").mkdir()
    (project / ".aexp" / "installed.json").write_text(json.dumps({"version": "0.6.1", "run_store_path": ".runs", "machine_label": "board"}))
    runlake("ledger", "promote", warm).ok()
    found = json.loads((project / ".aexp" / "ledger" / f"{warm}.json").read_text())
    assert found["registered_machine"] == "board"
    assert not ledger(project).exists() and (extra(project) / f"{warm}.json").exists()
    # Runs never go there.
    runlake("run", "--", "true").ok()
    (run,) = runlake("--json", "runs", "list").ok().json["runs"]
    runlake("ledger", "promote", "--run", run["run_id"][:8]).ok()
    assert (ledger(project) / f"{run['run_id']}.json").exists() and len(list((project / ".aexp" / "ledger").iterdir())) == 1


def test_a_custom_run_store_does_not_move_the_ledger(runlake, project):
    (project / ".aexp").mkdir()
    (project / ".aexp" / "installed.json").write_text(json.dumps({"version": "0.6.1", "run_store_path": "data/runs"}))
    job = make_jobs.job(project, FLAT, store="data/runs")
    runlake("ledger", "promote", job).ok()
    assert (project / ".aexp" / "ledger" / f"{job}.json").exists() and not (project / "data" / ".aexp").exists()


def test_an_entry_of_a_later_version_is_never_overwritten(runlake, project, warm):
    make_ledger.write(ledger(project), {"schema_version": 9, "job_id": warm}, warm)
    before = (ledger(project) / f"{warm}.json").read_bytes()
    assert runlake("ledger", "promote", warm).status == 7
    assert (ledger(project) / f"{warm}.json").read_bytes() == before
    # A damaged one is.
    (ledger(project) / f"{warm}.json").write_text("{")
    runlake("ledger", "promote", warm).ok()
    assert entry(project, warm)["status"] == "complete"


def test_another_machines_own_execution_is_not_overwritten(runlake, project, warm):
    theirs = make_ledger.entry(WARM, machine="cluster", ended_at="2026-06-01T00:00:00Z")
    make_ledger.write(ledger(project), theirs)
    answer = runlake("--json", "ledger", "promote", warm).ok().json
    assert answer["kept_other"] is True and entry(project, warm) == theirs
    assert runlake("--json", "ledger", "backfill", "--overwrite").ok().json["kept_other"] == 1
    runlake("ledger", "promote", warm, "--machine-label", "laptop").ok()
    assert entry(project, warm)["registered_machine"] == "laptop"


def test_many_at_once_write_one_whole_entry(runlake, project, warm):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda number: runlake("ledger", "promote", warm, "--machine-label", f"machine-{number}"), range(32)))
    assert {result.status for result in results} == {0}
    (path,) = ledger(project).iterdir()
    (side,) = extra(project).iterdir()
    assert path.read_text() == as_python_writes(entry(project, warm)) and side.read_text() == as_python_writes(beside(project, warm))
    assert runlake("--json", "ledger", "show").ok().json["left_out"] == []


def test_wrong_words(runlake, project, warm):
    assert runlake("ledger", "promote").status == 2
    assert runlake("ledger", "promote", warm, "--run", "00000000").status == 2
    assert runlake("ledger", "promote", warm, "--machine-label", "../x").status == 2
    assert runlake("ledger", "promote", "f" * 32).status == 3
    assert runlake("ledger", "promote", "../../etc").status == 2
    assert not ledger(project).exists()


# Backfill -------------------------------------------------------------------------------------------------------------------------


def test_backfill_promotes_what_ended_once(runlake, project, warm):
    running = make_jobs.job(project, {"seed": 5}, "running")
    failed = make_jobs.job(project, FLAT, "failed")
    answer = runlake("--json", "ledger", "backfill").ok().json
    assert (answer["promoted"], answer["skipped"], answer["unfinished"], answer["failed"]) == (2, 0, 1, [])
    assert {path.stem for path in ledger(project).iterdir()} == {warm, failed} and running not in {warm, failed}
    assert runlake("ledger", "backfill").ok().out == "promoted 0 entries (2 already present, skipped)\n"
    assert runlake("--json", "ledger", "backfill", "--overwrite", "--machine-label", "cluster").ok().json["promoted"] == 2
    assert entry(project, failed)["registered_machine"] == "cluster"


def test_backfill_without_a_run_store(runlake, project):
    assert runlake("ledger", "backfill").ok().out == "promoted 0 entries (0 already present, skipped)\n"
    assert not (project / ".runlake").exists()


def test_backfill_names_each_that_failed_and_does_the_rest(runlake, project, warm):
    with_path = make_jobs.job(project, {"data": "/home/ada/x/y"})
    damaged = make_jobs.job(project, {"seed": 9})
    (project / ".runs" / "workspace" / damaged / "signac_statepoint.json").write_text('{"seed": 10}')
    result = runlake("--json", "ledger", "backfill")
    assert result.status == 1 and result.json["promoted"] == 1
    assert {one["id"] for one in result.json["failed"]} == {with_path, damaged}
    text = runlake("ledger", "backfill")
    assert text.status == 1 and with_path in text.err and damaged in text.err and "2 failed" in text.out


# Runs -----------------------------------------------------------------------------------------------------------------------------


def test_a_run_without_a_job(runlake, project, runlake_bin, place):
    runlake("run", "--stage", "fit", "--tenant", "met", "--param", "lr=0.1", "--param", "root=/home/ada/data", "--tag", "season=2020", "--", "sh", "-c",
            f"{runlake_bin} log loss=0.5 --step 1; {runlake_bin} log loss=0.25 --step 2; {runlake_bin} log acc=0.9; exit 3", env={"A": "1"})
    (run,) = runlake("--json", "runs", "list", "--columns", "run_id,status").ok().json["runs"]
    runlake("ledger", "promote", "--run", run["run_id"][:8], "--machine-label", "cluster", env=place).ok()
    text = (ledger(project) / f"{run['run_id']}.json").read_text()
    found = json.loads(text)
    assert text == as_python_writes(found)
    assert (found["schema"], found["run_id"], found["rule"], found["status"], found["stage"], found["tenant"]) == ("runlake.run/1", run["run_id"], "asked", "failed", "fit", "met")
    assert found["params"] == {"lr": 0.1} and found["tags"] == {"season": "2020"} and "argv" not in found
    side = beside(project, run["run_id"])
    assert side["exit_status"] == 3 and side["metrics"]["loss"] == {"value": 0.25, "step": 2, "min": 0.25, "max": 0.5} and side["metrics"]["acc"]["value"] == 0.9
    # Under the name that this machine has by itself it is the same execution still, and keeps the name it was given.
    assert runlake("ledger", "promote", "--run", run["run_id"]).ok().out.startswith("unchanged: ")
    runlake("ledger", "verify").ok()


def test_a_run_that_goes_on_is_not_promoted(runlake, project, runlake_bin):
    result = runlake("run", "--", "sh", "-c", f"{runlake_bin} ledger promote --run $RUNLAKE_RUN_ID; test $? = 4")
    assert result.status == 0 and "has not ended" in result.err


def test_prefixes_of_runs(runlake, project):
    runlake("run", "--", "true").ok()
    runlake("run", "--", "true").ok()
    assert runlake("ledger", "promote", "--run", "zz").status == 2
    assert runlake("ledger", "promote", "--run", "00000000-0000-4000-8000-000000000000").status == 3


# Show -----------------------------------------------------------------------------------------------------------------------------


def test_show(runlake, project, warm):
    assert runlake("--json", "ledger", "show").ok().json["jobs"] == 0
    runlake("ledger", "promote", warm, "--machine-label", "cluster").ok()
    shown = runlake("--json", "ledger", "show", warm[:6]).ok().json
    assert shown["id"] == warm and shown["entry"]["statepoint"] == WARM and shown["extra"]["metrics"]["loss"]["value"] == 0.25
    assert warm in runlake("ledger", "show", warm).ok().out
    assert runlake("ledger", "show").ok().out == "1 job, 0 runs\n  cluster: 1\n"
    assert runlake("ledger", "show", "0" * 32).status == 3 and runlake("ledger", "show", "../x").status == 2


def test_the_entry_of_the_original_tool_is_read_and_written_again_byte_for_byte(runlake, project):
    for path in samples():
        theirs = json.loads(path.read_text())
        shutil.rmtree(project / ".runlake", ignore_errors=True)
        job = make_jobs.job(project, theirs["statepoint"], theirs["status"], times=False, started_at=theirs.get("started_at"), ended_at=theirs.get("ended_at"),
                            wallclock_s=theirs.get("wallclock_s"), aexp=theirs.get("run_link"), tracker=theirs.get("tracker"))
        assert job == path.stem
        runlake("ledger", "promote", job, "--machine-label", theirs["registered_machine"]).ok()
        written = (ledger(project) / f"{job}.json").read_text()
        assert written.replace(json.loads(written)["promoted_at"], theirs["promoted_at"]) == path.read_text()


# Pipelines ------------------------------------------------------------------------------------------------------------------------

PIPELINE = """\
experiment_key: corn
stages:
  fit:
    command: [sh, -c, "cp rain.csv {out}/model.csv"]
    reads: ["workspace:rain.csv"]
    writes: [model.csv]
    code: [code.py]
"""


def test_a_pipelines_own_run_is_promoted_by_rule(runlake, project):
    (project / "rain.csv").write_text("1\n")
    (project / "pipeline.yaml").write_text(PIPELINE)
    answer = runlake("--json", "pipeline", "run", "pipeline.yaml").ok().json
    (path,) = ledger(project).iterdir()
    found = json.loads(path.read_text())
    assert path.stem == answer["run_id"] and found["rule"] == "pipeline" and found["tags"]["experiment_key"] == "corn"
    (stage,) = found["stages"]
    assert (stage["stage"], stage["state"], stage["key"]) == ("fit", "done", answer["stages"][0]["key"])
    (artifact,) = beside(project, answer["run_id"])["artifacts"]
    assert artifact["path"] == "fit" and artifact["digest"].startswith("manifest/1:")
    runlake("ledger", "verify").ok()
    # Nothing was made: nothing is told.
    runlake("pipeline", "run", "pipeline.yaml", "--run-dir", answer["run_dir"]).ok()
    assert len(list(ledger(project).iterdir())) == 1
    # It is there to be found, and does not hold its files.
    assert json.loads(runlake("--json", "rundir", "gc", "--keep-last", "0", "--yes").ok().out)["removed"]


def test_what_was_promoted_by_hand_or_is_cited_holds_its_files(runlake, project):
    (project / "rain.csv").write_text("1\n")
    (project / "pipeline.yaml").write_text(PIPELINE)
    answer = runlake("--json", "pipeline", "run", "pipeline.yaml").ok().json
    (project / "kb").mkdir()
    (project / "kb" / "F001-x.md").write_text(f"---\nsupporting_runs:\n  - type: run\n    id: {answer['run_id']}\n---\n")
    assert runlake("--json", "rundir", "gc", "--keep-last", "0", "--yes").ok().json["removed"] == []
    (project / "kb" / "F001-x.md").unlink()
    runlake("ledger", "promote", "--run", answer["run_id"]).ok()
    assert runlake("--json", "rundir", "gc", "--keep-last", "0", "--yes").ok().json["removed"] == []


def test_a_ledger_that_cannot_be_written_costs_a_pipeline_a_line(runlake, project):
    (project / "rain.csv").write_text("1\n")
    (project / "pipeline.yaml").write_text(PIPELINE)
    result = runlake("pipeline", "run", "pipeline.yaml", env={"RUNLAKE_FAULT": "ledger.entry.write:enospc:1+"}).ok()
    assert result.err.count("other machines are not told of this run") == 1
    (run,) = [run for run in runlake("--json", "runs", "list").ok().json["runs"] if run["stage"] == "pipeline"]
    runlake("ledger", "promote", "--run", run["run_id"]).ok()
