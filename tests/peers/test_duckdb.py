# SPDX-License-Identifier: Apache-2.0
"""runs.duckdb is an ordinary database: another program's DuckDB opens it, and the SQL that people have works unchanged."""
import csv
import json
import shutil
import subprocess

import pytest

import peers

COLUMNS = [
    ("run_id", "UUID"), ("tenant_id", "VARCHAR"), ("stage", "VARCHAR"), ("status", "VARCHAR"), ("error", "VARCHAR"),
    ("input_fingerprint", "VARCHAR"), ("code_ref", "VARCHAR"), ("config_hash", "VARCHAR"),
    ("started_at", "TIMESTAMP"), ("finished_at", "TIMESTAMP"), ("duration_seconds", "DOUBLE"),
    ("rows_in", "BIGINT"), ("rows_out", "BIGINT"), ("llm_calls", "BIGINT"), ("tokens", "BIGINT"), ("trace_id", "VARCHAR"),
]


@pytest.fixture
def duckdb(project):
    """duckdb(code): runs Python with the package duckdb in the project's folder and returns what it prints."""
    python = peers.python_with_duckdb()

    def call(code, *words):
        done = subprocess.run([python, "-c", code, *map(str, words)], cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


@pytest.fixture
def database(runlake, project):
    runlake("run", "--stage", "window_0", "--tenant", "acme-corp", "--rows-in", "150", "--", "true").ok()
    runlake("run", "--stage", "window_1", "--rows-in", "0", "--", "true").ok()
    assert runlake("run", "--stage", "window_2", "--", "sh", "-c", "echo 'comma, \"quote\"' >&2; exit 3").status == 3
    runlake("runs", "fold").ok()
    return project / ".runlake" / "runs.duckdb"


def test_columns_and_indexes_are_those_that_sql_relies_on(duckdb, database):
    text = duckdb("""if True:
        import duckdb, json, sys
        con = duckdb.connect(sys.argv[1], read_only=True)
        columns = con.execute("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'runs' ORDER BY ordinal_position").fetchall()
        indexes = con.execute("SELECT index_name FROM duckdb_indexes() WHERE table_name = 'runs' ORDER BY 1").fetchall()
        print(json.dumps([columns, [row[0] for row in indexes]]))
    """, database)
    columns, indexes = json.loads(text)
    assert [tuple(column) for column in columns] == COLUMNS
    assert {"idx_runs_fingerprint", "idx_runs_stage", "idx_runs_started_at", "idx_runs_status", "idx_runs_tenant"} <= set(indexes)


def test_known_queries_work_unchanged(duckdb, database):
    text = duckdb("""if True:
        import duckdb, json, sys
        con = duckdb.connect(sys.argv[1], read_only=True)
        print(json.dumps({
            "tenant": con.execute("SELECT stage, rows_in FROM runs WHERE tenant_id = 'acme-corp'").fetchall(),
            "failed": con.execute("SELECT stage FROM runs WHERE status = 'failed'").fetchall(),
            "order": con.execute("SELECT stage FROM runs ORDER BY started_at").fetchall(),
            "timed": con.execute("SELECT count(*) FROM runs WHERE finished_at >= started_at AND duration_seconds >= 0").fetchall(),
        }))
    """, database)
    found = json.loads(text)
    assert found["tenant"] == [["window_0", 150]]
    assert found["failed"] == [["window_2"]]
    assert found["order"] == [["window_0"], ["window_1"], ["window_2"]]
    assert found["timed"] == [[3]]


def test_copy_to_csv_and_maintenance_work_unchanged(duckdb, database, project):
    copy = project / "copy.duckdb"
    shutil.copy(database, copy)
    duckdb("""if True:
        import duckdb, sys
        con = duckdb.connect(sys.argv[1])
        con.execute("COPY runs TO 'runs.csv' (HEADER, DELIMITER ',')")
        con.execute("DELETE FROM runs WHERE started_at < NOW() - INTERVAL '30 days'")
        assert con.execute("SELECT count(*) FROM runs").fetchone() == (3,)
        con.execute("DELETE FROM runs")
        con.execute("VACUUM")
    """, copy)
    with open(project / "runs.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [name for name, _ in COLUMNS]
    assert {row["stage"] for row in rows} == {"window_0", "window_1", "window_2"}


def test_a_csv_export_is_read_back_with_equal_values(duckdb, database, runlake, project):
    runlake("runs", "export", "--format", "csv", "--out", "ours.csv").ok()
    text = duckdb("""if True:
        import duckdb, sys
        con = duckdb.connect(sys.argv[1], read_only=True)
        columns = "run_id, stage, status, started_at, finished_at, rows_in, rows_out, error"
        con.execute("CREATE TEMP TABLE ours AS SELECT * FROM read_csv('ours.csv', header = true, all_varchar = true)")
        con.execute("CREATE TEMP TABLE typed AS SELECT run_id::UUID AS run_id, stage, status, started_at::TIMESTAMP AS started_at, finished_at::TIMESTAMP AS finished_at, "
                    "rows_in::BIGINT AS rows_in, rows_out::BIGINT AS rows_out, error FROM ours")
        print(con.execute(f"SELECT count(*) FROM (SELECT {columns} FROM typed INTERSECT SELECT {columns} FROM runs)").fetchone()[0])
    """, database)
    assert text.strip() == "3"


def test_a_database_held_by_another_program_stops_neither_recording_nor_asking(duckdb, database, runlake, project):
    python = peers.python_with_duckdb()
    holder = subprocess.Popen(
        [python, "-c", "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()", str(database)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "open\n"
        assert runlake("run", "--stage", "while_locked", "--", "sh", "-c", "exit 4").status == 4
        tail = runlake("runs", "tail", "--json").ok()
        assert "while_locked" in tail.out
    finally:
        holder.stdin.close()
        assert holder.wait(timeout=300) == 0
        holder.stdout.close()
    runlake("runs", "fold").ok()
    assert duckdb("import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True).execute('SELECT count(*) FROM runs').fetchone()[0])", database).strip() == "4"
