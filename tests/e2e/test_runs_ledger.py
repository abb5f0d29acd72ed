# SPDX-License-Identifier: Apache-2.0
"""`--all-machines`: what other machines put into the ledger stands beside what was recorded here, under the same filters and orders."""

import fcntl
import json
import shutil

import pytest
from ledger_support import samples
from runs_support import SECOND, facts, id_of, make_journal, store  # noqa: F401

import make_ledger

WARM = {"condition": "warmup", "lr": 0.0003, "seed": 0}
FLAT = {"condition": "flat", "lr": 0.1, "seed": 1}


def run_id(statepoint):
    digits = make_ledger.job_id(statepoint)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


@pytest.fixture
def theirs(project):
    """Two jobs in the folder of the tool that set the repository up: one complete, one that failed and whose times are not known."""
    folder = project / ".aexp" / "ledger"
    times = {"started_at": "2025-01-09T14:24:00Z", "ended_at": "2025-01-09T15:09:28Z", "wallclock_s": 2728.114}
    make_ledger.write(folder, make_ledger.entry(WARM, code_commit="3f2a9c41", code_dirty=False, **times))
    make_ledger.write(folder, make_ledger.entry(FLAT, "failed", "laptop", code_commit="3f2a9c41", code_dirty=True))
    return folder


@pytest.fixture
def recorded(store):
    """Two runs of this project's own store, by a machine that is called "made"."""
    with make_journal.Journal(store) as journal:
        journal.start(id_of("a1"), make_journal.START, "fit", params={"lr": 0.2}, tenant="acme")
        journal.end(id_of("a1"), make_journal.START + SECOND, seconds=1.0)
        journal.start(id_of("a2"), make_journal.START + 600 * SECOND, "report")
        journal.end(id_of("a2"), make_journal.START + 601 * SECOND, "degraded", seconds=1.0)
    return store


@pytest.fixture
def listed(runlake, theirs, recorded):
    """The first eight digits of the ids that a call lists."""

    def call(*words):
        return [run["run_id"][:8] for run in runlake("--json", "runs", "list", "--all-machines", *words).ok().json["runs"]]

    return call


WARM8, FLAT8, FIT8, REPORT8 = run_id(WARM)[:8], run_id(FLAT)[:8], "a1000000", "a2000000"


def test_only_when_asked_for(runlake, theirs, recorded):
    assert len(runlake("--json", "runs", "list").ok().json["runs"]) == 2
    assert "machine" not in runlake("--json", "runs", "list").json["runs"][0]
    assert len(runlake("--json", "runs", "list", "--all-machines").ok().json["runs"]) == 4


def test_order_and_filters_hold_for_both(listed):
    # Newest first; what has no start comes last.
    assert listed() == [REPORT8, WARM8, FIT8, FLAT8]
    assert listed("--limit", "2") == [REPORT8, WARM8]
    assert listed("--sort", "param.lr") == [WARM8, FLAT8, FIT8, REPORT8]
    assert listed("--sort", "machine") == [WARM8, FLAT8, REPORT8, FIT8]
    assert listed("--param", "lr<0.15") == [WARM8, FLAT8] and listed("--param", "condition=warmup") == [WARM8]
    assert listed("--state", "failed") == [FLAT8] and listed("--state", "completed") == [WARM8, FIT8] and listed("--state", "running") == []
    assert listed("--since", "2025-01-09T14:24:00", "--until", "2025-01-09T14:25") == [WARM8]
    assert listed("--metric", "duration_seconds>100") == [WARM8]
    assert listed("--stage", "*") == [REPORT8, FIT8]


def test_an_entry_is_of_no_tenant(listed):
    assert listed("--tenant", "acme") == [FIT8]


def test_what_an_entry_holds_is_shown_and_nothing_else(runlake, theirs, recorded):
    runs = {run["run_id"]: run for run in runlake("--json", "runs", "list", "--all-machines").ok().json["runs"]}
    assert runs[run_id(WARM)] == {
        **dict.fromkeys(runs[id_of("a1")]),
        "run_id": run_id(WARM), "status": "completed", "shown": "completed", "machine": "cluster", "code_ref": "3f2a9c41",
        "started_at": "2025-01-09T14:24:00.000000Z", "finished_at": "2025-01-09T15:09:28.000000Z", "duration_seconds": 2728.114,
    }
    failed = {name: value for name, value in runs[run_id(FLAT)].items() if value is not None}
    assert failed == {"run_id": run_id(FLAT), "status": "failed", "shown": "failed", "machine": "laptop", "code_ref": "3f2a9c41+dirty.unknown"}
    assert runs[id_of("a1")]["machine"] == "made"


def test_the_tables(runlake, theirs, recorded, place):
    text = runlake("runs", "list", "--all-machines", "--param", "seed>=0", env=place).ok().out
    assert text.splitlines()[3:5] == [
        f"│ {WARM8} │ -     │ completed │ 2025-01-09 14:24:00 │ -       │ -        │ 2728.11s │ cluster │",
        f"│ {FLAT8} │ -     │ failed    │ -                   │ -       │ -        │ -        │ laptop  │",
    ]
    lines = runlake("runs", "tail", "--all-machines", "--n", "3").ok().out.splitlines()
    assert [line.split()[1] for line in lines[3:-1]] == [FIT8, WARM8, REPORT8]
    assert lines[1].split()[-2] == "Machine"
    chosen = runlake("runs", "list", "--all-machines", "--columns", "id,param.seed", "--sort", "param.seed").ok().out
    assert "Machine" not in chosen and "cluster" not in chosen


def test_export_has_them_in_a_stable_order(runlake, theirs, recorded, place):
    words = ("runs", "export", "--all-machines", "--columns", "run_id,status,machine,param.lr")
    wanted = [f"{id_of('a1')},completed,made,0.2", f"{run_id(WARM)},completed,cluster,0.0003", f"{id_of('a2')},degraded,made,", f"{run_id(FLAT)},failed,laptop,0.1"]
    assert runlake(*words, env=place).ok().out.splitlines() == ["run_id,status,machine,param.lr", *wanted]
    runlake("runs", "rebuild").ok()
    assert runlake(*words, env=place).ok().out.splitlines()[1:] == wanted
    head = runlake("runs", "export", "--all-machines").ok().out.splitlines()[0]
    assert head == runlake("runs", "export").ok().out.splitlines()[0]
    runlake("runs", "export", "--all-machines", "--format", "parquet", "--out", "all.parquet").ok()


def test_a_run_that_was_recorded_here_is_not_doubled(runlake, theirs, recorded):
    with make_journal.Journal(recorded, segment=2) as journal:
        journal.start(run_id(WARM), make_journal.START, "job")
    runs = runlake("--json", "runs", "list", "--all-machines").ok().json["runs"]
    found = [run for run in runs if run["run_id"] == run_id(WARM)]
    assert len(found) == 1 and found[0]["stage"] == "job"
    assert runlake("--json", "runs", "list", "--all-machines", "--param", "condition=warmup").json["runs"] == []


def test_whatever_the_answer_comes_from(listed, runlake, theirs, recorded):
    database = recorded / "runs.duckdb"
    wanted = listed()
    with open(database, "r+b") as held:
        fcntl.lockf(held, fcntl.LOCK_SH | fcntl.LOCK_NB)  # readers may, folding may not: database and tail
        with make_journal.Journal(recorded, segment=3) as journal:
            journal.start(id_of("a3"), make_journal.START + 900 * SECOND, "late")
        assert listed() == ["a3000000", *wanted]
        fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert listed() == ["a3000000", *wanted]
    database.unlink()
    assert listed() == ["a3000000", *wanted]


def test_both_folders_are_read(listed, recorded):
    ours = {"seed": 7}
    make_ledger.write(recorded / "ledger", make_ledger.entry(ours, "stopped", "board"))
    make_ledger.write(recorded / "ledger", make_ledger.entry(WARM, "failed", "board"))
    assert listed("--state", "stopped") == [run_id(ours)[:8]]
    assert listed("--state", "completed") == [WARM8, FIT8]  # of two entries the complete one


def test_what_cannot_be_read_is_left_out_counted_and_said(runlake, theirs, recorded):
    make_ledger.write(theirs, {"schema_version": 2, "anything": []}, make_ledger.job_id({"a": 1}))
    for number in range(5):
        (theirs / f"{make_ledger.job_id({'b': number})}.json").write_text("<<<<<<< HEAD\n{}\n=======\n")
    before = facts(theirs)
    result = runlake("runs", "list", "--all-machines").ok()
    assert len(result.out.splitlines()) == 3 + 4 + 1
    assert "5 entries of the ledger can't be read and were left out: " in result.err and "; and 2 more" in result.err
    assert "1 entry of the ledger is of a later version and was left out: " in result.err and "schema 2" in result.err
    assert facts(theirs) == before
    assert runlake("runs", "list").ok().err == ""


def test_an_entry_cannot_steer_a_terminal(runlake, theirs, recorded):
    make_ledger.write(theirs, make_ledger.entry({"c": 1}, status="\x1b[2J"))
    make_ledger.write(theirs, make_ledger.entry({"c": 2}, machine="\x1b]0;title\x07"))
    result = runlake("runs", "list", "--all-machines").ok()
    assert "\\x1b[2J" in result.err and "\\x1b]0;title" in result.out
    assert "\x1b" not in result.err + result.out


def test_a_checkout_where_nothing_was_recorded_answers_from_the_ledger(runlake, project, theirs):
    for words in (["list"], ["tail"], ["export"]):
        assert WARM8 in runlake("runs", *words, "--all-machines").ok().out
    assert not (project / ".runlake").exists()
    assert "No runs are recorded here yet" in runlake("runs", "list").ok().out
    shutil.rmtree(theirs)
    assert "No runs are recorded here yet" in runlake("runs", "list", "--all-machines").ok().out
    assert runlake("runs", "export", "--all-machines").status == 3


def test_entries_of_the_original_tool(runlake, project):
    folder = project / ".aexp" / "ledger"
    folder.mkdir(parents=True)
    found = samples()
    for path in found:
        shutil.copy(path, folder)
    runs = runlake("--json", "runs", "list", "--all-machines", "--columns", "run_id,status,machine,duration_seconds").ok().json["runs"]
    assert {run["run_id"].replace("-", "") for run in runs} == {path.stem for path in found}
    for run in runs:
        entry = json.loads((folder / f"{run['run_id'].replace('-', '')}.json").read_text())
        assert run["machine"] == entry["registered_machine"] and run["duration_seconds"] == entry["wallclock_s"]
