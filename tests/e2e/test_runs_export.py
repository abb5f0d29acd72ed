# SPDX-License-Identifier: Apache-2.0
"""`runs export`: stable bytes, DuckDB's own CSV, files whole or not at all."""

import csv
import hashlib
import io
import json
import os

import pytest
from runs_support import facts, id_of, journal, make_journal, store  # noqa: F401

COLUMNS = (
    "run_id tenant_id stage status error input_fingerprint code_ref config_hash started_at finished_at duration_seconds rows_in rows_out llm_calls tokens trace_id"
).split()


@pytest.fixture
def ids(store):
    return make_journal.make(str(store), 300)


def test_csv(runlake, ids):
    rows = list(csv.DictReader(io.StringIO(runlake("runs", "export").ok().out)))
    assert [row["run_id"] for row in rows] == ids and list(rows[0]) == COLUMNS
    failed = next(row for row in rows if row["status"] == "failed")
    assert failed["error"] == 'ValueError: made up, "quoted"\nsecond line'
    assert rows[0]["started_at"] == "2025-01-09 14:23:16.601752" and rows[0]["tenant_id"] == ""


def test_csv_is_what_a_join_of_the_same_values_in_sql_is(runlake, ids):
    text = runlake("runs", "export").ok().out
    assert runlake("runs", "sql", "--csv", "SELECT * FROM runs ORDER BY started_at").ok().out == text


def test_jsonl(runlake, ids):
    lines = runlake("runs", "export", "--format", "jsonl").ok().out.splitlines()
    runs = [json.loads(line) for line in lines]
    assert [run["run_id"] for run in runs] == ids and list(runs[0]) == COLUMNS
    assert runs[0]["started_at"] == "2025-01-09T14:23:16.601752Z" and runs[0]["tenant_id"] is None


def test_filters_and_columns(runlake, ids):
    out = runlake("runs", "export", "--state", "degraded", "--tenant", "acme", "--columns", "stage,param.model,tag.team").ok().out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert rows and set(rows[0]) == {"stage", "param.model", "tag.team"} and {row["param.model"] for row in rows} == {"big", "small"}
    line = runlake("runs", "export", "--format", "jsonl", "--columns", "param.depth,param.model").ok().out.splitlines()[1]
    assert json.loads(line)["param.depth"] == 1


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_same_bytes_everywhere(runlake, ids, project, form):
    digests = set()
    for number, env in enumerate([{"TZ": "UTC"}, {"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8"}, {"TZ": "America/St_Johns", "LANG": "de_DE.UTF-8"}]):
        path = project / f"runs{number}"
        options = {} if number < 2 else {"preexec_fn": lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})}
        runlake("runs", "export", "--format", form, "--out", path, env=env, **options).ok()
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    (project / ".runlake" / "runs.duckdb").unlink()
    runlake("runs", "export", "--format", form, "--out", project / "again").ok()
    digests.add(hashlib.sha256((project / "again").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_what_goes_to_a_file_is_what_goes_to_the_output(runlake, ids, project):
    for form in ("csv", "jsonl"):
        answer = runlake("--json", "runs", "export", "--format", form, "--out", "runs.txt").ok().json
        assert answer == {"version": 1, "runs": 300, "format": form, "file": "runs.txt"}
        assert (project / "runs.txt").read_text() == runlake("runs", "export", "--format", form).ok().out


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("fault", ["enospc", "eio", "short", "kill"])
def test_a_failed_export_leaves_the_old_file(runlake, ids, project, form, fault):
    target, undisturbed = project / "runs.out", project / "undisturbed.out"
    runlake("runs", "export", "--format", form, "--out", undisturbed).ok()
    for point in range(1, 5):
        target.write_text("old")
        result = runlake("runs", "export", "--format", form, "--out", target, env={"RUNLAKE_FAULT": f"export.write:{fault}:{point}"})
        if result.status == 0:
            assert point > 1 or fault == "short", "the fault was never reached"
            break
        assert result.status == (-9 if fault == "kill" else 8), result
        # The last point is the sync of the folder: the file is in place by then.
        assert target.read_bytes() in (b"old", undisturbed.read_bytes())
        if fault != "kill":
            assert [path.name for path in project.iterdir() if path.name.endswith(".tmp")] == []


def test_mistakes(runlake, ids, project):
    for words in (["--format", "xml"], ["--format", "parquet"], ["--out", ""], ["--out", str(project)], ["--columns", "x"], ["--json"]):
        result = runlake("runs", "export", *words)
        assert result.status == 2 and result.out == "", words
    assert runlake("runs", "export", "--out", project / "none" / "runs.csv").status == 3


def test_a_read_only_folder(runlake, ids, project):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    folder = project / "locked"
    folder.mkdir(mode=0o500)
    assert runlake("runs", "export", "--out", folder / "runs.csv").status == 8


def test_a_closed_pipe_ends_quietly(runlake, ids, runlake_bin, project, clean_env):
    import subprocess

    done = subprocess.run(["sh", "-c", f"'{runlake_bin}' runs export | head -n 1"], cwd=project, env=clean_env, capture_output=True, timeout=300)
    assert done.stdout.decode().strip() == ",".join(COLUMNS) and done.stderr == b""
