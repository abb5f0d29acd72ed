# SPDX-License-Identifier: Apache-2.0
"""Jobs: killed or refused by the disk while one is made, changed, run or ended."""

import json
import os
import subprocess
import time

from harness import Scenario
from scenarios import BINARY

POINT = {"a": 1}
JOB = "42b7b4f2921788ea14dac5566e6f06d0"


def call(folder, *words):
    env = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "RUNLAKE_STORE": str(folder / ".runlake"), "XDG_STATE_HOME": str(folder / "state")}
    return subprocess.run([BINARY, *[str(word) for word in words]], env=env, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def good(done):
    assert done.returncode == 0, f"{done.args}: {done.returncode}: {done.stderr}"
    return done


def workspace(folder):
    return folder / ".runs" / "workspace"


def document(folder):
    return json.loads((workspace(folder) / JOB / "signac_job_document.json").read_text())


def prepared(folder):
    """A store without jobs."""
    (folder / "sp.json").write_text(json.dumps(POINT))
    (folder / ".runlake").mkdir()


def with_a_job(folder):
    prepared(folder)
    good(call(folder, "job", "new", "--state-point", "sp.json"))
    path = workspace(folder) / JOB / "signac_job_document.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "mine": {"z": [1, 2], "a": None}}))


def with_an_ended_job(folder):
    with_a_job(folder)
    good(call(folder, "job", "mark", JOB, "failed"))


def ended(outcome):
    """Killed, or over with a status of ours: no crash."""
    assert outcome.killed or outcome.status in (0, 5, 8), f"status {outcome.status}: {outcome.err}"


def whole(folder):
    """What every reader finds: each job whole or not there, and nothing that is taken for one."""
    listed = call(folder, "job", "list", "--json")
    assert listed.returncode in (0, 3), listed.stderr
    if listed.returncode == 3:
        return []
    answer = json.loads(listed.stdout)
    assert answer["left_out"] == [], answer["left_out"]
    for path in workspace(folder).iterdir():
        assert path.name == JOB or path.name.startswith("."), f"taken for a job: {path.name}"
    return answer["jobs"]


def nothing_beside(outcome):
    """After a failure, as against a kill, no temporary file is left in the workspace."""
    if outcome.killed or not workspace(outcome.folder).exists() or "*" in outcome.fault or "lease" in outcome.fault:
        return
    left = [path.name for path in workspace(outcome.folder).iterdir() if path.name.startswith(".")]
    left += [path.name for path in (workspace(outcome.folder) / JOB).glob(".*")]
    assert not left or "job.create" in outcome.fault, f"left: {left}"


def check_new(outcome):
    ended(outcome)
    found = whole(outcome.folder)
    if outcome.status == 0:
        assert [job["state_point"] for job in found] == [POINT]
    nothing_beside(outcome)
    good(call(outcome.folder, "job", "new", "--state-point", "sp.json"))
    assert [job["job_id"] for job in whole(outcome.folder)] == [JOB]
    assert document(outcome.folder)["status"] == "created"
    if not (outcome.killed or "run_store" in outcome.fault or "*" in outcome.fault):
        assert (outcome.folder / ".runs" / ".gitignore").read_text() == "*\n"


def check_mark(outcome):
    """The document is the one before or the one after, and no member of the user's is lost."""
    ended(outcome)
    assert len(whole(outcome.folder)) == 1
    now = document(outcome.folder)
    assert now["mine"] == {"z": [1, 2], "a": None}
    assert now["status"] in ("created", "complete") and ("ended_at" in now) == (now["status"] == "complete")
    if outcome.status == 0:
        assert now["status"] == "complete"
    nothing_beside(outcome)
    good(call(outcome.folder, "job", "mark", JOB, "complete"))
    assert document(outcome.folder)["status"] == "complete"
    good(call(outcome.folder, "ledger", "backfill"))
    entry = json.loads((outcome.folder / ".runlake" / "ledger" / f"{JOB}.json").read_text())
    assert entry["status"] == "complete" and entry["ended_at"] == document(outcome.folder)["ended_at"]


def check_link(outcome):
    ended(outcome)
    assert len(whole(outcome.folder)) == 1
    now = document(outcome.folder)
    assert now["status"] == "failed" and now["mine"] == {"z": [1, 2], "a": None}
    good(call(outcome.folder, "link", JOB, "--experiment", "E001"))
    assert document(outcome.folder)["aexp"]["experiment_id"] == "E001"


def check_run(outcome):
    """Whatever struck: the job has ended, or is seen as what it is, and can be run."""
    assert outcome.killed or outcome.status in (0, 5, 8), f"status {outcome.status}: {outcome.err}"
    end = time.monotonic() + 300
    while True:
        found = whole(outcome.folder)
        assert len(found) == 1
        # The program of a runner that was killed is ended by the guard, which takes a moment.
        if found[0]["status"] != "running" or time.monotonic() > end:
            break
        time.sleep(0.01)
    assert found[0]["status"] in ("created", "complete", "abandoned"), found[0]["status"]
    assert found[0]["document"]["mine"] == {"z": [1, 2], "a": None}
    good(call(outcome.folder, "job", "run", JOB, "--", "true"))
    now = document(outcome.folder)
    assert now["status"] == "complete" and "ended_at" in now and "wallclock_s" in now and "process" not in now["runlake"]
    good(call(outcome.folder, "ledger", "backfill"))
    entry = json.loads((outcome.folder / ".runlake" / "ledger" / f"{JOB}.json").read_text())
    assert entry["status"] == "complete" and entry["wallclock_s"] == now["wallclock_s"]


def scenario(name, words, check, setup, **more):
    return Scenario(name, [str(BINARY), *words], check, setup, needs=BINARY, lasting=("*:enospc:1+", "*:eacces:1+"), **more)


SCENARIOS = [
    scenario("job-new", ["job", "new", "--state-point", "sp.json"], check_new, prepared),
    scenario("job-mark", ["job", "mark", JOB, "complete"], check_mark, with_a_job),
    scenario("job-link", ["link", JOB, "--experiment", "E001"], check_link, with_an_ended_job),
    scenario("job-run", ["job", "run", JOB, "--", "true"], check_run, with_a_job),
]
