# SPDX-License-Identifier: Apache-2.0
"""Jobs that Runlake runs itself: promoted when they end, with their metrics, and again when they are linked; and no failure of the ledger reaches them."""

import json

import pytest
from ledger_support import beside, clone, commit_all, entry, ledger


@pytest.fixture
def job(runlake, project):
    (project / "kb" / "research" / "experiments").mkdir(parents=True)
    for number in (1, 2):
        (project / "kb" / "research" / "experiments" / f"E00{number}-x.md").write_text(f"---\nid: E00{number}\n---\n# E00{number}\n")
    return runlake("--json", "job", "new", "--experiment", "E001", "--sp", "seed=1", "--no-commit").ok().json["job_id"]


def run(runlake, runlake_bin, job, code=0, **options):
    script = f"{runlake_bin} log loss=0.5 --step 1; {runlake_bin} log loss=0.25 --step 2; echo out > $AEXP_JOB_WORKSPACE/model.txt; exit {code}"
    return runlake("job", "run", job, "--", "sh", "-c", script, **options)


@pytest.mark.parametrize("code, status", [(0, "complete"), (3, "failed")])
def test_a_job_is_promoted_when_it_ends(runlake, runlake_bin, project, job, code, status):
    assert run(runlake, runlake_bin, job, code).status == code
    found, side = entry(project, job), beside(project, job)
    # The terminal fields were on disk before it was told.
    assert found["status"] == status and found["ended_at"] >= found["started_at"] and found["wallclock_s"] > 0 and found["run_link"]["experiment_id"] == "E001"
    assert side["exit_status"] == code and side["metrics"]["loss"] == {"value": 0.25, "step": 2, "min": 0.25, "max": 0.5}
    assert [artifact["path"] for artifact in side["artifacts"]] == ["model.txt"]
    runlake("ledger", "verify").ok()
    before = (ledger(project) / f"{job}.json").read_bytes()
    assert runlake("--json", "ledger", "backfill", "--overwrite").ok().json["unchanged"] == 1
    assert (ledger(project) / f"{job}.json").read_bytes() == before


def test_linking_tells_it_again(runlake, runlake_bin, project, job):
    run(runlake, runlake_bin, job).ok()
    runlake("link", job, "--experiment", "E002").ok()
    assert entry(project, job)["run_link"]["experiment_id"] == "E002"


def test_a_ledger_that_cannot_be_written_costs_a_job_a_line(runlake, runlake_bin, project, job):
    result = run(runlake, runlake_bin, job, env={"RUNLAKE_FAULT": "ledger.entry.write:enospc:1+"})
    assert result.status == 0 and result.err.count("is not in the ledger") == 1, result.err
    assert not (ledger(project) / f"{job}.json").exists()
    assert runlake("--json", "job", "show", job).ok().json["status"] == "complete"
    assert runlake("--json", "ledger", "backfill").ok().json["promoted"] == 1


def test_a_job_that_was_recorded_here_is_one_row_and_one_row_elsewhere(runlake, runlake_bin, project, job, clean_env, tmp_path):
    run(runlake, runlake_bin, job).ok()
    (here,) = runlake("--json", "runs", "list", "--all-machines").ok().json["runs"]
    assert here["run_id"] == beside(project, job)["run_id"]
    commit_all(project, clean_env)
    (there,) = runlake("--json", "runs", "list", "--all-machines", cwd=clone(project, clean_env, tmp_path / "there")).ok().json["runs"]
    assert there["run_id"].replace("-", "") == job and there["status"] == "completed"


def test_a_path_in_the_state_point_is_warned_of_and_never_told(runlake, runlake_bin, project, job):
    made = runlake("--json", "job", "new", "--experiment", "E001", "--sp", "data=/home/ada/x.csv", "--no-commit").ok()
    assert "state" in made.err and "ada" not in made.err
    other = made.json["job_id"]
    result = runlake("job", "run", other, "--", "true")
    assert result.status == 0 and "--allow-paths" in result.err
    assert not (ledger(project) / f"{other}.json").exists()
    assert "complete" in json.dumps(runlake("--json", "job", "show", other).ok().json)
