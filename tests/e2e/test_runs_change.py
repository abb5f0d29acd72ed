# SPDX-License-Identifier: Apache-2.0
"""`runs tag`, `runs note` and `runs diff`."""

import json

import pytest
from runs_support import SECOND, facts, id_of, journal, make_journal, seed_store, store  # noqa: F401
from run_support import journal as reader


def show(runlake, run):
    return runlake("--json", "runs", "show", run).ok().json["run"]


def test_tags_are_set_and_removed(runlake, seed_store):
    assert runlake("runs", "tag", "a0eebc99", "team=core", "draft=yes").ok().out == "a0eebc99: set team=core\na0eebc99: set draft=yes\n"
    assert show(runlake, "a0")["tags"] == {"draft": "yes", "team": "core"}
    answer = runlake("--json", "runs", "tag", "a0", "draft-", "team=data", "note=a=b c").ok().json
    assert answer == {"version": 1, "run_id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "tags": {"draft": None, "team": "data", "note": "a=b c"}}
    assert show(runlake, "a0")["tags"] == {"note": "a=b c", "team": "data"}
    assert show(runlake, "b1")["tags"] == {}


def test_they_are_facts_of_the_journal(runlake, seed_store):
    runlake("runs", "tag", "a0", "team=core").ok()
    runlake("runs", "note", "a0", "looks right").ok()
    for path in seed_store.glob("runs.duckdb*"):
        path.unlink()
    run = show(runlake, "a0")
    assert run["tags"] == {"team": "core"} and [note["text"] for note in run["notes"]] == ["looks right"]
    said = [record for record in reader.records(seed_store) if record["kind"] == "log"]
    assert [sorted(record) for record in said] == [["at", "kind", "n", "run", "tags"], ["at", "kind", "n", "note", "run"]]


def test_secrets_are_not_written(runlake, seed_store):
    out = runlake("runs", "tag", "a0", "password=hunter2").ok().out
    runlake("runs", "note", "a0", "used --password hunter2").ok()
    assert "hunter2" not in out
    assert all(b"hunter2" not in path.read_bytes() for path in seed_store.rglob("*") if path.is_file())


@pytest.mark.parametrize("words", [["k"], ["=v"], ["-"], ["a=1", "a=2"], ["a=1", "a-"], ["ok=1", "wrong"], ["x" * 251 + "=1"], []])
def test_words_that_are_no_tags(runlake, seed_store, words):
    before = facts(seed_store)
    result = runlake("runs", "tag", "a0", "--", *words)
    assert result.status == 2 and facts(seed_store) == before


def test_empty_notes(runlake, seed_store):
    for text in ("", "  \n"):
        assert runlake("runs", "note", "a0", text).status == 2
    assert runlake("runs", "note", "a0").status == 2
    assert runlake("runs", "note", "ff", "text").status == 3
    assert show(runlake, "a0")["notes"] == []


def test_notes_keep_their_order_and_lines(runlake, seed_store):
    for text in ("first", "second\nline", "dritte: ü"):
        runlake("runs", "note", "c2", text).ok()
    assert [note["text"] for note in show(runlake, "c2")["notes"]] == ["first", "second\nline", "dritte: ü"]


def test_another_tenants_run_is_not_there(runlake, journal, store):
    journal.start(id_of("a1"), tenant="acme")
    journal.close()
    before = facts(store)
    assert runlake("runs", "tag", "--tenant", "other", "a1", "k=v").status == 3
    assert runlake("runs", "note", "--tenant", "other", "a1", "text").status == 3
    assert facts(store) == before
    runlake("runs", "tag", "--tenant", "acme", "a1", "k=v").ok()


def test_a_journal_that_cannot_be_written(runlake, seed_store):
    for words in (["tag", "a0", "k=v"], ["note", "a0", "text"]):
        result = runlake("runs", *words, env={"RUNLAKE_FAULT": "journal.append:enospc,journal.segment.create:enospc,journal.segment.claim:enospc"})
        assert result.status == 8 and result.out == "", result
    assert show(runlake, "a0")["tags"] == {}


def write_environment(store, digest, **members):
    (store / "environments").mkdir(exist_ok=True)
    (store / "environments" / f"{digest}.json").write_text(json.dumps(members))


@pytest.fixture
def pair(journal, store):
    common = {"stage": "fit", "argv": ["fit"], "config_hash": "config/1:" + "11" * 32}
    for digits, lr, rmse, code, files, environment in (("a1", 0.1, 0.5, "aa" * 20, "22", "33"), ("b1", 0.2, 0.4, "bb" * 20, "44", "55"),
                                                       ("c1", 0.1, 0.5, "aa" * 20, "22", "33")):
        at = make_journal.START + ord(digits[0]) * SECOND
        journal.start(id_of(digits), at, params={"lr": lr, "model": "big"}, tags={"team": "core"}, code_ref=code, environment=environment * 32,
                      input_fingerprint="files/1:" + files * 32, inputs=[{"path": "data.csv", "fingerprint": "file/1:" + files * 32}], **common)
        journal.end(id_of(digits), at + SECOND, seconds=1.0 + ord(digits[0]) / 1000, metrics={"rmse": rmse}, rows_out=10)
    journal.close()
    write_environment(store, "33" * 32, toolchain={"gcc": "12.2", "ld": "2.40"}, machine={"cpu": "x"})
    write_environment(store, "55" * 32, toolchain={"gcc": "13.1", "ld": "2.40"}, machine={"cpu": "x"}, gpu={"name": "y"})


def differences(result):
    return {(line["group"], line["name"]): (line["a"], line["b"]) for line in result.json["differences"]}


def test_diff(runlake, pair):
    result = runlake("--json", "runs", "diff", "a1", "b1")
    assert result.status == 1 and result.json["same"] is False
    assert differences(result) == {
        ("code", "code_ref"): ("aa" * 20, "bb" * 20),
        ("input", "input_fingerprint"): ("files/1:" + "22" * 32, "files/1:" + "44" * 32),
        ("input", "data.csv"): ("file/1:" + "22" * 32, "file/1:" + "44" * 32),
        ("params", "lr"): (0.1, 0.2),
        ("metrics", "rmse"): (0.5, 0.4),
        ("environment", "gpu.name"): (None, "y"),
        ("environment", "toolchain.gcc"): ("12.2", "13.1"),
    }
    text = runlake("runs", "diff", "a1", "b1")
    assert text.status == 1 and text.out.startswith("Runs a1000000 (fit) and b1000000 (fit): 7 differences\n")
    assert "│ params      │ lr " in text.out and "only in the second" in text.out


def test_equal_runs_are_equal_however_long_they_took(runlake, pair):
    result = runlake("--json", "runs", "diff", "a1", "c1").ok()
    assert result.json["same"] is True and result.json["differences"] == []
    assert {line["name"] for line in result.json["not_compared"]} == {"started_at", "finished_at", "duration_seconds"}
    assert "no differences" in runlake("runs", "diff", "a1", "c1").ok().out
    assert runlake("runs", "diff", "a1", "a1").status == 0


def test_environments_that_are_not_there(runlake, pair, store):
    (store / "environments" / ("33" * 32 + ".json")).unlink()
    result = runlake("--json", "runs", "diff", "a1", "b1")
    assert differences(result)[("environment", "digest")] == ("33" * 32, "55" * 32)


def test_unknown_code_never_matches_and_other_recipes_are_not_compared(runlake, journal):
    for digits in ("a1", "b1"):
        journal.start(id_of(digits), code_ref="aa" * 20 + "+dirty.unknown", input_fingerprint=f"files/{'1' if digits == 'a1' else '2'}:" + "22" * 32)
    journal.close()
    result = runlake("--json", "runs", "diff", "a1", "b1")
    assert result.status == 1 and list(differences(result)) == [("code", "code_ref")]
    assert ("input", "input_fingerprint") in {(line["group"], line["name"]) for line in result.json["not_compared"]}
    assert runlake("runs", "diff", "a1", "a1").status == 1


def test_absent_is_not_null(runlake, journal):
    journal.start(id_of("a1"), params={"x": None})
    journal.start(id_of("b1"), params={})
    journal.close()
    assert runlake("runs", "diff", "a1", "b1").status == 1


def test_runs_that_are_not_there(runlake, seed_store):
    assert runlake("runs", "diff", "a0", "ff").status == 3
    assert runlake("runs", "diff", "a0").status == 2
    assert runlake("runs", "diff", "a0", "%").status == 2
