# SPDX-License-Identifier: Apache-2.0
"""Run directories in an object store, asked about, explained, blessed, pinned and removed by their addresses. A program in rclone's place keeps the objects; real servers are in peers/test_remote.py."""

import json
import os
import shutil
from pathlib import Path

import pytest

FAKE = Path(__file__).resolve().parents[1] / "support" / "fake_rclone.py"
PIPELINE = """\
experiment_key: sea
run_dir_base: store://bucket//runs
stages:
  clean:
    command: "grep -v {params.without} depths.txt > {out}/clean.txt"
    reads: ["workspace:depths.txt"]
    writes: [clean.txt]
    params: {without: 7}
    code: [note.txt]
  count:
    command: "wc -l < {run_dir}/clean.txt > {out}/count.txt"
    reads: [clean.txt]
    writes: [count.txt]
    code: []
"""


@pytest.fixture
def sea(runlake, project, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "rclone").symlink_to(FAKE)
    (tmp_path / "objects").mkdir()
    (project / "depths.txt").write_text("".join(f"{n}\n" for n in range(1, 30)))
    (project / "note.txt").write_text("first\n")
    (project / "pipeline.yaml").write_text(PIPELINE)
    env = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "FAKE_RCLONE_STORE": tmp_path / "objects", "TMPDIR": tmp_path}
    return lambda *words, **more: runlake(*words, env={**env, **more.pop("env", {})}, **more)


@pytest.fixture
def address(sea):
    return sea("--json", "pipeline", "run", "pipeline.yaml").ok().json["address"]


def objects(tmp_path, below):
    return [name for name in ((path.name.replace("%2F", "/")) for path in (tmp_path / "objects").iterdir()) if ("store://" + name).startswith(below)]


def test_what_is_made_there_and_why_it_would_run(sea, address, tmp_path):
    status = sea("--json", "pipeline", "status", address).ok().json
    assert (status["run_dir"], status["state"]) == (address, "done") and {one["state"] for one in status["stages"]} == {"done"}
    assert f"{address}: done" in sea("pipeline", "status", address).ok().out
    for where in (address, "pipeline.yaml"):  # of the file: the newest one of its experiment
        explained = sea("--json", "pipeline", "explain", where).ok().json
        assert explained["run_dir"] == address and [one["action"] for one in explained["stages"]] == ["skip", "skip"]
    changed = sea("pipeline", "explain", address, "clean", "--param", "without=9").ok()
    assert "param" in changed.out and "differs" in changed.out and address in changed.err
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("runlake-remote")) == [], "copies that were looked at are gone"
    gone = address + "0"
    assert sea("pipeline", "status", gone).status == 3 and sea("pipeline", "explain", gone).status == 3


def test_a_result_there_is_blessed(sea, address, project):
    (project / "note.txt").write_text("cosmetic\n")
    assert "clean: run key_differs" in sea("pipeline", "explain", address).ok().out
    sea("pipeline", "bless", "clean", "--run-dir", address, "--because", "a note").ok()
    assert [one["action"] for one in sea("--json", "pipeline", "explain", address).ok().json["stages"]] == ["skip", "skip"]


def test_pinned_and_removed(sea, address, tmp_path):
    sea("rundir", "pin", address, "for the paper").ok()
    assert sea("--json", "rundir", "show", address).ok().json["pinned"] == "for the paper"
    base = ["rundir", "gc", "--runs-dir", "store://bucket//runs", "--keep-last", "0"]
    plan = sea("--json", *base, "--dry-run").ok().json
    assert [(one["path"], one["remove"], one["reason"]) for one in plan["run_dirs"]] == [(address, False, "pinned: for the paper")]
    # The copy that this machine works in was pinned as well, and is not to bring the pin back.
    assert "it was: for the paper" in sea("rundir", "pin", "--remove", address).ok().out
    sea("pipeline", "run", "pipeline.yaml", "--run-dir", address).ok()
    assert sea("--json", "rundir", "show", address).ok().json["pinned"] is None
    assert objects(tmp_path, address)
    refused = sea(*base)
    assert refused.status == 2 and "--yes" in refused.err and objects(tmp_path, address)
    done = sea(*base, "--yes").ok()
    assert "removed 1 run directory" in done.out and objects(tmp_path, address) == []
    assert sea("rundir", "show", address).status == 3
    assert json.loads(sea("--json", *base, "--yes").ok().out)["run_dirs"] == []


def test_a_pin_that_another_machine_took_away_stays_away(sea, address, project, tmp_path):
    def pinned():
        return sea("--json", "rundir", "show", address).ok().json["pinned"]

    other = tmp_path / "other"
    shutil.copytree(project, other, ignore=shutil.ignore_patterns(".runlake", "runs", ".git"))
    (other / ".runlake").mkdir()
    sea("rundir", "pin", address, "for the paper").ok()
    sea("pipeline", "run", "pipeline.yaml", "--run-dir", address, cwd=other).ok()  # its copy has the pin now
    sea("rundir", "pin", "--remove", address).ok()
    sea("pipeline", "run", "pipeline.yaml", "--run-dir", address, "--force", "count", cwd=other).ok()
    assert pinned() is None
    assert "was not pinned" in sea("rundir", "pin", "--remove", address).ok().out
    # One that is made again counts, also for the copy that knows of the removal.
    sea("rundir", "pin", address, "for the talk", cwd=other).ok()
    sea("pipeline", "run", "pipeline.yaml", "--run-dir", address, "--force", "count").ok()
    assert pinned() == "for the talk"
    assert sea("rundir", "gc", "--runs-dir", "store://bucket//runs", "--keep-last", "0", "--yes").ok() and objects(tmp_path, address)
