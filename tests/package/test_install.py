# SPDX-License-Identifier: Apache-2.0
"""An installation works wherever it is put: the binary finds DuckDB beside it, and programs are built against the library by both ways there are."""
import gzip
import json
import os
import shutil

import pytest

from conftest import CMAKE, SOURCE, call

CONSUMER = SOURCE / "tests" / "package" / "consumer"


def stages(runlake, project):
    listed = json.loads(call(runlake, "runs", "list", "--json", cwd=project).stdout)
    return {run["stage"]: run["status"] for run in listed["runs"]}


def test_the_binary_records_and_queries(installed, project):
    runlake = installed / "bin" / "runlake"
    call(runlake, "run", "--stage", "installed", "--", "true", cwd=project)
    assert stages(runlake, project) == {"installed": "completed"}


def test_it_can_be_moved(installed, project, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(installed, moved, symlinks=True)
    call(moved / "bin" / "runlake", "run", "--stage", "moved", "--", "true", cwd=project)
    assert stages(moved / "bin" / "runlake", project) == {"moved": "completed"}


def test_pages_and_completions_are_there(installed):
    pages = installed / "share" / "man" / "man1"
    assert b"runlake" in gzip.decompress((pages / "runlake.1.gz").read_bytes())
    assert (pages / "runlake-runs-tail.1.gz").exists()
    for path in ("bash-completion/completions/runlake", "zsh/vendor-completions/_runlake", "fish/vendor_completions.d/runlake.fish", "doc/runlake/copyright",
                 "texmf/tex/latex/runlake/runlake.sty"):
        assert (installed / "share" / path).stat().st_size > 0


def test_the_files_of_release_pages_are_there(installed):
    web = installed / "share" / "runlake" / "web"
    for name in ("index.html", "page/main.js", "page/style.css", "page/hyparquet/index.js", "page/hyparquet/LICENSE"):
        assert (web / name).is_file() and not (web / name).is_symlink(), name
    assert not (web / "page" / "hyparquet" / ".integrity").exists()


def test_nothing_says_where_it_was_built(installed):
    """Headers, pkg-config and CMake files name no folder of the build."""
    for folder in ("include", "lib/pkgconfig", "lib/cmake"):
        for path in (installed / folder).rglob("*"):
            if path.is_file():
                assert str(SOURCE) not in path.read_text(), path


def test_a_program_built_by_cmake_records(installed, project, tmp_path):
    build = tmp_path / "build"
    call(CMAKE, "-S", CONSUMER, "-B", build, f"-DCMAKE_PREFIX_PATH={installed}")
    call(CMAKE, "--build", build)
    for name in ("from_c", "from_cpp"):
        call(build / name, cwd=project)
    assert stages(installed / "bin" / "runlake", project) == {"from_c": "completed", "from_cpp": "completed"}


def test_a_program_built_by_pkg_config_records(installed, project, tmp_path):
    if shutil.which("pkg-config") is None:
        pytest.skip("pkg-config is not installed")
    flags = call("pkg-config", "--cflags", "--libs", "runlake", env={"PKG_CONFIG_PATH": installed / "lib" / "pkgconfig"}).stdout
    # pkg-config escapes blanks as a shell wants them.
    call("sh", "-c", f"${{CC:-cc}} '{CONSUMER / 'from_c.c'}' -o '{tmp_path / 'from_c'}' {flags}")
    call(tmp_path / "from_c", cwd=project, env={"LD_LIBRARY_PATH": installed / "lib"})
    assert stages(installed / "bin" / "runlake", project) == {"from_c": "completed"}


def test_the_library_has_a_versioned_name(installed):
    assert os.readlink(installed / "lib" / "librunlake.so") == "librunlake.so.0"
    assert (installed / "lib" / "librunlake.so.0").exists()
