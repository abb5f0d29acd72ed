# SPDX-License-Identifier: Apache-2.0
"""An Airflow DAG that replays the cells of a spec, a task each, and fails where a verdict does.

Put it beside your DAGs and set RUNLAKE_REPLAY_PROJECT (a checkout with a spec.yaml) and, when it is not on the PATH, RUNLAKE_BIN. The commit that is replayed stands in
the DAG's documentation and is the first event in the log of each task. Parsing it starts no replay: it reads the spec's names of cells and asks git for the commit.
"""

import os
import subprocess
from datetime import datetime

try:  # Airflow 3, then 2
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG
    from airflow.operators.bash import BashOperator

PROJECT = os.environ.get("RUNLAKE_REPLAY_PROJECT", os.getcwd())
RUNLAKE = os.environ.get("RUNLAKE_BIN", "runlake")
SPEC = os.environ.get("RUNLAKE_REPLAY_SPEC", "spec.yaml")


def cells():
    """Names of the cells: a line `- name: NAME` each, so that no package is needed to read them."""
    names = []
    try:
        with open(os.path.join(PROJECT, SPEC), encoding="utf-8") as spec:
            for line in spec:
                key, _, value = line.strip().lstrip("- ").partition(":")
                if line.lstrip().startswith("- ") and key == "name":
                    names.append(value.strip().strip("\"'"))
    except OSError:
        pass
    return names


def build_sha():
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


with DAG(
    dag_id="runlake_replay",
    schedule="@daily",
    start_date=datetime(2025, 1, 1),
    catchup=False,
    max_active_tasks=1,  # an envelope or another replay on the same machine would disturb the timing, never the verdict
    tags=["runlake", "replay"],
    doc_md=f"Replays the cells of `{SPEC}` in `{PROJECT}`.\n\nbuild_sha: `{build_sha()}`\n\nExit statuses: 0 faithful, 10 non-deterministic, 11 diverged, 12 inconclusive (skipped).",
) as dag:
    for cell in cells():
        BashOperator(
            task_id="replay_" + "".join(letter if letter.isalnum() else "_" for letter in cell),
            bash_command='"$RUNLAKE" replay run "$SPEC" --cell "$CELL"',
            env={"RUNLAKE": RUNLAKE, "SPEC": SPEC, "CELL": cell, "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": os.environ.get("HOME", "/tmp")},
            cwd=PROJECT,
            skip_on_exit_code=12,  # inconclusive: nothing is wrong with the code, and nothing is proved
        )
