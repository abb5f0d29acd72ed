# SPDX-License-Identifier: Apache-2.0
"""`runs recover`: runs whose recorder was killed are left while their program lives, and closed after, with what can be known of why."""

import json
import signal
import subprocess
import time
import zlib
from pathlib import Path

import pytest
from run_support import LIMIT, end, journal, read_when_there, state_of, wait_until


def store_of(project):
    return project / ".runlake"


def fates(runlake, *words, **options):
    return {run["run_id"]: run["fate"] for run in runlake("runs", "recover", *words, "--json", **options).ok().json["runs"]}


def status_of(runlake, run_id):
    run = runlake("runs", "show", run_id, "--json").ok().json["run"]
    return run["status"], run["shown"]


@pytest.fixture
def unwatched(runlake_bin, project, clean_env):
    """A run whose recorder was killed: its id and the number of its program, which waits for a file."""
    process = subprocess.Popen([runlake_bin, "run", "--", "sh", "-c", "echo $$ > pid; while ! test -e go; do sleep 0.01; done"], cwd=project, env=clean_env)
    program = int(read_when_there(project / "pid"))
    process.kill()
    process.wait()
    yield journal.only(store_of(project), "start")["run"], program
    end(program)


def test_a_living_program_is_left_and_shown_as_unwatched(runlake, project, unwatched):
    run_id, program = unwatched
    assert status_of(runlake, run_id) == ("running", "unwatched")
    assert fates(runlake) == {run_id: "unwatched"}
    assert "left" in runlake("runs", "recover").ok().out and state_of(program)
    assert not journal.of_kind(store_of(project), "end")


def test_a_program_that_has_gone_is_closed_as_killed_once(runlake, project, unwatched):
    run_id, program = unwatched
    (project / "go").write_text("")
    wait_until(lambda: state_of(program) is None, "the program's end")
    assert status_of(runlake, run_id) == ("running", "abandoned")  # seen, not stored
    assert fates(runlake) == {run_id: "killed"}
    record = journal.only(store_of(project), "end")
    assert record["presumed"] and record["presumption"] == "killed" and record["state"] == "abandoned" and record["duration_seconds"] >= 0
    assert status_of(runlake, run_id) == ("abandoned", "abandoned")
    assert fates(runlake) == {}
    assert runlake("runs", "recover").ok().out == "0 runs closed, 0 left open\n"
    assert len(journal.of_kind(store_of(project), "end")) == 1


def test_a_run_in_progress_is_left(runlake, runlake_bin, project, clean_env):
    process = subprocess.Popen([runlake_bin, "run", "--", "sh", "-c", "echo $$ > pid; while ! test -e go; do sleep 0.01; done"], cwd=project, env=clean_env)
    read_when_there(project / "pid")
    assert set(fates(runlake).values()) == {"running"}
    (project / "go").write_text("")
    assert process.wait(LIMIT) == 0
    assert journal.only(store_of(project), "end")["state"] == "completed" and fates(runlake) == {}


def test_a_stopped_recorder_is_no_gone_recorder(runlake, runlake_bin, project, clean_env):
    process = subprocess.Popen([runlake_bin, "run", "--", "sh", "-c", "echo $$ > pid; while ! test -e go; do sleep 0.01; done"], cwd=project, env=clean_env)
    program = int(read_when_there(project / "pid"))
    process.send_signal(signal.SIGSTOP)
    (project / "go").write_text("")
    wait_until(lambda: state_of(program) is None, "the program's end")
    assert set(fates(runlake).values()) == {"running"}
    process.send_signal(signal.SIGCONT)
    assert process.wait(LIMIT) == 0
    assert journal.only(store_of(project), "end")["state"] == "completed"


@pytest.fixture
def forge(runlake, project):
    """forge(recorder={...}, watched={...}): a run like a real one, but of other processes; gives its id."""
    runlake("run", "--", "true").ok()
    real = journal.only(store_of(project), "start")
    (segment,) = store_of(project).glob("journal/*/*.free")

    def call(recorder=None, watched=None, at=None, kind="start", **members):
        record = json.loads(json.dumps(real))
        number = len(journal.records(store_of(project)))
        record.update(run=f"{number:08x}-0000-4000-8000-000000000000", n=1000 + number, at=at or record["at"], **members)
        record["recorder"].update(recorder or {})
        if watched is None:
            del record["watched"]
        else:
            record["watched"].update(watched)
        payload = json.dumps(record, separators=(",", ":")).encode()
        with open(segment, "ab") as file:
            file.write(b"1 %08x %s\n" % (zlib.crc32(payload), payload))
        return record["run"]

    return call


GONE = {"pid": 2**22 + 1}
OTHER_BOOT = {"boot": "0" * 32}
OTHER_SPACE = {"pid_ns": 1}


def test_killed_host_lost_and_unknown_are_told_apart(runlake, forge):
    killed = forge(GONE, GONE)
    inside = forge(GONE)
    reused = forge(GONE, {"pid": 1, "ticks": 999999999})
    lost = forge(OTHER_BOOT, OTHER_BOOT)
    container = forge(OTHER_SPACE, OTHER_SPACE)
    elsewhere = forge({"machine": "f" * 32}, {"machine": "f" * 32})
    assert fates(runlake) == {killed: "killed", inside: "killed", reused: "killed", lost: "host_lost", container: "elsewhere", elsewhere: "elsewhere"}
    for run_id in (killed, inside, reused, lost):
        assert status_of(runlake, run_id)[0] == "abandoned"
    for run_id in (container, elsewhere):
        assert status_of(runlake, run_id)[0] == "running"
    presumed = {run_id: runlake("runs", "show", run_id, "--json").ok().json["run"] for run_id in (killed, lost)}
    assert presumed[killed]["presumption"] == "killed" and presumed[lost]["presumption"] == "host_lost" and presumed[killed]["error"].startswith("killed")


def test_what_cannot_be_judged_is_closed_by_age_only_when_asked(runlake, forge):
    now = int(time.time() * 1e6)
    old = forge(OTHER_SPACE, OTHER_SPACE, at=now - 8 * 86400 * 10**6)
    young = forge(OTHER_SPACE, OTHER_SPACE, at=now - 3600 * 10**6)
    spoken = forge(OTHER_SPACE, OTHER_SPACE, at=now - 9 * 86400 * 10**6)
    runlake("log", "--run", spoken, "still_here=1").ok()
    assert fates(runlake) == {old: "elsewhere", young: "elsewhere", spoken: "elsewhere"}
    assert fates(runlake, "--unknown-after", "7d") == {old: "unknown", young: "elsewhere", spoken: "elsewhere"}
    assert status_of(runlake, old)[0] == "abandoned"
    assert runlake("runs", "recover", "--unknown-after", "soon").status == 2


def test_a_real_end_takes_the_place_of_a_presumed_one(runlake, forge, project):
    run_id = forge(GONE, GONE)
    assert fates(runlake) == {run_id: "killed"}
    (segment,) = store_of(project).glob("journal/*/*.free")
    payload = json.dumps({"kind": "end", "run": run_id, "at": int(time.time() * 1e6) + 10**9, "n": 5, "state": "completed", "duration_seconds": 2.5, "exit_status": 0}).encode()
    with open(segment, "ab") as file:
        file.write(b"1 %08x %s\n" % (zlib.crc32(payload), payload))
    run = runlake("runs", "show", run_id, "--json").ok().json["run"]
    assert (run["status"], run["duration_seconds"], run["presumption"]) == ("completed", 2.5, None)


def test_a_tenant_recovers_its_own(runlake, forge):
    ours, theirs = forge(GONE, GONE, tenant="a"), forge(GONE, GONE, tenant="b")
    assert fates(runlake, "--tenant", "a") == {ours: "killed"}
    assert status_of(runlake, theirs)[0] == "running"


def test_a_journal_that_cannot_be_written_is_told(runlake, forge):
    forge(GONE, GONE)
    done = runlake("runs", "recover", env={"RUNLAKE_FAULT": "journal.append:enospc:1+,journal.segment.create:enospc:1+,journal.segment.claim:enospc:1+"})
    assert done.status == 8 and "no space left" in done.err


def test_without_a_store(runlake):
    assert runlake("runs", "recover").status == 3
