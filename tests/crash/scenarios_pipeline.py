# SPDX-License-Identifier: Apache-2.0
"""`pipeline run`, killed and failed at every point: no false result, and the next attempt makes the same bytes."""

import json
import os
import subprocess
from pathlib import Path

from harness import Scenario

BINARY = Path(os.environ.get("RUNLAKE_BIN", Path(__file__).resolve().parents[2] / "build" / "runlake"))
LASTING = ("*:enospc:1+", "*:erofs:1+", "*:eacces:1+", "*:eio:1+")
PIPELINE = """\
experiment_key: crash
stages:
  first:
    command: "cat data.txt > {out}/first.txt && mkdir {out}/more && echo 1 > {out}/more/one"
    reads: ["workspace:data.txt"]
    writes: [first.txt, more/]
    code: ["code/"]
  second:
    matrix: {n: [1, 2]}
    command: "echo {n} > {out}/second-{n}.txt && cat {run_dir}/first.txt >> {out}/second-{n}.txt"
    reads: [first.txt]
    writes: ["second-{n}.txt"]
    code: []
  outside:
    command: "cat {run_dir}/second-1.txt > made/outside.txt"
    reads: [second-1.txt]
    writes: ["workspace:made/outside.txt"]
    code: []
"""


def call(folder, *words, **env):
    whole = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state"), "RUNLAKE_STORE": str(folder / ".runlake"), **env}
    whole |= {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    return subprocess.run([BINARY, *words], env=whole, cwd=folder, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)


def with_a_pipeline(folder):
    (folder / ".runlake").mkdir()
    (folder / "p.yaml").write_text(PIPELINE)
    (folder / "data.txt").write_text("one\n")
    (folder / "code").mkdir()
    for i in range(40):  # so many that they are kept as a list
        (folder / f"code/{i}.py").write_text(f"{i}\n")


def made(folder):
    base = folder / "runs"
    return sorted(path.parent for path in base.glob("*/run.json")) if base.exists() else []


def with_a_finished_run(folder):
    with_a_pipeline(folder)
    done = call(folder, "pipeline", "run", "p.yaml")
    assert done.returncode == 0, done.stderr
    made(folder)[0].rename(folder / "runs/20250505_143022_crash")
    (folder / "data.txt").write_text("two\n")


def with_another_to_reuse(folder):
    with_a_pipeline(folder)
    assert call(folder, "pipeline", "run", "p.yaml").returncode == 0


def expected(folder):
    text = (folder / "data.txt").read_text()
    return {"first.txt": text, "more/one": "1\n", "second-1.txt": "1\n" + text, "second-2.txt": "2\n" + text}


def view(run_dir):
    found = {}
    for where, folders, files in os.walk(run_dir):
        folders[:] = [name for name in folders if name not in (".stages", "attempts")]
        for name in files:
            path = Path(where) / name
            if name not in ("run.json", "config_resolved.yaml"):
                found[str(path.relative_to(run_dir))] = path.read_text()
    return found


def check(outcome):
    assert outcome.killed or outcome.status in (0, 1, 6, 8), f"ended with {outcome.status}: {outcome.err[-400:]}"
    assert outcome.fault or outcome.status == 0, outcome.err
    folder = outcome.folder
    directories = made(folder)
    for run_dir in directories:
        # Whatever is called done holds what it says, to the last byte.
        verified = call(folder, "rundir", "verify", str(run_dir))
        assert verified.returncode in (0, 1), f"verify: {verified.returncode} {verified.stdout[-300:]} {verified.stderr[-300:]}"
        status = json.loads(call(folder, "pipeline", "status", str(run_dir), "--json").stdout)
        assert not [s for s in status["stages"] if s["state"] == "corrupt"], status
    words = ["--run-dir", str(directories[-1])] if directories else []
    following = call(folder, "pipeline", "run", "p.yaml", *words)
    assert following.returncode == 0, f"the next attempt: {following.returncode} {following.stderr[-600:]}"
    run_dir = made(folder)[-1]
    assert view(run_dir) == expected(folder), view(run_dir)
    assert (folder / "made/outside.txt").read_text() == "1\n" + (folder / "data.txt").read_text()
    status = json.loads(call(folder, "pipeline", "status", str(run_dir), "--json").stdout)
    assert status["state"] == "done", status


RUN = [BINARY, "pipeline", "run", "p.yaml", "--jobs", "1"]
SCENARIOS = [
    Scenario("pipeline-run", RUN, check, setup=with_a_pipeline, needs=BINARY, most_passings=6, lasting=LASTING),
    Scenario("pipeline-resume", [*RUN, "--run-dir", "runs/20250505_143022_crash"], check, setup=with_a_finished_run, needs=BINARY, most_passings=6, lasting=LASTING),
    Scenario("pipeline-reuse", RUN, check, setup=with_another_to_reuse, needs=BINARY, most_passings=6, lasting=LASTING),
]
