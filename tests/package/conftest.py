# SPDX-License-Identifier: Apache-2.0
"""Where the build is, and how programs are called by these tests."""
import os
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get("RUNLAKE_BUILD", SOURCE / "build"))
CMAKE = os.environ.get("RUNLAKE_CMAKE", "cmake")


def call(*words, env=None, cwd=None, check=True):
    """Runs a program with nothing of the caller's RUNLAKE_* in its environment."""
    whole = {name: value for name, value in os.environ.items() if not name.startswith("RUNLAKE_") and name not in ("DESTDIR", "TRACEPARENT")}
    whole.update({name: str(value) for name, value in (env or {}).items()})
    done = subprocess.run([str(word) for word in words], env=whole, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if check:
        assert done.returncode == 0, f"{words}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The build installed into a folder whose name has a blank in it."""
    prefix = tmp_path_factory.mktemp("an installation")
    call(CMAKE, "--install", BUILD, "--prefix", prefix)
    return prefix


@pytest.fixture
def project(tmp_path):
    path = tmp_path / "project"
    (path / ".runlake").mkdir(parents=True)
    return path
