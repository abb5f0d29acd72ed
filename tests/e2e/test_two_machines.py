# SPDX-License-Identifier: Apache-2.0
"""Two clones and a bare remote: what ran on the cluster is cited on the laptop, with real git push and pull."""

import json
import shutil
import subprocess

import pytest
from kb_support import Repo, git, validate  # noqa: F401


class Machine:
    def __init__(self, path, runlake, validate, env):
        self.path, self.env = path, env
        self.repo = Repo(path)
        self._runlake, self._validate = runlake, validate

    def runlake(self, *words, **options):
        return self._runlake(*words, cwd=self.path, **options)

    def validate(self, *words, **options):
        return self._validate(*words, cwd=self.path, **options)

    def git(self, *words):
        return git(self.path, self.env, *words)

    def share(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        self.git("push", "-q", "origin", "main")

    def job(self, *words, program=("true",), status=0, force=()):
        made = self.runlake("job", "new", "--experiment", "E001", "--no-commit", *words).ok().out
        identifier = made.split()[2]
        assert self.runlake("job", "run", identifier, *force, "--", *program).status == status
        return identifier

    def notes(self):
        for kind, words in (("hypothesis", []), ("experiment", ["--hypothesis", "H001"])):
            self.runlake("kb", "new", kind, "--title", f"the {kind}", *words).ok()

    def finding(self, cites):
        self.runlake("kb", "new", "finding", "--title", "what came out", "--experiment", "E001").ok()
        path = self.path / "kb/research/findings/F001-what-came-out.md"
        path.write_text(path.read_text().replace("supporting_runs: []\n", cites))
        return path


@pytest.fixture
def machines(tmp_path, runlake, validate, clean_env):
    """The two, installed; the experiment was planned on the cluster, and both know it."""
    git(tmp_path, clean_env, "init", "-q", "--bare", "-b", "main", "shared.git")
    made = []
    for name in ("cluster", "laptop"):
        git(tmp_path, clean_env, "clone", "-q", "shared.git", name)
        machine = Machine(tmp_path / name, runlake, validate, clean_env)
        machine.runlake("install", "--machine-label", name).ok()
        if name == "cluster":
            machine.git("checkout", "-q", "-B", "main")
            machine.notes()
            machine.share("Plan")
        made.append(machine)
    return made


def test_errors_become_none_once_the_ledger_is_shared(machines, runlake_bin):
    cluster, laptop = machines
    warm = cluster.job("--sp", "condition=warmup", "--sp", "seed=0", program=("sh", "-c", f"{runlake_bin} log loss=2.5 --step 1; {runlake_bin} log loss=0.345 --step 2"))
    cluster.job("--sp", "condition=flat", "--sp", "seed=0", program=(str(runlake_bin), "log", "loss=0.372"))
    cluster.job("--sp", "condition=flat", "--sp", "seed=1", program=("false",), status=1)
    laptop.git("pull", "-q", "origin", "main")
    cites = (f'supporting_runs:\n  - {{type: job, id: "{warm}", value: {{loss: 0.34, "loss@max": 2.5}}}}\n'
             '  - {type: batch, experiment_id: "E001", selector: {condition: flat, seed: 0}}\n  - {type: batch, experiment_id: "E001", selector: {condition: flat, seed: 1}}\n')
    finding = laptop.finding(cites)
    text = finding.read_text().replace("## Evidence\n", f"## Evidence\n\nIt ended at 0.345<!-- runlake: {warm[:12]} loss -->, having begun at 2.5<!-- runlake: {warm[:8]} loss@max -->.\n")
    finding.write_text(text)

    before = laptop.validate(status=1)
    assert sorted(before["codes"]) == ["finding.broken_run_citation"] * 3 + ["finding.empty_batch"] * 2 and before["warnings"] == 0
    assert laptop.validate("--strict-runs", "warn", status=0)["warnings"] == 5

    cluster.share("Share the ledger")
    laptop.git("pull", "-q", "origin", "main")
    after = laptop.validate(status=0)
    assert (after["errors"], after["warnings"], after["issues"]) == (0, 0, [])
    assert after["citations"] == 5 and after["values"] == 4
    assert not list((laptop.path / ".runs/workspace").glob("*")) if (laptop.path / ".runs/workspace").exists() else True

    # What the cluster wrote is the same from its own side, and each of them stays unchanged by looking.
    laptop.share("Write it down")
    cluster.git("pull", "-q", "origin", "main")
    assert cluster.validate(status=0)["issues"] == []
    for machine in machines:
        assert machine.git("status", "--porcelain") == ""

    notes = laptop.validate("--claims", status=0)
    assert (notes["errors"], notes["warnings"]) == (0, 0)
    assert "claim.not_complete" in notes["codes"] and "claim.not_replayed" in notes["codes"]

    # A number that nobody measured is told on both, with both numbers.
    finding.write_text(finding.read_text().replace("loss: 0.34,", "loss: 0.33,"))
    (issue,) = laptop.validate(status=1)["issues"]
    assert issue["code"] == "finding.value_mismatch" and "0.33" in issue["message"] and "0.345" in issue["message"]


def test_a_recorded_run_is_cited_by_the_beginning_of_its_id(machines, runlake_bin):
    cluster, laptop = machines
    cluster.runlake("run", "--stage", "train", "--", runlake_bin, "log", "rmse=0.25").ok()
    run_id = cluster.runlake("--json", "runs", "list").ok().json["runs"][0]["run_id"]
    cluster.runlake("ledger", "promote", "--run", run_id).ok()
    laptop.git("pull", "-q", "origin", "main")
    laptop.finding(f'supporting_runs:\n  - {{type: run, id: "{run_id[:8]}", value: {{rmse: "0.25"}}}}\n')
    assert laptop.validate(status=1)["codes"] == ["finding.broken_run_citation"]
    cluster.share("Share the ledger")
    laptop.git("pull", "-q", "origin", "main")
    assert laptop.validate(status=0)["issues"] == []


def test_a_packed_ledger_says_the_same(machines, runlake_bin):
    cluster, laptop = machines
    jobs = [cluster.job("--sp", f"seed={n}", program=(str(runlake_bin), "log", f"loss={n}.5")) for n in range(4)]
    cluster.share("Share the ledger")
    cluster.runlake("ledger", "pack").ok()
    cluster.share("Pack it")
    laptop.git("pull", "-q", "origin", "main")
    laptop.finding("supporting_runs:\n" + "".join(f'  - {{type: job, id: "{job}", value: {{loss: "{n}.5"}}}}\n' for n, job in enumerate(jobs)))
    answer = laptop.validate(status=0)
    assert answer["issues"] == [] and answer["values"] == 4


def test_one_job_ended_on_both(machines):
    """The same id with two outcomes: what is cited resolves whatever git makes of it."""
    cluster, laptop = machines
    laptop.git("pull", "-q", "origin", "main")
    first = cluster.job("--sp", "seed=0")
    assert laptop.job("--sp", "seed=0", program=("false",), status=1) == first
    cluster.share("Mine")
    laptop.git("add", "-A")
    laptop.git("commit", "-q", "-m", "Mine too")
    try:
        laptop.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    except subprocess.CalledProcessError:   # a conflict: markers stand in the files
        assert "<<<<<<<" in (laptop.path / f".runlake/ledger/{first}.json").read_text()
    shutil.rmtree(laptop.path / ".runs")
    laptop.finding(f'supporting_runs: {{type: job, id: "{first}"}}\n')
    assert "finding.broken_run_citation" not in laptop.validate()["codes"]


def test_a_repository_of_aexp(tmp_path, runlake, validate, clean_env):
    """Set up by aexp: job entries go to its folder, in its form, and are read from there."""
    path = tmp_path / "repo"
    git(tmp_path, clean_env, "init", "-q", "-b", "main", "repo")
    machine = Machine(path, runlake, validate, clean_env)
    machine.repo.write(".aexp/installed.json", json.dumps({"version": "0.6.1", "run_store_path": "data/runs", "machine_label": "cluster"}))
    machine.runlake("install").ok()
    machine.notes()
    job = machine.job("--sp", "seed=0")
    assert (path / f"data/runs/workspace/{job}").is_dir() and (path / f".aexp/ledger/{job}.json").exists()
    shutil.rmtree(path / "data/runs/workspace" / job)
    machine.finding(f'supporting_runs: {{type: job, id: "{job}"}}\n')
    assert machine.validate(status=0)["issues"] == []
