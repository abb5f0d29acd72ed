# SPDX-License-Identifier: Apache-2.0
"""What the tests of `runs ...` share: stores of made-up runs, and what their files hold."""

import hashlib
from pathlib import Path

import make_journal  # noqa: F401
import pytest

SECOND = 1_000_000
# The runs of the seed's example: id, stage, state, second after 14:23:00, rows in, duration.
SEED = [
    ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "window_0", "completed", 15, 150, 12.45),
    ("b1ffc88a-9c0b-4ef8-bb6d-6bb9bd380a11", "window_1", "completed", 28, 200, 15.23),
    ("c2ddd77b-9c0b-4ef8-bb6d-6bb9bd380a11", "window_2", "failed", 45, 180, 3.12),
]
ERROR = "ValueError: Prompt exceeds model context limit"
CODE = "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0"


def make_seed(store):
    with make_journal.Journal(store) as journal:
        for run, stage, state, second, rows, seconds in SEED:
            at = make_journal.START + (second - 15) * SECOND
            journal.start(run, at, stage, rows_in=rows, code_ref=CODE if state == "failed" else None)
            error = {"head": ERROR, "bytes": len(ERROR)} if state == "failed" else None
            journal.end(run, at + int(seconds * SECOND), state, seconds, error=error)


def id_of(digits):
    """A run id that begins with these digits."""
    return digits.ljust(8, "0") + "-0000-4000-8000-000000000000"


def facts(store):
    """Every file of a store but the derived database: name to digest."""
    store = Path(store)
    return {
        str(path.relative_to(store)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(store.rglob("*"))
        if path.is_file() and not path.name.startswith("runs.duckdb")
    }


@pytest.fixture
def store(project):
    """A store in which nothing is recorded yet."""
    path = project / ".runlake"
    path.mkdir()
    return path


@pytest.fixture
def seed_store(store):
    make_seed(store)
    return store


@pytest.fixture
def journal(store):
    """An open journal: test code flushes or closes it before it asks."""
    with make_journal.Journal(store) as made:
        yield made
