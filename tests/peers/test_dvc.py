# SPDX-License-Identifier: Apache-2.0
"""A project that DVC itself made: its stages run here with the same results, and what it says is done is not run again."""
import os
import shutil
import subprocess

import pytest

import peers

DVC_YAML = """\
vars:
  - where: {out: models}
  - more.json:shape
  - "with space": 1
stages:
  clean:
    cmd: sort data/raw.csv > clean.csv; echo clean >> "$LOG"
    deps: [data/raw.csv, data/many]
    outs: [clean.csv]
  train:
    foreach: [us, bra]
    do:
      cmd: >-
        mkdir -p ${where.out} && python3 src/train.py clean.csv ${where.out}/${item}.txt ${lr} &&
        echo train ${item} >> "$LOG"
      deps: [clean.csv, src/train.py]
      params: [lr, train.epochs]
      outs: ["${where.out}/${item}.txt"]
  tune:
    foreach:
      small: {n: 1, on: true}
      large: {n: 2, on: false}
    do:
      cmd: echo '${key} ${item.n} ${item.on} \\${literal} {braces}' ${train} > tune-${key}.txt; echo tune ${key} >> "$LOG"
      params: [{more.json: [shape.w]}, {params.yaml: }]
      outs: ["tune-${key}.txt"]
  grid:
    matrix: {size: [1, 2.5], kind: "${kinds}", more: [{a: 1}, {a: x y}]}
    cmd: echo ${item.size} ${item.kind} "${item.more.a}" ${shape.h} > "grid-${key}.txt"; echo grid >> "$LOG"
    outs: ["grid-${key}.txt"]
  report:
    wdir: data
    cmd:
      - cd / && true
      - cat ../models/us.txt ../models/bra.txt > report.txt
      - mkdir -p out/deep && cp report.txt out/deep/copy.txt && echo report >> "$LOG"
    deps: [../models/us.txt, ../models/bra.txt]
    outs: [out]
    metrics: [{report.txt: {cache: false}}]
"""


def dvc(folder, *words):
    """Runs DVC in the project; what its stages log is beside the project."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    env = {"PATH": f"{os.path.dirname(peers.dvc())}:{os.environ['PATH']}", "HOME": str(home), "LANG": "C.UTF-8", "DVC_NO_ANALYTICS": "1", "LOG": str(log_file(folder))}
    done = subprocess.run([peers.dvc(), *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"


def make(folder):
    """A project of DVC's in which nothing has run."""
    (folder / "data" / "many" / "sub").mkdir(parents=True)
    (folder / "src").mkdir()
    (folder / "data" / "raw.csv").write_text("3\n1\n2\n")
    (folder / "data" / "many" / "b.txt").write_text("b")
    (folder / "data" / "many" / "sub" / "\u00e9 a.txt").write_text("")
    (folder / "src" / "train.py").write_text("import sys\nsource, out, lr = sys.argv[1:4]\nopen(out, 'w').write('%d %s\\n' % (sum(map(int, open(source))), lr))\n")
    (folder / "params.yaml").write_text("lr: 1.0e-5\ntrain: {epochs: 3, names: [a, 'b c'], deep: {flag: true, off: false}}\nkinds: [a, b]\n")
    (folder / "more.json").write_text('{"shape": {"w": 2, "h": 3}, "other": 1}')
    (folder / "dvc.yaml").write_text(DVC_YAML)
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=folder, check=True)


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory):
    """A project in which DVC has run everything: to be copied."""
    folder = tmp_path_factory.mktemp("dvc") / "reproduced"
    folder.mkdir()
    make(folder)
    dvc(folder, "init", "-q")
    dvc(folder, "repro", "-q")
    return folder


@pytest.fixture
def done(reproduced, tmp_path):
    """A copy of it, with an empty log."""
    return shutil.copytree(reproduced, tmp_path / "done", symlinks=True)


def log_file(folder):
    return folder.parent / f"{folder.name}.log"


def log_of(folder):
    return sorted(log_file(folder).read_text().splitlines()) if log_file(folder).exists() else []


def run_pipeline(runlake, folder, *words):
    return runlake("pipeline", *words, cwd=folder, env={"LOG": log_file(folder)})


def outputs(folder):
    """What the stages made."""
    names = [path for path in folder.rglob("*.txt") if ".runlake" not in path.parts and "runs" not in path.parts and ".dvc" not in path.parts]
    return {str(path.relative_to(folder)): path.read_text() for path in [*names, folder / "clean.csv"]}


def test_stages_give_what_dvc_gives(runlake, reproduced, tmp_path):
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    make(fresh)
    run_pipeline(runlake, fresh, "import", "dvc.yaml", "-o", "p.yaml").ok()
    run_pipeline(runlake, fresh, "run", "p.yaml").ok()
    assert outputs(fresh) == outputs(reproduced)
    assert len(outputs(fresh)) == 17
    assert log_of(fresh) == log_of(reproduced)


def test_what_dvc_has_done_is_not_run_again(runlake, done):
    record = run_pipeline(runlake, done, "import", "dvc.yaml", "-o", "p.yaml", "--json").ok().json
    assert [one["dvc_stage"] for one in record["stages"] if not one["done"]] == [], record["notes"]
    run = run_pipeline(runlake, done, "run", "p.yaml", "--json").ok().json
    assert {one["state"] for one in run["stages"]} == {"reused"} and len(run["stages"]) == 14
    assert log_of(done) == []


@pytest.mark.parametrize("change, again", [
    ("data/raw.csv", ["clean", "report", "train bra", "train us"]),
    ("data/many/b.txt", ["clean"]),
    ("src/train.py", ["train bra", "train us"]),
    ("more.json", ["tune large", "tune small"]),
])
def test_a_change_runs_what_dvc_would_run(runlake, done, tmp_path, change, again):
    run_pipeline(runlake, done, "import", "dvc.yaml", "-o", "p.yaml").ok()
    path = done / change
    path.write_text('{"shape": {"w": 7, "h": 3}, "other": 1}' if change == "more.json" else f"{path.read_text()}#\n" if change.endswith(".py") else "5\n6\n")
    other = shutil.copytree(done, tmp_path / "other", symlinks=True)
    dvc(other, "repro", "-q")
    run_pipeline(runlake, done, "run", "p.yaml").ok()
    assert log_of(done) == log_of(other) == again
    assert outputs(done) == outputs(other)
