# SPDX-License-Identifier: Apache-2.0
"""`completion`: the scripts, run in the shells they are for."""

import os
import pty
import shlex
import shutil
import subprocess

import pytest
from terminal import read_to_end, read_until

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
        done = subprocess.run(["bash", "--norc", "-c", ASK_BASH, "bash", *words], cwd=project, env=path_env, capture_output=True, text=True, timeout=300)
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


def test_bash_leaves_a_program_to_the_shell(ask_bash, project):
    assert "cat" in ask_bash("runlake", "run", "--", "ca")
    assert "cat" in ask_bash("runlake", "run", "--param", "a", "=", "1", "ca")
    (project / "data.csv").touch()
    assert ask_bash("runlake", "run", "--", "cat", "dat") == ["data.csv"]


def program_or_skip(shell):
    found = shutil.which(shell)
    if found is None:
        missing = pytest.fail if os.environ.get("RUNLAKE_PEERS") == "1" else pytest.skip
        missing(f"{shell} is not installed (make test-peers installs it)")
    return found


# How a shell begins without anybody's settings, and what makes it complete.
INTERACTIVE = {
    "bash": (["--norc", "--noprofile", "-i"], "source <(runlake completion bash)"),
    "zsh": (["-f", "-i"], "autoload -U compinit && compinit -u -D; source <(runlake completion zsh)"),
}


@pytest.mark.parametrize("shell", INTERACTIVE)
def test_tab_in_an_interactive_shell(project, path_env, shell):
    program, (words, prepare) = program_or_skip(shell), INTERACTIVE[shell]
    leader, follower = pty.openpty()
    env = {**path_env, "PS1": "", "TERM": "dumb"}
    with subprocess.Popen([program, *words], cwd=project, env=env, stdin=follower, stdout=follower, stderr=follower, start_new_session=True) as process:
        os.close(follower)
        os.write(leader, f"{prepare}; echo rea''dy\n".encode())
        read_until(leader, rb"ready")
        os.write(leader, b"runlake versi\t--js\t; echo status $?\n")
        seen = read_until(leader, rb"status \d+")
        # Only now: what a shell writes may be lost when it ends, and its terminal with it.
        os.write(leader, b"exit\n")
        read_to_end(leader)
        process.wait(timeout=300)
    assert b'"version": 1' in seen and seen.endswith(b"status 0"), seen


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_valid(runlake, shell):
    script = runlake("completion", shell).ok().out
    assert runlake("completion", shell, "--json").ok().json["script"] == script
    subprocess.run([program_or_skip(shell), "-n"], input=script, text=True, check=True)


# Zsh's completion functions answer to a terminal only: in their place stand some that print what they are given.
ASK_ZSH = r"""
autoload -U compinit && compinit -u -D
fpath=("$PWD/functions" $fpath)
if [[ -e functions/_runlake ]]; then autoload -Uz _runlake; else source <(runlake completion zsh); fi
_describe() { print -rl -- "${(@P)4}" }
_files() { print -r -- "files $*" }
_normal() { print -r -- "normal $CURRENT ${(j:|:)words}" }
words=("$@") CURRENT=$#
_runlake
"""


@pytest.fixture
def ask_zsh(project, path_env):
    zsh = program_or_skip("zsh")

    def ask(*words):
        done = subprocess.run([zsh, "-f", "-c", ASK_ZSH, "zsh", *words], cwd=project, env=path_env, capture_output=True, text=True, timeout=300)
        assert done.stderr == ""
        return [line for line in done.stdout.splitlines() if line]

    return ask


@pytest.mark.parametrize("installed", [False, True], ids=["sourced", "autoloaded"])
def test_zsh_offers_what_the_program_says(ask_zsh, runlake, project, commands, installed):
    if installed:  # as a package puts it: a file that zsh reads when it is first asked
        (project / "functions").mkdir()
        (project / "functions" / "_runlake").write_text(runlake("completion", "zsh").ok().out)
    names = lambda *words: [line.split(":")[0] for line in ask_zsh("runlake", *words)]  # noqa: E731
    assert set(names("")) == {name.split()[0] for name in commands} | {"help"}
    assert names("config", "l") == ["list"] and ask_zsh("runlake", "config", "l")[0].startswith("list:")
    assert names("version", "--color=a") == ["--color=auto", "--color=always"]
    assert names("no", "such", "") == []
    assert ask_zsh("runlake", "--store", "st") == ["files -/"]
    assert ask_zsh("runlake", "run", "--param", "a=1", "--", "cat", "dat") == ["normal 2 cat|dat"]


@pytest.fixture
def ask_fish(project, path_env):
    fish = program_or_skip("fish")

    def ask(line, prepare="runlake completion fish | source"):
        script = f"{prepare}; complete -C {shlex.quote(line)}"
        done = subprocess.run([fish, "--no-config", "-c", script], cwd=project, env=path_env, capture_output=True, text=True, timeout=300)
        assert done.stderr == ""
        return [found.split("\t")[0] for found in done.stdout.splitlines()]

    return ask


def test_fish_offers_what_the_program_says(ask_fish, commands, project):
    assert set(ask_fish("runlake ")) == {name.split()[0] for name in commands} | {"help"}
    assert ask_fish("runlake config l") == ["list"]
    assert sorted(ask_fish("runlake version --color=a")) == ["--color=always", "--color=auto"]
    assert ask_fish("runlake no such ") == []
    (project / "store one").mkdir()
    (project / "store.txt").touch()
    assert ask_fish("runlake --store st") == ["store one/"]
    assert "cat" in ask_fish("runlake run -- ca")
    assert ask_fish("runlake run --param a=1 -- cat sto") == ["store one/", "store.txt"]


def test_fish_finds_it_where_packages_put_it(ask_fish, runlake, project):
    folder = project / "vendor_completions.d"
    folder.mkdir()
    (folder / "runlake.fish").write_text(runlake("completion", "fish").ok().out)
    assert ask_fish("runlake versio", prepare=f"set fish_complete_path {shlex.quote(str(folder))}") == ["version"]
