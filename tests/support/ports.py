# SPDX-License-Identifier: Apache-2.0
"""Ports of loopback for servers that can't be given port 0: each is this process's own until it ends."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

_HELD = []


def free_ports(count):
    """From below those that the system gives to connections, where nobody comes upon one by chance; other tests leave alone what is locked."""
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    candidates = range(max(1025, first - 15000), first) if first > 2000 else range(61000, 65536)
    folder = Path(tempfile.gettempdir(), f"runlake-test-ports-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    found = []
    for port in random.sample(candidates, len(candidates)):
        lock = open(folder / str(port), "a", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _HELD.append(lock)
        found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free port on loopback")


def free_port():
    return free_ports(1)[0]
