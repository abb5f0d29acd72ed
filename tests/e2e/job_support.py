# SPDX-License-Identifier: Apache-2.0
"""What the tests over jobs share: an experiment's note, the two files of a job, and the command lines of the runs that they start."""

import hashlib
import json
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

NOTE = """\
---
id: E001
hypothesis: "[[H001]]"
runner_command: "{command}"
conditions:
  warm: {{lr: 0.001, steps: 500}}
  flat: {{lr: 0.001, steps: 0}}
---

# E001 — Warmup
"""


def write_experiment(project, command="echo run {seed}", name="E001-warmup.md"):
    path = project / "kb" / "research" / "experiments" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(NOTE.format(command=command))
    return path


def job_id(state_point):
    """signac's id, by Python's own json: the reference that the binary is held to."""
    return hashlib.md5(json.dumps(state_point, sort_keys=True).encode()).hexdigest()


def folder(project, job):
    return project / ".runs" / "workspace" / job


def document(project, job):
    return json.loads((folder(project, job) / "signac_job_document.json").read_text())


def state_point(project, job):
    return json.loads((folder(project, job) / "signac_statepoint.json").read_text())


@pytest.fixture
def new(runlake):
    """new({...}) makes the job of a whole state point and returns its id."""

    def make(point, *words):
        return runlake("job", "new", "--json", "--state-point", "-", *words, input=json.dumps(point)).ok().json["job_id"]

    return make
