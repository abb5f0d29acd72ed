# SPDX-License-Identifier: Apache-2.0
"""What the tests of pipelines have in common: a small pipeline, and how it is run and looked at."""

import os
import subprocess
import time

import pytest

PIPELINE = """\
experiment_key: toy
stages:
  features:
    command: [python3, features.py]
    reads: ["workspace:data/x.csv", "workspace:data/y.csv"]
    writes: [features/train.csv]
    code: [features.py]
  fit:
    matrix: {fold: [a, b]}
    command: [python3, fit.py, "{fold}", "{params.alpha}"]
    reads: [features/train.csv]
    writes: ["models/{fold}/"]
    code: [fit.py]
    params: {alpha: 0.1}
  report:
    command: "cat {run_dir}/models/*/model.txt > {out}/report.txt"
    reads: ["models/*/model.txt"]
    writes: [report.txt]
    code: []
"""
FEATURES = """\
import os
os.makedirs(os.environ["RUNLAKE_OUT"] + "/features")
with open(os.environ["RUNLAKE_OUT"] + "/features/train.csv", "w") as out:
    for name in ("x", "y"):
        out.write(open(f"data/{name}.csv").read())
"""
FIT = """\
import os, sys
fold, alpha = sys.argv[1:]
text = open(os.environ["RUNLAKE_RUN_DIR"] + "/features/train.csv").read()
os.makedirs(os.environ["RUNLAKE_OUT"] + "/models/" + fold)
with open(os.environ["RUNLAKE_OUT"] + "/models/" + fold + "/model.txt", "w") as out:
    out.write(f"{fold} {alpha} {len(text)}\\n")
"""


@pytest.fixture
def clean_env(clean_env):
    return {**clean_env, "PATH": "/usr/local/bin:/usr/bin:/bin"}


@pytest.fixture
def toy(project):
    (project / "p.yaml").write_text(PIPELINE)
    (project / "features.py").write_text(FEATURES)
    (project / "fit.py").write_text(FIT)
    (project / "data").mkdir()
    (project / "data/x.csv").write_text("1\n2\n")
    (project / "data/y.csv").write_text("3\n")
    return project


def git(project, env, *words):
    subprocess.run(["git", *words], cwd=project, env=env, check=True, stdout=subprocess.DEVNULL)


def states(done):
    """What became of each instance: {"fit[fold=a]": "done"}."""
    found = {}
    for stage in done.json["stages"]:
        name = stage["stage"] if stage["instance"] == "-" else f"{stage['stage']}[{stage['instance']}]"
        found[name] = stage["state"]
    return found


def reasons(done):
    return {f"{s['stage']}:{s['instance']}": s["reason"] for s in done.json["stages"]}


def first(runlake, *words, **more):
    done = runlake("pipeline", "run", "p.yaml", "--json", *words, **more).ok()
    return done, done.json["run_dir"]


def again(runlake, run_dir, *words, **more):
    return runlake("pipeline", "run", "p.yaml", "--json", "--run-dir", run_dir, *words, **more)


ALL = {"features", "fit[fold=a]", "fit[fold=b]", "report"}


def assert_all(done, state):
    assert states(done) == {name: state for name in ALL}, done.err


def tree(run_dir):
    """The view of a run directory: names and bytes."""
    found = {}
    for where, folders, files in os.walk(run_dir):
        folders[:] = [f for f in folders if f != ".stages" and f != "attempts"]
        for name in files:
            path = os.path.join(where, name)
            if name not in ("run.json", "config_resolved.yaml"):
                found[os.path.relpath(path, run_dir)] = open(path, "rb").read()
    return found


def only_run_dir(project):
    names = [name for name in os.listdir(project / "runs") if not name.startswith(".")] if (project / "runs").exists() else []
    return str(project / "runs" / names[0]) if len(names) == 1 else None


def wait_for(condition, what, process=None):
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end, what
        assert process is None or process.poll() is None, what
        time.sleep(0.01)
