# SPDX-License-Identifier: Apache-2.0
"""Two machines and a remote, killed and failed while they push and pull: at no time is a file half there, gone, or overwritten unasked; the next one ends it."""

import os
import subprocess
from pathlib import Path

from harness import Scenario

BINARY = Path(os.environ.get("RUNLAKE_BIN", Path(__file__).resolve().parents[2] / "build" / "runlake"))
FAKE = Path(__file__).resolve().parents[1] / "support" / "fake_rclone.py"
# Relative to the ground that each injection gets of its own: the project's root is the ground.
FOLDER = {"RUNLAKE_ARTIFACT_ROOT": "there", "RUNLAKE_LOG_ROOT": "there"}
# The logs alone: each call starts a dozen programs.
STORE = {"RUNLAKE_LOG_ROOT": "team", "RUNLAKE_REMOTE": "rclone:store:bucket", "PATH": "bin:/usr/bin:/bin", "FAKE_RCLONE_STORE": "objects", "TMPDIR": "."}
LASTING = ("sync.copy:enospc:1+", "sync.publish:erofs:1+", "*:enospc:1+")
POINTS = ("sync.manifest.write", "sync.copy", "sync.publish")

NEW = {"logs/new": "n" * 5000, ".runlake/lake/exports/full/manifest.json": "{}", ".runlake/lake/exports/full/runs.jsonl": '{"x":1}\n', ".runlake/lake/lake.duckdb": "database"}
CHANGED = {"logs/grows": "1\n2\n"}
EXTRA = {"logs/theirs": "t" * 5000, ".runlake/lake/jobs/k/1/job_run.json": "{}"}


def put(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def sync(folder, verb, env):
    own = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state"), **env}
    return subprocess.run([BINARY, "--store", ".runlake", "sync", verb], cwd=folder, env=own, capture_output=True, text=True, check=False)


def common(folder, env):
    """What both had; then each side has something of its own, and what both had grows here."""
    put(folder, {"logs/grows": "1\n", "logs/still": "s"})
    done = sync(folder, "now", env)
    assert done.returncode == 0, done.stderr
    put(folder, {**NEW, **CHANGED})


def with_folder(folder):
    (folder / "there").mkdir()
    common(folder, FOLDER)
    put(folder / "there", {"logs/theirs": EXTRA["logs/theirs"], "artifacts/lake/jobs/k/1/job_run.json": "{}"})


def with_store(folder):
    (folder / "bin").mkdir()
    (folder / "bin" / "rclone").symlink_to(FAKE)
    (folder / "objects").mkdir()
    common(folder, STORE)
    (folder / "objects" / "bucket%2Fteam%2Flogs%2Ftheirs").write_text(EXTRA["logs/theirs"])


def files_there(folder, kind):
    if kind == "folder":
        found = {}
        for name, where in (("logs", "logs"), ("artifacts/lake", ".runlake/lake")):
            base = folder / "there" / name
            found |= {f"{where}/{path.relative_to(base)}": path.read_text() for path in base.rglob("*") if path.is_file() and ".runlake-sync" not in path.parts}
        return found
    found = {}
    for path in (folder / "objects").iterdir():
        name = path.name.replace("%2F", "/").removeprefix("bucket/team/")
        if ".runlake-sync" not in name and not name.endswith(".part"):
            found[name] = path.read_text()
    return found


def files_here(folder):
    return {str(path.relative_to(folder)): path.read_text() for top in ("logs", ".runlake/lake") for path in (folder / top).rglob("*") if path.is_file() and ".runlake-sync" not in path.parts and not path.name.endswith(".lease")}


def checked(kind, env):
    ours = {"logs/still": "s", **NEW, **CHANGED}
    extra = EXTRA
    if kind == "store":
        ours, extra = ({name: text for name, text in files.items() if name.startswith("logs/")} for files in (ours, extra))

    def check(outcome):
        assert outcome.killed or outcome.status in (0, 1, 5, 8), f"ended with {outcome.status}: {outcome.err}"
        there, here = files_there(outcome.folder, kind), files_here(outcome.folder)
        for name, text in there.items():
            allowed = {ours.get(name, extra.get(name)), "1\n" if name == "logs/grows" else None}
            assert text in allowed, f"{name} there is {text[:20]!r}"
        assert {"logs/grows", "logs/still", *extra} <= there.keys(), "something is gone there"
        for name, text in here.items():
            assert text == {**NEW, **ours}.get(name, extra.get(name)), f"{name} here is {text[:20]!r}"
        assert ours.keys() <= here.keys(), "something is gone here"
        if not outcome.killed and outcome.status == 0:
            assert ours.items() <= there.items(), "it said that it was pushed"
            assert extra.items() <= here.items(), "it said that it was pulled"
        again = sync(outcome.folder, "now", env)
        if again.returncode == 5:   # a lock or lease of a process that was killed is broken by the next
            again = sync(outcome.folder, "now", env)
        assert again.returncode == 0, again.stdout + again.stderr
        assert ours.items() <= files_there(outcome.folder, kind).items()
        assert extra.items() <= files_here(outcome.folder).items()
        left = [path for path in outcome.folder.rglob("*") if "partial" in path.parts and path.is_file()]
        assert left == [], f"partial copies are left: {left}"

    return check


def scenario(name, kind, env, setup, lasting, **more):
    return Scenario(name, [BINARY, "sync", "now"], checked(kind, env), setup=setup, env=env, needs=BINARY, lasting=lasting, only=POINTS, **more)


SCENARIOS = [
    scenario("sync-now", "folder", FOLDER, with_folder, LASTING),
    scenario("sync-now-store", "store", STORE, with_store, LASTING[-1:], most_passings=6),
]
