# SPDX-License-Identifier: Apache-2.0
"""Limits that a shell or a batch system sets (ulimit): what they refuse is an error with its reason, and no program that is recorded notices."""

import os
import resource
import signal
import subprocess

import pytest


@pytest.fixture
def limited(runlake_bin, project, clean_env):
    """limited({RLIMIT_...: value}, *words): runlake under these limits."""

    def call(limits, *words):
        def set_limits():
            for which, value in limits.items():
                resource.setrlimit(which, (value, resource.getrlimit(which)[1] if which == resource.RLIMIT_STACK else value))

        words = [str(word) for word in (runlake_bin, *words)]
        return subprocess.run(words, cwd=project, env=clean_env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, preexec_fn=set_limits)

    return call


@pytest.mark.parametrize("size", [0, 512, 4096])
def test_a_limit_of_file_sizes(runlake, limited, project, size):
    """A write past it is SIGXFSZ by default: only the program itself may be ended for one, as without us."""
    limits = {resource.RLIMIT_FSIZE: size, resource.RLIMIT_CORE: 0}
    runlake("run", "--", "true").ok()
    runlake("runs", "fold").ok()
    # The change has to be kept with the run: more bytes than may be written.
    (project / "code.py").write_text("".join(f"print({number})\n" for number in range(1000)))
    done = limited(limits, "run", "--capture", "all", "--", "sh", "-c", "echo told; head -c 9000 /dev/zero; exit 3")
    assert (done.returncode, done.stdout[:5], len(done.stdout)) == (3, "told\n", 9005), done
    # The program finds the signal as it would without us: neither ignored nor blocked.
    done = limited(limits, "run", "--", "grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status")
    assert [int(line.split()[1], 16) >> (signal.SIGXFSZ - 1) & 1 for line in done.stdout.splitlines()] == [0, 0], done
    assert limited(limits, "run", "--", "sh", "-c", "head -c 9000 /dev/zero > large").returncode == 128 + signal.SIGXFSZ
    for words in (["runs", "list"], ["runs", "export", "--format", "parquet", "--out", "o.parquet"], ["runs", "rebuild"], ["runs", "vacuum"], ["runs", "backup", "kept.tar"]):
        done = limited(limits, *words)
        assert done.returncode in (0, 8) and (done.returncode == 0 or done.stderr.startswith("runlake runs ")), (words, done)
    assert runlake("--json", "runs", "list").ok().json["runs"]


def test_no_thread_to_be_had(runlake, runlake_bin, limited, project):
    if b"libasan" in subprocess.run(["readelf", "-dW", runlake_bin], capture_output=True, check=True).stdout:
        pytest.skip("the address sanitizer takes more memory than the limit leaves")
    # The stack of each new thread would be larger than all memory that may be used: pthread_create fails, as at a limit of processes.
    limits = {resource.RLIMIT_STACK: 1 << 40, resource.RLIMIT_AS: 8 << 30}
    (project / "data.csv").write_text("1\n")
    done = limited(limits, "run", "--input", "data.csv", "--", "sh", "-c", "echo told; exit 3")
    assert (done.returncode, done.stdout) == (3, "told\n"), done
    run = runlake("--json", "runs", "list").ok().json["runs"][0]
    assert run["status"] == "failed", run
    assert limited(limits, "run", "--", "true").returncode == 0
    (project / "p.yaml").write_text("experiment_key: toy\nstages:\n  one:\n    command: 'echo x > {out}/x'\n    writes: [x]\n    code: []\n")
    (project / "spec.yaml").write_text('{"version": 1, "cells": [{"name": "c", "command": ["/bin/echo", "1"], "metric": {"stdout": true, "name": "m"}}]}')
    calls = [
        ["runs", "sql", "SELECT 1"], ["runs", "list"], ["runs", "fold"], ["runs", "rebuild"], ["runs", "vacuum"], ["runs", "rerun", run["run_id"]], ["pipeline", "run", "p.yaml"],
        ["lake", "reconcile"], ["lake", "sql", "SELECT 1"], ["replay", "run", "spec.yaml"], ["observe", "serve", "--port", "0"],
    ]
    for words in calls:
        done = limited(limits, *words)
        assert "internal error" not in done.stderr and done.returncode in (0, 1, 3, 8), (words, done)
        assert done.returncode in (0, 3) or "a thread" in done.stderr + done.stdout, (words, done)
    # Nothing is held by those that gave up.
    runlake("pipeline", "run", "p.yaml").ok()
    assert os.path.exists(project / "runs")


def test_a_limit_of_address_space(runlake, runlake_bin, limited, project):
    """DuckDB ends the process where it can't have the memory it wants, mostly: said before anything is done."""
    if b"libasan" in subprocess.run(["readelf", "-dW", runlake_bin], capture_output=True, check=True).stdout:
        pytest.skip("the address sanitizer takes more memory than the limit leaves")
    (project / "logs" / "first").mkdir(parents=True)
    (project / "logs" / "first" / "run_config.json").write_text('{"run_id": "first"}')
    runlake("run", "--", "true").ok()
    for megabytes, words, least in ((100, ["runs", "list"], 128), (100, ["lake", "reconcile"], 400), (350, ["lake", "reconcile"], 400)):
        done = limited({resource.RLIMIT_AS: megabytes << 20, resource.RLIMIT_CORE: 0}, *words)
        assert done.returncode == 8 and "ulimit -v" in done.stderr and f"it takes {least} MB" in done.stderr, (words, done)
        assert not (project / ".runlake" / "lake").exists()
    assert limited({resource.RLIMIT_AS: 100 << 20}, "run", "--", "sh", "-c", "exit 3").returncode == 3
    assert len(runlake("--json", "runs", "list").ok().json["runs"]) == 2
