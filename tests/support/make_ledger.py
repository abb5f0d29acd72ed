# SPDX-License-Identifier: Apache-2.0
"""Writes ledger entries as docs/formats/ledger.md describes them, without the program under test."""

import hashlib
import json
from pathlib import Path


def job_id(statepoint):
    return hashlib.md5(json.dumps(statepoint, sort_keys=True).encode()).hexdigest()


def entry(statepoint, status="complete", machine="cluster", **more):
    """An entry as a mapping; a member given as None is left out."""
    found = {
        "schema_version": 1,
        "job_id": job_id(statepoint),
        "statepoint": statepoint,
        "status": status,
        "promoted_at": "2026-06-03T11:48:10Z",
        "registered_machine": machine,
        **more,
    }
    return {name: value for name, value in found.items() if value is not None}


def write(folder, found, name=None):
    """Writes an entry into a ledger's folder, under its own name unless another is given; returns the path."""
    path = Path(folder) / f"{name or found['job_id']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    return path
