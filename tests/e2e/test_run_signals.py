# SPDX-License-Identifier: Apache-2.0
"""`run`: signals reach the program once, job control works as without a recorder, and Ctrl-C is recorded as stopped."""

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from run_support import LIMIT, end, journal, read_when_there, state_of, wait_until

# Writes a line for each signal it gets; ends at USR2 with 0, and at any other with 9 when it is told to.
PROGRAM = """
import os, pathlib, signal, sys
fatal = sys.argv[1] == "fatal"
seen = os.open("seen", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
# Waited for, not handled: pause() sleeps through a signal that comes just before it.
awaited = {1, 2, 3, 10, 12, 15, 28}
signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
pathlib.Path("pid").write_text(f"{os.getpid()}\\n")
while True:
    number = signal.sigwait(awaited)
    os.write(seen, f"{signal.Signals(number).name}\\n".encode())
    if number == signal.SIGUSR2: os._exit(0)
    if fatal: os._exit(9)
"""


def store_of(project):
    return project / ".runlake"


def seen(project):
    path = project / "seen"
    return path.read_text().split() if path.exists() else []


@pytest.fixture
def start(runlake_bin, project, clean_env):
    """Begins the program in a session of its own, without a terminal; gives the recorder and the program's number."""
    begun = []

    def call(kind="counting"):
        process = subprocess.Popen([runlake_bin, "run", "--", sys.executable, "-c", PROGRAM, kind], cwd=project, env=clean_env, start_new_session=True,
                                   stdin=subprocess.DEVNULL)  # fmt: skip
        begun.append(process)
        program = int(read_when_there(project / "pid"))
        begun.append(program)
        return process, program

    yield call
    for one in begun:
        if isinstance(one, int):
            end(one)
        else:
            if one.poll() is None:
                one.kill()
            one.wait()


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1"])
def test_a_signal_to_the_recorder_reaches_the_program_once(start, project, name):
    process, _ = start()
    process.send_signal(getattr(signal, name))
    wait_until(lambda: name in seen(project), name)
    process.send_signal(signal.SIGUSR2)
    assert process.wait(LIMIT) == 0
    assert seen(project) == [name, "SIGUSR2"]
    assert journal.only(store_of(project), "end")["state"] == "completed"  # it said so itself


def test_a_signal_to_the_recorders_group_reaches_the_program_once(start, project):
    process, _ = start()
    os.killpg(process.pid, signal.SIGTERM)
    wait_until(lambda: seen(project), "SIGTERM")
    process.send_signal(signal.SIGUSR2)
    assert process.wait(LIMIT) == 0
    assert seen(project) == ["SIGTERM", "SIGUSR2"]


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"])
def test_what_ends_after_being_told_to_is_stopped(start, project, name):
    process, _ = start("fatal")
    process.send_signal(getattr(signal, name))
    assert process.wait(LIMIT) == 9
    record = journal.only(store_of(project), "end")
    assert (record["state"], record["signal"], record["exit_status"]) == ("stopped", getattr(signal, name), 9)


def test_the_whole_group_of_the_program_is_reached(runlake_bin, project, clean_env):
    script = f"{sys.executable} -c '{PROGRAM}' counting & wait"
    process = subprocess.Popen([runlake_bin, "run", "--", "sh", "-c", script], cwd=project, env=clean_env, start_new_session=True)
    grandchild = int(read_when_there(project / "pid"))
    try:
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: "SIGTERM" in seen(project), "SIGTERM in the grandchild")
        assert process.wait(LIMIT) == 128 + signal.SIGTERM
    finally:
        end(grandchild)
    assert journal.only(store_of(project), "end")["state"] == "stopped"


def test_a_signal_right_at_the_start_is_not_lost(runlake_bin, project, clean_env):
    for _ in range(30):
        process = subprocess.Popen([runlake_bin, "run", "--", "sleep", "1000"], cwd=project, env=clean_env, start_new_session=True)
        # As soon as it takes signals itself.
        wait_until(lambda: "SigBlk:\t0000000000000000" not in Path(f"/proc/{process.pid}/status").read_text(), "the recorder")
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 128 + signal.SIGTERM
    assert {record["state"] for record in journal.of_kind(store_of(project), "end")} == {"stopped"}


def test_pause_and_continue_without_a_terminal(start, project):
    process, program = start()
    process.send_signal(signal.SIGTSTP)
    wait_until(lambda: state_of(program) == "T" and state_of(process.pid) == "T", "both to stop")
    process.send_signal(signal.SIGCONT)
    wait_until(lambda: state_of(program) != "T" and state_of(process.pid) != "T", "both to go on")
    process.send_signal(signal.SIGUSR2)
    assert process.wait(LIMIT) == 0


def test_a_program_stopped_alone_does_not_stop_the_recorder(start, project):
    process, program = start()
    os.kill(program, signal.SIGSTOP)
    wait_until(lambda: state_of(program) == "T", "the program to stop")
    process.send_signal(signal.SIGUSR2)  # waits in the program until it goes on
    wait_until(lambda: state_of(process.pid) == "S", "the recorder to wait on")
    os.kill(program, signal.SIGCONT)
    assert process.wait(LIMIT) == 0


def test_interrupted_while_large_inputs_are_read(runlake_bin, project, clean_env):
    # Half a terabyte to read, in the room of one file; not sparse: holes need no reading.
    (project / "huge").mkdir()
    (project / "huge" / "0").write_bytes(b"x" * (128 << 20))
    for number in range(1, 4000):
        os.link(project / "huge" / "0", project / "huge" / str(number))
    process = subprocess.Popen([runlake_bin, "run", "--input", "huge", "--", "sh", "-c", "exit 3"], cwd=project, env=clean_env, start_new_session=True)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    wait_until(lambda: len(journal.of_kind(store_of(project), "start")) == 1 and children.read_text() == "", "the program's end")
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(LIMIT) == 3
    record = journal.only(store_of(project), "end")
    assert record["state"] == "failed" and "input_fingerprint" not in record
    assert "interrupted" in journal.only(store_of(project), "log")["note"]


# A shell's part of job control: runs a job in the foreground; when it stops, says so and continues it when told.
SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        os.tcsetpgrp(0, os.getpid())
        os.write(1, b"[stopped]")
        sys.stdin.buffer.raw.read(1)
        os.tcsetpgrp(0, job)
        os.killpg(job, signal.SIGCONT)
        continue
    os.tcsetpgrp(0, os.getpid())
    os.write(1, b"[ended %d]" % os.waitstatus_to_exitcode(status))
    while True: signal.pause()  # what is written may be lost when the last one closes a terminal
"""


class Terminal:
    """A shell of ours on a pseudo-terminal that runs one job."""

    def __init__(self, words, cwd, env):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execve(sys.executable, [sys.executable, "-c", SHELL, *map(str, words)], env)
        self.text = b""

    def type(self, keys):
        os.write(self.master, keys)

    def expect(self, text):
        def there():
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    self.text += os.read(self.master, 4096)
                except OSError:  # nobody has the other end open any more
                    assert text in self.text, f"the shell has ended, having written {self.text!r}"
            return text in self.text

        wait_until(there, text)

    def close(self):
        end(self.pid)
        os.waitpid(self.pid, 0)
        os.close(self.master)


@pytest.fixture
def terminal(project, clean_env):
    opened = []

    def call(*words):
        opened.append(Terminal(words, project, clean_env))
        return opened[-1]

    yield call
    for one in opened:
        one.close()
    if (project / "pid").exists():
        end(int((project / "pid").read_text()))


def test_control_c_reaches_the_program_once_and_is_recorded_as_stopped(terminal, runlake_bin, project):
    shell = terminal(runlake_bin, "run", "--", sys.executable, "-c", PROGRAM, "fatal")
    read_when_there(project / "pid")
    shell.type(b"\x03")
    shell.expect(b"[ended 9]")
    assert seen(project) == ["SIGINT"]
    record = journal.only(store_of(project), "end")
    assert (record["state"], record["signal"]) == ("stopped", signal.SIGINT)


def test_control_c_on_a_program_that_does_not_handle_it(terminal, runlake_bin, project):
    shell = terminal(runlake_bin, "run", "--", "sh", "-c", "echo $$ > pid; exec sleep 1000")
    read_when_there(project / "pid")
    shell.type(b"\x03")
    shell.expect(b"[ended 130]")
    assert journal.only(store_of(project), "end")["state"] == "stopped"


def test_control_c_twice_is_twice(terminal, runlake_bin, project):
    shell = terminal(runlake_bin, "run", "--", sys.executable, "-c", PROGRAM, "counting")
    program = int(read_when_there(project / "pid"))
    for count in (1, 2):
        shell.type(b"\x03")
        wait_until(lambda: len(seen(project)) == count, "Ctrl-C")
    os.kill(program, signal.SIGUSR2)
    shell.expect(b"[ended 0]")
    assert seen(project) == ["SIGINT", "SIGINT", "SIGUSR2"]


def test_control_backslash(terminal, runlake_bin, project):
    shell = terminal(runlake_bin, "run", "--", sys.executable, "-c", PROGRAM, "fatal")
    read_when_there(project / "pid")
    shell.type(b"\x1c")
    shell.expect(b"[ended 9]")
    assert seen(project) == ["SIGQUIT"]


def test_control_z_stops_and_the_shell_continues(terminal, runlake_bin, project):
    shell = terminal(runlake_bin, "run", "--", sys.executable, "-c", PROGRAM, "counting")
    program = int(read_when_there(project / "pid"))
    recorder = int(Path(f"/proc/{program}/stat").read_text().rsplit(") ", 1)[1].split()[1])
    for round_number in range(1, 21):
        shell.type(b"\x1a")
        shell.expect(b"[stopped]")
        assert state_of(program) == "T" and state_of(recorder) == "T"
        shell.text = b""
        shell.type(b"\n")
        wait_until(lambda: state_of(program) != "T" and state_of(recorder) != "T", f"both to go on, round {round_number}")
    os.kill(program, signal.SIGUSR2)
    shell.expect(b"[ended 0]")
    assert journal.only(store_of(project), "end")["state"] == "completed"


def test_the_program_reads_the_terminal(terminal, runlake_bin, project):
    shell = terminal(runlake_bin, "run", "--", "sh", "-c", "echo ready; read line; echo got $line; test -t 0 && test -t 1 && test -t 2")
    shell.expect(b"ready")
    shell.type(b"words\n")
    shell.expect(b"got words")
    shell.expect(b"[ended 0]")


def test_a_hangup_of_the_terminal_reaches_the_program(terminal, runlake_bin, project):
    shell = terminal(runlake_bin, "run", "--", sys.executable, "-c", PROGRAM, "fatal")
    read_when_there(project / "pid")
    end(shell.pid)  # the session's leader: the kernel hangs up
    wait_until(lambda: journal.of_kind(store_of(project), "end"), "the end")
    assert seen(project)[0] == "SIGHUP"
    assert journal.only(store_of(project), "end")["state"] == "stopped"
