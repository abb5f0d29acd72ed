# SPDX-License-Identifier: Apache-2.0
"""The example DAG under a real Airflow: it is parsed, shows the commit, and its tasks give verdicts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import peers
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from replay_support import git, verdicts  # noqa: E402

SOURCE = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2]))
SPEC = """\
version: 1
cells:
  - name: steady
    command: [/usr/bin/python3, -c, "print(1 / 3)"]
    metric: {stdout: true, name: f1}
  - name: unsteady
    command: [/usr/bin/python3, -c, "import os; print(os.getpid())"]
    metric: {stdout: true, name: f1}
"""
SHOW = """\
import importlib.util, json
spec = importlib.util.spec_from_file_location("replay_dag", DAG)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(json.dumps({"tasks": sorted(module.dag.task_dict), "doc": module.dag.doc_md}))
"""
RUN = """\
import importlib.util
spec = importlib.util.spec_from_file_location("replay_dag", DAG)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
for task in module.dag.tasks:
    try:
        task.execute({"ti": None})
        print(task.task_id, "fine")
    except Exception as problem:
        print(task.task_id, type(problem).__name__)
"""


@pytest.fixture
def airflow(runlake_bin, project, clean_env, tmp_path):
    (project / "spec.yaml").write_text(SPEC)
    env = {**clean_env, "AIRFLOW_HOME": str(tmp_path / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
           "RUNLAKE_REPLAY_PROJECT": str(project), "RUNLAKE_BIN": str(runlake_bin)}

    def call(code):
        text = f"DAG = {str(SOURCE / 'examples' / 'airflow' / 'replay_dag.py')!r}\n" + code
        done = subprocess.run([peers.python_with_airflow(), "-c", text], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    return call


def test_it_is_parsed_and_shows_the_commit(airflow, project, clean_env):
    shown = json.loads(airflow(SHOW).strip().splitlines()[-1])
    assert shown["tasks"] == ["replay_steady", "replay_unsteady"]
    assert f"build_sha: `{git(project, clean_env, 'rev-parse', 'HEAD').strip()}`" in shown["doc"]


def test_its_tasks_give_verdicts(airflow, project):
    lines = airflow(RUN).strip().splitlines()
    assert "replay_steady AirflowSkipException" in lines and "replay_unsteady AirflowException" in lines, lines
    assert set(verdicts(project)) == {"steady", "unsteady"}
