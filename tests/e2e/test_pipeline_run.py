# SPDX-License-Identifier: Apache-2.0
"""`pipeline run`: what is run, recorded, stopped, killed and resumed."""

import fcntl
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest
from terminal import read_to_end

from pipelines import ALL, FIT, PIPELINE, again, assert_all, clean_env, first, only_run_dir, states, toy, tree, wait_for  # noqa: F401


# --- running ------------------------------------------------------------------------------------------------------------------------------


def test_runs_everything_and_then_nothing(runlake, toy):
    done, run_dir = first(runlake)
    assert_all(done, "done")
    assert tree(run_dir) == {
        "features/train.csv": b"1\n2\n3\n",
        "models/a/model.txt": b"a 0.1 6\n",
        "models/b/model.txt": b"b 0.1 6\n",
        "report.txt": b"a 0.1 6\nb 0.1 6\n",
    }
    assert_all(again(runlake, run_dir).ok(), "skipped")


def test_what_people_see(runlake, toy):
    done = runlake("pipeline", "run", "p.yaml").ok()
    run_dir, counts = done.out.splitlines()
    assert os.path.isfile(run_dir + "/run.json") and counts.startswith("4 stages: 4 done (")
    assert "fit[fold=a]: running\n" in done.err and "fit[fold=a]: done in" in done.err and "\x1b" not in done.err
    quiet = runlake("pipeline", "run", "p.yaml", "--quiet", "--run-dir", run_dir).ok()
    assert quiet.err == "" and "4 stages: 4 skipped" in quiet.out
    (toy / "fit.py").write_text("import sys\nprint('first line', file=sys.stderr)\nsys.exit('no such county')\n")
    failed = runlake("pipeline", "run", "p.yaml", "--run-dir", run_dir)
    assert "FAILED: exit status 1: no such county\n    | first line\n    | no such county\n    runlake runs logs " in failed.err
    assert "report: left: models/*/model.txt was not made" in failed.err and "1 skipped, 2 failed, 1 left" in failed.out


def test_a_terminal_has_one_living_line(runlake_bin, toy, clean_env):
    # Both folds wait for the test, so that what runs is on the line as long as it takes to read it.
    (toy / "fit.py").write_text("import os, time\nwhile not os.path.exists('go'):\n    time.sleep(0.01)\n" + FIT)
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    words = [str(runlake_bin), "pipeline", "run", "p.yaml", "--jobs", "2"]
    with subprocess.Popen(words, cwd=toy, env=clean_env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=follower) as process:
        os.close(follower)
        text = b""
        while not re.search(rb"\[1/4\] fit\[fold=a\] \d+s, fit\[fold=b\] \d+s$", text):
            assert select.select([leader], [], [], 60)[0], text
            text += os.read(leader, 65536)
        (toy / "go").touch()
        text += read_to_end(leader)
        assert process.wait(timeout=300) == 0
        assert process.stdout.read().splitlines()[1].startswith(b"4 stages: 4 done")
    for drawn in re.findall(r"\x1b\[K(\[[^\r\n]*)", text.decode()):
        assert len(drawn) < 60, drawn
    # What stays: each line after the last time that it was taken away.
    screen = [line.split("\r\x1b[K")[-1] for line in text.decode().replace("\r\n", "\n").split("\n")]
    assert [line.partition(": done in ")[0] for line in sorted(screen[1:])] == ["", "features", "fit[fold=a]", "fit[fold=b]", "report"]
    assert screen[0].startswith("run directory ") and screen[-1] == ""


def test_a_dry_run_shows_the_plan_and_does_nothing(runlake, toy):
    plan = runlake("pipeline", "run", "p.yaml", "--dry-run", "--json").ok().json
    assert [(s["stage"], s["action"], s["reason"]) for s in plan["stages"]][0] == ("features", "run", "no_previous")
    assert {s["action"] for s in plan["stages"][1:]} == {"wait"}
    assert not (toy / "runs").exists() and not (toy / ".runlake").exists()


def test_every_stage_is_a_recorded_run_of_the_pipeline(runlake, toy):
    done, run_dir = first(runlake)
    runs = {}
    for row in runlake("runs", "list", "--json").ok().json["runs"]:
        runs.setdefault(row["stage"], []).append(row)
    assert {stage: len(rows) for stage, rows in runs.items()} == {"pipeline": 1, "features": 1, "fit": 2, "report": 1}
    shown = runlake("runs", "show", next(s["run_id"] for s in done.json["stages"] if s["stage"] == "fit"), "--json").ok().out
    assert done.json["run_id"] in shown and '"run_dir"' in shown and "features/train.csv" in shown
    before = len(runlake("runs", "list", "--json").ok().json["runs"])
    again(runlake, run_dir).ok()
    rows = runlake("runs", "list", "--json").ok().json["runs"]
    assert len(rows) == before + 1, "stages that are skipped write no run"


def test_output_of_a_stage_is_kept(runlake, toy):
    (toy / "fit.py").write_text(FIT + "print('out of', fold)\nprint('err of', fold, file=sys.stderr)\n")
    done, _ = first(runlake)
    run_id = next(s["run_id"] for s in done.json["stages"] if s["instance"] == "fold=a")
    logs = {log["name"]: log["text"] for log in runlake("runs", "logs", run_id, "--json").ok().json["logs"]}
    assert logs == {"stdout": "out of a\n", "stderr": "err of a\n"}


def test_a_failed_stage_stops_only_what_needs_it(runlake, toy):
    (toy / "fit.py").write_text("import sys\nif sys.argv[1] == 'a': sys.exit('no such county')\n" + FIT)
    failed = runlake("pipeline", "run", "p.yaml", "--json")
    assert failed.status == 1
    assert states(failed) == {"features": "done", "fit[fold=a]": "failed", "fit[fold=b]": "done", "report": "left"}
    stage = next(s for s in failed.json["stages"] if s["instance"] == "fold=a")
    assert stage["error"] == "exit status 1: no such county"
    (toy / "fit.py").write_text(FIT)
    mended = again(runlake, failed.json["run_dir"]).ok()
    assert states(mended) == {"features": "skipped", "fit[fold=a]": "done", "fit[fold=b]": "done", "report": "done"}


def test_a_failure_of_an_optional_stage_is_none_of_the_pipeline(runlake, toy):
    (toy / "p.yaml").write_text(PIPELINE + "  extra:\n    command: ['false']\n    writes: [extra.txt]\n    code: []\n    optional: true\n")
    done = runlake("pipeline", "run", "p.yaml", "--json").ok()
    assert states(done) == {**{name: "done" for name in ALL}, "extra": "failed"}


def test_retries_and_timeout(runlake, toy):
    (toy / "p.yaml").write_text(
        "experiment_key: toy\nstages:\n  flaky:\n    command: 'test -e {project}/flag && touch {out}/x || (touch {project}/flag; exit 3)'\n"
        "    writes: [x]\n    code: []\n    retries: 1\n    sandbox: off\n"
        "  slow:\n    command: 'sleep 100 & sleep 100'\n    writes: [y]\n    code: []\n    timeout: 1s\n"
    )
    done = runlake("pipeline", "run", "p.yaml", "--json")
    assert done.status == 1 and states(done) == {"flaky": "done", "slow": "failed"}
    assert next(s for s in done.json["stages"] if s["stage"] == "slow")["error"].startswith("timed out after 1 s")
    rows = [r for r in runlake("runs", "list", "--json").ok().json["runs"] if r["stage"] == "flaky"]
    assert len(rows) == 2, "each attempt is a run"


def test_missing_inputs_are_told_before_anything_runs(runlake, toy):
    (toy / "data/y.csv").unlink()
    done = runlake("pipeline", "run", "p.yaml")
    assert done.status == 3 and "data/y.csv" in done.err
    assert not (toy / "runs").exists()


def test_wrong_words_are_refused(runlake, toy):
    assert runlake("pipeline", "run", "none.yaml").status == 3
    wrong = runlake("pipeline", "run", "p.yaml", "--only", "fitt")
    assert wrong.status == 2 and '"fit"' in wrong.err
    assert runlake("pipeline", "run", "p.yaml", "--jobs", "0").status == 2
    assert runlake("pipeline", "run", "p.yaml", "--run-dir", "none").status == 3
    assert not (toy / "runs").exists()
    _, run_dir = first(runlake)
    (toy / "p.yaml").write_text(PIPELINE.replace("toy", "other"))
    assert runlake("pipeline", "run", "p.yaml", "--run-dir", run_dir).status == 4


# --- two at once, ends of all kinds ------------------------------------------------------------------------------------------------------------

SLOW = """\
experiment_key: toy
stages:
  slow:
    command: "touch {project}/began && while test ! -e {project}/go; do sleep 0.02; done && echo 1 > {out}/slow.txt"
    writes: [slow.txt]
    code: []
    sandbox: off
  quick:
    command: "echo 1 > {out}/quick.txt"
    writes: [quick.txt]
    code: []
  after:
    command: "cat {run_dir}/slow.txt > {out}/after.txt"
    reads: [slow.txt]
    writes: [after.txt]
    code: []
"""


@pytest.fixture
def start(runlake_bin, project, clean_env):
    """Starts `pipeline run` and leaves it running; killed at the end of the test."""
    begun = []

    def call(*words):
        process = subprocess.Popen(
            [str(runlake_bin), "pipeline", "run", "p.yaml", *words], cwd=project, env=clean_env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        begun.append(process)
        return process

    yield call
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_two_pipelines_in_one_directory(runlake, start, project):
    (project / "p.yaml").write_text(SLOW)
    process = start("--jobs", "2")
    wait_for(lambda: (project / "began").exists(), "the first did not begin", process)
    run_dir = only_run_dir(project)
    second = again(runlake, run_dir)
    assert second.status == 5
    found = states(second)
    assert found["slow"] == "busy" and found["after"] == "left" and found["quick"] in ("done", "skipped", "busy")
    (project / "go").touch()
    process.communicate()
    assert process.returncode == 0
    assert set(states(again(runlake, run_dir).ok()).values()) == {"skipped"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_it_ends_its_stages_and_resumes(runlake, start, project, number):
    (project / "p.yaml").write_text(SLOW)
    process = start()
    wait_for(lambda: (project / "began").exists(), "it did not begin", process)
    process.send_signal(number)
    process.communicate(timeout=300)
    assert process.returncode == 130
    assert {r["stage"]: r["status"] for r in runlake("runs", "list", "--json").ok().json["runs"] if r["stage"] in ("slow", "pipeline")} == {"slow": "stopped", "pipeline": "stopped"}
    (project / "go").touch()
    run_dir = only_run_dir(project)
    done = again(runlake, run_dir).ok()
    assert states(done)["slow"] == "done" and os.listdir(os.path.join(run_dir, ".stages/.tmp")) == []


def test_children_die_with_a_killed_pipeline(runlake, start, project):
    (project / "p.yaml").write_text(SLOW.replace("touch {project}/began", "(echo $$ > {project}/pid; sleep 1000) & sleep 1000 & echo $! > {project}/child; touch {project}/began"))
    process = start()
    wait_for(lambda: (project / "began").exists(), "it did not begin", process)
    child = int((project / "child").read_text())
    process.kill()
    process.communicate()

    def is_gone():
        try:
            return open(f"/proc/{child}/stat").read().split(")")[1].split()[0] == "Z"
        except OSError:
            return True

    wait_for(is_gone, "a process of the stage lives on")


def test_killed_anywhere_it_resumes_to_the_same_bytes(runlake, runlake_bin, toy, clean_env):
    _, undisturbed = first(runlake)
    whole = tree(undisturbed)
    subprocess.run(["rm", "-rf", str(toy / ".runlake/cache/stages")], check=True)
    seed = int(os.environ.get("RUNLAKE_TEST_SEED", "1"))
    chance = random.Random(seed)
    run_dir = None
    for _ in range(12):
        words = ["--run-dir", run_dir] if run_dir else []
        process = subprocess.Popen([str(runlake_bin), "pipeline", "run", "p.yaml", *words], cwd=toy, env=clean_env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.0, 0.4))
        process.kill()
        process.wait()
        made = sorted(name for name in os.listdir(toy / "runs") if os.path.exists(toy / "runs" / name / "config_resolved.yaml"))
        if run_dir is None and len(made) > 1 and runlake("pipeline", "status", str(toy / "runs" / made[-1])).status == 0:
            run_dir = str(toy / "runs" / made[-1])
    done = again(runlake, run_dir).ok() if run_dir else first(runlake)[0]
    assert tree(done.json["run_dir"]) == whole, f"seed {seed}"
    assert runlake("pipeline", "status", done.json["run_dir"], "--json").ok().json["state"] == "done"


@pytest.mark.parametrize("point", ["stage.publish.rename", "stage.done.write", "stage.current.write", "stage.code.write", "view.link", "journal.append"])
@pytest.mark.parametrize("action", ["kill", "enospc"])
def test_a_fault_leaves_no_false_result(runlake, toy, point, action):
    broken = runlake("pipeline", "run", "p.yaml", "--json", env={"RUNLAKE_FAULT": f"{point}:{action}:2"})
    run_dir = only_run_dir(toy)
    assert run_dir is not None
    if action == "enospc" and point.startswith("stage"):
        assert broken.status in (0, 1, 8), broken.err
    done = again(runlake, run_dir).ok()
    assert tree(run_dir) == {"features/train.csv": b"1\n2\n3\n", "models/a/model.txt": b"a 0.1 6\n", "models/b/model.txt": b"b 0.1 6\n", "report.txt": b"a 0.1 6\nb 0.1 6\n"}
    assert set(states(done).values()) <= {"done", "skipped"}
