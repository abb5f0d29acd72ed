# SPDX-License-Identifier: Apache-2.0
"""The pipeline file from its users' side: what is checked, what is drawn, how mistakes are told, and what DVC's file becomes."""

import hashlib
import json
import os
from pathlib import Path

import pytest

GOOD = """\
experiment_key: demo
roots: [DATA]
stages:
  clean:
    command: [cp, "{DATA}/in.csv", "{out}/clean.csv"]
    reads: ["{DATA}/in.csv"]
    writes: [clean.csv]
  fit:
    matrix: {fold: [2019, 2020]}
    command: [cp, "{run_dir}/clean.csv", "{out}/m-{fold}.csv"]
    reads: [clean.csv, "workspace:conf/*.json"]
    writes: ["m-{fold}.csv"]
  maybe:
    optional: true
    command: [cat, extra.csv]
    reads: ["workspace:extra.csv"]
"""


@pytest.fixture
def pipeline(project, tmp_path):
    """pipeline(text): writes it and gives the options with which the root it names is set."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "in.csv").write_text("1\n")
    (project / "conf").mkdir()
    (project / "conf" / "a.json").write_text("{}")

    def write(text=GOOD, name="p.yaml"):
        (project / name).write_text(text)
        return {"env": {"DATA": data}}

    return write


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if ".git/" not in f"{path}/")


def test_check_says_that_all_is_there_and_writes_nothing(runlake, project, pipeline):
    options = pipeline()
    (project / "extra.csv").write_text("x")
    before = tree(project)
    done = runlake("pipeline", "check", "p.yaml", **options).ok()
    assert done.out == "p.yaml: 3 stages, 4 instances, 3 inputs from outside: all there\n"
    assert tree(project) == before


def test_check_names_each_missing_input(runlake, project, tmp_path, pipeline):
    options = pipeline()
    (tmp_path / "data" / "in.csv").unlink()
    (project / "conf" / "a.json").unlink()
    done = runlake("pipeline", "check", "p.yaml", **options)
    assert done.status == 1
    assert done.out.splitlines() == [
        f"clean: {{DATA}}/in.csv: there is no {tmp_path}/data/in.csv",
        f"fit[fold=2019]: workspace:conf/*.json: nothing matches it in {project}",
        f"fit[fold=2020]: workspace:conf/*.json: nothing matches it in {project}",
        f"maybe: workspace:extra.csv: there is no {project}/extra.csv (the stage is optional)",
        "p.yaml: 3 stages, 4 instances, 3 inputs from outside: 4 problems",
    ]
    record = runlake("pipeline", "check", "p.yaml", "--json", **options)
    assert record.status == 1
    assert record.json["passed"] is False and record.json["version"] == 1
    assert [(one["stage"], one["instance"], one["fatal"]) for one in record.json["problems"]] == [
        ("clean", "-", True), ("fit", "fold=2019", True), ("fit", "fold=2020", True), ("maybe", "-", False)]


def test_a_missing_input_of_an_optional_stage_fails_nothing(runlake, pipeline):
    options = pipeline()
    done = runlake("pipeline", "check", "p.yaml", **options).ok()
    assert "(the stage is optional)" in done.out
    assert runlake("pipeline", "check", "p.yaml", "--json", **options).ok().json["passed"] is True


@pytest.mark.parametrize("value, why", [(None, "DATA is not set"), ("", "DATA is empty")])
def test_a_root_that_is_not_set_is_named(runlake, pipeline, value, why):
    pipeline()
    done = runlake("pipeline", "check", "p.yaml", env={"DATA": value})
    assert done.status == 2 and f"the environment variable {why}" in done.err and done.out == ""


def test_a_folder_that_may_not_be_read_is_told(runlake, tmp_path, pipeline):
    options = pipeline()
    (tmp_path / "data" / "in.csv").unlink()
    (tmp_path / "data" / "in.csv").symlink_to("nowhere")
    done = runlake("pipeline", "check", "p.yaml", **options)
    assert done.status == 1 and "leads nowhere" in done.out


def test_all_mistakes_come_at_once_with_their_places(runlake, pipeline):
    options = pipeline(GOOD.replace("clean:\n    command", "clean:\n    comand").replace("{fold}.csv\"]\n    reads", "{fol}.csv\"]\n    reads"))
    done = runlake("pipeline", "check", "p.yaml", **options)
    assert done.status == 2 and done.out == ""
    lines = done.err.replace("runlake pipeline check: ", "").splitlines()
    assert lines == [
        "p.yaml:4:3: the stage \"clean\" has no \"command\"",
        "p.yaml:5:5: unknown key \"comand\" (nearest: \"command\")",
        "p.yaml:10:42: nothing is named {fol} (nearest: \"fold\")",
    ]


def test_mistakes_between_stages(runlake, pipeline):
    options = pipeline(GOOD.replace('["m-{fold}.csv"]', '["m.csv"]').replace("reads: [clean.csv,", "reads: [claen.csv,"))
    done = runlake("pipeline", "graph", "p.yaml", **options)
    assert done.status == 2
    assert done.err.replace("runlake pipeline graph: ", "").splitlines() == [
        "p.yaml:11:13: no stage writes \"claen.csv\" (nearest: \"clean.csv\")",
        "p.yaml:12:14: fit[fold=2020] and fit[fold=2019] both write \"m.csv\"; put {fold} into the path",
    ]


def test_a_newer_version_is_refused(runlake, pipeline):
    options = pipeline("version: 2\n" + GOOD)
    done = runlake("pipeline", "check", "p.yaml", **options)
    assert done.status == 7 and "p.yaml:1:1: version 2" in done.err


def test_no_such_file(runlake):
    assert runlake("pipeline", "check", "none.yaml").status == 3


def test_params_of_the_command_line(runlake, pipeline):
    text = GOOD.replace("writes: [clean.csv]", "writes: ['{params.name}.csv']\n    params: {name: clean}")
    options = pipeline(text)
    runlake("pipeline", "check", "p.yaml", "--param", "clean.name=clean", **options).ok()
    other = runlake("pipeline", "check", "p.yaml", "--param", "name=other", **options)
    assert other.status == 2 and 'no stage writes "clean.csv"' in other.err
    unknown = runlake("pipeline", "check", "p.yaml", "--param", "nam=1", **options)
    assert unknown.status == 2 and '(nearest: "name")' in unknown.err


def test_drawings_and_data_agree(runlake, pipeline):
    options = pipeline()
    record = runlake("pipeline", "graph", "p.yaml", "--json", **options).ok().json
    assert [(one["stage"], one["instance"], one["needs"]) for one in record["instances"]] == [("clean", "-", []), ("fit", "fold=2019", [0]), ("fit", "fold=2020", [0]), ("maybe", "-", [])]
    assert record["instances"][1]["reads"] == ["clean.csv", "workspace:conf/*.json"]
    assert "s0 --> s1\n" in runlake("pipeline", "graph", "p.yaml", **options).ok().out
    assert '"clean" -> "fit";' in runlake("pipeline", "graph", "p.yaml", "--format", "dot", **options).ok().out
    layout = runlake("pipeline", "graph", "p.yaml", "--format", "layout", **options).ok().out
    assert "| `{DATA}/in.csv` | (from outside) | clean |\n" in layout and "| `clean.csv` | clean | fit |\n" in layout


def test_nothing_depends_on_the_place(runlake, pipeline, place):
    options = pipeline()
    here = runlake("pipeline", "graph", "p.yaml", "--json", **options).ok().out
    assert runlake("pipeline", "graph", "p.yaml", "--json", env={**options["env"], **place}).ok().out == here


# --- DVC ------------------------------------------------------------------------------------------------------------


def md5(path):
    return hashlib.md5(Path(path).read_bytes()).hexdigest()


DVC = """\
stages:
  clean:
    cmd: sort raw.csv > clean.csv && echo clean >> ~/log
    deps: [raw.csv]
    outs: [clean.csv]
  train:
    foreach: [us, bra]
    do:
      cmd: (cat clean.csv; echo ${train.lr} '{}') > ${item}.txt
      deps: [clean.csv]
      params: [train.lr]
      outs: ["${item}.txt"]
  old:
    cmd: exit 1
    frozen: true
    outs: [frozen.txt]
  ship:
    wdir: sub
    cmd: [cd /, cat ../us.txt ../bra.txt ../frozen.txt > all.txt]
    deps: [../us.txt, ../bra.txt, ../frozen.txt]
    outs: [{all.txt: {cache: false}}]
"""


@pytest.fixture
def dvc(project):
    (project / "params.yaml").write_text("train: {lr: 0.1}\n")
    (project / "raw.csv").write_text("2\n1\n")
    (project / "frozen.txt").write_text("as it was\n")
    (project / "sub").mkdir()
    (project / "dvc.yaml").write_text(DVC)
    return project


def lock(project, stages):
    """A dvc.lock that says of these stages what is on disk now: name -> (cmd, deps, params, outs)."""
    entry = {}
    for name, (cmd, deps, params, outs) in stages.items():
        paths = lambda found: [{"path": one, "hash": "md5", "md5": md5(project / one)} for one in found]
        entry[name] = {"cmd": cmd, "deps": paths(deps), "outs": paths(outs)}
        if params:
            entry[name]["params"] = {"params.yaml": params}
    (project / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": entry}))


def test_a_dvc_pipeline_runs_with_its_commands(runlake, dvc):
    done = runlake("pipeline", "import", "dvc.yaml", "--output", "p.yaml").ok()
    assert done.out == "p.yaml: 4 stages, 0 of them done already\n"
    assert done.err.splitlines() == [
        'dvc.yaml:6:3: note: the stage "train@us" is called "train-us"',
        'dvc.yaml:6:3: note: the stage "train@bra" is called "train-bra"',
        'dvc.yaml:11:7: note: the stage "train-us" is run again when anything in params.yaml changes, not only train.lr',
        'dvc.yaml:11:7: note: the stage "train-bra" is run again when anything in params.yaml changes, not only train.lr',
        'dvc.yaml:13:3: note: the stage "old" is frozen and left out: what it makes is taken as it is',
    ]
    runlake("pipeline", "run", "p.yaml").ok()
    assert (dvc / "sub" / "all.txt").read_text() == "1\n2\n0.1 {}\n1\n2\n0.1 {}\nas it was\n"
    runlake("pipeline", "run", "p.yaml").ok()
    assert (dvc.parent / "home" / "log").read_text() == "clean\n"


def test_what_the_lock_says_is_done_is_not_run(runlake, dvc):
    (dvc / "clean.csv").write_text("1\n2\n")
    (dvc / "us.txt").write_text("1\n2\n0.1 {}\n")
    train = "(cat clean.csv; echo 0.1 '{}') > us.txt"
    lock(dvc, {"clean": ("sort raw.csv > clean.csv && echo clean >> ~/log", ["raw.csv"], None, ["clean.csv"]), "train@us": (train, ["clean.csv"], {"train.lr": 0.1}, ["us.txt"])})
    record = runlake("pipeline", "import", "dvc.yaml", "-o", "p.yaml", "--json").ok().json
    assert {one["stage"]: one["done"] for one in record["stages"]} == {"clean": True, "train-us": True, "train-bra": False, "ship": False}
    assert record["run_dir"].startswith(str(dvc / "runs"))
    run = runlake("pipeline", "run", "p.yaml", "--json").ok().json
    assert {one["stage"]: one["state"] for one in run["stages"]} == {"clean": "reused", "train-us": "reused", "train-bra": "done", "ship": "done"}
    assert not (dvc.parent / "home" / "log").exists()


@pytest.mark.parametrize("change", ["input", "output", "param", "command", "no_param", "more_params", "old_hash"])
def test_what_differs_from_the_lock_is_not_done(runlake, dvc, change):
    (dvc / "clean.csv").write_text("1\n2\n")
    (dvc / "us.txt").write_text("1\n2\n0.1 {}\n")
    train = "(cat clean.csv; echo 0.1 '{}') > us.txt"
    params = {"no_param": None, "more_params": {"train.lr": 0.1, "train.x": 1}}.get(change, {"train.lr": 0.1})
    lock(dvc, {"clean": ("sort raw.csv > clean.csv && echo clean >> ~/log", ["raw.csv"], None, ["clean.csv"]), "train@us": (train + ("#" if change == "command" else ""), ["clean.csv"], params, ["us.txt"])})
    if change == "input":
        (dvc / "clean.csv").write_text("1\n3\n")
    elif change == "output":
        (dvc / "us.txt").write_text("other\n")
    elif change == "param":
        (dvc / "params.yaml").write_text("train: {lr: 0.2}\n")
    elif change == "old_hash":
        (dvc / "dvc.lock").write_text((dvc / "dvc.lock").read_text().replace('"hash": "md5", ', ""))
    record = runlake("pipeline", "import", "dvc.yaml", "-o", "p.yaml", "--json").ok().json
    assert "train-us" not in [one["stage"] for one in record["stages"] if one["done"]]
    assert bool(record["notes"]) == (change == "old_hash")


@pytest.mark.parametrize("line, why", [
    ("deps: [s3://bucket/x]", 'dvc.yaml:4:12: the dependency "s3://bucket/x" is left out: it is no file of this machine'),
    ("deps: [../outside]", 'dvc.yaml:4:12: the dependency "../outside" is left out: it is not inside of the project'),
    ("outs: [/abs]", 'dvc.yaml:4:12: the output "/abs" is left out: it is not inside of the project'),
    ("always_changed: true", 'dvc.yaml:4:5: the stage "a" is run when something changed, not always: `runlake pipeline run --force a` runs it'),
    ("later: 1", 'dvc.yaml:4:5: "later" is not carried over'),
])
def test_what_is_lost_is_said_and_is_status_1(runlake, project, line, why):
    (project / "dvc.yaml").write_text(f"stages:\n  a:\n    cmd: x\n    {line}\n")
    done = runlake("pipeline", "import", "dvc.yaml")
    assert (done.status, done.err.splitlines()) == (1, [why])
    assert "command: x\n" in done.out and not (project / ".runlake").exists()


@pytest.mark.parametrize("text, why", [
    ("x: 1\n", 'dvc.yaml:1:1: there is no mapping "stages"'),
    ("stages: {a: {deps: [x]}}\n", 'dvc.yaml:1:10: the stage "a" has no "cmd"'),
    ("stages: {a: {cmd: 'echo ${nope}'}}\n", 'dvc.yaml:1:14: no value is named "${nope}"'),
    ("stages: {a: {cmd: x, wdir: ../..}}\n", "dvc.yaml:1:22: the working folder is not inside of the project"),
    ("stages: {a: {foreach: 3, do: {cmd: x}}}\n", 'dvc.yaml:1:14: "foreach" is a number'),
    ("stages: {a: {cmd: x, outs: [o]}, b: {cmd: y, outs: [o]}}\n", 'dvc.yaml:1:53: b and a both write "workspace:o"'),
    ("stages: [\n", "dvc.yaml: line"),
])
def test_a_wrong_dvc_yaml_changes_nothing(runlake, project, text, why):
    (project / "dvc.yaml").write_text(text)
    before = tree(project)
    done = runlake("pipeline", "import", "dvc.yaml", "-o", "p.yaml")
    assert done.status == 2 and why in done.err
    assert tree(project) == before


def test_a_lock_that_cannot_be_read_costs_only_time(runlake, dvc):
    (dvc / "dvc.lock").write_text("<<<<<<< HEAD\n  schema: '2.0'\n=======\n")
    done = runlake("pipeline", "import", "dvc.yaml", "-o", "p.yaml").ok()
    assert "note: every stage counts as not done: reading " in done.err
    runlake("pipeline", "check", "p.yaml").ok()


def test_a_full_disk_writes_no_file(runlake, dvc):
    done = runlake("pipeline", "import", "dvc.yaml", "-o", "p.yaml", env={"RUNLAKE_FAULT": "export.write:enospc"})
    assert done.status == 8 and not (dvc / "p.yaml").exists()
    assert [name for name in tree(dvc) if "p.yaml" in name] == []


def test_a_run_directory_that_cannot_be_made_costs_only_time(runlake, dvc):
    (dvc / "clean.csv").write_text("1\n2\n")
    lock(dvc, {"clean": ("sort raw.csv > clean.csv && echo clean >> ~/log", ["raw.csv"], None, ["clean.csv"])})
    done = runlake("pipeline", "import", "dvc.yaml", "-o", "p.yaml", env={"RUNLAKE_FAULT": "rundir.create:enospc"}).ok()
    assert "note: what is done is not taken over whole: " in done.err
    runlake("pipeline", "run", "p.yaml").ok()


def test_an_existing_file_is_not_overwritten(runlake, dvc):
    (dvc / "p.yaml").write_text("mine\n")
    done = runlake("pipeline", "import", "dvc.yaml", "-o", "p.yaml")
    assert done.status == 4 and "p.yaml" in done.err
    assert (dvc / "p.yaml").read_text() == "mine\n"


def test_a_pipeline_file_stays_in_its_project(runlake, dvc, tmp_path):
    done = runlake("pipeline", "import", "dvc.yaml", "-o", tmp_path / "p.yaml")
    assert done.status == 4 and not (tmp_path / "p.yaml").exists()


def test_outputs_that_are_links_are_said(runlake, dvc):
    (dvc / "cache").write_text("x")
    (dvc / "clean.csv").symlink_to("cache")
    assert "run `dvc unprotect clean.csv` before" in runlake("pipeline", "import", "dvc.yaml").ok().err
    (dvc / "clean.csv").unlink()
    os.link(dvc / "cache", dvc / "clean.csv")
    assert "run `dvc unprotect clean.csv` before" in runlake("pipeline", "import", "dvc.yaml").ok().err
