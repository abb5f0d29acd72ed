# SPDX-License-Identifier: Apache-2.0
"""`lake show`: a run is found by every name it has, and what is told of it is what the lake holds."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_proof_logs  # noqa: E402


@pytest.fixture
def lake(runlake, project):
    make_proof_logs.make(project / "logs", runs=6, theorems=1, nodes=3, trace_lines=2)
    runlake("lake", "reconcile").ok()
    answer = runlake("--json", "lake", "sql", "SELECT run_key, run_key_seed, run_uid, run_id, rel_run_dir, run_dir, provider FROM runs ORDER BY rel_run_dir").ok().json
    names = [column["name"] for column in answer["columns"]]
    return [dict(zip(names, row)) for row in answer["rows"]]


def run_of(lake, part):
    return next(run for run in lake if part in run["rel_run_dir"])


def show(runlake, word, **options):
    return runlake("lake", "show", "--json", word, **options).ok().json


def test_by_every_name(runlake, lake, project):
    run = next(one for one in lake if sum(one["run_id"] == other["run_id"] for other in lake) == 1)
    inside = next(Path(run["run_dir"]).rglob("*wild_type*"))
    words = [run["run_key"], run["run_key_seed"], run["run_uid"], run["run_id"], run["run_key"][:9], run["run_key_seed"][:9], run["run_uid"][:12], run["run_id"][:-1], run["run_dir"], str(inside),
             "logs/" + run["rel_run_dir"]]
    for word in words:
        assert show(runlake, word)["run"]["run_key"] == run["run_key"], word
    assert show(runlake, ".", cwd=run["run_dir"])["run"]["run_key"] == run["run_key"]


def test_a_folder_whose_name_is_no_utf8(runlake, lake, project):
    run = run_of(lake, "000000")
    odd = "logs/" + os.fsdecode(b"\xff\xfe")
    os.rename(run["run_dir"], project / odd)
    runlake("lake", "reconcile", "--prune").ok()
    found = show(runlake, odd)
    assert found["run"]["rel_dir"] == "\ufffd\ufffd" and found["run"]["run_id"] == run["run_id"] and found["there"]
    assert show(runlake, run["run_id"])["there"]
    os.rename(project / odd, project / "elsewhere")
    assert not show(runlake, run["run_id"])["there"]
    os.rename(project / "elsewhere", project / odd)
    nothing = runlake("lake", "show", os.fsdecode(b"no-\xff-run"))
    assert nothing.status == 3 and "lake sql" in nothing.err


def test_what_is_told(runlake, lake):
    run = run_of(lake, "000000")
    told = show(runlake, run["run_key"])
    assert told["version"] == 1 and told["there"] is True and told["dashboard"] == []
    assert {key: told["run"][key] for key in ("source", "run_id", "state", "run_uid", "dir", "rel_dir")} == {
        "source": "proof-search", "run_id": run["run_id"], "state": "completed", "run_uid": run["run_uid"], "dir": run["run_dir"], "rel_dir": run["rel_run_dir"]}
    on_disk = sorted(str(path.relative_to(run["run_dir"])) for path in Path(run["run_dir"]).rglob("*") if path.is_file() and not any(part.startswith(".") for part in path.relative_to(run["run_dir"]).parts))
    listed = [file["path"] for file in told["files"]]
    assert listed and set(listed) <= set(on_disk) and listed == sorted(listed)
    rows = {table["table"]: table["rows"] for table in told["tables"]}
    for table, count in rows.items():
        assert runlake("--json", "lake", "sql", f"SELECT count(*) FROM {table} WHERE run_key = '{run['run_key']}'").ok().json["rows"] == [[count]], table
    assert rows["theorem_wild"] == 1 and rows["runs"] == 1
    assert told["params"]["provider"] == run["provider"]
    text = runlake("lake", "show", run["run_key"]).ok().out
    assert "Lake Run: " + run["run_id"] in text and "nothing speaks against it" in text


@pytest.mark.parametrize(("part", "name", "stops"), [("000003", "basin_only", True), ("000005", "not_completed", False)])
def test_why_a_dashboard_would_not_take_it(runlake, lake, part, name, stops):
    told = show(runlake, run_of(lake, part)["run_key"])
    assert [reason["stops"] for reason in told["dashboard"] if reason["name"] == name] == [stops]
    text = runlake("lake", "show", run_of(lake, part)["run_key"]).ok().out
    assert ("refused: basin-only run" if stops else "may be left out: its status is") in text


def test_missing_and_unreadable_summary_and_partial(runlake, lake, project):
    first, second = run_of(lake, "000000"), run_of(lake, "000002")
    for name in ("summary.json", "summary.json.gz"):
        (Path(first["run_dir"]) / name).unlink(missing_ok=True)
        (Path(second["run_dir"]) / name).unlink(missing_ok=True)
    (Path(second["run_dir"]) / "summary.json").write_text("{")
    for path in Path(second["run_dir"]).glob("run_status.json*"):
        path.unlink()
    (Path(first["run_dir"]) / "run_status.json.gz").unlink(missing_ok=True)
    (Path(first["run_dir"]) / "run_status.json").write_text(json.dumps({"status": "completed", "partial_results": True}))
    runlake("lake", "reconcile").ok()
    assert [reason["name"] for reason in show(runlake, first["run_key"])["dashboard"]] == ["missing_summary", "partial_results"]
    told = show(runlake, second["run_key"])
    assert [reason["name"] for reason in told["dashboard"]] == ["unreadable_summary", "no_status"]
    assert [problem["path"] for problem in told["problems"] if problem["severity"] == "error"] == ["summary.json"]
    assert "error read_summary summary.json" in runlake("lake", "show", second["run_key"]).ok().out


def test_gone_and_twice(runlake, lake):
    run = run_of(lake, "000000")
    shutil.rmtree(run["run_dir"])
    told = show(runlake, run["run_key"])
    assert told["there"] is False and [reason["name"] for reason in told["dashboard"]] == ["gone"]
    double = next(one for one in lake if sum(one["run_id"] == other["run_id"] for other in lake) > 1)
    assert "same_run_id" in [reason["name"] for reason in show(runlake, double["run_key"])["dashboard"]]


def test_what_is_not_one_run(runlake, lake, project):
    double = next(one for one in lake if sum(one["run_id"] == other["run_id"] for other in lake) > 1)
    several = runlake("lake", "show", double["run_id"])
    meant = [one for one in lake if one["run_id"] == double["run_id"]]
    assert several.status == 4
    # What tells them apart is there, so that one can be chosen.
    lines = several.err.splitlines()[1:]
    for one in meant:
        (line,) = [line for line in lines if one["run_key"] in line]
        assert f"provider {one['provider']}" in line and line.endswith(one["run_dir"])
        assert show(runlake, line.split()[-1])["run"]["run_key"] == one["run_key"]
    nothing = runlake("lake", "show", "no-such-run")
    assert nothing.status == 3 and "lake sql" in nothing.err
    assert runlake("lake", "show", "").status == 2
    assert runlake("lake", "show", "%").status == 3  # no pattern
    fresh = project / "logs" / "fresh"
    fresh.mkdir()
    (fresh / "run_config.json").write_text("{}")
    late = runlake("lake", "show", "logs/fresh")
    assert late.status == 3 and "lake reconcile" in late.err
    (project / "empty").mkdir()
    assert "run_config.json" in runlake("lake", "show", "./empty").err


def test_a_folder_above_runs(runlake, lake, project):
    double = next(one for one in lake if sum(one["run_id"] == other["run_id"] for other in lake) > 1)
    above = str(Path(double["run_dir"]).parent)
    below = [one["run_key"] for one in lake if one["run_dir"].startswith(above + "/")]
    told = runlake("lake", "show", above)
    assert len(below) > 1 and told.status == 4 and all(key in told.err for key in below)
    assert f"{len(lake)} runs" in runlake("lake", "show", "logs").err
    (project / "outer").mkdir()
    os.rename(project / "logs", project / "outer" / "logs")
    shutil.move(project / "outer" / "logs" / lake[0]["rel_run_dir"], project / "one" / "run")
    runlake("lake", "reconcile", "--logs-dir", "one").ok()
    assert show(runlake, "one")["run"]["dir"] == str(project / "one" / "run")


def test_by_name(runlake, project):
    for number, name in enumerate(("swift-owl", "swift-owl", "calm-fox")):
        run = project / "mlruns" / "1" / f"{number:032x}"
        run.mkdir(parents=True)
        (run / "meta.yaml").write_text(f"run_id: '{run.name}'\nrun_name: {name}\nstatus: 3\n")
    runlake("lake", "reconcile", "--logs-dir", "mlruns").ok()
    assert show(runlake, "calm-fox")["run"]["run_id"] == f"{2:032x}"
    both = runlake("lake", "show", "swift-owl")
    assert both.status == 4 and f"{0:032x}  swift-owl" in both.err and f"{1:032x}  swift-owl" in both.err
    assert runlake("lake", "show", "swift").status == 3  # a name is given whole


def test_without_a_lake(runlake):
    assert runlake("lake", "show", "x").status == 3
