# SPDX-License-Identifier: Apache-2.0
"""Exports, jobs and releases killed and failed: a folder is the earlier one or the new one, each whole; a site shows a release that is whole; the next call makes what nobody disturbed."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from harness import Scenario

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_proof_logs  # noqa: E402

BINARY = Path(os.environ.get("RUNLAKE_BIN", Path(__file__).resolve().parents[2] / "build" / "runlake"))
LASTING = ("*:enospc:1+", "*:erofs:1+", "*:eacces:1+")
DATASETS = [{"name": "overview", "format": "parquet", "query": "SELECT r.run_uid, r.run_id FROM selected_runs s JOIN runs r USING (run_key) ORDER BY 1"}]


def call(folder, *words, status=(0,)):
    env = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state"), "RUNLAKE_STORE": str(folder / ".runlake")}
    env |= {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    done = subprocess.run([BINARY, *words], env=env, cwd=folder, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode in status, f"{words}: {done.returncode} {done.stdout}{done.stderr}"
    return done.stdout


def ended(outcome):
    assert outcome.killed or outcome.status in (0, 8), f"ended with {outcome.status}: {outcome.err}"
    assert outcome.fault or outcome.status == 0, outcome.err


def with_a_lake(folder):
    """A lake of two runs. Where the logs lie is kept: the ground is copied, and the lake tells runs by their folders."""
    logs = folder / "logs"
    make_proof_logs.make(logs, runs=2, theorems=1, nodes=2, trace_lines=1)
    call(folder, "lake", "reconcile", "--logs-dir", logs)
    (folder / "logs.path").write_text(str(logs))
    (folder / "job.json").write_text(json.dumps({"schema_version": 2, "name": "site", "selection": {"backend": "lean"}, "datasets": DATASETS}))


def whole_export(folder):
    """Of what format the export in the folder is, every file of it as its manifest says."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for dataset in manifest["datasets"]:
        assert hashlib.sha256((folder / dataset["file"]).read_bytes()).hexdigest() == dataset["sha256"], dataset["file"]
    names = {dataset["file"] for dataset in manifest["datasets"]} | {"manifest.json", "provenance.json"}
    assert {path.name for path in folder.iterdir()} == names
    return manifest["format"]


def no_leftovers(outcome, folder):
    left = [path.name for path in folder.iterdir() if path.name.startswith(".")] if folder.exists() else []
    assert outcome.killed or not left or "*" in outcome.fault, f"left: {left}"


def swept(folder):
    """What a killed one left is removed by the next that works there, or by a reconcile; but for the few bytes of a lease that was never given its name."""
    left = [path.name for path in folder.iterdir() if path.name.startswith(".") and ".tmp.lease." not in path.name]
    assert not left, f"not swept: {left}"


def with_an_export(folder):
    with_a_lake(folder)
    call(folder, "lake", "export", "--format", "csv", "--out", "made/out")


def check_export(outcome):
    ended(outcome)
    found = whole_export(outcome.folder / "made" / "out")
    assert found == ("jsonl" if outcome.status == 0 else found) and found in ("csv", "jsonl")
    no_leftovers(outcome, outcome.folder / "made")
    call(outcome.folder, "lake", "export", "--format", "jsonl", "--out", "made/out")
    call(outcome.folder, "lake", "export", "--format", "jsonl", "--out", "made/other")
    swept(outcome.folder / "made")
    one, other = (outcome.folder / "made" / name for name in ("out", "other"))
    assert (one / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()
    assert whole_export(one) == "jsonl"


def check_job(outcome):
    ended(outcome)
    jobs = outcome.store / "lake" / "jobs" / "site"
    done = [path for path in jobs.iterdir() if not path.name.startswith(".")] if jobs.exists() else []
    assert len(done) == 1 or outcome.status != 0
    for path in done:
        record = json.loads((path / "job_run.json").read_text())
        assert record["status"] == ("completed" if (path / "manifest.json").exists() else "failed")
        if record["status"] == "completed":
            (dataset,) = json.loads((path / "manifest.json").read_text())["datasets"]
            assert hashlib.sha256((path / dataset["file"]).read_bytes()).hexdigest() == dataset["sha256"]
    no_leftovers(outcome, jobs)
    again = json.loads(call(outcome.folder, "--json", "lake", "job", "run", "--config", "job.json"))
    assert outcome.status != 0 or again["unchanged"]
    swept(jobs)
    call(outcome.folder, "lake", "reconcile", "--dry-run", "--logs-dir", (outcome.folder / "logs.path").read_text())


def with_a_release(folder):
    """An older release is shown: of the same job with another name."""
    with_a_lake(folder)
    (folder / "old.json").write_text(json.dumps({"schema_version": 2, "name": "older", "selection": {"backend": "lean"}, "datasets": DATASETS}))
    call(folder, "lake", "job", "release-site-dashboard", "--config", "old.json", "--logs-dir", folder / "logs", "--site-dir", "site")


def check_release(outcome):
    ended(outcome)
    site = outcome.folder / "site"
    shown = json.loads((site / "dashboard_manifest.json").read_text())["job"]
    assert shown in ("older", "site") and (outcome.status != 0 or shown == "site")
    call(outcome.folder, "lake", "release", "verify", "site")
    for path in (site / "releases").iterdir():
        if not path.name.startswith("."):
            call(outcome.folder, "lake", "release", "verify", path)
    no_leftovers(outcome, site / "releases")
    again = json.loads(call(outcome.folder, "--json", "lake", "job", "release-site-dashboard", "--config", "job.json", "--logs-dir", (outcome.folder / "logs.path").read_text(), "--site-dir", "site"))
    assert again["promoted"] and (outcome.status != 0 or again["unchanged"])
    swept(site / "releases")
    call(outcome.folder, "lake", "release", "verify", "site")


RELEASE = ["/bin/sh", "-c", f'exec "{BINARY}" lake job release-site-dashboard --config job.json --logs-dir "$(cat logs.path)" --site-dir site']
SCENARIOS = [
    Scenario("lake-export", [BINARY, "lake", "export", "--format", "jsonl", "--out", "made/out"], check_export, setup=with_an_export, needs=BINARY, lasting=LASTING),
    Scenario("lake-job", [BINARY, "lake", "job", "run", "--config", "job.json"], check_job, setup=with_a_lake, needs=BINARY, lasting=LASTING),
    Scenario("lake-release", RELEASE, check_release, setup=with_a_release, needs=BINARY, lasting=LASTING),
]
