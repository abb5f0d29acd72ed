# SPDX-License-Identifier: Apache-2.0
"""The hindcast example without Runlake: its data, its stages by hand in order, and one digest over a folder's names and bytes."""

import hashlib
import os
import subprocess

from conftest import SOURCE

EXAMPLE = SOURCE / "examples" / "hindcast"
KEY = "corn_sim"
FOLDS = ("2018", "2019", "2020", "2021", "2022", "2023", "production")
FORECASTS = (("2024", "2024-07-01"), ("2024", "2024-10-01"), ("2025", "2024-10-01"))

# Of the bytes that the generator and the stages write: on every machine, by every Python from 3.8.
DATA = "69fdad4cfc099de35802bf4b2c74faab2418a6bd97e9bbe10ddcacffab0c84c9"
HINDCAST = "53137d537000a70e7f00e67f74552c7dfe4948e81dfb4d47552033cd43f5f63a"
FORECAST = "44ce5cc2219ab684b717cabd42d71af0bbee94c2612a0717cdb63bc564883e6c"


def tree(folder):
    """{path: SHA-256} of every file; links are read through."""
    found = {}
    for where, _, files in os.walk(folder, followlinks=True):
        for name in files:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = hashlib.sha256(file.read()).hexdigest()
    return found


def digest(files):
    text = "".join(f"{name} {files[name]}\n" for name in sorted(files))
    return hashlib.sha256(text.encode()).hexdigest()


def is_forecast(path):
    return path.split(os.sep)[0] == "forecast"


def make_data(folder, *words, python="/usr/bin/python3", env=None):
    subprocess.run([python, "-B", str(EXAMPLE / "make_data.py"), str(folder), *words], check=True, env=env)


def stages(data):
    """Every stage of pipeline.yaml with the words of its own, in an order that serves each its inputs."""
    yield "features", ["--data", str(data)]
    yield "counties", ["--min-years", "15"]
    for stage, words in (("fit", ["--ridge", "10"]), ("predict", []), ("bias", ["--shrink", "3"])):
        for fold in FOLDS:
            yield stage, ["--fold", fold, *words]
    yield "postprocess", ["--levels", "50-80"]
    yield "evaluate", []
    yield "deliver", ["--level", "80", "--file", f"Example_{KEY}_Hindcast_2024a.csv"]
    for season, day in FORECASTS:
        yield "forecast", ["--season-year", season, "--init-date", day, "--weather", f"{data}/forecasts/{season}/{day}.csv",
                           "--level", "80", "--file", f"Example_{KEY}_Forecast_{season}_{day}.csv"]


def run_by_hand(data, folder, python="/usr/bin/python3", env=None):
    """Runs every stage into one folder, which is both what they read and what they write."""
    for stage, words in stages(data):
        script = str(EXAMPLE / "stages" / f"{stage}.py")
        done = subprocess.run([python, "-B", script, "--run-dir", str(folder), "--out", str(folder), "--key", KEY, *words], capture_output=True, text=True, env=env, check=False)
        assert done.returncode == 0, f"{stage} {words}: {done.stderr}"
