# SPDX-License-Identifier: Apache-2.0
"""`run` when the disk fails: the program's result is unchanged, and what is lost can be seen."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from permissions import bound_by_modes
from run_support import journal

PROGRAM = "cat; echo out; echo err >&2; exit 5"
WORDS = ["--capture", "all", "--input", "code.py", "--config", "conf.yaml", "--param", "a=1"]
ACTIONS = ["enospc", "eio", "erofs", "eacces", "short"]


def store_of(project):
    return project / ".runlake"


def run_program(runlake, *, env=None, words=WORDS, **options):
    return runlake("run", *words, "--", "sh", "-c", PROGRAM, env=env, input="in\n", **options)


def points_passed(runlake, project, tmp_path):
    """Every passing of a point by a first run of a store, in order, as (name, how often by now)."""
    passed = tmp_path / "passed"
    assert run_program(runlake, env={"RUNLAKE_FAULT_COUNT": passed}).status == 5
    counts, found = {}, []
    for name in passed.read_text().split():
        counts[name] = counts.get(name, 0) + 1
        found.append((name, counts[name]))
    return found


def prepare(project):
    (project / "conf.yaml").write_text("a: 1\n")
    (project / "dirty.py").write_text("print('not committed')\n")


def fresh(project, home):
    for path in (store_of(project), home / ".local", home / ".cache"):
        shutil.rmtree(path, ignore_errors=True)


def test_every_failure_at_every_point(runlake, project, home, tmp_path):
    prepare(project)
    passed = points_passed(runlake, project, tmp_path)
    names = {name for name, _ in passed}
    assert {"store.create", "journal.segment.create", "journal.append", "journal.segment.release", "output.create", "output.write"} <= names
    tried = 0
    for name, count in passed:
        for action in ACTIONS:
            fresh(project, home)
            done = run_program(runlake, env={"RUNLAKE_FAULT": f"{name}:{action}:{count}"})
            what = f"{name}:{action}:{count}: {done.err}"
            assert (done.status, done.out) == (5, "in\nout\n"), what
            assert "err\n" in done.err, what
            kinds = [record["kind"] for record in journal.records(store_of(project))] if store_of(project).exists() else []
            if "start" not in kinds and "end" in kinds:
                assert "start" in journal.only(store_of(project), "end"), what  # the whole start stands in the end
            elif not {"start", "end"} <= set(kinds):
                assert "can't be recorded" in done.err and done.err.count("can't be recorded") == 1, what
            tried += 1
    print(f"{tried} faults at {len(passed)} passings of {len(names)} points")
    assert tried == len(passed) * len(ACTIONS)


def test_a_disk_that_stays_broken(runlake, project, home, tmp_path):
    prepare(project)
    names = sorted({name for name, _ in points_passed(runlake, project, tmp_path)})
    for name in [*names, "*"]:
        fresh(project, home)
        done = run_program(runlake, env={"RUNLAKE_FAULT": f"{name}:enospc:1+"})
        assert (done.status, done.out) == (5, "in\nout\n") and "err\n" in done.err, f"{name}: {done.err}"
        if name in ("*", "journal.append", "journal.segment.create", "store.create"):
            assert done.err.count("can't be recorded") == 1, f"{name}: {done.err}"


def test_killed_at_every_point(runlake, project, home, tmp_path):
    """The recorder dies at each point, before and behind the call. The program has not begun, or it goes on to its end."""
    prepare(project)
    passed = points_passed(runlake, project, tmp_path)
    tried = 0
    for name, count in passed:
        if name.startswith("output."):
            continue  # passed by the copier, which keeps the output: it is no part of the recorder
        for action in ("kill", "kill_after"):
            fresh(project, home)
            (project / "result").unlink(missing_ok=True)
            program = "echo begun > result; echo err >&2; sleep 0.02; echo more >&2; echo ended >> result"
            done = runlake("run", *WORDS, "--", "sh", "-c", program, env={"RUNLAKE_FAULT": f"{name}:{action}:{count}"})
            # The end of stderr was awaited by this call, and the program holds it to its own end.
            result = (project / "result").read_text() if (project / "result").exists() else ""
            assert result in ("", "begun\nended\n"), f"{name}:{action}:{count}"
            assert done.status in (-9, 0)
            if result:
                assert done.err.endswith("err\nmore\n")
            tried += 1
    print(f"killed at {tried} of {tried} places")
    assert tried > 10


def test_a_loss_is_kept_and_told_once_it_can_be(runlake, project):
    run_program(runlake)
    lost = run_program(runlake, env={"RUNLAKE_FAULT": "journal.append:enospc:1+,journal.segment.create:enospc:1+,journal.segment.claim:enospc:1+"})
    assert lost.status == 5 and "no space left" in lost.err
    run_program(runlake)
    losses = journal.of_kind(store_of(project), "loss")
    assert sum(loss["count"] for loss in losses) >= 2 and "no space left" in losses[0]["reason"]


@pytest.mark.parametrize("point", ["journal.append", "journal.segment.create", "store.create", "journal.dir.create"])
def test_strict_mode_starts_nothing_that_is_not_recorded(runlake, project, point):
    done = run_program(runlake, env={"RUNLAKE_FAULT": f"{point}:enospc:1+", "RUNLAKE_MODE": "strict"}, words=[])
    assert (done.status, done.out) == (8, "") and "not started" in done.err and "no space left" in done.err
    assert run_program(runlake, env={"RUNLAKE_MODE": "strict"}, words=[]).status == 5
    assert len(journal.of_kind(store_of(project), "start")) == 1


def test_strict_mode_lets_the_program_end_when_only_the_end_is_lost(runlake, project):
    done = run_program(runlake, env={"RUNLAKE_FAULT": "journal.append:enospc:2+", "RUNLAKE_MODE": "strict"}, words=[])
    assert (done.status, done.out) == (5, "in\nout\n") and "can't be recorded" in done.err


def test_power_durability_syncs(runlake, project, tmp_path):
    passed = tmp_path / "passed"
    run_program(runlake, env={"RUNLAKE_DURABILITY": "power", "RUNLAKE_FAULT_COUNT": passed}, words=[])
    assert passed.read_text().split().count("journal.sync") >= 2


@pytest.fixture
def small_disk(project):
    """The store on a file system of 2 MiB; needs root."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    store_of(project).mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", store_of(project)], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {mounted.stderr.strip()}")
    yield store_of(project)
    subprocess.run(["umount", "-l", store_of(project)], check=True)


def test_a_full_disk(runlake, project, small_disk):
    prepare(project)
    assert run_program(runlake).status == 5
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 1024)
        except OSError:
            pass
    for _ in range(10):  # what is left of the last page is used up
        done = run_program(runlake)
        assert (done.status, done.out) == (5, "in\nout\n") and "err\n" in done.err
    assert "can't be recorded" in done.err and "no space left" in done.err
    filler.unlink()
    assert run_program(runlake).err == "err\n"
    assert sum(loss["count"] for loss in journal.of_kind(small_disk, "loss", torn_is_fine=True)) >= 2


def test_a_read_only_store(runlake, project, small_disk):
    prepare(project)
    run_program(runlake)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = run_program(runlake)
    assert (done.status, done.out) == (5, "in\nout\n") and "read-only" in done.err and done.err.count("can't be recorded") == 1
    assert runlake("runs", "list", "--json").ok().json["runs"][0]["stage"] == "sh"
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    run_program(runlake)
    assert len(journal.of_kind(small_disk, "end", torn_is_fine=True)) == 2


def test_a_store_without_permission(runlake_bin, clean_env):
    folder = Path(tempfile.mkdtemp(prefix="runlake-e2e-"))
    try:
        shutil.copy(runlake_bin, folder / "runlake")
        (folder / "home").mkdir()
        env = {**clean_env, "HOME": str(folder / "home")}
        folder.chmod(0o555)
        command = bound_by_modes([folder / "runlake", "run", "--", "sh", "-c", PROGRAM])
        done = subprocess.run(command, cwd=folder, env=env, input="in\n", capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stdout) == (5, "in\nout\n")
        assert "permission denied" in done.stderr and done.stderr.count("can't be recorded") == 1
        assert not (folder / ".runlake").exists()
        done = subprocess.run(command, cwd=folder, env={**env, "RUNLAKE_MODE": "strict"}, input="in\n", capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stdout) == (8, "")
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
