# SPDX-License-Identifier: Apache-2.0
"""Distances of trees and graphs beside zss, apted and networkx on the same cases, and `postprocess` by the number of threads.

Usage: metrics_bench.py RUNLAKE [--tool METRICS_TOOL] [--rounds 3] [--trees 20,60,150] [--graphs 5,6,7] [--runs 200]
They take turns on the same cases, made by tests/peers/metrics_cases.py; printed are the medians of the sums over all cases, and their ratios. Every value is compared first. Aim: 100 times as fast.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / "support"), str(HERE.parent / "tests" / "peers")]
import metrics_cases  # noqa: E402
from make_solved_logs import make_solved_run  # noqa: E402


def compare(tool, python, what, cases, rounds):
    own, others = [], {}
    for _ in range(rounds):
        mine, theirs = metrics_cases.answers([tool], cases), metrics_cases.of_peers(python, cases)
        own.append(sum(answer["seconds"] for answer in mine))
        for name in theirs[0]:
            assert all(answer[name][0] == found["value"] for answer, found in zip(theirs, mine)), (what, name)
            others.setdefault(name, []).append(sum(answer[name][1] for answer in theirs))
    here = statistics.median(own)
    for name, seconds in others.items():
        there = statistics.median(seconds)
        print(f"{what}, {len(cases)} pairs: ours {here * 1e3:.3f} ms, {name} {there * 1e3:.1f} ms: {there / here:.0f} times")


def postprocess(runlake, runs, rounds):
    with tempfile.TemporaryDirectory() as folder:
        logs = pathlib.Path(folder) / "logs"
        for number in range(runs):
            make_solved_run(logs / f"run-{number:04d}", theorems=4)
        began = time.perf_counter()
        subprocess.run([runlake, "postprocess", "--logs-dir", logs], check=True, capture_output=True, cwd=folder)
        print(f"postprocess, {runs} runs of 4 theorems, first pass, every file written and synced: {time.perf_counter() - began:.2f} s")
        for jobs in (1, 2):
            seconds = []
            for _ in range(rounds):
                began = time.perf_counter()
                subprocess.run([runlake, "postprocess", "--logs-dir", logs, "--recompute", "--jobs", str(jobs)], check=True, capture_output=True, cwd=folder)
                seconds.append(time.perf_counter() - began)
            print(f"postprocess, {runs} runs of 4 theorems, computed again, {jobs} threads: {statistics.median(seconds):.2f} s")
        for what, words in (("nothing changed", []), ("all again", ["--recompute"])):
            began = time.perf_counter()
            child = subprocess.Popen([runlake, "postprocess", "--quiet", "--logs-dir", logs, *words], stdout=subprocess.DEVNULL, cwd=folder)
            _, status, used = os.wait4(child.pid, 0)
            assert status == 0
            print(f"postprocess, {what}: {time.perf_counter() - began:.2f} s, peak of memory {used.ru_maxrss / 1024:.0f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("runlake")
    parser.add_argument("--tool", help="default: tests/peers/metrics_tool beside RUNLAKE")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trees", default="20,60,150")
    parser.add_argument("--graphs", default="5,6,7")
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    options.tool = options.tool or str(pathlib.Path(options.runlake).resolve().parent / "tests" / "peers" / "metrics_tool")
    python = HERE.parent / ".deps" / "peers" / "metrics" / "bin" / "python"
    for size in map(int, options.trees.split(",")):
        compare(options.tool, python, f"trees of up to {size} nodes", metrics_cases.tree_cases(10, size), options.rounds)
    for size in map(int, options.graphs.split(",")):
        compare(options.tool, python, f"graphs of up to {size} nodes", metrics_cases.graph_cases(5, size), options.rounds)
    if options.runs:
        postprocess(options.runlake, options.runs, options.rounds)


if __name__ == "__main__":
    main()
