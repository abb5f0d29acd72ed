# SPDX-License-Identifier: Apache-2.0
"""`lake reconcile` beside DuckDB's own read_json filling the same tables, beside `find -printf` where nothing is new, and its peak memory as the input grows.

Usage: lake_bench.py RUNLAKE [--small 300,3000] [--heavy 2,20] [--rounds 3] [--memory 1,10,100]
They take turns on the same files, made by tests/support/make_proof_logs.py; what is printed are medians and ratios of the same rounds. Rows of both are counted first, table by table.
Aims: 8 times as fast as read_json on many small runs, 3 times on few with many rows; with nothing new at most twice `find -printf`.
"""
import argparse
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

# What DuckDB is asked to do, in its own program: lists of files by kind come as JSON on stdin, the database's name is the argument.
RIVAL = r"""
import json, sys, time
import duckdb
files = json.load(sys.stdin)
began = time.perf_counter()
con = duckdb.connect(sys.argv[1])
con.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
big = "maximum_object_size = 268435456"
def make(table, kind, sql):
    if files.get(kind):
        con.execute(f"CREATE TABLE {table} AS " + sql, {"files": files[kind]})
make("all_files", "all", "SELECT filename, sha256(content) AS sha256, octet_length(content) AS bytes FROM read_blob($files)")
make("runs", "run_config", f"SELECT filename, json AS run_config, json->>'run_id' AS run_id, json->>'provider' AS provider, json->>'backend' AS backend, json->>'corpus' AS corpus FROM read_json_objects($files, format='unstructured', filename=true)")
make("statuses", "run_status", f"SELECT filename, json AS run_status FROM read_json_objects($files, format='unstructured', filename=true)")
make("theorems", "summary", f"SELECT filename, unnest(from_json(json->'theorems', '[\"JSON\"]')) AS t FROM read_json_objects($files, format='unstructured', filename=true, {big})")
if files.get("summary"):
    con.execute('''CREATE TABLE theorem_wild AS SELECT filename, t->>'name' AS theorem, (t->'wild_type'->>'solved')::BOOLEAN AS solved, (t->'wild_type'->>'iterations')::BIGINT AS iterations,
        t->'wild_type'->'metrics' AS metrics, t->'wild_type'->'k_search_efficiency' AS k_json, t->'wild_type' AS wild_json FROM theorems WHERE (t->'wild_type') IS NOT NULL''')
    con.execute('''CREATE TABLE theorem_intervention AS SELECT filename, theorem, i->>'name' AS intervention, (i->>'solved')::BOOLEAN AS solved, i->'metrics' AS metrics, i AS intervention_json
        FROM (SELECT filename, t->>'name' AS theorem, unnest(from_json(t->'interventions', '["JSON"]')) AS i FROM theorems)''')
    con.execute("DROP TABLE theorems")
make("theorem_variant_metrics", "metrics", "SELECT filename, (json->'trajectory'->>'total_iterations')::BIGINT AS a, (json->'detour'->>'total_attempts')::BIGINT AS b, json FROM read_json_objects($files, format='unstructured', filename=true)")
make("theorem_intervention_comparison", "comparison", "SELECT filename, (json->>'solved')::BOOLEAN AS solved, (json->'ged_search_graph'->>'value')::DOUBLE AS v, json FROM read_json_objects($files, format='unstructured', filename=true)")
make("graph_nodes", "graph", f'''SELECT filename, family, CASE WHEN json_type(n) = 'ARRAY' THEN n->>0 ELSE n->>'id' END AS node_id, n->>'goal_sig' AS goal_sig, (n->>'in_proof')::BOOLEAN AS in_proof, n AS attrs_json
    FROM (SELECT filename, json->>'graph_family' AS family, unnest(from_json(json->'nodes', '["JSON"]')) AS n FROM read_json_objects($files, format='unstructured', filename=true, {big}))''')
make("graph_edges", "graph", f'''SELECT filename, family, coalesce(e->>'source', e->>'src') AS src, coalesce(e->>'target', e->>'dst') AS dst, e->>'tactic' AS tactic, e AS attrs_json
    FROM (SELECT filename, json->>'graph_family' AS family, unnest(from_json(json->'edges', '["JSON"]')) AS e FROM read_json_objects($files, format='unstructured', filename=true, {big}))''')
make("tree", "mcts_tree", f'''SELECT filename, e.key AS mvar_id, e.value AS n FROM (SELECT filename, json->'nodes' AS nodes FROM read_json_objects($files, format='unstructured', filename=true, {big})), json_each(nodes) AS e''')
if files.get("mcts_tree"):
    con.execute('''CREATE TABLE mcts_tree_nodes AS SELECT filename, mvar_id, n->>'goal_type' AS goal_type, n->>'goal_sig' AS goal_sig, (n->>'depth')::BIGINT AS depth, (n->>'visit_count')::BIGINT AS visits,
        (n->>'success_count')::BIGINT AS successes, (n->>'is_terminal')::BOOLEAN AS terminal, (n->>'is_dead')::BOOLEAN AS dead, (n->>'expansion_order')::BIGINT AS expansion_order FROM tree''')
    con.execute('''CREATE TABLE mcts_tree_edges AS SELECT filename, mvar_id AS parent, c.key AS tactic, unnest(from_json(c.value, '["VARCHAR"]')) AS child FROM tree, json_each(n->'children') AS c''')
    con.execute("DROP TABLE tree")
make("mcts_trace_stats", "mcts_trace", '''SELECT filename, count(*) AS lines, count(*) FILTER ((json->>'event') = 'iteration') AS iterations, max((json->>'iteration')::BIGINT) AS last,
    count(DISTINCT json->'node'->>'mvar_id') AS mvars, sum(json_array_length(json->'tactics')) AS candidates FROM read_json_objects($files, format='newline_delimited', ignore_errors=true, filename=true) GROUP BY 1''')
make("goal_outcome_sig_family", "goal_cache", f'''SELECT filename, sig, f.key::INTEGER AS family_idx, sum(json_array_length(f.value)) AS attempts, sum(len(list_filter(from_json(f.value, '["BOOLEAN"]'), lambda x: x))) AS successes
    FROM (SELECT filename, e.key AS sig, e.value->'occurrences' AS o FROM (SELECT filename, json->'entries' AS entries FROM read_json_objects($files, format='unstructured', filename=true, {big})), json_each(entries) AS e),
         json_each(o) AS m, json_each(m.value->'outcomes') AS f GROUP BY ALL''')
con.execute("CHECKPOINT")
took = time.perf_counter() - began
counts = {name: con.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
print(json.dumps({"seconds": took, "rows": counts}))
"""
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


def run(words, folder, **options):
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "RUNLAKE_STORE": str(folder / ".runlake")}
    began = time.perf_counter()
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{words[:3]}: status {done.returncode}: {done.stderr}")
    return time.perf_counter() - began, done.stdout


def peak_kib(words, folder):
    """The most memory that the program had at once, from the kernel's count of its own children."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    return int(run([sys.executable, "-c", code, *words], folder)[1])


class Ground:
    def __init__(self, runlake, python, **made):
        self.runlake, self.python = str(pathlib.Path(runlake).resolve()), python
        self.temporary = tempfile.TemporaryDirectory(prefix="lake-bench-")
        self.folder = pathlib.Path(self.temporary.name)
        make_proof_logs.make(self.folder / "logs", **made)
        self.files = files_by_kind(self.folder / "logs")
        self.bytes = sum(os.path.getsize(path) for path in self.files["all"])

    def forget(self):
        for name in ("rival.duckdb", ".runlake/lake/lake.duckdb"):
            (self.folder / name).unlink(missing_ok=True)

    def reconcile(self):
        self.forget()
        took, out = run([self.runlake, "lake", "reconcile", "--logs-dir", "logs", "--json"], self.folder)
        return took, json.loads(out)

    def again(self):
        return run([self.runlake, "lake", "reconcile", "--logs-dir", "logs", "--json"], self.folder)[0]

    def rival(self):
        self.forget()
        answer = json.loads(run([self.python, "-c", RIVAL, "rival.duckdb"], self.folder, input=json.dumps(self.files))[1])
        return answer["seconds"], answer["rows"]


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
        finds.append(run(["find", "logs", "-type", "f", "-printf", "%P %s %T@ %C@ %i\n"], ground.folder)[0])
    print(f"  full: {statistics.median(ours):.2f} s, {rows / statistics.median(ours):.0f} rows a second, {ground.bytes / 1e6 / statistics.median(ours):.1f} MB a second")
    if others:
        ratios = [theirs / mine for theirs, mine in zip(others, ours)]
        print(f"  read_json fills the same tables in {statistics.median(others):.2f} s: {statistics.median(ratios):.1f} times as long")
    ratios = [mine / find for mine, find in zip(quiet, finds)]
    print(f"  nothing new: {statistics.median(quiet) * 1000:.0f} ms; find -printf: {statistics.median(finds) * 1000:.0f} ms, ratio {statistics.median(ratios):.2f}")


def numbers(text):
    return [int(word) for word in text.split(",") if word]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("runlake")
    parser.add_argument("--small", type=numbers, default=[300, 3000], help="runs of one theorem with 3 nodes")
    parser.add_argument("--heavy", type=numbers, default=[2, 20], help="runs of one theorem with 900 nodes")
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
    for times in options.memory:
        ground = Ground(options.runlake, None, runs=20 * times, theorems=1, nodes=20, trace_lines=20)
        peak = peak_kib([ground.runlake, "lake", "reconcile", "--logs-dir", "logs"], ground.folder)
        print(f"memory at {times}x: {ground.bytes / 1e6:.1f} MB of files, peak {peak / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
