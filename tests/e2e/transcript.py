# SPDX-License-Identifier: Apache-2.0
"""Console sessions as text: reading them out of Markdown, running them, comparing what they say. The form is described in docs/guide/transcripts.md."""

import os
import re
import subprocess
from dataclasses import dataclass, field

ANY_LINES = "[...]"
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8}"
TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"
PLACEHOLDER = re.compile(r"\[\.\.\]|<TIME>|<(RUN_ID(?:_[A-Z0-9]+)?)>")


@dataclass
class Command:
    line: int  # of the "$ " in its file, from 1
    text: str
    expected: list = field(default_factory=list)
    status: int = 0


class Failure(AssertionError):
    pass


def read_markdown(text):
    """The commands of all ```console blocks, in order."""
    commands = []
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip().startswith("```"):
            inside = not inside and line.strip() == "```console"
            current = None
            continue
        if not inside:
            continue
        if line.startswith("$ "):
            current = Command(number, line[2:])
            commands.append(current)
        elif current is None:
            if line.strip():
                raise Failure(f"line {number}: a console block begins with a line '$ command'")
        elif line.startswith("> ") and not current.expected:
            current.text += "\n" + line[2:]
        elif re.fullmatch(r"\? \d+", line):
            current.status = int(line[2:])
        else:
            current.expected.append(line.rstrip())
    for command in commands:
        while command.expected and not command.expected[-1]:
            command.expected.pop()
    return commands


def line_pattern(expected, known):
    """A line as a regular expression. An id that is known by name must be that one; others are groups of their name."""
    pattern, at, fresh = "", 0, set()
    for found in PLACEHOLDER.finditer(expected):
        pattern += re.escape(expected[at : found.start()])
        at = found.end()
        name = found[1]
        if found[0] == "[..]":
            pattern += ".*"
        elif found[0] == "<TIME>":
            pattern += TIME
        elif name != "RUN_ID" and name in known:
            pattern += f"(?:{re.escape(known[name])}|{re.escape(known[name][:8])})"
        elif name in fresh:
            pattern += f"(?P={name})"
        else:
            pattern += f"(?P<{name}>{ID})"
            fresh.add(name)
    return pattern + re.escape(expected[at:])


def matches(expected, actual, known):
    """Whether the lines agree. Adds the ids that were met to `known`."""
    if not expected:
        return not actual
    if expected[0] == ANY_LINES:
        return any(matches(expected[1:], actual[skipped:], known) for skipped in range(len(actual) + 1))
    if not actual:
        return False
    found = re.fullmatch(line_pattern(expected[0], known), actual[0])
    if not found:
        return False
    met = {**known, **{name: value for name, value in found.groupdict().items() if value}}
    if not matches(expected[1:], actual[1:], met):
        return False
    known.update({**met, **known} if "RUN_ID" not in met else {**met, **{k: v for k, v in known.items() if k != "RUN_ID"}})
    return True


def run(commands, folder, env, where):
    """Runs commands one after another in bash; working folder and exported variables carry over."""
    work, state = folder / "work", folder / "state"
    work.mkdir()
    state.write_text("")
    cwd = str(work)
    known = {}
    for command in commands:
        text = re.sub(r"<(RUN_ID(?:_[A-Z0-9]+)?)>", lambda found: known.get(found[1], found[0]), command.text)
        script = f'. "{state}"\n{text}\nstatus=$?\nexport -p > "{state}"\npwd > "{state}.pwd"\nexit $status\n'
        done = subprocess.run(
            ["bash", "--norc", "-c", script], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300
        )
        if os.path.exists(f"{state}.pwd"):
            with open(f"{state}.pwd", encoding="utf-8") as file:
                cwd = file.read().rstrip("\n")
        actual = [line.rstrip() for line in done.stdout.decode("utf-8", "replace").splitlines()]
        while actual and not actual[-1]:
            actual.pop()
        if done.returncode != command.status or not matches(command.expected, actual, known):
            raise Failure(
                f"{where}:{command.line}: $ {text}\n--- expected, status {command.status}\n" + "\n".join(command.expected)
                + f"\n--- got, status {done.returncode}\n" + "\n".join(actual)
            )
