# SPDX-License-Identifier: Apache-2.0
"""The Debian package installs and runs in a root that holds nothing else, and lintian has no error to report. Needs Debian's archive, so it runs by `make test-peers`."""
import os
import shutil

import pytest

from conftest import BUILD, SOURCE, call

# A mark, not a skip of the module: pytest calls a file without tests a failure.
pytestmark = pytest.mark.skipif(os.environ.get("RUNLAKE_PEERS") != "1", reason="needs Debian's archive: make test-peers runs it")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    call("cpack", "-G", "DEB", "-B", folder, "--config", BUILD / "CPackConfig.cmake", cwd=BUILD)
    found = list(folder.glob("*.deb"))
    assert len(found) == 1
    return found[0]


def test_lintian_reports_no_error(package):
    done = call("lintian", "--allow-root", "--fail-on", "error", package, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_other_packages_and_the_loader_learn_of_the_library(package, tmp_path):
    call("dpkg-deb", "-e", package, tmp_path / "control")
    found = {path.name: path.read_text() for path in (tmp_path / "control").iterdir()}
    version = call("dpkg-deb", "-f", package, "Version").stdout.split("-")[0].strip()
    assert found["shlibs"] == f"librunlake 0 runlake (>= {version})\n"
    assert found["triggers"] == "activate-noawait ldconfig\n"


def test_it_says_what_it_needs(package):
    fields = call("dpkg-deb", "-f", package).stdout
    assert "Depends: libc6 (>=" in fields
    assert "libgit2-1.5" in fields and "libcurl4" in fields


def test_it_installs_and_runs_in_a_clean_root(package):
    if os.geteuid() != 0:
        pytest.skip("making a root with debootstrap needs root")
    if shutil.which("debootstrap") is None:
        pytest.skip("debootstrap is not installed")
    done = call(SOURCE / "tools" / "check-clean-root", "--deb", package,
                "cd /tmp && runlake run --stage packaged -- true && runlake runs tail && runlake doctor",
                "cd /tmp && runlake runs sql 'SELECT count(*) FROM runs'",
                "dpkg --purge runlake && test ! -e /usr/bin/runlake && test ! -e /usr/lib/runlake", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "packaged" in done.stdout
