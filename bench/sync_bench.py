# SPDX-License-Identifier: Apache-2.0
"""`sync durable-push` to a folder beside `rsync -a` into another one, of the same files, on the same file system: nothing to do, many small files at two sizes a decade apart, one large file.

Usage: sync_bench.py RUNLAKE [--files 1000,10000] [--large 512] [--rounds 3]
Both results are compared with the source first. What both do differs: rsync copies; sync also hashes what it sends, reads back what arrived, syncs the file system, and leaves a manifest. So `rsync -a` is shown with
the `sync -f` that would make it as durable, and with a second run with --checksum, which is what would verify it. TMPDIR names the file system that is measured. Without rsync the ratios are left out.
"""
import argparse
import filecmp
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def timed(*words, env=None):
    before = time.perf_counter()
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return time.perf_counter() - before


def same(a, b):
    """Whether all files of a are in b with the same bytes."""
    for folder, folders, names in os.walk(a):
        if ".runlake-sync" in folders:
            folders.remove(".runlake-sync")
        other = os.path.join(b, os.path.relpath(folder, a))
        _, wrong, failed = filecmp.cmpfiles(folder, other, names, shallow=False)
        assert not wrong and not failed, (wrong + failed)[:3]


def fill(folder, files, large):
    block = os.urandom(1 << 20)
    os.makedirs(folder)
    for i in range(files):
        if i % 100 == 0:
            os.makedirs(f"{folder}/run-{i // 100}")
        with open(f"{folder}/run-{i // 100}/file-{i}.json", "wb") as file:
            file.write(block[i % 1000 : i % 1000 + 2000] + str(i).encode())
    if large:
        with open(f"{folder}/large", "wb") as file:
            for _ in range(large):
                file.write(block)


def measure(runlake, name, files, large, rounds, rsync):
    ours, theirs, checked, idle, idle_theirs = [], [], [], [], []
    for _ in range(rounds):
        work = tempfile.mkdtemp(prefix="runlake-bench-")
        try:
            logs, there, peer = f"{work}/logs", f"{work}/there", f"{work}/peer"
            os.makedirs(f"{work}/.runlake")
            os.makedirs(there)
            fill(logs, files, large)
            env = {"PATH": "/usr/bin:/bin", "HOME": work, "RUNLAKE_LOG_ROOT": there}
            words = (runlake, "--store", f"{work}/.runlake", "sync", "durable-push")
            os.sync()
            ours.append(timed(*words, env=env))
            same(logs, f"{there}/logs")
            idle.append(timed(*words, env=env))
            if rsync:
                os.sync()
                first = timed(rsync, "-a", "--exclude=.runlake-sync", f"{logs}/", peer) + timed("sync", "-f", peer)
                same(logs, peer)
                theirs.append(first)
                idle_theirs.append(timed(rsync, "-a", "--exclude=.runlake-sync", f"{logs}/", peer))
                checked.append(first + timed(rsync, "-a", "--checksum", "--exclude=.runlake-sync", f"{logs}/", peer))
        finally:
            shutil.rmtree(work)
    for label, mine, others in ((f"{name}, first push", ours, (("rsync -a; sync -f", theirs), ("and verified by --checksum", checked))), (f"{name}, nothing to do", idle, (("rsync -a", idle_theirs),))):
        print(f"{label:36} {statistics.median(mine) * 1000:9.1f} ms", end="")
        for peer, times in others:
            if times:
                print(f"   {peer}: {statistics.median(times) * 1000:.1f} ms ({statistics.median(mine) / statistics.median(times):.2f} x)", end="")
        print()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runlake")
    parser.add_argument("--files", default="1000,10000")
    parser.add_argument("--large", type=int, default=512, help="MiB")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    runlake = os.path.abspath(options.runlake)
    rsync = shutil.which("rsync")
    if not rsync:
        print("rsync is not installed (tools/setup bench installs it): no ratios")
    for count in (int(word) for word in options.files.split(",")):
        measure(runlake, f"{count} files of 2 KB", count, 0, options.rounds, rsync)
    measure(runlake, f"one file of {options.large} MiB", 0, options.large, options.rounds, rsync)
    return 0


if __name__ == "__main__":
    sys.exit(main())
