# SPDX-License-Identifier: Apache-2.0
"""The ledger and installation, killed and failed at every point: entries whole or not there, nothing lost by packing, and the next call makes it good."""

import json
import os
import subprocess
import sys
from pathlib import Path

from harness import Scenario

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_jobs  # noqa: E402
import make_ledger  # noqa: E402

BINARY = Path(os.environ.get("RUNLAKE_BIN", Path(__file__).resolve().parents[2] / "build" / "runlake"))
LASTING = ("*:enospc:1+", "*:erofs:1+", "*:eacces:1+", "*:eio:1+")
STATE_POINT = {"experiment_id": "E001", "seed": 1}
GIT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.org", "GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@example.org"}


def environment(folder):
    whole = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state"), "RUNLAKE_STORE": str(folder / ".runlake"), **GIT}
    return whole | {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}


def call(folder, *words, status=0):
    done = subprocess.run([BINARY, "--json", *words], env=environment(folder), cwd=folder, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == status, f"{words}: {done.returncode} {done.stdout}{done.stderr}"
    return json.loads(done.stdout) if done.stdout else None


def git(folder, *words):
    subprocess.run(["git", *words], cwd=folder, env=environment(folder), check=True, capture_output=True)


def ended(outcome, *statuses):
    assert outcome.killed or outcome.status in (0, 8, *statuses), f"ended with {outcome.status}: {outcome.err}"
    assert outcome.fault or outcome.status == 0, outcome.err


def with_a_job(folder):
    (folder / ".runlake").mkdir()
    (folder / ".runlake" / ".gitignore").write_text("*\n!ledger/\n!ledger/**\n!ledger-extra/\n!ledger-extra/**\n")
    make_jobs.job(folder, STATE_POINT, summary_metrics={"loss": 0.5})


def with_an_older_entry(folder):
    with_a_job(folder)
    call(folder, "ledger", "promote", make_ledger.job_id(STATE_POINT))
    make_jobs.change(folder, make_ledger.job_id(STATE_POINT), status="stopped", summary_metrics={"loss": 0.25})


def check_promotion(outcome):
    """Both files are the old ones or the new ones, each whole; the next promotion writes what is so."""
    ended(outcome)
    found = call(outcome.folder, "ledger", "show")
    assert found["left_out"] == [], found
    assert outcome.status != 0 or found["jobs"] == 1
    leftover = [path.name for path in (outcome.folder / ".runlake").glob("ledger*/.*")]
    assert outcome.killed or not leftover or "*" in outcome.fault, leftover
    call(outcome.folder, "ledger", "promote", make_ledger.job_id(STATE_POINT))
    shown = call(outcome.folder, "ledger", "show", make_ledger.job_id(STATE_POINT))
    wanted = make_jobs.document(outcome.folder, shown["id"])
    assert shown["entry"]["status"] == wanted["status"] and shown["extra"]["metrics"]["loss"]["value"] == wanted["summary_metrics"]["loss"]
    call(outcome.folder, "ledger", "verify")


def check_backfill(outcome):
    ended(outcome, 1)
    assert call(outcome.folder, "ledger", "show")["left_out"] == []
    call(outcome.folder, "ledger", "backfill", "--overwrite")
    assert call(outcome.folder, "ledger", "verify")["entries"] == 1


def with_committed_entries(folder):
    with_a_job(folder)
    for seed in range(3):
        make_jobs.job(folder, {"seed": seed}, summary_metrics={"loss": seed / 4})
    call(folder, "ledger", "backfill")
    git(folder, "init", "-q")
    git(folder, "add", "-f", ".runlake/ledger", ".runlake/ledger-extra")
    git(folder, "commit", "-q", "-m", "ledger")


def check_pack(outcome):
    """Every entry is found with what stands beside it, whatever was packed or removed; the next packing ends it."""
    ended(outcome)
    for again in (False, True):
        for seed in range(3):
            shown = call(outcome.folder, "ledger", "show", make_ledger.job_id({"seed": seed}))
            assert shown["extra"]["metrics"]["loss"]["value"] == seed / 4, shown
        assert call(outcome.folder, "ledger", "verify")["entries"] == 4
        if not again:
            call(outcome.folder, "ledger", "pack")
    assert call(outcome.folder, "ledger", "show")["packed"] == 4
    left = [path.name for folder in ("ledger", "ledger-extra") for path in (outcome.folder / ".runlake" / folder).glob("*.json")]
    assert left == [], f"never packed: {left}"
    assert len(list((outcome.folder / ".runlake" / "ledger" / "packs").glob("[0-9a-f]*"))) == 1, "packed twice"


def with_a_conflict(folder):
    (folder / ".runlake").mkdir()
    path = make_ledger.write(folder / ".runlake" / "ledger", make_ledger.entry(STATE_POINT))
    text = path.read_text()
    path.write_text(text.replace('  "status": "complete"\n', '<<<<<<< HEAD\n  "status": "complete"\n=======\n  "status": "failed"\n>>>>>>> x\n'))


def check_fix(outcome):
    ended(outcome)
    assert call(outcome.folder, "ledger", "show", make_ledger.job_id(STATE_POINT))["entry"]["status"] == "complete"
    call(outcome.folder, "ledger", "verify", "--fix")
    assert call(outcome.folder, "ledger", "verify")["findings"] == []


def with_users_files(folder):
    (folder / ".gitignore").write_text("*.log\n")
    (folder / "AGENTS.md").write_text("Be kind.\n")
    git(folder, "init", "-q")


def check_install(outcome):
    """What the user wrote is there, whole; git's configuration can be read; the next installation ends it."""
    ended(outcome, 5)
    assert (outcome.folder / ".gitignore").read_text().startswith("*.log\n")
    assert (outcome.folder / "AGENTS.md").read_text().startswith("Be kind.\n")
    git(outcome.folder, "config", "core.bare")
    lock = outcome.folder / ".git" / "config.lock"
    assert outcome.killed or not lock.exists() or "*" in outcome.fault
    lock.unlink(missing_ok=True)  # as git itself says after a kill
    call(outcome.folder, "install", "--machine-label", "cluster")
    assert call(outcome.folder, "install")["changed"] is False


def scenario(name, argv, check, setup):
    return Scenario(name, [BINARY, *argv], check, setup, needs=BINARY, lasting=LASTING)


PROMOTE = ["ledger", "promote", make_ledger.job_id(STATE_POINT)]

SCENARIOS = [
    scenario("ledger-promote", PROMOTE, check_promotion, with_a_job),
    scenario("ledger-promote-again", PROMOTE, check_promotion, with_an_older_entry),
    scenario("ledger-backfill", ["ledger", "backfill"], check_backfill, with_a_job),
    scenario("ledger-pack", ["ledger", "pack"], check_pack, with_committed_entries),
    scenario("ledger-fix", ["ledger", "verify", "--fix"], check_fix, with_a_conflict),
    scenario("install", ["install", "--machine-label", "cluster"], check_install, with_users_files),
]
