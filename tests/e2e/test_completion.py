# SPDX-License-Identifier: Apache-2.0
"""`completion`: the scripts, run in the shells they are for."""

import os
import pty
import shlex
import shutil
import subprocess

import pytest

# Splits a line as bash's readline does, into words and the characters of COMP_WORDBREAKS, and asks the completion function.
ASK_BASH = r"""
compopt() { :; }   # only allowed while readline completes
source <(runlake completion bash)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_runlake
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def path_env(runlake_bin, clean_env):
    return {**clean_env, "PATH": f"{runlake_bin.parent}:{clean_env['PATH']}"}


@pytest.fixture
def ask_bash(project, path_env):
    def ask(*words):
        done = subprocess.run(["bash", "--norc", "-c", ASK_BASH, "bash", *words], cwd=project, env=path_env, capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        return [line for line in done.stdout.splitlines() if line]

    return ask


def test_bash_offers_commands_and_options(ask_bash, commands):
    nouns = {name.split()[0] for name in commands}
    assert set(ask_bash("runlake", "")) == nouns | {"help"}
    assert ask_bash("runlake", "versio") == ["version"]
    assert ask_bash("runlake", "config", "") == ["list"]
    assert ask_bash("runlake", "--json", "config", "l") == ["list"]
    assert ask_bash("runlake", "version", "--js") == ["--json"]
    assert ask_bash("runlake", "completion", "") == ["bash", "zsh", "fish"]
    assert ask_bash("runlake", "no", "such", "") == []


def test_bash_offers_every_option_of_every_command(ask_bash, commands):
    for name, command in commands.items():
        offered = ask_bash("runlake", *name.split(), "--")
        for option in command["options"]:
            assert [word for word in option["names"] if word.startswith("--")][-1] in offered, name


def test_bash_completes_values_split_at_equals(ask_bash):
    # Bash makes three words of "--color=a", and replaces the last one only.
    assert ask_bash("runlake", "version", "--color", "=", "a") == ["auto", "always"]
    assert ask_bash("runlake", "version", "--color", "=") == ["auto", "always", "never"]
    assert ask_bash("runlake", "version", "--color", "n") == ["never"]


def test_bash_offers_folders_and_files(ask_bash, project):
    (project / "store one").mkdir()
    (project / "file").touch()
    assert ask_bash("runlake", "--store", "st") == ["store one"]
    assert ask_bash("runlake", "--store", "fi") == []


def test_bash_leaves_a_program_to_the_shell(ask_bash, commands, project):
    if "run" not in commands:
        pytest.skip("there is no command that takes a program yet")
    assert "cat" in ask_bash("runlake", "run", "--", "ca")
    assert "cat" in ask_bash("runlake", "run", "--param", "a", "=", "1", "ca")
    (project / "data.csv").touch()
    assert ask_bash("runlake", "run", "--", "cat", "dat") == ["data.csv"]


def test_tab_in_an_interactive_bash(runlake_bin, project, path_env):
    leader, follower = pty.openpty()
    env = {**path_env, "PS1": "", "TERM": "dumb"}
    with subprocess.Popen(["bash", "--norc", "--noprofile", "-i"], cwd=project, env=env, stdin=follower, stdout=follower, stderr=follower, start_new_session=True) as shell:
        os.close(follower)
        os.write(leader, b"source <(runlake completion bash); echo rea''dy\n")
        seen = b""
        while b"ready" not in seen:
            seen += os.read(leader, 4096)
        os.write(leader, b"runlake versi\t--js\t; exit $?\n")
        seen = b""
        while True:
            try:
                piece = os.read(leader, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        shell.wait(timeout=60)
    os.close(leader)
    assert b"runlake version --json " in seen
    assert b'"version": 1' in seen
    assert shell.returncode == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_valid(runlake, shell):
    script = runlake("completion", shell).ok().out
    assert runlake("completion", shell, "--json").ok().json["script"] == script
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    subprocess.run([program, "-n"], input=script, text=True, check=True)


def test_zsh_offers_commands(runlake_bin, project, path_env):
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("zsh is not installed")
    script = r"""
    autoload -U compinit && compinit -u -D
    source <(runlake completion zsh)
    _describe() { print -l -- "${(@P)4}" }
    words=(runlake config l) CURRENT=3
    _runlake
    """
    done = subprocess.run([zsh, "-f", "-c", script], cwd=project, env=path_env, capture_output=True, text=True)
    assert done.stdout.startswith("list:"), done.stderr


def test_fish_offers_commands(project, path_env):
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("fish is not installed")
    script = "runlake completion fish | source; complete -C " + shlex.quote("runlake config l")
    done = subprocess.run([fish, "--no-config", "-c", script], cwd=project, env=path_env, capture_output=True, text=True)
    assert done.stdout.startswith("list\t"), done.stderr
