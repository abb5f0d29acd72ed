# SPDX-License-Identifier: Apache-2.0
"""Machines (a store each, with its lake and logs) that share one remote."""
import os
import subprocess
from pathlib import Path

FAKE = Path(__file__).resolve().parents[1] / "support" / "fake_rclone.py"


def write(path, text):
    path = os.fsencode(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def tree(root):
    """{relative path in bytes: content} of all files below, without what sync keeps beside them; {} when there is none."""
    root = os.fsencode(root)
    found = {}
    for folder, folders, files in os.walk(root):
        if b".runlake-sync" in folders:
            folders.remove(b".runlake-sync")
        for name in files:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, root)] = file.read()
    return found


class Machine:
    """One checkout; `remote` is what its variables say. `call` is the fixture runlake."""

    def __init__(self, call, folder, env, there):
        self.call = call
        self.folder = folder
        self.env = env
        self.there = Path(there) if there else None
        (folder / ".runlake").mkdir(parents=True)
        self.logs = folder / "logs"
        self.lake = folder / ".runlake" / "lake"

    def sync(self, verb, env=None, **options):
        return self.call("--json", "sync", verb, cwd=self.folder, env={**self.env, **(env or {})}, **options)

    def say(self, verb, env=None):
        return self.call("sync", verb, cwd=self.folder, env={**self.env, **(env or {})})

    def start(self, binary, clean_env, verb, env=None):
        return subprocess.Popen([binary, "--json", "sync", verb], cwd=self.folder, env={**clean_env, **self.env, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def root(answer, name):
    (found,) = [one for one in answer["roots"] if one["name"] == name]
    return found


def states(answer, name="logs"):
    """{path: state} of what differs."""
    return {one["path"]: one["state"] + ("_" + one["newer"] if one["state"] == "newer" else "") for one in root(answer, name)["drift"]}
