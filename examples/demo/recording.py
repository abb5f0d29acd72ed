# SPDX-License-Identifier: Apache-2.0
"""The one thing a stage knows about Runlake: `runlake log key=value ...` adds to the run it is part of."""
import os
import subprocess


def log(*, step=None, degraded=None, **values):
    """Adds values to the run around this process. Outside a run, or without Runlake, it does nothing."""
    if "RUNLAKE_RUN_ID" not in os.environ:
        return
    words = ["runlake", "log"] + [f"{name}={value}" for name, value in values.items()]
    if step is not None:
        words += ["--step", str(step)]
    if degraded is not None:
        words += [f"--degraded={degraded}"]
    try:
        subprocess.run(words, check=False)
    except FileNotFoundError:
        pass
