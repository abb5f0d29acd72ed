# SPDX-License-Identifier: Apache-2.0
"""`lake sql` and `lake tables`: they answer, and there is nothing they can do but read the lake."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_proof_logs  # noqa: E402
from run_support import wait_until  # noqa: E402
from test_runs_sql import ATTACKS, everything  # noqa: E402

# What names a table that only recorded runs have.
OTHERS = ("read_duckdb",)


@pytest.fixture
def lake(runlake, project):
    make_proof_logs.make(project / "logs", runs=6, theorems=1, nodes=3, trace_lines=2)
    runlake("lake", "reconcile").ok()
    return project / ".runlake" / "lake" / "lake.duckdb"


def test_table_csv_json(runlake, lake):
    statement = "SELECT source, count(*) AS runs, NULL AS none FROM all_runs GROUP BY source"
    assert runlake("lake", "sql", statement).ok().out == """\
┏━━━━━━━━━━━━━━┳━━━━━━┳━━━━━━┓
┃ source       ┃ runs ┃ none ┃
┡━━━━━━━━━━━━━━╇━━━━━━╇━━━━━━┩
│ proof-search │ 7    │ -    │
└──────────────┴──────┴──────┘
"""
    assert runlake("lake", "sql", "--csv", statement).ok().out == "source,runs,none\nproof-search,7,\n"
    answer = runlake("--json", "lake", "sql", statement).ok().json
    assert answer["version"] == 1 and answer["rows"] == [["proof-search", 7, None]]
    assert [column["name"] for column in answer["columns"]] == ["source", "runs", "none"]
    assert runlake("lake", "sql", "--json", "--csv", "SELECT 1").status == 2


def test_an_answer_is_the_same_in_every_time_zone(runlake, lake):
    statement = "SELECT '2026-01-01 20:00:00+00'::TIMESTAMPTZ::VARCHAR AS told, date_trunc('day', '2026-01-01 20:00:00+00'::TIMESTAMPTZ)::VARCHAR AS day"
    assert runlake("lake", "sql", "--csv", statement, env={"TZ": "Asia/Tokyo"}).ok().out == "told,day\n2026-01-01 20:00:00+00,2026-01-01 00:00:00+00\n"


def test_every_table_can_be_read(runlake, lake):
    tables = runlake("lake", "tables", "--json").ok().json["tables"]
    # All in one statement: a process a table takes a minute.
    counts = " UNION ALL ".join(f"SELECT '{table['name']}', count(*) FROM \"{table['name']}\"" for table in tables)
    assert runlake("--json", "lake", "sql", counts).ok().json["rows"] == [[table["name"], table["rows"]] for table in tables]
    described = " UNION ALL ".join(f"SELECT '{table['name']}', column_name, column_type FROM (DESCRIBE \"{table['name']}\")" for table in tables)
    assert runlake("--json", "lake", "sql", described).ok().json["rows"] == [[table["name"], column["name"], column["type"]] for table in tables for column in table["columns"]]


def test_what_does_not_only_read_is_refused(runlake, lake, project):
    (project / "code.csv").write_text("a,b\n1,2\n")
    before = everything(project)
    for attack in ATTACKS:
        if any(word in attack for word in OTHERS):
            continue
        result = runlake("lake", "sql", "--", attack.format(project=project))
        assert result.status == 2, result
        assert "root:" not in result.out
    for statement in ("PRAGMA version", "PRAGMA table_info('runs')", "ATTACH 'x.db'", "SET threads = 1", "DELETE FROM runs"):
        assert "SELECT, FROM, VALUES, DESCRIBE, SHOW and SUMMARIZE are taken" in runlake("lake", "sql", statement).err
    assert everything(project) == before


def test_ctrl_c_ends_a_statement(runlake_bin, lake, project, clean_env):
    endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.range * b.range) % 7 = 3"
    child = subprocess.Popen([str(runlake_bin), "lake", "sql", endless], cwd=project, env=clean_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: len(os.listdir(f"/proc/{child.pid}/task")) > 1, "the start of the statement")
    child.send_signal(signal.SIGINT)
    out, error = child.communicate(timeout=300)
    assert child.returncode == 130 and out == b"", error


def test_without_a_lake_and_with_a_bad_one(runlake, project):
    missing = runlake("lake", "sql", "SELECT 1")
    assert missing.status == 3 and "lake reconcile" in missing.err and not (project / ".runlake").exists()
    told = runlake("lake", "tables", "--json").ok()
    assert "lake reconcile" in told.err and all(table["rows"] is None for table in told.json["tables"])
    assert {"runs", "theorem_wild", "graph_nodes"} <= {table["name"] for table in told.json["tables"]}
    path = project / ".runlake" / "lake" / "lake.duckdb"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all" * 4096)
    assert runlake("lake", "sql", "SELECT 1").status == 6
    assert path.read_bytes().startswith(b"no database")


def test_the_lake_of_a_variable_is_asked(runlake, lake, project, tmp_path):
    elsewhere = {"RUNLAKE_ARTIFACT_ROOT": tmp_path / "far", "RUNLAKE_RUNTIME_ROOT": tmp_path / "near"}
    assert runlake("lake", "sql", "SELECT 1", env=elsewhere).status == 3
    (tmp_path / "near" / "artifacts" / "lake").mkdir(parents=True)
    lake.rename(tmp_path / "near" / "artifacts" / "lake" / "lake.duckdb")
    assert runlake("--json", "lake", "sql", "SELECT count(*) FROM runs", env=elsewhere).ok().json["rows"] == [[7]]


def test_one_table_and_a_mistyped_one(runlake, lake):
    out = runlake("lake", "tables", "theorem_wild").ok().out
    assert out.startswith("theorem_wild: ") and "k_tau_blind" in out and "proof-search" in out
    one = runlake("lake", "tables", "--json", "runs").ok().json["tables"]
    assert [table["name"] for table in one] == ["runs"]
    assert {"name": "run_uid", "type": "VARCHAR", "key": False, "use": "fact"} == {key: value for key, value in next(c for c in one[0]["columns"] if c["name"] == "run_uid").items() if key != "help"}
    wrong = runlake("lake", "tables", "theorem_wld")
    assert wrong.status == 3 and 'nearest: "theorem_wild"' in wrong.err
    whole = {table["name"]: table for table in runlake("lake", "tables", "--json").ok().json["tables"]}
    assert whole["runs"]["rows"] == 7 and whole["all_runs"]["from"] == "view" and whole["log_roots"]["from"] == "registry"
    assert sorted(whole) == sorted(set(whole))


def test_tables_of_the_projects_own_are_among_them(runlake, lake, project):
    folder = project / "lake" / "surfaces"
    folder.mkdir(parents=True)
    (folder / "ended.sql").write_text("-- How runs ended.\n-- files: **/run_status.json\nSELECT status FROM read_json({files}, columns = {status: 'VARCHAR'})\n")
    runlake("lake", "reconcile").ok()
    [own] = runlake("lake", "tables", "--json", "ended").ok().json["tables"]
    assert own["from"] == "surface" and own["rows"] > 0 and {"run_key", "status"} <= {column["name"] for column in own["columns"]}
    found = runlake("--json", "lake", "sql", "SELECT status, count(*) FROM ended JOIN runs USING (run_key) GROUP BY ALL ORDER BY 1").ok().json["rows"]
    assert [row[0] for row in found] == ["completed", "failed"]


def test_no_place_shows(runlake, lake, place):
    statement = "SELECT run_id, created_at, trace_mcts FROM runs ORDER BY ALL"
    assert runlake("lake", "sql", statement, env=place).ok().out == runlake("lake", "sql", statement).ok().out
    assert runlake("lake", "tables", "--json", env=place).ok().out == runlake("lake", "tables", "--json").ok().out
