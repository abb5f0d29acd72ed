# SPDX-License-Identifier: Apache-2.0
"""`lake reference build` and `score` beside the same in Python: the outcomes of all runs summed, and every search scored by the definitions in tests/support/slow_metrics.py.

Usage: reference_bench.py RUNLAKE [--runs 100,1000] [--rounds 3]
Runs of 4 theorems with 3 variants. Every K is compared first. Printed are medians by the clock and by processor time, their ratios, and the peak of memory; by one thread and by all processors. Ours also writes what it
found and reads it into the lake, theirs only computes; ours reads the outcomes out of the lake, which was filled before.
"""
import argparse
import gzip
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))
import slow_metrics as slow  # noqa: E402
from make_solved_logs import make_solved_run  # noqa: E402


def make_run(folder, number):
    """Each with outcomes of its own: runs of one goal cache would all be members by each other's."""
    make_solved_run(folder, theorems=4)
    rng = random.Random(number)
    path = folder / "goal_cache.json.gz"
    cache = json.loads(gzip.decompress(path.read_bytes()))
    for entry in cache["entries"].values():
        entry["occurrences"] = {f"{place}": {"outcomes": {str(family): [rng.random() < 0.4 for _ in range(6)] for family in rng.sample(range(10), 3)}} for place in range(4)}
    path.write_bytes(gzip.compress(json.dumps(cache).encode()))


def measured(words, folder):
    """What it printed, seconds, processor seconds, and the peak of memory in MiB."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen([str(word) for word in words], stdout=out, cwd=folder)
        _, status, used = os.wait4(child.pid, 0)
        assert status == 0, words
        out.seek(0)
        return out.read(), time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def load(path):
    packed = path.with_name(path.name + ".gz")
    return json.loads(gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes())


def outcomes_of(runs):
    """{sig: {family: [attempts, successes]}} over all of them."""
    out = {}
    for run in runs:
        for sig, entry in load(run / "goal_cache.json")["entries"].items():
            for place in entry.get("occurrences", {}).values():
                for family, tries in place["outcomes"].items():
                    count = out.setdefault(sig, {}).setdefault(int(family), [0, 0])
                    count[0] += len(tries)
                    count[1] += sum(tries)
    return out


def scores_of(runs, outcomes):
    out = {}
    for run in runs:
        sigs = load(run / "goal_cache.json")["mvar_to_sig"]
        for theorem in load(run / "summary.json")["theorems"]:
            for variant in ["wild_type", *(one["name"] for one in theorem["interventions"])]:
                base = run / theorem["name"]
                trace = [json.loads(line) for line in (base / f"{variant}_mcts_trace.jsonl").read_text().splitlines()]
                found, _, _ = slow.efficiency(load(base / f"{variant}_history.json"), load(base / f"{variant}_mcts_tree.json"), trace, outcomes, sigs, alpha=1)
                out[run.name, theorem["name"], variant] = found["any_success"]["blind_uniform_candidate"][1]
    return out


def row(what, ours, theirs):
    (clock, cpu, peak), (their_clock, their_cpu) = ours, theirs
    print(f"{what}: {clock:.2f} s, Python {their_clock:.2f} s: {their_clock / clock:.1f} times; processors {cpu:.2f} s, Python {their_cpu:.2f} s: {their_cpu / cpu:.1f} times; peak of memory {peak:.0f} MiB")


def timed(work):
    clock, cpu = time.perf_counter(), time.process_time()
    value = work()
    return value, (time.perf_counter() - clock, time.process_time() - cpu)


def measure(runlake, count, rounds):
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        (base / ".runlake").mkdir()
        for number in range(count):
            make_run(base / "logs" / f"run-{number:05d}", number)
        runs = sorted((base / "logs").iterdir())
        call = lambda *words: measured([runlake, "--store", base / ".runlake", *words], folder)
        print(f"{count} runs: lake reconcile {call('lake', 'reconcile', '--quiet', '--logs-dir', 'logs')[1]:.2f} s, before and beside what follows")
        built, scored, alone, their_built, their_scored = [], [], [], [], []
        for _ in range(rounds):
            shutil.rmtree(base / ".runlake" / "lake" / "reference", ignore_errors=True)
            text, *cost = call("lake", "reference", "build", "--json", "--selection", '{"backend": "lean"}')
            built.append(cost)
            outcomes, cost = timed(lambda: outcomes_of(runs))
            their_built.append(cost)
            ref = json.loads(text)["ref_id"]
            for jobs, into in ((1, alone), (cores, scored)):
                shutil.rmtree(base / ".runlake" / "lake" / "reference" / "goal_outcomes" / ref / "scores", ignore_errors=True)
                into.append(call("lake", "reference", "score", ref, "--json", "--jobs", jobs)[1:])
            wanted, cost = timed(lambda: scores_of(runs, outcomes))
            their_scored.append(cost)
            lines = call("lake", "sql", "--csv", 'SELECT run_id, theorem, variant, "K" FROM k_reference_score JOIN runs USING (run_key)')[0].splitlines()[1:]
            found = {tuple(line.split(",")[:3]): float(line.split(",")[3]) for line in lines}
            assert found.keys() == wanted.keys() and all(abs(found[key] - wanted[key]) <= 2e-6 for key in found), "not the same scores"
        middle = lambda takes: [statistics.median(values) for values in zip(*takes)]
        row(f"{count} runs, build", middle(built), middle(their_built))
        row(f"{count} runs, score, 1 thread", middle(alone), middle(their_scored))
        row(f"{count} runs, score, {cores} threads", middle(scored), middle(their_scored))
        clock, cpu, peak = middle([call("lake", "reference", "score", ref, "--json")[1:] for _ in range(rounds)])
        print(f"{count} runs, scored again, nothing to write: {clock:.2f} s, processors {cpu:.2f} s, peak of memory {peak:.0f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("runlake", type=lambda word: pathlib.Path(word).resolve())
    parser.add_argument("--runs", default="100,1000")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    options.runlake = os.path.abspath(options.runlake)
    print(f"load before: {os.getloadavg()[0]:.1f}")
    for count in options.runs.split(","):
        measure(options.runlake, int(count), options.rounds)


if __name__ == "__main__":
    main()
