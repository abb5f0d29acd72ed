# SPDX-License-Identifier: Apache-2.0
"""`runs tail` and `runs show` beside a bare program that loads DuckDB and opens the same database read-only, on two sizes a decade apart.

Usage: query_bench.py RUNLAKE [--sizes 100000,1000000] [--rounds 15] [--named] [--keep FOLDER]
They take turns; what is printed are medians and ratios to the bare opening of the same round. Aim: 1.5 at 1,000,000 runs.
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "support"))
import make_journal  # noqa: E402

BARE = r"""
#include <dlfcn.h>
#include <stdio.h>
typedef struct _config* config;
int main(int argc, char** argv) {
    if (argc != 3) { return 2; }
    void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) { puts(dlerror()); return 3; }
    int (*create_config)(void**) = (int (*)(void**))dlsym(library, "duckdb_create_config");
    int (*set_config)(void*, const char*, const char*) = (int (*)(void*, const char*, const char*))dlsym(library, "duckdb_set_config");
    int (*open_ext)(const char*, void**, void*, char**) = (int (*)(const char*, void**, void*, char**))dlsym(library, "duckdb_open_ext");
    int (*connect)(void*, void**) = (int (*)(void*, void**))dlsym(library, "duckdb_connect");
    void (*disconnect)(void**) = (void (*)(void**))dlsym(library, "duckdb_disconnect");
    void (*close)(void**) = (void (*)(void**))dlsym(library, "duckdb_close");
    void* settings = NULL; void* database = NULL; void* connection = NULL; char* error = NULL;
    if (create_config(&settings) || set_config(settings, "access_mode", "READ_ONLY")) { return 4; }
    if (open_ext(argv[2], &database, settings, &error)) { puts(error); return 5; }
    if (connect(database, &connection)) { return 6; }
    disconnect(&connection);
    close(&database);
    return 0;
}
"""


def bare_program(folder):
    source = os.path.join(folder, "bare.c")
    with open(source, "w") as out:
        out.write(BARE)
    program = os.path.join(folder, "bare")
    subprocess.run(["cc", "-O2", "-w", "-o", program, source, "-ldl"], check=True)
    return program


def seconds(argv):
    """Wall clock and processor time of one call: the second hardly depends on what else the machine does."""
    before, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - before, after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime


def measure(runlake, library, bare, store, runs, rounds, named):
    if not os.path.isdir(os.path.join(store, "journal")):
        make_journal.make(store, runs, plain=True, named=named)
    base = [runlake, "--store", store]
    before = time.perf_counter()
    answer = subprocess.run(base + ["--json", "runs", "tail", "--n", "3"], check=True, capture_output=True)
    fold = time.perf_counter() - before
    # Right before fast: what is shown is what was made.
    tail = json.loads(answer.stdout)["runs"]
    assert len(tail) == 3 and tail[-1]["stage"] == "window_%d" % ((runs - 1) % 50), tail
    whole = tail[0]["run_id"]
    shown = json.loads(subprocess.run(base + ["--json", "runs", "show", whole], check=True, capture_output=True).stdout)["run"]
    assert len(shown["params"]) == len(shown["metrics"]) == (3 if named else 0), shown
    calls = {
        "bare open": [bare, library, os.path.join(store, "runs.duckdb")],
        "runs sql SELECT 1": base + ["runs", "sql", "SELECT 1"],
        "runs tail": base + ["runs", "tail"],
        "runs show ID": base + ["runs", "show", whole],
        "runs show prefix": base + ["runs", "show", whole[:13]],
        "runs tail --tenant": base + ["runs", "tail", "--tenant", "nobody"],
    }
    times = {name: [] for name in calls}
    for argv in calls.values():
        seconds(argv)
    for _ in range(rounds):
        for name, argv in calls.items():
            times[name].append(seconds(argv))
    print("%d runs (first query, with folding: %.1f s)" % (runs, fold))
    for name in calls:
        line = "  %-20s" % name
        for what, label in ((0, "wall"), (1, "cpu")):
            ratio = statistics.median(mine[what] / bare_time[what] for mine, bare_time in zip(times[name], times["bare open"]))
            line += "   %s %7.1f ms x %.2f" % (label, statistics.median(time[what] for time in times[name]) * 1000, ratio)
        print(line)
    sys.stdout.flush()


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("runlake")
    words.add_argument("--sizes", default="100000,1000000")
    words.add_argument("--rounds", type=int, default=15)
    words.add_argument("--named", action="store_true", help="runs with three parameters and three metrics each")
    words.add_argument("--keep", help="a folder for the stores, which stay there for the next time")
    given = words.parse_args()
    runlake = os.path.abspath(given.runlake)
    library = os.path.join(os.path.dirname(runlake), "lib", "runlake", "libduckdb.so")
    folder = given.keep or tempfile.mkdtemp(prefix="runlake-bench-")
    os.makedirs(folder, exist_ok=True)
    try:
        bare = bare_program(folder)
        for runs in [int(size) for size in given.sizes.split(",")]:
            measure(runlake, library, bare, os.path.join(folder, "%s-%d" % ("named" if given.named else "store", runs)), runs, given.rounds, given.named)
    finally:
        if not given.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
