# SPDX-License-Identifier: Apache-2.0
"""`runs show`: the seed's panel, our sections in it, prefixes, and runs whose recorder is gone."""

import json
import os
import signal
import subprocess

import pytest
from run_support import read_when_there, wait_until
from runs_support import SECOND, SEED, facts, id_of, journal, make_journal, seed_store, store  # noqa: F401

PANEL = """\
╭──────────────────────────────────────────────────────╮
│                Run Details: window_2                 │
├──────────────────────────────────────────────────────┤
│ Run ID: c2ddd77b-9c0b-4ef8-bb6d-6bb9bd380a11         │
│ Stage: window_2                                      │
│ Status: failed                                       │
│                                                      │
│ Timestamps:                                          │
│   Started:  2025-01-09 14:23:45+00:00                │
│   Finished: 2025-01-09 14:23:48+00:00                │
│   Duration: 3.12s                                    │
│                                                      │
│ Metrics:                                             │
│   Rows In:   180                                     │
│                                                      │
│ Fingerprints:                                        │
│   Code:   a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8...    │
│                                                      │
│ Process:                                             │
│   Host: made                                         │
│                                                      │
│ Error:                                               │
│   ValueError: Prompt exceeds model context limit     │
╰──────────────────────────────────────────────────────╯
"""


def text_of(panel):
    """The lines of a panel without its box."""
    return [line.strip("│").strip() for line in panel.splitlines()]


def test_the_seeds_panel_byte_for_byte(runlake, seed_store, place):
    assert runlake("runs", "show", SEED[2][0], env=place).ok().out == PANEL


def test_whole_ids_and_prefixes(runlake, seed_store):
    whole = runlake("runs", "show", SEED[0][0]).ok().out
    for prefix in ("a", "a0eebc99", "A0EEBC99", "a0eebc99-9c0b-4"):
        assert runlake("runs", "show", prefix).ok().out == whole


def test_an_ambiguous_prefix_lists_the_candidates(runlake, journal):
    for number in range(3):
        journal.start(id_of("ab%d" % number), make_journal.START + number * SECOND, stage="window_%d" % number)
    journal.close()
    for command in (["show", "ab"], ["diff", "ab", "ab1"], ["tag", "ab", "k=v"], ["note", "ab", "x"]):
        result = runlake("runs", *command)
        assert result.status == 4, command
        for number in range(3):
            assert id_of("ab%d" % number) in result.err and f"window_{number}  2025-01-09 14:23:1{5 + number}" in result.err
    error = runlake("--json", "runs", "show", "ab").error
    assert error["code"] == "conflict" and error["status"] == 4


@pytest.mark.parametrize("word", ["", "%", "_", "a%", "a*", "a?", "g", "a0eebc999", "-", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111", "a'--", "ä"])
def test_what_is_no_id(runlake, seed_store, word):
    before = facts(seed_store)
    for command in ("show", "tag", "note"):
        rest = {"show": [], "tag": ["k=v"], "note": ["text"]}[command]
        result = runlake("runs", command, "--", word, *rest)
        assert result.status == 2 and result.out == "", (command, result)
    assert facts(seed_store) == before


def test_no_such_run(runlake, seed_store, tmp_path):
    assert runlake("runs", "show", "f").status == 3
    assert runlake("runs", "show", "f" * 8).status == 3
    assert runlake("runs", "show", id_of("ff")).status == 3
    assert runlake("runs", "show", "a", cwd=tmp_path).status == 3
    # Of another tenant: not there.
    assert runlake("runs", "show", "a0eebc99", "--tenant", "acme").status == 3
    assert runlake("runs", "show", SEED[0][0], "--tenant", "acme").status == 3


def test_every_section(runlake, store, journal):
    run, parent, child = id_of("a1"), id_of("b1"), id_of("c1")
    journal.start(parent, stage="all")
    journal.start(run, make_journal.START + 1, "fit", tenant="acme", parent=parent, argv=["fit", "--deep", "a b"], working_dir="work", config_path="c.yaml",
                  params={"lr": 0.1, "model": "big", "shape": [1, 2]}, tags={"team": "core", "draft": "yes"}, rows_in=1234567, trace_id="ab" * 16, span_id="cd" * 8,
                  input_fingerprint="files/1:" + "12" * 32, config_hash="config/1:" + "34" * 32, code_ref="56" * 20 + "+dirty." + "78" * 32,
                  environment="9a" * 32, inputs=[{"path": "data.csv", "fingerprint": "file/1:" + "bc" * 32, "bytes": 2048}])
    for step, loss in enumerate([3.0, 2.0, 1.5]):
        journal.log(run, make_journal.START + 2 + step, metrics={"loss": loss}, step=step)
    journal.log(run, make_journal.START + 9, tags={"draft": None}, note="first look", error="a warning", metrics={"f1": 0.5})
    journal.start(child, make_journal.START + 10, "sub", parent=run)
    text = "Traceback (most recent call last):\n" + "  deep\n" * 100 + "ValueError: too deep"
    folder = store / "output" / run
    folder.mkdir(parents=True)
    (folder / "error.txt").write_text(text)
    (folder / "stdout.log").write_text("hello\n")
    journal.end(run, make_journal.START + SECOND, "failed", 1.0, exit_status=3, rows_out=0, llm_calls=2, tokens=10, stderr_tail="last words\n",
                error={"head": text[:100], "bytes": len(text), "file": f"output/{run}/error.txt"}, lost_records=2)
    journal.close()

    lines = text_of(runlake("runs", "show", "a1").ok().out)
    for line in ["Tenant: acme", "Rows In:   1,234,567", "Rows Out:  0", "LLM Calls: 2", "Tokens:    10", "loss:      1.5 (3 points, to step 2)", "f1:        0.5",
                 "model: big", "lr:    0.1", "shape: [1,2]", "team: core", "data.csv  2,048 bytes  " + "file/1:" + ("bc" * 32)[:29] + "...",
                 "Input:  " + ("12" * 32)[:36] + "... (files/1)", "Code:   " + ("56" * 20)[:36] + "...", "Dirty:  " + ("78" * 32)[:36] + "...",
                 "Config: " + ("34" * 32)[:36] + "... (config/1)", "System: " + ("9a" * 32)[:36] + "...", "Command: fit --deep a b", "Folder:  work",
                 "Exit Status:  3", "Lost Records: 2", "ValueError: too deep", "last words", "2025-01-09 14:23:15: first look", "2025-01-09 14:23:15: a warning",
                 "Parent: b1000000  all  running  2025-01-09 14:23:15", "Child:  c1000000  sub  running  2025-01-09 14:23:15", "Trace ID: " + "ab" * 16,
                 f"output/{run}/stdout.log  6 bytes"]:
        assert line in lines, (line, lines)
    assert "draft" not in "".join(lines)

    record = runlake("--json", "runs", "show", "a1").ok().json["run"]
    assert record["params"] == {"lr": 0.1, "model": "big", "shape": [1, 2]} and record["tags"] == {"team": "core"}
    assert record["metrics"]["loss"] == {"final": 1.5, "points": 3, "last_step": 2}
    assert record["full_error"] == text and record["error_bytes"] == len(text) and record["argv"] == ["fit", "--deep", "a b"]
    assert record["parent"]["stage"] == "all" and [link["run_id"] for link in record["children"]] == [child]

    (folder / "error.txt").unlink()
    lines = text_of(runlake("runs", "show", "a1").ok().out)
    assert f"[the first 100 of {len(text)} bytes; the whole text is not there any more]" in lines


def test_a_record_cannot_make_us_read_another_file(runlake, store, journal, tmp_path):
    (tmp_path / "secret").write_text("SECRET")
    for number, name in enumerate([str(tmp_path / "secret"), "../../secret", "output/../../../secret", "config.yaml"]):
        run = id_of("a%d" % number)
        (store / "config.yaml").write_text("# SECRET\n")
        journal.start(run)
        journal.end(run, make_journal.START, "failed", error={"head": "head", "bytes": 4, "file": name})
    journal.close()
    for number in range(4):
        out = runlake("--json", "runs", "show", "a%d" % number).ok().out
        assert "SECRET" not in out and json.loads(out)["run"]["full_error"] is None


def test_local_time(runlake, seed_store):
    lines = text_of(runlake("runs", "show", "c2", "--local", env={"TZ": "America/St_Johns"}).ok().out)
    assert "Started:  2025-01-09 10:53:45-03:30" in lines
    assert "Started:  2025-01-09 23:23:45+09:00" in text_of(runlake("runs", "show", "c2", "--local", env={"TZ": "Asia/Tokyo"}).ok().out)


def test_unwatched_and_abandoned_are_seen_and_not_stored(runlake, runlake_bin, project, clean_env):
    recorder = subprocess.Popen([str(runlake_bin), "--quiet", "run", "--stage", "long", "--", "sh", "-c", "echo $$ > pid; exec sleep 300"], cwd=project, env=clean_env)
    details = None
    try:
        read_when_there(project / "pid")  # before it is let go, it would end with its recorder
        shown = lambda: runlake("--json", "runs", "tail").ok().json["runs"]  # noqa: E731
        (run,) = shown()
        assert (run["status"], run["shown"]) == ("running", "running")
        details = runlake("--json", "runs", "show", run["run_id"]).ok().json["run"]
        recorder.send_signal(signal.SIGKILL)
        recorder.wait()
        (run,) = shown()
        assert (run["status"], run["shown"]) == ("running", "unwatched")
        assert "unwatched" in runlake("runs", "tail").ok().out
        panel = runlake("runs", "show", run["run_id"]).ok().out
        assert "Status: unwatched (its recorder is gone, its process still runs)" in panel
        assert [found["shown"] for found in runlake("--json", "runs", "list", "--state", "unwatched").ok().json["runs"]] == ["unwatched"]
        assert runlake("--json", "runs", "list", "--state", "running").ok().json["runs"] == []
    finally:
        recorder.kill()
        recorder.wait()
        if details:
            os.kill(details["watched_pid"], signal.SIGKILL)
    wait_until(lambda: shown()[0]["shown"] == "abandoned", "the end of the process")
    (run,) = shown()
    assert (run["status"], run["shown"]) == ("running", "abandoned")
    assert "runs recover" in runlake("runs", "show", run["run_id"]).ok().out
    assert len(runlake("--json", "runs", "list", "--state", "abandoned").ok().json["runs"]) == 1
