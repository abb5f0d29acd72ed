# SPDX-License-Identifier: Apache-2.0
"""`queue run`: order, workers, GPUs, limits, retries, dependences; each job run once, whoever else is at it, and recorded."""

import json
import signal
import subprocess

from queue_support import Queue, add_experiment, begun, is_alive, kill, queue, waits  # noqa: F401
from run_support import wait_until


def order_of(project):
    path = project / "order"
    return path.read_text().split() if path.exists() else []


def test_a_queued_job_is_a_recorded_run(queue, runlake, project):  # noqa: F811
    job = queue.add_one("echo out; echo err >&2; echo $AEXP_JOB_ID $RUNLAKE_JOB_ID; test -d $AEXP_JOB_WORKSPACE; pwd")
    done = queue.run().ok()
    assert f"started {job[:8]}" in done.out and f"complete {job[:8]} after " in done.out and done.out.endswith("ran 1/1 job(s) successfully\n")
    document = queue.document(job)
    assert document["status"] == "complete" and document["wallclock_s"] >= 0 and document["ended_at"] and "proc" not in document["queue"]
    run = document["runlake"]["run_id"]
    shown = runlake("runs", "show", "--json", run).ok().json
    text = json.dumps(shown)
    assert job in text and "completed" in text
    log = (project / ".runlake" / "output" / run / "stdout.log").read_text()
    assert log == f"out\n{job} {job}\n{project}\n"
    assert (project / ".runlake" / "output" / run / "stderr.log").read_text() == "err\n"
    entry = queue.ledger(job)
    assert entry["status"] == "complete" and entry["wallclock_s"] == document["wallclock_s"] and entry["ended_at"] == document["ended_at"]
    # What has ended is not run again.
    assert queue.run().ok().out == "Nothing is queued.\n"


def test_the_experiments_command_is_filled_in(queue, runlake, project):  # noqa: F811
    add_experiment(project, command="printf '%s|' {seed} {sp_json_shell} {job_id} {none} > {name}.txt")
    runlake("queue", "add", "--experiment", "E001", "--no-commit", "--sp", "seed=3", "--sp", "name=it").ok()
    dry = queue.run("--dry-run").ok()
    assert "printf" in dry.out and not (project / "it.txt").exists()
    queue.run().ok()
    seed, text, job, none, _ = (project / "it.txt").read_text().split("|")
    assert seed == "3" and json.loads(text) == {"experiment_id": "E001", "name": "it", "seed": 3} and len(job) == 32 and none == "{none}"


def test_words_of_a_program_are_no_shells_words(queue, runlake, project):  # noqa: F811
    runlake("queue", "add", "--experiment", "E001", "--no-commit", "--sp", "text=a b; touch x $(touch y) 'q", "--", "sh", "-c", "printf %s \"$1\" > out", "sh", "{text}").ok()
    queue.run().ok()
    assert (project / "out").read_text() == "a b; touch x $(touch y) 'q"
    assert not (project / "x").exists() and not (project / "y").exists()


def test_higher_priority_goes_first_then_as_queued(queue, project):  # noqa: F811
    for name, priority in (("a", 0), ("b", -1), ("c", 7), ("d", 0)):
        queue.add_one(f"echo {name} >> order", "--priority", str(priority))
    queue.run().ok()
    assert order_of(project) == ["c", "a", "d", "b"]


def test_what_follows_waits_for_what_is_complete(queue, project):  # noqa: F811
    last = queue.add_one("echo 3 >> order", "--priority", "-5")
    first = queue.add_one("sleep 0.2; echo 1 >> order")
    second = queue.add_one("echo 2 >> order", "--after", first, "--priority", "9")
    third = queue.add_one("echo 4 >> order", "--after", second, "--after", last)
    queue.run("--jobs", "4").ok()
    seen = order_of(project)
    assert sorted(seen) == ["1", "2", "3", "4"] and seen.index("1") < seen.index("2") < seen.index("4") and seen[-1] == "4"
    assert queue.status(third) == "complete"


def test_what_follows_a_failed_job_is_not_run(queue):  # noqa: F811
    first = queue.add_one("exit 1")
    second = queue.add_one("true", "--after", first)
    done = queue.run("--continue-on-failure")
    assert done.status == 1 and f"blocked by {first[:8]} (failed)" in done.err
    assert queue.status(second) == "queued"
    assert queue.run().status == 1


def test_the_first_failure_ends_it_unless_told_otherwise(queue):  # noqa: F811
    jobs = [queue.add_one("exit 7"), queue.add_one("true"), queue.add_one("true")]
    done = queue.run()
    assert done.status == 1 and "ran 0/1 job(s) successfully" in done.out
    assert [queue.status(job) for job in jobs] == ["failed", "queued", "queued"]
    assert queue.error(jobs[0])["returncode"] == 7 and queue.document(jobs[0])["runlake"]["exit_status"] == 7
    jobs.append(queue.add_one("exit 8", "--priority", "1"))
    done = queue.run("--continue-on-failure")
    assert done.status == 1 and "ran 2/3 job(s) successfully" in done.out
    assert [queue.status(job) for job in jobs] == ["failed", "complete", "complete", "failed"]


def test_workers_run_side_by_side(queue, project):  # noqa: F811
    # Each waits until all three are there: one after the other they would never end.
    meet = "touch here.$$; while [ $(ls here.* | wc -l) -lt 3 ]; do sleep 0.01; done"
    jobs = [queue.add_one(meet) for _ in range(3)]
    queue.run("--jobs", "3").ok()
    assert [queue.status(job) for job in jobs] == ["complete"] * 3


def test_gpus_are_given_to_one_job_at_a_time(queue, project):  # noqa: F811
    hold = 'for g in $(echo $CUDA_VISIBLE_DEVICES | tr , " "); do mkdir lock.$g || exit 9; done; sleep 0.1; for g in $(echo $CUDA_VISIBLE_DEVICES | tr , " "); do rmdir lock.$g; done'
    jobs = [queue.add_one(f"{hold}; echo $CUDA_VISIBLE_DEVICES >> gpus", *words) for words in ([], [], ["--gpus", "2"], [], ["--gpus", "1"], ["--gpus", "3"])]
    free = queue.add_one('echo "none:$CUDA_VISIBLE_DEVICES" >> none', "--gpus", "0")
    greedy = queue.add_one("true", "--gpus", "4")
    done = queue.run("--jobs", "8", "--gpus", "0,1,GPU-7")
    assert done.status == 1 and "wants 4 GPUs; this run has 3" in done.err
    assert [queue.status(job) for job in jobs] == ["complete"] * 6 and queue.status(free) == "complete" and queue.status(greedy) == "queued"
    given = (project / "gpus").read_text().split()
    assert sorted(len(one.split(",")) for one in given) == [1, 1, 1, 1, 2, 3] and "0,1,GPU-7" in given
    assert (project / "none").read_text() == "none:\n"


def test_two_runners_of_one_machine_share_its_gpus(queue, runlake_bin, project, tmp_path, clean_env):  # noqa: F811
    """Another project's, too; also when the `queue run` that handed one out is killed and its job lives on. Who waits is ended by Ctrl-C."""
    other = tmp_path / "other"
    other.mkdir()
    subprocess.run(["git", "init", "-q", "."], cwd=other, env=clean_env, check=True)
    first = queue.add_one(waits(project))
    one = queue.spawn("queue", "run", "--gpus", "0")
    wait_until(lambda: begun(project), "the first program")
    kill(one)
    there = Queue(lambda *words, **more: None, runlake_bin, other, clean_env)
    subprocess.run([runlake_bin, "queue", "add", "--experiment", "E001", "--no-commit", "--sp", "n=1", "--", "sh", "-c", "echo $CUDA_VISIBLE_DEVICES$RUNLAKE_QUEUE_GPUS > seen"], cwd=other, env=clean_env, check=True, stdout=subprocess.DEVNULL)
    for gpus, ends in (("0", False), ("0,1", True)):
        two = there.spawn("queue", "run", "--gpus", gpus, stderr=subprocess.STDOUT)
        if ends:  # the second is free
            assert two.communicate(timeout=300)[0].decode().startswith("started") and (other / "seen").read_text() == "1\n"
            break
        line = two.stdout.readline().decode()
        assert line.startswith("waiting: GPU 0 is used by process ") and "a job that `queue run` has begun" in line
        assert not (other / "seen").exists()
        two.send_signal(signal.SIGINT)
        assert two.wait(timeout=300) == 130
        two.stdout.close()
    again = subprocess.run([runlake_bin, "queue", "add", "--experiment", "E001", "--no-commit", "--sp", "n=2", "--", "true"], cwd=other, env=clean_env, check=True, stdout=subprocess.DEVNULL)
    assert again.returncode == 0
    three = there.spawn("queue", "run", "--gpus", "0", stderr=subprocess.STDOUT)
    assert three.stdout.readline().decode().startswith("waiting: ")
    (project / "go").touch()
    queue.until(first, "complete")
    assert b"ran 1/1" in three.communicate(timeout=300)[0] and three.returncode == 0


def test_without_gpus_the_variable_is_left_alone(queue, project):  # noqa: F811
    queue.add_one('echo "$CUDA_VISIBLE_DEVICES" > seen')
    queue.run(env={"CUDA_VISIBLE_DEVICES": "5"}).ok()
    assert (project / "seen").read_text() == "5\n"


def test_a_failed_job_is_tried_again_as_often_as_it_may(queue, project):  # noqa: F811
    job = queue.add_one("echo x >> tries; test $(wc -l < tries) -ge 3", "--retries", "5")
    done = queue.run().ok()
    assert done.out.count("again ") == 2 and (project / "tries").read_text() == "x\n" * 3
    assert queue.status(job) == "complete" and queue.place(job)["failures"] == 2 and queue.error(job) is None
    hopeless = queue.add_one("echo y >> more; exit 4", "--retries", "2")
    assert queue.run().status == 1
    assert (project / "more").read_text() == "y\n" * 3 and queue.status(hopeless) == "failed"
    # No entry of the ledger but for the end.
    assert queue.ledger(hopeless)["status"] == "failed"


def test_a_job_that_takes_too_long_has_failed(queue, project):  # noqa: F811
    for seconds in (1, 4, 16, 64):   # a busy machine may need longer than a second to begin the program
        job = queue.add_one("echo $$ > pid; exec sleep 600", "--time-limit", f"{seconds}s")
        assert queue.run().status == 1
        document = queue.document(job)
        assert document["status"] == "failed" and document["queue"]["last_error"]["cause"] == "time_limit" and "timed out" in document["runlake"]["error"]
        if (project / "pid").exists() and (project / "pid").read_text().endswith("\n"):
            break
    assert not is_alive((project / "pid").read_text().strip())


def test_an_index_means_one_job_for_ever(queue, project):  # noqa: F811
    jobs = [queue.add_one(f"echo {n} >> order") for n in range(4)]
    queue.run("--index", "1").ok()
    assert order_of(project) == ["1"]
    # What has ended does not move the others.
    queue.run("--index", "2").ok()
    queue.run("--index", "0").ok()
    assert order_of(project) == ["1", "2", "0"] and queue.status(jobs[3]) == "queued"
    again = queue.run("--index", "1").ok()
    assert "is complete already" in again.err and order_of(project) == ["1", "2", "0"]
    assert queue.run("--index", "9").status == 3
    assert queue.run("--index", "-1").status in (2, 3)


def test_only_what_is_chosen(queue):  # noqa: F811
    first, second = queue.add_one("true", "--tag", "a"), queue.add_one("true", "--tag", "b")
    queue.run("--tag", "b").ok()
    assert (queue.status(first), queue.status(second)) == ("queued", "complete")
    assert queue.run("--experiment", "E002").ok().out == "Nothing is queued.\n"


def test_a_job_without_a_command_is_said_and_left(queue, runlake):  # noqa: F811
    added = runlake("queue", "add", "--experiment", "E001", "--no-commit", "--sp", "a=1").ok()
    assert "runner_command" in added.err
    done = queue.run()
    assert done.status == 1 and "runner_command" in done.err and "not run" in done.out
    assert [one["status"] for one in queue.listed().values()] == ["queued"]


def test_a_program_that_is_not_there_has_failed(queue, runlake):  # noqa: F811
    job = queue.add("--experiment", "E001", "--no-commit", "--sp", "a=1", "--", "no-such-program")[0]
    assert queue.run().status == 1
    assert queue.status(job) == "failed" and queue.document(job)["runlake"]["exit_status"] == 127


def test_many_runs_of_one_queue_run_each_job_once(queue, project):  # noqa: F811
    jobs = [queue.add_one(f"echo {n} >> order; sleep 0.0{n % 5}") for n in range(20)]
    runs = [queue.spawn("queue", "run", "--jobs", "3") for _ in range(4)]
    answers = [run.communicate(timeout=300) for run in runs]
    assert [run.returncode for run in runs] == [0] * 4, answers
    assert sorted(order_of(project), key=int) == [str(n) for n in range(20)]
    assert {queue.status(job) for job in jobs} == {"complete"}
    assert all(queue.ledger(job)["status"] == "complete" for job in jobs)


def test_what_others_make_possible_meanwhile_is_run(queue, project):  # noqa: F811
    first = queue.add_one(waits(project))
    run = queue.spawn("queue", "run")
    wait_until(lambda: begun(project), "the first job")
    second = queue.add_one("true", "--after", first)
    (project / "go").touch()
    out, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    assert queue.status(second) == "complete" and b"ran 2/2" in out


def test_json_says_what_became_of_each(queue):  # noqa: F811
    good, bad = queue.add_one("true"), queue.add_one("exit 5")
    done = queue.run("--json", "--continue-on-failure")
    assert done.status == 1 and done.json["version"] == 1 and done.json["completed"] == 1
    assert {one["job_id"]: one["status"] for one in done.json["jobs"]} == {good: "complete", bad: "failed"}
    assert done.json["jobs"][1]["last_error"]["returncode"] == 5


def test_words_that_make_no_sense(queue):  # noqa: F811
    queue.add_one("true")
    for words in (["--jobs", "0"], ["--jobs", "x"], ["--gpus", "0,0"], ["--gpus", ""], ["--slurm", "mem=1G"], ["--executor", "cloud"], ["--index", "x"],
                  ["--executor", "slurm", "--gpus", "0"], ["--executor", "slurm", "--slurm", "array=0-9"]):
        assert queue.run(*words).status == 2, words
    assert [one["status"] for one in queue.listed().values()] == ["queued"]


def test_without_slurm_it_says_so(queue):  # noqa: F811
    job = queue.add_one("true")
    done = queue.run("--executor", "slurm", env={"PATH": "/nowhere"})
    assert done.status == 7 and "sbatch" in done.err
    assert "slurm" not in queue.place(job)
    queue.run().ok()


def test_without_a_run_store(runlake):
    for words in (["list"], ["run"], ["clear", "--yes"], ["stop", "abcd"], ["remove", "abcd"], ["materialize"]):
        done = runlake("queue", *words)
        assert done.status == 3 and "run store" in done.err, words
