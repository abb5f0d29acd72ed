# SPDX-License-Identifier: Apache-2.0
"""Programs in C and C++ that record through the shared library."""

import os
import subprocess
from pathlib import Path

import journal
import pytest

HERE = Path(__file__).parent


@pytest.fixture
def program(tmp_path):
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "data.csv").write_text("1,2\n")
    home = tmp_path / "home"
    home.mkdir()

    def call(variable, *words, stderr=subprocess.PIPE):
        env = {"PATH": os.environ["PATH"], "HOME": str(home)}
        return subprocess.run([os.environ[variable], *words], cwd=project, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True)

    call.project = project
    call.records = lambda: journal.records(project / ".runlake")
    return call


def ends(records):
    stages = {record["run"]: record["stage"] for record in records if record["kind"] == "start"}
    return {stages[record["run"]]: record for record in records if record["kind"] == "end"}


def test_everything_a_c_program_says_is_recorded(program):
    done = program("RUNLAKE_CAPI_TEST", "record")
    assert done.returncode == 0, done.stderr
    records = program.records()
    start = next(record for record in records if record["kind"] == "start" and record["stage"] == "fit")
    assert start["tenant"] == "acme" and start["params"] == {"lr": 0.5} and start["tags"] == {"team": "blue"}
    assert start["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736" and start["parent_span_id"] == "00f067aa0ba902b7"
    by_stage = ends(records)
    assert by_stage["fit"]["state"] == "degraded"
    assert by_stage["bad"]["state"] == "failed" and by_stage["bad"]["error"]["head"].startswith("ValueError: no")
    assert by_stage["dropped"]["state"] == "failed"
    said = {key: value for record in records if record["run"] == start["run"] for key, value in record.items()}
    assert said["rows_out"] == 150 and said["note"] == "looks fine"
    assert said["input_fingerprint"].startswith("input/1:")


def test_wrong_arguments_are_refused_and_crash_nothing(program):
    done = program("RUNLAKE_CAPI_TEST", "misuse")
    assert done.returncode == 0, done.stderr
    assert set(ends(program.records())) == {"fit", "old caller"}


def test_a_store_that_cant_be_made_is_no_error_of_the_program(program):
    (program.project / ".runlake").write_text("not a folder")
    # Nor is it one when nobody reads the warning: by default, to write it would end the program (SIGPIPE).
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", 0) as unread:
        assert program("RUNLAKE_CAPI_TEST", "lost", stderr=unread).returncode == 0
    done = program("RUNLAKE_CAPI_TEST", "lost")
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("runlake: ")


def test_the_wrapper_records_how_its_scope_was_left(program):
    done = program("RUNLAKE_WRAPPER_TEST")
    assert done.returncode == 0, done.stdout + done.stderr
    states = {stage: end["state"] for stage, end in ends(program.records()).items()}
    assert states == {"finished": "completed", "left": "completed", "thrown": "failed", "failed": "failed"}


def test_the_library_exports_the_documented_functions_alone():
    table = subprocess.run(["nm", "-D", "--defined-only", os.environ["RUNLAKE_SHARED"]], capture_output=True, text=True, check=True).stdout
    exported = sorted(line.split()[-1].split("@")[0] for line in table.splitlines())
    assert exported == (HERE / "symbols.txt").read_text().split()
