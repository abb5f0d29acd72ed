# SPDX-License-Identifier: Apache-2.0
"""aexp and Runlake on one queue: each runs, lists and stops what the other has queued."""
import json
import re
import subprocess
import sys
from pathlib import Path

import peers
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from queue_support import Queue, begun, is_alive  # noqa: E402
from run_support import wait_until  # noqa: E402

COMMAND = 'echo seed {seed}; while [ {hold} = 1 ] && [ ! -e go ]; do [ -e begun ] || echo $$ > begun; sleep 0.05; done'


@pytest.fixture
def queue(runlake, runlake_bin, project, clean_env):
    one = Queue(runlake, runlake_bin, project, clean_env)

    def aexp(*words, status=0, wait=True):
        process = subprocess.Popen([peers.aexp(), *words], cwd=project, env={**clean_env, "COLUMNS": "200"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if not wait:
            return process
        out, _ = process.communicate(timeout=300)
        assert process.returncode == status, out
        return out

    one.aexp = aexp
    aexp("install", "--yes")
    aexp("new-hypothesis", "--title", "It learns")
    aexp("new-experiment", "--title", "Try", "--hypothesis", "H001")
    note = next((project / "kb/research/experiments").glob("E001-*.md"))
    note.write_text(re.sub(r"^runner_command:.*$", lambda _: f"runner_command: {json.dumps(COMMAND)}", note.read_text(), count=1, flags=re.MULTILINE))
    yield one
    runlake("queue", "clear", "--yes", "--force")


def test_what_aexp_queued_is_run(queue, runlake, project):
    queue.aexp("queue", "add", "--experiment", "E001", "--sweep", "seed=0..1,hold=0", "--tag", "t", "--no-commit")
    listed = queue.listed()
    assert len(listed) == 2 and {one["tag"] for one in listed.values()} == {"t"} and {one["index"] for one in listed.values()} == {None}
    queue.run().ok()
    assert {queue.status(job) for job in listed} == {"complete"}
    assert queue.aexp("queue", "list", "--include-terminal").count("complete") == 2
    for job in listed:
        entry = json.loads((project / ".aexp" / "ledger" / f"{job}.json").read_text())
        assert entry["status"] == "complete" and entry["wallclock_s"] == queue.document(job)["wallclock_s"]


def test_the_same_words_make_the_same_job(queue):
    queue.aexp("queue", "add", "--experiment", "E001", "--sweep", "seed=3,hold=0", "--no-commit")
    done = queue.runlake("queue", "add", "--json", "--experiment", "E001", "--no-commit", "--sweep", "seed=3,hold=0").ok().json
    assert done["queued"] == 0 and done["jobs"][0]["job_id"] == next(iter(queue.listed()))


def test_what_runlake_queued_is_run_by_aexp(queue):
    job = queue.add("--experiment", "E001", "--no-commit", "--sp", "seed=5", "--sp", "hold=0")[0]
    assert job[:8] in queue.aexp("queue", "list")
    assert "seed 5" in queue.aexp("run-queued", job)
    assert queue.status(job) == "complete" and queue.run().ok().out == "Nothing is queued.\n"
    assert queue.runlake("queue", "stop", job).ok().out.endswith("nothing is changed\n")


def test_aexp_stops_what_runlake_runs(queue, project):
    job = queue.add("--experiment", "E001", "--no-commit", "--sp", "seed=6", "--sp", "hold=1")[0]
    run = queue.spawn("queue", "run")
    pid = wait_until(lambda: begun(project), "the program")[0]
    queue.until(job, "running")
    queue.aexp("queue", "stop", job)
    run.communicate(timeout=300)
    assert queue.status(job) == "stopped" and queue.error(job)["cause"] == "operator_stop" and not is_alive(pid)


def test_runlake_stops_what_aexp_runs(queue, project):
    job = queue.add("--experiment", "E001", "--no-commit", "--sp", "seed=7", "--sp", "hold=1")[0]
    process = queue.aexp("run-queued", job, wait=False)
    pid = wait_until(lambda: begun(project), "the program")[0]
    wait_until(lambda: "proc" in queue.document(job)["queue"], "aexp to write down its process")
    assert queue.listed()[job]["remark"] == "by another tool"
    queue.runlake("queue", "stop", job).ok()
    process.communicate(timeout=300)
    assert queue.status(job) == "stopped" and queue.error(job)["returncode"] == -15 and not is_alive(pid)
