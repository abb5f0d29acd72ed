# SPDX-License-Identifier: Apache-2.0
"""`queue run` and its runners are killed, interrupted, and run from two machines: no job is lost, none is run twice at a time, none stays `running`."""

import json
import os
import shutil
import signal
import subprocess

import pytest
from queue_support import begun, is_alive, kill, queue, waits  # noqa: F401
from run_support import wait_until
from test_queue_stop import SURVIVOR, end_runner_and_guard


def start(queue, project, program=None, *words, count=1):  # noqa: F811
    jobs = [queue.add_one(program or waits(project), *words) for _ in range(count)]
    run = queue.spawn("queue", "run", "--jobs", str(count))
    wait_until(lambda: len(begun(project)) == count, "the programs")
    for job in jobs:
        queue.until(job, "running")
    return jobs, run


def test_what_it_started_goes_on_without_it(queue, project):  # noqa: F811
    jobs, run = start(queue, project, count=3)
    kill(run)
    # Another leaves them alone: their claims live.
    other = queue.run().ok()
    assert other.out == "Nothing is queued.\n" and {queue.status(job) for job in jobs} == {"running"}
    (project / "go").touch()
    for job in jobs:
        queue.until(job, "complete")
    assert len(begun(project)) == 3
    wait_until(lambda: all(queue.ledger(job) for job in jobs), "the ledger")


def test_a_killed_runner_is_noticed_at_once(queue, project):  # noqa: F811
    jobs, run = start(queue, project)
    first = begun(project)[0]
    os.kill(queue.runner(jobs[0]), signal.SIGKILL)
    wait_until(lambda: len(begun(project)) == 2, "the second attempt")
    assert not is_alive(first)
    (project / "go").touch()
    out, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    assert queue.status(jobs[0]) == "complete" and queue.place(jobs[0])["lost"] == 1 and b"again " in out


def test_a_dead_claim_is_taken_over_by_the_next(queue, project):  # noqa: F811
    jobs, run = start(queue, project, count=2)
    kill(run)
    for job in jobs:
        os.kill(queue.runner(job), signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in begun(project)), "the programs to end with their runners")
    (project / "go").touch()
    done = queue.run("--jobs", "2").ok()
    assert "its runner has gone; it is queued now" in done.err
    assert {queue.status(job) for job in jobs} == {"complete"} and len(begun(project)) == 4


def test_what_is_left_of_a_program_is_ended_before_it_is_run_again(queue, project):  # noqa: F811
    job = queue.add("--experiment", "E001", "--no-commit", "--sp", "n=1", "--", "python3", "-c", SURVIVOR.replace("time.sleep(600)", "os.path.exists('go') or time.sleep(600)"))[0]
    run = queue.spawn("queue", "run")
    program = int(wait_until(lambda: begun(project), "the program")[0])
    kill(run)
    end_runner_and_guard(queue.runner(job))
    (project / "go").touch()
    queue.run().ok()
    assert not is_alive(program) and queue.status(job) == "complete" and len(begun(project)) == 2


def test_a_job_that_kills_its_runner_is_not_tried_for_ever(queue, project):  # noqa: F811
    job = queue.add_one("echo x >> tries; kill -9 $PPID; sleep 600")
    assert queue.run().status == 1
    assert (project / "tries").read_text() == "x\n" * 3
    assert queue.status(job) == "failed" and queue.error(job)["cause"] == "lost" and queue.ledger(job)["status"] == "failed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_ends_what_runs(queue, project, number):  # noqa: F811
    jobs, run = start(queue, project, count=2)
    left = queue.add_one("true")
    run.send_signal(number)
    out, err = run.communicate(timeout=300)
    assert run.returncode == 130, err
    assert {queue.status(job) for job in jobs} == {"stopped"} and queue.status(left) == "queued"
    assert not any(is_alive(pid) for pid in begun(project))
    assert all(queue.ledger(job)["status"] == "stopped" for job in jobs)


def test_interrupted_twice_it_ends_them_at_once(queue, project):  # noqa: F811
    jobs, run = start(queue, project, f"trap 'echo told >> told' TERM; {waits(project)}")
    run.send_signal(signal.SIGINT)
    wait_until(lambda: (project / "told").exists(), "the program to be told")
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=300)
    assert run.returncode == 130 and queue.status(jobs[0]) == "stopped" and not is_alive(begun(project)[0])


def wait_for_end(process):
    return process.communicate(timeout=300)


# Killed at each of its writes, by the runner's own points: whatever is left, the next run brings every job to its end, with its work done.
@pytest.mark.parametrize("fault", ["job.document.write:kill:1", "job.document.write:kill_after:1", "job.document.write:kill:2", "job.document.write:kill:3", "job.document.write:kill_after:3",
                                   "lease.create:kill:1", "lease.create:kill_after:1", "journal.append:kill:1", "journal.append:kill:2", "ledger.entry.write:kill:1"])
def test_killed_at_a_write_it_is_brought_to_its_end(queue, project, fault):  # noqa: F811
    jobs = [queue.add_one(f"echo {n} >> order") for n in range(2)]
    run = queue.spawn("queue", "run", "--jobs", "2", "--continue-on-failure", env={"RUNLAKE_FAULT": fault})
    wait_for_end(run)
    # Whatever killed each of its runners three times is not tried any more, unless asked for.
    for job in jobs:
        if queue.status(job) == "failed":
            assert queue.error(job)["cause"] == "lost" and queue.place(job)["lost"] == 3
            queue.runlake("queue", "add", "--again", job, "--", "sh", "-c", f"echo {jobs.index(job)} >> order").ok()
    for _ in range(4):
        queue.run("--jobs", "2", "--continue-on-failure")
    assert {queue.status(job) for job in jobs} == {"complete"}, [queue.document(job) for job in jobs]
    assert set((project / "order").read_text().split()) == {"0", "1"}
    # Each entry of the ledger says the same as the document; what was lost between both is made good.
    queue.runlake("ledger", "backfill").ok()
    assert all(queue.ledger(job)["status"] == "complete" for job in jobs)


@pytest.mark.parametrize("fault", ["job.document.write:enospc:1+", "job.document.write:eio:1", "lease.create:enospc:1+", "lease.create:eacces:1+"])
def test_a_disk_that_refuses_loses_no_job(queue, project, fault):  # noqa: F811
    job = queue.add_one("echo x >> order")
    run = queue.spawn("queue", "run", env={"RUNLAKE_FAULT": fault})
    _, err = wait_for_end(run)
    assert run.returncode in (0, 1, 5, 8) and b"Traceback" not in err
    queue.run("--continue-on-failure")
    assert queue.status(job) == "complete" and (project / "order").read_text() in ("x\n", "x\nx\n")


# --- two machines -----------------------------------------------------------------------------------------------------------------------

def other_machine(words):
    """The words in a pid namespace of their own: what runs there can't judge by our process numbers, nor we by theirs."""
    return ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", *words]


def may_unshare():
    return shutil.which("unshare") and subprocess.run(other_machine(["true"]), capture_output=True, check=False).returncode == 0


needs_namespaces = pytest.mark.skipif(not may_unshare(), reason="no pid namespaces for this user")


@needs_namespaces
def test_two_machines_run_each_job_once(queue, project, clean_env):  # noqa: F811
    jobs = [queue.add_one(f"echo {n} >> order; sleep 0.0{n % 5}") for n in range(12)]
    runs = [subprocess.Popen(other_machine([queue.bin, "queue", "run", "--jobs", "2"]), cwd=project, env=clean_env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2)]
    answers = [run.communicate(timeout=300) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], answers
    assert sorted((project / "order").read_text().split(), key=int) == [str(n) for n in range(12)]
    assert {queue.status(job) for job in jobs} == {"complete"}


@needs_namespaces
def test_what_runs_on_another_machine_is_left_alone(queue, runlake, project, clean_env):  # noqa: F811
    job = queue.add_one(waits(project))
    run = subprocess.Popen(other_machine([queue.bin, "queue", "run"]), cwd=project, env=clean_env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: begun(project), "the program")
    queue.until(job, "running")
    assert queue.run().ok().out == "Nothing is queued.\n"
    done = runlake("queue", "stop", job)
    assert done.status == 4 and "can't be reached from here" in done.err
    assert queue.status(job) == "running"
    (project / "go").touch()
    run.communicate(timeout=300)
    assert queue.status(job) == "complete" and len(begun(project)) == 1


@needs_namespaces
def test_a_machine_that_died_is_judged_by_its_heartbeat(queue, project, clean_env):  # noqa: F811
    job = queue.add_one(waits(project))
    run = subprocess.Popen(other_machine([queue.bin, "queue", "run"]), cwd=project, env=clean_env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: begun(project), "the program")
    queue.until(job, "running")
    kill(run)   # and with it all of its machine
    (project / "go").touch()
    assert queue.run().ok().out == "Nothing is queued.\n" and queue.status(job) == "running"
    hour_ago = os.stat(queue.claim(job)).st_mtime - 3600
    os.utime(queue.claim(job), (hour_ago, hour_ago))
    done = queue.run().ok()
    assert "its runner has gone" in done.err
    assert queue.status(job) == "complete" and len(begun(project)) == 2


def test_a_claim_that_was_lost_ends_the_program(queue, project):  # noqa: F811
    jobs, run = start(queue, project)
    claim = json.loads(queue.claim(jobs[0]).read_text())
    claim["token"] = "0" * 32
    queue.claim(jobs[0]).write_text(json.dumps(claim) + "\n")
    before = queue.document(jobs[0])
    wait_until(lambda: not is_alive(begun(project)[0]), "the program to be ended", limit=300)
    kill(run)
    assert queue.status(jobs[0]) in ("running", "stopped") and before["status"] == "running"
