# SPDX-License-Identifier: Apache-2.0
"""The ledger of a repository that aexp set up: aexp and Runlake write the same bytes, each reads the other's entries, and each installs beside the other."""

import json
import subprocess

import peers
import pytest


@pytest.fixture
def aexp(project, clean_env):
    def call(*words, status=0):
        done = subprocess.run([peers.aexp(), *words], cwd=project, env={**clean_env, "COLUMNS": "400"}, capture_output=True, text=True, check=False)
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return call


@pytest.fixture
def job(aexp, runlake, project):
    """A job that Runlake ran in a repository that aexp set up."""
    aexp("install", "--yes", "--machine-label", "cluster")
    aexp("new-hypothesis", "--title", "Warm")
    aexp("new-experiment", "--title", "Warmup", "--hypothesis", "H001")
    made = runlake("--json", "job", "new", "--experiment", "E001", "--hypothesis", "H001", "--sp", "lr=0.0003", "--sp", "name=é \"x\"").ok().json["job_id"]
    runlake("job", "run", made, "--", "true").ok()
    return made


def path_of(project, job):
    return project / ".aexp" / "ledger" / f"{job}.json"


def but_for(text, member):
    """A file without the one value that tells when it was written."""
    return text.replace(f'"{member}": "{json.loads(text)[member]}"', "")


def test_both_write_the_same_bytes(aexp, runlake, project, job):
    ours = path_of(project, job).read_text()
    path_of(project, job).unlink()
    aexp("ledger", "promote", job)
    theirs = path_of(project, job).read_text()
    assert but_for(ours, "promoted_at") == but_for(theirs, "promoted_at")
    # What aexp wrote says nothing else: it is left as it is.
    assert runlake("ledger", "promote", job).ok().out.startswith("unchanged: ")
    assert path_of(project, job).read_text() == theirs
    # And backfilling finds nothing to do, whoever does it.
    assert runlake("--json", "ledger", "backfill").ok().json["skipped"] == 1
    assert "promoted 0 entries (1 already present, skipped)" in aexp("ledger", "backfill")
    runlake("ledger", "verify").ok()


def test_a_tracker_and_a_dirty_tree_too(aexp, runlake, project, job):
    (project / "dirty.txt").write_text("x\n")
    made = runlake("--json", "job", "new", "--experiment", "E001", "--sp", "seed=2").ok().json["job_id"]
    aexp("bind-tracker", made, "--backend", "noop", "--project", "toy")
    runlake("job", "run", made, "--", "false")
    ours = path_of(project, made).read_text()
    assert json.loads(ours)["tracker"]["backend"] == "noop" and json.loads(ours)["code_dirty"] is True
    aexp("ledger", "backfill", "--overwrite")
    assert but_for(path_of(project, made).read_text(), "promoted_at") == but_for(ours, "promoted_at")


def test_aexp_finds_a_citation_in_our_entry(aexp, runlake, project, job):
    (note,) = (project / "kb" / "research" / "experiments").glob("E001-*.md")
    aexp("new-finding", "--title", "Warm is better", "--hypothesis", "H001", "--experiment", note.name[:4])
    (finding,) = (project / "kb" / "research" / "findings").glob("F001-*.md")
    finding.write_text(finding.read_text().replace("\n---\n", f"\nsupporting_runs:\n  - type: job\n    id: \"{job}\"\n---\n", 1))
    # As on a machine that never saw the run.
    (project / ".runs" / "workspace" / job).rename(project / "elsewhere")
    assert "OK no validation errors (0 warnings)" in aexp("validate", "--runs-only")
    path_of(project, job).unlink()
    make = path_of(project, "f" * 32)  # the ledger speaks still, and does not know it
    make.write_text("{}")
    assert "finding.broken_run_citation" in aexp("validate", "--runs-only", status=1)


def test_the_index_is_the_same(aexp, runlake, project, job):
    aexp("runs-export-index", "--as", "cluster", "--out", "theirs.json")
    runlake("runs-export-index", "--as", "cluster", "--out", "ours.json").ok()
    assert but_for((project / "ours.json").read_text(), "exported_at") == but_for((project / "theirs.json").read_text(), "exported_at")


@pytest.mark.parametrize("first", ["aexp", "runlake"])
def test_each_installs_beside_the_other(aexp, runlake, project, clean_env, first):
    calls = {"aexp": lambda: aexp("install", "--yes", "--force"), "runlake": lambda: runlake("install").ok()}
    second = "runlake" if first == "aexp" else "aexp"
    (project / ".gitignore").write_text("*.log\n")
    calls[first]()
    calls[second]()
    text = (project / ".gitignore").read_text()
    assert text.startswith("*.log\n") and text.count("# agentic-experiments:begin") == 1 and text.count("# runlake:begin") == 1
    for again in (first, second, first):
        calls[again]()
    # aexp takes the empty line behind its block away each time; nothing else may change.
    assert [line for line in (project / ".gitignore").read_text().splitlines() if line] == [line for line in text.splitlines() if line]
    for path, ignored in ((".aexp/installed.json", 0), (".aexp/ledger/x.json", 1), (".runlake/installed.json", 0), (".runlake/ledger/x.json", 1)):
        assert subprocess.run(["git", "check-ignore", "-q", path], cwd=project, env=clean_env, check=False).returncode == ignored, path
    # Both keep their jobs in one place.
    assert json.loads((project / ".aexp" / "installed.json").read_text())["run_store_path"] == json.loads((project / ".runlake" / "installed.json").read_text())["run_store_path"] == ".runs"
