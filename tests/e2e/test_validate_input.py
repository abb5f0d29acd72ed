# SPDX-License-Identifier: Apache-2.0
"""`validate` over bad input: a clear finding each, no crash, no hang, nothing written."""

import json
import os
import resource
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from kb_support import Repo, cite, repo, validate  # noqa: F401
from permissions import bound_by_modes

FINDING = "kb/research/findings/F001-note.md"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12))


@pytest.mark.parametrize("front", [
    "---\nid: [\n---\n", "---\nid: F001\n", "---\n- a\n- b\n---\n", "---\nid: F001\nid: F002\n---\n", "---\na: &a [*a]\n---\n", f"---\n{BOMB}---\n", "---\nid: !!python/object/apply:os.system ['true']\n---\n",
    "---\n" + "[" * 5000 + "\n---\n", "---\nid: \x00\n---\n", "---\nid: \udcff\n---\n", "---\n\tid: F001\n---\n",
], ids=["unclosed", "endless", "list", "twice", "self", "bomb", "tag", "deep", "nul", "utf8", "tab"])
@pytest.mark.parametrize("scope, code", [("--kb-only", "aexp.validation_failed/front_matter"), ("--runs-only", "document.unreadable")])
def test_front_matter_that_is_none(repo, validate, front, scope, code):
    repo.chain()
    repo.entry(n=1)
    (repo.path / FINDING).write_bytes((front + "\n# F001\n").encode("utf-8", "surrogateescape"))
    answer = validate(scope, status=1)
    said = [issue for issue in answer["issues"] if issue["path"] == FINDING]
    assert [issue["code"] + (f"/{issue['check']}" if issue["check"] else "") for issue in said] == [code], said
    assert said[0]["line"] >= 1


def test_a_finding_of_100_megabytes(repo, validate):
    repo.chain()
    with open(repo.path / FINDING, "ab") as file:
        file.truncate(100 << 20)
    answer = validate("--kb-only", status=1)
    assert [issue["check"] for issue in answer["issues"] if issue["path"] == FINDING] == ["filesystem"]
    assert "16 MiB" in next(issue["message"] for issue in answer["issues"] if issue["path"] == FINDING)


@pytest.mark.parametrize("make", [lambda path: os.mkfifo(path), lambda path: os.symlink("nowhere", path), lambda path: os.symlink("/dev/zero", path), lambda path: os.symlink(path, path)], ids=["pipe", "dangling", "device", "loop"])
def test_what_is_no_file(repo, validate, make):
    repo.chain()
    (repo.path / FINDING).unlink()
    make(repo.path / FINDING)
    answer = validate("--kb-only", status=1)
    assert "filesystem" in [issue["check"] for issue in answer["issues"] if issue["path"] == FINDING]


@pytest.mark.parametrize("what", ["note", "kb", "document"])
def test_unreadable_files(runlake_bin, clean_env, what):
    """As a user who may not read them, with a program that lies where everybody may enter."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(runlake_bin, folder)
        repo = Repo(Path(folder)).chain()
        repo.write(".runlake/ledger/.keep", "")
        repo.write("paper.md", "1<!-- runlake: 054b0181 x -->\n")
        target = {"note": repo.path / FINDING, "kb": repo.kb, "document": repo.path / "paper.md"}[what]
        before = stat.S_IMODE(target.stat().st_mode)
        target.chmod(0)
        try:
            words = bound_by_modes([program, "validate", "--json", *(["paper.md"] if what == "document" else [])])
            done = subprocess.run(words, cwd=folder, env={**clean_env, "HOME": "/dev/null"}, capture_output=True, text=True, timeout=300)
        finally:
            target.chmod(before)
        assert done.returncode == 1, done.stderr
        code = {"note": "aexp.validation_failed", "kb": "aexp.validator_unavailable", "document": "document.unreadable"}[what]
        assert code in [issue["code"] for issue in json.loads(done.stdout)["issues"] if what != "note" or issue["path"] == FINDING]
        assert "ermission denied" in done.stdout


@pytest.mark.parametrize("identifier", ["../../etc/passwd", "..", "/", "a" * 33, "A" * 32, "%2e%2e", "0" * 31 + "\\n", "*", "; rm -rf /"])
def test_hostile_ids(repo, validate, identifier):
    repo.entry(n=1)
    repo.chain(f"supporting_runs:\n  - type: job\n    id: '{identifier}'\n")
    assert validate(status=1)["codes"] == ["finding.broken_run_citation"]


def test_hostile_names_reach_no_terminal(repo, runlake):
    repo.chain()
    (repo.kb / "research/findings/F002-\x1b[31mred\n.md").write_text("# F002\n")
    repo.entry(n=1)
    done = runlake("validate")
    assert done.status == 1 and "\x1b" not in done.out and "\\x1b" in done.out


def test_documents_that_are_none(repo, validate):
    repo.chain()
    repo.entry(n=1)
    for name, text in (("a.ipynb", '{"runlake:": '), ("b.ipynb", '{"runlake:": 1}'), ("c.ipynb", "[" * 100_000 + "runlake:"), ("d.tex", "\\runvalue{" + "{" * 100_000)):
        repo.write(name, text)
    answer = validate("a.ipynb", "b.ipynb", "c.ipynb", "d.tex", status=1)
    assert answer["codes"] == ["document.unreadable"] * 3


def test_a_line_of_sixteen_megabytes_takes_no_longer_than_reading_it(repo, validate):
    """Marks that are opened again and again must not be looked for again and again."""
    repo.entry(n=1)
    repo.chain()
    pieces = "".join("`" * i + "x" for i in range(1, 4000))
    repo.write("a.md", (pieces + "[[" * 100_000 + "<!--" * 100_000 + "runlake:" * 10)[: 15 << 20])
    limit = resource.getrlimit(resource.RLIMIT_CPU)
    validate("a.md", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, limit[1])))


def test_no_knowledge_base(repo, validate):
    answer = validate(status=1)
    assert answer["codes"] == ["aexp.validation_failed/filesystem"]
    assert "runlake install" in answer["issues"][0]["hint"]
    assert validate("--runs-only", status=0)["codes"] == []


def test_a_run_store_of_another_schema(repo, runlake):
    repo.chain(cite("f" * 32))
    repo.write(".runs/.signac/config", "schema_version = 9\n")
    (repo.path / ".runs/workspace").mkdir()
    done = runlake("validate")
    assert done.status == 7 and "schema" in done.err
    assert runlake("validate", "--kb-only").status == 0
