# SPDX-License-Identifier: Apache-2.0
"""`replay attribute`: the knob that flips the bits is named, and both outputs stay."""

import json
import shutil
import subprocess
import time

import pytest
from replay_support import HASH_ORDER, PYTHON, has_compiler, stdout_cell, verdicts, write_spec

CAUSES = {
    "hash_seed": HASH_ORDER,
    "time_zone": "import time; print(time.localtime(0).tm_hour * 60 + time.localtime(0).tm_min)",
    "locale": "import sys, locale; locale.setlocale(locale.LC_ALL, ''); print(len(locale.setlocale(locale.LC_CTYPE)))",
    # A day that doesn't turn while the test runs.
    "clock": f"import time; print(int(time.time() - {int(time.time()) - 43200}) // 86400)",
    "processors": "import os; print(len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else 1)",
    "umask": "import os; mask = os.umask(0); print(mask)",
}


@pytest.mark.parametrize("cause", CAUSES)
def test_the_cause_is_named(runlake, project, cause):
    if cause == "processors" and len(__import__("os").sched_getaffinity(0)) < 2:
        pytest.skip("one processor: there is nothing to take away")
    write_spec(project, [stdout_cell("cell", CAUSES[cause])])
    done = runlake("--json", "replay", "attribute", "spec.yaml")
    assert done.status == 0, (done.out, done.err)
    answer = done.json
    assert answer["attributed_to"] == cause, answer["tried"]
    assert answer["tried"][-1]["effect"] == "flips" and len(answer["kept"]) == 2


def test_file_order(runlake, project):
    folder = project / "parts"
    folder.mkdir()
    for i in range(20):
        (folder / f"part{i}.txt").write_text(str(i))
    code = "import os; print(int(''.join(open('parts/' + name).read() for name in os.listdir('parts'))) % 1000003)"
    write_spec(project, [stdout_cell("cell", code)])
    done = runlake("--json", "replay", "attribute", "spec.yaml")
    assert done.json["attributed_to"] == "file_order", done.json["tried"]


def test_threads_of_an_openmp_sum(runlake, project):
    if not has_compiler():
        pytest.skip("no g++ on PATH")
    (project / "sum.cpp").write_text("#include <cstdio>\n#include <vector>\nint main() { std::vector<float> v(200003); unsigned x = 1; for (auto& e : v) { x = x * 1664525u + 1013904223u; "
                                     "e = float(x >> 8) * 1e-6f; }\nfloat s = 0;\n#pragma omp parallel for reduction(+ : s)\nfor (int i = 0; i < 200003; ++i) { s += v[i]; }\nstd::printf(\"%a\\n\", double(s)); }\n")
    if subprocess.run(["g++", "-O1", "-fopenmp", "-o", "sum", "sum.cpp"], cwd=project, check=False).returncode != 0:
        pytest.skip("g++ can't build OpenMP programs")
    write_spec(project, [{"name": "sum", "command": ["./sum"], "metric": {"stdout": True, "name": "s"}}])
    done = runlake("--json", "replay", "attribute", "spec.yaml")
    assert done.json["attributed_to"] == "threads", done.json["tried"]


def test_a_clock_that_nothing_else_holds(runlake, project):
    write_spec(project, [stdout_cell("cell", "import time; print(time.time())")])
    done = runlake("--json", "replay", "attribute", "spec.yaml")
    assert done.status == 0 and done.json["steady"] is False and done.json["attributed_to"] == "clock"
    assert done.json["tried"][0]["effect"] == "steadies"


def test_the_key_of_an_artefact_that_differs(runlake, project):
    code = "import json, os; json.dump({'same': 1, 'order': list({'x' * n for n in range(1, 25)})}, open('out.json', 'w')); print(1)"
    write_spec(project, [stdout_cell("cell", code, artifacts=["out.json"])])
    done = runlake("--json", "replay", "attribute", "spec.yaml")
    assert done.json["attributed_to"] == "hash_seed" and done.json["first_difference"].startswith("out.json: key /order/")
    for folder in done.json["kept"]:
        assert json.loads((project / ".runlake" / folder / "artifacts" / "out.json").read_text())["same"] == 1


def test_the_verdict_names_it_from_then_on(runlake, project):
    write_spec(project, [stdout_cell("cell", CAUSES["hash_seed"]), stdout_cell("steady", "print(1)")])
    alone = runlake("--json", "replay", "attribute", "spec.yaml", "--cell", "cell")
    assert alone.json["verdict"] is None   # nobody asked yet
    assert runlake("replay", "run", "spec.yaml").status == 10
    before = verdicts(project)["cell"]
    assert before["amends"] is None and before["attributed_to"] is None
    assert "runlake replay attribute" in runlake("replay", "show", "cell").out
    done = runlake("--json", "replay", "attribute", "spec.yaml", "--cell", "cell").ok()
    after = verdicts(project)["cell"]
    assert done.json["verdict"]["amends"] == before["id"] == after["amends"] and done.json["verdict"]["id"] == after["id"] != before["id"]
    assert after["attributed_to"] == "hash_seed"
    assert {name: value for name, value in after.items() if name not in ("id", "decided_at", "amends", "attributed_to")} == {
        name: value for name, value in before.items() if name not in ("id", "decided_at", "amends", "attributed_to")}
    shown = runlake("replay", "show", "cell").ok().out
    assert "what flips the result: hash_seed" in shown and "pin that" in shown
    # Another spec is another question.
    write_spec(project, [stdout_cell("cell", CAUSES["hash_seed"], replicas=3)])
    assert runlake("--json", "replay", "attribute", "spec.yaml").ok().json["verdict"] is None


def test_a_static_program_is_out_of_reach_of_modules(runlake, project):
    (project / "day.c").write_text("#include <stdio.h>\n#include <time.h>\nint main(void) { printf(\"%ld\\n\", (long)time(NULL) / 1000000); return 0; }\n")
    if subprocess.run(["gcc", "-static", "-o", "day", "day.c"], cwd=project, check=False, capture_output=True).returncode != 0:
        pytest.skip("gcc can't build static programs here")
    write_spec(project, [{"name": "day", "command": ["./day"], "metric": {"stdout": True, "name": "d"}, "pins": {"presets": []}}])
    done = runlake("--json", "replay", "attribute", "spec.yaml")
    assert done.status in (0, 1), done.err
    assert {tried["effect"] for tried in done.json["tried"] if tried["knob"] in ("clock", "file_order")} == {"failed"}
    assert all("loads no module" in tried["detail"] for tried in done.json["tried"] if tried["effect"] == "failed")


def test_what_changes_with_nothing_turned_is_put_on_no_knob(runlake, project):
    """A program that counts how often it ran: its fifth run differs, whatever is turned just then, and none after."""
    program = "n=$(wc -l < count); echo >> count; test $n -lt 4 && echo 1 || echo 2"
    (project / "count").write_text("")
    write_spec(project, [{"name": "cell", "command": ["sh", "-c", program], "metric": {"stdout": True, "name": "n"}}])
    done = runlake("--json", "replay", "attribute", "spec.yaml", timeout=600)
    assert done.status == 1 and done.json["attributed_to"] is None and done.json["steady"] is False, done.json["tried"]
    flipped = done.json["tried"][1]
    assert (flipped["knob"], flipped["effect"], flipped["detail"]) == ("threads", "same", "it changed, and changes with nothing turned as well")


def test_a_clock_in_whole_seconds(runlake, project):
    write_spec(project, [stdout_cell("cell", "import time; print(int(time.time()))")])
    answer = runlake("--json", "replay", "attribute", "spec.yaml", timeout=600).json
    assert answer["attributed_to"] == "clock", answer["tried"]


SEED = "import os, time; print(f'{os.getpid()}.{time.time_ns() % 10**9:09d}')"


@pytest.mark.parametrize("knob, words", [("process_id", [PYTHON, "-c", "import os; print(os.getpid())"]), ("clock_and_process_id", [PYTHON, "-c", SEED]),
                                         ("clock_and_process_id", ["Rscript", "-e", "cat(runif(1))"])])
def test_seeds_of_the_process(runlake, project, knob, words):
    if shutil.which(words[0]) is None:
        pytest.skip(f"no {words[0]} on PATH")
    write_spec(project, [{"name": "cell", "command": words, "metric": {"stdout": True, "name": "n"}}])
    answer = runlake("--json", "replay", "attribute", "spec.yaml").json
    assert answer["attributed_to"] == knob, answer["tried"]


def test_the_order_of_hashes_in_perl(runlake, project):
    if shutil.which("perl") is None:
        pytest.skip("no perl on PATH")
    program = "my %h = map { $_ => 1 } ('a' .. 'z'); my $s = 0; for (keys %h) { $s = ($s * 31 + ord($_)) % 1000003 } print $s"
    write_spec(project, [{"name": "cell", "command": ["perl", "-e", program], "metric": {"stdout": True, "name": "n"}}])
    assert runlake("--json", "replay", "attribute", "spec.yaml").json["attributed_to"] == "hash_seed"
    # Without its own knob it is what it is made of: the kernel's random numbers, here read from the device.
    write_spec(project, [{"name": "cell", "command": ["env", "-u", "PERL_HASH_SEED", "perl", "-e", program], "metric": {"stdout": True, "name": "n"}}])
    assert runlake("--json", "replay", "attribute", "spec.yaml").json["attributed_to"] == "random"


def test_nothing_to_name(runlake, project):
    write_spec(project, [stdout_cell("cell", "print(1)")])
    done = runlake("replay", "attribute", "spec.yaml")
    assert done.status == 1 and "no knob changes the result" in done.out


def test_what_fails_can_not_be_attributed(runlake, project):
    write_spec(project, [stdout_cell("a", "raise SystemExit(2)"), stdout_cell("b", "print(1)")])
    assert runlake("replay", "attribute", "spec.yaml").status == 2
    done = runlake("replay", "attribute", "spec.yaml", "--cell", "a")
    assert done.status == 4 and "it fails: exit" in done.err
    assert list((project / ".runlake" / "replays").iterdir()) == []
    assert runlake("replay", "attribute", "spec.yaml", "--cell", "c").status == 2
    assert runlake("replay", "attribute").status == 2
    assert PYTHON
