# SPDX-License-Identifier: Apache-2.0
"""Reads a file store of MLflow by itself, with the standard library alone: what the lake is compared with."""

import math
from pathlib import Path

STATUS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}


def meta(path):
    """A meta.yaml, which is flat: `name: value`, quoted or not."""
    out = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        value = value.strip()
        if value[:1] == value[-1:] == "'":
            value = value[1:-1].replace("''", "'")
        out[name] = None if value in ("null", "") and value != "''" else value
    return out


def below(folder):
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*")) if path.is_file()} if folder.is_dir() else {}


def series(text):
    out = []
    for line in text.splitlines():
        fields = line.split()
        out.append((float(fields[1]), int(fields[0]), int(fields[2]) if len(fields) > 2 else 0))
    return out


def runs(store):
    """Every run by its id: meta, params, tags, metrics (each a list of value, milliseconds, step)."""
    out = {}
    for path in sorted(Path(store).rglob("meta.yaml")):
        said = meta(path)
        if "run_id" not in said and "run_uuid" not in said:
            continue
        metrics = {name: series(text) for name, text in below(path.parent / "metrics").items()}
        out[said.get("run_id") or said["run_uuid"]] = {"meta": said, "params": below(path.parent / "params"), "tags": below(path.parent / "tags"), "metrics": metrics}
    return out


def last(values):
    """The value that MLflow shows of a metric: of the greatest step, then time, then value."""
    step, time, value = max((step, time, -math.inf if math.isnan(value) else value) for value, time, step in values)
    return None if math.isinf(value) else value
