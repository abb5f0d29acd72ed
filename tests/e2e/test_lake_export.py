# SPDX-License-Identifier: Apache-2.0
"""`lake export`: what is in the files, that they are the same bytes everywhere, and that a folder appears whole or not at all."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest
from lake_support import config, make_logs, reconciled, rows, sha256, tree, without_provenance

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


def test_the_same_bytes_whatever_the_place(runlake, tmp_path, place):
    """Other roots' order, threads, zone, locale and umask: equal bytes, manifest included."""
    logs = reconciled(runlake, tmp_path / "logs")
    other = {**place, "RUNLAKE_STORE": tmp_path / "other" / ".runlake"}
    for part in sorted(logs.iterdir(), reverse=True):
        if part.is_dir():
            runlake("lake", "reconcile", "-j", "3", "--logs-dir", part, env=other).ok()
    runlake("lake", "reconcile", "--logs-dir", logs, env=other).ok()
    for form in ("jsonl", "csv", "parquet"):
        runlake("lake", "export", "--format", form, "--out", tmp_path / form / "one").ok()
        before = os.umask(0o077)
        try:
            runlake("lake", "export", "--format", form, "--out", tmp_path / form / "two", env=other).ok()
        finally:
            os.umask(before)
        one, two = without_provenance(tree(tmp_path / form / "one")), without_provenance(tree(tmp_path / form / "two"))
        assert one == two and len(one) == 21, form


def test_no_absolute_path_anywhere(runlake, tmp_path):
    reconciled(runlake, tmp_path / "canary-4711")
    for form in ("specter-viz", "csv", "parquet"):
        runlake("lake", "export", "--format", form, "--out", tmp_path / form).ok()
        for name, data in tree(tmp_path / form).items():
            assert b"canary-4711" not in data and str(tmp_path).encode() not in data, f"{form}/{name}"


def test_a_path_that_a_search_wrote_is_told_below_its_root(runlake, tmp_path):
    logs = tmp_path / "canary-4711"
    run = logs / "one"
    (run / "t").mkdir(parents=True)
    (run / "run_config.json").write_text('{"run_id": "one"}')
    search = {"solved": True, "k_search_efficiency": {"steps": {"trace_path": f"{run}/t/wild_type_mcts_trace.jsonl", "root": str(logs)}}}
    (run / "summary.json").write_text(json.dumps({"theorems": [{"name": "t", "wild_type": search}]}))
    (run / "t" / "wild_type_graph.json").write_text(json.dumps({"nodes": [{"id": "a", "file": str(run)}, {"id": "b", "file": "one"}]}))
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    for form in ("jsonl", "csv", "parquet"):
        runlake("lake", "export", "--format", form, "--out", tmp_path / form).ok()
        for name, data in tree(tmp_path / form).items():
            assert b"canary-4711" not in data, f"{form}/{name}"
    (told,) = rows(tmp_path / "jsonl" / "theorem_wild.jsonl")
    assert json.loads(told["k_json"]) == {"steps": {"trace_path": "one/t/wild_type_mcts_trace.jsonl", "root": "."}}
    assert [json.loads(node["attrs_json"])["file"] for node in rows(tmp_path / "jsonl" / "graph_nodes.jsonl")] == ["one", "one"]
    path = config(tmp_path / "c.json", datasets=[{"name": "d", "query": "SELECT theorem, k_json FROM theorem_wild ORDER BY 1"}])
    done = runlake("lake", "job", "run", "--config", path, "--json").ok().json
    assert "canary-4711" not in (Path(done["out_dir"]) / "d.jsonl").read_text()
    # A folder beside the root, whose name begins like it, is not below it.
    beside = f"{logs}-2/x"
    (run / "t" / "wild_type_graph.json").write_text(json.dumps({"nodes": [{"id": "a", "file": beside, "why": f"not in {logs}: {logs}"}]}))
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    runlake("lake", "export", "--format", "jsonl", "--out", tmp_path / "jsonl").ok()
    (node,) = rows(tmp_path / "jsonl" / "graph_nodes.jsonl")
    assert json.loads(node["attrs_json"]) == {"id": "a", "file": beside, "why": "not in .: ."}


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


def mlflow_run(folder, lr):
    for rel, text in {"meta.yaml": f"run_id: {'b' * 32}\nrun_name: fit\nexperiment_id: '7'\nstatus: 3\nlifecycle_stage: active\n", "params/lr": lr, "metrics/loss": "1700000001000 0.5 0\n1700000002000 0.25 1\n"}.items():
        path = folder / "7" / ("b" * 32) / rel
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "7" / "meta.yaml").write_text("experiment_id: '7'\nname: heights\nlifecycle_stage: active\n")


def test_runs_of_other_tools_are_there_too(runlake, tmp_path, place):
    logs = make_logs(tmp_path / "logs", runs=1)
    mlflow_run(logs / "mlruns", "0.1")
    job = logs / "workspace" / ("0" * 32)
    job.mkdir(parents=True)
    (job / "signac_statepoint.json").write_text('{"seed": 1}')
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    other = {**place, "RUNLAKE_STORE": tmp_path / "other" / ".runlake"}
    for part in ("workspace", "mlruns", "."):
        runlake("lake", "reconcile", "-j", "3", "--logs-dir", logs / part, env=other).ok()
    for form in ("jsonl", "csv", "parquet"):
        one, two = tmp_path / form / "one", tmp_path / form / "two"
        answer = runlake("--json", "lake", "export", "--format", form, "--out", one).ok().json
        names = [dataset["name"] for dataset in answer["datasets"]]
        assert names[:20] == FULL and names[20:] == ["all_runs", "signac_jobs", "signac_statepoints", "mlflow_experiments", "mlflow_runs", "mlflow_params", "mlflow_metrics"], names
        proofs = answer["datasets"][0]["rows"]
        assert answer["runs"] == answer["datasets"][20]["rows"] == proofs + 2 and answer["left_out"] == {"runs": 0, "tables": []}
        runlake("lake", "export", "--format", form, "--out", two, env=other).ok()
        assert without_provenance(tree(one)) == without_provenance(tree(two)), form
    out = tmp_path / "jsonl" / "one"
    assert [(row["source"], row["name"], row["params"], row["metrics"]) for row in rows(out / "all_runs.jsonl") if row["source"] == "mlflow"] == [("mlflow", "fit", '{"lr":"0.1"}', '{"loss":0.25}')]
    assert [(row["key"], row["position"], row["value"]) for row in rows(out / "mlflow_metrics.jsonl")] == [("loss", 0, 0.5), ("loss", 1, 0.25)]
    assert not any(name in rows(out / "mlflow_runs.jsonl")[0] for name in ("artifact_uri", "rel_path", "source_name"))


def test_formats_without_tables_for_other_tools_say_so(runlake, tmp_path):
    mlflow_run(tmp_path / "logs" / "mlruns", "0.1")
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "logs").ok()
    for words in (["--format", "specter-viz"], ["--format", "csv", "--profile", "dashboard"]):
        done = runlake("lake", "export", *words, "--out", tmp_path / words[1]).ok()
        assert "0 runs" in done.out and "1 run" in done.err and "parquet, csv or jsonl" in done.err
    assert [dataset["name"] for dataset in json.loads((tmp_path / "specter-viz" / "manifest.json").read_text())["datasets"]] == FULL


def test_a_table_with_a_path_of_this_machine_is_left_out(runlake, tmp_path):
    mlflow_run(tmp_path / "canary-4711" / "mlruns", str(tmp_path / "canary-4711" / "data.csv"))
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "canary-4711").ok()
    for form in ("jsonl", "csv", "parquet"):
        done = runlake("lake", "export", "--format", form, "--out", tmp_path / form).ok()
        assert "all_runs was left out" in done.err and "mlflow_params was left out" in done.err
        names = {path.stem for path in (tmp_path / form).iterdir()}
        assert "mlflow_metrics" in names and not names & {"all_runs", "mlflow_params"}
        for name, data in tree(tmp_path / form).items():
            assert b"canary-4711" not in data, f"{form}/{name}"


SURFACE = """-- files: **/scores.csv
SELECT name, score, score / 3 AS third, [name, 'x'] AS pair, {'of': score} AS inner_value, CASE WHEN score < 1 THEN DATE '2026-01-02' END AS day FROM read_csv({files})
"""
SURFACE_COLUMNS = [("run_key", "VARCHAR"), ("root_id", "VARCHAR"), ("rel_path", "VARCHAR"), ("row", "BIGINT"), ("name", "VARCHAR"), ("score", "DOUBLE"), ("third", "DOUBLE"), ("pair", "VARCHAR[]"),
                   ("inner_value", "STRUCT(of DOUBLE)"), ("day", "DATE")]


def make_surfaces(project, logs):
    """Two tables of the project's own over the runs' scores, one of which nobody has files for, and one that is wrong."""
    folder = project / "lake" / "surfaces"
    folder.mkdir(parents=True)
    (folder / "scores.sql").write_text(SURFACE)
    (folder / "absent.sql").write_text("-- files: **/absent.csv\nSELECT * FROM read_csv({files})\n")
    (folder / "empty.sql").write_text("-- files: **/scores.csv\nSELECT name FROM read_csv({files}) WHERE score > 9000\n")
    (folder / "wrong.sql").write_text("-- files: **/scores.csv\nSELECT nme FROM read_csv({files})\n")
    for n, run in enumerate(sorted(path.parent for path in logs.rglob("run_config.json"))):
        (run / "scores.csv").write_text(f"name,score\nb,{n}.5\n\"a, \u00fc\",0.1\nb,{n}.5\n")


def test_tables_of_the_project_are_there_too(runlake, project, tmp_path, place):
    logs = make_logs(tmp_path / "canary-4711")
    make_surfaces(project, logs)
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    other = {**place, "RUNLAKE_STORE": tmp_path / "other" / ".runlake"}
    shutil.copytree(project / "lake", tmp_path / "other" / "lake")
    # A part of the runs, then the others without the first, then all.
    parts = sorted((path for path in logs.iterdir() if path.is_dir()), reverse=True)
    away = tmp_path / "away"
    away.mkdir()
    for there in (parts[:3], parts[1:], parts):
        for part in parts:
            (part if part.exists() else away / part.name).rename(part if part in there else away / part.name)
        runlake("lake", "reconcile", "-j", "3", "--prune", "--logs-dir", logs, env=other).ok()
    for form in ("jsonl", "csv", "parquet"):
        one, two = tmp_path / form / "one", tmp_path / form / "two"
        answer = runlake("--json", "lake", "export", "--format", form, "--out", one).ok().json
        assert [dataset["name"] for dataset in answer["datasets"]] == [*FULL, "empty", "scores"] and answer["left_out"]["tables"] == []
        (scores,) = [dataset for dataset in json.loads((one / "manifest.json").read_text())["datasets"] if dataset["name"] == "scores"]
        assert scores["sha256"] == sha256(one / scores["file"]) and scores["rows"] == 3 * len(list(logs.rglob("scores.csv"))) > 20
        assert [(column["name"], column["type"].replace('"', "")) for column in scores["columns"]] == SURFACE_COLUMNS
        runlake("lake", "export", "--format", form, "--out", two, env=other).ok()
        assert without_provenance(tree(one)) == without_provenance(tree(two)), form
        for name, data in tree(one).items():
            assert b"canary-4711" not in data and str(tmp_path).encode() not in data, f"{form}/{name}"
    found = rows(tmp_path / "jsonl" / "one" / "scores.jsonl")
    places = [(row["run_key"] is None, row["run_key"] or "", row["root_id"], row["rel_path"], row["row"]) for row in found]
    assert places == sorted(places) and [row["row"] for row in found[:3]] == [0, 1, 2]
    assert (found[1]["name"], found[1]["score"], found[1]["third"], found[1]["pair"], found[1]["inner_value"], found[1]["day"]) == (
        "a, \u00fc", 0.1, 0.1 / 3, json.dumps(["a, \u00fc", "x"], separators=(",", ":"), ensure_ascii=False), '{"of":0.1}', "2026-01-02")
    with open(tmp_path / "csv" / "one" / "scores.csv", newline="", encoding="utf-8") as file:
        assert [(row["rel_path"], row["row"], float(row["score"])) for row in csv.DictReader(file)] == [(row["rel_path"], str(row["row"]), row["score"]) for row in found]
    # What specter-viz and the dashboard have is fixed.
    for words in (["specter-viz"], ["jsonl", "--profile", "dashboard"]):
        names = [dataset["name"] for dataset in runlake("--json", "lake", "export", "--format", *words, "--out", tmp_path / "fixed").ok().json["datasets"]]
        assert names == (FULL if words == ["specter-viz"] else DASHBOARD)


def test_a_table_of_the_project_with_a_path_of_this_machine_is_left_out(runlake, project, tmp_path):
    logs = make_logs(tmp_path / "canary-4711", runs=1)
    make_surfaces(project, logs)
    folder = project / "lake" / "surfaces"
    (folder / "placed.sql").write_text("-- files: **/scores.csv\nSELECT [filename] AS deep FROM read_csv({files}, filename = true)\n")
    (folder / "named.sql").write_text("-- files: **/header.csv\nSELECT * FROM read_csv({files}, header = true)\n")
    (next(logs.rglob("scores.csv")).parent / "header.csv").write_text(f"a,{logs}/x\n1,2\n")
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    for form in ("jsonl", "csv", "parquet"):
        answer = runlake("--json", "lake", "export", "--format", form, "--out", tmp_path / form).ok().json
        assert answer["left_out"]["tables"] == ["named", "placed"] and [dataset["name"] for dataset in answer["datasets"]][20:] == ["empty", "scores"]
        for name, data in tree(tmp_path / form).items():
            assert b"canary-4711" not in data, f"{form}/{name}"


def test_a_pipe_is_no_earlier_export_and_no_release(runlake, tmp_path):
    reconciled(runlake, tmp_path / "logs", runs=1)
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out" / "manifest.json")
    done = runlake("lake", "export", "--format", "jsonl", "--out", tmp_path / "out", timeout=100)
    assert done.status == 4 and "no earlier export" in done.err
    done = runlake("lake", "release", "verify", tmp_path / "out", timeout=100)
    assert done.status == 8 and "no regular file" in done.err


def test_what_a_killed_export_left_is_removed(runlake, project, tmp_path):
    """Beside a folder that was being filled: the beginning of a lease, once it has rested for a day."""
    reconciled(runlake, tmp_path / "logs", runs=1)
    out = tmp_path / "exports"
    out.mkdir()
    lease = f".x.{'0' * 16}.tmp.lease"
    kept = [out / f".{lease}.{'1' * 16}.tmp", out / f".{lease}.{'g' * 16}.tmp", out / ".mine.lease", out / f".{lease}x.{'2' * 16}.tmp"]
    gone = out / f".{lease}.{'2' * 16}.tmp"
    for path in [*kept, gone]:
        path.write_text("{")
    for path in [*kept[1:], gone]:
        os.utime(path, (1, 1))
    runlake("lake", "export", "--format", "csv", "--out", out / "csv").ok()
    assert sorted(out.iterdir()) == sorted([*kept, out / "csv"])


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
