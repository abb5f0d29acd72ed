# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test uses: the built binary, a project folder of its own, and an environment in which nothing of the caller's shows."""

import atexit
import fnmatch
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import scratch

SOURCE = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2]))


# These stay on the disk: what they are about is the sandbox of stages, which leaves memory open to them, or the file system itself.
ON_DISK = ("test_docs.py", "test_doctor.py", "test_fingerprints.py", "test_hindcast.py", "test_one_fact.py", "test_pipeline_*.py", "test_replay_*.py", "test_run_faults.py")

FAILED = []


def pytest_configure(config):
    files = [Path(str(word).split("::")[0]).name for word in config.args]
    on_disk = any(not name.endswith(".py") or any(fnmatch.fnmatch(name, pattern) for pattern in ON_DISK) for name in files)
    config.runlake_memory = None if on_disk or config.option.basetemp else scratch.memory_folder()
    if config.runlake_memory:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(config.runlake_memory)
        # Registered before pytest's own look at that folder, hence done after it.
        atexit.register(lambda: FAILED or shutil.rmtree(config.runlake_memory, ignore_errors=True))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """What a test left in memory goes as soon as it has passed."""
    report = (yield).get_result()
    item.runlake_failed = getattr(item, "runlake_failed", False) or report.failed
    if report.when == "teardown" and not item.runlake_failed and item.config.runlake_memory and "tmp_path" in item.funcargs:
        shutil.rmtree(item.funcargs["tmp_path"], ignore_errors=True)


def pytest_sessionfinish(session, exitstatus):
    """What a failed test leaves is looked at; the rest goes."""
    FAILED.extend([exitstatus] if exitstatus != 0 else [])
    if FAILED and session.config.runlake_memory:
        print(f"\nleft in {session.config.runlake_memory}")


def binary():
    path = Path(os.environ.get("RUNLAKE_BIN", SOURCE / "build" / "runlake")).resolve()
    if not path.exists():
        pytest.exit(f"no binary at {path}: build it, or name one with RUNLAKE_BIN", returncode=4)
    return path


@dataclass
class Result:
    """How one call ended. `json` reads stdout as the one document that --json prints."""

    args: list
    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        """The error record that --json puts on the last line of stderr."""
        return json.loads(self.err.strip().splitlines()[-1])["error"]

    def ok(self):
        assert self.status == 0, f"{self.args}: exit status {self.status}\nstdout: {self.out}\nstderr: {self.err}"
        return self


@pytest.fixture(scope="session")
def runlake_bin():
    return binary()


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home"
    path.mkdir()
    return path


@pytest.fixture
def clean_env(home):
    """PATH and little else: no HOME, XDG folder, locale, time zone or RUNLAKE_* of the caller."""
    env = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(home),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Test",
        "GIT_AUTHOR_EMAIL": "test@example.org",
        "GIT_COMMITTER_NAME": "Test",
        "GIT_COMMITTER_EMAIL": "test@example.org",
    }
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE"):
        if name in os.environ:
            env[name] = os.environ[name]
    return env


@pytest.fixture
def project(tmp_path, clean_env):
    """A git repository with one commit, outside of which there is no other."""
    path = tmp_path / "project"
    path.mkdir()
    (path / "code.py").write_text("print('hello')\n")
    for command in (["init", "-q", "-b", "main"], ["add", "code.py"], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], cwd=path, env=clean_env, check=True)
    return path


@pytest.fixture
def runlake(runlake_bin, project, clean_env):
    """runlake("runs", "tail", env={"TZ": "Asia/Tokyo"}): runs it in the project (or `cwd`) to its end and returns a Result.

    A variable given as None in `env` is taken out. `input` is what stdin holds; without it stdin is empty. `stdout` and `stderr` may name other files.
    """

    def call(*args, env=None, cwd=None, input=None, timeout=300, **options):
        whole = {**clean_env, **(env or {})}
        whole = {name: str(value) for name, value in whole.items() if value is not None}
        words = [str(word) for word in args]
        if input is None:
            options.setdefault("stdin", subprocess.DEVNULL)
        else:
            options["input"] = input.encode() if isinstance(input, str) else input
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        done = subprocess.run([str(runlake_bin), *words], env=whole, cwd=cwd or project, timeout=timeout, **options)
        text = [stream.decode("utf-8", "replace") if stream is not None else "" for stream in (done.stdout, done.stderr)]
        return Result(words, done.returncode, text[0], text[1])

    return call


@pytest.fixture(params=[("UTC", "C.UTF-8"), ("America/St_Johns", "C"), ("Asia/Kathmandu", "tr_TR.UTF-8")], ids=lambda p: p[0])
def place(request):
    """Environments of which no stored or machine-readable byte may depend: pass it as `env`."""
    zone, language = request.param
    return {"TZ": zone, "LANG": language, "LC_ALL": language}


@pytest.fixture
def commands(runlake):
    """The table of commands, by name."""
    table = runlake("__commands").ok().json
    return {command["name"]: command for command in table["commands"]}
