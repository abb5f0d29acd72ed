# SPDX-License-Identifier: Apache-2.0
"""What every command has in common: finding it, help, options of every command, errors, exit statuses, streams."""

import json
import os
import re
import signal
import subprocess

import pytest
from terminal import on_terminal


def test_version(runlake):
    done = runlake("--version").ok()
    assert re.fullmatch(r"runlake \d+\.\d+\.\d+\n", done.out)
    assert runlake("version").ok().out.startswith(done.out)
    record = runlake("version", "--json").ok().json
    assert record["version"] == 1
    assert f"runlake {record['runlake']}\n" == done.out
    assert record["formats"]["journal"] == 1


def test_every_command_has_help_on_stdout(runlake, commands):
    for name in commands:
        words = name.split()
        for call in ([*words, "--help"], ["help", *words], [*words, "-h"], ["--help", *words]):
            done = runlake(*call).ok()
            assert f"Usage: runlake {name}" in done.out, call
            assert done.err == ""
            assert commands[name]["summary"] in done.out


def test_overview_lists_every_command(runlake, commands):
    for call in (["--help"], ["help"], ["-h"]):
        text = runlake(*call).ok().out
        for name, command in commands.items():
            assert re.search(rf"^  {name}[ \n]", text, re.M) and command["summary"] in text


def test_help_of_a_noun_lists_its_verbs(runlake, commands):
    nouns = {name.split()[0] for name in commands if " " in name and name.split()[0] not in commands}
    assert nouns
    for noun in nouns:
        asked = runlake(noun, "--help").ok()
        assert asked.out == runlake("help", noun).ok().out
        for name in commands:
            assert bool(re.search(rf"^  {name}[ \n]", asked.out, re.M)) == (name.split()[0] == noun)
        alone = runlake(noun)
        assert (alone.status, alone.out, alone.err) == (2, "", asked.out)


def test_no_command_is_a_usage_error_with_help(runlake):
    done = runlake()
    assert done.status == 2
    assert done.out == ""
    assert done.err == runlake("--help").out


@pytest.mark.parametrize(
    "words, message",
    [
        (["versoin"], 'runlake: unknown command "versoin", did you mean "version"?'),
        (["config", "lits"], 'runlake: unknown command "lits", did you mean "list"?'),
        (["version", "--jsn"], 'runlake version: unknown option "--jsn", did you mean "--json"?'),
        (["--jsn", "version"], 'runlake: unknown option "--jsn" before a command, did you mean "--json"?'),
        (["version", "extra"], 'runlake version: unexpected argument "extra", see "runlake version --help"'),
        (["version", "--color", "alway"], 'runlake version: --color: "alway" is not one of auto, always, never, did you mean "always"?'),
        (["version", "--store"], "runlake version: option --store needs a value"),
        (["completion"], 'runlake completion: argument SHELL is missing (bash, zsh or fish), see "runlake completion --help"'),
        (["completion", "bsh"], 'runlake completion: SHELL: "bsh" is not one of bash, zsh, fish, did you mean "bash"?'),
        (["help", "versoin"], 'runlake: unknown command "versoin", did you mean "version"?'),
    ],
)
def test_a_wrong_word_is_a_usage_error(runlake, words, message):
    done = runlake(*words)
    assert (done.status, done.out, done.err) == (2, "", message + "\n")


def test_json_errors_are_json_on_stderr(runlake):
    done = runlake("version", "--json", "extra")
    assert (done.status, done.out) == (2, "")
    record = json.loads(done.err)
    assert record["version"] == 1
    assert record["error"] == {
        "code": "usage",
        "command": "version",
        "message": 'unexpected argument "extra", see "runlake version --help"',
        "status": 2,
    }
    assert runlake("--json", "versoin").error["command"] == ""


def test_global_options_before_and_after_the_command(runlake):
    for call in (["--json", "config", "list"], ["config", "--json", "list"], ["config", "list", "--json"]):
        assert runlake(*call).ok().json["version"] == 1


def test_arguments_that_are_no_utf8_do_no_harm(runlake):
    done = runlake(b"version\xff".decode("utf-8", "surrogateescape"))
    assert done.status == 2
    done = runlake("--json", "version", b"\xff\x1b[31m".decode("utf-8", "surrogateescape"))
    assert done.status == 2
    assert "\x1b" not in done.err


def test_full_stdout_is_an_input_output_error(runlake):
    with open("/dev/full", "wb") as full:
        for call in (["version"], ["--help"], ["completion", "bash"], ["config", "list", "--json"]):
            done = runlake(*call, stdout=full)
            assert done.status == 8, call
            assert "writing to stdout: no space left on device" in done.err


def test_closed_stdout_is_an_input_output_error_and_no_file_is_hit(runlake, runlake_bin, project, clean_env):
    for closing in (">&-", "<&- >&-", "<&-  >&- 2>&-"):
        done = subprocess.run(["sh", "-c", f'"$0" config list {closing}', runlake_bin], cwd=project, env=clean_env, capture_output=True)
        assert done.returncode == 8
    assert subprocess.run(["sh", "-c", '"$0" version <&- 2>&-', runlake_bin], cwd=project, env=clean_env, capture_output=True).returncode == 0


@pytest.mark.parametrize("ignored", [False, True], ids=["default", "SIGPIPE ignored"])
def test_a_reader_that_went_away_ends_it_quietly(runlake_bin, project, clean_env, ignored):
    reader, writer = os.pipe()
    os.close(reader)
    words = [runlake_bin, "completion", "bash"]
    # Python's own restoring of SIGPIPE is what gives the default here.
    done = subprocess.run(words, cwd=project, env=clean_env, stdout=writer, stderr=subprocess.PIPE, restore_signals=not ignored)
    os.close(writer)
    assert done.returncode == -13
    assert done.stderr == b""


def test_work_goes_on_where_nobody_reads_what_is_said_about_it(runlake, project):
    (project / "p.yaml").write_text("experiment_key: toy\nstages:\n  one:\n    command: 'echo x > {out}/x'\n    writes: [x]\n    code: []\n")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", 0) as unread:
        runlake("pipeline", "run", "p.yaml", stderr=unread).ok()
    assert runlake("--json", "runs", "list").ok().json["runs"][0]["status"] == "completed"


def test_colour_and_width_follow_the_terminal(runlake, runlake_bin, project, clean_env):
    env = {**clean_env, "TERM": "xterm", "RUNLAKE_OTLP_ENDPOINT": "http://127.0.0.1:4318/" + "x" * 80}
    call = ["config", "list"]
    piped = runlake(*call, env=env).ok().out
    assert "\x1b" not in piped and "x" * 80 in piped
    shown = on_terminal(runlake_bin, call, project, env, columns=60)
    assert "\x1b[" in shown and "…" in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert {len(line) for line in plain.splitlines()} == {60}
    assert "\x1b" not in on_terminal(runlake_bin, call, project, {**env, "NO_COLOR": "1"})
    assert "\x1b[" in on_terminal(runlake_bin, call, project, {**env, "NO_COLOR": ""})
    assert "\x1b" not in on_terminal(runlake_bin, call, project, {**env, "TERM": "dumb"})
    assert "\x1b" not in on_terminal(runlake_bin, [*call, "--color", "never"], project, env)
    assert "\x1b[" in runlake(*call, "--color=always", env={**env, "NO_COLOR": "1"}).ok().out
    assert "\x1b" not in on_terminal(runlake_bin, [*call, "--json"], project, env)


def test_ctrl_c_is_130_to_a_shell(runlake, runlake_bin, project, clean_env):
    runlake("run", "--", "true").ok()
    # Whether the signal comes before or after the first look at the store must make no difference.
    with subprocess.Popen([runlake_bin, "runs", "watch"], cwd=project, env=clean_env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=300) in (-signal.SIGINT, 130)
        assert process.stderr.read() == b""


def test_errors_of_the_loaded_database_cross_cleanly(runlake):
    runlake("run", "--", "true").ok()
    assert runlake("runs", "sql", "SELECT 40 + 2 AS answer", "--json").ok().out.count("42") == 1
    done = runlake("runs", "sql", "SELECT nonsense FROM runs")
    assert done.status == 2 and "nonsense" in done.err
    assert runlake("runs", "sql", "SELECT error('thrown inside')").status not in (0, 70)


def test_nothing_depends_on_zone_or_language(runlake, place):
    for call in (["version", "--json"], ["config", "list", "--json"], ["config", "list"], ["--help"]):
        assert runlake(*call, env=place).ok().out == runlake(*call).ok().out


def test_commands_that_only_read_make_no_store(runlake, project):
    before = sorted(project.rglob("*"))
    runlake("config", "list").ok()
    runlake("version").ok()
    assert sorted(project.rglob("*")) == before


def test_fault_points_are_listed(runlake):
    points = runlake("__points").ok().out.split()
    assert "journal.append" in points
    assert len(points) == len(set(points))


def needed_libraries(path):
    text = subprocess.run(["readelf", "-dW", path], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", text)


def test_the_binary_loads_only_the_c_library_at_start(runlake_bin):
    needed = needed_libraries(runlake_bin)
    if any(name.startswith(("libasan", "libubsan", "libtsan")) for name in needed):
        pytest.skip("a sanitizer build brings libraries of its own")
    allowed = ("libc.so", "libm.so", "ld-linux", "libdl.so", "libpthread.so")
    assert [name for name in needed if not name.startswith(allowed)] == []


def test_the_binary_exports_no_symbols(runlake_bin):
    if any(name.startswith(("libasan", "libubsan", "libtsan")) for name in needed_libraries(runlake_bin)):
        pytest.skip("a sanitizer build exports symbols for its library")
    text = subprocess.run(["nm", "-D", "--defined-only", runlake_bin], capture_output=True, text=True, check=True).stdout
    names = [line.split()[-1].split("@")[0] for line in text.splitlines()]
    # Copies of the C library's data are the linker's own doing.
    assert [name for name in names if name.startswith("_Z") or "SSL" in name or "git_" in name] == []
