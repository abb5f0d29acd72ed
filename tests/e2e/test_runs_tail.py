# SPDX-License-Identifier: Apache-2.0
"""`runs tail`: the seed's table, its edges, and that reading changes nothing."""

import pytest
from runs_support import SECOND, SEED, facts, id_of, journal, make_journal, seed_store, store  # noqa: F401
from terminal import on_terminal

TABLE = """\
┏━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━┓
┃ Run ID   ┃ Stage    ┃ Status    ┃ Started At          ┃ Rows In ┃ Rows Out ┃ Duration ┃
┡━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━┩
│ a0eebc99 │ window_0 │ completed │ 2025-01-09 14:23:15 │ 150     │ -        │ 12.45s   │
│ b1ffc88a │ window_1 │ completed │ 2025-01-09 14:23:28 │ 200     │ -        │ 15.23s   │
│ c2ddd77b │ window_2 │ failed    │ 2025-01-09 14:23:45 │ 180     │ -        │ 3.12s    │
└──────────┴──────────┴───────────┴─────────────────────┴─────────┴──────────┴──────────┘
"""


def stages(result):
    return [run["stage"] for run in result.ok().json["runs"]]


def test_the_seeds_table_byte_for_byte(runlake, seed_store, place):
    assert runlake("runs", "tail", env=place).ok().out == TABLE


def test_no_store_is_an_answer(runlake, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    result = runlake("runs", "tail", cwd=outside).ok()
    assert "No runs are recorded here yet" in result.out
    assert runlake("runs", "tail", "--json", cwd=outside).ok().json == {"version": 1, "runs": []}
    assert list(outside.iterdir()) == []


def test_an_empty_store_is_an_answer(runlake, store):
    assert "No runs are recorded in" in runlake("runs", "tail").ok().out
    assert runlake("runs", "tail", "--json").ok().json == {"version": 1, "runs": []}


def test_ten_by_default_and_any_number(runlake, store):
    ids = make_journal.make(str(store), 25)
    shown = lambda *words: [run["run_id"] for run in runlake("runs", "tail", "--json", *words).ok().json["runs"]]  # noqa: E731
    assert shown() == ids[-10:]
    assert shown("--n", "1") == ids[-1:]
    assert shown("-n", "3") == ids[-3:]
    assert shown("--n", "25") == ids
    assert shown("--n", "1000") == ids
    assert shown("--n", "9223372036854775807") == ids
    assert len(runlake("runs", "tail", "--n", "4").ok().out.splitlines()) == 3 + 4 + 1


@pytest.mark.parametrize("count", ["0", "-5", "x", "", "1.5", "99999999999999999999"])
def test_counts_that_mean_nothing(runlake, seed_store, count):
    result = runlake("runs", "tail", "--n", count)
    assert result.status == 2 and result.out == "" and "--n" in result.err


def test_zero_is_shown_and_missing_is_a_dash(runlake, journal):
    journal.start(id_of("a1"), rows_in=0)
    journal.end(id_of("a1"), make_journal.START, rows_out=0, seconds=0.0)
    journal.start(id_of("a2"), make_journal.START + 1)
    journal.close()
    lines = runlake("runs", "tail").ok().out.splitlines()
    assert lines[3].endswith("│ 0       │ 0        │ 0.00s    │")
    assert lines[4].endswith("│ -       │ -        │ -        │")


def test_equal_starts_keep_the_order_of_the_journal(runlake, journal):
    for digits in ("f1", "e1", "d1"):
        journal.start(id_of(digits), stage=digits)
    journal.close()
    assert stages(runlake("runs", "tail", "--json")) == ["f1", "e1", "d1"]
    assert stages(runlake("runs", "tail", "--json", "--n", "2")) == ["e1", "d1"]


def test_colours_on_a_terminal_only(runlake, runlake_bin, seed_store, clean_env):
    assert "\x1b" not in runlake("runs", "tail").ok().out
    colours = on_terminal(runlake_bin, ["runs", "tail"], seed_store.parent, clean_env)
    assert "\x1b[32mcompleted\x1b[0m" in colours and "\x1b[31mfailed\x1b[0m" in colours
    assert "\x1b" not in on_terminal(runlake_bin, ["runs", "tail"], seed_store.parent, {**clean_env, "NO_COLOR": "1"})
    assert "\x1b[32m" in runlake("--color", "always", "runs", "tail").ok().out


def test_every_state_has_its_colour(runlake, journal):
    expected = {"completed": 32, "cached": 32, "failed": 31, "abandoned": 31, "degraded": 33, "stopped": 33, "running": 33}
    for number, state in enumerate(expected):
        journal.start(id_of("a%d" % number), make_journal.START + number, stage=state)
        if state != "running":
            journal.end(id_of("a%d" % number), make_journal.START + number, state)
    journal.close()
    out = runlake("--color", "always", "runs", "tail").ok().out
    for state, colour in expected.items():
        assert f"\x1b[{colour}m{state}\x1b[0m" in out, state


def test_text_from_outside_cannot_steer_the_terminal(runlake, journal):
    journal.start(id_of("a1"), stage="a\x1b[2J\nb")
    journal.close()
    out = runlake("--color", "always", "runs", "tail").ok().out
    assert "\x1b[2J" not in out and "a\\x1b[2J b" in out


def test_local_and_utc_times(runlake, seed_store):
    tokyo = {"TZ": "Asia/Tokyo"}
    first = lambda *words, **options: runlake("runs", "tail", "--n", "1", *words, **options).ok().out.splitlines()[3]  # noqa: E731
    assert "2025-01-09 14:23:45" in first(env=tokyo)
    assert "2025-01-09 23:23:45" in first("--local", env=tokyo)
    assert "2025-01-09 23:23:45" in first(env={**tokyo, "RUNLAKE_TIME": "local"})
    assert "2025-01-09 14:23:45" in first("--utc", env={**tokyo, "RUNLAKE_TIME": "local"})
    assert runlake("runs", "tail", "--utc", "--local").status == 2


def test_tenants(runlake, store):
    ids = make_journal.make(str(store), 9)
    acme = runlake("runs", "tail", "--json", "--tenant", "acme").ok().json["runs"]
    assert [run["run_id"] for run in acme] == ids[1::3] and {run["tenant_id"] for run in acme} == {"acme"}
    assert runlake("runs", "tail", "--json", env={"RUNLAKE_TENANT": "acme"}).ok().json["runs"] == acme
    assert "No runs of tenant nobody" in runlake("runs", "tail", "--tenant", "nobody").ok().out
    assert runlake("runs", "tail", "--tenant", "").status == 2


def test_reading_changes_nothing_but_the_database(runlake, store):
    ids = make_journal.make(str(store), 20)
    before = facts(store)
    for words in (["tail"], ["list"], ["show", ids[3]], ["diff", ids[0], ids[1]], ["sql", "SELECT 1"], ["export"]):
        assert runlake("runs", *words).status in (0, 1)
        assert facts(store) == before, words
    database = (store / "runs.duckdb").read_bytes()
    runlake("runs", "tail").ok()
    runlake("runs", "show", ids[3]).ok()
    assert (store / "runs.duckdb").read_bytes() == database


def test_json_has_all_sixteen_columns(runlake, seed_store):
    run = runlake("runs", "tail", "--json").ok().json["runs"][0]
    assert list(run) == (
        "run_id tenant_id stage status error input_fingerprint code_ref config_hash started_at finished_at duration_seconds rows_in rows_out llm_calls "
        "tokens trace_id shown"
    ).split()
    assert run["run_id"] == SEED[0][0] and run["started_at"] == "2025-01-09T14:23:15.000000Z" and run["duration_seconds"] == 12.45
