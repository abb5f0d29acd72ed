# SPDX-License-Identifier: Apache-2.0
"""`queue run --executor slurm` on a real Slurm: arrays are submitted, followed, stopped and taken up again; what Slurm does to a task is told of its job."""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import slurm_cluster

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from queue_support import Queue, add_experiment, begun, is_alive, kill, waits  # noqa: E402

LIMIT = 300.0


@pytest.fixture(scope="module")
def cluster():
    one = slurm_cluster.Cluster()
    yield one
    one.close()


@pytest.fixture
def clean_env(clean_env, cluster):
    return cluster.environment({**clean_env, "PATH": clean_env["PATH"] + ":/usr/bin:/usr/sbin"})


@pytest.fixture
def queue(runlake, runlake_bin, project, clean_env, cluster):
    add_experiment(project)
    one = Queue(runlake, runlake_bin, project, clean_env)
    one.slurm = lambda *words, **options: one.run("--executor", "slurm", *words, timeout=300, **options)
    one.cluster = cluster
    yield one
    if (project / ".runs").exists():
        runlake("queue", "clear", "--yes", "--force")
    cluster.ask("scancel", "--user=root")


def wait_until(condition, what, cluster, limit=LIMIT):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"still waiting after {limit} s for {what}\n{cluster.logs()}"
        threading.Event().wait(0.05)


def known(cluster):
    """What Slurm knows: {"12_0": "RUNNING"}."""
    lines = cluster.ask("squeue", "--noheader", "--array", "--states=all", "--format=%F_%K %T").split("\n")
    return dict(line.split(" ", 1) for line in lines if line)


def submitted(queue, job):
    return queue.place(job).get("slurm", {}).get("array", "") != ""


def test_an_array_is_submitted_and_followed_to_its_end(queue, project):
    jobs = queue.add("--experiment", "E001", "--no-commit", "--sweep", "n=0..4", "--", "sh", "-c", "echo {n} $SLURM_ARRAY_TASK_ID >> order; echo seen {n}; test {n} != 3")
    before = len({name.split("_")[0] for name in known(queue.cluster)})
    done = queue.slurm("--continue-on-failure")
    assert done.status == 1 and "ran 4/5 job(s) successfully" in done.out and "submitted 5 jobs to Slurm: array " in done.err, (done, queue.cluster.logs())
    assert [queue.status(job) for job in jobs] == ["complete"] * 3 + ["failed", "complete"]
    # The index of a task is the job's, one array for all.
    assert sorted((project / "order").read_text().splitlines()) == [f"{n} {n}" for n in range(5)]
    assert len({name.split("_")[0] for name in known(queue.cluster)}) == before + 1
    document = queue.document(jobs[2])
    assert (project / ".runlake" / "output" / document["runlake"]["run_id"] / "stdout.log").read_text() == "seen 2\n"
    assert queue.ledger(jobs[2])["status"] == "complete" and queue.error(jobs[3])["returncode"] == 1
    assert "slurm" not in queue.place(jobs[2])
    assert queue.slurm().ok().out == "Nothing is queued.\n"


def test_what_follows_is_submitted_once_it_can_run(queue, project):
    first = queue.add_one("echo 1 >> order")
    second = queue.add_one("echo 2 >> order", "--after", first)
    done = queue.slurm().ok()
    assert (project / "order").read_text() == "1\n2\n" and done.err.count("submitted 1 job ") == 2 and queue.status(second) == "complete"


def test_a_failed_job_is_submitted_again(queue, project):
    job = queue.add_one("echo x >> tries; test $(wc -l < tries) -ge 2", "--retries", "3")
    queue.slurm().ok()
    assert (project / "tries").read_text() == "x\nx\n" and queue.status(job) == "complete" and queue.place(job)["failures"] == 1


def test_it_dies_and_the_next_one_follows(queue, project):
    jobs = [queue.add_one(waits(project)) for _ in range(2)]
    run = queue.spawn("queue", "run", "--executor", "slurm")
    wait_until(lambda: len(begun(project)) == 2 and all(submitted(queue, job) for job in jobs), "the programs", queue.cluster)
    kill(run)
    arrays = {queue.place(job)["slurm"]["array"] for job in jobs}
    assert len(arrays) == 1 and {queue.place(job)["slurm"]["task"] for job in jobs} == {0, 1}
    # A local one leaves them to Slurm.
    assert queue.run().ok().out == "Nothing is queued.\n"
    follower = queue.spawn("queue", "run", "--executor", "slurm")
    # A job that ends before the follower knows of it is none that it ran.
    assert sorted(follower.stdout.readline().split()[0] for _ in jobs) == [b"started"] * 2
    (project / "go").touch()
    out, err = follower.communicate(timeout=300)
    assert follower.returncode == 0 and b"submitted" not in err and b"ran 2/2" in out, (out, err)
    assert len(begun(project)) == 2 and {queue.status(job) for job in jobs} == {"complete"}


@pytest.mark.parametrize("fault", ["job.document.write:kill:1", "job.document.write:kill_after:2", "queue.slurm.write:kill:2", "job.document.write:kill:3", "job.document.write:kill:4"])
def test_killed_while_it_submits_it_submits_nothing_twice(queue, project, fault):
    jobs = [queue.add_one(f"echo {n} >> order") for n in range(2)]
    before = {name.split("_")[0] for name in known(queue.cluster)}
    # The tasks are to have an environment without the fault.
    run = queue.spawn("queue", "run", "--executor", "slurm", env={"RUNLAKE_FAULT": fault, "SBATCH_EXPORT": "PATH,HOME"})
    run.communicate(timeout=300)
    assert run.returncode == -signal.SIGKILL
    queue.slurm().ok()
    assert {queue.status(job) for job in jobs} == {"complete"}, [queue.document(job) for job in jobs]
    assert sorted((project / "order").read_text().split()) == ["0", "1"]
    assert len({name.split("_")[0] for name in known(queue.cluster)} - before) == 1


def test_an_answer_that_was_never_read_is_found_by_its_name(queue, project, tmp_path):
    """sbatch is asked, the array exists, and whoever asked is killed before it hears so."""
    job = queue.add_one("echo x >> order; sleep 1")
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    (bin_dir / "sbatch").write_text(f"#!/bin/sh\n{shutil.which('sbatch')} \"$@\"\nkill -9 $PPID\nsleep 1\n")
    (bin_dir / "sbatch").chmod(0o755)
    run = queue.spawn("queue", "run", "--executor", "slurm", env={"PATH": f"{bin_dir}:{queue.env['PATH']}"})
    run.communicate(timeout=300)
    assert run.returncode == -signal.SIGKILL
    place = queue.place(job)
    assert "slurm" not in place or place["slurm"]["array"] == ""
    done = queue.slurm().ok()
    assert "submitted" not in done.err and queue.status(job) == "complete" and (project / "order").read_text() == "x\n"


def test_two_at_once_submit_each_job_once(queue, project):
    jobs = [queue.add_one(f"echo {n} >> order") for n in range(6)]
    runs = [queue.spawn("queue", "run", "--executor", "slurm") for _ in range(2)]
    answers = [run.communicate(timeout=300) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], answers
    assert sum(err.count(b"submitted") for _, err in answers) == 1
    assert sorted((project / "order").read_text().split()) == [str(n) for n in range(6)] and {queue.status(job) for job in jobs} == {"complete"}


def test_interrupted_it_leaves_them_to_slurm(queue, project):
    job = queue.add_one(waits(project))
    run = queue.spawn("queue", "run", "--executor", "slurm")
    wait_until(lambda: begun(project) and submitted(queue, job), "the program", queue.cluster)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=300)
    assert run.returncode == 130 and b"stay with Slurm" in err and queue.status(job) == "running"
    (project / "go").touch()
    queue.slurm().ok()
    assert queue.status(job) == "complete"


def test_stop_cancels_what_runs_and_what_waits(queue, runlake, project):
    running = [queue.add_one(waits(project)) for _ in range(4)]
    pending = queue.add_one(waits(project))
    run = queue.spawn("queue", "run", "--executor", "slurm")
    wait_until(lambda: len(begun(project)) == 4, "four programs on four processors", queue.cluster)
    wait_until(lambda: submitted(queue, pending), "the array's id", queue.cluster)
    assert "with Slurm" in " ".join(runlake("queue", "list", "--json").ok().out.split())
    task = "{array}_{task}".format(**queue.place(pending)["slurm"])
    assert runlake("queue", "stop", pending).ok().out.startswith(f"stopped {pending[:8]}")
    assert queue.status(pending) == "stopped" and known(queue.cluster).get(task, "CANCELLED") == "CANCELLED"
    runlake("queue", "stop", running[0]).ok()
    assert queue.status(running[0]) == "stopped" and queue.error(running[0])["cause"] == "operator_stop"
    (project / "go").touch()
    out, err = run.communicate(timeout=300)
    assert run.returncode == 1 and b"ran 3/5" in out, (out, err)


def test_what_is_cancelled_in_slurm_is_stopped(queue, project):
    running = [queue.add_one(waits(project)) for _ in range(4)]
    pending = queue.add_one(waits(project))
    run = queue.spawn("queue", "run", "--executor", "slurm")
    wait_until(lambda: len(begun(project)) == 4 and submitted(queue, pending) and submitted(queue, running[0]), "the programs", queue.cluster)
    for job in (pending, running[0]):
        queue.cluster.ask("scancel", "{array}_{task}".format(**queue.place(job)["slurm"]))
    wait_until(lambda: queue.status(pending) == queue.status(running[0]) == "stopped", "both to be stopped", queue.cluster)
    (project / "go").touch()
    run.communicate(timeout=300)
    assert "cancelled in Slurm" in queue.error(pending)["stderr_tail"] and [queue.status(job) for job in running[1:]] == ["complete"] * 3


def test_a_runner_that_slurm_or_the_kernel_killed(queue, project):
    job = queue.add_one(waits(project))
    run = queue.spawn("queue", "run", "--executor", "slurm", "--slurm", "comment=a b")
    wait_until(lambda: begun(project) and submitted(queue, job), "the program", queue.cluster)
    os.kill(queue.runner(job), signal.SIGKILL)
    out, err = run.communicate(timeout=300)
    assert run.returncode == 1, (out, err)
    assert queue.status(job) == "failed" and "was ended by Slurm: failed" in queue.error(job)["stderr_tail"] and not is_alive(begun(project)[0])


def test_what_slurm_refuses_is_passed_on(queue, project):
    job = queue.add_one("true")
    done = queue.slurm("--slurm", "partition=no-such-partition")
    assert done.status == 2 and "partition" in done.err and "slurm" not in queue.place(job) and queue.status(job) == "queued"
    queue.slurm().ok()


def test_a_task_that_ends_without_running_its_job(queue, runlake, project):
    """Its command is known when it is submitted, and not when it is begun."""
    add_experiment(project, command="true")
    job = queue.add("--experiment", "E001", "--no-commit", "--sp", "a=1")[0]
    add_experiment(project)
    done = queue.slurm()
    assert done.status == 1 and queue.status(job) == "failed"
    assert "ended without running it" in queue.error(job)["stderr_tail"] and "runner_command" in queue.error(job)["stderr_tail"]


def test_where_squeue_is_not_there_scontrol_is_asked(queue, project, tmp_path):
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    for name in ("sbatch", "scontrol", "scancel", "sh", "bash", "env", "true", "sleep"):
        (bin_dir / name).symlink_to(shutil.which(name))
    job = queue.add_one("sleep 0.5")
    done = queue.slurm(env={"PATH": str(bin_dir)}).ok()
    assert queue.status(job) == "complete" and "ran 1/1" in done.out


def test_jobs_limits_how_many_run_at_once(queue, project):
    hold = "mkdir lock || exit 9; sleep 0.2; rmdir lock"
    jobs = [queue.add_one(hold) for _ in range(3)]
    queue.slurm("--jobs", "1").ok()
    assert {queue.status(job) for job in jobs} == {"complete"}


def test_slurm_gives_gpus_to_one_job_at_a_time(queue, project):
    hold = 'for g in $(echo $CUDA_VISIBLE_DEVICES | tr , " "); do mkdir lock.$g || exit 9; done; sleep 0.3; for g in $(echo $CUDA_VISIBLE_DEVICES | tr , " "); do rmdir lock.$g; done'
    jobs = [queue.add_one(f"{hold}; echo $CUDA_VISIBLE_DEVICES >> gpus", "--gpus", count) for count in ("2", "1", "2", "3")]
    queue.add_one("echo none:$CUDA_VISIBLE_DEVICES >> gpus")
    queue.slurm("--continue-on-failure").ok()
    given = (project / "gpus").read_text().split()
    assert "none:" in given and sorted(len(one.split(",")) for one in given if one != "none:") == [1, 2, 2, 3]
    assert {queue.status(job) for job in jobs} == {"complete"}


def test_a_materialized_array_runs_on_slurm(queue, runlake, project):
    jobs = queue.add("--experiment", "E001", "--no-commit", "--sweep", "n=0..2", "--", "sh", "-c", "echo {n} >> order")
    runlake("queue", "materialize", "--runner", "slurm", "--output", "array.sh").ok()
    done = subprocess.run([slurm_cluster.find("sbatch"), "--wait", "array.sh"], cwd=project, env=queue.env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, (done, queue.cluster.logs())
    assert sorted((project / "order").read_text().split()) == ["0", "1", "2"] and {queue.status(job) for job in jobs} == {"complete"}
    assert json.loads(runlake("queue", "list", "--json").ok().out)["jobs"] == []
