# SPDX-License-Identifier: Apache-2.0
"""The commands over runs.duckdb that the crash harness kills and fails: after each, the next command answers from every record that the journal holds."""

import json
import os
import subprocess
from pathlib import Path

from harness import Scenario

BINARY = Path(os.environ.get("RUNLAKE_BIN", Path(__file__).resolve().parents[2] / "build" / "runlake"))
RUNS = 6


def call(folder, *words, **env):
    whole = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state"), "RUNLAKE_STORE": str(folder / ".runlake"), **env}
    whole |= {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    return subprocess.run([BINARY, *words], env=whole, cwd=folder, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)


def rows(folder, **env):
    done = call(folder, "runs", "export", "--format", "jsonl", **env)
    assert done.returncode == 0, f"the next query: {done.returncode} {done.stderr}"
    return sorted(done.stdout.splitlines())


def record(folder, count=RUNS):
    for i in range(count):
        done = call(folder, "run", "--stage", f"s{i}", "--param", f"i={i}", "--capture", "all", "--", "echo", f"words {i}")
        assert done.returncode == 0, done.stderr


def with_runs(folder):
    record(folder)


def with_a_fold_behind(folder):
    record(folder)
    assert call(folder, "runs", "fold").returncode == 0
    record(folder)


def with_a_damaged_database(folder):
    record(folder)
    (folder / ".runlake" / "runs.duckdb").write_bytes(b"damaged" * 1000)


def check_database(expected):
    """The command itself ended with a status of its own, every run is there, and the database can be rebuilt to the same rows."""

    def check(outcome):
        assert outcome.killed or outcome.status in (0, 5, 8), f"ended with {outcome.status}"
        assert not outcome.fault == "" or outcome.status == 0, outcome.err
        found = rows(outcome.folder)
        assert len(found) == expected, f"{len(found)} of {expected} runs"
        assert call(outcome.folder, "runs", "rebuild").returncode == 0
        assert rows(outcome.folder) == found, "rebuild gives other rows"
        left = [p.name for p in outcome.store.iterdir() if p.name.startswith("runs.duckdb.new")]
        assert not left, f"left over: {left}"

    return check


def check_prune(outcome):
    """Whatever was gone or not, the next prune finishes it, and no part of a run stays."""
    assert outcome.killed or outcome.status in (0, 5, 8), f"ended with {outcome.status}"
    rows(outcome.folder)
    done = call(outcome.folder, "runs", "prune", "--older-than", "0s", "--yes")
    assert done.returncode == 0, done.stderr
    assert rows(outcome.folder) == []
    assert call(outcome.folder, "runs", "rebuild").returncode == 0
    assert rows(outcome.folder) == [], "pruned runs came back"
    output = outcome.store / "output"
    assert not output.exists() or not list(output.iterdir()), "output stays"


def check_backup(outcome):
    """There is a whole backup or none; the next one works."""
    assert outcome.killed or outcome.status in (0, 8), f"ended with {outcome.status}"
    if not outcome.killed:
        left = [p.name for p in outcome.folder.iterdir() if ".part-" in p.name]
        assert not left or outcome.fault.startswith("*"), f"left over: {left}"
    targets = [outcome.folder / name for name in ("b.tar", "b") if (outcome.folder / name).exists()]
    assert outcome.status != 0 or targets
    following = outcome.folder / "following.tar"
    assert call(outcome.folder, "runs", "backup", following).returncode == 0
    for i, target in enumerate([*targets, following]):
        other = str(outcome.folder / f"other{i}")
        done = call(outcome.folder, "runs", "restore", target, RUNLAKE_STORE=other)
        assert done.returncode == 0, f"a backup that is there is not whole: {done.stderr}"
        assert len(rows(outcome.folder, RUNLAKE_STORE=other)) == RUNS


def with_a_backup(folder):
    record(folder)
    assert call(folder, "runs", "backup", "b.tar").returncode == 0
    record(folder, 1)


def check_restore(outcome):
    """What was there is there or set aside, never gone; restoring again finishes it."""
    assert outcome.killed or outcome.status in (0, 5, 8), f"ended with {outcome.status}"
    found = rows(outcome.folder)
    assert len(found) in (0, RUNS, RUNS + 1), f"{len(found)} runs"
    stages = set()
    for path in outcome.store.rglob("journal/**/*"):
        if path.is_file():
            stages |= {json.loads(line.split(b" ", 2)[2])["run"] for line in path.read_bytes().splitlines() if line.startswith(b"1 ") and line.endswith(b"}")}
    assert len(stages) == RUNS + 1, f"records of {len(stages)} runs are left anywhere"
    done = call(outcome.folder, "runs", "restore", "--force", "b.tar")
    assert done.returncode == 0, done.stderr
    assert len(rows(outcome.folder)) == RUNS
    assert not (outcome.store / "restore.new").exists()


LASTING = ("*:enospc:1+", "*:erofs:1+")
SCENARIOS = [
    Scenario("fold-first", [BINARY, "runs", "fold"], check_database(RUNS), setup=with_runs, needs=BINARY, lasting=LASTING),
    Scenario("fold-more", [BINARY, "runs", "fold"], check_database(2 * RUNS), setup=with_a_fold_behind, needs=BINARY, lasting=LASTING),
    Scenario("fold-damaged", [BINARY, "runs", "fold"], check_database(RUNS), setup=with_a_damaged_database, needs=BINARY, lasting=LASTING),
    Scenario("rebuild", [BINARY, "runs", "rebuild"], check_database(2 * RUNS), setup=with_a_fold_behind, needs=BINARY, lasting=LASTING),
    Scenario("vacuum", [BINARY, "runs", "vacuum"], check_database(2 * RUNS), setup=with_a_fold_behind, needs=BINARY, lasting=LASTING),
    Scenario("prune", [BINARY, "runs", "prune", "--older-than", "0s", "--yes"], check_prune, setup=with_a_fold_behind, needs=BINARY, lasting=LASTING, most_passings=8),
    Scenario("backup-tar", [BINARY, "runs", "backup", "b.tar"], check_backup, setup=with_runs, needs=BINARY, lasting=LASTING, most_passings=8),
    Scenario("backup-folder", [BINARY, "runs", "backup", "b"], check_backup, setup=with_runs, needs=BINARY, lasting=LASTING, most_passings=8),
    Scenario("restore", [BINARY, "runs", "restore", "--force", "b.tar"], check_restore, setup=with_a_backup, needs=BINARY, lasting=LASTING, most_passings=8),
]
