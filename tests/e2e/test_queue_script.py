# SPDX-License-Identifier: Apache-2.0
"""`queue materialize`: the scripts do what `queue run` would."""

import os
import stat
import subprocess

from queue_support import queue  # noqa: F401


def run_script(path, env, **more):
    return subprocess.run([str(path)], env={**env, **more}, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)


def test_a_shell_script_runs_the_jobs(queue, runlake, project, clean_env):  # noqa: F811
    last = queue.add_one("echo 3 >> order", "--priority", "-1")
    first = queue.add_one("echo 1 >> order")
    queue.add_one("echo 2 >> order", "--after", first, "--priority", "5")
    done = runlake("queue", "materialize").ok()
    script = project / "run_queue.sh"
    assert done.out == f"wrote 3 jobs to {script}\nrun it with: {script}\n"
    assert stat.S_IMODE(os.stat(script).st_mode) & 0o111 and script.read_text().startswith("#!/bin/sh\n")
    ran = run_script(script, clean_env)
    assert ran.returncode == 0, ran.stderr
    assert (project / "order").read_text() == "1\n2\n3\n" and queue.status(last) == "complete"
    # Once more: what is complete is passed over.
    again = run_script(script, clean_env)
    assert again.returncode == 0 and again.stderr.count("already complete") == 3 and (project / "order").read_text() == "1\n2\n3\n"


def test_the_first_failure_ends_a_shell_script(queue, runlake, project, clean_env):  # noqa: F811
    jobs = [queue.add_one("exit 3"), queue.add_one("true")]
    runlake("queue", "materialize", "--output", "go.sh").ok()
    assert run_script(project / "go.sh", clean_env).returncode == 3
    assert [queue.status(job) for job in jobs] == ["failed", "queued"]


def test_an_array_finds_its_jobs_whenever_its_tasks_start(queue, runlake, project, clean_env):  # noqa: F811
    jobs = [queue.add_one(f"echo {n} >> order") for n in range(3)]
    runlake("queue", "materialize", "--runner", "slurm", "-o", "array.sh", "--slurm", "mem=1G").ok()
    text = (project / "array.sh").read_text()
    assert "#SBATCH --array=0-2\n" in text and "#SBATCH --mem=1G\n" in text and all(job in text for job in jobs)
    # The tasks in any order, as Slurm may start them; what has ended moves no index.
    for task in (2, 0, 1):
        assert run_script(project / "array.sh", clean_env, SLURM_ARRAY_TASK_ID=str(task)).returncode == 0
    assert (project / "order").read_text() == "2\n0\n1\n" and {queue.status(job) for job in jobs} == {"complete"}


def test_what_has_to_wait_is_in_no_array(queue, runlake, project):  # noqa: F811
    first = queue.add_one("true")
    second = queue.add_one("true", "--after", first)
    done = runlake("queue", "materialize", "--runner", "slurm", "--json").ok()
    assert done.json["jobs"] == [first] and second[:8] in done.err
    queue.run("--index", "0").ok()
    assert runlake("queue", "materialize", "--runner", "slurm", "--json").ok().json["jobs"] == [second]


def test_a_list_to_be_read(queue, runlake, project):  # noqa: F811
    job = queue.add_one("true", "--tag", "mine")
    queue.add_one("true")
    done = runlake("queue", "materialize", "--runner", "manual", "--tag", "mine", "--output", "list.txt").ok()
    assert "run it with" not in done.out
    text = (project / "list.txt").read_text()
    assert text.splitlines()[-1].endswith(f"job run {job}") and len(text.splitlines()) == 2


def test_a_file_of_the_users_is_not_written_over(queue, runlake, project):  # noqa: F811
    queue.add_one("true")
    (project / "run_queue.sh").write_text("mine\n")
    done = runlake("queue", "materialize")
    assert done.status == 4 and (project / "run_queue.sh").read_text() == "mine\n"
    runlake("queue", "materialize", "--output", "x.sh").ok()
    runlake("queue", "materialize", "--output", "x.sh").ok()


def test_nothing_to_do(queue, runlake, project):  # noqa: F811
    job = queue.add_one("true")
    runlake("queue", "remove", job).ok()
    assert runlake("queue", "materialize", "--runner", "slurm").status == 2
    assert not (project / "run_queue.sh").exists()
    assert runlake("queue", "materialize").ok().out.startswith("wrote 0 jobs")
    assert runlake("queue", "materialize", "--slurm", "mem=1G").status == 2
    assert runlake("queue", "materialize", "--runner", "cron").status == 2


def test_a_folder_with_blanks_and_a_store_of_its_own(runlake, runlake_bin, tmp_path, clean_env):
    project = tmp_path / "my project's"
    (project / ".runlake").mkdir(parents=True)
    add = [str(runlake_bin), "queue", "add", "--json", "--experiment", "E001", "--no-commit", "--sp", "a=1", "--", "sh", "-c", "pwd > here"]
    subprocess.run(add, cwd=project, env=clean_env, check=True, capture_output=True)
    subprocess.run([str(runlake_bin), "queue", "materialize"], cwd=project, env=clean_env, check=True, capture_output=True)
    ran = run_script(project / "run_queue.sh", clean_env)
    assert ran.returncode == 0, ran.stderr
    assert (project / "here").read_text() == f"{project}\n"
