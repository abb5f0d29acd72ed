# SPDX-License-Identifier: Apache-2.0
"""The knowledge base: `kb new list show close`, and every check of it by `validate`."""

import os
import subprocess

import pytest
from kb_support import HEADINGS, repo, validate  # noqa: F401


@pytest.fixture
def kb(repo, runlake):
    """An installed knowledge base, and kb("new", ...) in it."""
    repo.scaffold()

    def call(*words, **options):
        return runlake("kb", *words, **options)

    call.repo = repo
    return call


def new(kb, kind, title, *words):
    return kb("new", kind, "--title", title, *words, "--json").ok().json


def chain(kb):
    new(kb, "thread", "Why is it slow")
    new(kb, "hypothesis", "Warmup helps", "--thread", "T001")
    new(kb, "experiment", "Warmup versus flat", "--hypothesis", "H001")
    return new(kb, "finding", "Warmup lowers loss!", "--experiment", "E001", "--impact", "HIGH")


# New -------------------------------------------------------------------------------------------------------------------------


def test_a_chain_made_by_commands_is_valid(kb, validate):
    made = chain(kb)
    assert made["id"] == "F001" and made["path"] == "kb/research/findings/F001-warmup-lowers-loss.md"
    assert made["linked_from"] == ["kb/research/hypotheses/H001-warmup-helps.md", "kb/research/experiments/E001-warmup-versus-flat.md"]
    answer = validate("--kb-only", status=0)
    assert answer["issues"] == [] and answer["kb_notes"] == 7
    text = (kb.repo.path / made["path"]).read_text()
    assert "# F001 \u2014 Warmup lowers loss!\n" in text and "{" not in text.replace("# ", "").split("---")[2]
    assert '> **Hypothesis**: [[H001]]' in text and 'impact: "HIGH"' in text and "supporting_runs: []" in text
    for heading in HEADINGS["findings"]:
        assert f"\n## {heading}\n" in text


def test_ids_fill_gaps_and_unreadable_files_keep_theirs(kb):
    assert [new(kb, "thread", f"t {n}")["id"] for n in range(3)] == ["T001", "T002", "T003"]
    (kb.repo.kb / "research/threads/T002-t-1.md").unlink()
    (kb.repo.kb / "research/threads/T001-t-0.md").write_text("---\nbroken: [\n---\n")
    assert new(kb, "thread", "again")["id"] == "T002"
    assert new(kb, "thread", "chosen", "--id", "T007")["id"] == "T007"
    assert kb("new", "thread", "--title", "x", "--id", "T007").status == 4
    for wrong in ("T7", "T0007", "H001", "t001", "../T1", ""):
        assert kb("new", "thread", "--title", "x", "--id", wrong).status == 2, wrong


@pytest.mark.parametrize("words, status, says", [
    (["new", "thread"], 2, "title"), (["new", "thread", "--title", "  "], 2, "title"), (["new", "thread", "--title", "a\nb"], 2, "one line"), (["new", "novel", "--title", "x"], 2, "novel"),
    (["new", "experiment", "--title", "x"], 2, "--hypothesis"), (["new", "experiment", "--title", "x", "--hypothesis", "H009"], 3, "H009"), (["new", "experiment", "--title", "x", "--hypothesis", "E001"], 2, "no id of a hypothesis"),
    (["new", "finding", "--title", "x", "--hypothesis", "H001"], 2, "--experiment"), (["new", "finding", "--title", "x", "--experiment", "E001", "--hypothesis", "H002"], 4, "H001"),
    (["new", "finding", "--title", "x", "--experiment", "E001", "--impact", "big\"\nx: y"], 2, "impact"), (["new", "thread", "--title", "x", "--link", "nobody"], 3, "nobody"),
    (["new", "thread", "--title", "x", "--experiment", "E001"], 2, "means nothing"), (["show", "E009"], 3, "E009"), (["show", "../../etc/passwd"], 3, "no note"), (["close", "F001"], 2, "not closed"), (["close", "T009"], 3, "T009"),
    (["close", "H001"], 2, "--as"), (["close", "T001", "--as", "closed: [x"], 2, "capitals"),
])
def test_mistakes_change_nothing(kb, words, status, says):
    chain(kb)
    new(kb, "hypothesis", "another")

    def state():
        return {str(path): path.read_bytes() for path in sorted(kb.repo.kb.rglob("*")) if path.is_file()}

    before = state()
    done = kb(*words)
    assert done.status == status and says in done.err, (done.status, done.err)
    assert state() == before


def test_without_a_knowledge_base(runlake, project):
    for words in (["new", "thread", "--title", "x"], ["list"], ["show", "T001"], ["close", "T001"]):
        done = runlake("kb", *words)
        assert done.status == 3 and "runlake install" in done.err
    assert not (project / "kb").exists() and not (project / ".runlake").exists()


def test_hostile_titles_name_harmless_files(kb, validate):
    for number, title in enumerate(['../../etc/passwd', 'a "quoted" {TITLE} $(touch x) `x`', "\u00e4\u00f6\u00fc", "x" * 299, "-", "[[T009]] \\ %s"], 1):
        made = new(kb, "thread", title)
        path = kb.repo.path / made["path"]
        assert made["id"] == f"T{number:03}" and path.parent == kb.repo.kb / "research/threads" and path.exists()
    checks = {issue["check"] for issue in validate("--kb-only")["issues"]}
    assert checks <= {"links"}      # the title that links to T009


def test_many_at_once_take_different_ids(kb, runlake_bin, clean_env):
    running = [subprocess.Popen([runlake_bin, "kb", "new", "hypothesis", "--title", f"number {n}"], cwd=kb.repo.path, env=clean_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for n in range(12)]
    done = [one.communicate(timeout=300) for one in running]
    assert [one.returncode for one in running] == [0] * 12, done
    assert sorted(path.name[:4] for path in (kb.repo.kb / "research/hypotheses").glob("H*.md")) == [f"H{n:03}" for n in range(1, 13)]


@pytest.mark.parametrize("fault", ["kb.note.write:enospc", "kb.note.write:eio:2", "kb.link.write:enospc", "kb.link.write:eio:4", "kb.link.write:short"])
def test_a_disk_that_refuses_changes_nothing(kb, fault):
    new(kb, "hypothesis", "h")
    new(kb, "experiment", "e", "--hypothesis", "H001")

    def state():
        return {str(path): path.read_bytes() for path in sorted(kb.repo.kb.rglob("*")) if path.is_file()}

    before = state()
    done = kb("new", "finding", "--title", "f", "--experiment", "E001", env={"RUNLAKE_FAULT": fault})
    assert done.status == 8, (done.status, done.err, done.out)
    assert state() == before


def test_back_links_are_put_where_they_belong(kb):
    new(kb, "hypothesis", "h")
    path = kb.repo.kb / "research/hypotheses/H001-h.md"
    text = path.read_text().replace("- [[CHALLENGE]]\n", "- [[CHALLENGE]]\n\n## More\n\nText.\n")
    path.write_text(text)
    path.chmod(0o640)
    new(kb, "experiment", "e", "--hypothesis", "H001")
    assert path.read_text() == text.replace("- [[CHALLENGE]]\n", "- [[CHALLENGE]]\n- [[E001]]\n")
    assert path.stat().st_mode & 0o777 == 0o640


# List, show, close -----------------------------------------------------------------------------------------------------------


def test_list_filters_by_kind_status_and_tag(kb):
    chain(kb)
    path = kb.repo.kb / "research/threads/T001-why-is-it-slow.md"
    path.write_text(path.read_text().replace("tags: []", "tags: [speed, 2026]"))
    notes = kb("list", "--json").ok().json["notes"]
    assert [note["id"] for note in notes] == ["H001", "E001", "F001", "T001"]
    assert [note["status"] for note in notes] == ["PROPOSED", "DESIGNED", None, "PROPOSED"]
    for words, ids in ((["thread"], ["T001"]), (["--status", "proposed"], ["H001", "T001"]), (["--tag", "speed"], ["T001"]), (["--tag", "2026"], ["T001"]), (["finding", "--status", "x"], [])):
        assert [note["id"] for note in kb("list", *words, "--json").ok().json["notes"]] == ids, words
    text = kb("list").ok().out
    assert "T001" in text and "Why is it slow" in text and "(unset)" not in text


def test_show_tells_what_links_here(kb):
    chain(kb)
    note = kb("show", "H001", "--json").ok().json["note"]
    assert note["linked_from"] == ["E001", "F001", "T001"] and note["metadata"]["status"] == "PROPOSED" and note["title"] == "Warmup helps"
    text = kb("show", "H001").ok().out
    assert "linked from   E001 F001 T001" in text and "## Mechanism" in text
    assert kb("show", "ACTIVE").ok().out.startswith("ACTIVE")


@pytest.mark.parametrize("identifier, words, status, section", [
    ("T001", [], "CLOSED", "Conclusion"), ("T001", ["--as", "PROMOTED"], "PROMOTED", "Conclusion"), ("H001", ["--as", "REJECTED"], "REJECTED", "Conclusion"), ("E001", [], "COMPLETED", "Outcome Summary"),
])
def test_close(kb, validate, identifier, words, status, section):
    chain(kb)
    assert kb("close", identifier, *words, "--conclusion", "It is **so**.", "--json").ok().json["status"] == status
    (path,) = kb.repo.kb.rglob(f"{identifier}-*.md")
    text = path.read_text()
    assert f"\nstatus: {status}\n" in text and f"> **Status**: {status}\n" in text and f"## {section}\n\nIt is **so**.\n\n## " in text
    assert validate("--kb-only", status=0)["issues"] == []
    assert [note["id"] for note in kb("list", "--status", status, "--json").ok().json["notes"]] == [identifier]
    assert kb("close", identifier, *words).ok().out.startswith(f"{identifier} is {status}\n")


def test_close_leaves_all_else_as_it_was(kb):
    new(kb, "thread", "t")
    path = kb.repo.kb / "research/threads/T001-t.md"
    text = path.read_text().replace("tags: []", "# a comment\ntags:   [a,   b]  # kept\nmine: {x: 1}")
    path.write_text(text)
    kb("close", "T001").ok()
    assert path.read_text() == text.replace("status: PROPOSED", "status: CLOSED").replace("> **Status**: PROPOSED", "> **Status**: CLOSED")
    path.write_text(text.replace("status: PROPOSED", "status:\n  PROPOSED"))
    done = kb("close", "T001")
    assert done.status == 4 and "by hand" in done.err
    before = path.read_text()
    path.write_text(text)
    assert kb("close", "T001", env={"RUNLAKE_FAULT": "kb.close.write:enospc"}).status == 8
    assert path.read_text() == text != before


# Checks ----------------------------------------------------------------------------------------------------------------------


def edit(repo, name, *changes):
    path = repo.kb / name
    text = path.read_text(encoding="utf-8")
    for old, fresh in changes:
        assert old in text, (name, old)
        text = text.replace(old, fresh)
    path.write_text(text, encoding="utf-8")


def unlink(repo, name):
    (repo.kb / name).unlink()


H, E, F = "research/hypotheses/H001-note.md", "research/experiments/E001-note.md", "research/findings/F001-note.md"
BREAKS = {
    "filesystem: ACTIVE": (lambda r: unlink(r, "ACTIVE.md"), {"filesystem", "links"}, None),
    "filesystem: CHALLENGE": (lambda r: unlink(r, "mission/CHALLENGE.md"), {"filesystem", "links"}, None),
    "filename": (lambda r: r.write("kb/research/findings/notes.md", "x"), {"filename"}, "kb/research/findings/notes.md"),
    "filename: digits": (lambda r: r.write("kb/research/findings/F1-x.md", "x"), {"filename"}, "kb/research/findings/F1-x.md"),
    "duplicate_id": (lambda r: r.write("kb/" + F.replace("note", "other"), (r.kb / F).read_text()), {"duplicate_id"}, "kb/" + F.replace("note", "other")),
    "alias": (lambda r: edit(r, E, ('aliases: ["E001"]', 'aliases: ["E001", "H001"]')), {"alias"}, "kb/" + H),
    "structure": (lambda r: edit(r, "ACTIVE.md", ("## Blocker", "## Obstacle")), {"structure"}, "kb/ACTIVE.md"),
    "aliases": (lambda r: edit(r, E, ('aliases: ["E001"]\n', "")), {"aliases"}, "kb/" + E),
    "aliases: special": (lambda r: edit(r, "ACTIVE.md", ('aliases: ["ACTIVE"]\n', "")), {"aliases"}, "kb/ACTIVE.md"),
    "metadata: empty": (lambda r: edit(r, F, ("impact: HIGH", 'impact: ""')), {"metadata"}, "kb/" + F),
    "metadata: id": (lambda r: edit(r, F, ('id: "F001"', 'id: "F002"')), {"metadata"}, "kb/" + F),
    "reference: missing": (lambda r: edit(r, E, ('hypothesis: "H001"', 'hypothesis: "H009"')), {"reference"}, "kb/" + E),
    "reference: kind": (lambda r: edit(r, E, ('hypothesis: "H001"', 'hypothesis: "F001"')), {"reference"}, "kb/" + E),
    "reference: thread": (lambda r: edit(r, H, ("status: TESTING", "status: TESTING\nthread: T001")), {"reference"}, "kb/" + H),
    "conditions_schema: list": (lambda r: edit(r, E, ("created:", "conditions: [a]\ncreated:")), {"conditions_schema"}, "kb/" + E),
    "conditions_schema: block": (lambda r: edit(r, E, ("created:", "conditions: {a: 1}\ncreated:")), {"conditions_schema"}, "kb/" + E),
    "missing_template_header": (lambda r: edit(r, F, ("## Next Move", "## Next")), {"missing_template_header"}, "kb/" + F),
    "links: no section": (lambda r: edit(r, F, ("## Links", "## Other")), {"links"}, "kb/" + F),
    "links: empty": (lambda r: edit(r, F, ("## Links", "[[H001]] [[E001]] [[ACTIVE]] [[CHALLENGE]]\n## Links"), ("- [[H001]]\n- [[E001]]\n- [[ACTIVE]]\n- [[CHALLENGE]]\n", "")), {"links"}, "kb/" + F),
    "links: unknown": (lambda r: edit(r, F, ("- [[H001]]", "- [[H001]]\n- [[H009]]")), {"links"}, "kb/" + F),
    "links: parent": (lambda r: edit(r, F, ("- [[H001]]\n", "")), {"links"}, "kb/" + F),
    "links: constant": (lambda r: edit(r, "DASHBOARD.md", ("- [[CHALLENGE]]\n", "")), {"links"}, "kb/DASHBOARD.md"),
    "backlink": (lambda r: edit(r, H, ("- [[E001]]\n", "")), {"backlink"}, "kb/" + H),
    "literature": (lambda r: r.note("literature", "L001", "date_reviewed: 2026\nsource_type: paper\n", ["ACTIVE", "CHALLENGE"], headings=[]), {"metadata"}, "kb/research/literature/L001-note.md"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_each_check_sees_its_fault_alone(repo, validate, name):
    repo.chain()
    assert validate("--kb-only", status=0)["issues"] == []
    broken, checks, path = BREAKS[name]
    broken(repo)
    answer = validate("--kb-only", status=1)
    assert {issue["check"] for issue in answer["issues"]} == checks, answer["issues"]
    assert all(issue["code"] == "aexp.validation_failed" and issue["severity"] == "error" for issue in answer["issues"])
    if path:
        assert {issue["path"] for issue in answer["issues"]} == {path}


def test_a_finding_and_its_experiment_share_a_hypothesis(repo, validate):
    repo.chain()
    repo.note("hypotheses", "H002", "status: TESTING\ncreated: 2026-06-01\n", ["F001", "ACTIVE", "CHALLENGE"])
    edit(repo, F, ('hypothesis: "H001"', 'hypothesis: "H002"'), ("- [[H001]]", "- [[H001]]\n- [[H002]]"))
    answer = validate("--kb-only", status=1)
    assert [issue["check"] for issue in answer["issues"]] == ["reference"] and "H002" in answer["issues"][0]["message"] and "H001" in answer["issues"][0]["message"]


def test_reports_and_block_quotes(repo, validate):
    repo.chain()
    repo.write("kb/reports/anything.md", "no note of ours\n")
    head = '---\nid: "{0}"\naliases: ["{0}"]\n---\n\n# {0} - r\n\n'
    links = "\n## Links\n\n- [[ACTIVE]]\n- [[CHALLENGE]]\n"
    repo.write("kb/reports/CR001-r.md", head.format("CR001") + "> **Target**: H001\n> **Requested by**: a\n> **Reviewer**: b\n> **Date**: 2026-06-01\n" + links + "- [[SR001]]\n")
    repo.write("kb/reports/SR001-r.md", head.format("SR001") + "> **Scope**: all\n> **Challenge Review**: [[CR001]]\n> **Date**: 2026-06-01\n" + links + "- [[CR001|the review]]\n")
    assert validate("--kb-only", status=0)["issues"] == []
    edit(repo, "reports/SR001-r.md", ("> **Date**: 2026-06-01\n", ""))
    assert [issue["check"] for issue in validate("--kb-only", status=1)["issues"]] == ["metadata"]


def test_lessons_may_be_linked_to_and_say_what_they_like(repo, validate):
    repo.chain()
    repo.write("kb/lessons/any name.md", "see [[H009]]\n")
    edit(repo, F, ("- [[H001]]", "- [[H001]]\n- [[any name]]"))
    assert validate("--kb-only", status=0)["issues"] == []


def test_hidden_files_and_other_folders_are_nobodys_business(repo, validate):
    repo.chain()
    for name in (".hidden.md", "draft.txt"):
        repo.write(f"kb/research/findings/{name}", "x")
    repo.write("kb/research/data/x.md", "[[nowhere]]")
    os.makedirs(repo.kb / "research/findings/folder.md")
    assert validate("--kb-only", status=0)["issues"] == []


def test_a_malformed_parent_is_left_alone(kb):
    new(kb, "hypothesis", "h")
    path = kb.repo.kb / "research/hypotheses/H001-h.md"
    path.write_text("---\nid: [\n---\n")
    done = kb("new", "experiment", "--title", "e", "--hypothesis", "H001")
    assert done.status == 6 and "H001-h.md" in done.err
    assert path.read_text() == "---\nid: [\n---\n" and not list((kb.repo.kb / "research/experiments").glob("*.md"))
    (kb.repo.kb / "research/hypotheses/H001-other.md").write_text("# H001\n")
    assert kb("new", "experiment", "--title", "e", "--hypothesis", "H001").status == 4
