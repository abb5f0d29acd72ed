# SPDX-License-Identifier: Apache-2.0
"""What `runlake run -- true` adds to `true`, with the settings as they are by default, in a repository with many tracked files and a store of many runs, on two sizes a decade apart.

Usage: run_bench.py RUNLAKE [--sizes 2000:100000,20000:1000000] [--rounds 200]     (tracked files:runs)
Both take turns; what is printed are medians. Aim: at most 3 ms added in 20,000 files and 1,000,000 runs. Each recorded run must be in the journal, with its start, its end and its commit.
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "support"))
import make_journal  # noqa: E402


def make_repository(folder, files):
    os.makedirs(folder)
    for number in range(files):
        if number % 100 == 0:
            os.makedirs(os.path.join(folder, "part%d" % (number // 100)))
        with open(os.path.join(folder, "part%d" % (number // 100), "file%d.txt" % number), "w") as out:
            out.write("%d\n" % number)
    git = ["git", "-C", folder, "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    subprocess.run(git + ["init", "-q"], check=True)
    subprocess.run(git + ["add", "."], check=True)
    subprocess.run(git + ["commit", "-q", "-m", "all"], check=True)
    return subprocess.run(git + ["rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()


def cost(argv, folder):
    """Wall clock and processor time of one call: the second hardly depends on what else the machine does."""
    before, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, check=True, cwd=folder, stdin=subprocess.DEVNULL)
    wall = time.perf_counter() - before
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime


def recorded(store):
    """Payloads of the machine's own segments."""
    payloads = []
    for folder, _, names in os.walk(os.path.join(store, "journal")):
        if make_journal.MACHINE not in folder:
            for name in names:
                if ".open-" in name or name.endswith((".free", ".seg")):
                    with open(os.path.join(folder, name), encoding="utf-8") as lines:
                        payloads += [json.loads(line.split(" ", 2)[2]) for line in lines if line.strip()]
    return payloads


def measure(runlake, folder, files, runs, rounds):
    repository = os.path.join(folder, "repository-%d" % files)
    head = make_repository(repository, files)
    store = os.path.join(repository, ".runlake")
    subprocess.run([runlake, "run", "--", "true"], check=True, cwd=repository, capture_output=True)  # makes the store, and the caches that later runs find
    make_journal.make(store, runs, plain=True)
    calls = {"true": ["true"], "run -- true": [runlake, "run", "--", "true"]}
    for argv in calls.values():
        cost(argv, repository)
    times = {name: [] for name in calls}
    for _ in range(rounds):
        for name, argv in calls.items():
            times[name].append(cost(argv, repository))
    said = recorded(store)
    starts = {payload["run"]: payload for payload in said if payload["kind"] == "start"}
    ends = {payload["run"]: payload for payload in said if payload["kind"] == "end"}
    assert len(starts) == rounds + 2 and starts.keys() == ends.keys(), (len(starts), len(ends))
    assert all((ends[run].get("code_ref") or starts[run].get("code_ref")).startswith(head) for run in starts), head  # `true` is over before the tree is looked through
    added = [statistics.median(mine[what] - bare[what] for mine, bare in zip(times["run -- true"], times["true"])) * 1000 for what in (0, 1)]
    print("%6d files, %8d runs: true %.2f ms, added %.2f ms by the clock (aim <= 3), %.2f ms of processors"
          % (files, runs, statistics.median(time[0] for time in times["true"]) * 1000, added[0], added[1]))
    sys.stdout.flush()


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("runlake")
    words.add_argument("--sizes", default="2000:100000,20000:1000000")
    words.add_argument("--rounds", type=int, default=200)
    given = words.parse_args()
    for name in ("RUNLAKE_STORE", "RUNLAKE_RUN_ID", "RUNLAKE_MODE", "TRACEPARENT"):
        os.environ.pop(name, None)
    folder = tempfile.mkdtemp(prefix="runlake-bench-")
    os.environ["HOME"] = folder  # nobody's settings
    try:
        for size in given.sizes.split(","):
            files, runs = (int(part) for part in size.split(":"))
            measure(os.path.abspath(given.runlake), folder, files, runs, given.rounds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
