# SPDX-License-Identifier: Apache-2.0
"""Checks that every #include goes where src/layers.txt allows, and that a violation would be seen.

    layers_test.py [PROJECT]     checks PROJECT, and this checker on small trees of its own

Run by ctest; needs nothing but the standard library.
"""
import os
import re
import sys
import tempfile
import unittest

PROJECT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SUFFIXES = (".cpp", ".hpp", ".h", ".c")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]*)"|<([^>]*)>)')
# Written by the build (cmake/*.in), so not found among the sources.
GENERATED = {"core/version.hpp"}
# Headers of the C library, the C++ runtime and the kernel; those of the C++ library have no dot. Whatever else stands in <> is a third
# party and needs a "!" line.
SYSTEM = set("""
alloca.h assert.h ctype.h cxxabi.h dirent.h dlfcn.h elf.h endian.h err.h errno.h execinfo.h fcntl.h fenv.h float.h fnmatch.h glob.h grp.h
ifaddrs.h inttypes.h langinfo.h libgen.h limits.h link.h locale.h malloc.h math.h mntent.h netdb.h poll.h pthread.h pty.h pwd.h sched.h
semaphore.h setjmp.h signal.h spawn.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h syslog.h
termios.h time.h ucontext.h unistd.h utime.h wchar.h wctype.h
""".split())
SYSTEM_FOLDERS = ("sys", "linux", "arpa", "net", "netinet", "asm", "bits")


class Layers:
    """The two parts of layers.txt: what each folder may use, and which folders alone may include a third-party header."""

    def __init__(self, text):
        self.uses, self.headers, self.problems = {}, {}, []
        for number, line in enumerate(text.splitlines(), 1):
            line = line.split("#", 1)[0].strip()
            if not line:
                continue
            name, colon, rest = line.partition(":")
            words = rest.split()
            if not colon:
                self.problems.append(f"src/layers.txt:{number}: a line is \"folder: folders\" or \"!header: folders\"")
            elif name.startswith("!"):
                self.headers[name[1:]] = words
            elif name in self.uses:
                self.problems.append(f"src/layers.txt:{number}: {name} stands twice")
            else:
                # Only what stands above may be used: so no circle can be written.
                for word in words:
                    if word not in self.uses:
                        self.problems.append(f"src/layers.txt:{number}: {name} may not use {word}, which does not stand above it")
                self.uses[name] = words


def third_party(layers, header):
    """The "!" line that a header in <> falls under, or None."""
    for name in layers.headers:
        if header == name or header.startswith((name + "/", name + ".")):
            return name
    return None


def is_system(header):
    return "." not in header or header in SYSTEM or header.split("/")[0] in SYSTEM_FOLDERS


def check_angle(layers, folder, header):
    name = third_party(layers, header)
    if name is not None:
        allowed = layers.headers[name]
        return None if folder in allowed else f"<{header}> may be included by {', '.join(allowed)} alone"
    if is_system(header) or (header.startswith("runlake/") and folder in ("capi", "python", "include")):
        return None
    return f"<{header}> is a third-party header without a \"!\" line in src/layers.txt"


def check_quoted(root, layers, folder, path, header):
    parts = header.split("/")
    if header in GENERATED:
        target = parts[0]
    elif folder == "include":
        # What is installed stands on its own.
        return None if os.path.exists(os.path.join(os.path.dirname(path), header)) else f'"{header}" is not in the same folder'
    elif len(parts) == 1:
        return None if os.path.exists(os.path.join(os.path.dirname(path), header)) else f'"{header}" does not exist'
    elif header.startswith("runlake/") and os.path.exists(os.path.join(root, "include", header)):
        return None if folder in ("capi", "python") else f'"{header}" is for users of the library; {folder} is inside of it'
    elif os.path.exists(os.path.join(root, "src", header)):
        target = parts[0]
    else:
        return f'"{header}" does not exist'
    if target == folder or target in layers.uses.get(folder, []):
        return None
    return f'"{header}": {folder} may use {", ".join(layers.uses.get(folder, [])) or "nothing"}, and not {target}'


def sources(root):
    """(folder, path) of every C and C++ file in src/FOLDER, include/ and python/."""
    for top in ("src", "include", "python"):
        for where, names, files in os.walk(os.path.join(root, top)):
            names.sort()
            parts = os.path.relpath(where, root).split(os.sep)
            for name in sorted(files):
                if name.endswith(SUFFIXES):
                    yield (parts[1] if top == "src" and len(parts) > 1 else top), os.path.join(where, name)


def check_cmake(root, layers):
    """A module's USES must not say more than its line: the linker would then let through what the includes may not."""
    problems = []
    for folder in sorted(layers.uses):
        path = os.path.join(root, "src", folder, "CMakeLists.txt")
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"#.*", "", file.read())
        for call in re.findall(r"runlake_module\s*\(([^)]*)\)", text):
            words = call.split()
            if "USES" in words:
                for word in words[words.index("USES") + 1:]:
                    if word in ("SOURCES", "LINKS"):
                        break
                    # Some folders put their list together of what is there already; their includes are still checked.
                    if not word.startswith("$") and word not in layers.uses[folder]:
                        problems.append(f"src/{folder}/CMakeLists.txt: USES {word}, which src/layers.txt does not allow")
    return problems


def check(root):
    """Every violation as a line of text."""
    with open(os.path.join(root, "src", "layers.txt"), encoding="utf-8") as file:
        layers = Layers(file.read())
    problems = list(layers.problems)
    count = 0
    for folder, path in sources(root):
        name = os.path.relpath(path, root)
        if name.startswith("src" + os.sep) and folder not in layers.uses:
            problems.append(f"{name}: the folder {folder} has no line in src/layers.txt")
            continue
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                found = INCLUDE.match(line)
                if not found:
                    continue
                count += 1
                quoted, angle = found.groups()
                why = check_quoted(root, layers, folder, path, quoted) if quoted is not None else check_angle(layers, folder, angle)
                if why:
                    problems.append(f"{name}:{number}: {why}")
    problems += check_cmake(root, layers)
    if count == 0:
        problems.append("no #include was found at all: the check looks in the wrong place")
    return problems


class CheckerTest(unittest.TestCase):
    """The checker on trees that it must accept or refuse."""

    LAYERS = "core:\nos: core\nrecord: core os\n!zlib.h: core\n!git2: os\n"

    def problems(self, files, layers=LAYERS):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {"src/layers.txt": layers, "src/core/a.hpp": "#include <vector>\n", **files}.items():
                path = os.path.join(root, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            return check(root)

    def test_accepts_what_is_allowed(self):
        self.assertEqual(self.problems({
            "src/core/a.cpp": '#include "core/a.hpp"\n#include "core/version.hpp"\n#include <zlib.h>\n#include <sys/stat.h>\n',
            "src/os/b.hpp": '#include "core/a.hpp"\n#include <git2.h>\n  #  include <git2/repository.h>\n#include <fcntl.h>\n',
            "src/record/c.cpp": '#include "os/b.hpp"\n#include "local.hpp"\n',
            "src/record/local.hpp": "#include <string>\n",
            "src/os/CMakeLists.txt": "runlake_module(os\n SOURCES b.cpp # USES record\n USES core\n LINKS x)\n",
            "include/runlake/runlake.h": "#include <stddef.h>\n",
        }), [])

    def refused(self, files, words, layers=LAYERS):
        found = self.problems(files, layers)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_an_edge_that_goes_up(self):
        self.refused({"src/os/b.hpp": "", "src/core/a.cpp": '\n#include "os/b.hpp"\n'}, "src/core/a.cpp:2: ")

    def test_an_edge_that_is_not_listed(self):
        self.refused({"src/record/c.hpp": "", "src/os/b.cpp": '#include "record/c.hpp"\n'}, "os may use core, and not record")

    def test_a_third_party_header_in_another_folder(self):
        self.refused({"src/os/b.cpp": "#include <zlib.h>\n"}, "may be included by core alone")
        self.refused({"src/core/b.cpp": "#include <git2/tree.h>\n"}, "may be included by os alone")

    def test_a_third_party_header_without_a_line(self):
        self.refused({"src/os/b.cpp": "#include <zstd.h>\n"}, "without a \"!\" line")
        self.refused({"src/os/b.cpp": "#include <boost/any.hpp>\n"}, "without a \"!\" line")

    def test_headers_that_do_not_exist(self):
        self.refused({"src/os/b.cpp": '#include "core/gone.hpp"\n'}, "does not exist")
        self.refused({"src/os/b.cpp": '#include "gone.hpp"\n'}, "does not exist")

    def test_a_folder_without_a_line(self):
        self.refused({"src/extra/b.cpp": "#include <string>\n"}, "has no line in src/layers.txt")

    def test_include_and_python(self):
        self.refused({"include/runlake/a.hpp": '#include "core/a.hpp"\n'}, "is not in the same folder")
        self.refused({"python/m.cpp": '#include "core/a.hpp"\n'}, "python may use nothing, and not core")
        self.refused({"include/runlake/r.h": "", "src/os/b.cpp": '#include "runlake/r.h"\n'}, "is inside of it")

    def test_layers_that_go_round(self):
        self.refused({}, "core may not use os", "core: os\nos: core\n")
        self.refused({}, "stands twice", "core:\ncore:\n")
        self.refused({}, "a line is", "core:\nos\n")

    def test_uses_of_cmake(self):
        self.refused({"src/os/CMakeLists.txt": "runlake_module(os SOURCES b.cpp USES core record)\n"}, "USES record")

    def test_an_empty_tree_is_no_success(self):
        self.refused({"src/core/a.hpp": ""}, "looks in the wrong place")


class ProjectTest(unittest.TestCase):
    def test_the_project_keeps_its_layers(self):
        self.assertEqual(check(PROJECT), [], "\n" + "\n".join(check(PROJECT)))


if __name__ == "__main__":
    if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]):
        PROJECT = os.path.abspath(sys.argv.pop(1))
    unittest.main()
