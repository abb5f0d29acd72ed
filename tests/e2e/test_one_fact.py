# SPDX-License-Identifier: Apache-2.0
"""One fact, one thread: a hindcast stage is recorded once and found again by its run_id in every place that is told of it.

Each capability adds its link here: journal, database, queries, export, span, metrics page, run directory, ledger, lake, citation, verdict, dataset; for a proof search its metrics and scores.
"""

import csv
import gzip
import io
import json
import sys
from pathlib import Path

import journal
from lake_support import config, rows
from ledger_support import clone, git

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from make_solved_logs import make_solved_run  # noqa: E402

HINDCAST = """\
import os, subprocess
rows = open("rain.csv").read().splitlines()[1:]
os.makedirs("out", exist_ok=True)
open("out/hindcast.csv", "w").write("\\n".join(rows))
subprocess.run([os.environ["RUNLAKE"], "log", f"rows_out={len(rows)}", "rmse=0.25"], check=True)
"""


def test_a_hindcast_is_one_fact_everywhere(runlake, runlake_bin, project):
    (project / "rain.csv").write_text("day,mm\n1,0.5\n2,1.5\n")
    (project / "hindcast.yaml").write_text("fold: 3\n")
    (project / "hindcast.py").write_text(HINDCAST)
    runlake("run", "--stage", "hindcast", "--tenant", "met", "--input", "rain.csv", "--config", "hindcast.yaml", "--param", "fold=3", "--tag", "season=2020",
            "--rows-in", "2", "--", "/usr/bin/python3", "hindcast.py", env={"RUNLAKE": str(runlake_bin)}).ok()

    # The journal: what was appended is the fact; all else is derived from it.
    records = journal.records(project / ".runlake")
    (start,) = [record for record in records if record["kind"] == "start"]
    (end,) = [record for record in records if record["kind"] == "end"]
    run_id = start["run"]
    assert end["run"] == run_id and end["state"] == "completed"
    assert all(record["run"] == run_id for record in records if "run" in record)

    # The database: every column of the seed that can be known is filled.
    answer = runlake("--json", "runs", "sql", "SELECT * FROM runs").ok().json
    (row,) = answer["rows"]
    known = dict(zip((column["name"] for column in answer["columns"]), row))
    assert known["run_id"] == run_id
    for column in ("tenant_id", "stage", "status", "input_fingerprint", "code_ref", "config_hash", "started_at", "finished_at", "duration_seconds",
                   "rows_in", "rows_out", "trace_id"):
        assert known[column] is not None, column
    assert (known["tenant_id"], known["stage"], known["status"], known["rows_in"], known["rows_out"]) == ("met", "hindcast", "completed", 2, 2)

    # Queries by the first eight characters, and the export.
    shown = runlake("--json", "runs", "show", run_id[:8]).ok().out
    assert run_id in shown and "0.25" in shown
    assert run_id[:8] in runlake("runs", "tail").ok().out
    (exported,) = csv.DictReader(io.StringIO(runlake("runs", "export", "--format", "csv").ok().out))
    assert exported["run_id"] == run_id and exported["rows_out"] == "2"

    # A second derivation from nothing gives the same row.
    runlake("runs", "rebuild").ok()
    assert runlake("--json", "runs", "sql", "SELECT * FROM runs").ok().json["rows"] == [row]

    # The span that observers get, and the count on the metrics page.
    spans_file, page = project / "spans.jsonl", project / "runlake.prom"
    runlake("observe", "push", env={"RUNLAKE_OTLP_FILE": spans_file, "RUNLAKE_PROMETHEUS_FILE": page}).ok()
    (span,) = json.loads(spans_file.read_text())["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert {"key": "runlake.run_id", "value": {"stringValue": run_id}} in span["attributes"]
    assert span["traceId"] == known["trace_id"]
    assert 'runlake_runs_total{stage="hindcast",state="completed",tenant="met"} 1' in page.read_text()

    # The lake: the run among those of all tools, with what it was given and what it logged.
    (project / "logs").mkdir()
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    assert runlake("--json", "lake", "sql", "SELECT source, run_id, name, state, params, metrics FROM all_runs").ok().json["rows"] == [
        ["runlake", run_id, "hindcast", "completed", '{"fold":3}', '{"rmse":0.25}']]

    # The verdict: run again, it gives the same, and the verdict says of which run.
    runlake("replay", "run", "--run", run_id, "--here", "--pass", "RUNLAKE", env={"RUNLAKE": str(runlake_bin)})
    (verdict,) = [json.loads(path.read_text()) for path in (project / ".runlake" / "verdicts").iterdir()]
    assert verdict["canonical_run_id"] == run_id and verdict["metric"] == "rmse" and [replay["value"] for replay in verdict["replays"]] == [0.25, 0.25]
    assert json.loads((project / ".runlake" / "ledger-extra" / f"{run_id}.json").read_text())["last_verdict"] == verdict["verdict"]

    # A dataset of a job: that run, selected by its id, and one by which any machine knows it.
    job = config(project / "job.json", selection={"source": "runlake", "run_id": run_id}, datasets=[
        {"name": "hindcasts", "query": "SELECT a.run_uid, a.run_id, a.metrics FROM selected_runs r JOIN all_runs a USING (run_key) ORDER BY ALL"}])
    made = project / runlake("--json", "lake", "job", "run", "--config", job).ok().json["out_dir"]
    (published,) = rows(made / "hindcasts.jsonl")
    assert (published["run_id"], published["metrics"]) == (run_id, '{"rmse":0.25}')
    assert [one["run_uid"] for one in json.loads((made / "inputs.json").read_text())["selected_runs"]] == [published["run_uid"]]

    # In the lake both are joined by the run's id.
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    judged = "SELECT v.verdict_id, v.verdict, a.name FROM replay_verdicts v JOIN all_runs a ON a.run_id = v.canonical_run_id"
    assert runlake("--json", "lake", "sql", judged).ok().json["rows"] == [[verdict["id"], verdict["verdict"], "hindcast"]]


PIPELINE = """\
experiment_key: hindcast
stages:
  hindcast:
    matrix: {fold: [2020]}
    command: [sh, -c, "tail -n +2 rain.csv > {out}/hindcast.csv; {runlake} log rmse=0.25"]
    reads: ["workspace:rain.csv"]
    writes: [hindcast.csv]
    params: {fold: 3}
    code: [code.py]
"""


def test_a_published_result_names_the_run_that_made_it(runlake, runlake_bin, project):
    (project / "rain.csv").write_text("day,mm\n1,0.5\n2,1.5\n")
    (project / "pipeline.yaml").write_text(PIPELINE.replace("{runlake}", str(runlake_bin)))
    answer = runlake("--json", "pipeline", "run", "pipeline.yaml").ok().json
    run_dir = Path(answer["run_dir"])

    # The run directory: a result that is done, made by a run.
    (done_file,) = run_dir.glob(".stages/hindcast/fold=2020/*/DONE.json")
    done = json.loads(done_file.read_text())
    run_id = done["run_id"]
    assert done_file.parent.name == answer["stages"][0]["key"]
    assert (run_dir / "hindcast.csv").read_text() == "1,0.5\n2,1.5\n"
    (stage,) = runlake("--json", "rundir", "show", run_dir).ok().json["stages"]
    assert (stage["stage"], stage["instance"], stage["state"], stage["done"]["run_id"]) == ("hindcast", "fold=2020", "done", run_id)

    # The journal: that run, below the pipeline's own.
    starts = {record["run"]: record for record in journal.records(project / ".runlake") if record["kind"] == "start"}
    assert set(starts) == {run_id, answer["run_id"]}
    ends = {record["run"]: record for record in journal.records(project / ".runlake") if record["kind"] == "end"}
    assert ends[run_id]["state"] == ends[answer["run_id"]]["state"] == "completed"

    # The database, and what was said from inside.
    (row,) = runlake("--json", "runs", "sql", "SELECT r.stage, d.parent_run_id, m.value FROM runs r JOIN run_details d USING (run_id) JOIN run_metrics m USING (run_id) "
                     f"WHERE run_id = '{run_id}'").ok().json["rows"]
    assert row == ["hindcast", answer["run_id"], 0.25]
    tags = dict(runlake("--json", "runs", "sql", f"SELECT name, value FROM run_tags WHERE run_id = '{run_id}'").ok().json["rows"])
    assert tags["run_dir"] == run_dir.name and tags["instance"] == "fold=2020"

    # The lake: the result and the run that made it, found by one id.
    runlake("lake", "reconcile", "--logs-dir", "runs").ok()
    joined = "SELECT d.folder, r.stage_key, a.name, a.metrics FROM rundir_results r JOIN rundir_runs d USING (run_key) JOIN all_runs a ON a.run_id = r.run_id"
    assert runlake("--json", "lake", "sql", joined).ok().json["rows"] == [[run_dir.name, done_file.parent.name, "hindcast", '{"rmse":0.25}']]

    # Reused by another run directory, it is still that run's: the row of the reuse says so.
    again = runlake("--json", "pipeline", "run", "pipeline.yaml").ok().json
    (reused_file,) = Path(again["run_dir"]).glob(".stages/hindcast/fold=2020/*/DONE.json")
    reused = json.loads(reused_file.read_text())
    assert reused["run_id"] == run_id and reused["cached_from"] == run_dir.name
    assert runlake("--json", "runs", "sql", f"SELECT status FROM runs WHERE run_id = '{reused['published_by']}'").ok().json["rows"] == [["cached"]]
    assert runlake("--json", "runs", "sql", f"SELECT cached_from FROM run_details WHERE run_id = '{reused['published_by']}'").ok().json["rows"] == [[run_id]]


def test_a_pipelines_run_is_found_on_another_machine(runlake, runlake_bin, project, clean_env, tmp_path):
    (project / "rain.csv").write_text("day,mm\n1,0.5\n2,1.5\n")
    (project / "pipeline.yaml").write_text(PIPELINE.replace("{runlake}", str(runlake_bin)))
    answer = runlake("--json", "pipeline", "run", "pipeline.yaml").ok().json
    run_id, stage = answer["run_id"], answer["stages"][0]

    # The ledger: the pipeline's own run, by rule, with the stage's run in it.
    (path,) = (project / ".runlake" / "ledger").iterdir()
    entry = json.loads(path.read_text())
    assert path.stem == entry["run_id"] == run_id and entry["rule"] == "pipeline" and entry["status"] == "complete"
    assert [(one["stage"], one["run_id"], one["key"]) for one in entry["stages"]] == [("hindcast", stage["run_id"], stage["key"])]

    # git carries it; there it is among the runs, under the same id, and nothing else of this machine is.
    git(project, clean_env, "add", ".runlake/ledger", ".runlake/ledger-extra")
    git(project, clean_env, "commit", "-q", "-m", "ledger")
    laptop = clone(project, clean_env, tmp_path / "laptop")
    (row,) = runlake("--json", "runs", "list", "--all-machines", cwd=laptop).ok().json["runs"]
    assert (row["run_id"], row["status"], row["stage"]) == (run_id, "completed", "pipeline")
    assert runlake("--json", "ledger", "show", run_id[:8], cwd=laptop).ok().json["entry"] == entry
    assert sorted(path.name for path in (laptop / ".runlake").iterdir()) == ["ledger", "ledger-extra"]

    # The lake there: the run that the ledger tells of.
    runlake("lake", "reconcile", "--logs-dir", ".", cwd=laptop).ok()
    assert runlake("--json", "lake", "sql", "SELECT source, run_id, name, state FROM all_runs", cwd=laptop).ok().json["rows"] == [["ledger", run_id, "pipeline", "completed"]]

    # A citation: what is written there of the run is checked against what came along.
    finding = laptop / "kb" / "research" / "findings" / "F001-rain.md"
    finding.parent.mkdir(parents=True)
    finding.write_text(f'---\nsupporting_runs: {{type: run, id: "{run_id[:8]}"}}\n---\n\nIt rained.<!-- runlake: {run_id} -->\n')
    checked = runlake("--json", "validate", "--runs-only", cwd=laptop).ok().json
    assert (checked["citations"], checked["issues"]) == (2, [])
    path = laptop / ".runlake" / "ledger" / f"{run_id}.json"
    path.unlink()
    (laptop / ".runlake" / "ledger-extra" / path.name).unlink()
    runlake("job", "new", "--state-point", "-", input='{"seed": 0}', cwd=laptop).ok()   # with a run store, it can be told that the run is missing
    broken = runlake("--json", "validate", "--runs-only", cwd=laptop)
    assert broken.status == 1 and [issue["code"] for issue in broken.json["issues"]].count("finding.broken_run_citation") == 2


def test_a_proof_search_is_one_fact_from_its_files_to_its_score(runlake, project):
    for name, provider in (("known", "known"), ("new", "new")):
        made = project / "logs" / name
        make_solved_run(made, theorems=1)
        settings = json.loads((made / "run_config.json").read_text())
        (made / "run_config.json").write_text(json.dumps({**settings, "provider": provider}))
    cache = json.loads(gzip.decompress((made / "goal_cache.json.gz").read_bytes()))
    cache["entries"]["P"]["occurrences"] = {"x": {"outcomes": {"0": [True]}}}
    (made / "goal_cache.json.gz").write_bytes(gzip.compress(json.dumps(cache).encode(), mtime=0))

    # The heavy metrics, written into the run's own files.
    runlake("postprocess", "--logs-dir", "logs").ok()
    assert json.loads((project / "logs" / "new" / "postprocess_metrics.json").read_text())

    # The lake: one run with the id that it has on every machine.
    runlake("lake", "reconcile", "--logs-dir", "logs").ok()
    ((key, uid, search),) = runlake("--json", "lake", "sql", "SELECT run_key, run_uid, search_uid FROM runs WHERE provider = 'new'").ok().json["rows"]

    # Its score against a reference of the other, under that id in the file and under its key in the table.
    ref = runlake("--json", "lake", "reference", "build", "--selection", '{"provider": "known"}').ok().json["ref_id"]
    scored = runlake("--json", "lake", "reference", "score", ref, "--selection", '{"provider": "new"}').ok().json
    assert [(one["run_uid"], one["search_uid"]) for one in scored["runs"]] == [(uid, search)] and scored["out_of_sample"] == 1
    assert runlake("--json", "lake", "sql", "SELECT DISTINCT run_key, search_uid FROM k_reference_score").ok().json["rows"] == [[key, search]]

    # A dataset that puts the score beside the run.
    job = config(project / "job.json", selection={"provider": "new"}, reference={"ref_id": ref, "score_k": False}, datasets=[
        {"name": "scores", "query": "SELECT run_uid, ref_id, variant FROM selected_runs JOIN all_runs USING (run_key) JOIN k_reference_score USING (run_key) ORDER BY ALL"}])
    made = project / runlake("--json", "lake", "job", "run", "--config", job).ok().json["out_dir"]
    assert {(row["run_uid"], row["ref_id"]) for row in rows(made / "scores.jsonl")} == {(uid, ref)}
