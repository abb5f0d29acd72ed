# SPDX-License-Identifier: Apache-2.0
"""`runs fold`, `runs rebuild`, `runs vacuum`: the database follows the journal, and is never in the way."""

import fcntl
import os
import subprocess
import sys

import make_journal
import pytest


def journal_of(store):
    return sorted(path for path in (store / "journal").rglob("*") if path.is_file())


def ids(runlake):
    return sorted(run["run_id"] for run in runlake("runs", "list", "--json").ok().json["runs"])


@pytest.fixture
def store(project, runlake):
    """A store with three runs: completed, failed, with a parameter."""
    runlake("run", "--stage", "fit", "--param", "lr=0.1", "--", "true").ok()
    assert runlake("run", "--stage", "fit", "--", "sh", "-c", "exit 3").status == 3
    runlake("run", "--stage", "eval", "--tag", "kind=final", "--", "true").ok()
    return project / ".runlake"


@pytest.fixture
def locked(store, runlake):
    """Holds DuckDB's lock on the database in this process: locked(fcntl.F_WRLCK)."""
    runlake("runs", "fold").ok()
    held = []

    def lock(kind):
        file = open(store / "runs.duckdb", "r+b")
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB if kind == fcntl.F_WRLCK else fcntl.LOCK_SH | fcntl.LOCK_NB)
        held.append(file)

    yield lock
    for file in held:
        file.close()


def test_fold_counts_what_is_new(store, runlake):
    first = runlake("runs", "fold", "--json").ok().json
    assert (first["version"], first["runs_added"], first["database"]) == (1, 3, str(store / "runs.duckdb"))
    assert runlake("runs", "fold", "--json").ok().json["records"] == 0
    runlake("run", "--stage", "more", "--", "true").ok()
    assert runlake("runs", "fold", "--json").ok().json["runs_added"] == 1


def test_without_a_store(runlake):
    for verb in ("fold", "rebuild", "vacuum"):
        done = runlake("runs", verb)
        assert done.status == 3 and "runlake" in done.err


def test_reading_does_not_change_a_fresh_database(store, runlake):
    runlake("runs", "fold").ok()
    before = (store / "runs.duckdb").read_bytes()
    for words in (["tail"], ["list"], ["sql", "SELECT count(*) FROM runs"]):
        runlake("runs", *words).ok()
    assert (store / "runs.duckdb").read_bytes() == before


@pytest.mark.parametrize("kind", [fcntl.F_WRLCK, fcntl.F_RDLCK], ids=["by a writer", "by a reader"])
def test_locked_database_is_told_and_answers_go_on(store, runlake, locked, kind):
    locked(kind)
    runlake("run", "--stage", "late", "--", "true").ok()
    for verb in ("fold", "rebuild", "vacuum"):
        done = runlake("runs", verb)
        assert done.status == 5, done
    listed = runlake("runs", "list", "--json").ok()
    assert sorted(run["stage"] for run in listed.json["runs"]) == ["eval", "fit", "fit", "late"]
    assert "journal" in listed.err
    assert runlake("runs", "prune", "--older-than", "0s", "--yes").status == 5


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped"])
def test_damaged_database_is_set_aside(store, runlake, damage):
    wanted = ids(runlake)
    path = store / "runs.duckdb"
    whole = path.read_bytes()
    broken = {"empty": b"", "text": b"x" * 9000, "cut": whole[: len(whole) // 3]}.get(damage)
    if broken is None:
        broken = bytearray(whole)
        broken[4096 * 3 :: 4096] = bytes(255 - b for b in broken[4096 * 3 :: 4096])
    path.write_bytes(broken)
    assert ids(runlake) == wanted
    runlake("runs", "fold").ok()
    assert ids(runlake) == wanted
    if damage == "text":
        aside = [p for p in store.iterdir() if p.name.startswith("runs.duckdb.corrupt-")]
        assert len(aside) == 1 and aside[0].read_bytes() == broken


def test_deleted_database_comes_back(store, runlake):
    wanted = ids(runlake)
    (store / "runs.duckdb").unlink()
    assert ids(runlake) == wanted


def test_rebuild_gives_the_same_answers(store, runlake):
    before = runlake("runs", "export", "--format", "jsonl").ok().out
    done = runlake("runs", "rebuild", "--json").ok().json
    assert (done["runs"], done["missing"], done["kept_as"]) == (3, 0, None)
    assert runlake("runs", "export", "--format", "jsonl").ok().out == before
    assert not [p for p in store.iterdir() if ".new" in p.name]


def test_rebuild_keeps_what_the_journal_does_not_tell(store, runlake):
    runlake("runs", "fold").ok()
    for path in journal_of(store):
        path.unlink()
    done = runlake("runs", "rebuild", "--json").ok().json
    assert (done["runs"], done["missing"]) == (0, 3)
    assert os.path.exists(done["kept_as"])


def test_vacuum(store, runlake):
    wanted = ids(runlake)
    done = runlake("runs", "vacuum", "--json").ok().json
    assert done["bytes_after"] == (store / "runs.duckdb").stat().st_size
    assert ids(runlake) == wanted


def test_read_only_store(store, runlake, runlake_bin, clean_env, project):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere: checked by runs_fold_test as another user")
    runlake("runs", "fold").ok()
    runlake("run", "--stage", "late", "--", "true").ok()
    store.chmod(0o555)
    try:
        assert len(ids(runlake)) == 4
        assert runlake("runs", "fold").status == 8
    finally:
        store.chmod(0o755)


def test_two_at_once(store, runlake_bin, clean_env, project):
    """Of several folds at once none fails but as busy, and none harms the database."""
    calls = [subprocess.Popen([runlake_bin, "runs", "list", "--json"], cwd=project, env=clean_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)]
    for call in calls:
        out, err = call.communicate(timeout=300)
        assert call.returncode == 0, err
        assert out.count(b'"run_id"') == 3 or out.count(b"run_id") >= 3


def test_a_few_new_records_are_read_beside_a_large_database(project, runlake):
    """Storing the last rows and indexes of a large database anew takes longer than reading the records: the answers are the same."""
    store = project / ".runlake"
    subprocess.run([sys.executable, "-B", make_journal.__file__, str(store), "--runs", "13000"], check=True, stdout=subprocess.DEVNULL)
    runlake("runs", "fold").ok()
    database = store / "runs.duckdb"
    assert database.stat().st_size > 8 << 20
    before = database.read_bytes()
    old = runlake("--json", "runs", "list", "--limit", "1").ok().json["runs"][0]["run_id"]
    runlake("run", "--stage", "new", "--param", "lr=0.5", "--", "sh", "-c", "true").ok()
    runlake("runs", "tag", old, "kind=kept").ok()
    questions = [["runs", "tail"], ["runs", "list", "--limit", "20"], ["--json", "runs", "show", old], ["runs", "sql", "SELECT status, count(*), max(started_at) FROM runs GROUP BY ALL ORDER BY ALL"],
                 ["runs", "sql", "SELECT count(*), count(DISTINCT run_id) FROM runs"], ["runs", "sql", "SELECT * FROM run_params WHERE value LIKE '0.5%' ORDER BY ALL LIMIT 50"]]
    beside = [runlake(*question).ok().out for question in questions]
    assert database.read_bytes() == before
    runlake("runs", "fold").ok()
    assert database.read_bytes() != before
    assert [runlake(*question).ok().out for question in questions] == beside
    assert "new" in beside[0] and '"kept"' in beside[2]
