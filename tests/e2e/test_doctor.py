# SPDX-License-Identifier: Apache-2.0
"""`doctor`: each fault is put there, found, and said with a next step; nothing is changed by looking."""

import datetime
import json
import os
import shutil
import subprocess
import tempfile
import zlib

import pytest
from permissions import bound_by_modes


@pytest.fixture
def store(runlake, project):
    """A store with two runs in its journal."""
    for stage in ("fit", "score"):
        runlake("run", "--stage", stage, "--", "true").ok()
    return project / ".runlake"


def findings(runlake, status=None, **options):
    done = runlake("doctor", "--json", **options)
    record = done.json
    assert done.status == (0 if record["well"] else 1)
    assert record["well"] == all(found["level"] != "problem" for found in record["findings"])
    if status is not None:
        assert done.status == status, done.out
    return record["findings"]


def of_level(found, level):
    return [finding for finding in found if finding["level"] == level]


def only_problem(runlake, area, **options):
    problems = of_level(findings(runlake, status=1, **options), "problem")
    assert [problem["area"] for problem in problems] == [area], problems
    assert problems[0]["next"]
    return problems[0]


def segments(store):
    return sorted(path for path in (store / "journal").rglob("*") if path.is_file() and path.suffix in (".free", ".seg") or ".open-" in path.name)


def line(payload):
    text = json.dumps(payload, separators=(",", ":")).encode()
    return b"1 %08x %s\n" % (zlib.crc32(text), text)


def append(path, data):
    with open(path, "ab") as file:
        file.write(data)


def snapshot(folder):
    return {str(path.relative_to(folder)): (path.read_bytes() if path.is_file() else None, path.lstat().st_mtime_ns) for path in folder.rglob("*")}


def test_all_is_well(runlake, store):
    found = findings(runlake, status=0)
    areas = [finding["area"] for finding in found]
    assert list(dict.fromkeys(areas)) == ["settings", "store", "journal", "losses", "clock", "database", "locks", "disk", "git"]
    assert of_level(found, "problem") == []
    journal = next(finding for finding in found if finding["area"] == "journal")
    assert journal["facts"]["records"] >= 4
    assert journal["facts"]["machines"] == 1
    text = runlake("doctor").ok().out
    for finding in found:
        assert finding["text"].split(",")[0] in text


def test_looking_changes_nothing(runlake, store, home):
    append(segments(store)[0], b"garbage\n")
    before = snapshot(store.parent), snapshot(home)
    runlake("doctor")
    runlake("doctor", "--json")
    assert (snapshot(store.parent), snapshot(home)) == before


def test_without_a_store_it_says_how_to_begin(runlake, project):
    found = findings(runlake, status=0)
    (note,) = of_level(found, "note")
    assert note["area"] == "store" and "runlake run" in note["next"]
    assert not (project / ".runlake").exists()


def test_damaged_lines_are_counted_and_placed(runlake, store):
    path = segments(store)[0]
    offset = path.stat().st_size
    append(path, b"1 00000000 {}\n" + b"not a line\n")
    problem = only_problem(runlake, "journal")
    assert problem["text"].startswith("2 damaged lines") and str(offset) in problem["text"]
    runlake("runs", "list").ok()


def test_a_whole_line_that_is_no_record_is_damage(runlake, store):
    append(segments(store)[0], line({"kind": "end"}))
    assert only_problem(runlake, "journal")["text"].startswith("1 damaged lines")


def test_lines_of_a_newer_version(runlake, store):
    payload = b'{"kind":"start"}'
    append(segments(store)[0], b"2 %08x %s\n" % (zlib.crc32(payload), payload))
    problem = only_problem(runlake, "journal")
    assert "newer format" in problem["text"] and "newer version" in problem["next"]


def test_an_unfinished_end_is_a_note(runlake, store):
    append(segments(store)[0], b"1 0000")
    found = findings(runlake, status=0)
    (note,) = [finding for finding in of_level(found, "note") if finding["area"] == "journal"]
    assert "middle of a record" in note["text"]


def test_lost_records_are_told_while_they_last_and_afterwards(runlake, store):
    done = runlake("run", "--", "true", env={"RUNLAKE_FAULT": "journal.append:enospc:1,journal.append:enospc:2,journal.append:enospc:3,journal.append:enospc:4"})
    assert done.status == 0
    problem = only_problem(runlake, "losses")
    assert problem["facts"]["count"] >= 1
    count = problem["facts"]["count"]
    runlake("run", "--", "true").ok()
    found = findings(runlake, status=0)
    (note,) = [finding for finding in of_level(found, "note") if finding["area"] == "losses"]
    assert note["facts"]["count"] == count and "earlier" in note["text"]


def test_records_of_the_future(runlake, store):
    at = int((datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)).timestamp() * 1e6)
    append(segments(store)[0], line({"kind": "loss", "at": at, "n": 0, "count": 1, "reason": "test"}))
    problem = only_problem(runlake, "clock")
    assert "1 records lie in the future" in problem["text"]


def test_a_file_server_that_is_ahead(runlake, store):
    later = datetime.datetime.now().timestamp() + 7200
    os.utime(segments(store)[0], (later, later))
    problem = only_problem(runlake, "clock")
    assert problem["facts"]["file_system_ahead_seconds"] >= 7100


def test_wrong_settings(runlake, store):
    (store / "config.yaml").write_text("modee: on\n")
    problem = only_problem(runlake, "settings")
    assert "config.yaml:1" in problem["text"]


def test_locks_name_their_holders(runlake, store):
    (store / "odd.lease").write_text("garbage")
    problem = only_problem(runlake, "locks")
    assert "odd.lease" in problem["text"] and "remove" in problem["next"]


def test_a_damaged_database_is_told_and_answers_go_on(runlake, store):
    runlake("runs", "list").ok()
    database = store / "runs.duckdb"
    database.write_bytes(b"garbage" * 1000)
    found = findings(runlake)
    assert any(finding["area"] == "database" and finding["level"] != "ok" and finding["next"] for finding in found)
    assert database.read_bytes() == b"garbage" * 1000, "doctor only reads"


def test_a_store_that_cannot_be_written(runlake_bin, store, clean_env):
    # Beside pytest's folders, which nobody else may enter.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(runlake_bin, folder)
        shutil.copytree(store.parent, f"{folder}/project")
        os.chmod(f"{folder}/project/.runlake", 0o555)
        done = subprocess.run(bound_by_modes([program, "doctor", "--json"]), cwd=f"{folder}/project", env=clean_env, capture_output=True, text=True)
        os.chmod(f"{folder}/project/.runlake", 0o755)
    assert done.returncode == 1, done.stderr
    problems = of_level(json.loads(done.stdout)["findings"], "problem")
    assert any(problem["area"] == "store" and "can't write" in problem["text"] for problem in problems)


def test_git_in_every_state(runlake, store, project, tmp_path):
    git = lambda: [finding for finding in findings(runlake) if finding["area"] == "git"]
    assert git()[0]["level"] == "ok" and git()[0]["facts"]["branch"] == "refs/heads/main"
    (store / ".gitignore").unlink()
    assert any("git status" in finding["text"] for finding in git())
    (project / ".git" / "HEAD").write_text("ref: refs/heads/unborn\n")
    assert "no commit yet" in git()[0]["text"]
    (project / ".git" / "HEAD").write_text("garbage\n")
    assert git()[0]["level"] == "problem" and git()[0]["next"]
    shutil.rmtree(project / ".git")
    assert git()[0]["level"] == "note" and "no git repository" in git()[0]["text"]
