# SPDX-License-Identifier: Apache-2.0
"""`lake reconcile` beside DuckDB's own read_json filling the same tables (lake_rival.py), beside `find -printf` where nothing is new, and its peak memory as the input grows.

Usage: lake_bench.py RUNLAKE [--small 300,3000] [--heavy 2,20] [--many 100000] [--rounds 3] [--memory 1,10,100]
They take turns on the same files, made by tests/support/make_proof_logs.py; what is printed are medians and ratios of the same rounds, by the clock and by processor time (user and system), which
hardly depends on what else the machine does. Rows of both are counted first, table by table. `lake reconcile` is taken with its start, the rival without.
Aims: 8 times as fast as read_json on many small runs, 3 times on few with many rows; with nothing new at most twice `find -printf`.
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / "support"), str(HERE.parent / "tests" / "peers")]
import make_proof_logs  # noqa: E402

COUNTED = ("runs", "theorem_wild", "theorem_intervention", "theorem_variant_metrics", "theorem_intervention_comparison", "graph_nodes", "graph_edges", "mcts_tree_nodes", "mcts_tree_edges",
           "mcts_trace_stats", "goal_outcome_sig_family")
KINDS = (("_search_trace_graph.json", "graph"), ("_proof_graph.json", "graph"), ("_graph.json", "graph"), ("_mcts_trace.jsonl", "mcts_trace"), ("_mcts_tree.json", "mcts_tree"),
         ("_comparison.json", "comparison"), ("_metrics.json", "metrics"))
OWN = {"run_config.json": "run_config", "run_status.json": "run_status", "summary.json": "summary", "goal_cache.json": "goal_cache"}


def files_by_kind(logs):
    """What reconcile reads, for the rival: the packed form where there are two."""
    kinds = {"all": []}
    runs = {p.parent for p in logs.rglob("run_config.json") if not any(c.is_dir() and c.name.startswith("provider=") for c in p.parent.iterdir())}
    for run in sorted(runs):
        for path in sorted(run.rglob("*.json*")):
            if any(part.startswith(".") for part in path.relative_to(run).parts) or path.suffix == ".tmp":
                continue
            kinds["all"].append(str(path))
            if path.suffix != ".gz" and path.with_name(path.name + ".gz").exists():
                continue
            plain = path.name.removesuffix(".gz")
            kind = OWN.get(plain) if path.parent == run else next((k for suffix, k in KINDS if plain.endswith(suffix)), None)
            if kind and plain != "postprocess_metrics.json":
                kinds.setdefault(kind, []).append(str(path))
    return kinds


class Took:
    """By the clock, and of processors."""

    def __init__(self, clock, processors):
        self.clock, self.processors = clock, processors


def run(words, folder, text=None):
    """How long it took, and what it said."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "RUNLAKE_STORE": str(folder / ".runlake")}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False, input=text)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{words[:3]}: status {done.returncode}: {done.stderr}")
    return Took(took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), done.stdout


def peak_kib(words, folder):
    """The most memory that the program had at once, from the kernel's count of its own children."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    return int(run([sys.executable, "-c", code, *words], folder)[1])


def make_bare(logs, runs):
    for i in range(runs):
        run_dir = logs / f"part-{i // 1000:04}" / f"run-{i:07}"
        run_dir.mkdir(parents=True)
        (run_dir / "run_config.json").write_text(json.dumps({"run_id": f"run-{i}", "provider": "none", "basin_seeds": 1}))
        (run_dir / "run_status.json").write_text('{"status": "completed"}')


class Ground:
    def __init__(self, runlake, python, bare=0, **made):
        self.runlake, self.python = str(pathlib.Path(runlake).resolve()), python
        self.temporary = tempfile.TemporaryDirectory(prefix="lake-bench-")
        self.folder = pathlib.Path(self.temporary.name)
        if bare:
            make_bare(self.folder / "logs", bare)
        else:
            make_proof_logs.make(self.folder / "logs", **made)
        self.files = files_by_kind(self.folder / "logs")
        self.bytes = sum(os.path.getsize(path) for path in self.files["all"])

    def forget(self):
        for name in ("rival.duckdb", ".runlake/lake/lake.duckdb"):
            (self.folder / name).unlink(missing_ok=True)

    def warm(self):
        """Both find the files in memory: how long a system keeps them there is no matter of theirs."""
        for path in self.files["all"]:
            pathlib.Path(path).read_bytes()

    def reconcile(self):
        self.forget()
        self.warm()
        took, out = run([self.runlake, "lake", "reconcile", "--logs-dir", "logs", "--json"], self.folder)
        return took, json.loads(out)

    def again(self):
        return run([self.runlake, "lake", "reconcile", "--logs-dir", "logs", "--json"], self.folder)[0]

    def find(self):
        return run(["find", "logs", "-type", "f", "-printf", "%P %s %T@ %C@ %i\n"], self.folder)[0]

    def rival(self):
        self.forget()
        self.warm()
        took, out = run([self.python, str(HERE / "lake_rival.py"), "rival.duckdb"], self.folder, json.dumps(self.files))
        answer = json.loads(out)
        return Took(answer["seconds"], answer["processors"]), answer["rows"]


def median(values):
    return statistics.median(values)


def ratios(theirs, ours):
    clock = median([a.clock / b.clock for a, b in zip(theirs, ours)])
    return f"{clock:.1f} times as long by the clock, {median([a.processors / b.processors for a, b in zip(theirs, ours)]):.1f} by processors"


def full(name, ground, rounds):
    _, report = ground.reconcile()
    rows = sum(report["rows"].values())
    print(f"{name}: {report['units']['found']} runs, {len(ground.files['all'])} files, {ground.bytes / 1e6:.1f} MB on disk, {rows} rows")
    if ground.python:
        _, theirs = ground.rival()
        for table in COUNTED:
            if theirs.get(table, 0) != report["rows"].get(table, 0):
                sys.exit(f"{table}: {report['rows'].get(table, 0)} rows, the rival has {theirs.get(table, 0)}")
    ours, others, quiet, finds = [], [], [], []
    for _ in range(rounds):
        if ground.python:
            others.append(ground.rival()[0])
        ours.append(ground.reconcile()[0])
        quiet.append(ground.again())
        finds.append(ground.find())
    clock = median([one.clock for one in ours])
    print(f"  full: {clock:.2f} s, {median([one.processors for one in ours]):.2f} s of processors, {rows / clock:.0f} rows a second, {ground.bytes / 1e6 / clock:.1f} MB a second")
    if others:
        print(f"  read_json fills the same tables in {median([one.clock for one in others]):.2f} s, {median([one.processors for one in others]):.2f} s of processors: {ratios(others, ours)}")
    tell_quiet(quiet, finds)


def tell_quiet(quiet, finds):
    print(f"  nothing new: {median([one.clock for one in quiet]) * 1000:.0f} ms; find -printf: {median([one.clock for one in finds]) * 1000:.0f} ms: {ratios(quiet, finds)}")


def many(runs, ground, rounds):
    """Runs of two files each: what is left is what a run costs."""
    ground.reconcile()
    quiet, finds = [], []
    for _ in range(rounds):
        quiet.append(ground.again())
        finds.append(ground.find())
    print(f"{runs} runs of two files")
    tell_quiet(quiet, finds)


def numbers(text):
    return [int(word) for word in text.split(",") if word]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("runlake")
    parser.add_argument("--small", type=numbers, default=[300, 3000], help="runs of one theorem with 3 nodes")
    parser.add_argument("--heavy", type=numbers, default=[2, 20], help="runs of one theorem with 900 nodes")
    parser.add_argument("--many", type=numbers, default=[10000, 100000], help="runs of two files, with nothing new")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=numbers, default=[1, 10, 100], help="times 20 runs")
    options = parser.parse_args()
    import peers

    python = peers.python_with_duckdb()
    if not python:
        print("no Python with the package duckdb: read_json is left out (tools/setup peers installs it)")
    for runs in options.small:
        full(f"{runs} small runs", Ground(options.runlake, python, runs=runs, theorems=1, nodes=3, trace_lines=3), options.rounds)
    for runs in options.heavy:
        full(f"{runs} runs of many rows", Ground(options.runlake, python, runs=runs, theorems=1, nodes=900, trace_lines=900), options.rounds)
    for runs in options.many:
        many(runs, Ground(options.runlake, None, bare=runs), options.rounds)
    for times in options.memory:
        ground = Ground(options.runlake, None, runs=20 * times, theorems=1, nodes=20, trace_lines=20)
        peak = peak_kib([ground.runlake, "lake", "reconcile", "--logs-dir", "logs"], ground.folder)
        print(f"memory at {times}x: {ground.bytes / 1e6:.1f} MB of files, peak {peak / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
