# SPDX-License-Identifier: Apache-2.0
"""Notes and pointers to trackers, killed and failed at every point: each file is as it was or as it is to be, and the next call works."""

import json
import sys
from pathlib import Path

from harness import Scenario
from scenarios_ledger import BINARY, LASTING, STATE_POINT, call, ended, git

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_jobs  # noqa: E402

H, E, F = "research/hypotheses/H001-h.md", "research/experiments/E001-e.md", "research/findings/F001-f.md"


def with_notes(folder):
    git(folder, "init", "-q", "-b", "main")
    call(folder, "install", "--machine-label", "bench")
    call(folder, "kb", "new", "hypothesis", "--title", "h")
    call(folder, "kb", "new", "experiment", "--title", "e", "--hypothesis", "H001")


def text(folder, name):
    path = folder / "kb" / name
    return path.read_text() if path.exists() else None


def check_new(outcome):
    """A failure changes nothing, unless every write fails and nothing can be put back; a kill leaves whole files. What is missing then is named."""
    ended(outcome)
    folder = outcome.folder
    note = text(folder, F)
    links = [text(folder, name).count("- [[F001]]\n") for name in (H, E)]
    assert all(text(folder, name).endswith("]]\n") for name in (H, E)) and (note is None or note.endswith("- [[CHALLENGE]]\n"))
    if outcome.killed or outcome.fault.startswith("*"):
        assert all(count in (0, 1) for count in links)
    elif outcome.status == 0:
        assert note is not None and links == [1, 1]
    else:
        assert note is None and links == [0, 0], (outcome.fault, links)
    answer = call(folder, "validate", "--kb-only", status=0 if (note is not None and links == [1, 1]) or (note is None and links == [0, 0]) else 1)
    assert {issue["check"] for issue in answer["issues"]} <= {"backlink", "links"}
    made = call(folder, "kb", "new", "finding", "--title", "again", "--experiment", "E001")
    assert made["id"] == ("F002" if note is not None else "F001")


def with_a_thread(folder):
    git(folder, "init", "-q", "-b", "main")
    call(folder, "install", "--machine-label", "bench")
    call(folder, "kb", "new", "thread", "--title", "t")


def check_close(outcome):
    ended(outcome)
    status = call(outcome.folder, "kb", "show", "T001")["note"]["metadata"]["status"]
    assert status in ("PROPOSED", "CLOSED") and (outcome.killed or (status == "CLOSED") == (outcome.status == 0))
    call(outcome.folder, "validate", "--kb-only")
    assert call(outcome.folder, "kb", "close", "T001")["status"] == "CLOSED"


def with_a_job(folder):
    git(folder, "init", "-q", "-b", "main")
    call(folder, "install", "--machine-label", "bench")
    make_jobs.job(folder, STATE_POINT)


def check_bind(outcome):
    """The pointer is there whole or not at all, and never without its file."""
    ended(outcome)
    (job,) = call(outcome.folder, "job", "list")["jobs"]
    folder = outcome.folder / ".runs" / "workspace" / (job.get("job_id") or job["id"])
    document = json.loads((folder / "signac_job_document.json").read_text())
    assert outcome.status != 0 or "tracker" in document
    if "tracker" in document:
        (line,) = (folder / "tracker_log" / document["tracker"]["run_id"] / "events.jsonl").read_text().splitlines()
        assert json.loads(line)["event"] == "init_run"
    call(outcome.folder, "tracker", "bind", folder.name, "--project", "again")


BIND = [BINARY, "tracker", "bind", make_jobs.job_id(STATE_POINT), "--project", "toy"]
SCENARIOS = [
    Scenario("kb-new", [BINARY, "kb", "new", "finding", "--title", "f", "--experiment", "E001"], check_new, setup=with_notes, needs=BINARY, lasting=LASTING),
    Scenario("kb-close", [BINARY, "kb", "close", "T001"], check_close, setup=with_a_thread, needs=BINARY, lasting=LASTING),
    Scenario("tracker-bind", BIND, check_bind, setup=with_a_job, needs=BINARY, lasting=LASTING),
]
