# SPDX-License-Identifier: Apache-2.0
"""`runs watch`: a line a change, a picture on a terminal, no database open while it waits."""

import json
import os
import pty
import signal
import subprocess
import time

import pytest
from run_support import LIMIT, wait_until
from runs_support import id_of, journal, make_journal, store  # noqa: F401


class Watch:
    """A watching process whose lines are read as they come."""

    def __init__(self, program, words, cwd, env):
        self.child = subprocess.Popen([str(program), *words], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def line(self):
        return self.child.stdout.readline().decode()

    def stop(self, number=signal.SIGINT):
        self.child.send_signal(number)
        out, error = self.child.communicate(timeout=LIMIT)
        return self.child.returncode, out.decode(), error.decode()


@pytest.fixture
def watch(runlake_bin, project, clean_env):
    children = []

    def begin(*words):
        made = Watch(runlake_bin, words or ("runs", "watch"), project, clean_env)
        children.append(made.child)
        return made

    yield begin
    for child in children:
        child.kill()
        child.communicate()


def now():
    return time.time_ns() // 1000


def test_a_line_a_change(watch, journal):
    journal.start(id_of("a1"), stage="old", rows_in=3)
    journal.start(id_of("a2"), stage="over")
    journal.end(id_of("a2"), now())
    journal.file.flush()
    seen = watch()
    assert seen.line() == "2025-01-09 14:23:15  a1000000  old  running  rows in 3\n", "what runs already; what is over is no change"
    started = now()
    journal.start(id_of("b1"), started, stage="new")
    journal.file.flush()
    assert seen.line().split("  ", 1)[1] == "b1000000  new  running\n"
    journal.end(id_of("b1"), started + 1, "failed", 2.5, rows_out=0)
    journal.end(id_of("a1"), started + 2, "completed", 9.0)
    journal.file.flush()
    assert {seen.line().split("  ", 1)[1], seen.line().split("  ", 1)[1]} == {
        "a1000000  old  completed  9.00s  rows in 3\n", "b1000000  new  failed  2.50s  rows out 0\n"}
    assert seen.stop() == (130, "", "")


def test_json_lines_and_tenants(watch, journal):
    journal.start(id_of("a1"), tenant="other")
    journal.start(id_of("a2"), tenant="acme")
    journal.file.flush()
    seen = watch("--json", "runs", "watch", "--tenant", "acme")
    document = json.loads(seen.line())
    assert document["version"] == 1 and document["run"]["run_id"] == id_of("a2") and document["run"]["shown"] == "running"
    journal.end(id_of("a1"), now())
    journal.end(id_of("a2"), now(), "stopped")
    journal.file.flush()
    assert json.loads(seen.line())["run"]["shown"] == "stopped"
    assert seen.stop()[0] == 130


def test_no_database_is_open_between_looks(watch, journal):
    journal.start(id_of("a1"))
    journal.file.flush()
    seen = watch()
    seen.line()
    folder = f"/proc/{seen.child.pid}/fd"

    def open_files():
        names = set()
        for fd in os.listdir(folder):
            try:
                names.add(os.readlink(f"{folder}/{fd}"))
            except FileNotFoundError:
                pass
        return names

    wait_until(lambda: not any("runs.duckdb" in name for name in open_files()), "the database to be closed")
    for _ in range(50):
        assert not any("runs.duckdb" in name for name in open_files())
    assert seen.stop(signal.SIGTERM)[0] == 130


def test_a_picture_on_a_terminal(runlake_bin, journal, project, clean_env):
    journal.start(id_of("a1"), stage="early")
    journal.file.flush()
    main, side = pty.openpty()
    child = subprocess.Popen([str(runlake_bin), "runs", "watch"], cwd=project, env=clean_env, stdin=subprocess.DEVNULL, stdout=side, stderr=side)
    os.close(side)
    text = ""

    def read_until(word):
        nonlocal text
        while word not in text:
            text += os.read(main, 65536).decode()

    try:
        read_until("Ctrl-C ends.")
        assert "early" in text and "\x1b[33mrunning\x1b[0m" in text
        journal.end(id_of("a1"), now(), "failed")
        journal.file.flush()
        read_until("\x1b[31mfailed\x1b[0m")
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=LIMIT) == 130
    finally:
        child.kill()
        child.wait()
        os.close(main)


def test_mistakes(runlake, store, tmp_path):
    assert runlake("runs", "watch", "--n", "0").status == 2
    assert runlake("runs", "watch", cwd=tmp_path).status == 3
