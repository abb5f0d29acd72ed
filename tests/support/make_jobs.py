# SPDX-License-Identifier: Apache-2.0
"""Writes signac-2 workspaces with finished jobs, as signac and aexp lay them out, without the program under test."""

import json
from pathlib import Path

from make_ledger import job_id

TIMES = {"created_at": "2026-06-03T11:00:00Z", "started_at": "2026-06-03T11:02:41Z", "ended_at": "2026-06-03T11:48:09Z", "wallclock_s": 2728.114}


def project(root, store=".runs"):
    """An empty project; returns its folder."""
    path = Path(root) / store
    (path / ".signac").mkdir(parents=True, exist_ok=True)
    (path / ".signac" / "config").write_text("schema_version = 2\n")
    (path / "workspace").mkdir(exist_ok=True)
    return path


def job(root, statepoint, status="complete", store=".runs", times=True, **document):
    """A job; returns its id. A member of the document given as None is left out."""
    folder = project(root, store) / "workspace" / job_id(statepoint)
    folder.mkdir(exist_ok=True)
    (folder / "signac_statepoint.json").write_text(json.dumps(statepoint))
    whole = {"status": status, **(TIMES if times else {}), **document}
    (folder / "signac_job_document.json").write_text(json.dumps({name: value for name, value in whole.items() if value is not None}))
    return folder.name


def document(root, identity, store=".runs"):
    return json.loads((Path(root) / store / "workspace" / identity / "signac_job_document.json").read_text())


def change(root, identity, store=".runs", **members):
    path = Path(root) / store / "workspace" / identity / "signac_job_document.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **members}))
