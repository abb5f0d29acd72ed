# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of a test's own: a fresh cluster in a temporary folder, on a Unix socket alone, run by an unprivileged user."""
import contextlib
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2]))
UNPACKED = SOURCE / ".deps" / "peers"


def programs():
    """The folder of initdb and pg_ctl, of the newest version; None when there is none."""
    for root in ("/", str(UNPACKED)):
        found = sorted(glob.glob(os.path.join(root, "usr/lib/postgresql/*/bin/initdb")))
        if found:
            return Path(found[-1]).parent
    return None


def _unprivileged():
    """How to run a program as somebody else than root, whom PostgreSQL refuses."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _environment():
    libraries = [path for path in glob.glob(str(UNPACKED / "usr/lib/*-linux-gnu"))]
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", **({"LD_LIBRARY_PATH": ":".join(libraries)} if programs() and str(programs()).startswith(str(UNPACKED)) else {})}


@contextlib.contextmanager
def serve():
    """A running server: its connection string for user and database "runlake"."""
    home = Path(tempfile.mkdtemp(prefix="runlake-pg-", dir="/tmp"))
    as_whom = _unprivileged()
    home.chmod(0o755)
    if as_whom:
        os.chown(home, as_whom["user"], as_whom["group"])
    call = {"cwd": "/", "env": _environment(), "check": True, "capture_output": True, "text": True, "timeout": 120, **as_whom}
    ctl = [str(programs() / "pg_ctl"), "-D", str(home / "data"), "-w", "-t", "60"]
    try:
        subprocess.run([str(programs() / "initdb"), "-D", str(home / "data"), "-U", "runlake", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C"], **call)
        # Output to a file: the server would hold a pipe open for as long as it lives.
        options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off -c max_connections=10 -c shared_buffers=16MB"
        subprocess.run([*ctl, "-l", str(home / "log"), "-o", options, "start"], **{**call, "capture_output": False, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL})
        try:
            yield f"host={home} user=runlake dbname=postgres"
        finally:
            subprocess.run([*ctl, "-m", "immediate", "stop"], **{**call, "check": False})
    finally:
        shutil.rmtree(home, ignore_errors=True)


def missing():
    return None if programs() else "PostgreSQL is not installed (make test-peers unpacks Debian's)"
