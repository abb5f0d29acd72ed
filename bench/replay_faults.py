# SPDX-License-Identifier: Apache-2.0
"""Twelve planted faults, and what Runlake and reprotest name as their cause.

Usage: replay_faults.py RUNLAKE [--reprotest PROGRAM]     (PROGRAM: reprotest, or "python3 /unpacked/usr/bin/reprotest")

Faults of the program itself are put to `replay attribute` and to `reprotest --auto-build`; those between a replay and an earlier result to `replay run`, whose verdict names the
dimension. reprotest builds twice side by side and knows of no earlier result, so these are none of its questions. Sumatra (0.8.1 on PyPI) repeats a run and tells that its output
differs, not why; it is not run here.
"""
import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

PYTHON = "/usr/bin/python3"
VARIATIONS = ("environment", "aslr", "timezone", "locales", "num_cpus", "umask", "home", "time", "fileordering")

UNINITIALISED = ("#include <stdio.h>\n#include <stdlib.h>\nint main(void) { unsigned char* seen = malloc(100000); unsigned long sum = 0; "
                 "for (int i = 0; i < 100000; ++i) sum += seen[i]; printf(\"%lu\\n\", sum); return 0; }\n")
OPENMP = ("#include <stdio.h>\nint main(void) { float sum = 0;\n#pragma omp parallel for reduction(+ : sum)\nfor (int i = 1; i < 300000; ++i) sum += 1.0f / (float)i;\n"
          "printf(\"%a\\n\", (double)sum); return 0; }\n")

# name: (program in Python, or C source with its flags; words of Runlake that are right; words of reprotest that are right)
BY_KNOB = {
    "seed": ("import random; print(random.random())", ("random",), ()),
    "thread count": ((OPENMP, ["-fopenmp"]), ("threads",), ("num_cpus",)),
    "clock": ("import time; print(time.time())", ("clock",), ("time", "faketime")),
    "file order": ("import os; print(sum(i * int(name) for i, name in enumerate(os.listdir('parts'))))", ("file_order",), ("fileordering",)),
    "locale": ("import locale\ntry:\n    locale.setlocale(locale.LC_ALL, '')\nexcept locale.Error:\n    pass\nprint(len(locale.setlocale(locale.LC_CTYPE)))", ("locale",), ("locales",)),
    "hash order": ("print(sum(i * len(k) for i, k in enumerate({'a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff', 'g' * 7, 'h' * 8})))", ("hash_seed",), ()),
    "uninitialised memory": ((UNINITIALISED, []), ("memory",), ()),
}
SCORE = "print(sum(float(x) for x in open('data.csv')) / 3)\n"


def call(argv, folder, env=None):
    return subprocess.run(argv, cwd=folder, env={**os.environ, **(env or {})}, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def repository(folder):
    os.makedirs(folder)
    for words in (["init", "-q"], ["-c", "user.name=b", "-c", "user.email=b@localhost", "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


def write_spec(folder, cell):
    with open(os.path.join(folder, "spec.yaml"), "w", encoding="utf-8") as spec:
        json.dump({"version": 1, "cells": [{"name": "cell", "metric": {"stdout": True, "name": "m"}, **cell}]}, spec)


def plant(folder, program):
    """The command, or None where it can't be built."""
    os.makedirs(os.path.join(folder, "parts"))
    for i in range(20):
        open(os.path.join(folder, "parts", str(i * 7 % 20)), "w", encoding="utf-8").close()
    if isinstance(program, str):
        with open(os.path.join(folder, "prog.py"), "w", encoding="utf-8") as out:
            out.write(program + "\n")
        return [PYTHON, "prog.py"]
    text, flags = program
    with open(os.path.join(folder, "prog.c"), "w", encoding="utf-8") as out:
        out.write(text)
    built = subprocess.run(["gcc", "-O1", *flags, "-o", "prog", "prog.c"], cwd=folder, capture_output=True, check=False)
    return ["./prog"] if built.returncode == 0 else None


def usable(reprotest, work):
    """The variations that reprotest can make on this machine (file order needs FUSE, for one)."""
    folder = os.path.join(work, "probe")
    os.makedirs(folder)
    return [one for one in VARIATIONS if call([*reprotest, "--no-diffoscope", "--min-cpus", "1", f"--vary=-all,+{one}", "echo 1 > out.txt", "out.txt"], folder).returncode == 0]


def by_reprotest(reprotest, variations, folder, command):
    """What it says a difference comes from: a variation's name, or its own sentence."""
    vary = ",".join(["-all", *(f"+{one}" for one in variations)])
    done = call([*reprotest, "--no-diffoscope", "--auto-build", "--min-cpus", "1", f"--vary={vary}", f"{shlex.join(command)} > out.txt", "out.txt"], folder)
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
    named = "Observed unreproducibility when varying each of the following:"
    if named in lines:
        at = lines.index(named) + 1
        return " ".join(line for line in lines[at:] if line in VARIATIONS)
    said = [line for line in lines if "eproducible" in line]
    return said[-1] if said else f"status {done.returncode}, no word of it"


def judge_later(runlake, folder):
    """The five faults between a replay and its canonical: name -> (what is named, right or not)."""
    repository(folder)
    venv = os.path.join(folder, "..", "venv", "lib", "python3.11", "site-packages")
    os.makedirs(os.path.join(venv, "solver-1.0.dist-info"))
    env = {"VIRTUAL_ENV": os.path.abspath(os.path.join(folder, "..", "venv")), "RUNLAKE_INSTANCE_TYPE": "m5.large"}
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@localhost"]

    def write(name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write(text)

    def measure():
        call([runlake, "replay", "envelope", "spec.yaml"], folder, env)

    def judge(canonical):
        write("canonical.json", json.dumps(canonical))
        done = call([runlake, "--json", "--quiet", "replay", "run", "spec.yaml"], folder, env)
        verdict = json.loads(done.stdout)["cells"][0]["verdict"]
        differs = [name for name, one in verdict["parity_dims"].items() if one["state"] == "differs" and one["weight"] == "strict"]
        return verdict, f"{verdict['verdict']} {verdict['cause'] or verdict['reason'] or ''} {' '.join(differs or verdict['details'])}".strip(), differs

    write("data.csv", "1\n2\n4\n")
    write("score.py", SCORE)
    write(".gitignore", "spec.yaml\ncanonical.json\ndata.csv\n")
    subprocess.run([*git, "add", "-A"], cwd=folder, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "score"], cwd=folder, check=True)
    write_spec(folder, {"command": [PYTHON, "score.py"], "inputs": ["data.csv"], "canonical": {"json": "canonical.json"}})
    measure()
    verdict, _, _ = judge({"run_id": "none", "value": 0})
    first = verdict["replays"][0]
    canonical = {"run_id": "first", "value": first["value"], **first["provenance"]}
    verdict, said, _ = judge(canonical)
    assert verdict["verdict"] == "FIDELITY_OK", said
    found = {}
    _, said, differs = judge({**canonical, "instance_type": "c6i.xlarge"})
    found["other machine"] = (said, differs == ["instance_type"])
    verdict, said, _ = judge({**canonical, "value": round(first["value"], 3)})
    found["rounded canonical"] = (said, "canonical_rounded" in verdict["details"])
    write("score.py", SCORE.replace("/ 3", "/ 4"))
    _, said, differs = judge(canonical)
    found["edited code"] = (said, differs == ["build_sha"])
    write("score.py", SCORE)
    write("data.csv", "1\n2\n5\n")
    measure()
    _, said, differs = judge(canonical)
    found["edited input"] = (said, differs == ["inputs"])
    write("data.csv", "1\n2\n4\n")
    os.rename(os.path.join(venv, "solver-1.0.dist-info"), os.path.join(venv, "solver-1.1.dist-info"))
    measure()
    _, said, differs = judge(canonical)
    found["library version"] = (said, "packages" in differs and set(differs) <= {"packages", "image"})
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runlake")
    parser.add_argument("--reprotest", default=shutil.which("reprotest") or "")
    options = parser.parse_args()
    runlake = os.path.abspath(options.runlake)
    reprotest = shlex.split(options.reprotest)
    rows = []
    with tempfile.TemporaryDirectory() as work:
        variations = usable(reprotest, work) if reprotest else []
        for name, (program, right, theirs) in BY_KNOB.items():
            folder = os.path.join(work, name.replace(" ", "_"))
            repository(folder)
            command = plant(folder, program)
            if command is None:
                rows.append((name, "skipped: gcc can't build it", "-", "-", "-"))
                continue
            write_spec(folder, {"command": command})
            done = call([runlake, "--json", "--quiet", "replay", "attribute", "spec.yaml"], folder)
            said = json.loads(done.stdout)["attributed_to"] if done.returncode in (0, 1) else done.stderr.strip()
            beside = by_reprotest(reprotest, variations, folder, command) if reprotest else "not installed"
            rows.append((name, str(said), "yes" if said in right else "NO", beside, "yes" if any(word in beside for word in theirs) else "no"))
        for name, (said, good) in judge_later(runlake, os.path.join(work, "later", "project")).items():
            rows.append((name, said, "yes" if good else "NO", "not its question", "-"))
    print(f"{'fault':22} {'Runlake names':68} {'right':6} {'reprotest --auto-build says':80} right")
    for row in rows:
        print(f"{row[0]:22} {row[1]:68} {row[2]:6} {row[3][:80]:80} {row[4]}")
    if reprotest:
        print(f"reprotest can vary here: {' '.join(variations)}")
    print(f"named rightly: Runlake {sum(row[2] == 'yes' for row in rows)} of {len(rows)}, reprotest {sum(row[4] == 'yes' for row in rows)} of the {sum(row[4] != '-' for row in rows)} that it can be asked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
