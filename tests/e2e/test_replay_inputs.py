# SPDX-License-Identifier: Apache-2.0
"""Files that a replayed program reads and nobody declared: what changed in them is never called a gap in its logic."""

import json
import os
import subprocess

import pytest
from replay_support import PATIENT, PYTHON, errors_of, git, knobs_of, stdout_cell, until_code_is_known, verdicts, write_spec

SUM = "import csv; print(sum(float(row[0]) for row in csv.reader(open('data.csv'))))"


@pytest.fixture
def committed(project, clean_env):
    """A program in git, its data beside it and ignored."""
    (project / "sum.py").write_text(SUM + "\n")
    (project / "data.csv").write_text("1\n2\n")
    (project / ".gitignore").write_text("data.csv\nprog\nspec.yaml\n*.json\n")
    git(project, clean_env, "add", "-A")
    git(project, clean_env, "commit", "-qm", "sum")
    return project


def judge(runlake, project, cell, value=None):
    """The verdict against a canonical that a file states, with everything but the value as it is here; an envelope is measured first."""
    (project / "canonical.json").write_text(json.dumps({"value": 0}))
    write_spec(project, [{**cell, "canonical": {"json": "canonical.json"}}])
    runlake("replay", "envelope", "spec.yaml")
    runlake("replay", "run", "spec.yaml")
    first = verdicts(project)[cell["name"]]
    (project / "canonical.json").write_text(json.dumps({"run_id": "row", "value": first["replay_value"] if value is None else value, "provenance": first["replay_provenance"]}))
    done = runlake("replay", "run", "spec.yaml")
    return done, verdicts(project)[cell["name"]]


def cell(**more):
    return {"name": "sum", "command": [PYTHON, "sum.py"], "metric": {"stdout": True, "name": "s"}, "inputs": [], **more}


def test_data_that_was_said_not_to_be_read_can_not_be_vouched_for(runlake, committed):
    done, verdict = judge(runlake, committed, cell(), value=17)
    assert (done.status, verdict["verdict"], verdict["reason"]) == (12, "INCONCLUSIVE_TOOLING", "env_parity_unverified"), verdict["details"]
    assert verdict["details"] == ["missing:inputs", "undeclared_read:data.csv"] and verdict["canon_delta"] is None
    assert [file["path"] for file in verdict["replays"][0]["undeclared_reads"]] == ["data.csv"] and verdict["replays"][0]["reads_seen"] is True
    assert "It read data.csv, which is not among its inputs" in runlake("replay", "show", "sum").out


def test_declared_it_is_compared(runlake, committed):
    done, verdict = judge(runlake, committed, cell(inputs=["data.csv"]), value=17)
    assert (done.status, verdict["cause"]) == (11, "logic_fidelity_gap"), verdict["details"]
    assert verdict["replays"][0]["undeclared_reads"] == [] and verdict["warnings"] == []
    for inputs in (["*.csv"], ["."]):
        done, verdict = judge(runlake, committed, cell(name="by_pattern", inputs=inputs))
        assert verdict["replays"][0]["undeclared_reads"] == [], inputs


@pytest.mark.parametrize("words", [["cat", "data.csv"], ["awk", "{ s += $1 } END { print s }", "data.csv"], ["sh", "-c", "while read x; do echo $x; done < data.csv | tail -n 1"],
                                   [PYTHON, "-c", "import subprocess; subprocess.run(['tail', '-n', '1', 'data.csv'], check=True)"]])
def test_whoever_reads_it(runlake, committed, words):
    (committed / "data.csv").write_text("5\n")
    write_spec(committed, [{"name": "any", "command": words, "metric": {"stdout": True, "name": "s"}}])
    runlake("replay", "run", "spec.yaml")
    assert [file["path"] for file in verdicts(committed)["any"]["replays"][0]["undeclared_reads"]] == ["data.csv"]


def test_what_is_part_of_the_code_or_its_own_is_no_input(runlake, committed, clean_env):
    code = "open('note.tmp', 'w').write('1'); a = open('note.tmp').read(); b = open('sum.py').read(); c = open('new.txt').read(); import json, tempfile; print(len(b))"
    (committed / "new.txt").write_text("not yet added, and not ignored\n")
    write_spec(committed, [stdout_cell("own", code)])
    runlake("replay", "run", "spec.yaml")
    assert verdicts(committed)["own"]["replays"][0]["undeclared_reads"] == []
    assert verdicts(committed)["own"]["replays"][0]["reads_seen"] is True


def recorded(runlake, *words):
    runlake("run", "--stage", "sum", "--capture", "all", *words).ok()
    rows = [row for row in runlake("--json", "runs", "list").ok().json["runs"] if row["stage"] == "sum"]
    return max(rows, key=lambda row: row["started_at"])["run_id"]


def test_of_a_recorded_run_it_counts_once_it_has_changed(runlake, committed):
    run = recorded(runlake, "--", PYTHON, "sum.py")
    runlake("replay", "envelope", "--run", run, "--here").ok()
    assert runlake("replay", "run", "--run", run, "--here").status == 0   # read, not declared, and as it was when the run began
    (committed / "data.csv").write_text("1\n3\n")
    runlake("replay", "envelope", "--run", run, "--here").ok()
    done = runlake("replay", "run", "--run", run, "--here")
    (verdict,) = [one for one in verdicts(committed).values()]
    assert (done.status, verdict["reason"], verdict["details"]) == (12, "env_parity_unverified", ["missing:inputs", "undeclared_read:data.csv"])


def test_an_envelope_of_other_data_is_stale(runlake, committed):
    run = recorded(runlake, "--", PYTHON, "sum.py")
    runlake("replay", "envelope", "--run", run, "--here").ok()
    (committed / "data.csv").write_text("1\n3\n")
    done = runlake("replay", "run", "--run", run, "--here")
    (verdict,) = verdicts(committed).values()
    assert done.status == 12 and verdict["details"] == ["stale_envelope:undeclared_inputs"]


STATIC = r"""
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int count, char** words) {
    double x = 0, s = 0;
    if (count > 1 && getenv("RUNLAKE_REPLAY_REPORT") == NULL) { usleep((useconds_t)(atof(words[1]) * 1e6)); }
    FILE* f = fopen("data.csv", "r");
    while (fscanf(f, "%lf", &x) == 1) { s += x; }
    printf("%g\n", s MORE);
    return 0;
}
"""


def build_static(folder, more=""):
    (folder / "prog.c").write_text(STATIC.replace("MORE", more))
    built = subprocess.run(["gcc", "-static", "-O1", "-o", "prog", "prog.c"], cwd=folder, check=False, capture_output=True)
    os.unlink(folder / "prog.c")
    if built.returncode != 0:
        pytest.skip("gcc can't build static programs here")


def test_what_can_not_be_watched_has_to_be_declared(runlake, committed):
    build_static(committed)
    run = recorded(runlake, "--", "./prog")
    runlake("replay", "envelope", "--run", run, "--here").ok()
    runlake("replay", "run", "--run", run, "--here")
    (verdict,) = verdicts(committed).values()
    assert errors_of(verdict) == [None, None] and verdict["reason"] == "env_parity_unverified"
    assert {"missing:inputs", "reads_not_seen"} <= set(verdict["details"])
    # It is not asked, but what would read these knobs is not in it.
    assert {knobs_of(verdict)[name] for name in ("OMP_NUM_THREADS", "OMP_DYNAMIC", "PYTHONHASHSEED")} == {"not_loaded"}
    write_spec(committed, [{"name": "static", "command": ["./prog"], "metric": {"stdout": True, "name": "s"}, "inputs": ["data.csv"]}])
    runlake("replay", "run", "spec.yaml")
    assert verdicts(committed)["static"]["replays"][0]["reads_seen"] is False and verdicts(committed)["static"]["det_status"] == "PASS"


def test_declared_a_static_program_is_faithful(runlake, committed):
    build_static(committed)
    words = ["run", "--stage", "sum", "--capture", "all", "--input", "data.csv", "--", "./prog"]
    (row,) = until_code_is_known(committed, runlake, lambda seconds: runlake(*words, str(seconds), env=PATIENT).ok())
    runlake("replay", "envelope", "--run", row["run_id"], "--here").ok()
    done = runlake("replay", "run", "--run", row["run_id"], "--here")
    assert done.status == 0, done.err


def test_a_static_program_that_could_read_a_knob_has_to_say_so(runlake, committed):
    build_static(committed, '+ (getenv("OMP_NUM_THREADS") == NULL)')
    write_spec(committed, [{"name": "static", "command": ["./prog"], "metric": {"stdout": True, "name": "s"}, "pins": {"presets": ["openmp"]}}])
    runlake("replay", "run", "spec.yaml")
    error = verdicts(committed)["static"]["replays"][0]["error"]
    assert error["kind"] == "pin_not_effective" and error["detail"].startswith("OMP_NUM_THREADS was pinned to 1, and nobody in the child said")
