# SPDX-License-Identifier: Apache-2.0
"""The hindcast example: first its stages by hand, which says what the right bytes are, then by `pipeline run`."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest
from hindcast_support import DATA, FOLDS, FORECAST, FORECASTS, HINDCAST, KEY, digest, is_forecast, make_data, run_by_hand, tree


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
