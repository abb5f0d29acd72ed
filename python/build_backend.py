# SPDX-License-Identifier: Apache-2.0
"""What pip calls to make the wheel: the project's own CMake builds the extension for the interpreter that runs this file. Needs nothing beside
Python, so that every interpreter can install from a checkout without network, also those that bring no setuptools along."""

import base64
import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent
# An entry of the archive has a time; with a fixed one equal input gives an equal wheel.
ENTRY_TIME = (1980, 1, 1, 0, 0, 0)


def version():
    return re.search(r"project\(runlake VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text()).group(1)


def tags():
    """Which interpreter and machine the wheel is for, as its name says it: cp311-cp311-linux_x86_64."""
    found = re.match(r"cpython-(\d+\w*)-", sysconfig.get_config_var("SOABI") or "")
    if not found:
        raise SystemExit(f"runlake's module is built for CPython on Linux alone, and {sys.executable} is something else")
    interpreter = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return f"{interpreter}-cp{found.group(1)}-{re.sub('[^A-Za-z0-9]', '_', sysconfig.get_platform())}"


def info_folder():
    return f"runlake-{version()}.dist-info"


def info_files():
    """What the wheel says about itself: name in its dist-info folder -> text."""
    return {
        "METADATA": f"Metadata-Version: 2.1\nName: runlake\nVersion: {version()}\nSummary: Record what ran, with what, and what came out\n"
                    "License: Apache-2.0\nRequires-Python: >=3.9\n",
        "WHEEL": f"Wheel-Version: 1.0\nGenerator: runlake\nRoot-Is-Purelib: false\nTag: {tags()}\n",
        "LICENSE": (SOURCE / "LICENSE").read_text(),
    }


def build_extension(build, folder):
    """The extension in `folder`. `build` may hold an earlier build, also one for another interpreter: what it found of that one is forgotten."""
    subprocess.run(
        ["cmake", "-S", str(SOURCE), "-B", str(build), "-U", "*Python*", "-U", "*PYTHON*", "-DCMAKE_BUILD_TYPE=Release", "-DRUNLAKE_BUILD_TESTS=OFF",
         "-DRUNLAKE_PYTHON=ON", f"-DPython_EXECUTABLE={sys.executable}", f"-DRUNLAKE_PYTHON_OUTPUT={folder}"],
        check=True)
    subprocess.run(["cmake", "--build", str(build), "--target", "runlake_python", "--parallel", str(len(os.sched_getaffinity(0)))], check=True)
    made = folder / f"_runlake{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not made.exists():
        raise SystemExit(f"the build did not make {made.name}")
    return made


def write_wheel(path, files):
    """files: name in the archive -> content. Adds RECORD, which lists the others with their digests."""
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        def add(name, content):
            entry = zipfile.ZipInfo(name, ENTRY_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name.endswith(".so") else 0o100644) << 16
            archive.writestr(entry, content)

        for name, content in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(content)}\n")
            add(name, content)
        name = f"{info_folder()}/RECORD"
        add(name, "".join([*record, f"{name},,\n"]).encode())


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    """Without this pip would build everything just to learn the version."""
    folder = Path(metadata_directory) / info_folder()
    folder.mkdir()
    for name, text in info_files().items():
        (folder / name).write_text(text)
    return folder.name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """`--config-settings build-dir=DIR` keeps what is compiled in DIR; else it is thrown away."""
    kept = (config_settings or {}).get("build-dir")
    files = {f"runlake/{part.name}": part.read_bytes() for part in sorted((HERE / "runlake").iterdir()) if part.suffix in (".py", ".pyi", ".typed")}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "made"
        made = build_extension(Path(kept).resolve() if kept else Path(temporary) / "build", folder)
        files[f"runlake/{made.name}"] = made.read_bytes()
    files.update({f"{info_folder()}/{name}": text.encode() for name, text in info_files().items()})
    name = f"runlake-{version()}-{tags()}.whl"
    write_wheel(Path(wheel_directory) / name, files)
    return name


def build_sdist(sdist_directory, config_settings=None):
    raise SystemExit("the module is built from a checkout of the whole project: pip install ./python")
