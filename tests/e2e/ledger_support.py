# SPDX-License-Identifier: Apache-2.0
"""What the tests of the ledger share: folders, entries as they stand, git, and clones of a project."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_jobs  # noqa: E402,F401
import make_ledger  # noqa: E402,F401

WARM = {"experiment_id": "E001", "hypothesis_id": "H001", "condition": "warmup", "lr": 0.0003, "seed": 0, "code_commit": "3f2a9c41", "code_dirty": False}
FLAT = {"experiment_id": "E001", "condition": "flat", "lr": 0.1, "seed": 1}
LINK = {"experiment_id": "E001", "experiment_path": "kb/research/experiments/E001-*.md", "hypothesis_id": "H001", "sub_hypothesis_id": None}


def samples():
    """Entries that aexp wrote, where there are any (RUNLAKE_SHARED_DATA names the folder that holds aexp/); a test that wants them is skipped without."""
    source = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2]))
    folder = Path(os.environ.get("RUNLAKE_SHARED_DATA", source.parent / "shared" / "data")) / "aexp"
    found = [path for path in sorted(folder.glob("*.json")) if len(path.stem) == 32]
    if not found:
        pytest.skip(f"no entries of aexp in {folder} (RUNLAKE_SHARED_DATA names the folder that holds aexp/)")
    return found


def ledger(project):
    return Path(project) / ".runlake" / "ledger"


def extra(project):
    return Path(project) / ".runlake" / "ledger-extra"


def entry(project, identity):
    return json.loads((ledger(project) / f"{identity}.json").read_text())


def beside(project, identity):
    return json.loads((extra(project) / f"{identity}.json").read_text())


def as_python_writes(value):
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def git(where, env, *words, check=True):
    done = subprocess.run(["git", *words], cwd=where, env=env, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"git {words}: {done.stdout}{done.stderr}"
    return done


def commit_all(where, env, message="more"):
    git(where, env, "add", "-A")
    git(where, env, "commit", "-q", "-m", message)


def clone(project, env, to):
    """Another machine's clone, by way of a bare remote that both push to."""
    remote = Path(project).parent / "remote.git"
    if not remote.exists():
        git(project, env, "clone", "-q", "--bare", str(project), str(remote))
        git(project, env, "remote", "add", "origin", str(remote))
        git(project, env, "fetch", "-q", "origin")
        git(project, env, "branch", "-q", "--set-upstream-to=origin/main", "main")
    git(remote.parent, env, "clone", "-q", str(remote), str(to))
    return Path(to)
