# SPDX-License-Identifier: Apache-2.0
"""What tests of replays share: specs, programs that misbehave in a known way, and verdict files."""

import json
import os
import subprocess

PYTHON = "/usr/bin/python3"


def write_spec(project, cells, **top):
    """A spec file of these cells; JSON is YAML."""
    path = project / "spec.yaml"
    path.write_text(json.dumps({"version": 1, "cells": cells, **top}))
    return path


def stdout_cell(name, code, **more):
    """A Python program whose standard output is the metric."""
    return {"name": name, "command": [PYTHON, "-c", code], "metric": {"stdout": True, "name": "m"}, **more}


def verdicts(project):
    """Every verdict file, the cell's name to its content; the last of each cell."""
    files = sorted((project / ".runlake" / "verdicts").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    found = {}
    for path in files:
        document = json.loads(path.read_text())
        found[document["cell"]] = document
    return found


def errors_of(verdict):
    return [replay["error"]["kind"] if replay["error"] else None for replay in verdict["replays"]]


def knobs_of(verdict, replica=0):
    return {knob["name"]: knob["effective"] for knob in verdict["replays"][replica]["knobs"]}


def git(project, env, *words):
    return subprocess.run(["git", *words], cwd=project, env=env, check=True, capture_output=True, text=True).stdout


def run_id_of(runlake, stage):
    """The id of the newest run of a stage that is no replay."""
    answer = runlake("--json", "runs", "list").ok().json
    runs = [row for row in answer["runs"] if row["stage"] == stage]
    return runs[-1]["run_id"] if runs[0]["started_at"] <= runs[-1]["started_at"] else runs[0]["run_id"]


def has_compiler():
    return any(os.access(os.path.join(folder, "g++"), os.X_OK) for folder in os.environ.get("PATH", "").split(":"))
