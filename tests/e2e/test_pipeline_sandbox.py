# SPDX-License-Identifier: Apache-2.0
"""What a stage of a pipeline may read and write, and what it is told."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from pipelines import FEATURES, FIT, PIPELINE, again, clean_env, first, only_run_dir, reasons, states, toy, tree  # noqa: F401


# --- the project tree as an output -----------------------------------------------------------------------------------------------------------

WORKSPACE = """\
experiment_key: toy
stages:
  make:
    command: "mkdir -p build && cat data/x.csv > build/model.txt%s"
    reads: ["workspace:data/x.csv"]
    writes: ["workspace:build/model.txt"]
    code: []
  use:
    command: "cp build/model.txt {out}/copy.txt"
    reads: ["workspace:build/model.txt"]
    writes: [copy.txt]
    code: []
"""


def test_outputs_in_the_project_tree(runlake, toy):
    (toy / "p.yaml").write_text(WORKSPACE % "")
    done, run_dir = first(runlake)
    assert not os.path.islink(toy / "build/model.txt") and tree(run_dir) == {"copy.txt": b"1\n2\n"}
    assert set(states(again(runlake, run_dir).ok()).values()) == {"skipped"}
    (toy / "build/model.txt").write_text("mine\n")
    changed = again(runlake, run_dir).ok()
    assert reasons(changed)["make:-"] == "outputs_modified" and states(changed)["use"] == "skipped"
    (toy / "build/model.txt").unlink()
    assert reasons(again(runlake, run_dir).ok())["make:-"] == "outputs_missing"
    assert (toy / "build/model.txt").read_text() == "1\n2\n"


@pytest.mark.parametrize("sandbox", ["", "    sandbox: off\n"])
def test_undeclared_files_beside_declared_ones_are_refused(runlake, toy, sandbox):
    (toy / "p.yaml").write_text((WORKSPACE % " && echo 1 > build/other.txt").replace("    code: []\n", "    code: []\n" + sandbox, 1))
    done = runlake("pipeline", "run", "p.yaml", "--json")
    assert done.status == 1 and states(done) == {"make": "failed", "use": "left"}
    assert '"workspace:build/other.txt"' in done.json["stages"][0]["error"]


def test_undeclared_files_are_told_where_that_is_asked_for(runlake, toy):
    (toy / "p.yaml").write_text((WORKSPACE % " && echo 1 > build/other.txt && echo 2 >> co''de.py").replace("    code: []\n", "    code: []\n    sandbox: off\n    undeclared: told\n", 1))
    done = runlake("pipeline", "run", "p.yaml", "--json").ok()
    assert states(done) == {"make": "done", "use": "done"}
    shown = runlake("runs", "show", runlake("runs", "list", "--stage", "make", "--json").ok().json["runs"][0]["run_id"], "--json").ok().json["run"]
    assert ["while it ran the project changed where nothing is declared: build/other.txt, code.py"] == [note["text"] for note in shown["notes"] if "declared" in note["text"]]
    (toy / "p.yaml").write_text((WORKSPACE % "").replace("    code: []\n", "    code: []\n    undeclared: tolt\n", 1))
    assert '(nearest: "told")' in runlake("pipeline", "check", "p.yaml").err


def test_what_a_stage_went_on_without_is_in_a_note(runlake, toy, landlock):
    (toy / "p.yaml").write_text("experiment_key: toy\nstages:\n  make:\n    command: 'echo 1 > code.py; echo 1 > {out}/a.txt'\n    writes: [a.txt]\n    code: []\n")
    done = runlake("pipeline", "run", "p.yaml", "--json").ok()
    shown = runlake("runs", "show", done.json["stages"][0]["run_id"], "--json").ok().json["run"]
    assert any("code.py" in note["text"] and "denied writing" in note["text"] for note in shown["notes"]), shown["notes"]


def test_a_folder_that_is_not_made_is_told(runlake, toy):
    (toy / "p.yaml").write_text("experiment_key: toy\nstages:\n  make:\n    command: 'echo 1 > {out}/deep/er/a.txt'\n    writes: [deep/er/a.txt]\n    code: []\n")
    done = runlake("pipeline", "run", "p.yaml", "--json")
    assert done.status == 1 and "make the folder deep/er in it first" in done.json["stages"][0]["error"]


def test_without_a_sandbox_changed_tracked_files_are_refused(runlake, toy):
    (toy / "p.yaml").write_text(PIPELINE.replace("    code: [features.py]\n", "    code: [features.py]\n    sandbox: off\n"))
    (toy / "features.py").write_text(FEATURES + "open('code.py', 'w').write('x')\n")
    done = runlake("pipeline", "run", "p.yaml", "--json")
    assert done.status == 1 and "code.py" in done.json["stages"][0]["error"]


def test_undeclared_outputs_are_refused(runlake, toy):
    (toy / "features.py").write_text(FEATURES + "open(os.environ['RUNLAKE_OUT'] + '/extra.txt', 'w')\n")
    done = runlake("pipeline", "run", "p.yaml", "--json")
    assert done.status == 1 and "extra.txt" in done.json["stages"][0]["error"]
    assert not os.path.exists(os.path.join(done.json["run_dir"], "features"))


# --- isolation ---------------------------------------------------------------------------------------------------------------------------------


def has_landlock(runlake, toy):
    done, _ = first(runlake)
    return done.json["stages"][0]["isolation"] == "landlock"


@pytest.fixture
def landlock(runlake, toy):
    if not has_landlock(runlake, toy):
        pytest.skip("this kernel has no Landlock")


def failing(runlake, toy, stage="fit"):
    done = runlake("pipeline", "run", "p.yaml", "--json")
    assert done.status == 1
    return next(s for s in done.json["stages"] if s["stage"] == stage and s["state"] == "failed")["error"]


def test_an_undeclared_read_of_this_directory_is_denied(runlake, toy, landlock):
    (toy / "p.yaml").write_text(PIPELINE.replace("    reads: [features/train.csv]\n", "    reads: [other.txt]\n") + "  other:\n    command: 'echo 1 > {out}/other.txt'\n    writes: [other.txt]\n    code: []\n")
    error = failing(runlake, toy)
    assert "the sandbox denied reading" in error and 'declare "features/train.csv" in `reads:`' in error


def test_another_run_directory_is_denied(runlake, toy, landlock):
    other = only_run_dir(toy)
    (toy / "fit.py").write_text(FIT + f"    out.write(open({other!r} + '/models/a/model.txt').read())\n")
    assert "the sandbox denied reading " + other in failing(runlake, toy)


def test_undeclared_writes_are_denied_and_named(runlake, toy, landlock):
    (toy / "fit.py").write_text(FIT + "open('notes.txt', 'w')\n")
    error = failing(runlake, toy)
    assert f"the sandbox denied writing {toy}/notes.txt" in error and '"workspace:notes.txt"' in error
    assert not (toy / "notes.txt").exists()


def test_strict_reads_only_what_is_declared(runlake, toy, landlock):
    strict = PIPELINE.replace("    code: [fit.py]\n", "    code: [fit.py]\n    sandbox: strict\n")
    (toy / "p.yaml").write_text(strict)
    (toy / "secret.txt").write_text("x")
    (toy / "fit.py").write_text(FIT + "# made again\n")
    done, _ = first(runlake)
    assert next(s for s in done.json["stages"] if s["stage"] == "fit")["isolation"] == "landlock-strict"
    (toy / "fit.py").write_text(FIT + "open('secret.txt')\n")
    assert 'declare "workspace:secret.txt" in `reads:`' in failing(runlake, toy)


def test_the_first_pipeline_of_a_new_user(runlake, toy, landlock, clean_env):
    """A script in a virtual environment, with modules beside it, temporary files, child processes and a log line."""
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(toy / ".venv")], check=True)
    (toy / "tools").mkdir()
    (toy / "tools/helper.py").write_text("def rows(path):\n    return open(path).read().split()\n")
    (toy / "tools/make.py").write_text(
        "import json, multiprocessing, os, pathlib, subprocess, sys, tempfile\nfrom helper import rows\n"
        "def square(x): return x * x\n"
        "if __name__ == '__main__':\n"
        "    out = pathlib.Path(sys.argv[1]); out.mkdir(exist_ok=True)\n"
        "    with tempfile.NamedTemporaryFile('w') as f: f.write('x')\n"
        "    with multiprocessing.Pool(2) as pool: squares = pool.map(square, [1, 2, 3])\n"
        "    subprocess.run(['sh', '-c', 'echo hello > /dev/null 2>/dev/null'], check=True)\n"
        "    print('progress', file=sys.stderr)\n"
        "    (out / 'result.json').write_text(json.dumps([rows('data/x.csv'), squares]))\n"
    )
    (toy / "p.yaml").write_text(
        'experiment_key: first\nstages:\n  make:\n    command: [.venv/bin/python, tools/make.py, "{out}"]\n    reads: ["workspace:data/"]\n    writes: [result.json]\n'
    )
    done, run_dir = first(runlake)
    assert json.loads(tree(run_dir)["result.json"]) == [["1", "2"], [1, 4, 9]]
    assert done.json["stages"][0]["isolation"] == "landlock"
    assert not (toy / "tools/__pycache__").exists()


def test_a_stage_speaks_of_its_own_run(runlake, runlake_bin, toy):
    (toy / "p.yaml").write_text(PIPELINE.replace("cat {run_dir}", f"{runlake_bin} log rows_out=2 && cat {{run_dir}}"))
    done, _ = first(runlake)
    report = next(s for s in done.json["stages"] if s["stage"] == "report")
    assert '"rows_out": 2' in runlake("runs", "show", report["run_id"], "--json").ok().out


WITHOUT_LANDLOCK = """\
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
# Calls 444 to 446 are Landlock's on every machine: they fail as on a kernel that does not have them.
rules = [(0x20, 0, 0, 0), (0x35, 0, 2, 444), (0x25, 1, 0, 446), (0x06, 0, 0, 0x00050000 | 38), (0x06, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Program(len(rules), ctypes.addressof(code))), 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_without_landlock_it_is_checked_afterwards_and_said(runlake_bin, toy, clean_env):
    words = [sys.executable, "-c", WITHOUT_LANDLOCK, str(runlake_bin), "pipeline", "run", "p.yaml", "--json"]
    done = json.loads(subprocess.run(words, cwd=toy, env=clean_env, check=True, capture_output=True).stdout)
    assert {s["isolation"] for s in done["stages"]} == {"checked"}
    record = json.load(open(next(p for p in pathlib.Path(done["run_dir"]).glob(".stages/features/-/*/DONE.json"))))
    assert record["isolation"] == "checked"
