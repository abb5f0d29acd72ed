# SPDX-License-Identifier: Apache-2.0
"""`job list` and making jobs beside signac's own Python doing the same, on two sizes a decade apart.

Usage: job_bench.py RUNLAKE [--sizes 10000,100000] [--make 1000] [--rounds 3]
Listing: both read the state point and the document of every job and print id, experiment, status and condition; the answers are compared first. They take turns; what is printed are
medians and ratios of the same round, by the clock and by processor time. signac is .deps/peers/signac2 (tools/setup bench); without it nothing is measured.
Making: Runlake's `queue add --sweep` makes N jobs in one process, each synced to the disk; signac makes N jobs and sets one member of their documents, without syncing.
"""
import argparse
import hashlib
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
SIGNAC = os.path.join(HERE, "..", ".deps", "peers", "signac2", "bin", "python")

LIST = """
import json, sys, signac
rows = []
for job in signac.get_project(sys.argv[1]):
    point, document = job.statepoint(), job.document()
    rows.append([job.id, point.get("experiment_id"), document.get("status"), point.get("condition")])
rows.sort()
json.dump(rows, sys.stdout)
"""
MAKE = """
import sys, signac
project = signac.init_project(sys.argv[1])
for seed in range(int(sys.argv[2])):
    job = project.open_job({"experiment_id": "E001", "lr": 0.001, "seed": seed}).init()
    job.document.update({"status": "queued", "created_at": "2026-06-02T09:14:27Z"})
"""


def fill(folder, count):
    """A workspace as a program would leave it, written straight to its files: neither of the two is measured by it."""
    workspace = os.path.join(folder, ".runs", "workspace")
    os.makedirs(workspace)
    os.makedirs(os.path.join(folder, ".runs", ".signac"))
    with open(os.path.join(folder, ".runs", ".signac", "config"), "w") as out:
        out.write("schema_version = 2\n")
    states = ["complete", "complete", "complete", "failed", "queued"]
    for number in range(count):
        point = {"experiment_id": "E%03d" % (number % 20), "code_commit": "%040x" % number, "code_dirty": False, "lr": 1e-3 * (number % 7), "seed": number,
                 "condition": "c%d" % (number % 5), "model": {"layers": [64, 64], "name": "m"}}  # fmt: skip
        document = {"aexp": {"experiment_id": point["experiment_id"], "experiment_path": "kb/research/experiments/E001-*.md", "hypothesis_id": "H001", "sub_hypothesis_id": None},
                    "status": states[number % 5], "created_at": "2026-06-02T09:14:27Z", "started_at": "2026-06-02T09:15:27Z", "ended_at": "2026-06-02T10:14:27Z", "wallclock_s": 3540.123,
                    "summary_metrics": {"loss": 0.1 * (number % 9), "accuracy": 0.9}}  # fmt: skip
        name = hashlib.md5(json.dumps(point, sort_keys=True).encode()).hexdigest()
        os.mkdir(os.path.join(workspace, name))
        for file, value in (("signac_statepoint.json", point), ("signac_job_document.json", document)):
            with open(os.path.join(workspace, name, file), "w") as out:
                out.write(json.dumps(value))


def timed(argv, cwd):
    before, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(argv, cwd=cwd, check=True, capture_output=True, env={**os.environ, "RUNLAKE_STORE": os.path.join(cwd, ".runlake")})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - before, after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime, done.stdout


def show(name, ours, theirs):
    wall = statistics.median(t[0] / o[0] for o, t in zip(ours, theirs))
    cpu = statistics.median(t[1] / o[1] for o, t in zip(ours, theirs))
    print("  %-22s %8.3f s, signac %8.3f s: %6.1f x as fast by the clock, %6.1f x by processor time"
          % (name, statistics.median(o[0] for o in ours), statistics.median(t[0] for t in theirs), wall, cpu))  # fmt: skip


def listing(runlake, folder, count, rounds):
    fill(folder, count)
    os.mkdir(os.path.join(folder, ".runlake"))
    store = os.path.join(folder, ".runs")
    calls = {"job list": [runlake, "job", "list"], "job list --sp seed=7": [runlake, "job", "list", "--sp", "seed=7"], "job list --json": [runlake, "job", "list", "--json"]}
    theirs = [SIGNAC, "-c", LIST, store]
    ours = json.loads(timed(calls["job list --json"], folder)[2])["jobs"]
    rows = [[job["job_id"], job["experiment"], job["status"], job["state_point"]["condition"]] for job in ours]
    assert rows == json.loads(timed(theirs, folder)[2]) and len(rows) == count, "the two do not say the same"
    times = {name: [] for name in calls}
    beside = []
    for _ in range(rounds):
        for name, argv in calls.items():
            times[name].append(timed(argv, folder))
        beside.append(timed(theirs, folder))
    print("%d jobs" % count)
    for name in calls:
        show(name, times[name], beside)


def making(runlake, folder, count, rounds):
    ours, theirs = [], []
    for number in range(rounds):
        mine, other = os.path.join(folder, "ours%d" % number), os.path.join(folder, "theirs%d" % number)
        os.makedirs(os.path.join(mine, ".runlake"))
        os.makedirs(other)
        ours.append(timed([runlake, "--quiet", "queue", "add", "--experiment", "E001", "--no-commit", "--sp", "lr=0.001", "--sweep", "seed=0..%d" % (count - 1)], mine))
        theirs.append(timed([SIGNAC, "-c", MAKE, os.path.join(other, ".runs"), str(count)], other))
        made = [sorted(os.listdir(os.path.join(place, ".runs", "workspace"))) for place in (mine, other)]
        assert made[0] == made[1] and len(made[0]) == count, "the two did not make the same jobs"
    print("%d jobs made (ours are synced to the disk, signac's are not)" % count)
    show("queue add --sweep", ours, theirs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runlake")
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--make", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    words = parser.parse_args()
    if not os.path.exists(SIGNAC):
        print("signac is not there (tools/setup bench): nothing measured")
        return 0
    runlake = os.path.abspath(words.runlake)
    for size in [int(word) for word in words.sizes.split(",")]:
        folder = tempfile.mkdtemp(prefix="job-bench-")
        try:
            listing(runlake, folder, size, words.rounds)
        finally:
            shutil.rmtree(folder)
    folder = tempfile.mkdtemp(prefix="job-bench-")
    try:
        making(runlake, folder, words.make, words.rounds)
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
