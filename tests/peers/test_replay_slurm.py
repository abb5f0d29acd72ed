# SPDX-License-Identifier: Apache-2.0
"""Cells of a replay as tasks of a Slurm array, as docs/guide/replay.md tells it: each gives its verdict into one store, and the exit status to Slurm."""

import subprocess
import sys
from pathlib import Path

import pytest
import slurm_cluster

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from replay_support import stdout_cell, verdicts, write_spec  # noqa: E402

TASK = 'mapfile -t cells < cells.txt; "$RUNLAKE" replay run spec.yaml --cell "${cells[$SLURM_ARRAY_TASK_ID]}"'


@pytest.fixture(scope="module")
def cluster():
    one = slurm_cluster.Cluster()
    yield one
    one.close()


def test_an_array_of_cells(runlake_bin, project, clean_env, cluster):
    env = cluster.environment({**clean_env, "PATH": clean_env["PATH"] + ":/usr/bin:/usr/sbin", "RUNLAKE": str(runlake_bin)})
    write_spec(project, [stdout_cell("steady", "print(1 / 3)"), stdout_cell("unsteady", "import os; print(os.getpid())")])
    (project / "cells.txt").write_text("steady\nunsteady\n")
    (project / "task.sh").write_text("#!/bin/bash\n" + TASK + "\n")
    done = subprocess.run(["sbatch", "--wait", "--array=0-1", "task.sh"], cwd=project, env=env, capture_output=True, text=True, timeout=300, check=False)
    found = verdicts(project)
    assert set(found) == {"steady", "unsteady"}, (done.stderr, cluster.logs(), [path.read_text() for path in project.glob("slurm-*.out")])
    assert found["steady"]["verdict"] == "INCONCLUSIVE_TOOLING" and found["unsteady"]["verdict"] == "NON_DETERMINISTIC"
    assert done.returncode == 12   # sbatch --wait gives the greatest status of the array
