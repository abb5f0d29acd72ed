# SPDX-License-Identifier: Apache-2.0
"""`install`: what it writes, what it leaves alone, and that doing it again changes nothing."""

import json
import os
import subprocess

import pytest
from ledger_support import git, make_jobs
from runs_support import facts

BLOCK = ["# runlake:begin", "# runlake:end"]


def marker(project):
    return json.loads((project / ".runlake" / "installed.json").read_text())


def label(project):
    (found,) = marker(project)["labels"].values()
    return found


def test_a_fresh_repository(runlake, project, clean_env, place):
    runlake("install", "--machine-label", "cluster", env=place).ok()
    assert label(project) == "cluster" and marker(project)["schema"] == "runlake.installed/1" and marker(project)["run_store_path"] == ".runs"
    assert (project / ".runs" / ".signac" / "config").read_text() == "schema_version = 2\n"
    assert (project / "kb" / "ACTIVE.md").exists() and (project / "kb" / "mission" / "CHALLENGE.md").exists()
    assert not (project / "AGENTS.md").exists()
    # What machines share is not ignored, all else is.
    for path, ignored in ((".runlake/installed.json", True), (".runlake/runs.duckdb", True), (".runlake/cache/x", True), (".runlake/ledger/x.json", False),
                          (".runlake/ledger/packs/x", False), (".runlake/ledger-extra/x.json", False), (".runlake/config.yaml", False), (".runs/workspace/x", True)):
        assert (git(project, clean_env, "check-ignore", "-q", path, check=False).returncode == 0) is ignored, path
    attributes = git(project, clean_env, "check-attr", "merge", ".runlake/ledger/x.json", ".aexp/ledger/x.json").stdout
    assert attributes.count("merge: runlake-ledger") == 2
    assert "__merge-ledger" in git(project, clean_env, "config", "merge.runlake-ledger.driver").stdout


def test_again_changes_nothing(runlake, project):
    runlake("install").ok()
    before = facts(project), (project / ".git" / "config").read_bytes()
    answer = runlake("--json", "install").ok().json
    assert answer["changed"] is False and {action["kind"] for action in answer["actions"]} == {"identical"}
    assert (facts(project), (project / ".git" / "config").read_bytes()) == before
    assert "installed already" in runlake("install").ok().out


def test_a_dry_run_writes_nothing(runlake, project):
    before = facts(project), (project / ".git" / "config").read_bytes()
    answer = runlake("--json", "install", "--dry-run").ok().json
    assert answer["changed"] is True and "initialized_runs" in {action["kind"] for action in answer["actions"]}
    assert (facts(project), (project / ".git" / "config").read_bytes()) == before


def test_what_the_user_wrote_stays(runlake, project):
    (project / ".gitignore").write_bytes(b"*.log\r\nbuild/\r\n")
    (project / ".gitattributes").write_text("*.png binary")
    (project / "AGENTS.md").write_text("# Rules\n\nBe kind.\n")
    (project / "kb").mkdir()
    (project / "kb" / "ACTIVE.md").write_text("mine\n")
    runlake("install").ok()
    ignore = (project / ".gitignore").read_bytes()
    assert ignore.startswith(b"*.log\r\nbuild/\r\n\r\n# runlake:begin\r\n") and ignore.count(b"\n") == ignore.count(b"\r\n")
    assert (project / ".gitattributes").read_text().startswith("*.png binary\n\n# runlake:begin\n")
    rules = (project / "AGENTS.md").read_text()
    assert rules.startswith("# Rules\n\nBe kind.\n\n<!-- runlake:begin -->\n") and "runlake validate" in rules
    assert (project / "kb" / "ACTIVE.md").read_text() == "mine\n"
    # Text around the block stays where it is, text in it is ours.
    (project / ".gitignore").write_bytes(ignore.replace(b"ledger/", b"elsewhere/") + b"after\r\n")
    runlake("install", "--force").ok()
    assert (project / ".gitignore").read_bytes() == ignore + b"after\r\n"
    assert (project / "kb" / "ACTIVE.md").read_text() == "mine\n"


def test_beside_the_block_of_aexp(runlake, project):
    theirs = "# agentic-experiments:begin\n# per machine\n.aexp/*\n# shared\n!.aexp/runs-index/\n!.aexp/ledger/\n# agentic-experiments:end\n"
    (project / ".gitignore").write_text(theirs)
    (project / ".aexp").mkdir()
    (project / ".aexp" / "installed.json").write_text(json.dumps({"version": "0.6.1", "run_store_path": "data/runs", "machine_label": "board"}))
    result = runlake("install").ok()
    assert (project / ".gitignore").read_text().startswith(theirs + "\n# runlake:begin\n") and "MIGRATION" not in result.err
    assert label(project) == "board" and marker(project)["run_store_path"] == "data/runs" and (project / "data" / "runs" / ".signac" / "config").exists()


@pytest.mark.parametrize("line", [".runlake", ".runlake/", "/.runlake/", "**/.runlake/", "  .runlake/  # old"])
def test_a_line_that_hides_the_ledger_is_warned_of(runlake, project, line):
    (project / ".gitignore").write_text(f"*.log\n{line}\n")
    result = runlake("install").ok()
    assert "MIGRATION" in result.err and "line 2" in result.err
    assert (project / ".gitignore").read_text().startswith(f"*.log\n{line}\n")
    assert "MIGRATION" in runlake("install").ok().err


def test_a_line_that_hides_aexps_ledger(runlake, project):
    (project / ".gitignore").write_text("/.aexp/\n")
    assert "MIGRATION" not in runlake("install", "--dry-run").ok().err
    (project / ".aexp" / "ledger").mkdir(parents=True)
    assert "MIGRATION" in runlake("install").ok().err
    (project / ".gitignore").write_text(".aexp/*\n!.aexp/ledger/\n")
    assert "MIGRATION" not in runlake("install").ok().err


def test_the_label(runlake, project):
    runlake("install").ok()
    assert label(project) == os.uname().nodename.split(".")[0]
    runlake("install", "--machine-label", "cluster").ok()  # no --force is needed
    assert label(project) == "cluster"
    runlake("install").ok()
    assert label(project) == "cluster"
    edited = {**marker(project), "labels": {name: "edited" for name in marker(project)["labels"]}}
    (project / ".runlake" / "installed.json").write_text(json.dumps(edited))
    runlake("install").ok()
    assert label(project) == "edited"
    job = make_jobs.job(project, {"seed": 1})
    runlake("ledger", "promote", job).ok()
    assert json.loads((project / ".runlake" / "ledger" / f"{job}.json").read_text())["registered_machine"] == "edited"
    for wrong in ("", "a/b", "..", "a b", "x" * 65):
        assert runlake("install", "--machine-label", wrong).status == 2, wrong
    assert label(project) == "edited"


def test_the_run_store(runlake, project):
    runlake("install", "--run-store", "data/runs").ok()
    assert (project / "data" / "runs" / ".signac" / "config").exists() and not (project / ".runs").exists()
    job = make_jobs.job(project, {"seed": 1}, store="data/runs")
    runlake("install").ok()
    assert marker(project)["run_store_path"] == "data/runs"
    assert runlake("--json", "ledger", "backfill").ok().json["promoted"] == 1 and (project / ".runlake" / "ledger" / f"{job}.json").exists()
    refused = runlake("install", "--run-store", "elsewhere")
    assert refused.status == 4 and "data/runs" in refused.err and not (project / "elsewhere").exists()


def test_without_git(runlake, tmp_path):
    place = tmp_path / "plain"
    place.mkdir()
    refused = runlake("install", "--require-git", cwd=place)
    assert refused.status == 3 and "git" in refused.err and not (place / "kb").exists()
    result = runlake("install", cwd=place).ok()
    assert "no git repository" in result.err and (place / ".runlake" / "installed.json").exists()


@pytest.mark.parametrize("text", ["# runlake:begin\nx\n", "# runlake:end\n", "# runlake:begin\n# runlake:end\n# runlake:begin\n# runlake:end\n"])
def test_markers_that_do_not_pair(runlake, project, text):
    (project / ".gitignore").write_text(text)
    refused = runlake("install")
    assert refused.status == 4 and ".gitignore" in refused.err and "marker" in refused.err
    assert (project / ".gitignore").read_text() == text and not (project / "kb").exists()


def test_a_later_versions_marker(runlake, project):
    (project / ".runlake").mkdir()
    later = json.dumps({"schema": "runlake.installed/9", "anything": 1})
    (project / ".runlake" / "installed.json").write_text(later)
    assert runlake("install").status == 7 and (project / ".runlake" / "installed.json").read_text() == later
    runlake("install", "--force").ok()
    assert marker(project)["schema"] == "runlake.installed/1"
    (project / ".runlake" / "installed.json").write_text("{")
    runlake("install").ok()
    assert marker(project)["schema"] == "runlake.installed/1"


def test_a_held_git_configuration(runlake, project):
    (project / ".git" / "config.lock").write_text("")
    assert runlake("install").status == 5
    (project / ".git" / "config.lock").unlink()
    before = (project / ".git" / "config").read_text()
    runlake("install").ok()
    assert (project / ".git" / "config").read_text().startswith(before)
    assert not (project / ".git" / "config.lock").exists()


def test_a_linked_instruction_file_stays_a_link(runlake, project):
    (project / "docs").mkdir()
    (project / "docs" / "rules.md").write_text("Rules.\n")
    os.symlink("docs/rules.md", project / "AGENTS.md")
    runlake("install").ok()
    assert (project / "AGENTS.md").is_symlink() and "runlake:begin" in (project / "docs" / "rules.md").read_text()


# The index that the ledger has replaced ---------------------------------------------------------------------------------------------


def test_runs_export_index(runlake, project, place):
    done = make_jobs.job(project, {"experiment_id": "E001", "condition": "warm", "seed": 1})
    other = make_jobs.job(project, {"condition": 3, "seed": 2}, "failed", times=False, started_at="2026-06-03T10:00:00Z", aexp={"experiment_id": "E002"})
    make_jobs.job(project, {"seed": 3}, "running")
    result = runlake("runs-export-index", "--as", "cluster", env=place).ok()
    path = project / ".runlake" / "runs-index" / "cluster.json"
    assert result.out == f"[OK] wrote 2 terminal-run entries to {path}\n" and "DEPRECATED" in result.err and "ledger backfill" in result.err
    text = path.read_text()
    found = json.loads(text)
    assert text == json.dumps(found, indent=2) + "\n" and list(found) == ["schema_version", "machine_label", "exported_at", "entries"]
    wanted = [{"job_id": done, "status": "complete", "experiment_id": "E001", "condition": "warm", "registered_at": "2026-06-03T11:00:00Z"},
              {"job_id": other, "status": "failed", "experiment_id": "E002", "condition": "3", "registered_at": "2026-06-03T10:00:00Z"}]
    assert found["entries"] == sorted(wanted, key=lambda one: one["job_id"])
    assert runlake("--json", "runs-export-index", "--out", "here.json").ok().json["entries"] == 2 and (project / "here.json").exists()
    assert runlake("runs-export-index", "--as", "../x").status == 2


def test_runs_export_index_without_jobs(runlake, project):
    (project / ".aexp" / "ledger").mkdir(parents=True)
    runlake("runs-export-index", "--as", "cluster").ok()
    assert json.loads((project / ".aexp" / "runs-index" / "cluster.json").read_text())["entries"] == []


def test_the_driver_survives_a_missing_program(runlake, project, clean_env, runlake_bin):
    """Where the program has gone, git's own merge leaves both sides, which every reader understands."""
    runlake("install").ok()
    driver = git(project, clean_env, "config", "merge.runlake-ledger.driver").stdout.strip()
    for name, text in (("base", "a\n"), ("ours", "b\n"), ("theirs", "c\n")):
        (project / name).write_text(text)
    command = driver.replace(str(runlake_bin), "/nowhere/runlake").replace("%O", "base").replace("%A", "ours").replace("%B", "theirs")
    assert subprocess.run(["sh", "-c", command], cwd=project, env=clean_env, capture_output=True, check=False).returncode != 0
    assert "<<<<<<<" in (project / "ours").read_text()
