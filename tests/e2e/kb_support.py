# SPDX-License-Identifier: Apache-2.0
"""Repositories with a knowledge base, jobs and ledger entries, written as other tools write them."""

import hashlib
import json
import subprocess

import pytest
from conftest import SOURCE

DATA = SOURCE.parent / "shared" / "data"

HEADINGS = {
    "hypotheses": ["Statement", "Mechanism", "Why This Might Generalize", "Shortcut Risks", "Test Plan", "Evidence", "Conclusion"],
    "experiments": ["Objective", "Setup", "Procedure", "Caveats", "Intent", "Progress", "Results", "Outcome Summary", "Decision"],
    "findings": ["Finding", "Evidence", "Caveats", "What Improved For Real", "Remaining Debt", "Next Move"],
    "threads": ["Statement", "Sub-questions", "Promotion criteria", "Open links", "Notes", "Conclusion"],
}
SPECIALS = {
    "ACTIVE.md": ("ACTIVE", ["Current Objective", "Next Step", "Blocker"], ["CHALLENGE"]),
    "DASHBOARD.md": ("DASHBOARD", ["Entry Points"], ["ACTIVE", "CHALLENGE"]),
    "mission/CHALLENGE.md": ("CHALLENGE", ["Objective", "Context", "Success Criteria", "Constraints"], ["ACTIVE", "DASHBOARD"]),
}


def job_id(state_point):
    return hashlib.md5(json.dumps(state_point, sort_keys=True).encode()).hexdigest()


class Repo:
    """A project folder with the notes H001, E001 and F001, linked as they should be."""

    def __init__(self, path):
        self.path = path
        self.kb = path / "kb"

    def write(self, name, text):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def note(self, folder, identifier, front="", links=(), body="", quote="", headings=None):
        title = f"# {identifier} \u2014 A note"
        sections = "".join(f"\n## {heading}\n\nText.\n" for heading in (HEADINGS[folder] if headings is None else headings))
        items = "".join(f"- [[{link}]]\n" for link in links)
        text = f'---\nid: "{identifier}"\naliases: ["{identifier}"]\n{front}---\n\n{title}\n\n{quote}{sections}\n{body}\n## Links\n\n{items}'
        return self.write(f"kb/research/{folder}/{identifier}-note.md", text)

    def scaffold(self):
        for name, (word, headings, links) in SPECIALS.items():
            sections = "".join(f"\n## {heading}\n\nText.\n" for heading in headings)
            items = "".join(f"- [[{link}]]\n" for link in links)
            self.write(f"kb/{name}", f'---\nid: "{word}"\naliases: ["{word}"]\n---\n\n# {word}\n{sections}\n## Links\n\n{items}')
        return self

    def chain(self, cites="", body="", finding_front=""):
        self.scaffold()
        self.note("hypotheses", "H001", "status: TESTING\ncreated: 2026-06-01\n", ["E001", "F001", "ACTIVE", "CHALLENGE"])
        self.note("experiments", "E001", 'status: RUNNING\nhypothesis: "H001"\nsub_hypotheses: ["H001a"]\ncreated: 2026-06-01\n', ["H001", "F001", "ACTIVE", "CHALLENGE"])
        self.finding(cites, body, finding_front)
        return self

    def finding(self, cites="", body="", front="", identifier="F001"):
        return self.note("findings", identifier, f'hypothesis: "H001"\nexperiment: "E001"\nimpact: HIGH\ncreated: 2026-06-03\n{front}{cites}', ["H001", "E001", "ACTIVE", "CHALLENGE"], body)

    def run_store(self):
        self.write(".runs/.signac/config", "schema_version = 2\n")
        (self.path / ".runs" / "workspace").mkdir(exist_ok=True)
        return self.path / ".runs"

    def job(self, status="complete", link=True, metrics=None, document=None, **state_point):
        """A job of the local store, in the bytes that signac writes."""
        self.run_store()
        point = {"experiment_id": "E001", **state_point}
        identifier = job_id(point)
        doc = {}
        if link is True:
            doc["aexp"] = {"experiment_id": "E001", "experiment_path": "kb/research/experiments/E001-*.md", "hypothesis_id": "H001", "sub_hypothesis_id": None}
        elif link:
            doc["aexp"] = link
        if status is not None:
            doc["status"] = status
        if metrics is not None:
            doc["summary_metrics"] = metrics
        doc.update(document or {})
        self.write(f".runs/workspace/{identifier}/signac_statepoint.json", json.dumps(point))
        self.write(f".runs/workspace/{identifier}/signac_job_document.json", json.dumps(doc))
        return identifier

    def entry(self, folder=".aexp/ledger", status="complete", extra=None, change=None, facts=None, **state_point):
        """A ledger entry as aexp writes it, and what stands beside it."""
        point = {"experiment_id": "E001", **state_point}
        identifier = job_id(point)
        record = {
            "schema_version": 1, "job_id": identifier, "statepoint": point, "status": status, "promoted_at": "2026-06-03T11:48:10Z", "registered_machine": "cluster",
            "run_link": {"experiment_id": "E001", "experiment_path": "kb/research/experiments/E001-*.md", "hypothesis_id": "H001", "sub_hypothesis_id": None},
            "ended_at": "2026-06-03T11:48:09Z",
        }
        record.update(change or {})
        self.write(f"{folder}/{identifier}.json", json.dumps(record, indent=2, sort_keys=True) + "\n")
        if extra is not None:
            beside = {"schema": "runlake.extra/1", "id": identifier, "status": status, "promoted_at": "2026-06-03T11:48:10Z", "registered_machine": "cluster", "metrics": extra, **(facts or {})}
            self.write(f".runlake/ledger-extra/{identifier}.json", json.dumps(beside, indent=2, sort_keys=True) + "\n")
        return identifier

    def index(self, machine, *entries):
        body = {"schema_version": 1, "machine_label": machine, "exported_at": "2026-06-03T11:48:10Z", "entries": sorted(entries, key=lambda one: one["job_id"])}
        self.write(f".aexp/runs-index/{machine}.json", json.dumps(body, indent=2) + "\n")


def cite(identifier, **more):
    extra = "".join(f"\n    {name}: {value}" for name, value in more.items())
    return f'supporting_runs:\n  - type: job\n    id: "{identifier}"{extra}\n'


def batch(selector="", experiment="E001"):
    return f'supporting_runs:\n  - type: batch\n    experiment_id: "{experiment}"\n' + (f"    selector: {selector}\n" if selector else "")


@pytest.fixture
def repo(project):
    return Repo(project)


@pytest.fixture
def validate(runlake):
    """validate("--kb-only"): the answer as a record, with `codes`: what was said, as "code" or "code/check", sorted."""

    def call(*words, status=None, **options):
        done = runlake("validate", "--json", *words, **options)
        assert done.status in (0, 1), done.err
        answer = done.json
        assert done.status == (0 if answer["ok"] else 1)
        if status is not None:
            assert done.status == status, answer["issues"]
        answer["codes"] = sorted(issue["code"] + (f"/{issue['check']}" if issue["check"] else "") for issue in answer["issues"])
        return answer

    return call


def git(path, env, *words):
    return subprocess.run(["git", *words], cwd=path, env=env, check=True, capture_output=True, text=True).stdout
