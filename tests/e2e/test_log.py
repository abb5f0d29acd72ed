# SPDX-License-Identifier: Apache-2.0
"""`log`: what a program says of its run from inside."""

import pytest
from run_support import journal

LOSING = "journal.append:enospc:1+,journal.segment.create:enospc:1+,journal.segment.claim:enospc:1+"


def store_of(project):
    return project / ".runlake"


@pytest.fixture
def inside(runlake, runlake_bin, project):
    """inside("log words", ...): runs a shell script inside a run, in which `log` is the command; gives the run as `runs show` has it."""

    def call(script, env=None):
        done = runlake("run", "--stage", "s", "--", "sh", "-c", f'log() {{ {runlake_bin} log "$@"; }}\n{script}', env=env)
        run_id = journal.of_kind(store_of(project), "start")[-1]["run"]
        return done, runlake("runs", "show", run_id, "--json").ok().json["run"]

    return call


def test_counts_go_to_columns_and_the_rest_are_metrics(inside):
    done, run = inside("log rows_in=10 rows_out=9 llm_calls=2 tokens=1e3 loss=0.5 f1=1 'odd name=-2e-3'")
    assert (done.status, done.out, done.err) == (0, "", "")
    assert (run["rows_in"], run["rows_out"], run["llm_calls"], run["tokens"]) == (10, 9, 2, 1000)
    assert {name: metric["final"] for name, metric in run["metrics"].items()} == {"loss": 0.5, "f1": 1.0, "odd name": -0.002}


def test_the_last_word_counts(inside):
    _, run = inside("log rows_out=1 m=1; log rows_out=2 m=2")
    assert run["rows_out"] == 2 and run["metrics"]["m"]["final"] == 2 and run["metrics"]["m"]["points"] == 2


def test_series(inside):
    _, run = inside("for i in 1 2 3; do log --step $i acc=0.$i; done")
    assert run["metrics"] == {"acc": {"final": 0.3, "points": 3, "last_step": 3}}


def test_tags_notes_errors(inside):
    _, run = inside("log --tag a=1 --tag 'b=x y'; log --tag a=2 --note 'half way'; log --error 'bad row 7'")
    assert run["tags"] == {"a": "2", "b": "x y"}
    assert [note["text"] for note in run["notes"]] == ["half way"] and [error["text"] for error in run["errors"]] == ["bad row 7"]
    assert run["status"] == "completed"


@pytest.mark.parametrize("word, reason", [("--degraded", None), ("--degraded='two of three sources'", "two of three sources")])
def test_degraded(inside, word, reason):
    _, run = inside(f"log {word}")
    assert (run["status"], run["degraded_reason"]) == ("degraded", reason)


def test_degraded_and_failed_is_failed(inside):
    _, run = inside("log --degraded=why; exit 3")
    assert (run["status"], run["degraded_reason"]) == ("failed", "why")


def test_a_run_by_id_or_prefix_from_outside(runlake, project):
    runlake("run", "--", "true").ok()
    run_id = journal.only(store_of(project), "start")["run"]
    runlake("log", "--run", run_id, "late=1").ok()
    assert runlake("log", "--run", run_id[:8], "--json", "rows_out=4").ok().json == {"version": 1, "recorded": True, "run_id": run_id}
    run = runlake("runs", "show", run_id, "--json").ok().json["run"]
    assert run["metrics"]["late"]["final"] == 1 and run["rows_out"] == 4
    assert runlake("log", "--run", "00000000", "x=1").status == 3
    assert runlake("log", "--run", "%", "x=1").status == 2


def test_outside_of_a_run_it_says_what_to_do(runlake):
    done = runlake("log", "x=1")
    assert done.status == 2 and "runlake run" in done.err and "--run" in done.err


@pytest.mark.parametrize(
    "words, about",
    [([], "nothing to log"), (["x"], "name=value"), (["=1"], "name=value"), (["x=abc"], "finite number"), (["x=nan"], "finite number"), (["x=inf"], "finite number"),
     (["x="], "finite number"), (["rows_out=-1"], "count"), (["rows_out=1.5"], "count"), (["rows_out=x"], "count"), (["x=1", "x=2"], "twice"),
     (["rows_out=1", "rows_out=2"], "twice"), (["--step", "1"], "metric"), (["--step", "x", "m=1"], "step"), (["--step", "1", "rows_out=3"], "--step"),
     (["--note", " "], "--note"), (["--error", ""], "--error"), (["--tag", "x"], "--tag")],
)  # fmt: skip
def test_wrong_words_are_refused_and_nothing_is_recorded(runlake, project, words, about):
    runlake("run", "--", "true").ok()
    run_id = journal.only(store_of(project), "start")["run"]
    before = len(journal.records(store_of(project)))
    done = runlake("log", *words, env={"RUNLAKE_RUN_ID": run_id})
    assert done.status == 2 and about in done.err
    assert len(journal.records(store_of(project))) == before


def test_secrets_are_not_kept(inside, project):
    inside("log --tag password=hunter2hunter2 --note 'token=hunter2hunter2' --error 'https://u:hunter2hunter2@host/'")
    text = b"".join(path.read_bytes() for path in store_of(project).glob("journal/*/*"))
    assert b'"log"' in text
    for record in journal.of_kind(store_of(project), "log"):
        assert "hunter2" not in str(record)


def test_a_program_does_not_fail_for_what_is_lost(inside, runlake, project):
    done, run = inside(f"set -e; RUNLAKE_FAULT={LOSING} log x=1; echo went on; log y=1")
    assert (done.status, done.out) == (0, "went on\n") and "not recorded" in done.err and "no space left" in done.err
    assert list(run["metrics"]) == ["y"]
    assert sum(loss["count"] for loss in journal.of_kind(store_of(project), "loss")) == 1


def test_strict_mode_fails_for_what_is_lost(runlake, project):
    runlake("run", "--", "true").ok()
    run_id = journal.only(store_of(project), "start")["run"]
    done = runlake("log", "x=1", env={"RUNLAKE_RUN_ID": run_id, "RUNLAKE_MODE": "strict", "RUNLAKE_FAULT": LOSING})
    assert done.status == 8 and "no space left" in done.err


def test_mode_off_is_silent_anywhere(runlake, project):
    done = runlake("log", "x=1", env={"RUNLAKE_MODE": "off"})
    assert (done.status, done.out, done.err) == (0, "", "")
    assert not store_of(project).exists()


def test_a_nested_run_logs_to_itself(runlake, runlake_bin, project):
    runlake("run", "--stage", "outer", "--", "sh", "-c", f"{runlake_bin} run --stage inner -- {runlake_bin} log inner_metric=1; {runlake_bin} log outer_metric=1").ok()
    outer, inner = (start["run"] for start in journal.of_kind(store_of(project), "start"))
    assert [(log["run"], list(log["metrics"])) for log in journal.of_kind(store_of(project), "log")] == [(inner, ["inner_metric"]), (outer, ["outer_metric"])]
