# SPDX-License-Identifier: Apache-2.0
"""Answer a replay from inside the program that is replayed.

    from runlake import replay

    params = {"objective": "binary", **replay.parameters()}   # what the spec pins for the program; {} outside of a replay
    model = lightgbm.train(params, data)
    replay.report(f1=score, effective=params)                 # does nothing outside of a replay

`report` also says what the interpreter and the libraries in this process really use: hash seed, thread counts, address randomization, processors, umask, locale, zone.
A knob that was pinned and is not in effect makes the replay an error, so that nothing passes on belief. This module needs the standard library alone.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, Iterator, Mapping, Optional, Tuple

__all__ = ["active", "effective", "parameters", "report"]

_REPORT = "RUNLAKE_REPLAY_REPORT"
_PARAMETERS = "RUNLAKE_REPLAY_PARAMETERS"
_NO_RANDOMIZE = 0x0040000

# Library (the beginning of its file's name), function, knob.
_THREADS: Tuple[Tuple[str, str, str], ...] = (
    ("libgomp", "omp_get_max_threads", "OMP_NUM_THREADS"),
    ("libomp", "omp_get_max_threads", "OMP_NUM_THREADS"),
    ("libiomp5", "omp_get_max_threads", "OMP_NUM_THREADS"),
    ("libopenblas", "openblas_get_num_threads", "OPENBLAS_NUM_THREADS"),
    ("libopenblas", "openblas_get_num_threads64_", "OPENBLAS_NUM_THREADS"),
    ("libscipy_openblas", "scipy_openblas_get_num_threads", "OPENBLAS_NUM_THREADS"),
    ("libscipy_openblas", "scipy_openblas_get_num_threads64_", "OPENBLAS_NUM_THREADS"),
    ("libmkl_rt", "MKL_Get_Max_Threads", "MKL_NUM_THREADS"),
    ("libblis", "bli_thread_get_num_threads", "BLIS_NUM_THREADS"),
)


def active() -> bool:
    """Whether this process is part of a replay."""
    return bool(os.environ.get(_REPORT))


def parameters() -> Dict[str, Any]:
    """The parameters that the replay pins for the program; empty outside of a replay."""
    text = os.environ.get(_PARAMETERS, "")
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _loaded() -> Iterator[str]:
    seen = set()
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            for line in maps:
                path = line.rstrip("\n").partition("/")[2]
                if path and ".so" in path and path not in seen:
                    seen.add(path)
                    yield "/" + path
    except OSError:
        return


def _thread_counts() -> Dict[str, str]:
    import ctypes  # here, because every program that records would pay for it

    counts: Dict[str, int] = {}
    for path in _loaded():
        name = os.path.basename(path)
        for library, function, knob in _THREADS:
            if not name.startswith(library):
                continue
            try:
                count = int(getattr(ctypes.CDLL(path), function)())
            except (AttributeError, OSError):
                continue
            counts[knob] = max(counts.get(knob, 0), count)  # the one that was not capped shows
    if "OPENBLAS_NUM_THREADS" in counts:
        counts["GOTO_NUM_THREADS"] = counts["OPENBLAS_NUM_THREADS"]
    return {knob: str(count) for knob, count in counts.items()}


def _hash_seed() -> str:
    # -E, -I and a variable that was set too late leave the flag on, whatever the variable says.
    if sys.flags.hash_randomization:
        seed = os.environ.get("PYTHONHASHSEED", "random")
        return "random" if sys.flags.ignore_environment or seed in ("", "random") else seed
    return "0"


def _line_of(path: str, name: str) -> Optional[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as lines:
            for line in lines:
                if line.startswith(name):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return None


def effective() -> Dict[str, str]:
    """What is in effect in this process, by the names that pins have."""
    values: Dict[str, str] = {"PYTHONHASHSEED": _hash_seed(), **_thread_counts()}
    try:
        with open("/proc/self/personality", encoding="ascii") as personality:
            values["aslr"] = "off" if int(personality.read(), 16) & _NO_RANDOMIZE else "on"
    except (OSError, ValueError):
        pass
    if hasattr(os, "sched_getaffinity"):
        values["cpus"] = ",".join(str(cpu) for cpu in sorted(os.sched_getaffinity(0)))
    umask = _line_of("/proc/self/status", "Umask")
    if umask is not None:
        values["umask"] = format(int(umask, 8), "03o")
    for name in ("LC_ALL", "TZ"):
        if name in os.environ:
            values[name] = os.environ[name]
    return values


def _word(value: Any) -> Any:
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    try:
        return repr(float(value))
    except (TypeError, ValueError, OverflowError):
        return json.dumps(value, sort_keys=True, default=str)


def report(metric: Optional[float] = None, *, effective: Optional[Mapping[str, Any]] = None, **metrics: float) -> bool:
    """Gives the replay its result: `report(0.93)`, or by name `report(f1=0.93, auc=0.97)`. `effective` says what the program made of the parameters it was given.

    A metric reported twice is an error of the replay, and so is one that is not a number. Returns whether somebody listens: False outside of a replay."""
    path = os.environ.get(_REPORT)
    if not path:
        return False
    own = globals()["effective"]()
    lines = [{"kind": "effective", "values": {**own, **{name: _word(value) for name, value in (effective or {}).items()}}}]
    if metric is not None:
        lines.append({"kind": "result", "value": repr(float(metric))})
    for name, value in metrics.items():
        lines.append({"kind": "result", "metric": name, "value": repr(float(value))})
    text = "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    # One write to a file that is only appended to: lines of several processes do not mix.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0))
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
    return True
