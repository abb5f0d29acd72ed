# SPDX-License-Identifier: Apache-2.0
"""Where the programs are that Runlake is tested against, and why one is missing."""
import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2]))
UNPACKED = SOURCE / ".deps" / "peers"


def program(name):
    """A program on the PATH, or unpacked by `tools/setup peers`; None when it is nowhere."""
    return shutil.which(name) or shutil.which(name, path=str(UNPACKED / "usr" / "bin"))


def python_with_duckdb():
    python = UNPACKED / "python" / "bin" / "python"
    if not python.exists():
        return None
    found = subprocess.run([python, "-c", "import duckdb"], capture_output=True, check=False)
    return str(python) if found.returncode == 0 else None


def missing(peer):
    """Why a peer cannot be tested against, or None."""
    if peer == "duckdb":
        return None if python_with_duckdb() else "no Python environment with the package duckdb (make test-peers installs it)"
    if peer == "prometheus":
        absent = [name for name in ("prometheus", "promtool") if program(name) is None]
        return f"{' and '.join(absent)} not installed (make test-peers unpacks Debian's)" if absent else None
    return f"no peer is called {peer}"
