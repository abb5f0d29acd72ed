# SPDX-License-Identifier: Apache-2.0
"""`lake export`: what is in the files, that they are the same bytes everywhere, and that a folder appears whole or not at all."""

import csv
import json
import os
import shutil

import pytest
from lake_support import make_logs, reconciled, rows, sha256, tree, without_provenance

FULL = ["runs", "run_aggregates", "theorem_wild", "theorem_intervention", "theorem_intervention_comparison", "theorem_variant_metrics", "goal_type_tactic", "k_reference_score", "run_postprocess",
        "theorem_intervention_postprocess", "theorem_artifacts", "graph_nodes", "graph_edges", "graph_extract_errors", "mcts_trace_stats", "mcts_tree_nodes", "mcts_tree_edges", "basin_runs", "basin_seed",
        "basin_structure_counts"]
DASHBOARD = ["runs", "run_aggregates", "theorem_wild", "theorem_intervention", "theorem_intervention_comparison", "theorem_variant_metrics", "graph_nodes", "graph_edges", "goal_type_tactic",
             "k_reference_score", "mcts_trace_stats", "mcts_tree_nodes", "mcts_tree_edges"]
VOLATILE = {"indexed_at", "recorded_at", "extracted_at", "mtime_epoch", "parse_status", "run_dir", "root_path", "run_config", "run_status", "computed_at"}


def test_specter_viz_has_every_table_and_a_true_manifest(runlake, project, tmp_path):
    reconciled(runlake, tmp_path / "logs")
    answer = runlake("lake", "export", "--format", "specter-viz", "--json").ok().json
    out = project / ".runlake" / "lake" / "exports" / "specter-viz"
    assert answer["out"] == str(out) and answer["runs"] == 7 and not answer["replaced"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["format"] == "specter-viz" and manifest["profile"] == "full"
    assert [dataset["name"] for dataset in manifest["datasets"]] == FULL
    for dataset in manifest["datasets"]:
        path = out / dataset["file"]
        assert dataset["sha256"] == sha256(path) and dataset["bytes"] == path.stat().st_size
        found = rows(path)
        assert len(found) == dataset["rows"]
        names = [column["name"] for column in dataset["columns"]]
        assert all(list(row) == names for row in found) and not VOLATILE & set(names), dataset["name"]
        assert path.read_bytes().isascii()
    assert sorted(tree(out)) == sorted(["manifest.json", "provenance.json", *(f"{name}.jsonl" for name in FULL)])
    text = (out / "manifest.json").read_text()
    assert text.isascii() and text.endswith("}\n") and '\n  "schema_version": 1,' in text
    assert json.loads((out / "provenance.json").read_text())["duckdb"].startswith("v")


def test_rows_are_what_the_logs_say(runlake, tmp_path):
    logs = reconciled(runlake, tmp_path / "logs", runs=1)
    runlake("lake", "export", "--format", "jsonl", "--out", tmp_path / "out").ok()
    (run,) = rows(tmp_path / "out" / "runs.jsonl")
    written = json.loads(next(logs.glob("*/run_config.json")).read_text())
    assert {key: run[key] for key in ("run_id", "provider", "backend", "mode", "corpus")} == {key: written[key] for key in ("run_id", "provider", "backend", "mode", "corpus")}
    assert run["trace_mcts"] is True and run["problem_space"] == '{"H":100}'
    wild = rows(tmp_path / "out" / "theorem_wild.jsonl")
    assert [row["theorem"] for row in wild] == ["thm_000", "thm_001"]
    line = (tmp_path / "out" / "run_aggregates.jsonl").read_text()
    assert '"wild_type_solve_rate": 0.5, "intervention_count": 6' in line, line


def test_csv_and_jsonl_say_the_same(runlake, tmp_path):
    reconciled(runlake, tmp_path / "logs")
    runlake("lake", "export", "--format", "csv", "--out", tmp_path / "csv").ok()
    runlake("lake", "export", "--format", "jsonl", "--out", tmp_path / "jsonl").ok()
    for name in FULL:
        lines = rows(tmp_path / "jsonl" / f"{name}.jsonl")
        with open(tmp_path / "csv" / f"{name}.csv", newline="") as file:
            fields = list(csv.DictReader(file))
        as_text = {None: "", True: "true", False: "false"}
        assert [{key: as_text[value] if value is None or isinstance(value, bool) else str(value) for key, value in line.items()} for line in lines] == fields, name
        assert b"\r" not in (tmp_path / "csv" / f"{name}.csv").read_bytes()


def test_dashboard_is_narrow(runlake, tmp_path):
    reconciled(runlake, tmp_path / "logs")
    runlake("lake", "export", "--format", "jsonl", "--profile", "dashboard", "--out", tmp_path / "out").ok()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [dataset["name"] for dataset in manifest["datasets"]] == DASHBOARD
    assert not [column for dataset in manifest["datasets"] for column in dataset["columns"] if column["type"] == "JSON"]
    assert {row["status"] for row in rows(tmp_path / "out" / "runs.jsonl")} == {"completed", "failed"}
    assert all(row["goal_type"] for row in rows(tmp_path / "out" / "graph_nodes.jsonl"))


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_the_same_bytes_whatever_the_place(runlake, tmp_path, place, form):
    """Other roots' order, threads, zone, locale and umask: equal bytes, manifest included."""
    logs = reconciled(runlake, tmp_path / "logs")
    runlake("lake", "export", "--format", form, "--out", tmp_path / "one").ok()
    other = {**place, "RUNLAKE_STORE": tmp_path / "other" / ".runlake"}
    for part in sorted(logs.iterdir(), reverse=True):
        if part.is_dir():
            runlake("lake", "reconcile", "-j", "3", "--logs-dir", part, env=other).ok()
    runlake("lake", "reconcile", "--logs-dir", logs, env=other).ok()
    before = os.umask(0o077)
    try:
        runlake("lake", "export", "--format", form, "--out", tmp_path / "two", env=other).ok()
    finally:
        os.umask(before)
    one, two = without_provenance(tree(tmp_path / "one")), without_provenance(tree(tmp_path / "two"))
    assert one == two and len(one) == 21


def test_no_absolute_path_anywhere(runlake, tmp_path):
    reconciled(runlake, tmp_path / "canary-4711")
    for form in ("specter-viz", "csv", "parquet"):
        runlake("lake", "export", "--format", form, "--out", tmp_path / form).ok()
        for name, data in tree(tmp_path / form).items():
            assert b"canary-4711" not in data and str(tmp_path).encode() not in data, f"{form}/{name}"


def test_replaces_its_own_folder_and_nobody_elses(runlake, tmp_path):
    reconciled(runlake, tmp_path / "logs", runs=1)
    out = tmp_path / "out"
    runlake("lake", "export", "--format", "csv", "--out", out).ok()
    first = tree(out)
    make_logs(tmp_path / "logs", runs=2)
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "logs").ok()
    answer = runlake("lake", "export", "--format", "jsonl", "--out", out, "--json").ok().json
    assert answer["replaced"] and answer["runs"] == 3
    assert not list(out.glob("*.csv")) and len(list(out.glob("*.jsonl"))) == 20
    (out / "notes.txt").write_text("mine\n")
    done = runlake("lake", "export", "--format", "csv", "--out", out)
    assert done.status == 4 and "notes.txt" in done.err and (out / "notes.txt").exists() and not list(out.glob("*.csv"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x")
    done = runlake("lake", "export", "--format", "csv", "--out", tmp_path / "full")
    assert done.status == 4 and sorted(os.listdir(tmp_path / "full")) == ["thesis.tex"]
    assert first and not [name for name in os.listdir(tmp_path) if name.startswith(".")], "a staging folder was left"


def test_mistakes(runlake, project, tmp_path):
    done = runlake("lake", "export", "--format", "jsonl", "--out", tmp_path / "x")
    assert done.status == 3 and "lake reconcile" in done.err and not (tmp_path / "x").exists()
    assert runlake("lake", "export").status == 2
    assert runlake("lake", "export", "--format", "xml").status == 2
    done = runlake("lake", "export", "--format", "specter-viz", "--profile", "dashboard")
    assert done.status == 2 and "jsonl" in done.err
    assert not (project / ".runlake").exists()
    reconciled(runlake, tmp_path / "logs", runs=1)
    blocked = tmp_path / "file"
    blocked.write_text("x")
    assert runlake("lake", "export", "--format", "csv", "--out", blocked).status == 4
    assert blocked.read_text() == "x"


def test_a_damaged_lake_is_told(runlake, project, tmp_path):
    reconciled(runlake, tmp_path / "logs", runs=1)
    lake = project / ".runlake" / "lake" / "lake.duckdb"
    shutil.copy(lake, tmp_path / "kept")
    lake.write_bytes(b"no database" * 5000)
    done = runlake("lake", "export", "--format", "csv", "--out", tmp_path / "x")
    assert done.status == 6 and not (tmp_path / "x").exists()
