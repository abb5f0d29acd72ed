# SPDX-License-Identifier: Apache-2.0
"""Programs on a terminal that a test holds the other end of."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios


def read_to_end(leader):
    """All that is still written to a terminal, until nobody has it open any more; closes it."""
    text = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not piece:
            break
        text += piece
    os.close(leader)
    return text


def read_until(leader, pattern):
    """What is written to a terminal up to the first match, with it."""
    text = b""
    while not (found := re.search(pattern, text)):
        assert select.select([leader], [], [], 300)[0], text
        text += os.read(leader, 65536)
    return text[: found.end()]


def on_terminal(runlake_bin, words, cwd, env, rows=50, columns=200):
    """What the program writes when its stdout is a terminal of that size; it has to end well."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with subprocess.Popen([str(runlake_bin), *words], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=follower, stderr=subprocess.PIPE) as process:
        os.close(follower)
        text = read_to_end(leader)
        _, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    return text.decode().replace("\r\n", "\n")
