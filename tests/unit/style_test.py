# SPDX-License-Identifier: Apache-2.0
"""Checks of the sources that no compiler makes, and that each of them would see a violation.

    style_test.py [PROJECT]     checks PROJECT, and this checker on small trees of its own

Run by ctest; needs nothing but the standard library.
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest

PROJECT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CODE_FOLDERS = ("src/", "include/", "python/", "tests/", "bench/", "examples/")
CPP = (".cpp", ".hpp", ".h", ".c")
MOST_LINES = 600
SPDX = "SPDX-License-Identifier: Apache-2.0"

# Where texts and comments may hold other characters than ASCII: what is drawn on a terminal, and what tests expect or feed in.
UNICODE_FOLDERS = ("src/cli/render/", "tests/")
# Characters that show nothing or turn the text around; they stand nowhere.
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
# What only some folders may do. The library prints nothing and reads no environment: those who call it pass both in.
OUTPUT = re.compile(r"\bstd::(?:cout|cerr|clog)\b|(?<![\w.>])(?:std::|::)?(?:printf|fprintf|puts|fputs|putchar|perror|vprintf|vfprintf)\s*\(")
OUTPUT_FOLDERS = ("src/cli/", "tests/", "bench/", "examples/", "python/")
ENVIRONMENT = re.compile(r"\b(?:secure_)?(?:getenv|setenv|putenv|unsetenv)\s*\(|\benviron\b")
ENVIRONMENT_FOLDERS = ("src/os/", "src/replay/probe/", "tests/", "bench/", "examples/")  # probe: runs inside other programs, without ours
THROW = re.compile(r"\bthrow\b")
# Besides tests, the two that speak to languages in which failures are exceptions: users of the C++ header, and Python.
THROW_FOLDERS = ("tests/", "bench/", "examples/", "include/runlake/runlake.hpp", "python/module.cpp")
# Those of literals have no other names in them.
USING_NAMESPACE = re.compile(r"\busing\s+namespace\b(?!\s+std::(?:\w+::)*\w*literals\b)")
# They give a part of their range, which Debian's clang 14 can't compile; the fuzzers are built with it.
SUBRANGE = re.compile(r"\branges::(?:unique|remove|remove_if|partition|stable_partition|rotate|search|equal_range|find_end|reverse_view)\b")

# What must stand nowhere: hosts of package registries (clients know theirs). Put together from
# pieces, so that this file does not hold them.
FORBIDDEN = [
    "registry." + "npmjs", "npmjs." + "com", "pypi." + "org", "pythonhosted." + "org", "crates." + "io", "proxy." + "golang", "deb." + "debian.org",
]


def plain_code(text):
    """C++ without comments and the insides of texts; lines stay where they are."""
    pattern = re.compile(r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'|//(?:\\\n|[^\n])*|/\*.*?\*/', re.DOTALL)

    def blank(match):
        piece = match.group(0)
        kept = '""' if piece[0] in '"R' else " "
        return kept + "\n" * piece.count("\n")

    return pattern.sub(blank, text)


def lines_with(pattern, text):
    return [number for number, line in enumerate(text.split("\n"), 1) if pattern.search(line)]


def project_files(root):
    """Names of the project's files: what git tracks, or else everything outside of build folders."""
    if os.path.exists(os.path.join(root, ".git")):
        out = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=False)
        if out.returncode == 0:
            # A file that is deleted but not committed yet is not there to be read.
            return [name for name in out.stdout.decode().split("\0") if name and os.path.isfile(os.path.join(root, name))]
    found = []
    for where, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(("build", ".git", ".deps")))
        found += [os.path.relpath(os.path.join(where, name), root) for name in sorted(files)]
    return found


def check_form(name, text):
    """Length, licence line, purpose, ASCII."""
    problems = []
    lines = text.split("\n")
    count = text.count("\n") + (0 if text.endswith("\n") or not text else 1)
    if count > MOST_LINES:
        problems.append(f"{name}: {count} lines, more than {MOST_LINES}")
    first = 1 if lines[0].startswith("#!") else 0
    marks = {".py": ("# ",), ".pyi": ("# ",)}.get(os.path.splitext(name)[1], ("// ", "/* "))
    if not any(len(lines) > first and lines[first].startswith(mark + SPDX) for mark in marks):
        problems.append(f"{name}:{first + 1}: the first line is not \"{marks[0]}{SPDX}\"")
    elif len(lines) <= first + 1 or not re.match(r'//|/?\*|#|r?"""', lines[first + 1].strip()):
        problems.append(f"{name}:{first + 2}: the second line does not say what the file is for")
    for number, line in enumerate(lines, 1):
        if INVISIBLE.search(line):
            problems.append(f"{name}:{number}: an invisible character (write it as an escape)")
        elif not line.isascii() and not name.startswith(UNICODE_FOLDERS):
            problems.append(f"{name}:{number}: a character that is not ASCII (write it as an escape)")
        if "\t" in line or line.endswith((" ", "\r")):
            problems.append(f"{name}:{number}: a tab, or white space at the end of the line")
    return problems


def check_code(name, text):
    """What C++ code may not say."""
    code = plain_code(text)
    rules = [
        (USING_NAMESPACE, (), "\"using namespace\""),
        (SUBRANGE, (), "an algorithm of std::ranges that gives a part of its range: clang 14 can't compile it"),
        (THROW, THROW_FOLDERS, "\"throw\": failures are values (core/result.hpp)"),
        (OUTPUT, OUTPUT_FOLDERS, "prints; only src/cli does"),
        (ENVIRONMENT, ENVIRONMENT_FOLDERS, "reads the environment; only src/os does"),
    ]
    problems = []
    for pattern, allowed, why in rules:
        if not name.startswith(allowed):
            problems += [f"{name}:{number}: {why}" for number in lines_with(pattern, code)]
    return problems


def check_fault_points(root, files):
    """Each point has one name, one identifier, and a place where it is passed."""
    declared_in = "src/os/fault_points.hpp"
    if declared_in not in files:
        return []
    with open(os.path.join(root, declared_in), encoding="utf-8") as file:
        points = re.findall(r'\bX\((\w+),\s*"([^"]*)"\)', re.sub(r"//.*", "", file.read()))
    problems = []
    for position, what in ((0, "identifier"), (1, "name")):
        values = [point[position] for point in points]
        problems += [f"{declared_in}: the {what} {value} stands twice" for value in sorted(set(values)) if values.count(value) > 1]
    used = set()
    for name in files:
        if name.startswith("src/") and name.endswith(CPP) and name != declared_in:
            with open(os.path.join(root, name), encoding="utf-8") as file:
                used.update(re.findall(r"\bpoint::(\w+)", plain_code(file.read())))
    for identifier, name in points:
        if identifier not in used:
            problems.append(f"{declared_in}: nothing passes the point {name} (point::{identifier})")
        if name.replace(".", "_") != identifier:
            problems.append(f"{declared_in}: {identifier} and \"{name}\" are not the same words")
    return problems


def check(root):
    """Every violation as a line of text."""
    problems = []
    files = project_files(root)
    count = 0
    for name in files:
        path = os.path.join(root, name)
        with open(path, "rb") as file:
            data = file.read()
        if b"\0" in data:
            continue
        text = data.decode("utf-8", errors="replace")
        for word in FORBIDDEN:
            problems += [f"{name}:{number}: \"{word}\" has no place in the project" for number in lines_with(re.compile(re.escape(word)), text)]
        if not name.startswith(CODE_FOLDERS) or not name.endswith(CPP + (".py", ".pyi")):
            continue
        count += 1
        problems += check_form(name, text)
        if name.endswith(CPP):
            problems += check_code(name, text)
    problems += check_fault_points(root, files)
    if count == 0:
        problems.append("no source was found at all: the check looks in the wrong place")
    return problems


class CheckerTest(unittest.TestCase):
    """The checker on trees that it must accept or refuse."""

    HEAD = f"// {SPDX}\n// A purpose.\n"

    def problems(self, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = os.path.join(root, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
            return check(root)

    def accepted(self, name, text):
        self.assertEqual(self.problems({name: text}), [])

    def refused(self, name, text, words):
        found = self.problems({name: text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_form(self):
        self.accepted("src/core/a.cpp", self.HEAD + "int x;\n" * 598)
        self.refused("src/core/a.cpp", self.HEAD + "int x;\n" * 599, "601 lines")
        self.refused("src/core/a.cpp", "// A purpose.\n", "the first line is not")
        self.refused("src/core/a.cpp", f"// {SPDX}\nint x;\n", "a.cpp:2: the second line")
        self.refused("tests/a.py", '"""A purpose."""\n', "# " + SPDX)
        self.accepted("tests/a.py", f'#!/usr/bin/python3\n# {SPDX}\n"""A purpose."""\n')
        self.accepted("include/runlake/a.h", f"/* {SPDX} */\n/* A purpose. */\n")
        self.refused("src/core/a.cpp", self.HEAD + "// caf\u00e9\n", "a.cpp:3: a character that is not ASCII")
        self.refused("src/core/a.cpp", self.HEAD + "int x; \n", "white space at the end")
        self.refused("src/core/a.cpp", self.HEAD + "\tint x;\n", "a tab")

    def test_characters(self):
        self.accepted("src/cli/render/a.cpp", self.HEAD + "// \u2502 caf\u00e9\n")
        for character in ("\u202e", "\u200b", "\ufeff", "\u2066"):
            self.refused("src/cli/render/a.cpp", self.HEAD + f"// x{character}y\n", "a.cpp:3: an invisible character")
            self.refused("src/core/a.cpp", self.HEAD + f"// x{character}y\n", "a.cpp:3: an invisible character")

    def test_words_of_the_language(self):
        self.refused("src/core/a.cpp", self.HEAD + "void f() { throw 1; }\n", "a.cpp:3: \"throw\"")
        self.refused("tests/unit/a.cpp", self.HEAD + "using namespace std;\n", "using namespace")
        self.refused("src/core/a.cpp", self.HEAD + "auto rest = std::ranges::unique(all);\n", "a.cpp:3: an algorithm of std::ranges")
        self.accepted("src/core/a.cpp", self.HEAD + "std::ranges::unique_copy(all, out); std::ranges::sort(all);\n")
        self.accepted("src/core/a.cpp", self.HEAD + "using namespace std::chrono_literals;\nusing namespace std::literals;\n")
        self.accepted("src/core/a.cpp", self.HEAD + "// we throw nothing\n/* throw\n throw */ const char* a = \"throw \\\" throw\"; // throw\n")
        self.accepted("src/core/a.cpp", self.HEAD + 'const char* a = R"x(using namespace " throw)x"; char c = \'"\'; int n = 1\'000; int throws;\n')
        self.refused("src/core/a.cpp", self.HEAD + "char c = '\"'; void f() { throw 1; } char d = '\"';\n", "\"throw\"")

    def test_output_and_environment(self):
        for code in ("std::cout << 1;", 'printf("x");', 'std::fprintf(stderr, "x");', "::perror(0);"):
            self.refused("src/core/a.cpp", self.HEAD + f"void f() {{ {code} }}\n", "prints; only")
            self.accepted("src/cli/a.cpp", self.HEAD + f"void f() {{ {code} }}\n")
        self.accepted("src/core/a.cpp", self.HEAD + 'void f() { std::snprintf(b, 1, "x"); log.printf("x"); }\n')
        for code in ('std::getenv("X");', 'secure_getenv("X");', "char** e = environ;"):
            self.refused("src/cli/a.cpp", self.HEAD + f"void f() {{ {code} }}\n", "reads the environment")
            self.accepted("src/os/a.cpp", self.HEAD + f"void f() {{ {code} }}\n")

    def test_forbidden_words(self):
        for word in FORBIDDEN:
            found = self.problems({"src/core/a.cpp": self.HEAD, "docs/a.md": f"see {word}\n"})
            self.assertEqual(len([line for line in found if "docs/a.md:1" in line]), 1, found)

    def test_fault_points(self):
        points = self.HEAD + '#define P(X) X(store_create, "store.create")\n'
        use = self.HEAD + "void f() { at_point(point::store_create); }\n"
        self.assertEqual(self.problems({"src/os/fault_points.hpp": points, "src/os/a.cpp": use}), [])
        self.refused("src/os/fault_points.hpp", points, "nothing passes the point store.create")
        found = self.problems({"src/os/fault_points.hpp": points, "src/os/a.cpp": self.HEAD + "// point::store_create\n"})
        self.assertEqual(len(found), 1, found)
        twice = self.HEAD + '#define P(X) X(store_create, "store.create") X(store_create, "store.create")\n'
        self.assertEqual(len(self.problems({"src/os/fault_points.hpp": twice, "src/os/a.cpp": use})), 2)
        other = self.HEAD + '#define P(X) X(store_create, "store.made")\n'
        self.assertIn("not the same words", self.problems({"src/os/fault_points.hpp": other, "src/os/a.cpp": use})[0])

    def test_an_empty_tree_is_no_success(self):
        self.assertEqual(len(self.problems({"docs/a.md": "x\n"})), 1)


class ProjectTest(unittest.TestCase):
    def test_the_project_keeps_its_style(self):
        problems = check(PROJECT)
        self.assertEqual(len(problems), 0, "\n" + "\n".join(problems))


if __name__ == "__main__":
    if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]):
        PROJECT = os.path.abspath(sys.argv.pop(1))
    unittest.main()
