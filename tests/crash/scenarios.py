# SPDX-License-Identifier: Apache-2.0
"""The commands that the crash harness kills and fails. One line each in SCENARIOS; what must hold is a function beside it."""

import os
import subprocess
import zlib
from pathlib import Path

import journal_reader
from harness import Scenario

DRIVER = Path(os.environ.get("RUNLAKE_RECORD_DRIVER", "record_driver"))
BINARY = Path(os.environ.get("RUNLAKE_BIN", Path(__file__).resolve().parents[2] / "build" / "runlake"))


def drive(folder, *words):
    env = {"PATH": os.environ["PATH"], "RUNLAKE_STORE": str(folder / ".runlake"), "XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder / "home")}
    return subprocess.run([DRIVER, *words], env=env, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def frame(payload):
    return b"1 %08x %s\n" % (zlib.crc32(payload), payload)


def known_losses(folder):
    return int(drive(folder, "losses").stdout.split()[1])


def lost_in_journal(store):
    return sum(r["count"] for r in journal_reader.read(store)[0] if r["kind"] == "loss")


# Recording -------------------------------------------------------------------------------------------------------------------


def with_neighbours(folder):
    """A store that has records already, and a neighbour that died in the middle of a line."""
    assert drive(folder, "record").returncode == 0
    segment = journal_reader.segments(folder / ".runlake")[0]
    with segment.open("ab") as out:
        out.write(b'1 0badc0de {"kind":"st')
    (folder / "before").write_text("\n".join(" ".join(m) for m in sorted(journal_reader.marks(folder / ".runlake"))))


def neighbours(folder):
    path = folder / "before"
    return {tuple(line.split(" ", 2)) for line in path.read_text().splitlines()} if path.exists() else set()


def check_recording(outcome):
    """The program's own status is as ever; every acknowledged record and every neighbour is there; losses are known; the next process works."""
    assert outcome.killed or outcome.status == 0, f"the program ended with {outcome.status}"
    found = journal_reader.marks(outcome.store)
    missing = outcome.acks() - found
    assert not missing, f"acknowledged but not there: {sorted(missing)[:3]}"
    gone = neighbours(outcome.folder) - found
    assert not gone, f"neighbours lost: {sorted(gone)[:3]}"
    if not outcome.killed:
        lost = int(outcome.out.splitlines()[-1].split()[1])
        visible = known_losses(outcome.folder) + lost_in_journal(outcome.store)
        # A fault that struck the keeping of losses as well leaves them to stderr.
        assert visible == lost or ("loss.write" in outcome.fault or outcome.fault.startswith("*")), f"{lost} lost, {visible} visible"
        said = sum(line.startswith("runlake: ") for line in outcome.err.splitlines())
        assert said == (lost > 0), f"{lost} lost, said {said} times: {outcome.err}"
    following = drive(outcome.folder, "record")
    assert following.returncode == 0 and following.stdout.splitlines()[-1] == "lost 0", f"the next process: {following.stdout} {following.stderr}"
    acks = {tuple(line.split(" ", 3)[1:]) for line in following.stdout.splitlines() if line.startswith("ack ")}
    assert len(acks) == 9, following.stdout
    after = journal_reader.marks(outcome.store)
    assert acks <= after and found <= after, "the next process lost records"
    assert known_losses(outcome.folder) == 0, "losses were not settled"
    assert len(journal_reader.segments(outcome.store)) <= 4, "files pile up"


def with_losses(folder):
    """Losses of a process that has gone, to be settled by the next."""
    store = folder / ".runlake"
    assert drive(folder, "record").returncode == 0
    lost = store / "lost"
    lost.mkdir()
    for i in range(2):
        payload = b'{"kind":"loss","at":%d,"n":0,"count":%d,"reason":"full"}' % (1000 + i, 3 + i)
        (lost / f"{i:016x}.free").write_bytes(b"\n" + frame(payload))


def check_settling(outcome):
    assert outcome.killed or outcome.status == 0
    assert not outcome.acks() - journal_reader.marks(outcome.store)
    assert drive(outcome.folder, "record").returncode == 0
    # 3 and 4 from before, and its own, unless there was no place to keep those at all.
    counted = lost_in_journal(outcome.store)
    if outcome.killed or outcome.fault.startswith("*"):
        assert counted >= 7, f"{counted} losses are known"
    else:
        assert counted == 7 + int(outcome.out.splitlines()[-1].split()[1]), f"{counted} losses are known"
    assert known_losses(outcome.folder) == 0


# Rotation and care ---------------------------------------------------------------------------------------------------------------


def check_rotation(outcome):
    assert outcome.killed or outcome.status == 0
    missing = outcome.acks() - journal_reader.marks(outcome.store)
    assert not missing, f"acknowledged but not there: {sorted(missing)[:3]}"


def with_sealed_segments(folder):
    assert drive(folder, "record").returncode == 0
    machine = journal_reader.segments(folder / ".runlake")[0].parent
    sealed = machine / "sealed"
    sealed.mkdir()
    for i in range(6):
        lines = [frame(b'{"kind":"mark","mark":"keep-%d"}' % i), frame(b'{"kind":"mark","mark":"drop-%d","drop":1}' % i) if i % 2 else b"torn"]
        (sealed / f"{i:016x}.seg").write_bytes(b"".join(lines))
    (machine / "00000000000000dd.open-00000000-1-1-1").write_bytes(frame(b'{"kind":"mark","mark":"of another boot"}'))
    (folder / "before").write_text("\n".join(" ".join(m) for m in sorted(journal_reader.marks(folder / ".runlake")) if not m[2].startswith("drop")))


def check_care(outcome):
    assert outcome.killed or outcome.status == 0
    gone = neighbours(outcome.folder) - journal_reader.marks(outcome.store)
    assert not gone, f"lost: {sorted(gone)[:3]}"
    following = drive(outcome.folder, "care")
    assert "refused" not in following.stdout, following.stdout
    after = journal_reader.marks(outcome.store)
    assert after == neighbours(outcome.folder), f"dropped ones came back or others went: {after ^ neighbours(outcome.folder)}"
    # A lease's temporary file may be another process' of this moment, so it goes only once it is a day old.
    left = [p.name for p in outcome.store.rglob("*") if p.name.endswith((".part", ".tmp")) and not p.name.startswith(".compact.lease.")]
    assert not left, f"left over: {left}"
    assert len(journal_reader.segments(outcome.store)) <= 4


SCENARIOS = [
    Scenario("record-first", [DRIVER, "record"], check_recording),
    Scenario("record-beside-others", [DRIVER, "record"], check_recording, setup=with_neighbours),
    Scenario("record-synced", [DRIVER, "power"], check_recording, setup=with_neighbours),
    Scenario("record-settling-losses", [DRIVER, "record"], check_settling, setup=with_losses),
    Scenario("record-rotation", [DRIVER, "rotate"], check_rotation, lasting=()),
    Scenario("care", [DRIVER, "care"], check_care, setup=with_sealed_segments),
]
