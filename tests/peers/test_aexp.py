# SPDX-License-Identifier: Apache-2.0
"""A repository that aexp set up, used by both: the same ids of the same words, each reads what the other wrote, and the ledger entries differ in their time alone."""

import json
import subprocess

import peers
import pytest

NOTE = "kb/research/experiments/E001-warmup.md"
FRONT = 'runner_command: "echo {lr} {steps} {flag} {name} {job_id} {sp_json} {sp_json_shell} {missing}"\nconditions:\n  warm: {lr: 1.0e-05, steps: 500, flag: true}\n'


@pytest.fixture
def aexp(project, clean_env):
    def call(*words, status=0):
        done = subprocess.run([peers.aexp(), *words], cwd=project, env={**clean_env, "COLUMNS": "400"}, capture_output=True, text=True, check=False)
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    call("install", "--yes", "--machine-label", "cluster")
    (project / ".gitignore").write_text((project / ".gitignore").read_text() + "\n.runs/\n.runlake/\n")
    call("new-hypothesis", "--title", "Warm")
    call("new-experiment", "--title", "Warmup", "--hypothesis", "H001")
    path = project / NOTE
    lines = [line for line in path.read_text().split("\n") if not line.startswith(("runner_command:", "conditions:"))]
    path.write_text("\n".join(lines).replace("\n---\n", f"\n{FRONT}---\n", 1))
    for words in (["add", "-A"], ["commit", "-qm", "aexp"]):
        subprocess.run(["git", *words], cwd=project, env=clean_env, check=True)
    return call


def workspace(project):
    return sorted(path.name for path in (project / ".runs" / "workspace").iterdir())


def entry(project, job):
    return json.loads((project / ".aexp" / "ledger" / f"{job}.json").read_text())


def test_the_same_words_are_the_same_job(aexp, runlake, project):
    aexp("new-run", "--experiment", "E001", "--hypothesis", "H001", "--sp", "a=text,b=x")
    (theirs,) = workspace(project)
    ours = runlake("job", "new", "--json", "--experiment", "E001", "--hypothesis", "H001", "--sp", "a=text", "--sp", "b=x").ok().json
    assert ours["job_id"] == theirs and ours["created"] is False
    aexp("queue", "add", "--experiment", "E001", "--sp", "condition=warm", "--sweep", "seed=0..3", "--no-commit")
    swept = set(workspace(project)) - {theirs}
    made = {runlake("job", "new", "--json", "--experiment", "E001", "--no-commit", "--sp", "condition=warm", "--sp", f"seed={n}").ok().json["job_id"] for n in range(4)}
    assert made == swept, "typed values and conditions as aexp has them"


def test_each_reads_what_the_other_wrote(aexp, runlake, project):
    job = runlake("job", "new", "--json", "--experiment", "E001", "--hypothesis", "H001", "--no-commit", "--sp", "condition=warm", "--sp", "name=it's").ok().json["job_id"]
    assert job[:8] in aexp("list-runs", "--experiment", "E001")
    aexp("link", job, "--experiment", "E001")
    assert runlake("job", "show", job, "--json").ok().json["hypothesis"] is None
    runlake("job", "run", job, "--", "sh", "-c", "echo no >&2; exit 4")
    shown = aexp("show-run", job)
    assert "status: failed" in shown and "ended_at" in shown
    aexp("queue", "add", "--experiment", "E001", "--sp", "condition=warm,name=q", "--no-commit")
    (queued,) = set(workspace(project)) - {job}
    assert runlake("job", "show", queued, "--json").ok().json["status"] == "queued"
    dry = aexp("run-queued", queued, "--dry-run")
    ran = runlake("job", "run", queued).ok().out
    # The command is the one that aexp would have run: what it prints is what a shell makes of it.
    command = next(line[line.index("echo ") :] for line in dry.split("\n") if "echo " in line)
    assert subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout == ran
    assert "status: complete" in aexp("show-run", queued)
    assert "already complete" in aexp("run-queued", queued)


def test_a_job_that_aexp_ran_is_complete_here(aexp, runlake, project):
    aexp("queue", "add", "--experiment", "E001", "--sp", "condition=warm,name=q", "--no-commit")
    (job,) = workspace(project)
    aexp("run-queued", job)
    assert runlake("job", "list", "--json").ok().json["jobs"][0]["status"] == "complete"
    again = runlake("job", "run", job)
    assert again.status == 0 and "already complete" in again.err


def test_the_ledger_entry_is_aexps(aexp, runlake, project):
    job = runlake("job", "new", "--json", "--experiment", "E001", "--hypothesis", "H001", "--sp", "condition=warm", "--sp", "name=é").ok().json["job_id"]
    runlake("job", "run", job).ok()
    path = project / ".aexp" / "ledger" / f"{job}.json"
    ours = path.read_text()
    aexp("ledger", "promote", job)
    theirs = path.read_text()

    def without_time(text):
        return [line for line in text.split("\n") if '"promoted_at"' not in line]

    assert without_time(ours) == without_time(theirs)
    assert entry(project, job)["registered_machine"] == "cluster" and entry(project, job)["wallclock_s"] >= 0
    assert "OK no validation errors" in aexp("validate", "--runs-only")
