# SPDX-License-Identifier: Apache-2.0
"""Kills and fails a command at each point at which it changes a disk, at each passing, and checks what is left.

A scenario is a command, what is there before it, and what must hold after it. To add one: a Scenario in scenarios.py. For each, the
harness runs the command once in peace with RUNLAKE_FAULT_COUNT to see which points it passes and how often; then, for every passing and
every action, it prepares the same ground again, runs the command with RUNLAKE_FAULT, and calls check().
"""

import collections
import concurrent.futures
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

# RUNLAKE_SOAK=full strikes with everything at every passing of a point (up to most_passings). Else the first and the last passing are killed before the call, the
# last one also behind it, and the first fails in one way, another one from point to point.
FULL = os.environ.get("RUNLAKE_SOAK") == "full"
KILLS = ("kill", "kill_after")
FAILURES = ("enospc", "eio", "erofs", "short")
# A disk that fails from one moment on, for every point at once.
LASTING = ("*:enospc:1+", "*:erofs:1+", "*:eacces:1+", "journal.append:enospc:1+", "journal.append:short:1+", "journal.append:eio:2+")


@dataclass
class Outcome:
    """How the command ended under one injection (`fault` is empty for the run in peace)."""

    fault: str
    status: int
    out: str
    err: str
    folder: Path

    @property
    def killed(self):
        return self.status == -9

    @property
    def store(self):
        return self.folder / ".runlake"

    def acks(self):
        lines = [line.split(" ", 3) for line in self.out.splitlines() if line.startswith("ack ")]
        return {(run, kind, mark) for _, run, kind, mark in lines}


@dataclass
class Scenario:
    name: str
    argv: list
    check: Callable[[Outcome], None]  # asserts; called in peace too
    setup: Optional[Callable[[Path], None]] = None  # makes the ground, once; it is copied for each injection
    env: dict = field(default_factory=dict)
    needs: Optional[Path] = None  # skipped, with a word, when this is missing
    most_passings: int = 40  # of one point: the first ones and the last
    lasting: tuple = LASTING
    only: tuple = ()  # the points to strike at; empty: all that it passes


class Harness:
    def __init__(self, work):
        self.work = Path(work)
        self.memory = None  # a folder in memory, for whom that will do
        self.passed = collections.Counter()
        self.injections = 0
        self.failures = []

    def _run(self, scenario, folder, extra):
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(folder / "home"),
            "XDG_STATE_HOME": str(folder / "state"),
            "RUNLAKE_STORE": str(folder / ".runlake"),
            **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")},
            **scenario.env,
            **extra,
        }
        done = subprocess.run(scenario.argv, env=env, cwd=folder, capture_output=True, text=True, errors="replace", timeout=300, stdin=subprocess.DEVNULL)
        return Outcome(extra.get("RUNLAKE_FAULT", ""), done.returncode, done.stdout, done.stderr, folder)

    def _ground(self, scenario, base, name):
        folder = Path(tempfile.mkdtemp(prefix=name, dir=base.parent)) / "ground"
        shutil.copytree(base, folder, symlinks=True)
        return folder

    def _attempt(self, scenario, base, fault):
        folder = self._ground(scenario, base, "try-")
        outcome = self._run(scenario, folder, {"RUNLAKE_FAULT": fault})
        self.injections += 1
        try:
            scenario.check(outcome)
        except AssertionError as error:
            self.failures.append(f"{scenario.name}: RUNLAKE_FAULT={fault}: {error}\n  left in {folder}\n  stderr: {outcome.err[-600:]}")
            return
        shutil.rmtree(folder.parent, ignore_errors=True)  # a guard or copier of what was killed may still be leaving

    def run(self, scenario, in_memory=False):
        work = self.memory if in_memory and self.memory else self.work
        base = work / f"base-{scenario.name}"
        base.mkdir()
        (base / "home").mkdir()
        if scenario.setup:
            scenario.setup(base)
        peace = self._ground(scenario, base, "peace-")
        counts = work / f"points-{scenario.name}"
        outcome = self._run(scenario, peace, {"RUNLAKE_FAULT_COUNT": str(counts)})
        scenario.check(outcome)
        passings = collections.Counter(counts.read_text().split() if counts.exists() else [])
        assert passings, f"{scenario.name} passes no point: {outcome.err}"
        self.passed.update(passings)
        before = self.injections
        faults = [*scenario.lasting]
        for place, (point, times) in enumerate(sorted(passings.items())):
            if scenario.only and point not in scenario.only:
                continue
            if not FULL:
                faults += [f"{point}:kill:{number}" for number in sorted({1, times})]
                faults += [f"{point}:kill_after:{times}", f"{point}:{FAILURES[place % len(FAILURES)]}:1"]
                continue
            numbers = range(1, times + 1)
            if times > scenario.most_passings:
                half = scenario.most_passings // 2
                numbers = [*range(1, half + 1), *range(times - half + 1, times + 1)]
            faults += [f"{point}:{action}:{number}" for number in numbers for action in KILLS + FAILURES]
        with concurrent.futures.ThreadPoolExecutor(max(2, len(os.sched_getaffinity(0)))) as pool:
            list(pool.map(lambda fault: self._attempt(scenario, base, fault), faults))
        print(f"  {scenario.name}: {len(passings)} points, {sum(passings.values())} passings, {self.injections - before} injections")

    def report(self, all_points):
        verdict = "all survived" if not self.failures else f"{len(self.failures)} NOT SURVIVED"
        print(f"fault points: {len(self.passed)} of {len(all_points)} passed points, {self.injections} injections, {verdict}")
        missing = [p for p in all_points if p not in self.passed]
        if missing:
            print(f"  not passed by any scenario: {' '.join(missing)}")
