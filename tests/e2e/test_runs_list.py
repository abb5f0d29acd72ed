# SPDX-License-Identifier: Apache-2.0
"""`runs list`: filters, order, columns."""

import pytest
from runs_support import SECOND, id_of, journal, make_journal, store  # noqa: F401


@pytest.fixture
def listed(runlake, journal):
    """Stages of the runs that a call lists, over four runs."""
    start = make_journal.START
    journal.start(id_of("a1"), start, "fit", tenant="acme", params={"lr": 0.1, "model": "big"}, tags={"team": "core"}, rows_in=10)
    journal.log(id_of("a1"), start + 1, metrics={"rmse": 0.9}, step=0)
    journal.log(id_of("a1"), start + 2, metrics={"rmse": 0.2}, step=1)
    journal.end(id_of("a1"), start + 3, seconds=2.0)
    journal.start(id_of("a2"), start + 60 * SECOND, "report_1", params={"lr": 0.2}, tags={"team": "data"}, rows_in=0)
    journal.end(id_of("a2"), start + 61 * SECOND, "failed", seconds=1.0, error={"head": "no, \"really\"", "bytes": 12})
    journal.start(id_of("a3"), start + 3600 * SECOND, "report_2", params={"lr": "high"})
    journal.end(id_of("a3"), start + 3601 * SECOND, "degraded", seconds=3.0)
    journal.start(id_of("a4"), start + 7200 * SECOND, "it's")
    journal.close()

    def call(*words, **options):
        return [run["stage"] for run in runlake("--json", "runs", "list", *words, **options).ok().json["runs"]]

    return call


def test_newest_first(listed):
    assert listed() == ["it's", "report_2", "report_1", "fit"]
    assert listed("--limit", "2") == ["it's", "report_2"]


def test_filters(listed):
    assert listed("--stage", "fit") == ["fit"]
    assert listed("--stage", "report_*", "--stage", "fit") == ["report_2", "report_1", "fit"]
    assert listed("--stage", "it's") == ["it's"]
    assert listed("--stage", "report%") == [] and listed("--stage", "' OR '1'='1") == []
    assert listed("--state", "failed", "--state", "degraded") == ["report_2", "report_1"]
    assert listed("--state", "running") == ["it's"]
    assert listed("--tenant", "acme") == ["fit"]
    assert listed("--tag", "team=core") == ["fit"] and listed("--tag", "team!=core") == ["report_1"]
    assert listed("--param", "lr>0.1") == ["report_1"] and listed("--param", "lr>=0.1") == ["report_1", "fit"]
    assert listed("--param", "lr=0.10") == ["fit"] and listed("--param", "lr=high") == ["report_2"] and listed("--param", "model=big") == ["fit"]
    assert listed("--metric", "rmse<0.3") == ["fit"] and listed("--metric", "rmse>0.3") == []
    assert listed("--metric", "rows_in=0") == ["report_1"] and listed("--metric", "duration_seconds>=2") == ["report_2", "fit"]
    assert listed("--param", "lr>0", "--tag", "team=data") == ["report_1"]


def test_times(listed):
    assert listed("--since", "2025-01-09T15:00") == ["it's", "report_2"]
    assert listed("--until", "2025-01-09 14:24:15") == ["fit"]
    assert listed("--since", "2025-01-09T23:24:15+09:00", "--until", "2025-01-09T15:23:16") == ["report_2", "report_1"]
    assert listed("--since", "2h") == [] and listed("--until", "2h") == listed()
    # Of no zone is UTC, wherever we are.
    assert listed("--until", "2025-01-09 14:24:15", "--local", env={"TZ": "Asia/Tokyo"}) == ["fit"]


def test_order(listed):
    assert listed("--sort", "stage") == ["fit", "it's", "report_1", "report_2"]
    assert listed("--sort", "stage:desc") == ["report_2", "report_1", "it's", "fit"]
    assert listed("--sort", "duration") == ["report_1", "fit", "report_2", "it's"], "missing ones last"
    assert listed("--sort", "duration:desc") == ["report_2", "fit", "report_1", "it's"]
    assert listed("--sort", "param.lr:desc") == ["report_1", "fit", "report_2", "it's"]
    assert listed("--sort", "metric.rmse", "--limit", "1") == ["fit"]


def test_columns(runlake, listed):
    out = runlake("runs", "list", "--columns", "stage,param.lr,metric.rmse,tag.team,error", "--sort", "stage").ok().out
    assert out == """\
┏━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━━━━━┓
┃ Stage    ┃ param.lr ┃ metric.rmse ┃ tag.team ┃ Error        ┃
┡━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━━━━━┩
│ fit      │ 0.1      │ 0.2         │ core     │ -            │
│ it's     │ -        │ -           │ -        │ -            │
│ report_1 │ 0.2      │ -           │ data     │ no, "really" │
│ report_2 │ high     │ -           │ -        │ -            │
└──────────┴──────────┴─────────────┴──────────┴──────────────┘
"""
    (run,) = runlake("--json", "runs", "list", "--stage", "fit", "--columns", "run_id,param.model,param.lr,metric.rmse,host").ok().json["runs"]
    assert run == {"run_id": id_of("a1"), "param.model": "big", "param.lr": 0.1, "metric.rmse": 0.2, "host": "made"}


@pytest.mark.parametrize(
    "words, expected",
    [
        (["--columns", "rows_inn"], "did you mean rows_in?"),
        (["--columns", "stage,,status"], "unknown column"),
        (["--columns", "stage,stage"], "named twice"),
        (["--columns", "stage FROM runs; --"], "unknown column"),
        (["--sort", "staeg"], "did you mean stage?"),
        (["--sort", "stage:down"], "unknown column"),
        (["--state", "complete"], "did you mean completed?"),
        (["--limit", "0"], "--limit 0"),
        (["--limit", "-1"], "--limit -1"),
        (["--tag", "team"], "--tag"),
        (["--param", "lr>high"], "no number"),
        (["--metric", "rmse"], "--metric"),
        (["--since", "yesterday"], "--since"),
        (["--until", "2025-13-01"], "--until"),
    ],
)
def test_mistakes_are_told_with_or_without_a_store(runlake, tmp_path, words, expected):
    result = runlake("runs", "list", *words, cwd=tmp_path)
    assert result.status == 2 and expected in result.err and result.out == ""


def test_no_match_and_no_store(runlake, listed, tmp_path):
    assert runlake("runs", "list", "--stage", "none").ok().out == "No runs match.\n"
    assert runlake("--json", "runs", "list", cwd=tmp_path).ok().json == {"version": 1, "runs": []}
