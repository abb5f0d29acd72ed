# SPDX-License-Identifier: Apache-2.0
"""`pipeline run`: what is made, what is skipped and reused, why, and what a stage may do."""

import json
import os
import random
import signal
import subprocess
import sys
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


# --- reuse: each rule of the contract --------------------------------------------------------------------------------------------------------


def test_touching_an_input_reruns_nothing(runlake, toy):
    _, run_dir = first(runlake)
    for name in ("data/x.csv", "fit.py", "features.py"):
        os.utime(toy / name, (1, 1))
    assert_all(again(runlake, run_dir).ok(), "skipped")


def test_a_changed_input_reruns_what_reads_it_and_equal_outputs_stop_the_wave(runlake, toy):
    _, run_dir = first(runlake)
    (toy / "data/x.csv").write_text("1\n2\n3\n")
    (toy / "data/y.csv").write_text("")
    (toy / "data/y.csv").write_text("")
    done = again(runlake, run_dir).ok()
    assert states(done) == {"features": "done", "fit[fold=a]": "skipped", "fit[fold=b]": "skipped", "report": "skipped"}
    assert reasons(done)["features:-"] == "key_differs"


def test_one_byte_with_the_same_size_and_time_reruns(runlake, toy):
    _, run_dir = first(runlake)
    info = (toy / "data/x.csv").stat()
    (toy / "data/x.csv").write_text("1\n9\n")
    os.utime(toy / "data/x.csv", ns=(info.st_atime_ns, info.st_mtime_ns))
    done = again(runlake, run_dir, "--verify", "full").ok()
    assert states(done)["features"] == "done" and tree(run_dir)["features/train.csv"] == b"1\n9\n3\n"


def test_a_removed_param_reruns(runlake, toy):
    """DVC #9913."""
    (toy / "p.yaml").write_text(PIPELINE.replace("params: {alpha: 0.1}", "params: {alpha: 0.1, beta: 2}"))
    _, run_dir = first(runlake)
    (toy / "p.yaml").write_text(PIPELINE)
    done = again(runlake, run_dir).ok()
    fit = next(s for s in done.json["stages"] if s["stage"] == "fit")
    assert fit["state"] == "done"
    assert [(c["kind"], c["name"], c["is_there"]) for c in fit["changes"]] == [("param", "beta", False)]


def test_the_order_of_inputs_does_not_matter(runlake, toy):
    """nf-core/mag #280."""
    _, run_dir = first(runlake)
    (toy / "p.yaml").write_text(PIPELINE.replace('["workspace:data/x.csv", "workspace:data/y.csv"]', '["workspace:data/y.csv", "workspace:data/x.csv"]'))
    assert_all(again(runlake, run_dir).ok(), "skipped")


def test_a_fresh_clone_has_the_same_keys(runlake, toy, clean_env, tmp_path):
    """Nextflow #1989: other times and other folders, equal content."""
    git(toy, clean_env, "add", ".")
    git(toy, clean_env, "commit", "-q", "-m", "all")
    done, run_dir = first(runlake)
    clone = tmp_path / "elsewhere"
    git(tmp_path, clean_env, "clone", "-q", str(toy), str(clone))
    other = runlake("pipeline", "run", "p.yaml", "--json", cwd=clone).ok()
    keys = lambda d: {(s["stage"], s["instance"]): s["key"] for s in d.json["stages"]}
    assert keys(done) == keys(other)
    assert_all(again(runlake, run_dir, cwd=clone).ok(), "skipped")


@pytest.mark.parametrize("change", ["commit", "readme", "promote"])
def test_what_is_no_code_reruns_nothing(runlake, toy, clean_env, change):
    (toy / "p.yaml").write_text("\n".join(line for line in PIPELINE.splitlines() if "code:" not in line) + "\n")
    (toy / "README.md").write_text("one\n")
    git(toy, clean_env, "add", ".")
    _, run_dir = first(runlake)
    if change == "readme":
        (toy / "README.md").write_text("two\n")
    if change == "promote":
        (toy / ".runlake/ledger").mkdir(parents=True)
        (toy / ".runlake/ledger/0123.json").write_text("{}\n")
        git(toy, clean_env, "add", "-f", ".runlake/ledger/0123.json")
    git(toy, clean_env, "add", ".")
    git(toy, clean_env, "commit", "-q", "-m", "more")
    assert_all(again(runlake, run_dir).ok(), "skipped")


def test_tracked_code_is_in_the_key(runlake, toy, clean_env):
    (toy / "p.yaml").write_text("\n".join(line for line in PIPELINE.splitlines() if "code:" not in line) + "\n")
    (toy / "helper.py").write_text("A = 1\n")
    git(toy, clean_env, "add", ".")
    _, run_dir = first(runlake)
    (toy / "helper.py").write_text("A = 2\n")
    done = again(runlake, run_dir).ok()
    assert_all(done, "done")
    assert [(c["kind"], c["name"]) for c in done.json["stages"][0]["changes"]] == [("code", "helper.py")]


def test_many_code_files_are_named_when_one_changes(runlake, toy, clean_env):
    (toy / "p.yaml").write_text("\n".join(line for line in PIPELINE.splitlines() if "code:" not in line) + "\n")
    for i in range(60):
        (toy / f"module{i}.py").write_text(f"A = {i}\n")
    git(toy, clean_env, "add", ".")
    _, run_dir = first(runlake)
    (toy / "module42.py").write_text("A = 0\n")
    explained = runlake("pipeline", "explain", run_dir, "--json").ok().json["stages"][0]
    assert [(c["kind"], c["name"]) for c in explained["changes"]] == [("code", "module42.py")]


def test_unknown_code_is_never_skipped(runlake, tmp_path, clean_env):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "p.yaml").write_text("experiment_key: toy\nstages:\n  a:\n    command: 'echo 1 > {out}/a'\n    writes: [a]\n")
    done = runlake("pipeline", "run", "p.yaml", "--json", cwd=outside).ok()
    for _ in range(2):
        done = runlake("pipeline", "run", "p.yaml", "--json", "--run-dir", done.json["run_dir"], cwd=outside).ok()
        assert [(s["state"], s["reason"]) for s in done.json["stages"]] == [("done", "code_unknown")]
    assert "declare `code:`" in done.json["stages"][0]["detail"]


def test_the_same_date_in_two_seasons_is_not_reused(runlake, project):
    """Identity has every dimension (PR-369 of the original)."""
    (project / "p.yaml").write_text(
        "experiment_key: toy\nstages:\n  forecast:\n    matrix:\n      - {season_year: 2024, init_date: 2024-10-01}\n      - {season_year: 2025, init_date: 2024-10-01}\n"
        "    command: 'mkdir -p {out}/forecast/{season_year}/{init_date} && echo {season_year} > {out}/forecast/{season_year}/{init_date}/a'\n"
        '    writes: ["forecast/{season_year}/{init_date}/"]\n    code: []\n'
    )
    _, run_dir = first(runlake)
    assert tree(run_dir) == {"forecast/2024/2024-10-01/a": b"2024\n", "forecast/2025/2024-10-01/a": b"2025\n"}


def test_only_adds_a_subtree_and_nothing_else(runlake, toy):
    more = PIPELINE + '  forecast:\n    matrix: {year: [2024, 2025]}\n    command: "mkdir -p {out}/forecast/{year} && cp {run_dir}/models/a/model.txt {out}/forecast/{year}/f.txt"\n'
    more += '    reads: [models/a/model.txt]\n    writes: ["forecast/{year}/"]\n    code: []\n'
    _, run_dir = first(runlake)
    before = tree(run_dir)
    (toy / "p.yaml").write_text(more)
    (toy / "fit.py").write_text(FIT + "# changed\n")
    done = again(runlake, run_dir, "--only", "forecast").ok()
    assert {name: state for name, state in states(done).items() if state != "left"} == {"forecast[year=2024]": "done", "forecast[year=2025]": "done"}
    after = tree(run_dir)
    assert {name: data for name, data in after.items() if not name.startswith("forecast/")} == before
    assert sorted(name for name in after if name.startswith("forecast/")) == ["forecast/2024/f.txt", "forecast/2025/f.txt"]


def test_only_without_what_it_needs_says_so(runlake, toy):
    done = runlake("pipeline", "run", "p.yaml", "--json", "--only", "fit")
    assert done.status == 1 and states(done)["fit[fold=a]"] == "left"


def damage(run_dir, name, action):
    path = os.path.realpath(os.path.join(run_dir, name))
    folder = os.path.dirname(path)
    os.chmod(folder, 0o755)
    os.chmod(path, 0o644)
    action(path)


def test_deleted_outputs_are_made_again(runlake, toy):
    """Luigi #3273."""
    _, run_dir = first(runlake)
    damage(run_dir, "models/a/model.txt", os.unlink)
    done = again(runlake, run_dir).ok()
    assert states(done) == {"features": "skipped", "fit[fold=a]": "done", "fit[fold=b]": "skipped", "report": "skipped"}
    assert reasons(done)["fit:fold=a"] == "outputs_missing"
    assert tree(run_dir)["models/a/model.txt"] == b"a 0.1 6\n"


def test_tampered_outputs_are_made_again(runlake, toy):
    _, run_dir = first(runlake)
    damage(run_dir, "models/a/model.txt", lambda path: open(path, "w").write("a 0.9 6\n"))
    done = again(runlake, run_dir).ok()
    assert reasons(done)["fit:fold=a"] == "outputs_modified"
    assert tree(run_dir)["models/a/model.txt"] == b"a 0.1 6\n"


def test_a_new_directory_reuses_what_another_has(runlake, toy):
    done, run_dir = first(runlake)
    other, other_dir = first(runlake)
    assert other_dir != run_dir
    assert_all(other, "reused")
    assert tree(other_dir) == tree(run_dir)
    rows = runlake("runs", "list", "--json", "--state", "cached").ok().json["runs"]
    assert len(rows) == 4
    original = {(s["stage"], s["instance"]): s["run_id"] for s in done.json["stages"]}
    for stage in other.json["stages"]:
        shown = runlake("runs", "show", stage["run_id"], "--json").ok().out
        assert original[(stage["stage"], stage["instance"])] in shown, "cached_from names the run that made it"


def test_switching_a_param_back_skips(runlake, toy):
    _, run_dir = first(runlake)
    assert again(runlake, run_dir, "--param", "alpha=0.5").ok() and tree(run_dir)["models/a/model.txt"] == b"a 0.5 6\n"
    assert_all(again(runlake, run_dir).ok(), "skipped")
    assert tree(run_dir)["models/a/model.txt"] == b"a 0.1 6\n"


def test_an_input_that_changes_while_it_is_read_is_never_reused(runlake, toy):
    (toy / "features.py").write_text(FEATURES + "import time\nopen(os.environ['TMPDIR'] + '/ready', 'w')\nos.system('echo 4 >> data/y.csv')\n")
    (toy / "p.yaml").write_text(PIPELINE.replace("    code: [features.py]\n", "    code: [features.py]\n    sandbox: off\n"))
    done, run_dir = first(runlake)
    features = done.json["stages"][0]
    assert features["state"] == "done" and features["inputs_changed"] is True and features["isolation"] == "checked"
    assert states(done)["report"] == "done", "what needs it still runs"
    second = again(runlake, run_dir).ok()
    assert states(second)["features"] == "done"
    third, _ = first(runlake)
    assert states(third)["features"] == "done", "not reused by another directory"


def test_force_compares_the_bytes(runlake, toy):
    _, run_dir = first(runlake)
    same = again(runlake, run_dir, "--force", "fit").ok()
    assert reasons(same)["fit:fold=a"] == "forced" and all(s["nondeterministic"] == [] for s in same.json["stages"])
    (toy / "fit.py").write_text(FIT + "    out.write(os.environ['RUNLAKE_RUN_ID'])\n")
    again(runlake, run_dir).ok()
    other = again(runlake, run_dir, "--force", "fit").ok()
    assert {s["instance"]: s["nondeterministic"] for s in other.json["stages"] if s["stage"] == "fit"} == {"fold=a": ["models/a/model.txt"], "fold=b": ["models/b/model.txt"]}
    assert "nondeterministic" in runlake("pipeline", "status", run_dir).ok().out
    fresh, _ = first(runlake)
    assert reasons(fresh)["fit:fold=a"] == "nondeterministic_stage"


def test_bless_accepts_a_cosmetic_edit(runlake, toy):
    done, run_dir = first(runlake)
    made = {s["instance"]: s["run_id"] for s in done.json["stages"] if s["stage"] == "fit"}
    (toy / "fit.py").write_text(FIT + "# a comment\n")
    assert runlake("pipeline", "bless", "fit", "--run-dir", run_dir, "--because", " ").status == 2
    assert runlake("pipeline", "bless", "features", "--run-dir", run_dir, "--because", "x").status == 4
    blessed = runlake("pipeline", "bless", "fit", "--run-dir", run_dir, "--because", "only a comment", "--json").ok().json
    assert {one["instance"]: one["run_id"] for one in blessed["blessed"]} == made
    later = again(runlake, run_dir).ok()
    assert_all(later, "skipped")
    assert reasons(later)["fit:fold=a"] == "blessed"
    records = runlake("pipeline", "explain", run_dir, "fit", "--json").ok().json["stages"][0]["records"]
    assert [r["blessed_because"] for r in records] == [None, "only a comment"]
    assert "only a comment" in runlake("runs", "show", made["fold=a"]).ok().out
    (toy / "fit.py").write_text(FIT.replace("{alpha} ", "{alpha}! "))
    assert states(again(runlake, run_dir).ok())["fit[fold=a]"] == "done"


def test_explain_keeps_what_the_keys_were_made_of(runlake, toy):
    _, run_dir = first(runlake)
    (toy / "data/x.csv").write_text("7\n8\n9\n")
    again(runlake, run_dir, "--param", "alpha=0.2").ok()
    fit = runlake("pipeline", "explain", run_dir, "fit[fold=a]", "--json").ok().json["stages"]
    assert len(fit) == 1 and fit[0]["action"] == "skip" and len(fit[0]["records"]) == 2
    assert all(component["equal"] for component in fit[0]["components"])
    assert runlake("pipeline", "explain", run_dir, "fitt").status == 3
    assert "alpha" in runlake("pipeline", "explain", "p.yaml", "fit").ok().out


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


def wait_for(condition, what, process=None):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, what
        assert process is None or process.poll() is None, what
        time.sleep(0.01)


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


def only_run_dir(project):
    names = [name for name in os.listdir(project / "runs") if not name.startswith(".")] if (project / "runs").exists() else []
    return str(project / "runs" / names[0]) if len(names) == 1 else None


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
    process.communicate(timeout=60)
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
    record = json.load(open(next(p for p in __import__("pathlib").Path(done["run_dir"]).glob(".stages/features/-/*/DONE.json"))))
    assert record["isolation"] == "checked"
