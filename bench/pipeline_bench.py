# SPDX-License-Identifier: Apache-2.0
"""Pipelines beside other tools' in one run: one with nothing to do, and a graph of many small stages.

Usage: pipeline_bench.py RUNLAKE [--sizes 1000,10000] [--stages 100,1000] [--rounds 7] [--peers ninja,dvc,snakemake] [--keep FOLDER]

Nothing to do: N input files in 100 folders, one stage a folder. Beside each time stands whether a change was seen: one byte of one file, then one byte with size and
mtime as they were. What is seen must rerun exactly one stage. Aim: 100 ms at 10,000 inputs.
Many stages: ten layers of equal width, each stage copies what the one before it made. What is printed is time a stage, and the same for ninja and for a bare shell.

ninja is Debian's; dvc and snakemake are on the PATH or in .deps/peers, where `tools/setup bench` puts them. Absent peers are named.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

FOLDERS = 100
LAYERS = 10
SOURCE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("RUNLAKE_", "GIT_"))}


def call(argv, folder, check=True):
    done = subprocess.run(argv, cwd=folder, env=CLEAN, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        sys.exit("%s: exit status %d\n%s%s" % (" ".join(argv), done.returncode, done.stdout, done.stderr))
    return done


def seconds(argv, folder):
    before = time.perf_counter()
    call(argv, folder)
    return time.perf_counter() - before


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def read(path):
    with open(path) as file:
        return file.read()


def peer_program(name):
    return shutil.which(name) or shutil.which(name, path=os.path.join(SOURCE, ".deps", "peers", name, "bin"))


def part(number):
    return "p%03d" % number


def stage_command(number, out):
    """What each tool runs for a folder: it also leaves a line in a log, which is how reruns are counted."""
    return "echo %s >> log; cat data/%s/*.txt | cksum > %s" % (part(number), part(number), out)


def make_inputs(folder, inputs):
    for at in range(inputs):
        write("%s/data/%s/%06d.txt" % (folder, part(at % FOLDERS), at), ("input %d\n" % at) * 20)


class Runlake:
    name = "runlake pipeline run"

    def __init__(self, binary):
        self.binary = binary

    def set_up(self, folder, _inputs):
        parts = ", ".join(part(number) for number in range(FOLDERS))
        # The log stands outside of what a stage may write; the bench wants to see reruns, not confinement.
        write(folder + "/pipeline.yaml", """experiment_key: bench
stages:
  sums:
    matrix: {part: [%s]}
    command: 'echo {part} >> log; cat data/{part}/*.txt | cksum > {out}/sums_{part}.txt'
    reads: ["workspace:data/{part}/*.txt"]
    writes: ["sums_{part}.txt"]
    code: []
    sandbox: off
""" % parts)
        call([self.binary, "pipeline", "run", "pipeline.yaml", "--runs-dir", "runs"], folder)
        (self.run_dir,) = [entry.path for entry in os.scandir(folder + "/runs") if not entry.name.startswith(".")]

    def again(self):
        return [self.binary, "pipeline", "run", "pipeline.yaml", "--run-dir", self.run_dir]

    def output(self, _folder, number):
        return "%s/sums_%s.txt" % (self.run_dir, part(number))


class Ninja:
    name = "ninja"

    def set_up(self, folder, _inputs):
        lines = ["rule sums\n  command = $command\n"]
        for number in range(FOLDERS):
            files = sorted(os.listdir("%s/data/%s" % (folder, part(number))))
            lines.append("build sums_%s.txt: sums %s\n  command = %s\n" % (part(number), " ".join("data/%s/%s" % (part(number), file) for file in files), stage_command(number, "sums_%s.txt" % part(number))))
        write(folder + "/build.ninja", "".join(lines))
        call(self.again(), folder)

    def again(self):
        return [peer_program("ninja"), "--quiet"]

    def output(self, folder, number):
        return "%s/sums_%s.txt" % (folder, part(number))


class Dvc(Ninja):
    name = "dvc repro / status"

    def set_up(self, folder, _inputs):
        for argv in (["git", "init", "-q"], [self.program(), "init", "-q"], [self.program(), "config", "core.analytics", "false"]):
            call(argv, folder)
        stages = ["stages:\n"]
        for number in range(FOLDERS):
            stages.append("  s%d:\n    cmd: %s\n    deps: [data/%s]\n    outs: [sums_%s.txt]\n" % (number, stage_command(number, "sums_%s.txt" % part(number)), part(number), part(number)))
        write(folder + "/dvc.yaml", "".join(stages))
        call([self.program(), "repro", "-q"], folder)

    @staticmethod
    def program():
        return peer_program("dvc")

    def again(self):
        return [self.program(), "status", "-q"]

    def rerun(self):
        return [self.program(), "repro", "-q"]


class Snakemake(Ninja):
    name = "snakemake"

    def set_up(self, folder, _inputs):
        write(folder + "/Snakefile", """PARTS = ["p%%03d" %% number for number in range(%d)]
rule all:
    input: expand("sums_{part}.txt", part=PARTS)
rule sums:
    input: lambda found: sorted("data/" + found.part + "/" + name for name in os.listdir("data/" + found.part))
    output: "sums_{part}.txt"
    shell: "echo {wildcards.part} >> log; cat data/{wildcards.part}/*.txt | cksum > {output}"
""" % FOLDERS)
        call(self.again(), folder)

    def again(self):
        return [peer_program("snakemake"), "--cores", "2", "--quiet", "all"]


def reruns(tool, folder):
    before = len(read(folder + "/log").splitlines())
    call(tool.rerun() if hasattr(tool, "rerun") else tool.again(), folder)
    return len(read(folder + "/log").splitlines()) - before


def change(path, keep_time):
    info = os.stat(path)
    text = read(path)
    write(path, text[:5] + ("X" if text[5] != "X" else "Y") + text[6:])
    if keep_time:
        os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


def seen(tool, folder, number, keep_time):
    """Whether a changed byte reran its stage, and that stage alone."""
    path = "%s/data/%s/%06d.txt" % (folder, part(number), number)
    change(path, keep_time)
    count = reruns(tool, folder)
    told = subprocess.run("cat data/%s/*.txt | cksum" % part(number), shell=True, cwd=folder, capture_output=True, text=True, check=True).stdout
    right = read(tool.output(folder, number)) == told
    if count > 1 or right != (count == 1):
        sys.exit("%s: %d stages were rerun for one changed byte, and its output is %s" % (tool.name, count, "right" if right else "stale"))
    return right


def nothing_to_do(tools, place, inputs, rounds):
    times = {}
    verdict = {}
    for tool in tools:
        folder = "%s/%s-%d" % (place, tool.name.split()[0], inputs)
        os.makedirs(folder)
        make_inputs(folder, inputs)
        tool.folder = folder
        tool.set_up(folder, inputs)
        if len(read(folder + "/log").splitlines()) != FOLDERS:
            sys.exit("%s did not run every stage once" % tool.name)
        if reruns(tool, folder) != 0:
            sys.exit("%s ran something when there was nothing to do" % tool.name)
        times[tool.name] = []
    for _ in range(rounds):
        for tool in tools:
            times[tool.name].append(seconds(tool.again(), tool.folder))
    for tool in tools:
        if not seen(tool, tool.folder, 3, False):
            sys.exit("%s: WRONG SKIP after a changed byte" % tool.name)
        verdict[tool.name] = seen(tool, tool.folder, 4, True)
    print("%d inputs, %d stages, nothing to do" % (inputs, FOLDERS))
    base = times.get(Ninja.name)
    for tool in tools:
        mine = times[tool.name]
        ratio = "x %.2f" % statistics.median(a / b for a, b in zip(mine, base)) if base else ""
        print("  %-22s %9.1f ms  %-8s changed byte: rerun   with its old mtime: %s" % (tool.name, statistics.median(mine) * 1000, ratio, "rerun" if verdict[tool.name] else "missed"))
    sys.stdout.flush()


def many_stages(binary, place, stages, rounds, jobs):
    width = stages // LAYERS
    shell, ninja, ours = [], ["rule copy\n  command = cp $in $out\n"], ["experiment_key: bench\nstages:\n"]
    for layer in range(LAYERS):
        source = "seed.txt" if layer == 0 else "l%d_$i.txt" % (layer - 1)
        for at in range(width):
            words = (source.replace("$i", str(at)), "l%d_%d.txt" % (layer, at))
            shell.append("cp %s %s\n" % words)
            ninja.append("build %s: copy %s\n" % (words[1], words[0]))
        reads = '"workspace:seed.txt"' if layer == 0 else '"l%d_{i}.txt"' % (layer - 1)
        command = '[cp, seed.txt, "{out}/l0_{i}.txt"]' if layer == 0 else '[cp, "{run_dir}/l%d_{i}.txt", "{out}/l%d_{i}.txt"]' % (layer - 1, layer)
        ours.append("  layer%d:\n    matrix: {i: [%s]}\n    command: %s\n    reads: [%s]\n    writes: [\"l%d_{i}.txt\"]\n    code: []\n" % (
            layer, ", ".join(map(str, range(width))), command, reads, layer))
    times = {"sh, one after another": [], "ninja": [], "runlake pipeline run": []}
    for number in range(rounds):
        folder = "%s/graph-%d-%d" % (place, stages, number)
        for name, file, text, argv in (("sh, one after another", "all.sh", "".join(shell), ["sh", "all.sh"]),
                                       ("ninja", "build.ninja", "".join(ninja), [peer_program("ninja") or "false", "--quiet", "-j", str(jobs)]),
                                       ("runlake pipeline run", "pipeline.yaml", "".join(ours), [binary, "pipeline", "run", "pipeline.yaml", "--runs-dir", "runs", "--jobs", str(jobs)])):
            if argv[0] == "false":
                continue
            mine = "%s-%s" % (folder, name.split()[0].strip(","))
            write(mine + "/seed.txt", "seed\n")
            write("%s/%s" % (mine, file), text)
            times[name].append(seconds(argv, mine))
            where = mine if name[0] != "r" else next(entry.path for entry in os.scandir(mine + "/runs") if not entry.name.startswith("."))
            wrong = [at for at in range(width) if read("%s/l%d_%d.txt" % (where, LAYERS - 1, at)) != "seed\n"]
            if wrong:
                sys.exit("%s: wrong outputs: %s" % (name, wrong))
            subprocess.run(["chmod", "-R", "u+w", mine], check=True)
            shutil.rmtree(mine)
    print("%d stages in %d layers, %d at once" % (stages, LAYERS, jobs))
    base = statistics.median(times["ninja"]) if times["ninja"] else None
    for name, mine in times.items():
        if mine:
            each = statistics.median(mine) / stages * 1000
            over = "   %.2f ms over ninja's" % (each - base / stages * 1000) if base and name[0] == "r" else ""
            print("  %-22s %9.1f ms   %.2f ms a stage%s" % (name, statistics.median(mine) * 1000, each, over))
    sys.stdout.flush()


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("runlake")
    words.add_argument("--sizes", default="1000,10000")
    words.add_argument("--stages", default="100,1000")
    words.add_argument("--rounds", type=int, default=7)
    words.add_argument("--peers", default="ninja,dvc,snakemake")
    words.add_argument("--keep", help="a folder that stays")
    given = words.parse_args()
    binary = os.path.abspath(given.runlake)
    tools = [Runlake(binary)]
    for name, tool in (("ninja", Ninja), ("dvc", Dvc), ("snakemake", Snakemake)):
        if name in given.peers.split(","):
            if peer_program(name):
                tools.append(tool())
            else:
                print("%s is not installed: left out" % name)
    place = given.keep or tempfile.mkdtemp(prefix="runlake-bench-")
    os.makedirs(place, exist_ok=True)
    try:
        for inputs in [int(size) for size in given.sizes.split(",") if size]:
            nothing_to_do(tools, place, inputs, given.rounds)
        for stages in [int(size) for size in given.stages.split(",") if size]:
            many_stages(binary, place, stages, 3, len(os.sched_getaffinity(0)))
    finally:
        if not given.keep:
            subprocess.run(["chmod", "-R", "u+w", place], check=True)
            shutil.rmtree(place)


if __name__ == "__main__":
    main()
