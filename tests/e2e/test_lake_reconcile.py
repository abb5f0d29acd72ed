# SPDX-License-Identifier: Apache-2.0
"""`lake reconcile` as a user meets it: what it reports, what it refuses, and that being ended leaves whole runs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_proof_logs  # noqa: E402
from terminal import read_to_end  # noqa: E402


@pytest.fixture
def logs(project):
    make_proof_logs.make(project / "logs", runs=6, theorems=1, nodes=3, trace_lines=2)
    return project / "logs"


def report(result):
    return result.ok().json


def rows(runlake, sql):
    return runlake("lake", "sql", "--csv", sql).ok().out.splitlines()[1:]


def test_first_again_and_after_a_change(runlake, project, logs):
    first = report(runlake("lake", "reconcile", "--json"))
    assert first["units"] == {"found": 7, "added": 7, "changed": 0, "unchanged": 0, "moved": 0, "stale": 0, "pruned": 0}
    assert first["sources"] == {"proof-search": 7} and first["files"]["read"] == first["files"]["found"] and first["errors"] == 0
    assert first["rows"]["runs"] == 7 and first["database"] == str(project / ".runlake/lake/lake.duckdb")
    again = report(runlake("lake", "reconcile", "--json"))
    assert again["units"]["unchanged"] == 7 and again["files"]["read"] == 0 and again["rows"] == {}
    status = next(logs.rglob("run_status.json*"))
    (status.parent / "run_status.json.new").write_text('{"status": "failed"}')
    (status.parent / "run_status.json.new").rename(status.parent / "run_status.json")
    changed = report(runlake("lake", "reconcile", "--json"))
    assert changed["units"]["changed"] == 1 and changed["files"]["read"] == 1
    text = runlake("lake", "reconcile").ok()
    assert "7 found (7 proof-search), 0 added, 0 read again, 7 unchanged" in text.out


def test_it_does_not_touch_the_repository(runlake, project, logs):
    subprocess.run(["git", "init", "-q", project], check=True)
    subprocess.run(["git", "-C", project, "add", "logs"], check=True)
    before = subprocess.run(["git", "-C", project, "status", "--porcelain"], check=True, capture_output=True, text=True).stdout
    runlake("lake", "reconcile").ok()
    assert subprocess.run(["git", "-C", project, "status", "--porcelain"], check=True, capture_output=True, text=True).stdout == before


def test_several_folders_nested_and_by_link(runlake, project, logs):
    (project / "alias").symlink_to(logs)
    found = report(runlake("lake", "reconcile", "--logs-dir", "logs", "--logs-dir", "alias", "--logs-dir", str(next(logs.glob("campaign-*"))), "--json"))
    assert found["units"]["found"] == 7 and found["units"]["added"] == 7
    assert rows(runlake, "SELECT count(*), count(DISTINCT run_key), count(DISTINCT run_uid) FROM runs") == ["7,7,7"]


def test_a_dry_run_then_prune(runlake, project, logs):
    runlake("lake", "reconcile").ok()
    gone = next(logs.glob("core-*"))
    gone.rename(project / "away")
    planned = report(runlake("lake", "reconcile", "--dry-run", "--prune", "--json"))
    assert [Path(s["dir"]).name for s in planned["stale"]][0].startswith(("core-", "provider=")) and planned["units"]["pruned"] == 0 and planned["standing_errors"] is None
    text = runlake("lake", "reconcile").ok()
    assert "not there any more" in text.err and "--prune forgets them" in text.out
    stale = len(planned["stale"])
    pruned = report(runlake("lake", "reconcile", "--prune", "--json"))
    assert pruned["units"]["pruned"] == stale
    assert rows(runlake, "SELECT count(*) FROM runs") == [str(7 - stale)]


def test_what_is_refused(runlake, project):
    done = runlake("lake", "reconcile", "--logs-dir", "nowhere")
    assert done.status == 3 and "nowhere is no folder" in done.err
    assert not (project / ".runlake" / "lake").exists()
    for words in (["--logs-dir", ""], ["--jobs", "0"], ["--jobs", "many"], ["logs"], ["--prun"]):
        done = runlake("lake", "reconcile", *words)
        assert done.status == 2, words
    (project / "file").write_text("")
    assert runlake("lake", "reconcile", "--logs-dir", "file").status == 3


def test_no_logs_is_an_empty_lake(runlake, project):
    done = report(runlake("lake", "reconcile", "--json"))
    assert done["units"]["found"] == 0 and done["roots"] == []
    assert rows(runlake, "SELECT count(*) FROM runs") == ["0"]
    missing = runlake("lake", "sql", "SELECT 1", env={"RUNLAKE_STORE": project / "other" / ".runlake"})
    assert missing.status == 3 and "lake reconcile" in missing.err


def test_a_pipe_is_not_waited_for(runlake, project, logs):
    jobs = project / ".runlake" / "lake" / "jobs" / "mine" / "0123456789abcdef"
    surfaces = project / "lake" / "surfaces"
    for folder in (jobs, surfaces, logs / "pipes", logs / "metrics"):
        folder.mkdir(parents=True)
    for pipe in (logs / "pipes" / "dvc.lock", logs / "pipes" / "dvc.yaml", logs / "metrics" / "metrics.json", surfaces / "told.sql", jobs / "job_run.json"):
        os.mkfifo(pipe)
    answer = report(runlake("lake", "reconcile", "--json", timeout=100))
    assert answer["units"]["found"] == 9 and len(answer["notes"]) == 1 and "job_run.json" in answer["notes"][0]
    told = rows(runlake, "SELECT rel_path, error FROM extract_errors WHERE contains(error, 'no regular file') ORDER BY 1")
    assert [row.split(",")[0] for row in told] == ["dvc.lock", "dvc.yaml", "told.sql"]


def test_folders_that_are_passed_over_are_told(runlake, project, logs):
    (logs / "half").mkdir()
    (logs / "half" / "run_status.json").write_text("{}")
    done = runlake("lake", "reconcile").ok()
    assert f"passed over: {logs}/half: it has files of a run but no run_config.json" in done.err
    assert "passed over" not in runlake("lake", "reconcile", "--quiet").ok().err


def test_two_at_once(runlake, runlake_bin, project, clean_env, logs):
    env = {**clean_env, "RUNLAKE_FAULT": "lake.database.change:stop:1"}
    with subprocess.Popen([runlake_bin, "lake", "reconcile"], cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        os.waitid(os.P_PID, first.pid, os.WSTOPPED | os.WNOWAIT)
        second = runlake("lake", "reconcile")
        assert second.status == 5 and second.out == ""
        asked = runlake("lake", "sql", "SELECT 1")
        assert asked.status == 5 and f"(PID {first.pid}) has it open to change it; try again" in asked.err
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=300)
        assert first.returncode == 0
    assert report(runlake("lake", "reconcile", "--json"))["units"]["unchanged"] == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ending_it(runlake, runlake_bin, project, clean_env, logs, number):
    env = {**clean_env, "RUNLAKE_FAULT": "lake.database.change:stop:1"}
    with subprocess.Popen([runlake_bin, "lake", "reconcile"], cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=300)
        assert process.returncode == 130 and out == "" and "interrupted" in err
    assert not list((project / ".runlake" / "lake").glob("*.lease"))
    assert report(runlake("lake", "reconcile", "--json"))["units"]["found"] == 7
    assert rows(runlake, "SELECT count(*) FROM runs") == ["7"]


def test_progress_lives_on_a_terminal_and_is_gone_at_the_end(runlake_bin, project, clean_env, logs):
    import pty

    leader, follower = pty.openpty()
    with subprocess.Popen([runlake_bin, "lake", "reconcile"], cwd=project, env=clean_env, stdout=subprocess.DEVNULL, stderr=follower, stdin=subprocess.DEVNULL) as process:
        os.close(follower)
        text = read_to_end(leader).decode()
        assert process.wait(timeout=300) == 0
    if "reconciling" in text:  # it may be over before there is anything to show
        assert text.endswith("\r\x1b[K")


def test_neither_locale_nor_zone_nor_umask_shows(runlake, project, logs):
    dump = "SELECT md5(string_agg(t::VARCHAR, '|' ORDER BY t::VARCHAR)) FROM (SELECT * EXCLUDE (indexed_at) FROM runs) t"
    runlake("lake", "reconcile").ok()
    expected = rows(runlake, dump)
    for env in ({"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Kolkata"}, {"LC_ALL": "C", "TZ": "America/St_Johns"}):
        store = project / f"other-{env['LC_ALL']}" / ".runlake"
        runlake("lake", "reconcile", "--logs-dir", "logs", "--jobs", "3", env={**env, "RUNLAKE_STORE": store}).ok()
        assert runlake("lake", "sql", "--csv", dump, env={"RUNLAKE_STORE": store}).ok().out.splitlines()[1:] == expected


def test_a_named_store_that_was_only_begun(runlake, tmp_path):
    """A store of any name that a first reconcile made is one when that was killed before it had a lake; a folder of others never is."""
    make_proof_logs.make(tmp_path / "logs", runs=1)
    env = {"RUNLAKE_STORE": tmp_path / "named"}
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "logs", env=env).ok()
    (tmp_path / "named" / "lake" / "lake.duckdb").unlink()
    runlake("lake", "reconcile", "--logs-dir", tmp_path / "logs", env=env).ok()
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / ".gitignore").write_text("*\n")
    (foreign / "mine").write_text("")
    assert runlake("lake", "reconcile", "--logs-dir", tmp_path / "logs", env={"RUNLAKE_STORE": foreign}).status == 4
    assert sorted(path.name for path in foreign.iterdir()) == [".gitignore", "mine"]
