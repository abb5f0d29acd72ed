# SPDX-License-Identifier: Apache-2.0
"""`job run`: claim, record, heartbeat, end; signals, kills, time limits; one program a job however many try."""

import json
import os
import resource
import signal
import subprocess

import pytest
from job_support import document, folder, new, write_experiment  # noqa: F401
from run_support import read_when_there, state_of, wait_until
from test_limits import limited  # noqa: F401


def ledger(project, job):
    path = project / ".runlake" / "ledger" / f"{job}.json"
    return json.loads(path.read_text()) if path.exists() else None


@pytest.fixture
def start(runlake_bin, project, clean_env):
    """Begins `job run` in a session of its own; what it started is gone when the test is over."""
    begun = []

    def call(job, *words, env=None):
        process = subprocess.Popen([runlake_bin, "job", "run", job, *words], cwd=project, env={**clean_env, **(env or {})}, start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
        begun.append(process)
        return process

    yield call
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


# Says who it is, waits until it is told to end.
WAITS = 'echo $$ > pid.tmp; mv pid.tmp "$0"; exec sleep 1000'


def begin_waiting(start, project, job, *words, env=None):
    process = start(job, *words, "--", "/bin/sh", "-c", WAITS, str(project / "pid"), env=env)
    return process, int(read_when_there(project / "pid"))


def test_the_experiments_command_is_run_and_recorded(runlake, project):
    write_experiment(project, command="echo seed {seed} $RUNLAKE_JOB_ID $AEXP_JOB_WORKSPACE; echo low >&2; pwd; runlake_missing || true")
    job = runlake("job", "new", "--json", "--experiment", "E001", "--no-commit", "--sp", "seed=3").ok().json["job_id"]
    ran = runlake("job", "run", job[:8], cwd=project / "kb")
    assert ran.status == 0, ran.err
    assert ran.out.splitlines() == [f"seed 3 {job} {folder(project, job)}", str(project)]
    assert "low" in ran.err
    done = document(project, job)
    assert done["status"] == "complete" and done["wallclock_s"] >= 0 and done["started_at"] <= done["ended_at"] and "heartbeat_at" in done
    assert done["runlake"]["exit_status"] == 0 and "process" not in done["runlake"]
    run = done["runlake"]["run_id"]
    shown = runlake("runs", "show", run, "--json").ok().json
    assert run in json.dumps(shown)
    where = runlake("runs", "sql", "--csv", f"SELECT working_dir, stage FROM runs JOIN run_details USING (run_id) WHERE run_id = '{run}'").ok().out.splitlines()[1]
    assert where == ".,E001", "from wherever it was called, its program ran in the project's root"
    assert (project / ".runlake" / "output" / run / "stdout.log").read_text() == ran.out
    entry = ledger(project, job)
    assert entry["status"] == "complete" and entry["ended_at"] == done["ended_at"] and entry["wallclock_s"] == done["wallclock_s"]
    show = runlake("job", "show", job).ok().out
    assert run in show and f".runlake/output/{run}/stdout.log" in show
    # Once is enough.
    again = runlake("job", "run", job)
    assert again.status == 0 and again.out == "" and "already complete" in again.err
    assert document(project, job) == done
    runlake("job", "run", job, "--force").ok()
    assert document(project, job)["runlake"]["run_id"] != run


def test_a_failure_is_told(runlake, new, project):  # noqa: F811
    job = new({"a": 1})
    ran = runlake("job", "run", job, "--", "sh", "-c", "echo token=hunter2secret >&2; echo no good >&2; exit 7")
    assert ran.status == 7 and "is failed" in ran.err
    done = document(project, job)
    assert done["status"] == "failed" and done["runlake"]["exit_status"] == 7
    assert "no good" in done["runlake"]["stderr_tail"] and "hunter2secret" not in json.dumps(done)
    assert "no good" in runlake("job", "show", job).ok().out
    assert ledger(project, job)["status"] == "failed"
    refused = runlake("job", "run", job, "--", "true")
    assert refused.status == 4 and "--force" in refused.err
    runlake("job", "run", job, "--force", "--", "true").ok()
    again = document(project, job)
    assert again["status"] == "complete" and again["started_at"] == done["started_at"]
    assert "error" not in again["runlake"] and "stderr_tail" not in again["runlake"]


@pytest.mark.parametrize("words, status", [(["no-such-program-here"], 127), (["/"], 126), (["sh", "-c", "kill -9 $$"], 137)])
def test_statuses_as_a_shell_has_them(runlake, new, project, words, status):  # noqa: F811
    job = new({"a": 1})
    assert runlake("job", "run", job, "--", *words).status == status
    assert document(project, job)["status"] in ("failed", "stopped")


def test_without_a_command(runlake, new, project):  # noqa: F811
    job = new({"a": 1})
    assert runlake("job", "run", job).status == 4
    linked = new({"b": 1}, "--experiment", "E001")
    assert runlake("job", "run", linked).status == 3
    write_experiment(project, command=" ")
    assert runlake("job", "run", linked).status == 4
    assert document(project, linked)["status"] == "created"


def test_log_only(runlake, new, project):  # noqa: F811
    job = new({"a": 1})
    ran = runlake("job", "run", job, "--log-only", "--", "sh", "-c", "echo out; echo err >&2").ok()
    assert ran.out == "" and ran.err == ""
    output = project / ".runlake" / "output" / document(project, job)["runlake"]["run_id"]
    assert (output / "stdout.log").read_text() == "out\n" and (output / "stderr.log").read_text() == "err\n"


def test_two_do_not_run_one_job(runlake, start, new, project):  # noqa: F811
    job = new({"a": 1})
    process, program = begin_waiting(start, project, job)
    running = document(project, job)
    assert running["status"] == "running" and running["runlake"]["process"]["pid"] == program
    second = runlake("job", "run", job, "--", "touch", "second")
    assert second.status == 5 and str(process.pid) in second.err
    assert runlake("job", "mark", job, "failed").status == 5
    assert document(project, job) == running and not (project / "second").exists()
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 143
    done = document(project, job)
    assert done["status"] == "stopped" and "ended_at" in done and ledger(project, job)["status"] == "stopped"
    assert state_of(program) is None
    run = runlake("runs", "sql", "--csv", "SELECT status FROM runs").ok().out
    assert "stopped" in run


def test_ctrl_c_stops_it(start, new, project):  # noqa: F811
    job = new({"a": 1})
    process, program = begin_waiting(start, project, job)
    os.killpg(process.pid, signal.SIGINT)
    process.wait()
    assert document(project, job)["status"] == "stopped" and state_of(program) is None


def test_a_runner_that_was_killed_leaves_an_abandoned_job_and_nothing_running(runlake, start, new, project):  # noqa: F811
    job = new({"a": 1})
    process, program = begin_waiting(start, project, job)
    process.kill()
    process.wait()
    wait_until(lambda: state_of(program) is None, "the end of the program")
    assert document(project, job)["status"] == "running"
    assert runlake("job", "list", "--json").ok().json["jobs"][0]["status"] == "abandoned"
    shown = runlake("job", "show", job, "--json").ok().json
    assert shown["status"] == "abandoned" and shown["life"] == "abandoned"
    runlake("job", "run", job, "--", "true").ok()
    assert document(project, job)["status"] == "complete" and ledger(project, job)["status"] == "complete"


def test_a_killed_runners_job_can_be_marked(runlake, start, new, project):  # noqa: F811
    job = new({"a": 1})
    process, program = begin_waiting(start, project, job)
    process.kill()
    process.wait()
    wait_until(lambda: state_of(program) is None, "the end of the program")
    assert runlake("job", "mark", job, "abandoned").ok().out == f"{job[:8]}: abandoned -> abandoned\n"
    assert document(project, job)["status"] == "abandoned" and ledger(project, job)["status"] == "abandoned"


def test_the_heartbeat_advances(start, new, project):  # noqa: F811
    job = new({"a": 1})
    process, program = begin_waiting(start, project, job, env={"AEXP_HEARTBEAT_S": "1"})
    first = document(project, job)["heartbeat_at"]
    wait_until(lambda: document(project, job)["heartbeat_at"] > first, "a heartbeat")
    process.send_signal(signal.SIGTERM)
    process.wait()


def test_a_time_limit_fails_the_job(runlake, new, project):  # noqa: F811
    for seconds in (1, 4, 16, 64):   # a busy machine may need longer than a second to begin the program
        job = new({"a": seconds})
        ran = runlake("job", "run", job, "--time-limit", f"{seconds}s", "--", "sh", "-c", "sleep 1000 & echo $! > child; wait")
        assert ran.status != 0 and f"timed out after {seconds} s" in ran.err
        assert document(project, job)["status"] == "failed"
        if (project / "child").exists() and (project / "child").read_text().endswith("\n"):
            break
    assert state_of(int((project / "child").read_text())) is None, "what the program started ends with it"
    for wrong in ("0s", "x", "-1s"):
        assert runlake("job", "run", job, "--force", "--time-limit", wrong, "--", "true").status == 2


def test_a_document_that_the_program_writes_meanwhile_is_kept(runlake, new, project):  # noqa: F811
    job = new({"a": 1})
    code = (
        "import json, os\n"
        "p = os.environ['AEXP_JOB_WORKSPACE'] + '/signac_job_document.json'\n"
        "d = json.load(open(p)); d['summary_metrics'] = {'loss': 0.25}; open(p + '~', 'w').write(json.dumps(d)); os.replace(p + '~', p)\n"
    )
    runlake("job", "run", job, "--", "python3", "-c", code).ok()
    done = document(project, job)
    assert done["summary_metrics"] == {"loss": 0.25} and done["status"] == "complete"


def test_thirty_two_processes_end_one_job_once(runlake_bin, clean_env, new, project, runlake):  # noqa: F811
    job = new({"experiment_id": "E001"})
    words = ["complete", "failed", "abandoned", "stopped"] * 8
    processes = [subprocess.Popen([runlake_bin, "job", "mark", job, word], cwd=project, env=clean_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for word in words]
    ended = [(word, process.communicate(), process.returncode) for word, process in zip(words, processes)]
    changed = [word for word, (out, _), status in ended if status == 0 and "->" in out]
    assert len(changed) == 1, ended
    assert all(status == (0 if word == changed[0] else 4) for word, _, status in ended), ended
    assert document(project, job)["status"] == changed[0]
    entries = sorted(path.name for path in (project / ".runlake" / "ledger").glob("*.json"))
    assert entries == [f"{job}.json"] and ledger(project, job)["status"] == changed[0]


def test_a_reader_that_goes_away_does_not_stop_the_job(start, new, project):  # noqa: F811
    job = new({"a": 1})
    process = start(job, "--", "/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo a long enough line $i; i=$((i+1)); done; touch finished")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait() == 0
    assert (project / "finished").exists() and document(project, job)["status"] == "complete"


def test_recording_switched_off_still_runs_jobs(runlake, new, project):  # noqa: F811
    job = new({"a": 1})
    runlake("job", "run", job, "--", "true", env={"RUNLAKE_MODE": "off"}).ok()
    assert document(project, job)["status"] == "complete"


def test_a_full_disk_at_the_end_is_said(runlake, new, project):  # noqa: F811
    job = new({"a": 1})
    ran = runlake("job", "run", job, "--", "true", env={"RUNLAKE_FAULT": "job.document.write:enospc:7+"})
    assert ran.status == 8 and "ending job" in ran.err
    assert document(project, job)["status"] == "running"
    assert runlake("job", "show", job, "--json").ok().json["status"] == "abandoned"


def test_a_start_that_cannot_be_recorded_in_strict_mode_runs_nothing(runlake, new, project):  # noqa: F811
    job = new({"a": 1})
    before = document(project, job)
    (project / ".runlake" / "journal").write_text("in the way")
    ran = runlake("job", "run", job, "--", "touch", "ran", env={"RUNLAKE_MODE": "strict"})
    assert ran.status == 8 and "can't be recorded" in ran.err, ran.err
    assert not (project / "ran").exists()
    after = document(project, job)
    assert after["status"] == "created" and "process" not in after["runlake"] and after["created_at"] == before["created_at"]
    runlake("job", "run", job, "--", "touch", "ran").ok()
    assert (project / "ran").exists() and document(project, job)["status"] == "complete"


def test_without_a_thread_to_watch_for_signals_nothing_is_begun(runlake, runlake_bin, limited, new, project):  # noqa: F811
    if b"libasan" in subprocess.run(["readelf", "-dW", runlake_bin], capture_output=True, check=True).stdout:
        pytest.skip("the address sanitizer takes more memory than the limit leaves")
    job = new({"a": 1})
    # The stack of each new thread would be larger than all memory that may be used.
    done = limited({resource.RLIMIT_STACK: 1 << 40, resource.RLIMIT_AS: 8 << 30}, "job", "run", job, "--", "touch", "ran")
    assert done.returncode == 8 and "starting a thread" in done.stderr, done
    assert not (project / "ran").exists() and document(project, job)["status"] == "created"
    runlake("job", "run", job, "--", "touch", "ran").ok()
    assert (project / "ran").exists() and document(project, job)["status"] == "complete"


def test_a_job_that_became_anothers_is_let_go(start, new, project):  # noqa: F811
    """As after a long pause of this machine, in which another took the claim: the program is ended and the other's document left alone."""
    job = new({"a": 1})
    process, program = begin_waiting(start, project, job, env={"AEXP_HEARTBEAT_S": "1"})
    path = folder(project, job) / "signac_job_document.json"
    taken = document(project, job)
    taken["runlake"] = {"run_id": "0f8fad5b-d9cb-469f-a165-70867728950e"}
    (project / "other").write_text(json.dumps(taken))
    os.replace(project / "other", path)
    _, err = process.communicate(timeout=300)
    assert process.returncode != 0 and "ended by another" in err
    assert state_of(program) is None and document(project, job) == taken and ledger(project, job) is None
