# SPDX-License-Identifier: Apache-2.0
"""Manual pages: one a command and runlake(1), without a complaint from the programs that show them."""

import shutil
import subprocess

import pytest
from conftest import SOURCE


@pytest.fixture
def pages(runlake, tmp_path):
    out = tmp_path / "man1"
    runlake("__man", SOURCE / "docs" / "cli", out).ok()
    return out


def test_one_page_a_command(pages, commands):
    expected = {"runlake.1"} | {f"runlake-{name.replace(' ', '-')}.1" for name in commands}
    assert {path.name for path in pages.iterdir()} == expected


def test_pages_hold_options_and_sections(pages, commands):
    for name, command in commands.items():
        text = (pages / f"runlake-{name.replace(' ', '-')}.1").read_text()
        assert ".SH NAME\n" in text and ".SH SYNOPSIS\n" in text and '.SH "EXAMPLES"\n' in text, name
        for option in command["options"]:
            assert option["names"][-1].replace("-", "\\-") in text, name


def test_pages_are_the_same_each_time(runlake, pages, tmp_path, place):
    again = tmp_path / "again"
    runlake("__man", SOURCE / "docs" / "cli", again, env=place).ok()
    for page in pages.iterdir():
        assert page.read_bytes() == (again / page.name).read_bytes()


def test_pages_format_without_warnings(pages):
    if shutil.which("man") is None or shutil.which("groff") is None:
        pytest.skip("man and groff are not installed")
    for page in sorted(pages.iterdir()):
        done = subprocess.run(
            ["man", "--warnings", "-E", "UTF-8", "-l", str(page)],
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "200", "MANPAGER": "cat"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0 and done.stderr == "", f"{page.name}: {done.stderr}"
        assert "NAME" in done.stdout


def test_pages_pass_mandoc(pages):
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "error", *map(str, sorted(pages.iterdir()))], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
