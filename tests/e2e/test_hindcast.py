# SPDX-License-Identifier: Apache-2.0
"""The hindcast example: first its stages by hand, which says what the right bytes are, then by `pipeline run`."""

import csv
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hindcast_support import DATA, EXAMPLE, FOLDS, FORECAST, FORECASTS, HINDCAST, KEY, digest, is_forecast, make_data, run_by_hand, tree


def rows(*path):
    with open(os.path.join(*map(str, path)), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """(data, folder): the example's data and what its stages make of it, run one by one."""
    place = tmp_path_factory.mktemp("by-hand")
    make_data(place / "data", "--forecasts")
    run_by_hand(place / "data", place / "run")
    return place / "data", place / "run"


def test_the_stages_write_the_same_bytes_everywhere(by_hand, tmp_path):
    data, folder = by_hand
    files = tree(folder)
    assert digest(tree(data)) == DATA
    assert digest({path: value for path, value in files.items() if not is_forecast(path)}) == HINDCAST
    assert digest({path: value for path, value in files.items() if is_forecast(path)}) == FORECAST
    # Another interpreter, where there is one, in another place of the world.
    other = shutil.which("python3")
    env = {"PATH": os.environ["PATH"], "TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "1", "PYTHONIOENCODING": "latin-1"}
    make_data(tmp_path / "data", "--forecasts", python=other, env=env)
    run_by_hand(tmp_path / "data", tmp_path / "run", python=other, env=env)
    assert tree(tmp_path / "data") == tree(data)
    assert tree(tmp_path / "run") == files


def test_forecasts_of_the_weather_come_later_and_change_nothing_else(by_hand, tmp_path):
    make_data(tmp_path / "data")
    first = tree(tmp_path / "data")
    assert sorted(first) == ["counties.csv", "weather.csv", "yields.csv"]
    make_data(tmp_path / "data", "--forecasts")
    assert {path: value for path, value in tree(tmp_path / "data").items() if "/" not in path} == first
    assert tree(tmp_path / "data") == tree(by_hand[0])


def test_no_fold_has_seen_its_year(by_hand):
    _, folder = by_hand
    for fold in FOLDS:
        place = folder / "preds" / KEY / fold
        train = {int(row["year"]) for row in rows(place, "train_preds.csv")}
        tested = {row["year"] for row in rows(place, "walk_forward_preds.csv")}
        bias = json.loads((folder / "models" / KEY / fold / "bias_corrector.json").read_text())["folds"]
        if fold == "production":
            assert (max(train), tested, bias) == (2023, set(), list(FOLDS[:-1]))
        else:
            assert (max(train), tested, bias) == (int(fold) - 1, {fold}, [earlier for earlier in FOLDS if earlier < fold])


def test_the_hindcast_is_worth_something(by_hand):
    _, folder = by_hand
    summary = json.loads((folder / "reports" / "summary.json").read_text())
    assert float(summary["rmse_corrected"]) < float(summary["rmse_model"]) < float(summary["rmse_trend"])
    chosen = (folder / "included_geo_identifiers.txt").read_text().split()
    assert len(chosen) == 21 and "west-06" not in chosen
    delivered = rows(folder, "delivery", f"Example_{KEY}_Hindcast_2024a.csv")
    assert {(row["geo_identifier"], row["season_year"]) for row in delivered} == {(county, fold) for county in [*chosen, "national"] for fold in FOLDS[:-1]}
    assert all(float(row["lower"]) <= float(row["yield"]) <= float(row["upper"]) for row in delivered)


def test_intervals_are_as_wide_as_their_residuals_say(by_hand):
    """Recomputed from the tables alone: of n residuals, the one at the rank that the level asks for."""
    _, folder = by_hand
    errors = {}
    for fold in FOLDS[:-1]:
        bias = json.loads((folder / "models" / KEY / fold / "bias_corrector.json").read_text())["states"]
        for row in rows(folder, "preds", KEY, fold, "walk_forward_preds.csv"):
            error = float(row["observed"]) - float(row["predicted"]) + float(bias.get(row["state"], 0))
            errors.setdefault(row["state"], []).append(abs(error))
    for row in rows(folder, "conformal", "state.csv"):
        ordered = sorted(errors[row["group"]])
        covered = sum(value <= float(row["half_width"]) + 0.001 for value in ordered)
        assert int(row["n_residuals"]) == len(ordered)
        assert covered >= int(row["level"]) / 100 * (len(ordered) + 1) and covered - 1 < int(row["level"]) / 100 * (len(ordered) + 1)
    in_sample = {row["level"]: float(row["half_width"]) for row in rows(folder, "conformal", "in_sample.csv")}
    county = [float(row["half_width"]) for row in rows(folder, "conformal", "county.csv") if row["level"] == "80"]
    assert in_sample["80"] < sum(county) / len(county), "in-sample residuals are too small to be honest"


def test_two_seasons_forecast_on_one_day_are_two_forecasts(by_hand):
    _, folder = by_hand
    found = {}
    for season, day in FORECASTS:
        place = folder / "forecast" / season / day
        assert sorted(str(path.relative_to(place)) for path in place.rglob("*.csv")) == [
            f"delivery/Example_{KEY}_Forecast_{season}_{day}.csv", "features/pred.csv", "indices/months.csv", "postprocessed/national.csv", "preds/walk_forward_preds.csv"]
        assert {row["year"] for row in rows(place, "preds", "walk_forward_preds.csv")} == {season}
        found[season, day] = Path(place, "postprocessed", "national.csv").read_bytes()
    assert len(set(found.values())) == len(found)


# --- By `pipeline run` -------------------------------------------------------------------------------------------------

OWN = {".stages", "run.json", "config_resolved.yaml", "attempts"}


class Project:
    """A copy of the example as a repository of its own, with data beside it."""

    def __init__(self, place, runlake_bin, env, forecasts=False):
        self.root = place / "project"
        self.data = place / "data"
        shutil.copytree(EXAMPLE, self.root, ignore=shutil.ignore_patterns("__pycache__"))
        (place / "bin").mkdir()
        (place / "bin" / "runlake").symlink_to(runlake_bin)
        self.env = {**env, "PATH": f"{place / 'bin'}:{env['PATH']}", "INPUT_DATA_DIR": str(self.data)}
        make_data(self.data, *(["--forecasts"] if forecasts else []))
        self.git("init", "-q", "-b", "main")
        self.commit("first")

    def git(self, *words):
        return subprocess.run(["git", *words], cwd=self.root, env=self.env, check=True, capture_output=True, text=True).stdout

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def call(self, *words, status=0, **options):
        done = subprocess.run(["runlake", *words], cwd=self.root, env={**self.env, **options.pop("env", {})}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)
        assert done.returncode == status, f"{words}: exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *words, **options):
        return json.loads(self.call("--json", *words, **options))

    def run(self, *words, **options):
        """`pipeline run`: what happened to each instance, by "stage[instance]", and the run directory."""
        answer = self.json("pipeline", "run", "pipeline.yaml", *words, **options)
        return {(stage["stage"], stage["instance"]): stage["state"] for stage in answer["stages"]}, Path(answer["run_dir"])

    def runs_of_stages(self):
        return self.json("runs", "sql", "SELECT count(*) FROM runs WHERE stage <> 'pipeline'")["rows"][0][0]


def shown(run_dir):
    """The seed's tree: all that is not Runlake's own."""
    return {path: value for path, value in tree(run_dir).items() if path.split(os.sep)[0] not in OWN}


def having(states, state):
    return {stage for (stage, _), found in states.items() if found == state}


@pytest.fixture
def base_env(clean_env):
    return {**clean_env, "PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null"}


def test_a_hindcast_from_the_first_run_to_the_last(by_hand, tmp_path, runlake_bin, base_env):
    project = Project(tmp_path, runlake_bin, base_env)
    hindcast = {path: value for path, value in tree(by_hand[1]).items() if not is_forecast(path)}

    # All, but for forecasts of a weather that nobody has forecast yet: they are left, and that is no failure.
    states, run_dir = project.run()
    assert having(states, "left") == {"forecast"}
    assert having(states, "done") == {"features", "counties", "fit", "predict", "bias", "postprocess", "evaluate", "deliver"}
    assert shown(run_dir) == hindcast
    # A run shows in git by what it declares, and by what it tells other machines.
    assert {line.split()[1] for line in project.git("status", "--porcelain").splitlines()} <= {".runlake/"}
    assert project.json("rundir", "verify", str(run_dir))["state"] == "done"
    rows = project.json("runs", "sql", "SELECT rows_in, rows_out FROM runs WHERE stage = 'features'")["rows"]
    assert rows == [[None, 531]], "stages speak to the run around them"

    # Again: nothing. A README and a commit are no code.
    count = project.runs_of_stages()
    states, _ = project.run("--run-dir", str(run_dir))
    assert set(states.values()) == {"skipped", "left"}
    with open(project.root / "README.md", "a", encoding="utf-8") as file:
        file.write("More words.\n")
    project.commit("second")
    states, _ = project.run("--run-dir", str(run_dir))
    assert set(states.values()) == {"skipped", "left"}
    assert project.runs_of_stages() == count

    # The forecasts come in: only their subtree is added, and nothing else is written.
    def stamps():
        return {path: (run_dir / path).stat().st_mtime_ns for path in hindcast}

    before = stamps()
    make_data(project.data, "--forecasts")
    states, _ = project.run("--run-dir", str(run_dir), "--only", "forecast")
    assert having(states, "done") == {"forecast"} and list(states.values()).count("done") == 3
    assert shown(run_dir) == tree(by_hand[1]), "two seasons forecast on one day stand beside each other"
    assert stamps() == before

    # What another value of a param would change, and then does; back again, it is all there already.
    explained = {(stage["stage"], stage["instance"]): stage for stage in project.json("pipeline", "explain", "pipeline.yaml", "--param", "fit.ridge=12")["stages"]}
    fit = explained["fit", "fold=2018"]
    assert (fit["action"], fit["reason"]) == ("run", "key_differs")
    assert {"kind": "param", "name": "ridge", "before": "10", "after": "12"}.items() <= next(change for change in fit["changes"] if change["kind"] == "param").items()
    assert explained["features", "-"]["action"] == "skip"
    assert explained["predict", "fold=2018"]["reason"] == "input_pending"
    states, _ = project.run("--run-dir", str(run_dir), "--param", "fit.ridge=12")
    assert having(states, "skipped") >= {"features", "counties"} and "fit" in having(states, "done")
    assert shown(run_dir) != tree(by_hand[1])
    count = project.runs_of_stages()
    states, _ = project.run("--run-dir", str(run_dir))
    assert set(states.values()) == {"skipped"}
    assert shown(run_dir) == tree(by_hand[1]) and project.runs_of_stages() == count

    # Code that changes without changing what it writes: the wave ends where the bytes are equal.
    with open(project.root / "stages" / "counties.py", "a", encoding="utf-8") as file:
        file.write("# Seen.\n")
    states, _ = project.run("--run-dir", str(run_dir))
    assert having(states, "done") == {"counties"} and set(states.values()) == {"done", "skipped"}
    assert shown(run_dir) == tree(by_hand[1])


def test_killed_and_resumed_it_writes_the_same_bytes(by_hand, tmp_path, runlake_bin, base_env):
    project = Project(tmp_path, runlake_bin, base_env, forecasts=True)
    process = subprocess.Popen(["runlake", "pipeline", "run", "pipeline.yaml"], cwd=project.root, env=project.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line.startswith("predict[fold=2018]: done"):
            break
    process.kill()
    process.wait(timeout=300)
    process.stderr.close()
    (run_dir,) = [path for path in (project.root / "runs").iterdir() if not path.name.startswith(".")]
    assert len(shown(run_dir)) < len(tree(by_hand[1]))
    states, resumed = project.run("--run-dir", str(run_dir))
    assert resumed == run_dir
    assert having(states, "skipped") >= {"features", "counties"} and "done" in states.values()
    assert shown(run_dir) == tree(by_hand[1])
    assert project.json("rundir", "verify", str(run_dir))["state"] == "done"
    left = [path.name for path in (run_dir / ".stages" / ".tmp").iterdir()]
    assert left == [], "what the killed one left is gone"


def records_of(run_dir):
    """Everything but who made it when: keys and manifests, and the resolved configuration."""
    found = {str(path.relative_to(run_dir)): path.read_bytes() for path in run_dir.glob(".stages/*/*/*/manifest.json")}
    found["config"] = (run_dir / "config_resolved.yaml").read_bytes()
    return found


def test_no_byte_depends_on_where_and_how_it_runs(by_hand, tmp_path, runlake_bin, base_env):
    ways = [({"TZ": "UTC", "LC_ALL": "C"}, 0o022, "1"), ({"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "5"}, 0o077, "3")]
    made = []
    for number, (env, mask, jobs) in enumerate(ways):
        place = tmp_path / f"place {number}"
        place.mkdir()
        project = Project(place, runlake_bin, {**base_env, **env}, forecasts=True)
        states, run_dir = project.run("--jobs", jobs, preexec_fn=lambda mask=mask: os.umask(mask))
        assert set(states.values()) == {"done"}
        made.append((project, run_dir))
    assert shown(made[0][1]) == shown(made[1][1]) == tree(by_hand[1])
    assert records_of(made[0][1]) == records_of(made[1][1])
    project, run_dir = made[0]
    project.call("rundir", "diff", str(run_dir), str(made[1][1]))
    # Carried elsewhere it opens and verifies, and its directory of the same stages reuses them all.
    shutil.copytree(run_dir, tmp_path / "carried" / run_dir.name, symlinks=True)
    assert project.json("rundir", "verify", str(tmp_path / "carried" / run_dir.name))["state"] == "done"
    states, again = project.run()
    assert again != run_dir and set(states.values()) == {"reused"}
    assert shown(again) == shown(run_dir)


def test_a_root_that_is_not_there_is_named(tmp_path, runlake_bin, base_env):
    project = Project(tmp_path, runlake_bin, base_env)
    del project.env["INPUT_DATA_DIR"]
    done = subprocess.run(["runlake", "pipeline", "run", "pipeline.yaml"], cwd=project.root, env=project.env, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "INPUT_DATA_DIR" in done.stderr
    assert not (project.root / "runs").exists()
    (project.data / "yields.csv").unlink()
    project.env["INPUT_DATA_DIR"] = str(project.data)
    done = subprocess.run(["runlake", "pipeline", "run", "pipeline.yaml"], cwd=project.root, env=project.env, capture_output=True, text=True, check=False)
    assert done.returncode == 3 and "yields.csv" in done.stderr
    assert not (project.root / "runs").exists()
