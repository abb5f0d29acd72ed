# SPDX-License-Identifier: Apache-2.0
"""Many processes that record at once and are killed at random: every acknowledged record is there, and files stay few.

16 x 100 runs by default; RUNLAKE_SOAK=full: 16 x 2,000 runs and 200,000 writers of one record each.
"""

import os
import random
import signal
import subprocess
import threading

import journal_reader
import scenarios

FULL = os.environ.get("RUNLAKE_SOAK") == "full"
WORKERS = 16
RUNS = 2000 if FULL else 100
CYCLES = 25000 if FULL else 2500  # of each of eight processes


def start(store, *words):
    env = {**os.environ, "RUNLAKE_STORE": str(store)}
    return subprocess.Popen([scenarios.DRIVER, *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def worker(store, seed, acks, kills):
    """Records until RUNS runs have ended; the process is killed after a random number of acknowledgements, and begun again."""
    dice = random.Random(seed)
    done = 0
    while done < RUNS:
        process = start(store, "runs", str(RUNS - done))
        fatal = dice.randrange(1, RUNS)
        for count, line in enumerate(process.stdout, 1):
            if line.startswith("ack ") and line.endswith("\n"):
                _, run, kind, mark = line.rstrip("\n").split(" ", 3)
                acks.append((run, kind, mark))
                done += kind == "end"
            if count == fatal:
                process.send_signal(signal.SIGKILL)
                kills.append(seed)
        process.wait()


def check(store, acks):
    missing = set(acks) - journal_reader.marks(store)
    assert not missing, f"{len(missing)} acknowledged records are not there: {sorted(missing)[:3]}"


def test_killed_processes_lose_nothing(tmp_path):
    store = tmp_path / ".runlake"
    seed = int(os.environ.get("RUNLAKE_SEED", random.SystemRandom().randrange(1 << 32)))
    lists = [[] for _ in range(WORKERS)]
    kills = []
    threads = [threading.Thread(target=worker, args=(store, seed + i, lists[i], kills)) for i in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    acks = [ack for one in lists for ack in one]
    files = len(journal_reader.segments(store))
    _, damaged = journal_reader.read(store)
    print(f"\nsoak: {WORKERS} x {RUNS} runs, {len(acks)} acknowledged records, {len(kills)} kills, {files} segments, {damaged} damaged lines, seed {seed}")
    assert kills, "nobody was killed: the test tells nothing"
    assert sum(kind == "end" for _, kind, _ in acks) >= WORKERS * RUNS
    check(store, acks)
    assert files <= 2 * WORKERS, "segments pile up"
    subprocess.run([scenarios.DRIVER, "care"], env={**os.environ, "RUNLAKE_STORE": str(store)}, check=True, capture_output=True)
    check(store, acks)
    assert len(journal_reader.segments(store)) <= 2 * WORKERS


def test_many_processes_of_one_record_leave_few_files(tmp_path):
    store = tmp_path / ".runlake"
    processes = [start(store, "cycles", str(CYCLES)) for _ in range(8)]
    for process in processes:
        out, _ = process.communicate()
        assert process.returncode == 0 and out == f"cycles {CYCLES}\n"
    files = sum(p.is_file() for p in store.rglob("*"))
    lines = sum(path.read_bytes().count(b"\n") for path in journal_reader.segments(store))
    print(f"\n{8 * CYCLES} writers of one record each: {lines} records in {files} files")
    assert lines == 8 * CYCLES
    # About as many as wrote at once, the ignore file, a sealed one. Now and then one more: who looks for a free segment while all change hands makes its own.
    assert files <= 64
