# SPDX-License-Identifier: Apache-2.0
"""`runs sql`: it answers, and there is nothing it can do but read the tables of runs."""

import itertools
import json
import os
import signal
import subprocess

import pytest
from run_support import wait_until
from runs_support import facts, id_of, journal, make_journal, store  # noqa: F401


@pytest.fixture
def ids(store):
    return make_journal.make(str(store), 30)


def everything(project):
    """Every file below the project, with its bytes."""
    return {str(path): path.read_bytes() for path in sorted(project.rglob("*")) if path.is_file()}


def test_table_csv_json(runlake, ids):
    statement = "SELECT stage, count(*) AS runs, NULL AS none FROM runs GROUP BY stage ORDER BY stage LIMIT 2"
    assert runlake("runs", "sql", statement).ok().out == """\
┏━━━━━━━━━━┳━━━━━━┳━━━━━━┓
┃ stage    ┃ runs ┃ none ┃
┡━━━━━━━━━━╇━━━━━━╇━━━━━━┩
│ window_0 │ 5    │ -    │
│ window_1 │ 5    │ -    │
└──────────┴──────┴──────┘
"""
    assert runlake("runs", "sql", "--csv", statement).ok().out == "stage,runs,none\nwindow_0,5,\nwindow_1,5,\n"
    answer = runlake("--json", "runs", "sql", statement).ok().json
    assert answer["version"] == 1 and answer["rows"] == [["window_0", 5, None], ["window_1", 5, None]]
    assert [column["name"] for column in answer["columns"]] == ["stage", "runs", "none"]


def test_values_of_every_kind(runlake, ids):
    row = runlake("--json", "runs", "sql", """SELECT true, 1::TINYINT, 170141183460469231731687303715884105727::HUGEINT, 18446744073709551615::UBIGINT, 1.5, 2.5::FLOAT,
        1e300::DOUBLE, 'ü'';--', [1, 2], {'a': 1}, TIMESTAMP '2025-01-09 14:23:15.5', DATE '2025-01-09', INTERVAL 1 HOUR, '\\x00'::BLOB, NULL,
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID -- a comment""").ok().json["rows"][0]
    assert row == [True, 1, 170141183460469231731687303715884105727, 18446744073709551615, 1.5, 2.5, 1e300, "ü';--", "[1, 2]", "{'a': 1}",
                   "2025-01-09 14:23:15.5", "2025-01-09", "01:00:00", "\\x00", None, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]


READING = [
    "FROM runs", "VALUES (1), (2)", "TABLE runs", "SHOW TABLES", "DESCRIBE runs", "SUMMARIZE runs", "WITH a AS (SELECT 1) SELECT * FROM a;",
    "WITH RECURSIVE a(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM a WHERE i < 3) SELECT * FROM a", "SELECT * FROM range(3) t(i), unnest([1, 2]) ; -- end",
    "SELECT * FROM run_params p JOIN runs USING (run_id) WHERE p.number > 0.5", "(SELECT 1) UNION (SELECT 2)", "SELECT ';' /* ; */ ;",
    "SELECT * FROM json_each('[1]')", "SELECT * FROM pragma_table_info('runs')", "SELECT name FROM run_metrics WHERE value IS NOT NULL",
    "SELECT * FROM run_tags, run_inputs, run_notes, run_errors, run_details LIMIT 1",
]


def test_statements_that_read(runlake, ids):
    for statement in READING:
        assert runlake("runs", "sql", statement).ok().out.startswith("┏"), statement


ATTACKS = [
    "DELETE FROM runs", "INSERT INTO runs SELECT * FROM runs", "UPDATE runs SET stage = 'x'", "DROP TABLE runs", "TRUNCATE runs", "ALTER TABLE runs ADD COLUMN x INTEGER",
    "CREATE TABLE x (i INTEGER)", "CREATE TEMP TABLE x AS SELECT 1", "CREATE VIEW x AS SELECT 1", "CREATE MACRO x() AS 1", "CREATE SECRET x (TYPE s3)", "CREATE SCHEMA x",
    "COPY runs TO 'out.csv'", "COPY (SELECT 1) TO '{project}/out.parquet' (FORMAT parquet)", "COPY runs FROM '/etc/passwd'", "EXPORT DATABASE '{project}/out'",
    "IMPORT DATABASE '{project}'", "ATTACH 'out.db'", "ATTACH ':memory:' AS m", "DETACH runs", "USE memory", "INSTALL httpfs", "LOAD httpfs", "LOAD '{project}/x.so'",
    "FORCE INSTALL json FROM 'http://127.0.0.1:1'", "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('{project}/code.py')",
    "SELECT * FROM read_blob('/proc/self/environ')", "SELECT * FROM read_json('{project}/x.json')", "SELECT * FROM read_parquet('x.parquet')",
    "SELECT * FROM parquet_metadata('x.parquet')", "SELECT * FROM '/etc/passwd'", "SELECT * FROM '{project}/code.csv'", "SELECT * FROM glob('*')",
    "SELECT * FROM sniff_csv('/etc/passwd')", "SELECT * FROM read_csv('http://127.0.0.1:1/x')", "SELECT * FROM read_duckdb('{project}/.runlake/runs.duckdb')",
    "SET enable_external_access = true", "SET threads = 1", "SET GLOBAL temp_directory = '{project}'", "RESET lock_configuration", "PRAGMA enable_profiling = 'json'",
    "PRAGMA threads = 1", "SET VARIABLE x = 1", "CALL enable_logging()", "SELECT * FROM enable_logging(storage = 'file', storage_config = {{'path': '{project}/log'}})",
    "SELECT (SELECT count(*) FROM enable_logging())", "SELECT 1 WHERE EXISTS (FROM enable_logging())", "SELECT * FROM query('FROM enable_logging()')",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')", "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('FROM enable_logging()'))",
    "WITH a AS MATERIALIZED (FROM system.main.enable_logging()) SELECT * FROM a", "SELECT * FROM checkpoint()", "SELECT * FROM force_checkpoint()", "CHECKPOINT", "VACUUM",
    "SELECT * FROM disable_logging()", "SELECT * FROM truncate_duckdb_logs()", "BEGIN", "COMMIT", "PREPARE x AS SELECT 1", "EXECUTE x", "EXPLAIN ANALYZE CREATE TABLE x (i INTEGER)",
    "EXPLAIN ANALYZE COPY runs TO 'out.csv'", "SELECT 1; DROP TABLE runs", "SELECT 1); DROP TABLE runs; --", "SELECT ?", "SELECT $1", "SELECT getenv('HOME')", "selec 1",
    "SELECT * FROM nothing", "SELECT error('x')", "", ";", "-- nothing", "SELECT '", "SELECT /*", "SELECT * FROM arrow_scan(1, 2, 3)", "SELECT * FROM seq_scan('runs')",
    "COMMENT ON TABLE runs IS 'x'", "MERGE INTO runs USING runs r ON false WHEN NOT MATCHED THEN INSERT VALUES (1)",
]


def test_what_does_not_only_read_is_refused(runlake, ids, project):
    runlake("runs", "tail").ok()  # folded before: any later change is an attack's
    (project / "code.csv").write_text("a,b\n1,2\n")
    before = everything(project)
    for attack, words in itertools.product(ATTACKS, ([], ["--tenant", "acme"])):
        result = runlake("runs", "sql", *words, "--", attack.format(project=project))
        assert result.status == 2, result
        assert "Traceback" not in result.err and "root:" not in result.out
        assert everything(project) == before, attack


def test_a_tenant_sees_its_own_rows_alone(runlake, ids):
    one = lambda statement, *words: runlake("--json", "runs", "sql", *words, statement).ok().json["rows"]  # noqa: E731
    assert one("SELECT DISTINCT tenant_id FROM runs", "--tenant", "acme") == [["acme"]]
    assert one("SELECT count(*) FROM runs", "--tenant", "acme") == [[10]]
    for table in ("run_details", "run_params", "run_tags", "run_metrics", "run_inputs", "run_notes", "run_errors"):
        assert one(f"SELECT count(*) FROM {table} WHERE run_id NOT IN (SELECT run_id FROM runs)", "--tenant", "acme") == [[0]], table
    for table in ("run_details", "run_params", "run_tags", "run_metrics"):
        whole = one(f"SELECT t.* FROM {table} t JOIN runs r USING (run_id) WHERE r.tenant_id = 'acme' ORDER BY ALL")
        assert whole and one(f"SELECT * FROM {table} ORDER BY ALL", "--tenant", "acme") == whole, table
    assert one("SELECT count(*) FROM runs", "--tenant", "nobody") == [[0]]
    databases = one("SELECT database_name FROM duckdb_databases() WHERE NOT internal", "--tenant", "acme")
    assert databases == [["memory"]]
    names = {row[0] for row in one("SHOW TABLES", "--tenant", "acme")}
    assert names == {"runs", "run_details", "run_params", "run_tags", "run_metrics", "run_inputs", "run_notes", "run_errors"}
    assert runlake("--json", "runs", "sql", "SELECT count(*) FROM runs", env={"RUNLAKE_TENANT": "acme"}).ok().json["rows"] == [[10]]


def test_csv_of_awkward_values(runlake, ids):
    out = runlake("runs", "sql", "--csv", "SELECT 'a,b' AS \"x,y\", '' AS e, NULL AS n, 'q\"q' AS q, E'two\\nlines' AS l").ok().out
    assert out == '"x,y",e,n,q,l\n"a,b","",,"q""q","two\nlines"\n'


def test_order_is_kept(runlake, ids):
    out = runlake("runs", "sql", "--csv", "SELECT i FROM range(300000) t(i) ORDER BY i DESC").ok().out.splitlines()
    assert out[1:] == [str(i) for i in range(299999, -1, -1)]


def test_ctrl_c_ends_a_statement(runlake_bin, ids, project, clean_env):
    endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.range * b.range) % 7 = 3"
    child = subprocess.Popen([str(runlake_bin), "runs", "sql", endless], cwd=project, env=clean_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # It computes as soon as it has more than its own thread: DuckDB's.
    wait_until(lambda: len(os.listdir(f"/proc/{child.pid}/task")) > 1, "the start of the statement")
    child.send_signal(signal.SIGINT)
    out, error = child.communicate(timeout=300)
    assert child.returncode == 130 and out == b"", error


def test_no_store(runlake, tmp_path):
    assert runlake("runs", "sql", "SELECT 1", cwd=tmp_path).status == 3


def test_json_and_csv_exclude_each_other(runlake, ids):
    assert runlake("runs", "sql", "--json", "--csv", "SELECT 1").status == 2
