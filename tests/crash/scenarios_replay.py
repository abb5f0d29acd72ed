# SPDX-License-Identifier: Apache-2.0
"""A replay in a worktree, killed and failed at every point of its own: verdicts are whole or not there, and the next replay clears away what is left."""

import json
import os
import subprocess

from harness import Scenario
from scenarios_ledger import BINARY, ended, git

POINTS = ("replay.folder.create", "replay.worktree.create", "replay.worktree.remove", "replay.output.write", "replay.output.keep", "verdict.write")
# Differing artefacts, so that output is kept; long enough for the recorder to look at the tree.
PROGRAM = "import os, time; time.sleep(0.15); open('model.json', 'w').write(str(os.getpid())); print(1)"
SPEC = {"version": 1, "cells": [{"name": "cell", "command": ["/usr/bin/python3", "-c", PROGRAM], "metric": {"stdout": True, "name": "m"}, "artifacts": ["model.json"]}]}


def run(folder, *words, status=None):
    env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(folder / "home"), "RUNLAKE_STORE": str(folder / ".runlake")}
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
    run(folder, "run", "--stage", "fit", "--", "/usr/bin/python3", "fit.py", status=0)
    answer = json.loads(run(folder, "--json", "runs", "list", status=0).stdout)
    (folder / "id.txt").write_text(answer["runs"][0]["run_id"])


def check(outcome):
    ended(outcome, 10, 12)
    folder = outcome.folder
    for path in (folder / ".runlake" / "verdicts").glob("*.json"):
        assert json.loads(path.read_text())["schema"] == "runlake.verdict/1"
    # Whatever is left blocks nothing: the next one works whole, and takes away what the killed one left.
    again = run(folder, "--quiet", "replay", "run", "--run", (folder / "id.txt").read_text())
    assert again.returncode == 12, again.stderr
    assert not [name for name in os.listdir(folder / ".git" / "worktrees")] if (folder / ".git" / "worktrees").exists() else True
    for session in (folder / ".runlake" / "replays").iterdir():
        assert not (session / "lease").exists() and not list(session.glob("*/tree")), session


WORKTREE = ["sh", "-c", f'exec {BINARY} --quiet replay run --run "$(cat id.txt)"']
SCENARIOS = [
    Scenario("replay-run", WORKTREE, check, setup=with_a_recorded_run, needs=BINARY, only=POINTS, most_passings=4, lasting=("replay.worktree.create:enospc:1+",)),
    Scenario("replay-keep", [BINARY, "--quiet", "replay", "run", "spec.yaml"], check, setup=with_a_recorded_run, needs=BINARY, only=("replay.output.keep",), lasting=()),
]
