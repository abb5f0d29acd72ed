# SPDX-License-Identifier: Apache-2.0
"""Every command of scenarios.py, killed and failed at every point it passes."""

import subprocess

import scenarios
from harness import Harness


def test_every_point_is_survived(tmp_path):
    names = subprocess.run([scenarios.DRIVER, "points"], capture_output=True, text=True, check=True).stdout.split()
    harness = Harness(tmp_path)
    print()
    for scenario in scenarios.SCENARIOS:
        if scenario.needs is not None and not scenario.needs.exists():
            print(f"  {scenario.name}: SKIPPED, {scenario.needs} is missing")
            continue
        harness.run(scenario)
    harness.report(names)
    assert not harness.failures, "\n".join(harness.failures[:20])
