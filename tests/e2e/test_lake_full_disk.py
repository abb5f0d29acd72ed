# SPDX-License-Identifier: Apache-2.0
"""What is made out of a lake, on a disk that fills meanwhile: what was there before stays whole, nothing half is left, and a job that failed by it is told."""

import os
import subprocess

import pytest
from lake_support import config, make_logs, tree

MEGABYTES = 12


@pytest.fixture
def small_disk(project):
    """The project's store on a file system of its own; needs root."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    disk = project / ".runlake"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.fixture
def logs(runlake, project, small_disk):
    make_logs(project / "logs", runs=4, summaries_only=True, theorems=1, nodes=3, trace_lines=2)
    runlake("lake", "reconcile").ok()
    return project / "logs"


LARGE = {"name": "large", "query": "SELECT r.run_id, repeat('x', 100) AS x, i FROM selected_runs JOIN runs r USING (run_key), range(200000) t(i) ORDER BY r.run_id, i"}


def left_over(folder):
    return [name for name in tree(folder) if ".tmp" in name or ".lease" in name]


def test_a_job_that_fills_the_disk_is_told_as_failed(runlake, logs, small_disk, tmp_path):
    done = runlake("lake", "job", "run", "--config", config(tmp_path / "c.json", datasets=[LARGE]))
    assert done.status == 8 and "large.jsonl: no space left on device" in done.err and "recorded" not in done.err
    ((status, error),) = runlake("--json", "lake", "sql", "SELECT status, error FROM lake_job_runs").ok().json["rows"]
    assert status == "failed" and "no space left" in error
    assert left_over(small_disk) == []
    # There is room again for what is small.
    runlake("lake", "job", "run", "--config", config(tmp_path / "c.json")).ok()


def test_the_release_before_stays_whole(runlake, logs, small_disk, tmp_path):
    site = small_disk / "site"
    words = ("lake", "job", "release-site-dashboard", "--logs-dir", logs, "--site-dir", site, "--config")
    runlake(*words, config(tmp_path / "c.json")).ok()
    before = tree(site)
    done = runlake(*words, config(tmp_path / "c.json", datasets=[LARGE]))
    assert done.status == 8 and "no space left on device" in done.err
    assert tree(site) == before
    runlake("lake", "release", "verify", site).ok()


def test_the_export_before_stays_whole(runlake, logs, small_disk):
    out = small_disk / "out"
    runlake("lake", "export", "--format", "parquet", "--out", out).ok()
    before = tree(out)
    with open(small_disk / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    done = runlake("lake", "export", "--format", "jsonl", "--out", out)
    assert done.status == 8 and "no space left on device" in done.err
    assert tree(out) == before and left_over(small_disk) == []


def test_a_lake_that_can_be_read_alone(runlake, logs, small_disk):
    count = runlake("lake", "sql", "--csv", "SELECT count(*) FROM runs").ok().out
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    (lake,) = [one for one in runlake("--json", "lake", "doctor").json["findings"] if one["area"] == "lake"]
    assert lake["level"] == "note" and "not be changed" in lake["text"] and "lake paths" in lake["next"]
    assert runlake("lake", "sql", "--csv", "SELECT count(*) FROM runs").ok().out == count
    refused = runlake("lake", "reconcile")
    assert refused.status == 8 and "read-only file system" in refused.err
