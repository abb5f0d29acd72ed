# SPDX-License-Identifier: Apache-2.0
"""A replay in a worktree, killed and failed at every point of its own: verdicts are whole or not there, and the next replay clears away what is left."""

import json
import os
import shutil
import subprocess

from harness import Scenario
from scenarios_ledger import BINARY, git

POINTS = ("replay.folder.create", "replay.worktree.create", "replay.worktree.remove", "verdict.write")
# Differing artefacts, so that output is kept. Only the first run is long enough for the recorder to look at the tree.
PROGRAM = "import os, time; time.sleep(0 if 'RUNLAKE_REPLAY_REPORT' in os.environ else float(os.environ.get('TAKES', 0))); open('model.json', 'w').write(str(os.getpid())); print(1)"
SPEC = {"version": 1, "cells": [{"name": "cell", "command": ["/usr/bin/python3", "-c", PROGRAM], "metric": {"stdout": True, "name": "m"}, "artifacts": ["model.json"]}]}


def run(folder, *words, status=None):
    env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(folder / "home"), "RUNLAKE_STORE": str(folder / ".runlake"), "RUNLAKE_CODE_DIRTY_LIMIT": "100s"}
    done = subprocess.run([str(BINARY), *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert status is None or done.returncode == status, (words, done.returncode, done.stderr)
    return done


def with_a_recorded_run(folder):
    git(folder, "init", "-q", "-b", "main")
    (folder / "fit.py").write_text(PROGRAM)
    (folder / ".gitignore").write_text("model.json\nhome\nstate\n")
    (folder / "spec.yaml").write_text(json.dumps(SPEC))
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "fit")
    for takes in ("0.3", "2", "10", "50"):   # as long as the recorder needs for its look at the tree, or the code is unknown
        run(folder, "run", "--stage", "fit", "--", "env", f"TAKES={takes}", "/usr/bin/python3", "fit.py", status=0)
        (row,) = json.loads(run(folder, "--json", "runs", "list", status=0).stdout)["runs"]
        if not row["code_ref"].endswith("unknown"):
            break
        shutil.rmtree(folder / ".runlake")
    (folder / "id.txt").write_text(row["run_id"])


def check(outcome):
    assert outcome.killed or outcome.status in (8, 10, 12), f"ended with {outcome.status}: {outcome.err}"
    assert outcome.fault or outcome.status in (10, 12), outcome.err
    folder = outcome.folder
    for path in (folder / ".runlake" / "verdicts").glob("*.json"):
        assert json.loads(path.read_text())["schema"] == "runlake.verdict/1"
    # Whatever is left blocks nothing: the next one works whole, and takes away what the killed one left.
    again = run(folder, "--quiet", "replay", "run", "--run", (folder / "id.txt").read_text())
    assert again.returncode == 12, again.stderr
    worktrees = folder / ".git" / "worktrees"
    assert not worktrees.exists() or os.listdir(worktrees) == []
    for session in (folder / ".runlake" / "replays").iterdir():
        assert not (session / "lease").exists() and not list(session.glob("*/tree")), session


ENVELOPE = {"version": 1, "cells": [{"name": "cell", "command": ["/bin/echo", "1"], "metric": {"stdout": True, "name": "m"}, "inputs": []}]}


def with_an_envelope_to_measure(folder):
    git(folder, "init", "-q", "-b", "main")
    (folder / "spec.yaml").write_text(json.dumps(ENVELOPE))
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "spec")


def check_envelope(outcome):
    """A file of an envelope is whole or not there; what was struck says so; the next one measures."""
    assert outcome.killed or outcome.status in (0, 1, 8), f"ended with {outcome.status}: {outcome.err}"
    folder = outcome.folder
    whole = [path for path in (folder / ".runlake" / "epsilon").glob("*.json") if json.loads(path.read_text())["n"] == 10]
    assert outcome.killed or bool(whole) == (outcome.status == 0), (outcome.status, whole)
    run(folder, "--quiet", "replay", "envelope", "spec.yaml", status=0)
    assert os.listdir(folder / ".runlake" / "epsilon") == [path.name for path in (folder / ".runlake" / "epsilon").glob("[0-9a-f]*.json")]


WORKTREE = ["sh", "-c", f'exec {BINARY} --quiet replay run --run "$(cat id.txt)"']
SCENARIOS = [
    Scenario("replay-run", WORKTREE, check, setup=with_a_recorded_run, needs=BINARY, only=POINTS, most_passings=4, lasting=()),
    Scenario("replay-envelope", [BINARY, "--quiet", "replay", "envelope", "spec.yaml"], check_envelope, setup=with_an_envelope_to_measure, needs=BINARY, only=("envelope.write",), lasting=()),
    Scenario("replay-keep", [BINARY, "--quiet", "replay", "run", "spec.yaml"], check, setup=with_a_recorded_run, needs=BINARY, only=("replay.output.keep", "replay.output.write"), lasting=()),
]
