# SPDX-License-Identifier: Apache-2.0
"""Reads a store's journal as docs/formats/journal.md describes it, without any code of the product."""

import json
import zlib
from pathlib import Path


def segments(store):
    """Each segment and its bytes. A segment is renamed when its writer takes or leaves it: then they are listed again."""
    while True:
        try:
            return [(path, path.read_bytes()) for path in sorted(Path(store).glob("journal/*/**/*")) if not path.is_dir()]
        except FileNotFoundError:
            continue


def records(store, torn_is_fine=False):
    """Every record of every segment, by time and count; a damaged line fails the test that asks, unless a full disk may have torn it."""
    found = []
    for path, text in segments(store):
        for line in text.split(b"\n")[:-1]:
            version, checksum, payload = (line.split(b" ", 2) + [b"", b""])[:3]
            if torn_is_fine and checksum != b"%08x" % zlib.crc32(payload):
                continue
            assert version == b"1" and int(checksum, 16) == zlib.crc32(payload), f"{path}: damaged line {line!r}"
            found.append(json.loads(payload))
    return sorted(found, key=lambda record: (record.get("at", 0), record.get("n", 0)))


def of_kind(store, kind, torn_is_fine=False):
    return [record for record in records(store, torn_is_fine) if record["kind"] == kind]


def only(store, kind):
    (record,) = of_kind(store, kind)
    return record
