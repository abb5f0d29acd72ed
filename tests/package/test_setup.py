# SPDX-License-Identifier: Apache-2.0
"""tools/setup leaves alone what is there, refuses what is not what the lock file pins, and says what is missing."""
import base64
import hashlib
import os
import shutil
import stat
import subprocess

import pytest

from conftest import SOURCE, call

SETUP = SOURCE / "tools" / "setup"


def fake(folder, name, text):
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def tools(tmp_path):
    """A copy of tools/ whose lock file pins two small files in one package, and a client `npm` that hands that package out."""
    shutil.copytree(SOURCE / "tools", tmp_path / "tools")
    package = tmp_path / "package"
    package.mkdir()
    (package / "duckdb.h").write_text("header")
    (package / "libduckdb.so").write_text("library")
    (package / "src").mkdir()
    (package / "src" / "index.js").write_text("export {}")
    (package / "LICENSE").write_text("free")
    subprocess.run(["tar", "-czf", "bundle.tgz", "package"], cwd=tmp_path, check=True)
    digest = base64.b64encode(hashlib.sha512((tmp_path / "bundle.tgz").read_bytes()).digest()).decode()
    lines = []
    for arch, name in (("any", "duckdb.h"), (os.uname().machine, "libduckdb.so")):
        sha = hashlib.sha256((package / name).read_bytes()).hexdigest()
        lines.append(f"{arch} {name} bundle 1.0 sha512-{digest} package/{name} {sha}\n")
    (tmp_path / "tools" / "duckdb.lock").write_text("".join(lines))
    (tmp_path / "tools" / "web.lock").write_text(f"# pages\nreader 1.0 sha512-{digest}\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    fake(programs, "npm", f'while [ $# -gt 0 ]; do [ "$1" = --pack-destination ] && to=$2; shift; done; cp "{tmp_path}/bundle.tgz" "$to/"; echo called >>"{tmp_path}/npm.calls"\n')
    return tmp_path


def run_setup(tools, *words, check=True):
    env = {"PATH": f"{tools / 'bin'}:{os.environ['PATH']}"}
    return call(tools / "tools" / "setup", "--deps", tools / "deps", *words, "duckdb", env=env, check=check)


def test_what_is_missing_is_fetched_once_and_then_left_alone(tools):
    assert "fetching duckdb.h" in run_setup(tools).stdout
    assert (tools / "deps" / "libduckdb.so").read_text() == "library"
    (tools / "npm.calls").unlink()
    assert "nothing is missing" in run_setup(tools).stdout
    assert not (tools / "npm.calls").exists()


def test_another_package_than_the_pinned_one_is_refused(tools):
    with open(tools / "bundle.tgz", "ab") as file:
        file.write(b"more")
    done = run_setup(tools, check=False)
    assert done.returncode == 1
    assert "not what tools/duckdb.lock pins" in done.stderr
    assert not (tools / "deps").exists()


def test_another_file_than_the_pinned_one_is_refused(tools):
    lock = tools / "tools" / "duckdb.lock"
    lock.write_text(lock.read_text().replace(hashlib.sha256(b"library").hexdigest(), "0" * 64))
    done = run_setup(tools, check=False)
    assert done.returncode == 1 and "nothing was installed" in done.stderr
    assert not (tools / "deps" / "libduckdb.so").exists()


def test_check_installs_nothing(tools):
    done = run_setup(tools, "--check", check=False)
    assert done.returncode == 1 and "missing:" in done.stdout
    assert not (tools / "deps").exists() and not (tools / "npm.calls").exists()


def test_what_pages_use_is_fetched_once_and_only_as_pinned(tools):
    env = {"PATH": f"{tools / 'bin'}:{os.environ['PATH']}"}
    web = lambda *words, check=True: call(tools / "tools" / "setup", *words, "web", env=env, check=check)  # noqa: E731
    assert "missing:" in web("--check", check=False).stdout and not (tools / "npm.calls").exists()
    assert "fetching with npm: reader 1.0" in web().stdout
    reader = tools / ".deps" / "web" / "reader"
    assert sorted(path.name for path in reader.iterdir()) == [".integrity", "LICENSE", "index.js"]
    (tools / "npm.calls").unlink()
    assert "nothing is missing" in web().stdout and not (tools / "npm.calls").exists()
    # Another version is pinned, and what npm hands out is not it.
    lock = tools / "tools" / "web.lock"
    lock.write_text(lock.read_text().replace("sha512-", "sha512-0"))
    done = web(check=False)
    assert done.returncode == 1 and "not what tools/web.lock pins" in done.stderr
    assert (reader / "index.js").read_text() == "export {}"


def test_a_duckdb_of_ones_own_is_used(tools):
    env = {"PATH": f"{tools / 'bin'}:{os.environ['PATH']}", "DUCKDB_ROOT": "/opt/duckdb"}
    done = call(tools / "tools" / "setup", "--deps", tools / "deps", "duckdb", env=env)
    assert "DUCKDB_ROOT=/opt/duckdb" in done.stdout
    assert not (tools / "npm.calls").exists()


def test_an_unknown_machine_is_told_what_to_do(tools):
    done = run_setup(tools, "--machine", "vax", check=False)
    assert done.returncode == 1 and "DUCKDB_ROOT" in done.stderr


def test_without_root_and_sudo_it_says_what_to_ask_for(tools):
    """Every Debian package counts as missing; the one thing that may happen is a message."""
    fake(tools / "bin", "dpkg-query", "exit 1\n")
    fake(tools / "bin", "id", "echo 1000\n")
    path = tools / "bin"
    for name in ("bash", "env", "dirname", "uname", "cut", "sed", "expand", "grep", "mktemp", "rm", "tail", "cat", "sha256sum"):
        found = shutil.which(name)
        if not (path / name).exists():
            (path / name).symlink_to(found)
    fake(path, "apt-get", "echo never >&2; exit 9\n")
    done = call(tools / "tools" / "setup", "bench", env={"PATH": path}, check=False)
    assert done.returncode == 1
    assert "ask for  apt-get install --no-install-recommends libbenchmark-dev" in done.stdout + done.stderr


def test_the_lock_pins_both_machines():
    lines = [line.split() for line in (SOURCE / "tools" / "duckdb.lock").read_text().splitlines() if line and not line.startswith("#")]
    assert {(line[0], line[1]) for line in lines} == {("any", "duckdb.h"), ("x86_64", "libduckdb.so"), ("aarch64", "libduckdb.so")}
    for line in lines:
        assert len(line) == 7 and line[4].startswith("sha512-") and len(line[6]) == 64


def test_the_lock_of_pages_pins_each_package():
    lines = [line.split() for line in (SOURCE / "tools" / "web.lock").read_text().splitlines() if line and not line.startswith("#")]
    assert [line[0] for line in lines] == ["hyparquet"]
    for line in lines:
        assert len(line) == 3 and line[2].startswith("sha512-") and len(base64.b64decode(line[2].removeprefix("sha512-"))) == 64


def test_an_unknown_word_is_refused():
    assert call(SETUP, "bild", check=False).returncode == 2
