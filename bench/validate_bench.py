# SPDX-License-Identifier: Apache-2.0
"""`validate`: many citations with quoted numbers over as many ledger entries, beside signac's own Python looking the same runs and numbers up in the workspace that they came from.

Usage: validate_bench.py RUNLAKE [--sizes 10000,100000] [--rounds 3]
Half a thousand findings cite every entry once, each with a number; one number in a thousand is wrong, and both have to name just those. Runlake reads and checks the findings' YAML as
well; signac gets the list of ids and numbers ready made. Three states of the ledger: files without a cache, files with it, packs. signac is .deps/peers/signac2 (tools/setup bench);
without it the ratio is left out. Aim: 100,000 citations over 100,000 packed entries in a second.
"""
import json
import os
import shutil
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from job_bench import SIGNAC, fill  # noqa: E402
from ledger_bench import git, main, timed  # noqa: E402

FINDINGS = 500
THEIRS = """
import json, sys, signac
from decimal import Decimal
project = signac.get_project(sys.argv[1])
wrong = []
for identifier, text in json.load(open(sys.argv[2])):
    quoted = Decimal(text)
    metric = Decimal(repr(project.open_job(id=identifier).document()["summary_metrics"]["loss"]))
    if 2 * abs(metric - quoted) > Decimal(1).scaleb(quoted.as_tuple().exponent):
        wrong.append(identifier)
print(json.dumps(sorted(wrong)))
"""
HEAD = '---\nid: "%s"\naliases: ["%s"]\nhypothesis: "H001"\nexperiment: "E001"\nimpact: HIGH\ncreated: 2026-06-03\nsupporting_runs:\n'
REST = "---\n\n# %s\n\n## Finding\n\n## Evidence\n\n## Caveats\n\n## What Improved For Real\n\n## Remaining Debt\n\n## Next Move\n\n## Links\n\n- [[H001]]\n- [[E001]]\n- [[ACTIVE]]\n- [[CHALLENGE]]\n"


def cite(folder, losses):
    """Findings that cite all of it; what is quoted, and the ids of which the number is wrong."""
    quoted, wrong = [], []
    for number, (identifier, loss) in enumerate(sorted(losses.items())):
        text = "%.1f" % loss
        if number % 1000 == 500:
            text = "%.1f" % (loss + 0.2)
            wrong.append(identifier)
        quoted.append((identifier, text))
    where = os.path.join(folder, "kb", "research", "findings")
    os.makedirs(where, exist_ok=True)
    each = -(-len(quoted) // FINDINGS)
    for number in range(FINDINGS):
        name = "F%03d" % (number + 1)
        items = "".join('  - type: job\n    id: "%s"\n    value: {loss: "%s"}\n' % one for one in quoted[number * each : (number + 1) * each])
        with open(os.path.join(where, name + "-note.md"), "w") as out:
            out.write(HEAD % (name, name) + (items or "  []\n") + REST % name)
    return quoted, wrong


def promote(folder):
    """The ledger as `ledger backfill` would write it, without its syncing; the loss of each entry."""
    workspace, losses = os.path.join(folder, ".runs", "workspace"), {}
    for name in ("ledger", "ledger-extra"):
        os.makedirs(os.path.join(folder, ".runlake", name), exist_ok=True)
    for identifier in os.listdir(workspace):
        with open(os.path.join(workspace, identifier, "signac_statepoint.json")) as file:
            point = json.load(file)
        with open(os.path.join(workspace, identifier, "signac_job_document.json")) as file:
            document = json.load(file)
        if document["status"] == "queued":
            continue
        losses[identifier] = document["summary_metrics"]["loss"]
        both = {"status": document["status"], "promoted_at": document["ended_at"], "registered_machine": "bench", "ended_at": document["ended_at"]}
        entry = {**both, "schema_version": 1, "job_id": identifier, "statepoint": point, "run_link": document["aexp"], "started_at": document["started_at"], "wallclock_s": document["wallclock_s"],
                 "code_commit": point["code_commit"], "code_dirty": point["code_dirty"]}  # fmt: skip
        extra = {**both, "schema": "runlake.extra/1", "id": identifier, "dirty": False, "metrics": {metric: {"value": value} for metric, value in document["summary_metrics"].items()}}
        for name, record in (("ledger", entry), ("ledger-extra", extra)):
            with open(os.path.join(folder, ".runlake", name, identifier + ".json"), "w") as out:
                out.write(json.dumps(record, indent=2, sort_keys=True) + "\n")
    return losses


def checked(runlake, folder, wrong, count):
    clock, used, out = timed([runlake, "validate", "--runs-only", "--json"], folder, check=False)
    answer = json.loads(out)
    assert answer["citations"] == answer["values"] == count, {key: answer[key] for key in answer if key != "issues"}
    assert sorted(issue["message"].rsplit("run ", 1)[1][:8] for issue in answer["issues"]) == [identifier[:8] for identifier in wrong]
    return clock, used


def measure(runlake, folder, count, rounds):
    fill(folder, count * 5 // 4)      # one in five is still queued
    git(folder, "init", "-q", "-b", "main")
    timed([runlake, "install", "--machine-label", "bench"], folder)
    losses = promote(folder)
    quoted, wrong = cite(folder, losses)
    count = len(quoted)
    print("%d citations over %d entries" % (count, len(losses)))
    workspace, ready = folder + "-workspace", folder + ".json"
    os.makedirs(workspace)
    shutil.move(os.path.join(folder, ".runs"), workspace)   # the machine that judges never saw the runs
    with open(ready, "w") as out:
        json.dump(quoted, out)
    theirs = []
    if os.path.exists(SIGNAC):
        for _ in range(rounds):
            clock, used, out = timed([SIGNAC, "-c", THEIRS, os.path.join(workspace, ".runs"), ready], folder)
            assert json.loads(out) == sorted(wrong), "the two do not say the same"
            theirs.append((clock, used))
        print("  signac: %.2f s" % statistics.median(one[0] for one in theirs))

    def report(what, ours):
        clock = statistics.median(one[0] for one in ours)
        line = "  validate, %s: %.2f s" % (what, clock)
        if theirs:
            line += ", %.1f x as fast by the clock, %.1f x by processor time" % (statistics.median(one[0] for one in theirs) / clock, statistics.median(one[1] for one in theirs) / statistics.median(one[1] for one in ours))
        print(line)

    time.sleep(2.1)  # files that were written within the last two seconds are not believed by their stamps
    cache = os.path.join(folder, ".runlake", "cache", "ledger")
    cold, warm = [], []
    for _ in range(rounds):
        if os.path.exists(cache):
            os.remove(cache)
        cold.append(checked(runlake, folder, wrong, count))
        warm.append(checked(runlake, folder, wrong, count))
    report("a file an entry, no cache", cold)
    report("a file an entry, with the cache", warm)
    git(folder, "add", "-A", ".runlake", ".gitignore", ".gitattributes")
    git(folder, "commit", "-q", "-m", "entries")
    timed([runlake, "ledger", "pack"], folder)
    report("packed", [checked(runlake, folder, wrong, count) for _ in range(rounds)])


if __name__ == "__main__":
    sys.exit(main(__doc__, measure))
