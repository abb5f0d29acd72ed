# SPDX-License-Identifier: Apache-2.0
"""Each test records into a store of its own, in a process of its own where the module's state matters."""

import os
import subprocess
import sys

import journal
import pytest


@pytest.fixture
def clean_env(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    for name in ("PYTHONPATH", "RUNLAKE_LIB_DIR", "RUNLAKE_BIN"):
        if name in os.environ:
            env[name] = os.environ[name]
    return env


@pytest.fixture
def python(tmp_path, clean_env):
    """python("code", env={...}): runs it in a project folder of its own; .records() reads what it recorded."""
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)

    def call(code, env=None, status=0, timeout=300):
        script = project / "script.py"
        script.write_text(code)
        done = subprocess.run([sys.executable, str(script)], cwd=project, env={**clean_env, **(env or {})}, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == status, f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    call.project = project
    call.records = lambda: journal.records(project / ".runlake")
    call.of_kind = lambda kind: [record for record in call.records() if record["kind"] == kind]
    call.ends = lambda: {start["stage"]: end for start in call.of_kind("start") for end in call.of_kind("end") if end["run"] == start["run"]}
    return call
