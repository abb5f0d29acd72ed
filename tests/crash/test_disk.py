# SPDX-License-Identifier: Apache-2.0
"""Real disks that refuse: full, read-only, no permission. The program's result is unchanged and the loss is visible."""

import os
import subprocess
import tempfile
from pathlib import Path

import journal_reader
import pytest
import scenarios
import scenarios_release
from permissions import bound_by_modes


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MiB."""
    where = tmp_path / "disk"
    where.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=64", "runlake-test", where], capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not permitted here: {mounted.stderr.strip()}")
    yield where
    subprocess.run(["umount", where], check=True)


@pytest.fixture
def open_folder():
    """A folder that every user may enter, whoever made the ones that pytest gives."""
    with tempfile.TemporaryDirectory(prefix="runlake-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def drive(store, state, *words, prefix=()):
    env = {**os.environ, "RUNLAKE_STORE": str(store), "XDG_STATE_HOME": str(state)}
    env.pop("RUNLAKE_FAULT", None)
    done = subprocess.run([*prefix, scenarios.DRIVER, *words], env=env, cwd="/", capture_output=True, text=True, timeout=300, check=False)
    acks = {tuple(line.split(" ", 3)[1:]) for line in done.stdout.splitlines() if line.startswith("ack ")}
    lost = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith(("lost ", "known "))]
    return done, acks, lost[-1] if lost else None


def test_a_full_disk_harms_nobody(small_disk, tmp_path):
    store = small_disk / ".runlake"
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * (600 << 10))
    done, acks, lost = drive(store, tmp_path / "state", "fill", "1000")
    assert done.returncode == 0
    assert lost > 0 and acks
    assert done.stderr.count("\n") == 1 and "no space left" in done.stderr.lower(), done.stderr
    assert acks <= journal_reader.marks(store)
    _, _, known = drive(store, tmp_path / "state", "losses")
    assert known == lost
    # Room again: the next process records, and the journal says what was lost.
    filler.unlink()
    done, more, lost_now = drive(store, tmp_path / "state", "record")
    assert done.returncode == 0 and lost_now == 0 and len(more) == 9
    assert acks | more <= journal_reader.marks(store)
    assert scenarios.lost_in_journal(store) == lost
    assert drive(store, tmp_path / "state", "losses")[2] == 0


def test_a_disk_without_room_for_the_store_at_all(small_disk, tmp_path):
    with open(small_disk / "filler", "wb", buffering=0) as out, pytest.raises(OSError):
        while True:
            out.write(b"x" * 4096)
    done, acks, lost = drive(small_disk / ".runlake", tmp_path / "state", "record")
    assert done.returncode == 0 and not acks and lost > 0
    assert done.stderr.count("\n") == 1, done.stderr


def test_a_full_disk_costs_a_reconcile_and_nothing_else(small_disk, tmp_path):
    """What was committed stays, the exit status is that of a disk, and with room the lake becomes what it would have been."""
    made = scenarios_release.make_proof_logs.make(tmp_path / "logs", runs=30, theorems=2, nodes=30, trace_lines=3)
    env = {**os.environ, "RUNLAKE_STORE": str(small_disk / ".runlake"), "XDG_STATE_HOME": str(tmp_path / "state")}
    env.pop("RUNLAKE_FAULT", None)

    def call(*words):
        return subprocess.run([scenarios_release.BINARY, *words], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)

    subprocess.run(["mount", "-o", "remount,size=2m,nr_inodes=300", small_disk], check=True)
    done = call("lake", "reconcile", "--logs-dir", tmp_path / "logs")
    assert done.returncode == 8 and "no space left" in done.stderr.lower(), f"{done.returncode} {done.stderr}"
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    done = call("lake", "reconcile", "--logs-dir", tmp_path / "logs")
    assert done.returncode == 0, done.stderr
    done = call("lake", "sql", "--csv", "SELECT count(*) FROM runs")
    assert done.stdout.split() == ["count_star()", str(len(made))], done.stdout + done.stderr


def test_a_read_only_disk(small_disk, tmp_path):
    store = small_disk / ".runlake"
    _, before, _ = drive(store, tmp_path / "state", "record")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    try:
        done, acks, lost = drive(store, tmp_path / "state", "record")
        assert done.returncode == 0 and not acks and lost > 0
        assert "read-only" in done.stderr.lower(), done.stderr
        assert before <= journal_reader.marks(store)
        assert drive(store, tmp_path / "state", "losses")[2] == lost
    finally:
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    drive(store, tmp_path / "state", "record")
    assert scenarios.lost_in_journal(store) == lost


def test_without_permission(open_folder):
    store = open_folder / ".runlake"
    _, before, _ = drive(store, open_folder / "state", "record")
    others = open_folder / "others-state"
    others.mkdir()
    others.chmod(0o777)
    store.chmod(0)
    done, acks, lost = drive(store, others, "record", prefix=bound_by_modes())
    store.chmod(0o755)
    assert done.returncode == 0 and not acks and lost > 0, done
    assert "permission denied" in done.stderr.lower(), done.stderr
    assert before <= journal_reader.marks(store)
    assert drive(store, others, "losses")[2] == lost
