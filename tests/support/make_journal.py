# SPDX-License-Identifier: Apache-2.0
"""Writes journals of made-up runs, for tests and benchmarks: every state, parameters, metrics, tags, notes, families. Equal seeds give equal bytes.

As a program: make_journal.py STORE --runs 1000 [--seed 1]
"""
import argparse
import json
import os
import random
import uuid
import zlib

MACHINE = "00112233445566778899aabbccddeeff"  # no machine: its processes can be judged by none
START = 1_736_432_595_000_000  # 2025-01-09 14:23:15 UTC, in microseconds
STATES = ["completed", "completed", "completed", "failed", "degraded", "stopped", "abandoned", "cached", "running"]
ELSEWHERE = {"machine": MACHINE, "boot": "11" * 16, "pid_ns": 4026531836, "pid": 4242, "ticks": 100}


def frame(payload):
    """One line of the journal: format, checksum, payload."""
    data = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return b"1 %08x %s\n" % (zlib.crc32(data), data)


class Journal:
    """One free segment of one machine. Records are appended as they are said; close() or leaving the `with` writes the rest."""

    def __init__(self, store, machine=MACHINE, segment=1):
        folder = os.path.join(store, "journal", machine + "-made")
        os.makedirs(folder, exist_ok=True)
        self.path = os.path.join(folder, "%016x.free" % segment)
        self.file = open(self.path, "ab", buffering=1 << 20)
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self.file.close()

    def append(self, kind, run, at, **members):
        self.count += 1
        members = {key: value for key, value in members.items() if value is not None}
        self.file.write(frame({"kind": kind, "run": run, "at": at, "n": self.count, **members}))

    def start(self, run, at=START, stage="fit", recorder=None, **members):
        members.setdefault("host", "made")
        self.append("start", run, at, stage=stage, recorder=recorder or ELSEWHERE, **members)

    def log(self, run, at, **members):
        self.append("log", run, at, **members)

    def end(self, run, at, state="completed", seconds=1.0, **members):
        self.append("end", run, at, state=state, duration_seconds=seconds, **members)


def random_id(source):
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def make(store, runs, seed=1, plain=False, named=False):
    """`runs` runs in one segment; their ids in the order of their starts. `plain`: a start and an end each, as benchmarks count a run; `named`: with three parameters and metrics."""
    source = random.Random(seed)
    ids = []
    with Journal(store) as journal:
        at = START
        for number in range(runs):
            run = random_id(source)
            at += source.randrange(1, 2_000_000)
            state = "completed" if plain else STATES[number % len(STATES)]
            seconds = round(source.random() * 100, 6)
            rows = source.randrange(1_000_000)
            if plain:
                params = {"lr": number % 7 / 10, "seed": number, "model": "m%d" % (number % 5)} if named else None
                journal.start(run, at, "window_%d" % (number % 50), argv=["fit", "--window", str(number)], code_ref="%040x" % source.getrandbits(160),
                              rows_in=rows, params=params)
                if named:
                    journal.log(run, at + 10, metrics={"loss": seconds, "accuracy": seconds / 100, "auc": 0.5})
                journal.end(run, at + int(seconds * 1e6), state, seconds, exit_status=0, rows_out=rows // 2)
                ids.append(run)
                continue
            journal.start(run, at, "window_%d" % (number % 7), tenant=[None, "acme", "other"][number % 3], argv=["fit", "--window", str(number)],
                          params={"lr": source.random(), "model": source.choice(["big", "small"]), "depth": number % 5},
                          tags={"team": source.choice(["core", "data"])}, code_ref="%040x" % source.getrandbits(160), rows_in=rows,
                          parent=ids[-1] if number % 5 == 4 else None, input_fingerprint="files/1:%064x" % source.getrandbits(256),
                          config_hash="config/1:%064x" % source.getrandbits(256), trace_id="%032x" % source.getrandbits(128))
            for step in range(3):
                journal.log(run, at + step + 1, metrics={"rmse": source.random()}, step=step)
            if number % 11 == 0:
                journal.log(run, at + 5, note="looked at by hand")
            ids.append(run)
            if state == "running":
                continue
            error = {"head": "ValueError: made up, \"quoted\"\nsecond line", "bytes": 41} if state == "failed" else None
            journal.end(run, at + int(seconds * 1e6), state, seconds, exit_status=1 if error else 0, error=error, rows_out=rows // 2,
                        llm_calls=number % 3, tokens=number * 10, presumed=True if state == "abandoned" else None,
                        presumption="host_lost" if state == "abandoned" else None, cached_from=ids[0] if state == "cached" else None,
                        degraded_reason="half of it" if state == "degraded" else None, metrics={"score": source.random()})
    return ids


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("store")
    words.add_argument("--runs", type=int, default=1000)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--plain", action="store_true")
    given = words.parse_args()
    make(given.store, given.runs, given.seed, given.plain)


if __name__ == "__main__":
    main()
