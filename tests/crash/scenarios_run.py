# SPDX-License-Identifier: Apache-2.0
"""`runlake run`, killed and failed: the program's output and status are as ever, and neighbours stay."""

import json
import os
import subprocess
from pathlib import Path

import journal_reader
import scenarios
from harness import Scenario

BINARY = Path(os.environ.get("RUNLAKE_BIN", Path(__file__).resolve().parents[2] / "build" / "runlake"))
SCRIPT = "echo hello; echo oops >&2; exit 3"


def ends(store, run):
    return [r for r in journal_reader.read(store)[0] if r["kind"] == "end" and r.get("run") == run]


def in_a_repository(folder):
    """A repository with a change that is not committed, so that a patch is kept, and a store with records."""
    git = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    (folder / "input.csv").write_text("a,b\n1,2\n")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "input.csv"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "x"], check=True)
    (folder / "input.csv").write_text("a,b\n1,3\n")
    scenarios.with_neighbours(folder)


def check_run(outcome):
    assert outcome.killed or outcome.status == 3, f"ended with {outcome.status}: {outcome.err[-300:]}"
    if not outcome.killed:
        assert outcome.out == "hello\n", f"stdout was {outcome.out!r}"
        assert "oops\n" in outcome.err, f"stderr was {outcome.err!r}"
    assert scenarios.neighbours(outcome.folder) <= journal_reader.marks(outcome.store), "neighbours lost"
    records = journal_reader.read(outcome.store)[0]
    starts = [r["run"] for r in records if r["kind"] == "start" and r["stage"] == "crash"]
    starts += [r["run"] for r in records if r["kind"] == "end" and r.get("start", {}).get("stage") == "crash"]
    if outcome.fault == "":
        assert len(starts) == 1 and ends(outcome.store, starts[0])[0]["exit_status"] == 3, json.dumps(records)[-500:]
    following = scenarios.drive(outcome.folder, "record")
    assert following.returncode == 0 and following.stdout.splitlines()[-1] == "lost 0", f"the next process: {following.stdout} {following.stderr}"


def check_strict(outcome):
    """Started only if its start is on disk; refused with status 8 otherwise."""
    started = any(r["kind"] == "start" and r["stage"] == "crash" for r in journal_reader.read(outcome.store)[0])
    if "hello" in outcome.out:
        assert started, "the program ran without a record of its start"
        assert outcome.killed or outcome.status == 3, f"ended with {outcome.status}"
    else:
        assert outcome.killed or outcome.status == 8, f"ended with {outcome.status}: {outcome.err[-300:]}"


ARGV = [BINARY, "run", "--stage", "crash", "--capture", "all", "--input", "input.csv", "--", "sh", "-c", SCRIPT]
SCENARIOS = [
    Scenario("run", ARGV, check_run, setup=in_a_repository, needs=BINARY, most_passings=6),
    Scenario("run-strict", ARGV, check_strict, setup=in_a_repository, needs=BINARY, most_passings=6, env={"RUNLAKE_MODE": "strict"}),
]
