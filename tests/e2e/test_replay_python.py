# SPDX-License-Identifier: Apache-2.0
"""The Python helper: parameters go in, the result and what is in effect come out; outside of a replay it does nothing."""

import json
import os
import subprocess
from pathlib import Path

from replay_support import PYTHON, errors_of, knobs_of, verdicts, write_spec

HELPER = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2])) / "python" / "runlake"
BEGIN = f"import sys; sys.path.insert(0, {str(HELPER)!r}); import replay; "


def cell(name, code, **more):
    return {"name": name, "command": [PYTHON, "-c", BEGIN + code], "metric": "f1", "inputs": [], **more}


def test_outside_of_a_replay_it_does_nothing(clean_env):
    code = BEGIN + "print(replay.active(), replay.parameters(), replay.report(f1=0.5))"
    done = subprocess.run([PYTHON, "-c", code], env=clean_env, capture_output=True, text=True, check=True)
    assert done.stdout == "False {} False\n"


def test_parameters_in_and_results_out(runlake, project):
    pins = {"presets": ["python"], "parameters": {"seed": 7, "rate": 0.5, "deterministic": True}}
    write_spec(project, [
        cell("listens", "p = replay.parameters(); replay.report(f1=p['rate'] / 3, effective=p)", pins=pins),
        cell("forgets", "p = replay.parameters(); p.pop('seed'); replay.report(f1=1, effective=p)", pins=pins),
        cell("differs", "replay.report(f1=1, effective={**replay.parameters(), 'rate': 0.25})", pins=pins),
        cell("unnamed", "replay.report(0.25)"),
        cell("twice", "replay.report(f1=1); replay.report(f1=1)"),
        cell("nan", "replay.report(f1=float('nan'))"),
        cell("several", "replay.report(f1=0.5, auc=0.75)"),
    ])
    assert runlake("replay", "run", "spec.yaml").status == 12
    found = verdicts(project)
    assert {name: errors_of(verdict)[0] for name, verdict in found.items()} == {
        "listens": None, "forgets": "pin_not_effective", "differs": "pin_not_effective", "unnamed": None, "twice": "two_results", "nan": "not_finite", "several": None}
    assert found["listens"]["replays"][0]["value"] == 0.5 / 3   # every bit of it
    assert knobs_of(found["listens"])["parameters.seed"] == "7"
    assert found["forgets"]["replays"][0]["error"]["detail"] == "parameters.seed was pinned to 7, and the program did not report it"
    assert found["several"]["replays"][0]["value"] == 0.5


def test_what_is_in_effect_is_asked_of_the_process(runlake, project):
    code = "import json; json.dump(replay.effective(), open('seen.json', 'w')); replay.report(f1=1)"
    write_spec(project, [cell("cell", code, pins={"presets": ["python"], "cpus": [0], "umask": "027", "time_zone": "Asia/Tokyo"})])
    runlake("replay", "run", "spec.yaml")
    assert errors_of(verdicts(project)["cell"]) == [None, None]
    seen = json.loads((project / "seen.json").read_text())
    assert {name: seen[name] for name in ("PYTHONHASHSEED", "cpus", "umask", "TZ", "LC_ALL")} == {
        "PYTHONHASHSEED": "0", "cpus": "0", "umask": "027", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"}
    assert seen["aslr"] in ("on", "off")


def test_an_interpreter_that_ignores_its_seed_says_so(runlake, project):
    # The flag of the interpreter, not the variable that it was told to ignore.
    code = BEGIN + "replay.report(f1=1)"
    write_spec(project, [{"name": "cell", "command": [PYTHON, "-E", "-c", code], "metric": "f1", "pins": {"environment": {"PYTHONHASHSEED": "5"}}}])
    runlake("replay", "run", "spec.yaml")
    assert errors_of(verdicts(project)["cell"]) == ["pin_not_effective"] * 2
