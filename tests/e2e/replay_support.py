# SPDX-License-Identifier: Apache-2.0
"""What tests of replays share: specs, programs that misbehave in a known way, and verdict files."""

import json
import os
import shutil
import subprocess

PYTHON = "/usr/bin/python3"
# The order of a set of texts as a number. Two orders give the same one in a million times.
HASH_ORDER = "h = 0\nfor k in {'x' * n for n in range(1, 25)}: h = (h * 31 + len(k)) % 1000003\nprint(h)"


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


def until_code_is_known(project, runlake, record):
    """record(seconds) has a program take that long. Its code is looked at for as long as it runs: on a busy machine it is recorded once more, and takes longer. Gives the rows."""
    for seconds in (0.2, 1, 5, 25, 100):
        record(seconds)
        rows = runlake("--json", "runs", "list").ok().json["runs"]
        if not any((row["code_ref"] or "").endswith("unknown") for row in rows):
            break
        shutil.rmtree(project / ".runlake")
        shutil.rmtree(project / "runs", ignore_errors=True)
    return rows


# The limit of that look, beside the program's own time.
PATIENT = {"RUNLAKE_CODE_DIRTY_LIMIT": "100s"}


def has_compiler():
    return any(os.access(os.path.join(folder, "g++"), os.X_OK) for folder in os.environ.get("PATH", "").split(":"))
