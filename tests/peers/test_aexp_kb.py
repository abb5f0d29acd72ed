# SPDX-License-Identifier: Apache-2.0
"""One knowledge base, looked at by aexp and by `validate`: each accepts what the other made, and of a broken one both say that it is broken, by the same checks."""

import re
import subprocess
import sys
from pathlib import Path

import peers
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from kb_support import Repo, batch, cite, validate  # noqa: E402,F401
from test_kb import BREAKS  # noqa: E402


@pytest.fixture
def repo(project):
    return Repo(project)


@pytest.fixture
def aexp(project, clean_env):
    """aexp(words): its exit status and text."""

    def call(*words):
        env = {**clean_env, "COLUMNS": "1000"}
        done = subprocess.run([peers.aexp(), *words], cwd=project, env=env, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return call


@pytest.fixture
def their_checks(project, clean_env):
    """Its checks of the knowledge base alone, by name."""

    def call():
        python = Path(peers.aexp()).parent / "python"
        done = subprocess.run([python, "-m", "aexp.kb_validate", "--kb-root", "kb", "--format", "json"], cwd=project, env={**clean_env, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        return sorted(set(re.findall(r'"check": "([a-z_]+)"', done.stdout)))

    return call


def test_what_aexp_made_is_valid_here(aexp, validate, runlake):
    for words in (["install", "--yes", "--machine-label", "cluster"], ["new-thread", "--title", "Why"], ["new-hypothesis", "--title", "Warm", "--thread", "T001"],
                  ["new-experiment", "--title", "Warmup", "--hypothesis", "H001"], ["new-finding", "--title", "Warmup helps", "--hypothesis", "H001", "--experiment", "E001"]):
        status, text = aexp(*words)
        assert status == 0, text
    answer = validate("--kb-only", status=0)
    assert answer["issues"] == [] and answer["kb_notes"] >= 7
    assert [note["id"] for note in runlake("kb", "list", "--json").ok().json["notes"]] == ["H001", "E001", "F001", "T001"]
    runlake("kb", "new", "experiment", "--title", "ours", "--hypothesis", "H001").ok()
    runlake("kb", "close", "T001").ok()
    status, text = aexp("validate", "--kb-only")
    assert status == 0, text


def test_what_is_made_here_is_valid_there(aexp, validate, runlake, their_checks):
    runlake("install", "--machine-label", "laptop").ok()
    for kind, words in (("thread", []), ("hypothesis", ["--thread", "T001"]), ("experiment", ["--hypothesis", "H001"]), ("finding", ["--experiment", "E001"])):
        runlake("kb", "new", kind, "--title", f"a {kind}", *words).ok()
    assert validate("--kb-only", status=0)["issues"] == []
    assert their_checks() == []


@pytest.mark.parametrize("name", BREAKS)
def test_both_see_the_same_faults(repo, validate, their_checks, name):
    repo.chain()
    assert their_checks() == [] and validate("--kb-only")["issues"] == []
    BREAKS[name][0](repo)
    ours = {issue["check"] for issue in validate("--kb-only", status=1)["issues"]}
    theirs = set(their_checks())
    # What one fault brings after it differs: a note that is missing may be named by its links as well.
    assert theirs and (theirs <= ours or ours <= theirs), (ours, theirs)


@pytest.mark.parametrize("where", ["ledger", "local", "index", "nowhere"])
@pytest.mark.parametrize("cited", ["job", "batch"])
def test_both_judge_citations_alike(repo, validate, aexp, where, cited):
    """Codes and exit status, for the one kind of selector that aexp looks at."""
    status, text = aexp("install", "--yes", "--machine-label", "laptop")
    assert status == 0, text
    for path in repo.kb.rglob("*.md"):
        path.unlink()
    identifier = {"ledger": lambda: repo.entry(condition="warmup"), "local": lambda: repo.job(condition="warmup"), "nowhere": lambda: repo.entry(condition="other") and "0" * 32}.get(where, lambda: "1" * 32)()
    if where == "index":
        repo.index("cluster", {"job_id": identifier, "status": "complete", "experiment_id": "E001", "condition": "warmup"})
    repo.chain(cite(identifier) if cited == "job" else batch("{condition: warmup}"))
    answer = validate("--runs-only")
    status, text = aexp("validate", "--runs-only")
    theirs = sorted(re.findall(r"\b((?:finding|run)\.[a-z_]+)", text))
    assert answer["codes"] == theirs, (answer["issues"], text)
    assert status == (0 if answer["ok"] else 1)

