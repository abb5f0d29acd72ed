# SPDX-License-Identifier: Apache-2.0
"""docs/status.md names tests that exist: every capability that is said to be there is shown by something that runs."""
import re

from conftest import BUILD, SOURCE, call


def rows():
    for line in (SOURCE / "docs" / "status.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and not cells[0].startswith("---") and cells[0] != "capability":
            yield cells


def test_every_named_test_exists():
    listed = call("ctest", "--test-dir", BUILD, "-N").stdout
    names = re.findall(r"^\s*Test\s+#\d+: (\S+)", listed, re.M)
    for capability, _, shown in rows():
        for pattern in re.findall(r"`([^`]+)`", shown):
            if "/" not in pattern and " " not in pattern:
                assert any(re.fullmatch(pattern, name) for name in names), f"{capability}: no test is called {pattern}"


def test_every_row_says_something():
    found = list(rows())
    assert len(found) > 50
    for capability, command, shown in found:
        assert shown or command, capability
