# SPDX-License-Identifier: Apache-2.0
"""A run directory on its way to an object store, killed and failed: no DONE there without its result, and the next one succeeds."""

import json
import os
import subprocess
from pathlib import Path

from harness import Scenario

BINARY = Path(os.environ.get("RUNLAKE_BIN", Path(__file__).resolve().parents[2] / "build" / "runlake"))
FAKE = Path(__file__).resolve().parents[1] / "support" / "fake_rclone.py"
# Relative to the ground that each injection gets of its own.
ENV = {"PATH": "bin:/usr/bin:/bin", "FAKE_RCLONE_STORE": "objects", "TMPDIR": "."}
WORDS = [BINARY, "pipeline", "run", "pipeline.yaml", "--runs-dir", "store://bucket//runs"]
PIPELINE = """\
experiment_key: sea
stages:
  clean:
    command: [sh, -c, "echo clean > {out}/clean.txt"]
    writes: [clean.txt]
    code: []
    sandbox: off
"""


def ground(folder):
    (folder / "bin").mkdir()
    (folder / "bin" / "rclone").symlink_to(FAKE)
    (folder / "objects").mkdir()
    (folder / "pipeline.yaml").write_text(PIPELINE)


def results_there(folder):
    """How many results the store says are done; each is there to the last byte."""
    objects = {path.name.replace("%2F", "/"): path.read_bytes() for path in (folder / "objects").iterdir()}
    done = [name.removesuffix("DONE.json") for name in objects if name.endswith("/DONE.json")]
    for result in done:
        assert result + "manifest.json" in objects, f"{result}: no manifest"
        for entry in json.loads(objects[result + "manifest.json"])["entries"]:
            assert objects.get(f"{result}out/{entry['path']}") == b"clean\n", f"{result}out/{entry['path']}"
    return len(done)


def sent(outcome):
    assert outcome.killed or outcome.status in (0, 1, 8), f"ended with {outcome.status}"
    assert outcome.fault or outcome.status == 0, outcome.err
    there = results_there(outcome.folder)
    assert there == 1 or outcome.killed or outcome.status != 0, "it said that it was sent"
    # The one that was interrupted, if it came so far, is sent by the next. It is the same machine also where only the state folder says so.
    env = {**ENV, "HOME": str(outcome.folder / "home"), "XDG_STATE_HOME": str(outcome.folder / "state"), "RUNLAKE_STORE": str(outcome.folder / ".runlake")}
    for local in sorted((outcome.folder / ".runlake").glob("remote/*/*_sea")):
        if (local / "run.json").exists():
            again = subprocess.run([*WORDS[:4], "--run-dir", f"store://bucket//runs/{local.name}"], cwd=outcome.folder, env=env, capture_output=True, text=True, check=False)
            assert again.returncode == 0, again.stderr
            assert results_there(outcome.folder) == 1


SCENARIOS = [Scenario("remote-run", WORDS, sent, setup=ground, env=ENV, needs=BINARY, lasting=("remote.write:enospc:1+", "remote.send:eio:1+"), only=("remote.write", "remote.send"))]
