# SPDX-License-Identifier: Apache-2.0
"""What the tests of the queue share: an experiment, documents as they are on disk, and programs that wait to be told."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from run_support import wait_until


def add_experiment(project, name="E001", command=None, conditions=""):
    folder = project / "kb" / "research" / "experiments"
    folder.mkdir(parents=True, exist_ok=True)
    runner = f"runner_command: {json.dumps(command)}\n" if command else ""
    (folder / f"{name}-test.md").write_text(f"---\nid: {name}\nhypothesis: H001\n{runner}{conditions}---\n# {name}: Test\n")


@pytest.fixture
def queue(runlake, runlake_bin, project, clean_env):
    """To be imported by name. Whatever a test leaves running is ended."""
    add_experiment(project)
    one = Queue(runlake, runlake_bin, project, clean_env)
    yield one
    if (project / ".runs").exists():
        runlake("queue", "clear", "--yes", "--force")


class Queue:
    """The queue of one project, through the binary and on disk."""

    def __init__(self, runlake, runlake_bin, project, env):
        self.runlake, self.bin, self.project, self.env = runlake, str(runlake_bin), project, env

    def add(self, *words, status=0):
        done = self.runlake("queue", "add", "--json", *words)
        assert done.status == status, done
        return [one["job_id"] for one in done.json["jobs"]] if status == 0 else done

    def add_one(self, program, *words):
        """A job of its own that runs a line of a shell."""
        self.count = getattr(self, "count", 0) + 1
        return self.add("--experiment", "E001", "--no-commit", "--sp", f"n={self.count}", *words, "--", "sh", "-c", program)[0]

    def run(self, *words, **options):
        return self.runlake("queue", "run", *words, **options)

    def spawn(self, *words, env=None, **options):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen([self.bin, *words], cwd=self.project, env={**self.env, **(env or {})}, **streams)

    def folder(self, job):
        return self.project / ".runs" / "workspace" / job

    def document(self, job):
        return json.loads((self.folder(job) / "signac_job_document.json").read_text())

    def status(self, job):
        return self.document(job)["status"]

    def place(self, job):
        return self.document(job)["runlake"]["queue"]

    def error(self, job):
        return self.document(job)["queue"].get("last_error")

    def claim(self, job):
        return self.project / ".runs" / "runlake" / "claims" / f"{job}.lease"

    def runner(self, job):
        """The process that runs the job."""
        return json.loads(self.claim(job).read_text())["pid"]

    def program(self, job):
        return self.document(job)["queue"]["proc"]["pid"]

    def until(self, job, status):
        wait_until(lambda: self.status(job) == status, f"job {job} to be {status}")

    def ledger(self, job):
        path = self.project / ".runlake" / "ledger" / f"{job}.json"
        return json.loads(path.read_text()) if path.exists() else None

    def listed(self, *words):
        return {one["job_id"]: one for one in self.runlake("queue", "list", "--json", "--include-terminal", *words).ok().json["jobs"]}


# A line of a shell that says that it runs, waits for a file, and ends. `begun` gets a line for each start.
def waits(project, name="go"):
    return f"echo $$ >> '{project}/begun'; while [ ! -e '{project}/{name}' ]; do sleep 0.01; done"


def begun(project):
    path = Path(project) / "begun"
    return path.read_text().split() if path.exists() else []


def kill(run):
    """Its pipes are closed, not read to their end: what it started holds them, too."""
    run.kill()
    run.wait()
    run.stdout.close()
    run.stderr.close()


def is_alive(pid):
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
