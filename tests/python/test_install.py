# SPDX-License-Identifier: Apache-2.0
"""The module as users install it: by pip into a fresh environment of Debian's interpreter and of another one, without network. Each compiles the module for
its interpreter, which takes a minute or more: `make test-peers` runs it."""
import json
import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.environ.get("RUNLAKE_PEERS") != "1", reason="compiles the module anew: make test-peers runs it")

SOURCE = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2]))
DEBIAN = "/usr/bin/python3"
PROGRAM = """
import runlake

with runlake.run(stage="outer", params={"rate": 0.5}) as run:
    run.log(rows_out=3, loss=0.25)
    with runlake.run(stage="inner"):
        pass
print(runlake.__version__, runlake.lost())
"""


def call(*words, cwd=None, status=0):
    """Runs a program that gets nothing of this test's own interpreter or of Runlake's settings, and no network by way of pip."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("RUNLAKE_", "PYTHON")) and name != "TRACEPARENT"}
    env.update(PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_CONFIG_FILE=os.devnull)
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == status, f"{words}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def another_interpreter():
    """A CPython on the PATH that is not Debian's and can make environments and compile modules; None when there is none."""
    asks = ("import sys, sysconfig, pathlib, ensurepip\n"
            "header = pathlib.Path(sysconfig.get_path('include'), 'Python.h')\n"
            "print(sys.executable if sys.base_prefix != '/usr' and sys.version_info >= (3, 9) and header.exists() else '')")
    for folder in os.get_exec_path():
        for name in ("python3", "python3.9", "python3.10", "python3.11", "python3.12", "python3.13"):
            path = Path(folder, name)
            if os.access(path, os.X_OK):
                done = subprocess.run([str(path), "-c", asks], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
                if done.returncode == 0 and done.stdout.strip():
                    return done.stdout.strip()
    return None


@pytest.fixture(scope="module")
def build_folder(tmp_path_factory):
    """What does not depend on the interpreter is compiled once for both; with RUNLAKE_BUILD the next run finds it again."""
    return Path(os.environ["RUNLAKE_BUILD"], "python-install") if "RUNLAKE_BUILD" in os.environ else tmp_path_factory.mktemp("build")


@pytest.fixture(params=["debian", "another"])
def interpreter(request):
    if request.param == "debian":
        return DEBIAN
    found = another_interpreter()
    if found is None:
        pytest.skip("no CPython but Debian's is on the PATH, with its headers and ensurepip")
    return found


def test_pip_installs_it_into_a_fresh_environment(interpreter, build_folder, tmp_path):
    before = sorted(str(path) for path in (SOURCE / "python").rglob("*") if "__pycache__" not in path.parts)
    call(interpreter, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    call(python, "-m", "pip", "install", f"--config-settings=build-dir={build_folder}", SOURCE / "python")

    project = tmp_path / "project"
    (project / ".runlake").mkdir(parents=True)
    version, lost = call(python, "-c", PROGRAM, cwd=project).split()
    assert lost == "0"
    assert f"Version: {version}\n" in call(python, "-m", "pip", "show", "runlake")

    listed = json.loads(call(os.environ["RUNLAKE_BIN"], "runs", "list", "--json", "--columns", "run_id,stage,status,rows_out,parent,param.rate,metric.loss",
                             "--sort", "stage", cwd=project))["runs"]
    inner, outer = listed
    assert (outer["stage"], outer["status"], outer["rows_out"], outer["param.rate"], outer["metric.loss"]) == ("outer", "completed", 3, 0.5, 0.25)
    assert (inner["stage"], inner["parent_run_id"]) == ("inner", outer["run_id"])

    # What a replayed program answers with is installed beside it.
    (project / "spec.yaml").write_text(json.dumps({"cells": [{"name": "fit", "command": [str(python), "-c", "from runlake import replay; replay.report(f1=0.5, effective=replay.parameters())"],
                                                              "metric": "f1", "pins": {"presets": ["python"], "parameters": {"rate": 0.5}}}]}))
    answer = json.loads(call(os.environ["RUNLAKE_BIN"], "--json", "replay", "run", "spec.yaml", cwd=project, status=12))["cells"][0]["verdict"]
    assert (answer["det_status"], answer["replay_value"], answer["reason"]) == ("PASS", 0.5, "canonical_absent"), answer["replay_error"]

    # Type checkers find the stubs, the wheel leaves with all its files, and the checkout is as it was.
    installed = Path(call(python, "-c", "import runlake; print(runlake.__path__[0])").strip())
    assert {"__init__.py", "replay.py", "_runlake.pyi", "py.typed"} <= {path.name for path in installed.iterdir()}
    call(python, "-m", "pip", "check")
    call(python, "-m", "pip", "uninstall", "-y", "runlake")
    assert not installed.exists() or not any(path.suffix != ".pyc" for path in installed.rglob("*") if path.is_file())
    assert sorted(str(path) for path in (SOURCE / "python").rglob("*") if "__pycache__" not in path.parts) == before
