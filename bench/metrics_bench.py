# SPDX-License-Identifier: Apache-2.0
"""Distances of trees and graphs beside zss, apted and networkx on the same cases, and `postprocess` by the number of threads.

Usage: metrics_bench.py RUNLAKE [--tool METRICS_TOOL] [--rounds 3] [--trees 20,60,150] [--deep 300] [--graphs 5,6,7] [--runs 100,1000]
They take turns on the same cases, made by tests/peers/metrics_cases.py; printed are the medians of the sums of processor time over all cases, and their ratios. Every value is compared first. Aim: 100 times as fast.
Deep trees are those on which a strategy is followed; zss is left out there. Without the libraries (tools/setup peers) only postprocess is measured, which is said.
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


def compare(tool, python, what, cases, rounds, asked=()):
    own, others = [], {}
    for _ in range(rounds):
        mine, theirs = metrics_cases.answers([tool], cases), metrics_cases.of_peers(python, cases, asked)
        own.append(sum(answer["seconds"] for answer in mine))
        for name in theirs[0]:
            assert all(answer[name][0] == found["value"] for answer, found in zip(theirs, mine)), (what, name)
            others.setdefault(name, []).append(sum(answer[name][1] for answer in theirs))
    here = statistics.median(own)
    for name, seconds in others.items():
        there = statistics.median(seconds)
        print(f"{what}, {len(cases)} pairs: ours {here * 1e3:.3f} ms, {name} {there * 1e3:.1f} ms: {there / here:.0f} times")


def measured(words, folder):
    """Seconds, processor seconds and the peak of memory in MiB."""
    began = time.perf_counter()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=folder)
    _, status, used = os.wait4(child.pid, 0)
    assert status == 0, words
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def postprocess(runlake, runs, rounds):
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        logs = pathlib.Path(folder) / "logs"
        for number in range(runs):
            make_solved_run(logs / f"run-{number:04d}", theorems=4)
        words = [runlake, "postprocess", "--quiet", "--logs-dir", logs]
        print(f"postprocess, {runs} runs of 4 theorems, first pass, every file written and synced: {measured(words, folder)[0]:.2f} s")
        for jobs in sorted({1, 2, cores}):
            takes = [measured([*words, "--recompute", "--jobs", str(jobs)], folder) for _ in range(rounds)]
            clock, cpu, peak = (statistics.median(values) for values in zip(*takes))
            print(f"postprocess, {runs} runs, computed again, {jobs} of {cores} cores: {clock:.2f} s, {cpu:.2f} s of processors, peak of memory {peak:.0f} MiB")
        clock, cpu, peak = measured(words, folder)
        print(f"postprocess, {runs} runs, nothing changed: {clock:.2f} s, {cpu:.2f} s of processors, peak of memory {peak:.0f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("runlake")
    parser.add_argument("--tool", help="default: metrics_tool of the build that RUNLAKE is of")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trees", default="20,60,150")
    parser.add_argument("--graphs", default="5,6,7")
    parser.add_argument("--deep", default="300")
    parser.add_argument("--runs", default="100,1000")
    options = parser.parse_args()
    options.runlake = str(pathlib.Path(options.runlake).resolve())
    build = pathlib.Path(options.runlake).parent
    tools = [pathlib.Path(options.tool)] if options.tool else [build / "bench" / "metrics_tool", build / "tests" / "peers" / "metrics_tool"]
    options.tool = next((str(tool) for tool in tools if tool.exists()), None)
    python = HERE.parent / ".deps" / "peers" / "metrics" / "bin" / "python"
    print(f"load before: {os.getloadavg()[0]:.1f}")
    sizes = lambda text: [int(word) for word in text.split(",") if word]
    absent = [] if options.tool else [f"our own {tools[0]}: build with -DRUNLAKE_BUILD_BENCHMARKS=ON"]
    absent += [] if python.exists() else ["zss, apted and networkx: tools/setup peers"]
    if not absent:
        for size in sizes(options.trees):
            compare(options.tool, python, f"trees of up to {size} nodes", metrics_cases.tree_cases(10, size), options.rounds)
        for size in sizes(options.deep):
            compare(options.tool, python, f"deep trees of up to {size} nodes", metrics_cases.tree_cases(4, size, back=3), 1, ["apted"])
        for size in sizes(options.graphs):
            compare(options.tool, python, f"graphs of up to {size} nodes", metrics_cases.graph_cases(5, size), options.rounds)
    else:
        print(f"distances are not measured, as this is not there: {'; '.join(absent)}")
    for runs in sizes(options.runs):
        postprocess(options.runlake, runs, options.rounds)


if __name__ == "__main__":
    main()
