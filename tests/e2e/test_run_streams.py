# SPDX-License-Identifier: Apache-2.0
"""`run`: what the program writes goes where it was to go, whole and in order, and its end is kept for a failure."""

import ctypes
import os
import pty
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from run_support import end, journal, read_when_there, state_of, wait_until

BOOM = "echo one >&2; echo two >&2; exit 3"


def store_of(project):
    return project / ".runlake"


def last_end(project):
    return journal.of_kind(store_of(project), "end")[-1]


@pytest.fixture
def start(runlake_bin, project, clean_env):
    """start(*program, options=[...], **popen): begins `runlake run` and gives the process; all are ended with the test."""
    begun = []

    def call(*program, options=(), env=None, **popen):
        process = subprocess.Popen([runlake_bin, "run", *options, "--", *program], cwd=project, env={**clean_env, **(env or {})}, **popen)
        begun.append(process)
        return process

    yield call
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_a_failures_tail_through_a_pipe(start, project):
    process = start("sh", "-c", BOOM, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out, err) == (3, b"", b"one\ntwo\n")
    assert last_end(project)["stderr_tail"] == "one\ntwo\n"
    assert last_end(project)["error"]["head"] == "exit status 3: two"


def test_a_failures_tail_in_a_file(start, project, tmp_path):
    path = tmp_path / "err.txt"
    path.write_text("of before\n")
    with open(path, "ab") as file:
        assert start("sh", "-c", BOOM, stderr=file).wait(300) == 3
    assert path.read_text() == "of before\none\ntwo\n"
    assert last_end(project)["stderr_tail"] == "one\ntwo\n"
    with open(path, "wb") as file:  # not for appending, and for writing only
        file.write(b"head\n")
        file.flush()
        assert start("sh", "-c", BOOM, stderr=file).wait(300) == 3
    assert path.read_text() == "head\none\ntwo\n"
    assert last_end(project)["stderr_tail"] == "one\ntwo\n"
    with open(path, "ab") as file:
        assert start("false", stderr=file).wait(300) == 1
    assert "stderr_tail" not in last_end(project)


def test_a_failures_tail_when_stderr_is_thrown_away(start, project):
    assert start("sh", "-c", BOOM, stderr=subprocess.DEVNULL).wait(300) == 3
    assert last_end(project)["stderr_tail"] == "one\ntwo\n"


def test_a_success_keeps_no_tail(start, project):
    process = start("sh", "-c", "echo warning >&2", stderr=subprocess.PIPE)
    assert process.communicate(timeout=300)[1] == b"warning\n"
    assert "stderr_tail" not in last_end(project) and "error" not in last_end(project)


def test_the_tail_is_the_last_2048_bytes(start, project):
    text = "".join(f"{i:07}\n" for i in range(100_000))
    process = start(sys.executable, "-c", f"import sys; sys.stderr.write(''.join(f'{{i:07}}\\n' for i in range(100_000))); sys.exit(1)", stderr=subprocess.PIPE)
    assert process.communicate(timeout=300)[1].decode() == text
    assert last_end(project)["stderr_tail"] == text[-2048:]


def test_one_pipe_for_both_keeps_their_order(start, project):
    script = "import os\nfor i in range(2000):\n    os.write(1 + i % 2, b'%d\\n' % i)\nos._exit(1)"
    process = start(sys.executable, "-c", script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out, _ = process.communicate(timeout=300)
    assert out.decode().split() == [str(i) for i in range(2000)]
    assert last_end(project)["stderr_tail"].endswith("1998\n1999\n")


def test_large_output_is_whole(start, project):
    script = "import os\nfor i in range(400):\n    os.write(2, bytes([i % 251]) * 65537)"
    process = start(sys.executable, "-c", script, stderr=subprocess.PIPE)
    assert process.communicate(timeout=300)[1] == b"".join(bytes([i % 251]) * 65537 for i in range(400))


def test_a_terminal_stays_a_terminal(start, project):
    master, slave = pty.openpty()
    process = start("sh", "-c", "test -t 0 && test -t 1 && test -t 2 && stty size <&2 && echo boom >&2; exit 3", stdin=slave, stdout=slave, stderr=slave)
    assert process.wait(300) == 3
    os.write(slave, b"that is all\n")   # held until here: what was written may be lost when the last one closes a terminal
    seen = b""
    while b"that is all" not in seen:
        seen += os.read(master, 4096)
    os.close(slave)
    os.close(master)
    assert b"boom" in seen
    assert "stderr_tail" not in last_end(project)  # the user has seen it


def test_a_reader_that_goes_away_ends_the_program_as_ever(start, project):
    process = start("sh", "-c", "while echo line >&2; do :; done", stderr=subprocess.PIPE)
    assert process.stderr.readline() == b"line\n"
    process.stderr.close()
    assert process.wait(300) == 128 + signal.SIGPIPE
    assert last_end(project)["signal"] == signal.SIGPIPE


def test_a_background_process_that_keeps_stderr_does_not_keep_the_recorder(start, project, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    process = start("sh", "-c", f"(read x < {gate}; echo late >&2) & echo early >&2; exit 3", stderr=subprocess.PIPE)
    assert process.wait(300) == 3
    assert last_end(project)["stderr_tail"] == "early\n"
    assert process.stderr.readline() == b"early\n"
    gate.write_text("go\n")
    assert process.stderr.read() == b"late\n"  # still passed on, and then the end of the stream


def test_a_background_process_that_writes_for_ever_does_not_keep_the_recorder(start, project):
    process = start("sh", "-c", "yes >&2 & echo $!; exit 4", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    drain = threading.Thread(target=process.stderr.read, daemon=True)
    drain.start()
    writer = int(process.stdout.readline())
    try:
        assert process.wait(300) == 4
        assert set(last_end(project).get("stderr_tail", "").split()) <= {"y"}  # it may not have come to write before the shell ended
    finally:
        end(writer)
    drain.join(300)
    assert not drain.is_alive()


def test_a_reader_that_does_not_read_does_not_lose_the_record(start, project):
    process = start(sys.executable, "-c", "import os; os.write(2, b'x' * 100_000); os._exit(5)", stderr=subprocess.PIPE)
    assert process.wait(300) == 5  # the rest is in the copier's hands
    assert len(process.stderr.read()) == 100_000
    assert last_end(project)["exit_status"] == 5


KEEPS_WRITING = """
import os, pathlib, sys, time
fd = {"1": 1, "2": 2}[sys.argv[1]]
pathlib.Path("pid").write_text(f"{os.getpid()}\\n")
os.write(fd, b"before\\n")
while not pathlib.Path("killed").exists():
    time.sleep(0.002)
for i in range(50_000):
    os.write(fd, b"%d\\n" % i)
pathlib.Path("done").write_text("whole\\n")
"""


@pytest.mark.parametrize("capture", ["none", "stderr", "all"])
@pytest.mark.parametrize("where", ["pipe", "file", "null", "terminal"])
def test_the_program_outlives_a_killed_recorder_and_loses_nothing(start, project, tmp_path, capture, where):
    """SIGKILL of the recorder while the program writes to stderr, and goes on writing much more than a pipe holds."""
    master = None
    if where == "pipe":
        target = subprocess.PIPE
    elif where == "file":
        target = open(tmp_path / "err.txt", "wb")
    elif where == "null":
        target = subprocess.DEVNULL
    else:
        master, target = pty.openpty()
    process = start(sys.executable, "-c", KEEPS_WRITING, "2", options=["--capture", capture], stderr=target, stdout=subprocess.DEVNULL)
    program = int(read_when_there(project / "pid"))
    process.kill()
    assert process.wait(300) == -signal.SIGKILL
    (project / "killed").write_text("")
    seen = b""
    if where == "pipe":
        seen = process.stderr.read()
    elif where == "terminal":
        while not seen.endswith(b"\r\n49999\r\n"):
            assert select.select([master], [], [], 300)[0], seen[-100:]
            seen += os.read(master, 65536)
        seen = seen.replace(b"\r\n", b"\n")
        os.close(target)
        os.close(master)
    assert read_when_there(project / "done") == "whole\n"  # no SIGPIPE, no hang
    wait_until(lambda: state_of(program) is None, "the end of the program")
    whole = b"before\n" + b"".join(b"%d\n" % i for i in range(50_000))
    if where == "file":
        target.close()
        wait_until(lambda: (tmp_path / "err.txt").stat().st_size >= len(whole), "the file")
        seen = (tmp_path / "err.txt").read_bytes()
    if where != "null":
        assert seen == whole
    if capture != "none":
        run_id = journal.only(store_of(project), "start")["run"]
        log = store_of(project) / "output" / run_id / "stderr.log"
        wait_until(lambda: log.exists() and log.stat().st_size >= len(whole), "the log")
        assert log.read_bytes() == whole


def test_no_process_is_left_behind(runlake, project):
    libc = ctypes.CDLL(None)
    assert libc.prctl(36, 1, 0, 0, 0) == 0  # PR_SET_CHILD_SUBREAPER: what the recorder leaves becomes ours
    try:
        for capture in ("none", "all"):
            runlake("run", "--capture", capture, "--", "sh", "-c", "echo out; echo err >&2").ok()
            assert Path(f"/proc/self/task/{os.getpid()}/children").read_text().split() == []
    finally:
        libc.prctl(36, 0, 0, 0, 0)


def test_capture_of_closed_streams(runlake_bin, project, clean_env):
    script = "for fd in 1 2; do test -e /proc/self/fd/$fd && echo $fd >> open; done; exit 6"
    done = subprocess.run(["sh", "-c", f'exec {runlake_bin} run --capture all -- sh -c "$1" >&- 2>&-', "x", script], cwd=project, env=clean_env, timeout=300)
    assert done.returncode == 6 and not (project / "open").exists()


def test_capture_keeps_both_streams(runlake, project):
    done = runlake("run", "--capture", "all", "--", "sh", "-c", "echo out; echo err >&2; printf unended; exit 2")
    assert (done.status, done.out, done.err) == (2, "out\nunended", "err\n")
    run_id = journal.only(store_of(project), "start")["run"]
    folder = store_of(project) / "output" / run_id
    assert (folder / "stdout.log").read_text() == "out\nunended" and (folder / "stderr.log").read_text() == "err\n"
    logs = {log["name"]: log for log in runlake("runs", "logs", run_id[:8], "--json").ok().json["logs"]}
    assert (logs["stdout"]["text"], logs["stderr"]["text"]) == ("out\nunended", "err\n")
    assert logs["error"]["text"] == "exit status 2: err"
    text = runlake("runs", "logs", run_id).ok().out
    assert "out\nunended" in text and "err\n" in text


def test_capture_by_setting_and_its_limit(runlake, project):
    env = {"RUNLAKE_CAPTURE": "stderr", "RUNLAKE_CAPTURE_LIMIT": "1000"}
    runlake("run", "--", "sh", "-c", "seq 1 100000 >&2; seq 1 10", env=env).ok()
    run_id = journal.only(store_of(project), "start")["run"]
    folder = store_of(project) / "output" / run_id
    assert sorted(path.name for path in folder.iterdir()) == ["stderr.log"]
    kept = (folder / "stderr.log").read_bytes()
    assert kept[:1000] == b"".join(b"%d\n" % i for i in range(1, 1000))[:1000]
    assert kept[1000:].decode() == "\n[runlake: cut here; 588895 bytes were written in all]\n"
    runlake("run", "--capture", "none", "--", "sh", "-c", "echo x >&2", env=env).ok()
    assert len(list((store_of(project) / "output").iterdir())) == 1


def test_captured_secrets_are_not_kept(runlake, project):
    done = runlake("run", "--capture", "all", "--", "sh", "-c", "echo password=hunter2hunter2; echo Authorization: Bearer abcdefghijklmnop >&2").ok()
    assert "hunter2hunter2" in done.out
    for path in (store_of(project) / "output").rglob("*.log"):
        assert "[redacted]" in path.read_text() and "hunter2" not in path.read_text() and "abcdefghijklmnop" not in path.read_text()


def test_captured_output_merged_by_the_user_keeps_its_order(start, runlake, project):
    script = "import os\nfor i in range(100):\n    os.write(1 + i % 2, b'%d\\n' % i)"
    process = start(sys.executable, "-c", script, options=["--capture", "all"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out, _ = process.communicate(timeout=300)
    assert out.split() == [b"%d" % i for i in range(100)]
    run_id = journal.only(store_of(project), "start")["run"]
    assert (store_of(project) / "output" / run_id / "stdout.log").read_bytes() == out
    assert [log["name"] for log in runlake("runs", "logs", run_id, "--json").ok().json["logs"]] == ["stdout"]


def test_logs_of_a_run_that_kept_none(runlake, project):
    runlake("run", "--", "true").ok()
    run_id = journal.only(store_of(project), "start")["run"]
    done = runlake("runs", "logs", run_id).ok()
    assert done.out == "" and "--capture" in done.err
    assert runlake("runs", "logs", run_id, "--json").ok().json["logs"] == []
    assert runlake("runs", "logs", "00000000").status == 3


def test_a_long_error_is_whole_in_its_file(runlake, project):
    line = "é" * 2000
    runlake("run", "--", "sh", "-c", f"echo '{line}' >&2; exit 1")
    error = last_end(project)["error"]
    assert len(error["head"].encode()) <= 500 and error["bytes"] >= len(error["head"].encode())
