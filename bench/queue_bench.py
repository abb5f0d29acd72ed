# SPDX-License-Identifier: Apache-2.0
"""What `queue run` adds to a job: N jobs that do nothing, beside the same number of programs recorded by `runlake run` and not recorded at all, started by xargs.

Usage: queue_bench.py RUNLAKE [--jobs 200] [--workers 1,4] [--rounds 3]
All three take turns; afterwards every job has to be complete, once. What is printed are medians of milliseconds a job. A queued job is claimed, recorded, has its document synced to the disk
twice and an entry in the ledger: it is measured on the file system of the temporary folder.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time


def timed(argv, cwd, **options):
    begin = time.perf_counter()
    subprocess.run(argv, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    return time.perf_counter() - begin


def one_round(runlake, count, workers):
    with tempfile.TemporaryDirectory(prefix="queue_bench.") as folder:
        os.mkdir(os.path.join(folder, ".runlake"))
        names = "\n".join(str(n) for n in range(count)).encode()
        bare = timed(["xargs", "-P", str(workers), "-I", "{}", "true"], folder, input=names)
        recorded = timed(["xargs", "-P", str(workers), "-I", "{}", runlake, "run", "--", "true"], folder, input=names)
        added = timed([runlake, "queue", "add", "--experiment", "E001", "--no-commit", "--sweep", f"n=1..{count}", "--", "true"], folder)
        queued = timed([runlake, "queue", "run", "--jobs", str(workers)], folder)
        listed = subprocess.run([runlake, "queue", "list", "--include-terminal", "--json"], cwd=folder, check=True, capture_output=True)
        statuses = [job["status"] for job in json.loads(listed.stdout)["jobs"]]
        assert statuses == ["complete"] * count, statuses
        return bare, recorded, added, queued


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runlake")
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--workers", default="1,4")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    runlake = os.path.abspath(options.runlake)
    for workers in (int(text) for text in options.workers.split(",")):
        rounds = [one_round(runlake, options.jobs, workers) for _ in range(options.rounds)]
        bare, recorded, added, queued = (1000 * statistics.median(times) / options.jobs for times in zip(*rounds))
        print(f"{options.jobs} jobs, {workers} at once: bare {bare:.2f} ms a job, recorded {recorded:.2f} ms, queued {queued:.2f} ms (and {added:.2f} ms to add it)")


if __name__ == "__main__":
    main()
