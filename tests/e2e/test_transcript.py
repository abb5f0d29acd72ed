# SPDX-License-Identifier: Apache-2.0
"""The transcript runner itself: what it accepts and, above all, what it does not."""

import textwrap

import pytest
from transcript import Failure, matches, read_markdown, run

ID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
OTHER = "b1ffc88a-9c0b-4ef8-bb6d-6bb9bd380a11"


def block(text):
    return "```console\n" + textwrap.dedent(text).strip("\n") + "\n```\n"


def test_reads_console_blocks_alone():
    commands = read_markdown("$ no\n```sh\n$ no\n```\ntext\n" + block("$ one\nout\n\n$ two \\\n> more\n? 3\n") + "```console\n$ three\n```\n")
    assert [(c.line, c.text, c.expected, c.status) for c in commands] == [
        (7, "one", ["out"], 0),
        (10, "two \\\nmore", [], 3),
        (15, "three", [], 0),
    ]


def test_refuses_a_block_that_begins_with_output():
    with pytest.raises(Failure, match="line 2"):
        read_markdown("```console\nout\n```\n")


@pytest.mark.parametrize(
    "expected, actual, agrees",
    [
        ([], [], True),
        ([], ["x"], False),
        (["x"], [], False),
        (["a [..] c"], ["a b c"], True),
        (["a [..] c"], ["a b d"], False),
        (["a.c"], ["abc"], False),
        (["[...]"], [], True),
        (["a", "[...]", "d"], ["a", "b", "c", "d"], True),
        (["a", "[...]", "d"], ["a", "b", "c"], False),
        (["at <TIME>"], ["at 2025-01-09 14:23:15"], True),
        (["at <TIME>"], ["at 2025-01-09T14:23:15.000042Z"], True),
        (["at <TIME>"], ["at noon"], False),
        (["<RUN_ID>"], [ID], True),
        (["<RUN_ID>"], [ID[:8]], True),
        (["<RUN_ID>"], ["a0eebc9"], False),
        (["<RUN_ID>", "<RUN_ID>"], [ID, OTHER], True),
        (["<RUN_ID_A>", "<RUN_ID_A>"], [ID, ID[:8]], True),
        (["<RUN_ID_A>", "<RUN_ID_A>"], [ID, OTHER], False),
        (["<RUN_ID_A> <RUN_ID_A>"], [f"{ID} {OTHER}"], False),
    ],
)
def test_agreement(expected, actual, agrees):
    assert matches(expected, actual, {}) is agrees


def test_the_newest_id_and_named_ones_are_kept():
    known = {}
    assert matches(["<RUN_ID>", "<RUN_ID>", "<RUN_ID_A>"], [ID, OTHER, ID], known)
    assert known == {"RUN_ID": OTHER, "RUN_ID_A": ID}
    assert matches(["<RUN_ID>", "<RUN_ID_A>"], [ID, ID], known)
    assert known["RUN_ID"] == ID


def run_text(text, tmp_path, env):
    run(read_markdown(block(text)), tmp_path, env, "here.md")


def test_runs_in_one_folder_with_one_environment(tmp_path, clean_env):
    run_text(
        """
        $ mkdir sub && cd sub && export NAME=value
        $ echo "$NAME" > file; basename "$PWD"; cat file
        sub
        value
        $ false
        ? 1
        $ echo out; echo err >&2
        out
        err
        """,
        tmp_path,
        clean_env,
    )


def test_ids_reach_later_commands(tmp_path, clean_env):
    run_text(f"$ echo {ID}\n<RUN_ID>\n$ echo <RUN_ID>\n{ID}\n", tmp_path, clean_env)


@pytest.mark.parametrize("text", ["$ echo a\nb\n", "$ false\n", "$ true\n? 1\n", "$ echo a\n"])
def test_what_differs_fails(tmp_path, clean_env, text):
    with pytest.raises(Failure, match="here.md:2"):
        run_text(text, tmp_path, clean_env)
