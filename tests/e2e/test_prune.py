# SPDX-License-Identifier: Apache-2.0
"""`runs prune`: what goes is said first, is gone from everywhere, and nothing else is."""

import os
import subprocess
import time

import journal
import make_journal
import pytest


def stages(runlake):
    return sorted(run["stage"] for run in runlake("runs", "list", "--json").ok().json["runs"])


def journal_text(store):
    return b"".join(path.read_bytes() for path in sorted((store / "journal").rglob("*")) if path.is_file())


@pytest.fixture
def store(project, runlake):
    runlake("run", "--stage", "old", "--capture", "all", "--", "echo", "captured words").ok()
    assert runlake("run", "--stage", "old-failed", "--", "sh", "-c", "echo whole error >&2; exit 3").status == 3
    return project / ".runlake"


def test_dry_run_changes_nothing(store, runlake):
    runlake("runs", "fold").ok()
    before = journal_text(store)
    done = runlake("runs", "prune", "--older-than", "0s", "--dry-run", "--json").ok().json
    assert (done["version"], done["done"], done["runs"]) == (1, False, 2)
    assert done["by_state"] == {"completed": 1, "failed": 1}
    assert done["records"] >= 4 and done["journal_bytes"] == len(before)
    assert runlake("runs", "prune", "--older-than", "1d", "--dry-run", "--json").ok().json["runs"] == 0
    assert journal_text(store) == before and stages(runlake) == ["old", "old-failed"]


def test_needs_a_yes(store, runlake):
    done = runlake("runs", "prune", "--older-than", "0s")
    assert done.status == 2 and "--yes" in done.err and "2 runs" in done.out
    assert len(stages(runlake)) == 2


@pytest.mark.parametrize("words", [[], ["--older-than", "soon"], ["--older-than", "-1d"], ["--older-than", "99999999999999d"], ["--older-than", ""]])
def test_bad_ages(store, runlake, words):
    assert runlake("runs", "prune", "--yes", *words).status == 2
    assert len(stages(runlake)) == 2


def test_gone_from_everywhere(store, runlake):
    ids = [run["run_id"] for run in runlake("runs", "list", "--json").ok().json["runs"]]
    assert (store / "output").is_dir()
    done = runlake("runs", "prune", "--older-than", "0s", "--yes", "--json").ok().json
    assert (done["done"], done["runs"]) == (True, 2)
    assert stages(runlake) == []
    assert not any((store / "output" / id).exists() for id in ids)
    assert not any(id.encode() in journal_text(store) for id in ids)
    runlake("runs", "rebuild").ok()
    assert stages(runlake) == []
    runlake("run", "--stage", "new", "--", "true").ok()
    assert stages(runlake) == ["new"]
    assert runlake("runs", "prune", "--older-than", "1h", "--yes", "--json").ok().json["runs"] == 0


def test_young_runs_stay(store, runlake):
    (segment,) = store.glob("journal/*/*.free")
    first = journal.of_kind(store, "start")[0]["run"]
    with open(segment, "ab") as file:  # what this machine recorded a year ago
        for record in journal.records(store):
            if record["run"] == first:
                stage = {"stage": "of a year ago"} if record["kind"] == "start" else {}
                file.write(make_journal.frame({**record, **stage, "run": "a0000000-0000-4000-8000-000000000000", "at": record["at"] - 365 * 86400 * 10**6}))
    assert "of a year ago" in stages(runlake)
    runlake("runs", "prune", "--older-than", "1h", "--yes").ok()
    assert stages(runlake) == ["old", "old-failed"]


def test_running_ones_stay(store, runlake, runlake_bin, project, clean_env):
    with subprocess.Popen([runlake_bin, "run", "--stage", "busy", "--", "sh", "-c", "echo on; read line"], cwd=project, env=clean_env, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"on\n"
        done = runlake("runs", "prune", "--older-than", "0s", "--yes", "--json").ok().json
        assert done["kept"]["running"] == 1
        assert "busy" in stages(runlake)
        child.communicate(b"x\n", timeout=300)
    assert child.returncode == 0
    assert stages(runlake)[0] == "busy"


def test_patch_goes_with_its_last_run(project, runlake):
    (project / "code.py").write_text("print('changed')\n")
    patches = project / ".runlake" / "patches"
    until_kept = "until ls .runlake/patches/* 2>/dev/null; do sleep 0.01; done"
    runlake("run", "--stage", "dirty", "--", "sh", "-c", until_kept, env={"RUNLAKE_CODE_DIRTY_LIMIT": "100s"}).ok()
    kept = list(patches.iterdir())
    assert len(kept) == 1
    runlake("run", "--stage", "other", "--", "true").ok()
    two_days_ago = time.time() - 2 * 86400
    os.utime(kept[0], (two_days_ago, two_days_ago))  # patches of the running second count as young
    plan = runlake("runs", "prune", "--older-than", "0s", "--dry-run", "--json").ok().json
    assert plan["patches"] == len(kept)
    runlake("runs", "prune", "--older-than", "0s", "--yes").ok()
    assert not list(patches.iterdir())


def test_what_killed_programs_left_goes_with_any_prune(store, runlake):
    old, young = store / ".cursor.0123456789abcdef.tmp", store / "cache" / ".hint.0123456789abcdef.tmp"
    young.parent.mkdir(exist_ok=True)
    for path in (old, young):
        path.write_text("half")
    two_days_ago = time.time() - 2 * 86400
    os.utime(old, (two_days_ago, two_days_ago))
    found = [finding for finding in runlake("doctor", "--json").json["findings"] if "temporary file" in finding["text"]]
    assert [finding["level"] for finding in found] == ["note"] and "runs prune" in found[0]["next"] and str(old) in found[0]["text"]

    dry = runlake("runs", "prune", "--older-than", "30d", "--dry-run").ok()
    assert "1 temporary file of programs that were killed, 4 bytes" in dry.out and old.exists()
    done = runlake("runs", "prune", "--older-than", "30d").ok()  # no run goes: nothing is asked
    assert "removed 1 temporary file" in done.out and "pruned" not in done.out
    assert not old.exists() and young.exists()
    record = runlake("--json", "runs", "prune", "--older-than", "30d", "--dry-run").ok().json
    assert (record["temporary_files"], record["temporary_bytes"]) == (0, 0)
