# SPDX-License-Identifier: Apache-2.0
"""What the tests of `run` share: waiting for what must come, and looking at processes."""

import os
import signal
import time
from pathlib import Path

import journal  # noqa: F401

LIMIT = 300.0


def wait_until(condition, what, limit=LIMIT):
    """Polls for an event that has no descriptor to wait on; returns what the condition gives."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"still waiting after {limit} s for {what}"
        time.sleep(0.002)


def read_when_there(path, limit=LIMIT):
    """The text of a file that another process is about to write in one piece, ended by a newline."""

    def text():
        found = Path(path).read_text() if Path(path).exists() else ""
        return found if found.endswith("\n") else None

    return wait_until(text, path, limit)


def state_of(pid):
    """The letter that the kernel shows for a process ("T": stopped), None when it is gone or only waits to be reaped."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    letter = text.rsplit(") ", 1)[1][0]
    return None if letter in "ZX" else letter


def end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
