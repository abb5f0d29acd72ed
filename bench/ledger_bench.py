# SPDX-License-Identifier: Apache-2.0
"""Writing and reading the ledger, beside signac's own Python doing the same, and what git makes of entries before and after packing; on two sizes a decade apart.

Usage: ledger_bench.py RUNLAKE [--sizes 10000,100000] [--rounds 3]
Backfill: both read every job, project it to the same entry and write a file each; the entries are compared first. signac is .deps/peers/signac2 (tools/setup bench); without it the
ratio is left out. TMPDIR names the file system that is measured. Reading: `ledger show` (all of it), from files with no cache, from files with the cache, from packs. git: the time of `git add` and of a clone.
Aims: git add of 100,000 packed entries under a second, a clone under three.
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

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from job_bench import SIGNAC, fill  # noqa: E402

THEIRS = """
import json, os, sys, tempfile, time, signac
out = sys.argv[2]
os.makedirs(out, exist_ok=True)
done = 0
for job in signac.get_project(sys.argv[1]):
    point, document = job.statepoint(), job.document()
    if document.get("status") not in ("complete", "failed", "abandoned", "stopped"):
        continue
    entry = {"schema_version": 1, "job_id": job.id, "statepoint": point, "status": document["status"], "promoted_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
             "registered_machine": "bench", "run_link": document["aexp"], "started_at": document["started_at"], "ended_at": document["ended_at"], "wallclock_s": document["wallclock_s"],
             "code_commit": point["code_commit"], "code_dirty": point["code_dirty"]}
    path = os.path.join(out, job.id + ".json")
    with open(path + ".tmp", "w") as file:
        file.write(json.dumps(entry, indent=2, sort_keys=True) + "\\n")
    os.replace(path + ".tmp", path)
    done += 1
print(done)
"""


def timed(argv, cwd, check=True):
    before, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(word) for word in argv], cwd=cwd, check=check, capture_output=True, env={**os.environ, "GIT_CONFIG_NOSYSTEM": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - before, after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime, done.stdout


def entries_of(folder):
    found = {}
    for name in os.listdir(folder):
        if name.endswith(".json"):
            with open(os.path.join(folder, name)) as file:
                found[name] = {key: value for key, value in json.load(file).items() if key != "promoted_at"}
    return found


def git(folder, *words):
    return timed(["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0", *words], folder)[0]


def backfill(runlake, folder, rounds):
    ledger, beside = os.path.join(folder, ".runlake", "ledger"), os.path.join(folder, "theirs")
    ours, theirs = [], []
    for number in range(rounds):
        # Put aside, not removed: a file system that has just removed many files is slow to make new ones.
        for path in (ledger, os.path.join(folder, ".runlake", "ledger-extra"), beside):
            if os.path.exists(path):
                os.rename(path, os.path.join(folder, "aside-%d-%s" % (number, os.path.basename(path))))
        ours.append(timed([runlake, "--json", "ledger", "backfill", "--machine-label", "bench"], folder))
        if os.path.exists(SIGNAC):
            theirs.append(timed([SIGNAC, "-c", THEIRS, os.path.join(folder, ".runs"), beside], folder))
    count = json.loads(ours[-1][2])["promoted"]
    clock = statistics.median(one[0] for one in ours)
    line = "  backfill: %d entries (with what stands beside each) in %.2f s, %.0f a second" % (count, clock, count / clock)
    if theirs:
        assert entries_of(ledger) == entries_of(beside), "the two do not say the same"
        line += "; signac %.2f s: %.1f x as fast by the clock, %.1f x by processor time" % (
            statistics.median(one[0] for one in theirs), statistics.median(t[0] / o[0] for o, t in zip(ours, theirs)), statistics.median(t[1] / o[1] for o, t in zip(ours, theirs)))  # fmt: skip
    print(line)
    again = timed([runlake, "--json", "ledger", "backfill"], folder)
    assert json.loads(again[2])["skipped"] == count
    print("  backfill with nothing to do: %.2f s" % again[0])
    some = sorted(os.listdir(ledger))[:20]
    singles = []
    for name in some:
        os.remove(os.path.join(ledger, name))
        singles.append(timed([runlake, "ledger", "promote", name[:32], "--machine-label", "bench"], folder)[0])
    print("  promote one job, a process each, synced: %.1f ms" % (1000 * statistics.median(singles)))
    return count


def reading(runlake, folder, count, what, rounds):
    cache = os.path.join(folder, ".runlake", "cache", "ledger")
    cold, warm = [], []
    for _ in range(rounds):
        if os.path.exists(cache):
            os.remove(cache)
        cold.append(timed([runlake, "--json", "ledger", "show"], folder))
        warm.append(timed([runlake, "--json", "ledger", "show"], folder))
        assert json.loads(warm[-1][2])["jobs"] == count
    print("  reading all, %s: %.2f s without a cache, %.2f s with it" % (what, statistics.median(one[0] for one in cold), statistics.median(one[0] for one in warm)))


def measure(runlake, folder, jobs, rounds):
    print("%d jobs" % jobs)
    fill(folder, jobs)
    git(folder, "init", "-q", "-b", "main")
    timed([runlake, "install", "--machine-label", "bench"], folder)
    count = backfill(runlake, folder, rounds)
    time.sleep(2.1)  # files that were written within the last two seconds are not believed by their stamps
    reading(runlake, folder, count, "a file an entry", rounds)
    added = git(folder, "add", "-A", ".runlake", ".gitignore", ".gitattributes")
    git(folder, "commit", "-q", "-m", "entries")
    cloned = git(folder, "clone", "-q", "--no-local", folder, folder + "-clone")
    print("  git, a file an entry: add %.2f s, clone %.2f s" % (added, cloned))
    packing = timed([runlake, "--json", "ledger", "pack"], folder)
    answer = json.loads(packing[2])
    assert answer["packed"] == count, answer
    print("  ledger pack: %.2f s, %d files, %.1f MB" % (packing[0], len(answer["packs"]), answer["bytes"] / 1e6))
    reading(runlake, folder, count, "packed", rounds)
    # A repository that never had more than the packs.
    packed = folder + "-packed"
    os.makedirs(os.path.join(packed, ".runlake", "ledger"))
    shutil.copytree(os.path.join(folder, ".runlake", "ledger", "packs"), os.path.join(packed, ".runlake", "ledger", "packs"))
    git(packed, "init", "-q", "-b", "main")
    added = git(packed, "add", "-A")
    git(packed, "commit", "-q", "-m", "packs")
    cloned = git(packed, "clone", "-q", "--no-local", packed, packed + "-clone")
    size = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(os.path.join(packed, ".git")) for name in names)
    print("  git, packed: add %.2f s, clone %.2f s, repository %.1f MB" % (added, cloned, size / 1e6))


def main(words_of_use, measured):
    """Takes the options that benchmarks of the ledger share, and measures each size in a folder of its own."""
    parser = argparse.ArgumentParser(description=words_of_use.splitlines()[0])
    parser.add_argument("runlake")
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--rounds", type=int, default=3)
    words = parser.parse_args()
    runlake = os.path.abspath(words.runlake)
    for size in map(int, words.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="runlake-bench-") as folder:
            measured(runlake, os.path.join(folder, "project"), size, words.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main(__doc__, measure))
