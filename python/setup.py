# SPDX-License-Identifier: Apache-2.0
"""Builds the extension with the project's own CMake, for the interpreter that runs this file."""

import re
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCE = Path(__file__).resolve().parent.parent


def version():
    return re.search(r"project\(runlake VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text()).group(1)


class CMakeBuild(build_ext):
    def build_extension(self, ext):
        target = Path(self.get_ext_fullpath(ext.name)).resolve()
        build = Path(self.build_temp).resolve()
        build.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["cmake", "-S", str(SOURCE), "-B", str(build), "-DCMAKE_BUILD_TYPE=Release", "-DRUNLAKE_BUILD_TESTS=OFF", "-DRUNLAKE_PYTHON=ON",
             f"-DPython_EXECUTABLE={sys.executable}", f"-DRUNLAKE_PYTHON_OUTPUT={target.parent}"],
            check=True)
        subprocess.run(["cmake", "--build", str(build), "--target", "runlake_python", "--parallel"], check=True)
        if not target.exists():
            raise SystemExit(f"the build did not make {target}")


setup(version=version(), ext_modules=[Extension("runlake._runlake", sources=[])], cmdclass={"build_ext": CMakeBuild})
