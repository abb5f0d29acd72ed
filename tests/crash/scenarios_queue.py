# SPDX-License-Identifier: Apache-2.0
"""The queue: killed or refused by the disk while jobs are queued, run, stopped, and written into a script. None is lost, none is run twice at a time, and the next call makes it good."""

import json

from harness import Scenario
from scenarios import BINARY
from scenarios_jobs import call, good

ADD = ["queue", "add", "--experiment", "E001", "--no-commit", "--sweep", "n=0..1", "--", "sh", "-c", "echo {n} >> order"]
LASTING = ("*:enospc:1+", "*:eio:1+", "*:erofs:1+", "*:eacces:1+")


def prepared(folder):
    (folder / ".runlake").mkdir()


def with_a_queue(folder):
    prepared(folder)
    good(call(folder, *ADD))


def documents(folder):
    return [json.loads(path.read_text()) for path in (folder / ".runs" / "workspace").glob("[0-9a-f]*/signac_job_document.json")]


def ended(outcome):
    assert outcome.killed or outcome.status in (0, 1, 3, 5, 8), f"status {outcome.status}: {outcome.err}"
    assert outcome.fault or outcome.status == 0, outcome.err


def statuses(folder):
    return sorted(document["status"] for document in documents(folder))


def brought_to_an_end(folder):
    """What is there is whole; queued again and run, both jobs are complete, and each index was given once."""
    # What every of its runners was killed by is not tried any more, unless asked for.
    assert all(document["queue"]["last_error"]["cause"] == "lost" for document in documents(folder) if document["status"] == "failed"), documents(folder)
    good(call(folder, *ADD[:2], "--again", *ADD[2:]))
    for _ in range(4):
        call(folder, "queue", "run", "--continue-on-failure")
    found = documents(folder)
    assert [document["status"] for document in found] == ["complete"] * 2, found
    indices = [document["runlake"]["queue"]["index"] for document in found]
    assert len(set(indices)) == 2, indices
    assert set((folder / "order").read_text().split()) == {"0", "1"}


def check_add(outcome):
    ended(outcome)
    assert all(document["status"] == "queued" and document["queue"]["queued_at"] for document in documents(outcome.folder)), documents(outcome.folder)
    brought_to_an_end(outcome.folder)


def check_run(outcome):
    ended(outcome)
    brought_to_an_end(outcome.folder)
    good(call(outcome.folder, "ledger", "backfill"))
    assert len(list((outcome.folder / ".runlake" / "ledger").glob("*.json"))) == 2


def check_clear(outcome):
    ended(outcome)
    assert set(statuses(outcome.folder)) <= {"queued", "abandoned"}, statuses(outcome.folder)
    good(call(outcome.folder, "queue", "clear", "--yes"))
    assert statuses(outcome.folder) == ["abandoned", "abandoned"]


def check_script(outcome):
    ended(outcome)
    script = outcome.folder / "go.sh"
    assert not script.exists() or script.read_text().count(" job run ") == 2
    assert statuses(outcome.folder) == ["queued", "queued"]
    good(call(outcome.folder, "queue", "materialize", "-o", "go.sh"))


SCENARIOS = [
    Scenario("queue-add", [BINARY, *ADD], check_add, setup=prepared, needs=BINARY, most_passings=4, lasting=LASTING),
    Scenario("queue-run", [BINARY, "queue", "run", "--continue-on-failure"], check_run, setup=with_a_queue, needs=BINARY, most_passings=3, lasting=LASTING),
    Scenario("queue-clear", [BINARY, "queue", "clear", "--yes"], check_clear, setup=with_a_queue, needs=BINARY, most_passings=3, lasting=LASTING),
    Scenario("queue-materialize", [BINARY, "queue", "materialize", "-o", "go.sh"], check_script, setup=with_a_queue, needs=BINARY, lasting=LASTING),
]
