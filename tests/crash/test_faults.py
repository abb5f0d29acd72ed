# SPDX-License-Identifier: Apache-2.0
"""Every command of the tables scenarios*.py, killed and failed at every point it passes."""

import importlib
import shutil
import subprocess
from pathlib import Path

import pytest
import scenarios
import scratch
from harness import FULL, Harness

TABLES = sorted(path.stem for path in Path(__file__).parent.glob("scenarios*.py"))
# Their stages are confined, which memory is left out of.
ON_DISK = ("scenarios_pipeline", "scenarios_remote")


@pytest.fixture(scope="module")
def harness(tmp_path_factory):
    names = subprocess.run([scenarios.DRIVER, "points"], capture_output=True, text=True, check=True).stdout.split()
    harness = Harness(tmp_path_factory.mktemp("faults"))
    harness.memory = None if FULL else scratch.memory_folder()
    print()
    yield harness
    harness.report(names)
    if harness.memory and not harness.failures:
        shutil.rmtree(harness.memory, ignore_errors=True)


@pytest.mark.parametrize("table", TABLES)
def test_every_point_is_survived(harness, table):
    skipped = []
    before = len(harness.failures)
    for scenario in importlib.import_module(table).SCENARIOS:
        if scenario.needs is None or scenario.needs.exists():
            harness.run(scenario, in_memory=table not in ON_DISK)
        else:
            skipped.append(scenario.name)
    assert len(harness.failures) == before, "\n".join(harness.failures[before : before + 20])
    if skipped:
        pytest.skip(f"no binary for {', '.join(skipped)}")
