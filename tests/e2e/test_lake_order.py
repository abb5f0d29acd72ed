# SPDX-License-Identifier: Apache-2.0
"""In which order rows lie on the disk, in how many pieces, and what was deleted in between never shows: in no export, dataset, release, page or answer."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lake_support import config, make_logs, tree, without_provenance
from test_lake_job_sources import everything
from test_lake_reference import make_logs as make_scored

TOOL = os.environ.get("RUNLAKE_LAKE_SHUFFLE")

pytestmark = pytest.mark.skipif(not TOOL, reason="RUNLAKE_LAKE_SHUFFLE names no lake_shuffle")

# What leaves something open that only the order of rows could decide: ties of windows, of limits, of what is kept, sums of floating point numbers, neighbours.
HARD = {
    "numbered": "SELECT theorem, n, row_number() OVER (ORDER BY n) AS place FROM (SELECT theorem, run_key, length(theorem) AS n FROM theorem_wild) ORDER BY place",
    "joined": "SELECT w.theorem, i.intervention, row_number() OVER () AS place FROM theorem_wild w JOIN theorem_intervention i USING (run_key) ORDER BY place",
    "fourth": "SELECT run_key, a.theorem, b.intervention FROM theorem_wild a JOIN theorem_intervention b USING (run_key) QUALIFY row_number() OVER (PARTITION BY run_key) = 4 ORDER BY ALL",
    "running": "SELECT w.theorem, i.intervention, sum(length(i.intervention) / 7) OVER (ORDER BY i.solved ROWS UNBOUNDED PRECEDING) AS so_far FROM theorem_wild w JOIN theorem_intervention i USING (run_key) ORDER BY ALL",
    "total": "SELECT i.run_key, avg(coalesce(i.ged_search_norm, 0.1) / (3 + i.ged_search_value)) OVER () AS mean FROM theorem_wild w JOIN theorem_intervention i USING (run_key) ORDER BY ALL",
    "before": "SELECT run_key, theorem, lag(variant) OVER (PARTITION BY theorem ORDER BY graph_kind) AS earlier, first_value(node_id) OVER (PARTITION BY theorem ORDER BY graph_kind) AS first FROM graph_nodes ORDER BY ALL",
    "limited": "WITH top AS (SELECT w.theorem, i.intervention, i.run_key FROM theorem_wild w JOIN theorem_intervention i USING (run_key) ORDER BY is_control LIMIT 5) SELECT * FROM top ORDER BY ALL",
    "kept": "WITH one AS (SELECT DISTINCT ON (w.theorem) w.theorem, i.run_key, i.intervention FROM theorem_wild w JOIN theorem_intervention i USING (run_key) ORDER BY w.theorem) SELECT * FROM one ORDER BY ALL",
    "beside": "SELECT a.theorem, b.goal_type FROM theorem_wild a POSITIONAL JOIN goal_type_tactic b ORDER BY ALL",
    "nearest": "SELECT a.run_key, a.theorem, b.intervention FROM theorem_wild a ASOF JOIN theorem_intervention b ON a.theorem = b.theorem AND length(a.run_key) >= length(b.theorem) ORDER BY ALL",
    "sums": "SELECT provider, sum(wild_type_solve_rate / 3) AS rates, avg(i.ged_search_norm / 7) AS ged, list(i.intervention) AS which, any_value(i.theorem) AS any_one, arg_max(i.intervention, i.is_control) AS most "
            "FROM runs JOIN run_aggregates USING (run_key) JOIN theorem_intervention i USING (run_key) GROUP BY provider ORDER BY provider",
    "made": "SELECT run_key, name, score, row_number() OVER (ORDER BY name) AS place FROM scores ORDER BY ALL",
    "others": "SELECT source, name, row_number() OVER (PARTITION BY state ORDER BY source) AS place, sum(length(name) / 7) OVER (ORDER BY source ROWS UNBOUNDED PRECEDING) AS total FROM all_runs ORDER BY ALL",
}


def shuffle(runlake_bin, project, seed):
    subprocess.run([TOOL, project / ".runlake" / "lake" / "lake.duckdb", str(seed)], check=True, env={**os.environ, "RUNLAKE_LIB_DIR": str(runlake_bin.parent / "lib" / "runlake")})


def said(runlake, folder):
    """Everything that is made out of the lake, as bytes by name."""
    out = {}

    def add(name, files):
        out.update({f"{name}/{file}": data for file, data in without_provenance(files).items()})

    for form, *words in (["specter-viz"], ["jsonl"], ["csv"], ["parquet"], ["jsonl", "--profile", "dashboard"], ["csv", "--profile", "dashboard"], ["parquet", "--profile", "dashboard"]):
        runlake("lake", "export", "--format", form, *words, "--out", folder / "export").ok()
        add("export " + " ".join([form, *words]), tree(folder / "export"))
    # Jobs are indexed some time after they were run.
    out["tables"] = [table for table in runlake("--json", "lake", "tables").ok().json["tables"] if table["name"] != "lake_job_runs"]
    for words in (["reference", "list"], ["doctor"]):
        out[words[0]] = runlake("--json", "lake", *words).out
        assert out[words[0]]
    for (key,) in runlake("--json", "lake", "sql", "SELECT run_key FROM all_runs ORDER BY ALL").ok().json["rows"]:
        out[f"show {key}"] = runlake("--json", "lake", "show", key).ok().out
    hard = config(folder / "hard.json", name="hard", datasets=[{"name": name, "query": query} for name, query in HARD.items()])
    presets = [preset["name"] for preset in runlake("--json", "lake", "job", "presets").ok().json["presets"]]
    for name in (hard, *(f"preset:{preset}" for preset in presets)):
        done = runlake("--json", "lake", "job", "run", "--config", name).ok().json
        add(f"job {name}", tree(folder.parent / "project" / done["out_dir"]))
    narrow = {"exclude_partial_results": True, "backend": "lean", "goal_sig_scheme": "ast", "require_completed": True}
    mine = config(folder / "mine.json", name="mine", selection=narrow, datasets=[{"name": name, "format": "parquet", "query": query} for name, query in HARD.items() if name != "others"])
    others = config(folder / "others.json", name="others", selection={"source": "mlflow"}, datasets=[{"name": "others", "format": "parquet", "query": HARD["others"]}])
    for name in ("preset:site_dashboard_superset", "preset:site_dashboard_reference", mine, others):
        shutil.rmtree(folder / "site", ignore_errors=True)
        runlake("lake", "job", "release-site-dashboard", "--config", name, "--logs-dir", folder.parent / "logs", "--site-dir", folder / "site").ok()
        add(f"release {name}", tree(folder / "site"))
    return out


def differing(one, two):
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def fill(runlake, project, logs):
    make_logs(logs, runs=6, theorems=3)
    for summary in list(logs.rglob("basin_analysis.json*")):
        if not list(summary.parents[1].glob("summary.json*")):
            shutil.rmtree(summary.parents[1], ignore_errors=True)
    make_scored(logs / "scored")
    shutil.copytree(logs / "scored" / "ref-a", logs / "again" / "ref-a")
    everything(logs / "tools")
    next(logs.glob("*/*/*_graph.json")).write_text("{")
    folder = project / "lake" / "surfaces"
    folder.mkdir(parents=True)
    (folder / "scores.sql").write_text("-- files: **/scores.csv\nSELECT name, score FROM read_csv({files})\n")
    for n, run in enumerate(sorted(path.parent for path in logs.glob("*/run_config.json"))):
        (run / "scores.csv").write_text(f"name,score\nb,0.{n}\na,0.1\nb,0.{n}\n")
    for number in range(2):
        runlake("run", "--stage", "fit", "--", "/bin/sh", "-c", f'"{sys.argv[0]}" 2>/dev/null; exit {number}')


def test_the_order_of_rows_on_the_disk_never_shows(runlake, runlake_bin, project, tmp_path):
    fill(runlake, project, tmp_path / "logs")
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "logs").ok()
    work = tmp_path / "work"
    work.mkdir()
    for preset in ("reference_k", "site_dashboard_reference"):  # builds and scores the references that are told afterwards
        runlake("lake", "job", "run", "--config", f"preset:{preset}").ok()
    before = said(runlake, work)
    assert len(before) > 150
    shuffle(runlake_bin, project, 1)
    assert differing(before, said(runlake, work)) == []
    # What is known of files is found as well.
    again = runlake("--json", "lake", "reconcile", "--logs-dir", tmp_path / "logs").ok().json
    assert again["units"]["unchanged"] == again["units"]["found"], again
