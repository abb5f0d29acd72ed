# SPDX-License-Identifier: Apache-2.0
"""Twelve planted faults, and what Runlake, reprotest and Sumatra name as their cause.

Usage: replay_faults.py RUNLAKE [--reprotest PROGRAM] [--sumatra SMT]     (PROGRAM: reprotest, or "python3 /unpacked/usr/bin/reprotest"; SMT: .deps/peers/sumatra/bin/smt)

Faults of the program itself are put to `replay attribute` and to `reprotest --auto-build`; those between a replay and an earlier result to `replay run`, whose verdict names the
dimension. reprotest builds twice side by side and knows of no earlier result, so these are none of its questions. `smt repeat` runs a recorded run again at its recorded commit and tells which of code, dependences, input and output differ; it varies nothing and knows
no machine and no canonical value, so those two are none of its questions. A peer that is not installed is left out, and said so.
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


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
        out.write(text)


def commit(folder):
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@localhost"]
    subprocess.run([*git, "add", "-A"], cwd=folder, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "fault"], cwd=folder, check=True)


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


def by_sumatra(smt, folder, command, fill=lambda folder: None, change=lambda folder: None):
    """What `smt repeat` says differs from the run before it, once `change` was made."""
    repository(folder)
    os.makedirs(os.path.join(folder, "Data"))
    write(folder, "main.py", f"import subprocess\nopen('Data/out.txt', 'wb').write(subprocess.run({command!r}, stdout=subprocess.PIPE, check=True).stdout)\n")
    write(folder, ".gitignore", "Data/\ndata.csv\n.smt/\n")
    fill(folder)
    commit(folder)
    inputs = ["data.csv"] if os.path.exists(os.path.join(folder, "data.csv")) else []
    call([smt, "init", "-d", "Data", "-i", ".", "-s", ".smt/records.shelf", "faults"], folder)
    call([smt, "run", "-e", os.path.join(os.path.dirname(smt), "python"), "-m", "main.py", *inputs], folder)
    change(folder)
    done = call([smt, "repeat", "last"], folder)
    differ = [line.split(":")[0].strip() for line in done.stdout.splitlines() if line.strip().endswith(": yes")]
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
    refused = [line for line in lines if "changed" in line] or [line for line in lines if "rror" in line]
    return ", ".join(differ) or (refused[-1] if refused else "nothing differs")


def later_by_sumatra(smt, work):
    """The three of the later faults that can be put to it: name -> what it says."""
    venv = os.path.join(work, "sumatra_modules")

    def fill(folder):
        write(folder, "score.py", SCORE)
        write(folder, "data.csv", "1\n2\n4\n")
        os.makedirs(venv, exist_ok=True)
        write(venv, "solver.py", "__version__ = '1.0'\n")
        main = os.path.join(folder, "main.py")
        with open(main, encoding="utf-8") as text:
            before = text.read()
        write(folder, "main.py", f"import sys\nsys.path.insert(0, {venv!r})\nimport solver\n{before}")

    changes = {
        "edited input": lambda folder: write(folder, "data.csv", "1\n2\n5\n"),
        "edited code": lambda folder: write(folder, "score.py", SCORE.replace("/ 3", "/ 4")),
        "library version": lambda folder: write(venv, "solver.py", "__version__ = '1.1'\n"),
    }
    return {name: by_sumatra(smt, os.path.join(work, f"sumatra_{name.replace(' ', '_')}"), [PYTHON, "score.py"], fill, change) for name, change in changes.items()}


def judge_later(runlake, folder):
    """The five faults between a replay and its canonical: name -> (what is named, right or not)."""
    repository(folder)
    venv = os.path.join(folder, "..", "venv", "lib", "python3.11", "site-packages")
    os.makedirs(os.path.join(venv, "solver-1.0.dist-info"))
    env = {"VIRTUAL_ENV": os.path.abspath(os.path.join(folder, "..", "venv")), "RUNLAKE_INSTANCE_TYPE": "m5.large"}

    def measure():
        call([runlake, "replay", "envelope", "spec.yaml"], folder, env)

    def judge(canonical):
        write(folder, "canonical.json", json.dumps(canonical))
        done = call([runlake, "--json", "--quiet", "replay", "run", "spec.yaml"], folder, env)
        verdict = json.loads(done.stdout)["cells"][0]["verdict"]
        differs = [name for name, one in verdict["parity_dims"].items() if one["state"] == "differs" and one["weight"] == "strict"]
        return verdict, f"{verdict['verdict']} {verdict['cause'] or verdict['reason'] or ''} {' '.join(differs or verdict['details'])}".strip(), differs

    write(folder, "data.csv", "1\n2\n4\n")
    write(folder, "score.py", SCORE)
    write(folder, ".gitignore", "spec.yaml\ncanonical.json\ndata.csv\n")
    commit(folder)
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
    write(folder, "score.py", SCORE.replace("/ 3", "/ 4"))
    _, said, differs = judge(canonical)
    found["edited code"] = (said, differs == ["build_sha"])
    write(folder, "score.py", SCORE)
    write(folder, "data.csv", "1\n2\n5\n")
    measure()
    _, said, differs = judge(canonical)
    found["edited input"] = (said, differs == ["inputs"])
    write(folder, "data.csv", "1\n2\n4\n")
    os.rename(os.path.join(venv, "solver-1.0.dist-info"), os.path.join(venv, "solver-1.1.dist-info"))
    measure()
    _, said, differs = judge(canonical)
    found["library version"] = (said, "packages" in differs and set(differs) <= {"packages", "image"})
    return found


# What of Sumatra's words names a later fault.
SUMATRA_RIGHT = {"edited input": ("Input data",), "edited code": ("Version", "Non checked-in code", "has_changed"), "library version": ("Dependencies",)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runlake")
    parser.add_argument("--reprotest", default=shutil.which("reprotest") or "")
    parser.add_argument("--sumatra", default=os.path.join(os.path.dirname(__file__), "..", ".deps", "peers", "sumatra", "bin", "smt"))
    options = parser.parse_args()
    runlake = os.path.abspath(options.runlake)
    reprotest = shlex.split(options.reprotest)
    smt = os.path.abspath(options.sumatra) if os.access(options.sumatra, os.X_OK) else ""
    rows = []
    with tempfile.TemporaryDirectory() as work:
        variations = usable(reprotest, work) if reprotest else []
        for name, (program, right, theirs) in BY_KNOB.items():
            folder = os.path.join(work, name.replace(" ", "_"))
            repository(folder)
            command = plant(folder, program)
            if command is None:
                rows.append((name, "skipped: gcc can't build it", "-", "-", "-", "-", "-"))
                continue
            write_spec(folder, {"command": command})
            done = call([runlake, "--json", "--quiet", "replay", "attribute", "spec.yaml"], folder)
            said = json.loads(done.stdout)["attributed_to"] if done.returncode in (0, 1) else done.stderr.strip()
            beside = by_reprotest(reprotest, variations, folder, command) if reprotest else "not installed"
            again = by_sumatra(smt, f"{folder}_sumatra", command, lambda there, planted=program: plant(there, planted)) if smt else "not installed"
            # That the output differs names no cause.
            rows.append((name, str(said), "yes" if said in right else "NO", beside, ("yes" if any(word in beside for word in theirs) else "no") if reprotest else "-", again, "no" if smt else "-"))
        sumatra = later_by_sumatra(smt, work) if smt else {}
        for name, (said, good) in judge_later(runlake, os.path.join(work, "later", "project")).items():
            again = sumatra.get(name, "not its question" if smt else "not installed")
            rows.append((name, said, "yes" if good else "NO", "not its question", "-", again, ("yes" if any(word in again for word in SUMATRA_RIGHT[name]) else "no") if name in sumatra else "-"))
    print(f"{'fault':22} {'Runlake names':68} {'right':6} {'reprotest --auto-build says':60} {'right':6} {'smt repeat says':40} right")
    for row in rows:
        print(f"{row[0]:22} {row[1]:68} {row[2]:6} {row[3][:60]:60} {row[4]:6} {row[5][:40]:40} {row[6]}")
    if reprotest:
        print(f"reprotest can vary here: {' '.join(variations)}")
    counts = [f"{peer} {sum(row[at] == 'yes' for row in rows)} of the {sum(row[at] != '-' for row in rows)} that it can be asked" for peer, at in (("reprotest", 4), ("Sumatra", 6)) if any(row[at] != "-" for row in rows)]
    print(f"named rightly: Runlake {sum(row[2] == 'yes' for row in rows)} of {len(rows)}; {'; '.join(counts)}")
    return 0 if all(row[2] != "NO" for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
