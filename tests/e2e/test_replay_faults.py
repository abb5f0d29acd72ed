# SPDX-License-Identifier: Apache-2.0
"""Twelve planted faults: each is named for what it is, by the verdict or by `replay attribute`."""

import json
import shutil
import subprocess

import pytest
from replay_support import HASH_ORDER, PYTHON, has_compiler, stdout_cell, verdicts, write_spec

# What varies by itself or by a knob: the program, and the knob that is to be named.
BY_ATTRIBUTE = {
    "random": "import random; print(random.random())",
    "clock": "import time; print(time.time())",
    "file_order": "import os; print(int(''.join(os.listdir('parts'))) % 1000003)",
    "locale": "import locale, os; locale.setlocale(locale.LC_ALL, ''); print(len(locale.setlocale(locale.LC_CTYPE)))",
    "hash_seed": HASH_ORDER,
}
UNINITIALISED = """\
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    unsigned char* seen = malloc(100000);
    unsigned long sum = 0;
    for (int i = 0; i < 100000; ++i) { sum += seen[i]; }
    printf("%lu\\n", sum);
    return 0;
}
"""
OPENMP = """\
#include <stdio.h>
int main(void) {
    float sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (int i = 1; i < 300000; ++i) { sum += 1.0f / (float)i; }
    printf("%a\\n", (double)sum);
    return 0;
}
"""


def named(runlake, cell, project):
    write_spec(project, [cell])
    return runlake("--json", "replay", "attribute", "spec.yaml").json


@pytest.mark.parametrize("fault", BY_ATTRIBUTE)
def test_what_varies_by_a_knob(runlake, project, fault):
    for i in range(20):
        (project / "parts").mkdir(exist_ok=True)
        (project / "parts" / str(i * 7 % 20)).write_text("")
    answer = named(runlake, stdout_cell("cell", BY_ATTRIBUTE[fault]), project)
    assert answer["attributed_to"] == fault, answer["tried"]


@pytest.mark.parametrize("fault, text, flags", [("memory", UNINITIALISED, []), ("threads", OPENMP, ["-fopenmp"])])
def test_what_a_compiler_made(runlake, project, fault, text, flags):
    if not has_compiler() or shutil.which("gcc") is None:
        pytest.skip("no gcc on PATH")
    (project / "prog.c").write_text(text)
    if subprocess.run(["gcc", "-O1", *flags, "-o", "prog", "prog.c"], cwd=project, check=False, capture_output=True).returncode != 0:
        pytest.skip(f"gcc can't build it with {flags}")
    answer = named(runlake, {"name": "cell", "command": ["./prog"], "metric": {"stdout": True, "name": "m"}}, project)
    assert answer["attributed_to"] == fault, answer["tried"]


# --- what makes a replay unlike its canonical ------------------------------------------------------------------------------------------------

SCORE = "print(sum(float(x) for x in open('data.csv')) / 3)"


@pytest.fixture
def settled(runlake, project, clean_env, tmp_path):
    """A measured cell, its canonical value with its provenance in a file; gives the document and what to call it with."""
    packages = tmp_path / "venv" / "lib" / "python3.11" / "site-packages" / "solver-1.0.dist-info"
    packages.mkdir(parents=True)
    env = {"VIRTUAL_ENV": str(tmp_path / "venv"), "RUNLAKE_INSTANCE_TYPE": "m5.large"}
    (project / "data.csv").write_text("1\n2\n4\n")
    (project / "score.py").write_text(SCORE + "\n")
    (project / ".gitignore").write_text("spec.yaml\ncanonical.json\n")
    subprocess.run(["git", "add", "-A"], cwd=project, env=clean_env, check=True)
    subprocess.run(["git", "commit", "-q", "-m", "score"], cwd=project, env=clean_env, check=True)
    cell = {"name": "cell", "command": [PYTHON, "score.py"], "metric": {"stdout": True, "name": "m"}, "inputs": ["data.csv"], "canonical": {"json": "canonical.json"}}
    write_spec(project, [cell])
    runlake("replay", "envelope", "spec.yaml", env=env).ok()
    runlake("replay", "run", "spec.yaml", env=env)
    first = verdicts(project)["cell"]["replays"][0]
    canonical = {"run_id": "first", "value": first["value"], **first["provenance"]}

    def judge(**change):
        (project / "canonical.json").write_text(json.dumps({**canonical, **change}))
        done = runlake("replay", "run", "spec.yaml", env=env)
        return done, verdicts(project)["cell"]

    judge.env, judge.packages = env, packages
    return judge


def test_nothing_planted_is_faithful(settled):
    done, verdict = settled()
    assert (done.status, verdict["verdict"]) == (0, "FIDELITY_OK"), (done.err, verdict["parity_dims"])


def expect_gap(verdict, dimension):
    assert (verdict["verdict"], verdict["cause"]) == ("CANONICAL_DIVERGENCE", "env_parity_gap")
    strict = {name for name, found in verdict["parity_dims"].items() if found["weight"] == "strict" and found["state"] == "differs"}
    assert strict == {dimension} or strict == {dimension, "image"}, strict   # the fallback of an image is made of packages too


def test_another_version_of_a_library(runlake, settled):
    settled.packages.rename(settled.packages.with_name("solver-1.1.dist-info"))
    runlake("replay", "envelope", "spec.yaml", env=settled.env).ok()
    done, verdict = settled()
    assert done.status == 11
    expect_gap(verdict, "packages")


def test_an_edited_input(runlake, project, settled):
    (project / "data.csv").write_text("1\n2\n5\n")
    subprocess.run(["git", "update-index", "--assume-unchanged", "data.csv"], cwd=project, check=True)
    runlake("replay", "envelope", "spec.yaml", env=settled.env).ok()
    done, verdict = settled()
    assert done.status == 11 and verdict["cause"] == "env_parity_gap"
    assert verdict["parity_dims"]["inputs"]["state"] == "differs"


def test_edited_code(project, settled):
    (project / "score.py").write_text(SCORE.replace("/ 3", "/ 4") + "\n")
    done, verdict = settled()
    assert done.status == 11
    expect_gap(verdict, "build_sha")


def test_another_machine(settled):
    done, verdict = settled(instance_type="c6i.xlarge")
    assert done.status == 11
    expect_gap(verdict, "instance_type")


def test_a_rounded_canonical(settled):
    _, verdict = settled()
    done, verdict = settled(value=round(verdict["replays"][0]["value"], 3))
    assert done.status == 11 and verdict["cause"] == "logic_fidelity_gap"
    assert "canonical_rounded" in verdict["details"]
