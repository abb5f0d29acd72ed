# SPDX-License-Identifier: Apache-2.0
"""The documentation says what is: every console block is run as written, every command has its page, generated parts are up to date."""

import os
import re
import shutil

import pytest
from conftest import SOURCE
from transcript import read_markdown, run

CLI = SOURCE / "docs" / "cli"
PAGES = [path for path in [SOURCE / "README.md", *sorted((SOURCE / "docs" / "guide").glob("*.md")), *sorted(CLI.glob("*.md"))] if path.exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_console_blocks_run_as_written(page, tmp_path, clean_env, runlake_bin):
    commands = read_markdown(page.read_text(encoding="utf-8"))
    if not commands:
        pytest.skip("no console block")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "runlake").symlink_to(runlake_bin)
    # In a page `sleep` stands for work, which takes longer on a busy machine: what a recorder finds out meanwhile does, too.
    times = min(8, max(1, round(os.getloadavg()[0] / len(os.sched_getaffinity(0)))))
    (bin_folder / "sleep").write_text(f'#!/bin/sh\nexec /bin/sleep "$(awk "BEGIN {{ print $1 * {times} }}")"\n')
    (bin_folder / "sleep").chmod(0o755)
    env = {**clean_env, "PATH": f"{bin_folder}:{clean_env['PATH']}", "RUNLAKE_SOURCE": str(SOURCE), "GIT_CONFIG_GLOBAL": "/dev/null"}
    run(commands, tmp_path, env, page.relative_to(SOURCE))


def page_name(command):
    return command.replace(" ", "-") + ".md"


def test_every_command_has_a_page_and_every_page_a_command(commands):
    expected = {page_name(name) for name in commands} | {"README.md", "runlake.md"}
    found = {path.name for path in CLI.glob("*.md")}
    assert found - expected == set(), "pages without a command"
    assert expected - found == set(), "commands without a page"


def test_pages_begin_with_examples(commands):
    for name in commands:
        path = CLI / page_name(name)
        if path.exists():
            text = path.read_text(encoding="utf-8")
            assert text.startswith(f"# runlake {name}\n"), path.name
            assert re.findall(r"^## (.*)$", text, re.MULTILINE)[:1] == ["Examples"], path.name


def test_generated_parts_are_up_to_date(runlake, tmp_path):
    """Mended by: runlake __docs docs/cli"""
    copy = tmp_path / "cli"
    shutil.copytree(CLI, copy)
    runlake("__docs", copy).ok()
    for path in sorted(copy.iterdir()):
        original = CLI / path.name
        assert original.exists() and path.read_text(encoding="utf-8") == original.read_text(encoding="utf-8"), f"{path.name}: run `runlake __docs docs/cli`"


def links_of(text):
    return [link for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text) if "://" not in link and not link.startswith("mailto:")]


@pytest.mark.parametrize("page", sorted({*PAGES, *SOURCE.glob("*.md"), *(SOURCE / "docs").rglob("*.md")}), ids=lambda path: str(path.relative_to(SOURCE)))
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in links_of(text):
        assert (page.parent / link).exists(), link
