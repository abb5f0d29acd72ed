# SPDX-License-Identifier: Apache-2.0
"""`lake job presets|run`: configurations refused and understood, selections, what a job's SQL may do, what a job leaves behind."""

import json
from pathlib import Path

import pytest
from lake_support import config, make_logs, reconciled, rows, sha256, tree, without_provenance


def run(runlake, path, *words, **options):
    return runlake("lake", "job", "run", "--config", path, "--json", *words, **options)


def out_of(result):
    return result.ok().json["out_dir"]


def query(path, sql, **members):
    return config(path, datasets=[{"name": "d", "query": sql}], **members)


def ids(runlake, tmp_path, selection, *words):
    """The run_ids (with providers) that a selection takes, in order."""
    path = config(tmp_path / "c.json", selection=selection,
                  datasets=[{"name": "d", "query": "SELECT r.run_id, r.provider FROM selected_runs s JOIN runs r USING (run_key) ORDER BY s.position"}])
    done = run(runlake, path, *words)
    if done.status != 0:
        return done
    return [(row["run_id"], row["provider"]) for row in rows(done.json["out_dir"] + "/d.jsonl")]


PRESETS = ["runs_overview", "basin_and_k", "structure_vs_term", "cross_provider", "goal_tactics", "search_metrics", "variant_clusters", "reference_k", "site_dashboard_superset", "site_dashboard_reference"]
# Without a reference there is nothing about one.
EMPTY = {"basin_and_k": ["reference_k"], "site_dashboard_superset": ["reference_k", "reference_k_summary", "reference_meta"]}


def test_presets_are_listed_and_valid(runlake, project):
    listed = runlake("lake", "job", "presets", "--json").ok().json["presets"]
    assert [preset["name"] for preset in listed] == PRESETS
    assert not (project / ".runlake").exists()
    text = runlake("lake", "job", "presets", "runs_overview").ok().out
    assert json.loads(text)["schema_version"] == 2
    done = runlake("lake", "job", "presets", "runs_overvieuw")
    assert done.status == 2 and "runs_overview" in done.err


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_run(runlake, project, tmp_path, preset):
    reconciled(runlake, tmp_path / "logs", runs=12)
    answer = run(runlake, f"preset:{preset}").ok().json
    listed = {p["name"]: p["datasets"] for p in runlake("lake", "job", "presets", "--json").ok().json["presets"]}
    assert [dataset["name"] for dataset in answer["datasets"]] == listed[preset]
    empty = [dataset["name"] for dataset in answer["datasets"] if dataset["rows"] == 0]
    assert empty == EMPTY.get(preset, [])
    assert answer["out_dir"].startswith(str(project / ".runlake" / "lake" / "jobs" / preset))


def test_overview_and_pairs_say_what_is_so(runlake, tmp_path):
    reconciled(runlake, tmp_path / "logs", runs=6)
    overview = rows(out_of(run(runlake, "preset:runs_overview")) + "/runs_overview.jsonl")
    assert len(overview) == 7 and [row["status"] for row in overview].count("failed") == 1
    assert [row["theorems"] for row in overview].count(None) == 1, "the basin-only run has no theorems"
    out = out_of(run(runlake, "preset:cross_provider"))
    (pair,) = rows(out + "/provider_pairs.jsonl")
    cells = {(row["provider"], row["theorem"]): row["solve_rate"] for row in rows(out + "/provider_theorem.jsonl") if row["campaign"] == pair["campaign"]}
    theorems = sorted({theorem for _, theorem in cells})
    agreed = sum(cells["deepseek", theorem] == cells["reprover", theorem] for theorem in theorems)
    assert pair["theorems"] == len(theorems) and pair["agreement"] == agreed / len(theorems)
    basin = rows(out_of(run(runlake, "preset:basin_and_k")) + "/basin_by_theorem.jsonl")
    assert abs(basin[0]["structure_entropy_bits"] - 0.9182958340544896) < 1e-12  # of 2 and 1 out of 3


@pytest.mark.parametrize(("change", "words"), [
    ({"selektion": {}}, ['unknown key "selektion"', '"selection"']),
    ({"schema_version": 1}, ["schema_version", "2"]),
    ({"name": ""}, ["name"]),
    ({"name": "a/b"}, ["name"]),
    ({"datasets": []}, ["datasets"]),
    ({"selection": {"require_complete": True}}, ['"require_completed"']),
    ({"selection": {"require_completed": "yes"}}, ["selection.require_completed", "true or false"]),
    ({"selection": {"max_runs": 0}}, ["selection.max_runs"]),
    ({"selection": {"max_runs": True}}, ["selection.max_runs"]),
    ({"selection": {"order_by": "created_at_des"}}, ['"created_at_desc"']),
    ({"selection": {"provider": []}}, ["selection.provider", "empty"]),
    ({"selection": {"provider": 3}}, ["selection.provider"]),
    ({"selection": {"same_method_as": {"run_id": "a", "run_key": "b"}}}, ["same_method_as", "exactly one"]),
    ({"selection": {"same_method_as": {"run_id": "a"}, "backend": "lean"}}, ["same_method_as", "instead"]),
    ({"reference": {}}, ["reference", "ref_id"]),
    ({"reference": {"score_k": True}}, ["score_k needs a reference"]),
    ({"reference": {"ref_id": "ab", "build_outcomes": {}}}, ["attach", "build"]),
    ({"reference": {"build_outcomes": {}}}, ["reference.selection", "never"]),
    ({"reference": {"build_outcomes": {}, "selection": {}}}, ["reference.selection"]),
    ({"reference": {"build_outcomes": {"alpha": 0}, "selection": {"mode": "dev"}}}, ["alpha"]),
    ({"reference": {"build_outcomes": {"meta": []}, "selection": {"mode": "dev"}}}, ["meta"]),
    ({"reference": {"build_outcomes": {"alfa": 1}, "selection": {"mode": "dev"}}}, ["alfa", "alpha"]),
    ({"datasets": [{"name": "a", "query": "x", "generator": "wonton_dashboard_v2"}]}, ["exactly one of query and generator"]),
    ({"datasets": [{"name": "a", "generator": "wonton_dashboard_v3", "format": "dir"}]}, ['"wonton_dashboard_v2"']),
    ({"datasets": [{"name": "a", "generator": "wonton_dashboard_v2"}]}, ["dir"]),
    ({"datasets": [{"name": "a", "query": "x", "format": "dir"}]}, ["format"]),
    ({"datasets": [{"name": "a", "query": "x", "file": "../up.jsonl"}]}, ["file"]),
    ({"datasets": [{"name": "a", "query": "x", "file": "manifest.json"}]}, ["manifest.json"]),
    ({"datasets": [{"name": "a", "query": "x"}, {"name": "a", "query": "y"}]}, ["two datasets"]),
    ({"datasets": [{"name": "a", "querry": "x"}]}, ['"query"']),
])
def test_wrong_configurations_are_refused_before_anything(runlake, project, tmp_path, change, words):
    done = run(runlake, config(tmp_path / "c.json", **change))
    assert done.status == 2, done.err
    for word in words:
        assert word in done.error["message"], done.error
    assert not (project / ".runlake").exists()


def test_no_config_no_lake(runlake, project, tmp_path):
    assert runlake("lake", "job", "run").status == 2
    assert run(runlake, tmp_path / "none.json").status == 3
    (tmp_path / "bad.json").write_text('{"a": 1,}')
    assert run(runlake, tmp_path / "bad.json").status == 2
    assert run(runlake, config(tmp_path / "c.json")).status == 3
    assert not (project / ".runlake" / "lake" / "jobs").exists()


def test_selection(runlake, tmp_path):
    logs = reconciled(runlake, tmp_path / "logs", runs=6)
    every = ids(runlake, tmp_path, {})
    assert len(every) == 7
    assert [provider for _, provider in ids(runlake, tmp_path, {"provider": ["deepseek", "reprover"], "order_by": "created_at_asc"})] != []
    assert len(ids(runlake, tmp_path, {"provider": "deepseek"})) == 1
    assert len(ids(runlake, tmp_path, {"backend": "vampire", "mode": "external"})) == 1
    assert len(ids(runlake, tmp_path, {"require_completed": True})) == 6
    assert len(ids(runlake, tmp_path, {"exclude_partial_results": True})) == 6
    assert len(ids(runlake, tmp_path, {"require_capabilities": ["has_proof_term", "has_process_trace"]})) == 1
    assert len(ids(runlake, tmp_path, {"dedupe_run_id": True})) == 6
    assert len(ids(runlake, tmp_path, {"max_runs": 2})) == 2
    up, down = ids(runlake, tmp_path, {"order_by": "created_at_asc"}), ids(runlake, tmp_path, {"order_by": "created_at_desc"})
    made = {row["run_id"] + str(row["provider"]): row["created_at"] for row in rows(out_of(run(runlake, "preset:runs_overview")) + "/runs_overview.jsonl")}
    times = [made[run_id + str(provider)] for run_id, provider in up]
    assert times == sorted(times) and sorted(up) == sorted(down) == sorted(every)
    assert len(ids(runlake, tmp_path, {"run_dir_prefix": str(logs / "campaign")})) == 1
    assert len(ids(runlake, tmp_path, {"rel_run_dir": "nowhere/at/all", "backend": "lean"}).error["message"]) > 0
    inner = next(logs.glob("campaign-*"))
    assert len(ids(runlake, tmp_path, {}, "--logs-dir", inner)) == 1
    assert len(ids(runlake, tmp_path, {"run_dir_prefix": str(logs)}, "--logs-dir", inner)) == 7, "the selection says where by itself"
    none = ids(runlake, tmp_path, {"corpus": "unheard"})
    assert none.status == 3 and "no run is selected (7 in the lake, 0 match" in none.error["message"]


def test_same_method(runlake, tmp_path):
    reconciled(runlake, tmp_path / "logs", runs=6)
    overview = rows(out_of(run(runlake, "preset:runs_overview")) + "/runs_overview.jsonl")
    done = ids(runlake, tmp_path, {"same_method_as": {"run_id": next(row["run_id"] for row in overview if row["provider"] == "deepseek")}})
    assert done.status == 2 and "names 2 runs" in done.error["message"] and "deepseek" in done.error["message"]
    external = next(row["run_id"] for row in overview if row["backend"] == "vampire")
    assert [found[0] for found in ids(runlake, tmp_path, {"same_method_as": {"run_id": external}})] == [external]
    assert ids(runlake, tmp_path, {"same_method_as": {"run_id": "nobody"}}).status == 2


@pytest.mark.parametrize(("sql", "words"), [
    ("SELECT 1 AS a", ["ORDER BY"]),
    ("SELECT * FROM (SELECT run_id FROM runs ORDER BY 1)", ["ORDER BY"]),
    ("DELETE FROM runs", ["SELECT"]),
    (f"SELECT {'sum(' * 40}1{')' * 40} AS a ORDER BY 1", ["aggregate functions lie in each other"]),
    ("SELECT 1 AS a ORDER BY 1; DROP TABLE runs", ["SELECT"]),
    ("SELECT 1 AS a ORDER BY 1; SELECT 2 AS a ORDER BY 1", ["one statement"]),
    ("SELECT * FROM read_text('/etc/passwd') ORDER BY 1", ["read_text"]),
    ("SELECT * FROM read_csv('https://example.org/x.csv') ORDER BY 1", ["read_csv"]),
    ("SELECT * FROM '/etc/passwd' ORDER BY 1", ["/etc/passwd"]),
    ("SELECT * FROM glob('/*') ORDER BY 1", ["glob"]),
    ("WITH x AS (SELECT * FROM query('SELECT 1')) SELECT * FROM x ORDER BY 1", ["query"]),
    ("SELECT * FROM duckdb_databases() ORDER BY 1", ["duckdb_databases"]),
    ("SELECT * FROM duckdb_databases ORDER BY 1", ["duckdb_databases"]),
    ("SELECT * FROM lake.main.runs ORDER BY 1", ["without database"]),
    ("SELECT * FROM main.log_roots ORDER BY 1", ["without database"]),
    ("SELECT * FROM log_roots ORDER BY 1", ["log_roots"]),
    ("SELECT * FROM theorem_wield ORDER BY 1", ['"theorem_wild"']),
    ("SELECT indexed_at FROM runs ORDER BY 1", ["indexed_at"]),
    ("SELECT run_dir FROM runs ORDER BY 1", ["run_dir"]),
    ("SELECT run_config FROM runs ORDER BY 1", ["run_config"]),
    ("SELECT random() AS r, run_id FROM runs ORDER BY 2", ["random"]),
    ("SELECT now() AS r FROM runs ORDER BY 1", ["now"]),
    ("SELECT current_date AS r FROM runs ORDER BY 1", ["current_date"]),
    ("SELECT run_id FROM runs WHERE created_at < current_timestamp::VARCHAR ORDER BY 1", ["current_timestamp"]),
    ("SELECT uuid() AS r FROM runs ORDER BY 1", ["uuid"]),
    ("SELECT current_setting('temp_directory') AS r FROM runs ORDER BY 1", ["current_setting"]),
    ("SELECT * FROM (SELECT run_id FROM runs LIMIT 1) ORDER BY 1", ["LIMIT"]),
    ("SELECT * FROM (SELECT DISTINCT ON (provider) provider, run_id FROM runs) ORDER BY 1", ["DISTINCT ON"]),
    ("SELECT run_id FROM runs TABLESAMPLE 50% ORDER BY 1", ["sample"]),
    ("SELECT nope FROM runs ORDER BY 1", ["nope"]),
    ("SELECT run_id FROM runs WHERE run_id = $1 ORDER BY 1", ["parameters"]),
    ("DESCRIBE runs", ["DESCRIBE"]),
    ("SELECT 1/ FROM", ["syntax"]),
])
def test_sql_only_reads_the_lake(runlake, project, tmp_path, sql, words):
    reconciled(runlake, tmp_path / "logs", runs=1)
    done = run(runlake, query(tmp_path / "c.json", sql))
    assert done.status == 2, (done.status, done.err)
    for word in words:
        assert word in done.error["message"], done.error
    (failed,) = (project / ".runlake" / "lake" / "jobs" / "mine").iterdir()
    record = json.loads((failed / "job_run.json").read_text())
    assert record["status"] == "failed" and record["error"] and not list(failed.glob("*.jsonl"))


def test_order_is_made_total(runlake, tmp_path):
    """What the ORDER BY leaves open is decided by all columns, whichever form the statement has."""
    reconciled(runlake, tmp_path / "logs", runs=2)
    for sql in ("SELECT theorem, intervention FROM theorem_intervention ORDER BY theorem", "WITH a AS (SELECT theorem, intervention FROM theorem_intervention) FROM a ORDER BY theorem LIMIT 7",
                "SELECT theorem, intervention FROM theorem_intervention UNION ALL SELECT theorem, intervention FROM theorem_intervention ORDER BY theorem"):
        found = [tuple(row.values()) for row in rows(out_of(run(runlake, query(tmp_path / "c.json", sql))) + "/d.jsonl")]
        assert found == sorted(found) and len(found) >= 7
    found = rows(out_of(run(runlake, query(tmp_path / "c.json", "SELECT theorem, intervention FROM theorem_intervention ORDER BY theorem DESC, intervention"))) + "/d.jsonl")
    assert [row["theorem"] for row in found] == sorted((row["theorem"] for row in found), reverse=True)


def test_values_of_every_type(runlake, tmp_path):
    reconciled(runlake, tmp_path / "logs", runs=1)
    sql = ("SELECT 1.5::DECIMAL(4,2) AS d, 170141183460469231731687303715884105727::HUGEINT AS h, 0.1::DOUBLE AS f, 1e300::DOUBLE * 1e10 AS big, 'NaN'::DOUBLE AS nan, 3.0::DOUBLE AS whole, true AS b, "
           "TIMESTAMP '2026-01-02 03:04:05.6' AS t, DATE '2026-01-02' AS day, 'é\"\n😀' AS s, '' AS e, NULL AS n, [1, 2] AS l, {'a': 1} AS o, '{\"k\": 1}'::JSON AS j ORDER BY 1")
    out = out_of(run(runlake, query(tmp_path / "c.json", sql)))
    (line,) = open(out + "/d.jsonl").read().splitlines()
    assert line.isascii()
    assert line.startswith('{"d": 1.50, "h": 170141183460469231731687303715884105727, "f": 0.1, "big": null, "nan": null, "whole": 3.0, "b": true, "t": "2026-01-02T03:04:05.6", "day": "2026-01-02", ')
    assert json.loads(line)["s"] == 'é"\n😀' and json.loads(line)["l"] == "[1,2]" and json.loads(line)["j"] == '{"k": 1}'


def test_surfaces_of_the_project_are_tables_too(runlake, project, tmp_path):
    logs = make_logs(tmp_path / "logs", runs=1)
    run_dir = next(path for path in logs.iterdir() if path.is_dir())
    (run_dir / "scores.csv").write_text("name,score\nb,0.5\na,0.25\n")
    (project / "lake" / "surfaces").mkdir(parents=True)
    (project / "lake" / "surfaces" / "scores.sql").write_text("-- files: **/scores.csv\nSELECT name, score FROM read_csv({files})\n")
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    sql = "SELECT c.name, c.score, r.run_id FROM selected_runs s JOIN runs r USING (run_key) JOIN scores c ON c.run_key = s.run_key ORDER BY 1"
    found = rows(out_of(run(runlake, query(tmp_path / "c.json", sql))) + "/d.jsonl")
    assert [(row["name"], row["score"]) for row in found] == [("a", 0.25), ("b", 0.5)] and found[0]["run_id"].startswith("core-")
    path = query(tmp_path / "c.json", "SELECT run_key AS run_uid, name, score FROM scores ORDER BY 1, 2")
    answer = runlake("lake", "job", "release-site-dashboard", "--config", path, "--logs-dir", logs, "--site-dir", tmp_path / "site", "--json").ok().json
    assert answer["datasets"] == 14
    path = query(tmp_path / "c.json", "SELECT rel_path FROM scores ORDER BY 1")
    done = runlake("lake", "job", "release-site-dashboard", "--config", path, "--logs-dir", logs, "--site-dir", tmp_path / "site", "--json")
    assert done.status == 2 and "rel_path" in done.error["message"], "a release shows no place"


def test_outputs(runlake, project, tmp_path):
    reconciled(runlake, tmp_path / "canary-99", runs=3)
    datasets = [{"name": "ids", "query": "SELECT run_id FROM selected_runs JOIN runs USING (run_key) ORDER BY 1", "file": "names.jsonl"},
                {"name": "wild", "format": "parquet", "query": "SELECT theorem, solved FROM theorem_wild ORDER BY theorem"},
                {"name": "board", "generator": "wonton_dashboard_v2", "format": "dir"}]
    path = config(tmp_path / "c.json", name="all kinds", selection={"mode": "research"}, datasets=datasets)
    answer = run(runlake, path).ok().json
    out = project / ".runlake" / "lake" / "jobs" / "all kinds" / answer["job_run_id"]
    assert answer["out_dir"] == str(out) and not answer["unchanged"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["schema_version"] == 1 and manifest["format"] == "specter-viz"
    assert manifest["job"] == {"name": "all kinds", "job_run_id": answer["job_run_id"], "selected_runs": 4}
    assert manifest["selection_stats"] == {"runs_in_lake": 4, "matched": 4, "fit": 4, "distinct": 4, "selected": 4}
    by_name = {dataset["name"]: dataset for dataset in manifest["datasets"]}
    assert by_name["ids"]["path"] == "names.jsonl" and by_name["ids"]["sha256"] == sha256(out / "names.jsonl") and by_name["wild"]["sha256"] == sha256(out / "wild.parquet")
    assert (out / "wild.parquet").read_bytes()[:4] == b"PAR1"
    assert json.loads((out / "job_config.json").read_text()) == json.loads(path.read_text())
    inputs = json.loads((out / "inputs.json").read_text())["selected_runs"]
    assert len(inputs) == 4 and all(len(one["run_key"]) == 16 and len(one["run_uid"]) == 64 for one in inputs)
    board = json.loads((out / "board" / "manifest.json").read_text())
    assert len(board["runs"]) == 4 and board["default_run"] == board["runs"][0]["id"]
    first = json.loads((out / "board" / board["runs"][0]["dashboard"]).read_text())
    assert first["schema_version"] == 2 and len(first["theorems"]) == 2 and len(first["interventions"]) == 6
    assert len({one["dashboard"] for one in board["runs"]}) == 4, "two providers of one run_id have a folder each"
    record = json.loads((out / "job_run.json").read_text())
    assert record["status"] == "completed" and record["error"] is None
    for name, data in tree(out).items():
        assert b"canary-99" not in data and str(tmp_path).encode() not in data, name
    shown = runlake("lake", "reconcile", "--logs-dir", tmp_path / "canary-99").ok()
    assert shown.status == 0


def test_a_dashboard_has_a_folder_whatever_the_run_is_called(runlake, tmp_path):
    names = ["x" * 179 + "ä", "x" * 179 + "ö", "a\0b", "a\0c", "..", "line\nbreak"]
    for number, name in enumerate(names):
        folder = tmp_path / "logs" / str(number)
        folder.mkdir(parents=True)
        (folder / "run_config.json").write_text(json.dumps({"run_id": name, "number": number}))
        (folder / "run_status.json").write_text('{"status": "completed"}')
        (folder / "summary.json").write_text('{"theorems": []}')
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "logs").ok()
    answer = run(runlake, config(tmp_path / "c.json", datasets=[{"name": "board", "generator": "wonton_dashboard_v2", "format": "dir"}])).ok().json
    board = Path(answer["out_dir"]) / "board"
    listed = json.loads((board / "manifest.json").read_text())["runs"]
    assert sorted(one["id"] for one in listed) == sorted(names)
    for one in listed:
        assert json.loads((board / one["dashboard"]).read_text())["run"]["run_id"] == one["id"]


def test_the_same_job_again_changes_nothing(runlake, tmp_path, place):
    reconciled(runlake, tmp_path / "logs", runs=3)
    first = run(runlake, "preset:structure_vs_term").ok().json
    before = tree(first["out_dir"])
    again = run(runlake, "preset:structure_vs_term", env=place).ok().json
    assert again["job_run_id"] == first["job_run_id"] and again["unchanged"] and tree(first["out_dir"]) == before
    (damaged,) = [path for path in before if path.endswith(".jsonl")]
    with open(f"{first['out_dir']}/{damaged}", "a") as file:
        file.write("{}\n")
    assert not run(runlake, "preset:structure_vs_term").ok().json["unchanged"]
    assert without_provenance(tree(first["out_dir"])) == without_provenance(before)
    narrower = run(runlake, config(tmp_path / "c.json", selection={"provider": "deepseek"})).ok().json
    wider = run(runlake, config(tmp_path / "c.json", selection={"provider": ["deepseek", "reprover"]})).ok().json
    assert narrower["job_run_id"] != wider["job_run_id"]


def test_jobs_are_in_the_lake(runlake, project, tmp_path):
    logs = reconciled(runlake, tmp_path / "logs", runs=2)
    good = run(runlake, "preset:runs_overview").ok().json
    run(runlake, query(tmp_path / "c.json", "SELECT 1 AS a"))

    def listed():
        return runlake("lake", "sql", "SELECT job_name, status, error IS NULL AS fine, out_dir FROM lake_job_runs ORDER BY 1", "--json").ok().json

    first = listed()
    assert json.dumps(first).count("runs_overview") >= 1 and '"failed"' in json.dumps(first)
    (project / ".runlake" / "lake" / "lake.duckdb").unlink()
    runlake("lake", "reconcile", "--logs-dir", logs).ok()
    assert listed()["rows"] == first["rows"] and good["out_dir"] in json.dumps(first)


def test_dashboards_need_summaries(runlake, project, tmp_path):
    reconciled(runlake, tmp_path / "logs", runs=12)
    path = config(tmp_path / "c.json", datasets=[{"name": "ids", "query": "SELECT run_key FROM selected_runs ORDER BY 1"}, {"name": "board", "generator": "wonton_dashboard_v2", "format": "dir"}])
    done = run(runlake, path)
    assert done.status == 4 and "2 of 14 selected runs" in done.error["message"] and done.error["message"].count("basin-only") == 2
    (folder,) = (project / ".runlake" / "lake" / "jobs" / "mine").iterdir()
    assert sorted(p.name for p in folder.iterdir()) == ["inputs.json", "job_config.json", "job_run.json", "provenance.json"]


def test_an_unknown_reference(runlake, project, tmp_path):
    """What is there is told in test_lake_reference.py."""
    reconciled(runlake, tmp_path / "logs", runs=1)
    done = run(runlake, config(tmp_path / "c.json", reference={"ref_id": "0123456789abcdef"}))
    assert done.status == 3 and "0123456789abcdef" in done.error["message"]
    folder = project / ".runlake" / "lake" / "reference" / "goal_outcomes" / "0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "reference_goal_outcomes.json.gz").write_bytes(b"no reference")
    done = run(runlake, config(tmp_path / "c.json", reference={"ref_id": "0123456789abcdef"}))
    assert done.status == 6 and "0123456789abcdef" in done.error["message"]


def test_a_job_tells_its_own_selection_of_a_reference_that_another_built(runlake, tmp_path):
    reconciled(runlake, tmp_path / "logs")
    selections = ({"backend": "lean"}, {"backend": ["lean"]})
    told = []
    for number, selection in enumerate(selections):
        path = config(tmp_path / "c.json", name=f"job{number}", reference={"build_outcomes": {}, "selection": selection})
        with open(out_of(run(runlake, path)) + "/manifest.json", encoding="utf-8") as file:
            told.append(json.load(file)["reference"])
    assert told[0]["ref_id"] == told[1]["ref_id"] and [one["selection"] for one in told] == list(selections)
