# SPDX-License-Identifier: Apache-2.0
"""What a replay costs over the bare command.

Usage: replay_bench.py RUNLAKE [--rounds 15] [--sizes 10,100]

`bare` runs `true` as often as the cell has replicas; `replay` gives them one after the other to `replay run`: fresh environment, pins asked back, fingerprint taken inside, a recorded run each.
What is printed are medians a replica, for two numbers of replicas a decade apart, and the fixed part: what a call costs beside its replicas.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def seconds(argv, folder):
    begun = time.perf_counter()
    done = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return time.perf_counter() - begun, done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runlake")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--sizes", default="10,100")
    options = parser.parse_args()
    runlake = os.path.abspath(options.runlake)
    sizes = [int(size) for size in options.sizes.split(",")]
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["git", "init", "-q"], cwd=work, check=True)
        subprocess.run(["git", "-c", "user.name=b", "-c", "user.email=b@localhost", "commit", "-q", "--allow-empty", "-m", "first"], cwd=work, check=True)
        totals = {}
        for size in sizes:
            with open(os.path.join(work, "spec.yaml"), "w", encoding="utf-8") as spec:
                json.dump({"version": 1, "cells": [{"name": "cell", "command": ["/bin/sh", "-c", "echo 1"], "metric": {"stdout": True, "name": "m"}, "replicas": size, "inputs": [],
                                                    "pins": {"presets": ["python", "openmp"]}}]}, spec)
            bare, replay = [], []
            for _ in range(options.rounds):
                begun = time.perf_counter()
                for _ in range(size):
                    subprocess.run(["/bin/sh", "-c", "echo 1"], stdout=subprocess.DEVNULL, check=True)
                bare.append(time.perf_counter() - begun)
                took, done = seconds([runlake, "--json", "--quiet", "replay", "run", "spec.yaml", "--sequential"], work)
                verdict = json.loads(done.stdout)["cells"][0]["verdict"]
                assert len(verdict["replays"]) == size and all(one["value"] == 1 and not one["error"] for one in verdict["replays"])
                replay.append(took)
            totals[size] = statistics.median(replay)
            print(f"{size:5} replicas: bare {statistics.median(bare) / size * 1e3:7.2f} ms each, replay {totals[size] / size * 1e3:7.2f} ms each, {(totals[size] - statistics.median(bare)) / size * 1e3:+.2f} ms")
        if len(sizes) > 1:
            a, b = sizes[0], sizes[-1]
            each = (totals[b] - totals[a]) / (b - a)
            print(f"a replica more costs {each * 1e3:.2f} ms, a call {(totals[a] - a * each) * 1e3:.1f} ms beside them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
