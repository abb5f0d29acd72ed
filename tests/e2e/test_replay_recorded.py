# SPDX-License-Identifier: Apache-2.0
"""`replay run --run` and `--run-dir --stage`: recorded runs without a spec, in a worktree of the code they had."""

import json
import os
import subprocess

import pytest
from replay_support import PATIENT, PYTHON, errors_of, git, knobs_of, until_code_is_known, verdicts

FIT = """\
import os, subprocess, sys
data = [float(x) for x in open("data.csv").read().split()]
value = sum(data) / len(data) * float(open("alpha.txt").read())
subprocess.run([os.environ["RUNLAKE"], "log", f"f1={value!r}"], check=True)
open("model.json", "w").write(json.dumps({"w": value})) if "json" in globals() else None
"""


@pytest.fixture
def recorded(runlake, runlake_bin, project, clean_env):
    """A run of a dirty tree, its inputs outside of git; gives its id. The tree has moved on since."""
    (project / "fit.py").write_text(FIT.replace('os.environ["RUNLAKE"]', repr(str(runlake_bin))))
    (project / "alpha.txt").write_text("0.5\n")
    (project / ".gitignore").write_text("data.csv\nmodel.json\n")
    git(project, clean_env, "add", "-A")
    git(project, clean_env, "commit", "-q", "-m", "fit")
    (project / "data.csv").write_text("1 2 3 4\n")
    (project / "alpha.txt").write_text("0.75\n")
    # It goes on once the recorder has looked at the tree: the patch behind the dirty code is there then.
    waiting = "import os, time\nwhile 'RUNLAKE_REPLAY_REPORT' not in os.environ and not (os.path.isdir('.runlake/patches') and os.listdir('.runlake/patches')): time.sleep(0.01)\nexec(open('fit.py').read())"
    (row,) = until_code_is_known(project, runlake, lambda _: runlake("run", "--stage", "fit", "--input", "data.csv", "--", PYTHON, "-c", waiting, env=PATIENT).ok())
    assert "+dirty." in row["code_ref"] and not row["code_ref"].endswith("unknown")
    (project / "alpha.txt").write_text("9\n")
    return row["run_id"]


def test_a_run_comes_back_with_the_code_it_had(runlake, project, clean_env, recorded):
    before = git(project, clean_env, "status", "--short")
    done = runlake("replay", "run", "--run", recorded[:8])
    (verdict,) = verdicts(project).values()
    assert errors_of(verdict) == [None, None], verdict["replays"][0]["error"]
    assert [replay["value"] for replay in verdict["replays"]] == [1.875, 1.875]
    # Everything that parity asks for is known of both sides, and equal; only the envelope is missing.
    assert verdict["parity_state"] == "equal" and (verdict["verdict"], verdict["reason"]) == ("INCONCLUSIVE_TOOLING", "epsilon_prod_unmeasured")
    assert verdict["canonical_run_id"] == recorded and done.status == 12
    assert knobs_of(verdict)["PYTHONHASHSEED"] == "0"
    # No trace of the worktrees.
    assert git(project, clean_env, "worktree", "list").count("\n") == 1
    assert git(project, clean_env, "branch", "--list").strip() == "* main"
    # What is new to git is the ledger alone, which is there to be committed.
    after = git(project, clean_env, "status", "--short", "--untracked-files=all").splitlines()
    assert [line for line in after if not line.startswith("?? .runlake/ledger")] == before.splitlines()
    assert list((project / ".runlake" / "replays").iterdir()) == []


def test_here_runs_the_present_tree_and_says_so(runlake, project, recorded):
    done = runlake("replay", "run", "--run", recorded, "--here")
    (verdict,) = verdicts(project).values()
    assert verdict["replays"][0]["value"] == 22.5 and "the present tree is replayed (--here)" in done.err
    assert verdict["parity_dims"]["build_sha"]["state"] == "differs"


def test_changed_input_data_is_no_logic_gap(runlake, project, recorded):
    (project / "data.csv").write_text("1 2 3 5\n")
    runlake("replay", "run", "--run", recorded)
    (verdict,) = verdicts(project).values()
    assert verdict["parity_dims"]["inputs"]["state"] == "differs" and verdict["parity_state"] == "differs"


def test_an_input_that_has_gone_is_an_error(runlake, project, recorded):
    (project / "data.csv").unlink()
    runlake("replay", "run", "--run", recorded)
    (verdict,) = verdicts(project).values()
    assert errors_of(verdict) == ["missing_input"] * 2 and "data.csv" in verdict["replays"][0]["error"]["detail"]


def test_a_patch_that_was_not_kept_is_refused_with_advice(runlake, project, recorded):
    for patch in (project / ".runlake" / "patches").iterdir():
        patch.unlink()
    done = runlake("replay", "run", "--run", recorded)
    assert done.status == 4 and "--here" in done.err and not (project / ".runlake" / "verdicts").exists()


def test_a_commit_that_is_not_here_is_an_error_of_the_cell(runlake, project, clean_env, recorded):
    git(project, clean_env, "checkout", "-q", "--orphan", "other")
    git(project, clean_env, "commit", "-q", "-m", "other", "--allow-empty")
    git(project, clean_env, "branch", "-D", "main")
    git(project, clean_env, "reflog", "expire", "--expire=now", "--all")
    git(project, clean_env, "gc", "-q", "--prune=now")
    runlake("replay", "run", "--run", recorded)
    (verdict,) = verdicts(project).values()
    assert errors_of(verdict) == ["internal"] * 2 and "no such commit" in verdict["replays"][0]["error"]["detail"]
    assert not (project / ".git" / "worktrees").exists() or not list((project / ".git" / "worktrees").iterdir())


def test_the_ledger_learns_the_last_verdict(runlake, project, recorded):
    runlake("replay", "run", "--run", recorded)
    extra = json.loads((project / ".runlake" / "ledger-extra" / f"{recorded}.json").read_text())
    entry = json.loads((project / ".runlake" / "ledger" / f"{recorded}.json").read_text())
    assert extra["last_verdict"] == "INCONCLUSIVE_TOOLING" and entry["rule"] == "replay"
    # Promoting it again, as a user would, keeps the word.
    runlake("ledger", "promote", "--run", recorded).ok()
    assert json.loads((project / ".runlake" / "ledger-extra" / f"{recorded}.json").read_text())["last_verdict"] == "INCONCLUSIVE_TOOLING"


def test_runs_whose_command_is_not_known(runlake, project):
    runlake("run", "--", "/bin/echo", "--password", "hunter2").ok()
    (row,) = runlake("--json", "runs", "list").ok().json["runs"]
    done = runlake("replay", "run", "--run", row["run_id"])
    assert done.status == 4 and "secret" in done.err and "hunter2" not in done.err


def test_a_run_without_a_metric_is_compared_by_what_it_printed(runlake, project):
    program = "echo hello; test -n \"$RUNLAKE_REPLAY_REPORT\" || sleep {}"
    (row,) = until_code_is_known(project, runlake, lambda seconds: runlake("run", "--", "/bin/sh", "-c", program.format(seconds), env=PATIENT).ok())
    done = runlake("replay", "run", "--run", row["run_id"])
    (verdict,) = verdicts(project).values()
    assert verdict["metric"] == "stdout_digest" and verdict["det_delta"] == 0 and "recorded no metric" in done.err
    assert errors_of(verdict) == [None, None]


PIPELINE = """\
experiment_key: demo
stages:
  features:
    command: [sh, -c, "tr a-z A-Z < words.txt > {out}/upper.txt"]
    reads: ["workspace:words.txt"]
    writes: [upper.txt]
    code: [code.py]
  fit:
    matrix: {fold: [1, 2]}
    command: [sh, -c, "wc -c < {run_dir}/upper.txt > {out}/fold{fold}/size.txt"]
    reads: [upper.txt]
    writes: ["fold{fold}/"]
    code: [code.py]
"""


@pytest.fixture
def run_dir(runlake, project, clean_env):
    (project / "words.txt").write_text("some words\n")
    (project / ".gitignore").write_text("runs\n")

    def record(seconds):
        (project / "pipe.yaml").write_text(PIPELINE.replace('"wc -c', f'"mkdir {{out}}/fold{{fold}}; sleep {seconds}; wc -c').replace('"tr a-z', f'"sleep {seconds}; tr a-z'))
        git(project, clean_env, "add", "-A")
        git(project, clean_env, "commit", "-q", "-m", f"pipeline of {seconds} s")
        runlake("pipeline", "run", "pipe.yaml", env=PATIENT).ok()

    until_code_is_known(project, runlake, record)
    (path,) = [entry for entry in (project / "runs").iterdir() if entry.is_dir()]
    return path


def test_a_stage_of_a_run_directory(runlake, project, run_dir):
    done = runlake("replay", "run", "--run-dir", run_dir, "--stage", "fit[fold=2]")
    assert done.status == 12, (done.out, done.err)
    (verdict,) = verdicts(project).values()
    assert errors_of(verdict) == [None, None], (done.err, verdict["replays"][0]["error"])
    assert verdict["cell"] == "fit[fold=2]" and verdict["metric"] == "out_digest" and verdict["det_delta"] == 0
    assert verdict["parity_dims"]["inputs"]["state"] == "equal"
    assert [artifact["path"] for artifact in verdict["replays"][0]["artifacts"]] == ["fold2/"]
    # What the stage made is what it had made: the manifests have one digest.
    assert verdict["canonical_value"] is not None and verdict["replays"][0]["value"] == verdict["canonical_value"]
    assert json.loads((run_dir / "verdicts" / f"{verdict['id']}.json").read_text()) == verdict
    assert runlake("rundir", "verify", run_dir).ok()


def test_stages_that_are_not_named_well(runlake, run_dir):
    for stage, status, said in [("fit", 2, "2 instances"), ("fitt[fold=2]", 3, ""), ("featurs", 3, 'nearest: "features"')]:
        done = runlake("replay", "run", "--run-dir", run_dir, "--stage", stage)
        assert done.status == status and said in done.err, (stage, done.err)
