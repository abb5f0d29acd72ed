# SPDX-License-Identifier: Apache-2.0
"""A folder in memory for tests to work in: on a disk most of their time is waiting until it has written. RUNLAKE_TEST_MEMORY=off keeps them on the disk."""

import os
import shutil
import tempfile
import time
from pathlib import Path

_SHM = "/dev/shm"
_ROOM = 2 << 30


def _available():
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _sweep():
    """What failed tests left to be looked at, and what killed ones left, goes after a day: it takes memory."""
    for path in Path(_SHM).glob("runlake-test-*"):
        try:
            if time.time() - path.stat().st_mtime > 86400:
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            pass  # another's sweep was faster


def memory_folder():
    """A new folder, for whoever asks to remove; None where there is no room, or nothing can be run from there. A stage of a pipeline may write anywhere in it (POSIX shared memory): for tests of the sandbox it is no place."""
    if os.environ.get("RUNLAKE_TEST_MEMORY") == "off":
        return None
    try:
        _sweep()
        room = os.statvfs(_SHM)
        if room.f_bavail * room.f_frsize < _ROOM or room.f_flag & os.ST_NOEXEC or _available() < 2 * _ROOM:
            return None
        return Path(tempfile.mkdtemp(prefix="runlake-test-", dir=_SHM))
    except OSError:
        return None
