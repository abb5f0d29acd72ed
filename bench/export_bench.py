# SPDX-License-Identifier: Apache-2.0
"""`lake export` beside DuckDB's own COPY of the same rows in the same order, and its peak memory as the lake grows.

Usage: export_bench.py RUNLAKE [--runs 20,200] [--rounds 3] [--memory 1,10]
They take turns on one lake, made by tests/support/make_proof_logs.py; what is printed are medians and ratios of the same rounds. COPY runs in DuckDB's Python package, once with one thread, as exports do, and once with
all. Before that the rows of both are compared: CSV row for row, the others by their number. Nothing of DuckDB's is deterministic JSON; it is measured for its speed.
"""
import argparse
import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / "support"), str(HERE.parent / "tests" / "peers")]
import make_proof_logs  # noqa: E402

# The tables of an export's manifest, each in the order of its key: the first columns up to the last of these names.
RIVAL = r"""
import json, sys, time
import duckdb
database, manifest, out, form, threads, keys = sys.argv[1:]
keys = json.loads(keys)
options = {"jsonl": "FORMAT json", "csv": "FORMAT csv, HEADER", "parquet": "FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 20480"}[form]
began = time.perf_counter()
con = duckdb.connect(database, read_only=True, config={"threads": int(threads)} if int(threads) else {})
for table in json.load(open(manifest))["datasets"]:
    columns = [column["name"] for column in table["columns"]]
    order = keys.get(table["name"]) or columns
    con.execute("COPY (SELECT " + ", ".join(f'"{c}"' for c in columns) + f" FROM {table['name']} ORDER BY " + ", ".join(f'"{c}"' for c in order) + f") TO '{out}/{table['name']}.{form}' ({options})")
print(time.perf_counter() - began)
"""
KEYS = {"runs": ["run_key"], "run_aggregates": ["run_key"], "theorem_wild": ["run_key", "theorem"], "theorem_intervention": ["run_key", "theorem", "intervention"],
        "theorem_intervention_comparison": ["run_key", "theorem", "intervention"], "theorem_variant_metrics": ["run_key", "theorem", "variant"], "goal_type_tactic": ["run_key", "goal_type", "tactic_norm"],
        "theorem_intervention_postprocess": ["run_key", "theorem", "intervention"], "theorem_artifacts": ["run_key", "theorem", "rel_path"], "graph_nodes": ["run_key", "theorem", "rel_path", "node_id"],
        "graph_edges": ["run_key", "theorem", "rel_path", "edge_idx"], "mcts_trace_stats": ["run_key", "theorem", "rel_path"], "mcts_tree_nodes": ["run_key", "theorem", "rel_path", "mvar_id"],
        "mcts_tree_edges": ["run_key", "theorem", "rel_path", "parent_mvar_id", "child_mvar_id", "tactic"], "basin_runs": ["run_key", "theorem"], "basin_seed": ["run_key", "theorem", "seed"],
        "basin_structure_counts": ["run_key", "theorem", "structure_hash"], "run_postprocess": ["run_key"], "k_reference_score": ["run_key", "theorem", "variant", "ref_id"]}


def run(argv, folder):
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "RUNLAKE_STORE": str(folder / ".runlake")}
    began = time.perf_counter()
    done = subprocess.run([str(word) for word in argv], cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{argv[:4]}: {done.returncode}\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began, done.stdout


def peak_kib(argv, folder):
    """The greatest resident size of one child: asked of a process that has no other."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    return int(run([sys.executable, "-c", code, *argv], folder)[1])


def lake(folder, runlake, runs):
    make_proof_logs.make(folder / "logs", runs=runs, theorems=2, nodes=60, trace_lines=5)
    run([runlake, "lake", "reconcile", "--logs-dir", "logs"], folder)
    return folder / ".runlake" / "lake" / "lake.duckdb"


def same_rows(ours, theirs):
    for path in sorted(ours.glob("*.csv")):
        with open(path, newline="") as one, open(theirs / path.name, newline="") as other:
            a, b = list(csv.reader(one)), list(csv.reader(other))
        def plain(row):
            return [float(cell) if cell.replace(".", "", 1).replace("-", "", 2).replace("e", "", 1).isdigit() else cell for cell in row]
        if [plain(row) for row in a] != [plain(row) for row in b]:
            sys.exit(f"{path.name}: {len(a)} and {len(b)} lines, and they differ")


def measure(runlake, python, runs, rounds):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        database = lake(folder, runlake, runs)
        for form in ("csv", "jsonl", "parquet"):
            ours, one, every = [], [], []
            for n in range(rounds):
                out, theirs = folder / f"out-{form}-{n}", folder / f"copy-{form}-{n}"
                ours.append(run([runlake, "lake", "export", "--format", form, "--out", out], folder)[0])
                if python:
                    theirs.mkdir()
                    for threads, times in ((1, one), (0, every)):
                        times.append(run([python, "-c", RIVAL, database, out / "manifest.json", theirs, form, threads, json.dumps(KEYS)], folder)[0])
                    if form == "csv" and n == 0:
                        same_rows(out, theirs)
            manifest = json.loads((folder / f"out-{form}-0" / "manifest.json").read_text())
            rows, size = (sum(dataset[key] for dataset in manifest["datasets"]) for key in ("rows", "bytes"))
            ours = statistics.median(ours)
            line = f"{runs} runs, {form}: {rows} rows, {size / 1e6:.1f} MB in {ours:.2f} s ({size / 1e6 / ours:.0f} MB/s)"
            if python:
                one, every = statistics.median(one), statistics.median(every)
                line += f"; COPY with one thread {one:.2f} s ({one / ours:.2f} of it), with all {every:.2f} s ({every / ours:.2f})"
            print(line)


def main():
    def numbers(text):
        return [int(part) for part in text.split(",")] if text else []

    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("runlake")
    parser.add_argument("--runs", type=numbers, default=[20, 200])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=numbers, default=[1, 10], help="times 20 runs")
    options = parser.parse_args()
    runlake = str(pathlib.Path(options.runlake).resolve())
    import peers

    python = peers.python_with_duckdb()
    if not python:
        print("no Python with the package duckdb: COPY is left out (tools/setup peers installs it)")
    for runs in options.runs:
        measure(runlake, python, runs, options.rounds)
    for times in options.memory:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            size = lake(folder, runlake, 20 * times).stat().st_size
            peaks = [peak_kib([runlake, "lake", "export", "--format", form, "--out", folder / form], folder) / 1024 for form in ("jsonl", "parquet")]
            print(f"memory at {times}x: lake of {size / 1e6:.0f} MB, peak {peaks[0]:.0f} MiB as jsonl, {peaks[1]:.0f} MiB as parquet")


if __name__ == "__main__":
    main()
