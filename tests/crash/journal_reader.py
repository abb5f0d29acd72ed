# SPDX-License-Identifier: Apache-2.0
"""A second reader of the journal, written from docs/formats/journal.md alone, so that tests do not trust the first one."""

import json
import re
import zlib
from pathlib import Path

_FRAME = re.compile(rb"1 ([0-9a-f]{8}) ")
_SEGMENT = re.compile(r"[0-9a-f]{16}\.(free|open-[0-9a-f]{8}-\d+-\d+-\d+)$")
_SEALED = re.compile(r"[0-9a-f]{16}\.seg$")


def segments(store):
    """Paths of all segments of all machines."""
    found = []
    for machine in sorted(Path(store, "journal").glob("*")):
        if not machine.is_dir():
            continue
        found += [p for p in sorted(machine.iterdir()) if _SEGMENT.match(p.name)]
        sealed = machine / "sealed"
        if sealed.is_dir():
            found += [p for p in sorted(sealed.iterdir()) if _SEALED.match(p.name)]
    return found


def _payload(line):
    """The payload of a whole line, or of the whole frame at the end of a damaged one; None when there is none."""
    for start in reversed([m.start() for m in _FRAME.finditer(line)]):
        match = _FRAME.match(line, start)
        payload = line[match.end() :]
        if zlib.crc32(payload) == int(match.group(1), 16):
            return payload, start == 0
    return None, False


def read(store):
    """All records (equal payloads once, in the order met), and how many lines were damaged."""
    records, damaged = {}, 0
    for path in segments(store):
        lines = path.read_bytes().split(b"\n")
        for line in lines[:-1]:  # what follows the last newline is not whole
            if not line:
                continue
            payload, whole = _payload(line)
            damaged += not whole
            if payload is None:
                continue
            record = json.loads(payload)
            if record["kind"] != "merged":
                records[payload] = record
    return list(records.values()), damaged


def marks(store):
    """What the driver's acknowledgements name: (run, kind, mark)."""
    found = set()
    for record in read(store)[0]:
        kind, run = record["kind"], record.get("run", "-")
        if kind == "start":
            found.add((run, "start", record["stage"]))
        elif kind == "log":
            found.add((run, "log", record.get("note", "-")))
        elif kind == "end":
            found.add((run, "end", "-"))
            if "start" in record:
                found.add((run, "start", record["start"]["stage"]))
        elif kind == "mark":
            found.add(("-", "mark", record["mark"]))
    return found
