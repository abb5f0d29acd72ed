# SPDX-License-Identifier: Apache-2.0
"""`queue stop`, `queue remove`, `queue clear`: what runs is ended first, whoever is left of those who ran it; what is complete stays so."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from queue_support import begun, is_alive, kill, queue, waits  # noqa: F401
from run_support import wait_until


def running(queue, project, program=None, *words):  # noqa: F811
    """A job that runs, and the `queue run` that started it."""
    job = queue.add_one(program or waits(project), *words)
    run = queue.spawn("queue", "run")
    wait_until(lambda: begun(project), "the program")
    queue.until(job, "running")
    return job, run


def test_a_running_job_is_stopped(queue, runlake, project):  # noqa: F811
    job, run = running(queue, project)
    pid = begun(project)[0]
    done = runlake("queue", "stop", job[:8]).ok()
    assert done.out == f"stopped {job[:8]}: it was running\n"
    assert not is_alive(pid)
    document = queue.document(job)
    assert document["status"] == "stopped" and document["queue"]["last_error"]["cause"] == "operator_stop" and "proc" not in document["queue"] and document["ended_at"]
    assert queue.ledger(job)["status"] == "stopped"
    out, _ = run.communicate(timeout=300)
    assert run.returncode == 1 and b"stopped" in out
    assert runlake("queue", "stop", job).ok().out == f"{job[:8]} was stopped already: nothing is changed\n"


def test_a_program_that_will_not_end_is_killed(queue, runlake, project):  # noqa: F811
    job, run = running(queue, project, f"trap '' TERM; {waits(project)}")
    runlake("queue", "stop", "--force", job).ok()
    assert not is_alive(begun(project)[0]) and queue.status(job) == "stopped"
    run.communicate(timeout=300)


def test_it_gets_the_time_that_it_is_given(queue, runlake, project):  # noqa: F811
    """Longer than five seconds: it ends when it is ready. Shorter: it is killed; both without its runner, too."""
    slow = f"trap 'while ! test -e ready; do sleep 0.05; done; touch ended; exit 0' TERM; {waits(project)}"
    job, run = running(queue, project, slow)
    stop = queue.spawn("queue", "stop", "--grace", "1d", job)
    wait_until(lambda: queue.document(job)["runlake"]["queue"].get("stop_grace_s") == 86400, "the wish")
    # Longer than any of the limits of its own that `queue stop` or the runner has would be too long for a test: what counts is that nobody ends it before.
    assert is_alive(begun(project)[0])
    (project / "ready").touch()
    stop.communicate(timeout=300)
    run.communicate(timeout=300)
    assert stop.returncode == 0 and (project / "ended").exists() and queue.status(job) == "stopped"
    assert "stop_grace_s" not in queue.document(job)["runlake"].get("queue", {})


@pytest.mark.parametrize("runner_lives", [True, False])
def test_without_time_it_is_killed(queue, runlake, project, runner_lives):  # noqa: F811
    job, run = running(queue, project, f"trap '' TERM; {waits(project)}")
    if not runner_lives:
        kill(run)
    runlake("queue", "clear", "--yes", "--grace", "0s").ok()
    assert not is_alive(begun(project)[0]) and queue.status(job) == "stopped"
    run.communicate(timeout=300)


@pytest.mark.parametrize("words", [["--grace", "soon"], ["--grace", "2d"], ["--grace", "5s", "--force"], ["--grace", "-1s"]])
def test_no_such_time(runlake, words):
    done = runlake("queue", "stop", *words, "00000000")
    assert done.status == 2 and "--grace" in done.err


def test_what_it_started_ends_with_it(queue, runlake, project):  # noqa: F811
    job, run = running(queue, project, f"sh -c 'echo $$ > child; exec sleep 600' & {waits(project)}")
    child = wait_until(lambda: (project / "child").exists() and (project / "child").read_text().strip(), "the child")
    runlake("queue", "stop", job).ok()
    wait_until(lambda: not is_alive(child), "the child to end")
    run.communicate(timeout=300)


@pytest.mark.parametrize("word", ["complete", "failed"])
def test_what_has_ended_stays_as_it_is(queue, runlake, word):  # noqa: F811
    job = queue.add_one("true" if word == "complete" else "exit 1")
    queue.run()
    before, entry = queue.document(job), queue.ledger(job)
    assert before["status"] == word
    assert runlake("queue", "stop", job).ok().out == f"{job[:8]} was {word} already: nothing is changed\n"
    runlake("queue", "remove", job).ok()
    assert queue.document(job) == before and queue.ledger(job) == entry


def test_a_job_that_completes_meanwhile_stays_complete(queue, runlake, project):  # noqa: F811
    # It ends well, told to or not.
    job, run = running(queue, project, f"trap 'exit 0' TERM; {waits(project)}")
    (project / "go").touch()
    run.communicate(timeout=300)
    assert queue.status(job) == "complete"
    runlake("queue", "stop", job).ok()
    assert queue.status(job) == "complete"


def test_the_one_who_started_it_is_dead(queue, runlake, project):  # noqa: F811
    job, run = running(queue, project)
    kill(run)
    assert queue.status(job) == "running" and is_alive(begun(project)[0])
    runlake("queue", "stop", job).ok()
    assert queue.status(job) == "stopped" and not is_alive(begun(project)[0])


def test_its_runner_is_dead(queue, runlake, project):  # noqa: F811
    job, run = running(queue, project)
    kill(run)
    os.kill(queue.runner(job), signal.SIGKILL)
    wait_until(lambda: not is_alive(begun(project)[0]), "the program to end with its runner")
    done = runlake("queue", "stop", job).ok()
    assert "whoever ran it had gone" in done.out
    assert queue.status(job) == "stopped" and queue.ledger(job)["status"] == "stopped"


# A program that does not let itself be ended with its runner: as one whose guard was killed, too.
SURVIVOR = "import ctypes, os, time; ctypes.CDLL(None).prctl(1, 0); open('begun', 'a').write(f'{os.getpid()}\\n'); time.sleep(600)"


def test_its_runner_and_guard_are_dead_and_its_program_lives(queue, runlake, project):  # noqa: F811
    job = queue.add("--experiment", "E001", "--no-commit", "--sp", "n=1", "--", "python3", "-c", SURVIVOR)[0]
    run = queue.spawn("queue", "run")
    program = int(wait_until(lambda: begun(project), "the program")[0])
    kill(run)
    end_runner_and_guard(queue.runner(job))
    assert is_alive(program)
    assert "its runner has gone" in " ".join(runlake("queue", "list").ok().out.split()) or queue.listed()[job]["remark"] == "its runner has gone"
    runlake("queue", "stop", job).ok()
    assert not is_alive(program) and queue.status(job) == "stopped" and queue.error(job)["returncode"] == -15


def end_runner_and_guard(runner):
    """The guard first: it would end the program with its runner. It names itself once it has its turn."""

    def guards():
        return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and parent_of(path.name) == runner and name_of(path.name) == "runlake-guard"]

    (guard,) = wait_until(guards, "the guard")
    os.kill(guard, signal.SIGKILL)
    os.kill(runner, signal.SIGKILL)
    wait_until(lambda: not is_alive(runner), "the runner to end")


def parent_of(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def name_of(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_a_runner_that_is_paused_is_woken(queue, runlake, project):  # noqa: F811
    job, run = running(queue, project)
    os.kill(queue.runner(job), signal.SIGSTOP)
    runlake("queue", "stop", job).ok()
    assert queue.status(job) == "stopped" and not is_alive(begun(project)[0])
    run.communicate(timeout=300)


def pretend(queue, job, **members):  # noqa: F811
    """The document as another tool, or a dead machine, would have left it."""
    path = queue.folder(job) / "signac_job_document.json"
    document = json.loads(path.read_text())
    document.update(members.pop("document", {}))
    document["queue"].update(members)
    path.write_text(json.dumps(document))


def ticks_of(pid):
    return float(Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[19])


def test_a_job_of_another_tool(queue, runlake):  # noqa: F811
    host = os.uname().nodename
    job = queue.add_one("true")
    sleeper = subprocess.Popen(["sleep", "600"], start_new_session=True)
    pretend(queue, job, document={"status": "running"},
            proc={"pid": sleeper.pid, "host": host, "pgid": sleeper.pid, "started_at": "2026-06-02T09:14:27Z", "start_fingerprint": ticks_of(sleeper.pid)})
    assert "by another tool" in runlake("queue", "list").ok().out
    runlake("queue", "stop", job).ok()
    assert sleeper.wait(timeout=300) == -signal.SIGTERM
    assert queue.status(job) == "stopped" and queue.error(job)["returncode"] == -15


def test_a_number_that_is_another_processs_by_now(queue, runlake):  # noqa: F811
    job = queue.add_one("true")
    sleeper = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        pretend(queue, job, document={"status": "running"},
                proc={"pid": sleeper.pid, "host": os.uname().nodename, "pgid": sleeper.pid, "started_at": "2026-06-02T09:14:27Z", "start_fingerprint": ticks_of(sleeper.pid) - 5})
        runlake("queue", "stop", job).ok()
        assert queue.status(job) == "stopped" and is_alive(sleeper.pid)
    finally:
        sleeper.kill()
        sleeper.wait()


def test_another_host_is_said(queue, runlake):  # noqa: F811
    job = queue.add_one("true")
    pretend(queue, job, document={"status": "running"}, proc={"pid": 1, "host": "far.example.org", "started_at": "2026-06-02T09:14:27Z"})
    before = queue.document(job)
    done = runlake("queue", "stop", job)
    assert done.status == 4 and "far.example.org" in done.err
    assert queue.document(job) == before
    assert runlake("queue", "clear", "--yes").status == 4
    assert queue.document(job)["status"] == "running"
    pretend(queue, job, document={"status": "queued"})


def test_a_queued_job_is_stopped_and_removed(queue, runlake, project):  # noqa: F811
    first, second = queue.add_one("true"), queue.add_one("true")
    assert runlake("queue", "stop", first).ok().out == f"stopped {first[:8]}: it had not begun\n"
    assert runlake("queue", "remove", second).ok().out == f"abandoned {second[:8]}: it had not begun\n"
    assert (queue.status(first), queue.status(second)) == ("stopped", "abandoned")
    assert queue.ledger(second)["status"] == "abandoned"
    assert queue.run().ok().out == "Nothing is queued.\n"


def test_a_running_job_is_not_removed(queue, runlake, project):  # noqa: F811
    job, run = running(queue, project)
    done = runlake("queue", "remove", job)
    assert done.status == 4 and "queue stop" in done.err and queue.status(job) == "running"
    (project / "go").touch()
    run.communicate(timeout=300)
    assert queue.status(job) == "complete"


def test_clear_asks_and_ends_what_runs(queue, runlake, project):  # noqa: F811
    job, run = running(queue, project)
    others = [queue.add_one("true", "--tag", tag) for tag in ("a", "b")]
    refused = runlake("queue", "clear")
    assert refused.status == 1 and queue.status(others[0]) == "queued"
    runlake("queue", "clear", "--yes", "--tag", "b").ok()
    assert [queue.status(one) for one in others] == ["queued", "abandoned"] and is_alive(begun(project)[0])
    runlake("queue", "clear", "--yes").ok()
    assert [queue.status(one) for one in (job, *others)] == ["stopped", "abandoned", "abandoned"]
    assert not is_alive(begun(project)[0])
    run.communicate(timeout=300)
    assert runlake("queue", "clear", "--yes").ok().out == "Nothing is queued.\n"


def test_jobs_that_are_not_there(queue, runlake):  # noqa: F811
    job = queue.add_one("true")
    for verb in ("stop", "remove"):
        assert runlake("queue", verb, "ffffffff").status == 3
        assert runlake("queue", verb, "../x").status == 2
        assert runlake("queue", verb, job, "ffffffff").status == 3
    assert queue.status(job) == "queued"
    created = runlake("job", "new", "--json", "--experiment", "E001", "--no-commit", "--sp", "z=1").ok().json["job_id"]
    assert runlake("queue", "stop", created).status == 4


def test_stop_many_at_once_one_end(queue, runlake, project):  # noqa: F811
    job, run = running(queue, project)
    stops = [queue.spawn("queue", "stop", "--json", job) for _ in range(6)]
    answers = [stop.communicate(timeout=300) for stop in stops]
    assert [stop.returncode for stop in stops] == [0] * 6, answers
    assert {json.loads(out)["jobs"][0]["status"] for out, _ in answers} == {"stopped"}
    run.communicate(timeout=300)
