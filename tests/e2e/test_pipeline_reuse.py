# SPDX-License-Identifier: Apache-2.0
"""`pipeline run`, `explain`, `bless`: what is skipped and reused, and why."""

import os

import pytest

from pipelines import FEATURES, FIT, PIPELINE, again, assert_all, clean_env, first, git, reasons, states, toy, tree  # noqa: F401


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
        (toy / ".runlake/ledger").mkdir(parents=True, exist_ok=True)
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
