# SPDX-License-Identifier: Apache-2.0
"""`postprocess` killed and failed at each write: every file is whole, old or new, and the next call ends where an undisturbed one does."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

from harness import Scenario

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from make_solved_logs import make_solved_run  # noqa: E402

BINARY = Path(os.environ.get("RUNLAKE_BIN", Path(__file__).resolve().parents[2] / "build" / "runlake"))
WORDS = ["postprocess", "--logs-dir", "logs", "--jobs", "1"]
OWNED = ("ged_search_graph_soft", "goal_novelty", "solution_path_soft_distance", "k_search_efficiency")


def make_logs(folder):
    make_solved_run(folder / "logs" / "run-1", theorems=1)


def read(path):
    return json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())


def check(outcome):
    run = outcome.folder / "logs" / "run-1"
    for path in [run / "summary.json.gz", *run.glob("thm_*/*_comparison.json"), *run.glob("postprocess_metrics.json"), *run.glob("search_metrics.json")]:
        read(path)
    env = {"PATH": os.environ["PATH"], "HOME": str(outcome.folder / "home")} | {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    done = subprocess.run([BINARY, *WORDS], env=env, cwd=outcome.folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    entries = [entry for theorem in read(run / "summary.json.gz")["theorems"] for entry in theorem["interventions"]]
    for entry in entries + [read(path) for path in run.glob("thm_*/*_comparison.json")]:
        assert all(entry[name]["valid"] for name in OWNED), entry
        assert entry["ged_search_graph_soft"]["value"] == (0.166667 if entry["name"] == "block_simp" else 0.0)
    assert read(run / "postprocess_metrics.json")["valid"] is True


SCENARIOS = [Scenario("postprocess", [str(BINARY), *WORDS], check, setup=make_logs, needs=BINARY, only=("postprocess.write",))]
