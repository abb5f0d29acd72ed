# SPDX-License-Identifier: Apache-2.0
"""`lake reconcile` killed and failed: each run is in the lake as it was before or as it is after, and the next call makes the lake of one that nobody disturbed."""

import json
import os
import subprocess
import sys
import threading
import zlib
from pathlib import Path

from harness import Scenario

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_proof_logs  # noqa: E402

BINARY = Path(os.environ.get("RUNLAKE_BIN", Path(__file__).resolve().parents[2] / "build" / "runlake"))
# Tables that hold nothing but facts of the runs' files.
EXPECTED, LOCK = {}, threading.Lock()
TABLES = ("run_aggregates", "theorem_wild", "theorem_variant_metrics", "goal_outcome_sig_family", "graph_nodes", "graph_edges", "mcts_trace_stats", "mcts_tree_nodes", "basin_seed", "run_files")
PARTS = " UNION ALL ".join(f"SELECT run_key, '{name}' AS name, count(*) AS n, bit_xor(hash(t)) AS h FROM (SELECT run_key, row(*COLUMNS(* EXCLUDE ({'run_key, mtime_epoch' if name == 'run_files' else 'run_key'}))) AS t FROM {name}) GROUP BY 1" for name in TABLES)
DIGESTS = f"SELECT run_dir, string_agg(name || n || ':' || h, ' ' ORDER BY name) AS d FROM runs LEFT JOIN ({PARTS}) USING (run_key) GROUP BY 1 ORDER BY 1"


def call(folder, *words, store=None):
    env = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state"), "RUNLAKE_STORE": str(store or folder / ".runlake")}
    env |= {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    return subprocess.run([BINARY, *words], env=env, cwd=folder, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)


def digests(folder, store=None):
    """What the lake holds of each run, by its folder below the logs; nothing where there is no lake, or the damaged one still."""
    done = call(folder, "lake", "sql", "--csv", DIGESTS, store=store)
    if done.returncode in (3, 6):
        return {}
    assert done.returncode == 0, f"the lake can't be asked: {done.returncode} {done.stderr}"
    rows = [line.split(",", 1) for line in done.stdout.splitlines()[1:]]
    return {row[0].split("/logs/", 1)[1]: row[1] for row in rows}


def reconcile(folder, *words, store=None):
    done = call(folder, "lake", "reconcile", "--logs-dir", "logs", *words, store=store)
    assert done.returncode == 0, done.stderr


def make_logs(folder):
    make_proof_logs.make(folder / "logs", runs=4, theorems=1, nodes=3, trace_lines=2)


def change_logs(folder):
    """A run goes, a file goes, one changes, a run comes."""
    runs = sorted(p.parent for p in (folder / "logs").rglob("run_config.json"))
    for path in sorted(runs[0].rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    runs[0].rmdir()
    for path in sorted(runs[-1].rglob("*_graph.json*"))[:2]:
        path.unlink()
    (runs[-1] / "run_status.json").write_text('{"status": "failed"}')
    make_proof_logs.make(folder / "logs" / "later", runs=1, theorems=1, nodes=3, trace_lines=2, seed=9)


def prepare(damage):
    """Runs in the folder itself, undisturbed: the paths of runs are in the lake, so it can't be copied from elsewhere."""
    folder = Path.cwd()
    reconcile(folder)
    (folder / "before.json").write_text(json.dumps(digests(folder)))
    change_logs(folder)
    if damage:
        (folder / ".runlake" / "lake" / "lake.duckdb").write_bytes(b"damaged" * 2000)


def expected(folder):
    """What a clean call makes of these logs: the same in every copy of the folder, so it is asked for once."""
    names = sorted(str(p.relative_to(folder)) for p in (folder / "logs").rglob("*") if p.is_file())
    key = zlib.crc32(b"".join(name.encode() + (folder / name).read_bytes() for name in names))
    with LOCK:
        if key not in EXPECTED:
            clean = folder / "clean" / ".runlake"
            reconcile(folder, store=clean)
            EXPECTED[key] = digests(folder, store=clean)
    return EXPECTED[key]


def check(*words, before=False):
    def whole(outcome):
        assert outcome.killed or outcome.status in (0, 5, 8), f"ended with {outcome.status}"
        assert outcome.fault or outcome.status == 0, outcome.err
        folder = outcome.folder
        now = expected(folder)
        found = digests(folder)
        was = json.loads((folder / "before.json").read_text()) if before else {}
        for run, digest in found.items():
            assert digest in (now.get(run), was.get(run)), f"{run} is neither as it was nor as it is"
        if not outcome.fault:
            assert found == now
        reconcile(folder, *words)
        assert digests(folder) == now, "the next call gives another lake"
        left = [p.name for p in (outcome.store / "lake").iterdir() if p.name.endswith(".wal")]
        assert not left, f"left over: {left}"

    return whole


def after(what, *words):
    mine = f"env -u RUNLAKE_FAULT -u RUNLAKE_FAULT_COUNT RUNLAKE_BIN={BINARY} {sys.executable} -B {Path(__file__).resolve()} {what}"
    return ["sh", "-c", f"{mine} && exec {' '.join(map(str, RECONCILE + list(words)))}"]


RECONCILE = [BINARY, "lake", "reconcile", "--logs-dir", "logs"]
LASTING = ("*:enospc:1+", "lake.database.change:enospc:2+")
SCENARIOS = [
    Scenario("lake-first", RECONCILE, check("--prune"), setup=make_logs, needs=BINARY, lasting=LASTING, only=("lake.dir.create", "lake.database.change", "lake.database.replace")),
    Scenario("lake-again", after("lake", "--prune"), check("--prune", before=True), setup=make_logs, needs=BINARY, lasting=(), only=("lake.database.change",)),
    Scenario("lake-damaged", after("damaged"), check("--prune"), setup=make_logs, needs=BINARY, lasting=(), only=("lake.database.replace",)),
]
if os.environ.get("RUNLAKE_SOAK") == "full":
    SCENARIOS.append(Scenario("lake-full", after("lake", "--prune", "--full"), check("--prune", before=True), setup=make_logs, needs=BINARY, lasting=LASTING))

if __name__ == "__main__":
    prepare(sys.argv[1] == "damaged")
