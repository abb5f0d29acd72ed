# SPDX-License-Identifier: Apache-2.0
"""What all stages share: their options, tables as CSV, and decimal numbers.

Numbers are decimal.Decimal with 28 digits, whose arithmetic is specified to the last digit: a stage writes the same bytes on every machine.
"""
import argparse
import csv
import json
import os
import subprocess
from decimal import Decimal

ZERO = Decimal(0)


def options(*names):
    """--run-dir (where earlier stages' results are), --out (where this one's go) and the stage's own, all of them required."""
    words = argparse.ArgumentParser()
    for name in ("run-dir", "out", "key", *names):
        words.add_argument(f"--{name}", required=True)
    return words.parse_args()


def read(*path):
    with open(os.path.join(*path), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def target(*path):
    path = os.path.join(*path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def write(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_json(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return json.load(file)


def write_json(path, document):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        json.dump(document, file, indent=2, sort_keys=True)
        file.write("\n")


def included(run_dir):
    with open(os.path.join(run_dir, "included_geo_identifiers.txt"), encoding="utf-8") as file:
        return set(file.read().split())


def number(text):
    """A value of a table; None where it is missing."""
    return Decimal(text) if text != "" else None


def fixed(value, places=3):
    """As text, rounded half to even; a missing value is empty, and there is no minus zero."""
    if value is None:
        return ""
    rounded = round(value, places)
    return str(rounded if rounded else abs(rounded))


def mean(values):
    values = list(values)
    return sum(values, ZERO) / len(values)


def root_mean_square(values):
    return mean(value * value for value in values).sqrt()


def log(**values):
    """Adds values to the run that Runlake records around this process; outside of one, or without Runlake, it does nothing."""
    if "RUNLAKE_RUN_ID" in os.environ:
        try:
            subprocess.run(["runlake", "log", *(f"{name}={value}" for name, value in values.items())], check=False)
        except FileNotFoundError:
            pass
