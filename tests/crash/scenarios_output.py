# SPDX-License-Identifier: Apache-2.0
"""The commands that write for others (exports, spans, metrics pages), this machine's kept id, and a lease that is renewed, killed and failed."""

import json
import os
import shutil

from harness import Scenario
from scenarios import DRIVER
from scenarios_runs import BINARY, LASTING, RUNS, call, record, rows, with_runs


def check_export(outcome):
    """The file is what was there before or the whole export, and the runs are all there."""
    assert outcome.killed or outcome.status in (0, 8), f"ended with {outcome.status}"
    target = outcome.folder / "runs.csv"
    lines = target.read_text().splitlines()
    whole = len(lines) == RUNS + 1 and lines[0].startswith("run_id,") and lines[-1].count(",") == lines[0].count(",")
    assert lines == ["before"] or whole, lines
    assert whole or outcome.status != 0
    if not outcome.killed and not outcome.fault.startswith("*"):
        left = [p.name for p in outcome.folder.iterdir() if p.name.startswith(".runs.csv")]
        assert not left, f"left over: {left}"
    assert len(rows(outcome.folder)) == RUNS


def with_an_older_export(folder):
    record(folder)
    (folder / "runs.csv").write_text("before\n")


def check_push(outcome):
    """Each run is told at least once, by whole lines, and the page is whole or absent."""
    assert outcome.killed or outcome.status in (0, 8), f"ended with {outcome.status}: {outcome.err}"
    receivers = {"RUNLAKE_OTLP_FILE": str(outcome.folder / "spans.jsonl"), "RUNLAKE_PROMETHEUS_FILE": str(outcome.folder / "page.prom")}
    page = outcome.folder / "page.prom"
    assert not page.exists() or page.read_text().endswith("\n")
    following = call(outcome.folder, "observe", "push", **receivers)
    assert following.returncode == 0, following.stderr
    told = set()
    for line in (outcome.folder / "spans.jsonl").read_text().splitlines():
        try:
            document = json.loads(line)
        except ValueError:
            continue  # torn by the injected failure; told again on a line of its own
        told |= {span["spanId"] for resource in document["resourceSpans"] for scope in resource["scopeSpans"] for span in scope["spans"]}
    assert len(told) == RUNS, f"{len(told)} of {RUNS} runs were told"
    assert "runlake_" in page.read_text()


def check_machine_id(outcome):
    """Recording goes on with whatever id there is, and the next process finds or makes a kept one."""
    assert outcome.killed or outcome.status == 0, f"ended with {outcome.status}: {outcome.err}"
    assert call(outcome.folder, "run", "--", "true").returncode == 0
    assert len(rows(outcome.folder)) >= 1


def check_lease(outcome):
    """A renewal that fails costs no lease whose holder lives."""
    assert outcome.killed or (outcome.status == 0 and outcome.out.splitlines()[-1] == "ours"), outcome.out


PUSH = {"RUNLAKE_OTLP_FILE": "spans.jsonl", "RUNLAKE_PROMETHEUS_FILE": "page.prom"}
WITHOUT_MACHINE_ID = ["unshare", "--mount", "sh", "-c", 'mount --bind /dev/null /etc/machine-id && exec "$0" run -- true', BINARY]
SCENARIOS = [
    Scenario("export", [BINARY, "runs", "export", "--format", "csv", "--out", "runs.csv"], check_export, setup=with_an_older_export, needs=BINARY, lasting=LASTING),
    Scenario("observe-push", [BINARY, "observe", "push"], check_push, setup=with_runs, env=PUSH, needs=BINARY, lasting=()),
    Scenario("lease", [DRIVER, "lease"], check_lease, lasting=(), only=("lease.renew",)),
]
if os.geteuid() == 0 and shutil.which("unshare") and os.path.exists("/etc/machine-id"):
    SCENARIOS.append(Scenario("machine-id", WITHOUT_MACHINE_ID, check_machine_id, needs=BINARY, lasting=(), only=("machine_id.write",)))
