# SPDX-License-Identifier: Apache-2.0
"""Runs the tests against one peer: status 77 with the reason when it is absent, failure when RUNLAKE_PEERS=1 asks for it."""
import os
import sys
from pathlib import Path

from peers import missing

# Too large to be asked of everybody: skipped also where the others are required.
OPTIONAL = ("replay_frameworks",)
HERE = Path(__file__).resolve().parent


def main():
    peer = sys.argv[1]
    why = missing(peer)
    if why:
        required = os.environ.get("RUNLAKE_PEERS") == "1" and peer not in OPTIONAL
        print(f"{'FAILED' if required else 'skipped'}: {why}")
        return 1 if required else 77
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", str(HERE / f"test_{peer}.py")]
    os.execv(sys.executable, words)


if __name__ == "__main__":
    sys.exit(main())
