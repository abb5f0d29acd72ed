# SPDX-License-Identifier: Apache-2.0
"""`replay run` with real programs: what varies is found, what fails is an error of its cell alone, and pins are asked back from inside."""

import json
import os
import signal
import subprocess
import time

import pytest
from replay_support import HASH_ORDER, PYTHON, errors_of, git, has_compiler, knobs_of, stdout_cell, verdicts, write_spec

OPENMP_SUM = r"""
#include <cstdio>
#include <vector>
int main() {
    const int n = 2000003;
    std::vector<float> v(n);
    unsigned x = 12345;
    for (auto& e : v) { x = x * 1664525u + 1013904223u; e = float(x >> 8) * 1e-6f; }
    double all = 0;
    // Often: on one busy processor a single sum may be over before a second thread has had its turn.
    for (int round = 0; round < 40; ++round) {
        float s = 0;
#pragma omp parallel for schedule(dynamic, 997) reduction(+ : s)
        for (int i = 0; i < n; ++i) { s += v[i]; }
        all += s;
    }
    std::printf("%a\n", all);
}
"""


@pytest.fixture
def openmp_sum(project):
    if not has_compiler():
        pytest.skip("no g++ on PATH")
    (project / "sum.cpp").write_text(OPENMP_SUM)
    built = subprocess.run(["g++", "-O2", "-fopenmp", "-o", "sum", "sum.cpp"], cwd=project, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        pytest.skip(f"g++ can't build OpenMP programs: {built.stderr[:200]}")
    return "./sum"


def test_an_openmp_sum_fails_unpinned_and_passes_pinned(runlake, project, openmp_sum):
    metric = {"stdout": True, "name": "sum"}
    write_spec(project, [
        {"name": "pinned", "command": [openmp_sum], "metric": metric, "replicas": 3, "pins": {"presets": ["openmp"]}},
        {"name": "free", "command": [openmp_sum], "metric": metric, "replicas": 12, "pins": {"environment": {"OMP_NUM_THREADS": "4", "OMP_SCHEDULE": "dynamic,997"}}},
    ])
    done = runlake("replay", "run", "spec.yaml")
    assert done.status == 10, done.err
    found = verdicts(project)
    assert found["pinned"]["replays"][0]["error"] is None and found["pinned"]["det_delta"] == 0
    assert knobs_of(found["pinned"])["OMP_NUM_THREADS"] == "1" and knobs_of(found["pinned"])["OMP_DYNAMIC"] == "false"
    assert (found["free"]["verdict"], found["free"]["cause"]) == ("NON_DETERMINISTIC", "real_instability")
    assert knobs_of(found["free"])["OMP_NUM_THREADS"] == "4"
    assert "event=replay_determinism status=PASS" in done.err and "event=replay_determinism status=FAIL" in done.err


def test_hash_order_fails_unpinned_and_passes_pinned(runlake, project):
    write_spec(project, [stdout_cell("free", HASH_ORDER, replicas=6), stdout_cell("pinned", HASH_ORDER, pins={"presets": ["python"]})])
    assert runlake("replay", "run", "spec.yaml").status == 10
    found = verdicts(project)
    assert found["free"]["verdict"] == "NON_DETERMINISTIC"
    assert found["pinned"]["det_delta"] == 0 and knobs_of(found["pinned"])["PYTHONHASHSEED"] == "0"


FAILURES = {
    "exit": ("import sys; print('why it failed', file=sys.stderr); sys.exit(3)", {}),
    "signal": ("import os; os.kill(os.getpid(), 11)", {}),
    "timeout": ("import threading; threading.Event().wait()", {"limits": {"time": 1}}),
    "memory": ("x = bytearray(900 << 20); print(1)", {"limits": {"memory": "300MiB"}}),
    "garbage": ("print('no number')", {}),
    "not_finite": ("print('nan')", {}),
    "missing_metric": ("pass", {"metric": {"file": "never.txt", "name": "m"}}),
    "missing_artifact": ("print(1)", {"artifacts": ["never.bin"]}),
    "missing_input": ("print(1)", {"inputs": ["never.csv"]}),
}


def test_each_way_to_fail_is_an_error_of_its_cell_alone(runlake, project):
    cells = [stdout_cell(name, code, **more) for name, (code, more) in FAILURES.items()]
    cells.append({"name": "not_started", "command": ["./no-such-program"], "metric": {"stdout": True, "name": "m"}})
    cells.append(stdout_cell("fine", "print(0.5)"))
    write_spec(project, cells)
    done = runlake("--json", "replay", "run", "spec.yaml")
    assert done.status == 12, done.err
    found = verdicts(project)
    assert {name: errors_of(found[name]) for name in [*FAILURES, "not_started"]} == {name: [name, name] for name in [*FAILURES, "not_started"]}
    assert all((found[name]["verdict"], found[name]["reason"]) == ("INCONCLUSIVE_TOOLING", "replay_error") for name in FAILURES)
    assert found["exit"]["replays"][0]["error"]["exit_status"] == 3 and "why it failed" in found["exit"]["replays"][0]["error"]["detail"]
    assert found["signal"]["replays"][0]["error"]["signal"] == 11
    assert errors_of(found["fine"]) == [None, None]
    assert done.err.count("event=replay_determinism status=") == len(cells)
    # What failed is kept to be looked at; what was fine is not.
    kept = found["exit"]["replays"][0]["kept"]
    assert "why it failed" in (project / ".runlake" / kept / "stderr.log").read_text()
    assert found["fine"]["replays"][0]["kept"] is None


REPORT = "import json, os; f = open(os.environ['RUNLAKE_REPLAY_REPORT'], 'a'); "


def test_results_reported_by_the_program(runlake, project):
    def cell(name, lines, **more):
        return {"name": name, "command": [PYTHON, "-c", REPORT + f"f.write({lines!r})"], "metric": "f1", **more}

    one = '{"kind": "result", "metric": "f1", "value": "0.25"}\n'
    write_spec(project, [cell("once", one), cell("hex", one.replace("0.25", "0x1p-2")), cell("twice", one + one), cell("torn", "{not json\n"), cell("none", ""),
                         cell("another", one.replace("f1", "auc")), cell("infinite", one.replace("0.25", "inf"))])
    runlake("replay", "run", "spec.yaml")
    found = verdicts(project)
    assert {name: errors_of(verdict)[0] for name, verdict in found.items()} == {
        "once": None, "hex": None, "twice": "two_results", "torn": "garbage", "none": "missing_metric", "another": "missing_metric", "infinite": "not_finite"}
    assert found["hex"]["replays"][0]["value"] == 0.25


IGNORES = {
    # A seed set where it is too late, and an interpreter told not to look.
    "seed": ([PYTHON, "-E", "-c", "print(1)"], {"presets": ["python"]}, "PYTHONHASHSEED"),
    "unset": (["/usr/bin/env", "-u", "PYTHONHASHSEED", PYTHON, "-c", "print(1)"], {"presets": ["python"]}, "PYTHONHASHSEED"),
    # Parameters that nobody says what became of.
    "parameters": ([PYTHON, "-c", "print(1)"], {"parameters": {"deterministic": True}}, "parameters.deterministic"),
}


def test_a_child_that_ignores_its_pins_is_an_error(runlake, project):
    write_spec(project, [{"name": name, "command": command, "metric": {"stdout": True, "name": "m"}, "pins": pins} for name, (command, pins, _) in IGNORES.items()])
    assert runlake("replay", "run", "spec.yaml").status == 12
    found = verdicts(project)
    for name, (_, _, knob) in IGNORES.items():
        assert errors_of(found[name]) == ["pin_not_effective"] * 2, name
        assert found[name]["replays"][0]["error"]["detail"].startswith(knob + " was pinned to")


def test_threads_set_by_the_program_itself_are_seen(runlake, project):
    if not has_compiler():
        pytest.skip("no g++ on PATH")
    (project / "own.cpp").write_text("#include <omp.h>\n#include <cstdio>\nint main() { omp_set_num_threads(3); std::puts(\"1\"); }\n")
    if subprocess.run(["g++", "-fopenmp", "-o", "own", "own.cpp"], cwd=project, check=False).returncode != 0:
        pytest.skip("g++ can't build OpenMP programs")
    write_spec(project, [{"name": "own", "command": ["./own"], "metric": {"stdout": True, "name": "m"}, "pins": {"presets": ["openmp"]}}])
    assert runlake("replay", "run", "spec.yaml").status == 12
    detail = verdicts(project)["own"]["replays"][0]["error"]["detail"]
    assert "OMP_NUM_THREADS was pinned to 1, and is 3 in own" in detail


INSIDE = """
import json, os, sys
p = int(open('/proc/self/personality').read(), 16)
print(json.dumps({'aslr': 'off' if p & 0x40000 else 'on', 'cpus': sorted(os.sched_getaffinity(0)), 'umask': oct(os.umask(0)), 'environment': sorted(os.environ),
                  'TZ': os.environ['TZ'], 'LC_ALL': os.environ['LC_ALL'], 'tmp': os.listdir(os.environ['TMPDIR']), 'one': 1}))
"""


def test_the_environment_is_built_and_not_inherited(runlake, project):
    cell = {"name": "inside", "command": [PYTHON, "-c", INSIDE], "metric": {"stdout": True, "path": "/one", "name": "m"},
            "pins": {"aslr": False, "cpus": [0], "umask": "027", "time_zone": "Asia/Tokyo", "locale": "C", "pass": ["WANTED"]}, "artifacts": []}
    write_spec(project, [cell])
    done = runlake("replay", "run", "spec.yaml", env={"SECRET_TOKEN": "hidden", "WANTED": "1", "OMP_NUM_THREADS": "7", "LC_ALL": "C.UTF-8"})
    verdict = verdicts(project)["inside"]
    if errors_of(verdict)[0] == "pin_not_effective" and "fixing addresses" in verdict["replays"][0]["error"]["detail"]:
        pytest.skip("this system forbids fixed addresses, and the replay said so")
    assert errors_of(verdict) == [None, None], (done.err, verdict["replays"][0]["error"])
    assert {name: knobs_of(verdict)[name] for name in ("aslr", "cpus", "umask", "TZ", "LC_ALL")} == {
        "aslr": "off", "cpus": "0", "umask": "027", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    assert "hidden" not in json.dumps(verdict)


def test_the_variables_of_a_child(runlake, project):
    cell = {"name": "inside", "command": [PYTHON, "-c", INSIDE + "raise SystemExit(1)"], "metric": {"stdout": True, "name": "m"}, "pins": {"pass": ["WANTED"]}}
    write_spec(project, [cell])
    runlake("replay", "run", "spec.yaml", env={"SECRET_TOKEN": "hidden", "WANTED": "1", "OMP_NUM_THREADS": "7"})
    kept = verdicts(project)["inside"]["replays"][0]["kept"]
    seen = json.loads((project / ".runlake" / kept / "stdout.log").read_text())
    assert set(seen["environment"]) <= {"HOME", "LC_ALL", "LC_CTYPE", "LD_PRELOAD", "LOGNAME", "PATH", "RUNLAKE_REPLAY_PARAMETERS", "RUNLAKE_REPLAY_READS", "RUNLAKE_REPLAY_REPORT", "RUNLAKE_RUN_ID",
                                        "RUNLAKE_STORE", "TMPDIR", "TZ", "USER", "WANTED"}
    assert (seen["TZ"], seen["LC_ALL"], seen["tmp"], seen["umask"]) == ("UTC", "C.UTF-8", [], "0o22")


def test_each_replay_is_a_run_of_its_own_and_never_promoted(runlake, project):
    write_spec(project, [stdout_cell("cell", "print(0.25)")])
    runlake("replay", "run", "spec.yaml")
    replays = verdicts(project)["cell"]["replays"]
    ids = [replay["run_id"] for replay in replays]
    assert len(set(ids)) == 2
    for run_id in ids:
        shown = runlake("--json", "runs", "show", run_id).ok().out
        assert '"replay"' in shown and "0.25" in shown
        refused = runlake("ledger", "promote", "--run", run_id)
        assert refused.status == 4 and "it is a replay" in refused.err
        again = runlake("replay", "run", "--run", run_id)
        assert again.status == 4 and "a replay itself" in again.err


def test_nothing_is_left_of_a_launcher_that_was_killed(runlake, runlake_bin, project, clean_env):
    fifo = project / "begun"
    os.mkfifo(fifo)
    program = f"import os, subprocess; subprocess.Popen(['sleep', '1000']); open({str(fifo)!r}, 'w').write(str(os.getpid())); import threading; threading.Event().wait()"
    write_spec(project, [stdout_cell("hang", program)])
    launcher = subprocess.Popen([str(runlake_bin), "replay", "run", "spec.yaml", "--sequential"], cwd=project, env=clean_env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    child = int(fifo.read_text())
    group = os.getpgid(child)
    launcher.send_signal(signal.SIGKILL)
    launcher.wait()
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            break
        time.sleep(0.01)
    else:
        pytest.fail("the children of a killed launcher live on")
    # The next replay clears away what the killed one left.
    write_spec(project, [stdout_cell("fine", "print(1)")])
    runlake("replay", "run", "spec.yaml")
    assert list((project / ".runlake" / "replays").iterdir()) == []


def gone(pid):
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except (FileNotFoundError, ProcessLookupError):  # the latter when it ends between both calls
            return True
        time.sleep(0.01)
    return False


# Forked twice, in a session of its own; what it executes has the environment that is named. Its pid is told in a pipe, once it has become what it is.
DAEMON = """\
import fcntl, os
told, tell = os.pipe()
started, starting = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(tell, str(os.getpid()).encode())
        fcntl.fcntl(starting, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        os.execve('/bin/sleep', ['sleep', '1000'], {environment})
    os._exit(0)
os.wait()
pid = os.read(told, 20).decode()
os.close(starting)
os.read(started, 1)
"""
ENVIRONMENTS = ["os.environ", "{}", "{'A': 'b'}"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_daemon_ends_with_its_replay(runlake, project, environment):
    write_spec(project, [stdout_cell("daemon", DAEMON.replace("{environment}", environment) + "print(pid)", replicas=2)])
    runlake("replay", "run", "spec.yaml")
    verdict = verdicts(project)["daemon"]
    assert errors_of(verdict) == [None, None], verdict["replays"]
    for replay in verdict["replays"]:
        assert not os.path.exists(f"/proc/{int(replay['value'])}")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_daemon_ends_with_a_launcher_that_was_killed(runlake_bin, project, clean_env, environment):
    fifo = project / "begun"
    os.mkfifo(fifo)
    code = DAEMON.replace("{environment}", environment) + f"open({str(fifo)!r}, 'w').write(pid); import threading; threading.Event().wait()"
    write_spec(project, [stdout_cell("daemon", code)])
    launcher = subprocess.Popen([str(runlake_bin), "replay", "run", "spec.yaml"], cwd=project, env=clean_env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    daemon = int(fifo.read_text())
    assert os.path.exists(f"/proc/{daemon}")
    launcher.send_signal(signal.SIGKILL)
    launcher.wait()
    assert gone(daemon)


def test_a_flood_of_output_is_kept_by_its_ends(runlake, project):
    program = "i=0; while [ $i -lt 70 ]; do head -c 1048576 /dev/zero | tr '\\0' x; i=$((i + 1)); done; echo the end >&2; head -c 73400320 /dev/zero | tr '\\0' y >&2; echo >&2; echo last >&2; exit 3"
    write_spec(project, [{"name": "flood", "command": ["sh", "-c", program], "metric": {"stdout": True, "name": "m"}}])
    assert runlake("replay", "run", "spec.yaml").status == 12
    verdict = verdicts(project)["flood"]
    assert errors_of(verdict) == ["exit", "exit"] and verdict["replays"][0]["error"]["detail"].endswith("last")
    for replay in verdict["replays"]:
        kept = project / ".runlake" / replay["kept"]
        assert not list(kept.glob("*.part"))
        for name, ending in (("stdout.log", "x"), ("stderr.log", "y\nlast\n")):
            text = (kept / name).read_text()
            assert len(text) < 5 << 20 and text.endswith(ending) and " bytes are left out]\n" in text
    assert f"kept in the store's {verdict['replays'][0]['kept']}" in runlake("replay", "show", "flood").out


def test_a_verdict_that_can_not_be_written_leaves_the_others(runlake, project):
    write_spec(project, [stdout_cell("first", "print(1)"), stdout_cell("second", "print(2)")])
    done = runlake("replay", "run", "spec.yaml", env={"RUNLAKE_FAULT": "verdict.write:enospc:1"})
    assert done.status == 8 and "1 of 2 verdicts are written" in done.err and "verdict on first" in done.err
    assert list(verdicts(project)) == ["second"]
    for name in ("first", "second"):
        assert f"event=replay_determinism status=PASS abs_delta_runs=0 cell={name} " in done.err


def test_output_that_is_no_result_is_garbage(runlake, project):
    write_spec(project, [stdout_cell("noise", "import sys; sys.stdout.write('a b c\\nd e f\\n')"), stdout_cell("two", "print(1); print(1)"),
                         stdout_cell("flood", "import sys; sys.stdout.write('1' * (65 << 20))"),
                         stdout_cell("memory", "import sys; sys.exit('awk: out of memory')", limits={"memory": "2GiB"})])
    assert runlake("replay", "run", "spec.yaml").status == 12
    found = {name: errors_of(verdict)[0] for name, verdict in verdicts(project).items()}
    assert found == {"noise": "garbage", "two": "two_results", "flood": "garbage", "memory": "memory"}


def test_telling_it_to_stop_ends_children_and_decides_nothing(runlake_bin, project, clean_env):
    fifo = project / "begun"
    os.mkfifo(fifo)
    program = f"open({str(fifo)!r}, 'w').write(str(__import__('os').getpid())); import threading; threading.Event().wait()"
    write_spec(project, [stdout_cell("hang", program)])
    launcher = subprocess.Popen([str(runlake_bin), "replay", "run", "spec.yaml", "--sequential"], cwd=project, env=clean_env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    child = int(fifo.read_text())
    launcher.send_signal(signal.SIGTERM)
    assert launcher.wait(timeout=300) == 130
    assert b"nothing was decided" in launcher.stderr.read()
    assert not os.path.exists(f"/proc/{child}")
    assert not (project / ".runlake" / "verdicts").exists() and list((project / ".runlake" / "replays").iterdir()) == []


def test_words_that_make_no_sense(runlake, project):
    write_spec(project, [stdout_cell("alpha", "print(1)")])
    for words, status, said in [
        ((), 2, "name a spec file"),
        (("spec.yaml", "--run", "abc"), 2, "name a spec file"),
        (("--run-dir", "runs/x"), 2, "name a spec file"),
        (("spec.yaml", "--cell", "alpa"), 2, 'nearest: "alpha"'),
        (("spec.yaml", "--replicas", "1"), 2, "from 2 to 10000"),
        (("spec.yaml", "--parallel", "--sequential"), 2, "only one of them"),
        (("--run", "deadbeef", "--eps-num", "-1"), 2, "not negative"),
        (("--run", "deadbeef", "--preset", "cobol"), 3, ""),
        (("missing.yaml",), 3, "missing.yaml"),
    ]:
        done = runlake("replay", "run", *words)
        assert done.status == status and said in done.err, (words, done.status, done.err)


def test_side_by_side_gives_the_same_as_one_after_the_other(runlake, project):
    write_spec(project, [stdout_cell(f"cell{i}", f"print({i} / 7)") for i in range(6)])
    values = []
    for how in ("--parallel", "--sequential"):
        assert runlake("replay", "run", "spec.yaml", how).status == 12
        values.append({name: [replay["value"] for replay in verdict["replays"]] for name, verdict in verdicts(project).items()})
    assert values[0] == values[1] and values[0]["cell3"] == [3 / 7, 3 / 7]


def test_a_file_from_before_is_no_result(runlake, project):
    (project / "metric.txt").write_text("0.5\n")
    write_spec(project, [stdout_cell("stale", "pass", metric={"file": "metric.txt", "name": "m"})])
    runlake("replay", "run", "spec.yaml")
    verdict = verdicts(project)["stale"]
    assert errors_of(verdict) == ["missing_metric"] * 2 and "was not written" in verdict["replays"][0]["error"]["detail"]


def test_an_equal_metric_with_other_artifacts_is_told(runlake, project):
    code = "import os; open('model.json', 'w').write('{\"w\": [1, %d], \"b\": 2}' % os.getpid()); print(0.5)"
    write_spec(project, [stdout_cell("model", code, artifacts=["model.json"])])
    runlake("replay", "run", "spec.yaml")
    verdict = verdicts(project)["model"]
    assert verdict["det_delta"] == 0
    assert "metric_equal_artifact_differs" in json.dumps(verdict["warnings"])
    assert verdict["first_difference"].startswith("model.json: key /w/1: ")
    for replay in verdict["replays"]:
        assert (project / ".runlake" / replay["kept"] / "artifacts" / "model.json").exists()


def test_git_and_the_store_stay_clean(runlake, project, clean_env):
    write_spec(project, [stdout_cell("cell", "print(1)")])
    git(project, clean_env, "add", "spec.yaml")
    git(project, clean_env, "commit", "-q", "-m", "spec")
    runlake("replay", "run", "spec.yaml")
    assert git(project, clean_env, "status", "--short") == ""
