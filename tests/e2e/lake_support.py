# SPDX-License-Identifier: Apache-2.0
"""Logs made by the generator, reconciled, for tests of what is made out of a lake."""

import hashlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_proof_logs  # noqa: E402

# Of the generator's shapes, those that have a summary: a dashboard can be made of them.
WITHOUT_SUMMARY = "basin"


def make_logs(folder, runs=6, summaries_only=False, **options):
    """The generator's runs; `summaries_only` leaves out the ones of many seeds."""
    made = make_proof_logs.make(folder, runs=runs, **options)
    if summaries_only:
        for rel in made:
            if not list((folder / rel).glob("summary.json*")):
                for path in sorted((folder / rel).rglob("*"), reverse=True):
                    path.rmdir() if path.is_dir() else path.unlink()
                (folder / rel).rmdir()
    return folder


def reconciled(runlake, folder, runs=6, **options):
    make_logs(folder, runs, **options)
    runlake("lake", "reconcile", "--logs-dir", folder).ok()
    return folder


def tree(folder):
    """Every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def without_provenance(files):
    return {name: data for name, data in files.items() if not name.endswith(("provenance.json", "job_run.json"))}


def rows(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def config(path, **members):
    """A job's configuration with one plain dataset, changed by `members`."""
    value = {"schema_version": 2, "name": "mine", "selection": {}, "reference": None,
             "datasets": [{"name": "ids", "query": "SELECT run_key, run_id FROM selected_runs JOIN runs USING (run_key) ORDER BY run_id"}]}
    value.update(members)
    path.write_text(json.dumps(value))
    return path
