# SPDX-License-Identifier: Apache-2.0
"""import runlake: runs recorded from inside Python, and user code that never notices."""

import os
import signal
import stat
import subprocess
import sys

import pytest


def test_a_run_is_recorded_with_all_that_was_said(python):
    (python.project / "data.csv").write_text("a,b\n1,2\n")
    (python.project / "conf.yaml").write_text("lr: 0.1\n")
    python('''
import runlake
with runlake.run(stage="fit", params={"lr": 0.1, "layers": [1, 2], "name": "x", "huge": 2**70}, tags={"team": "blue"}, inputs=["data.csv"],
                 config="conf.yaml", tenant="acme") as run:
    run.log(rmse=0.25, rows_out=150)
    run.log({"loss": 1.5}, step=3)
    run.tag(phase="two")
    run.param(seed=7)
    run.note("looks fine")
    assert runlake.current() is run and len(run.id) == 36 and run.traceparent.startswith("00-")
assert runlake.current() is None
''')
    (start,) = python.of_kind("start")
    assert start["stage"] == "fit" and start["tenant"] == "acme"
    assert start["params"] == {"lr": 0.1, "layers": [1, 2], "name": "x", "huge": 2**70}
    assert start["tags"] == {"team": "blue"}
    assert len(start["config_hash"].split(":")[-1]) == 64
    (end,) = python.of_kind("end")
    assert end["state"] == "completed" and end["duration_seconds"] >= 0
    said = python.of_kind("log")
    assert {"rows_out": 150}.items() <= {k: v for log in said for k, v in log.items()}.items()
    assert any(log.get("metrics") == {"rmse": 0.25} for log in said)
    assert any(log.get("metrics") == {"loss": 1.5} and log["step"] == 3 for log in said)
    assert any(log.get("tags") == {"phase": "two"} for log in said)
    assert any(log.get("note") == "looks fine" for log in said)
    everything = {k: v for record in python.records() for k, v in record.items()}
    assert everything["input_fingerprint"].startswith("input/1:")


def test_an_exception_is_recorded_with_its_traceback_and_raised_again(python):
    done = python('''
import runlake
def inner():
    raise ValueError("prompt exceeds the model's limit")
with runlake.run(stage="fit"):
    inner()
''', status=1)
    assert "ValueError" in done.stderr
    (end,) = python.of_kind("end")
    assert end["state"] == "failed"
    assert end["error"]["head"].startswith("ValueError: prompt exceeds the model's limit")
    whole = end["error"]["head"]
    if "file" in end["error"]:
        whole = (python.project / ".runlake" / end["error"]["file"]).read_text()
    assert "in inner" in whole


def test_a_long_error_is_cut_in_the_row_and_whole_in_its_file(python):
    python('''
import runlake
with runlake.run(stage="fit"):
    raise ValueError("\\u00e9" * 5000)
''', status=1)
    (end,) = python.of_kind("end")
    assert len(end["error"]["head"].encode()) <= 500
    assert end["error"]["bytes"] > 10000
    assert "\u00e9" * 5000 in (python.project / ".runlake" / end["error"]["file"]).read_text()


@pytest.mark.parametrize("raised, state", [
    ("KeyboardInterrupt()", "stopped"), ("SystemExit(0)", "completed"), ("SystemExit(3)", "failed"), ("MemoryError()", "failed"),
])
def test_what_ends_a_run_decides_its_state(python, raised, state):
    python(f'''
import runlake
try:
    with runlake.run(stage="fit"):
        raise {raised}
except BaseException as error:
    assert type(error).__name__ == "{raised.split("(")[0]}"
else:
    raise SystemExit("swallowed")
''')
    assert python.ends()["fit"]["state"] == state


def test_degraded_runs_end_as_such(python):
    python('''
import runlake
with runlake.run(stage="fit") as run:
    run.degraded("three of five sources answered")
''')
    assert python.ends()["fit"]["state"] == "degraded"


def test_the_decorator_makes_a_run_of_each_call(python):
    python('''
import asyncio, runlake
@runlake.run(stage="named")
def named(x, *, y):
    "doc"
    return x + y
@runlake.run()
def plain():
    pass
@runlake.run(stage="later")
async def later(x):
    await asyncio.sleep(0)
    return x
assert named(1, y=2) == 3 and named.__doc__ == "doc" and named(2, y=2) == 4
plain()
assert asyncio.run(later(5)) == 5
try:
    @runlake.run()
    def generator():
        yield
except TypeError as error:
    assert "generator" in str(error)
else:
    raise SystemExit("accepted")
''')
    stages = sorted(start["stage"] for start in python.of_kind("start"))
    assert stages == ["later", "named", "named", "plain"]
    assert len(python.of_kind("end")) == 4


def test_nested_runs_know_their_parent_and_share_a_trace(python):
    python('''
import runlake
with runlake.run(stage="outer") as outer:
    with runlake.run(stage="inner") as inner:
        assert runlake.current() is inner
    with runlake.run(stage="other", parent="00000000-0000-4000-8000-000000000000"):
        pass
''')
    starts = {start["stage"]: start for start in python.of_kind("start")}
    assert starts["inner"]["parent"] == starts["outer"]["run"]
    assert starts["inner"]["trace_id"] == starts["outer"]["trace_id"]
    assert starts["inner"]["parent_span_id"] == starts["outer"]["span_id"]
    assert starts["other"]["parent"] == "00000000-0000-4000-8000-000000000000"


def test_the_environment_is_put_back(python):
    python('''
import os, subprocess, runlake

def seen():
    return subprocess.run(["sh", "-c", "printf %s,%s \\"$RUNLAKE_RUN_ID\\" \\"$TRACEPARENT\\""], check=True, capture_output=True, text=True, errors="surrogateescape").stdout

def said(run):
    return run.id + "," + run.traceparent

before = os.fsdecode(b"not a trace \\xff")
os.environ["TRACEPARENT"] = before
for _ in range(2):
    with runlake.run(stage="outer") as outer:
        assert seen() == said(outer) and os.environ["RUNLAKE_RUN_ID"] == outer.id
        with runlake.run(stage="inner") as inner:
            assert seen() == said(inner) and os.environ["TRACEPARENT"] == inner.traceparent
        assert seen() == said(outer)
    assert seen() == "," + before and os.environ["TRACEPARENT"] == before and "RUNLAKE_RUN_ID" not in os.environ
os.environ["RUNLAKE_RUN_ID"] = "long " * 100
with runlake.run(stage="again") as run:
    assert seen() == said(run)
assert seen() == "long " * 100 + "," + before
''')


def test_programs_started_inside_find_their_parent(python):
    python('''
import os, subprocess, sys, runlake
with runlake.run(stage="outer") as run:
    subprocess.run([sys.executable, "-c", "import runlake\\nwith runlake.run(stage='child'): pass"], check=True)
assert "RUNLAKE_RUN_ID" not in os.environ
''')
    starts = {start["stage"]: start for start in python.of_kind("start")}
    assert starts["child"]["parent"] == starts["outer"]["run"]
    assert starts["child"]["trace_id"] == starts["outer"]["trace_id"]


def test_threads_record_at_once(python):
    python('''
import threading, runlake
def work(number):
    for i in range(50):
        with runlake.run(stage=f"t{number}") as run:
            run.log(i=i)
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
''')
    assert len(python.of_kind("start")) == 400 and len(python.of_kind("end")) == 400
    assert not any("parent" in start for start in python.of_kind("start"))


def test_tasks_keep_their_own_run(python):
    python('''
import asyncio, runlake
async def work(name):
    async with runlake.run(stage=name) as run:
        await asyncio.sleep(0.01)
        assert runlake.current() is run
        async with runlake.run(stage=name + "/inner"):
            await asyncio.sleep(0.01)
async def main():
    async with runlake.run(stage="main"):
        await asyncio.gather(*(work(f"w{n}") for n in range(20)))
        victim = asyncio.ensure_future(work("cancelled"))
        await asyncio.sleep(0)
        victim.cancel()
        await asyncio.gather(victim, return_exceptions=True)
asyncio.run(main())
''')
    starts = {start["stage"]: start for start in python.of_kind("start")}
    for number in range(20):
        assert starts[f"w{number}"]["parent"] == starts["main"]["run"]
        assert starts[f"w{number}/inner"]["parent"] == starts[f"w{number}"]["run"]
    assert python.ends()["cancelled"]["state"] == "stopped"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing(python, method):
    python(f'''
import multiprocessing, runlake
def work(number):
    with runlake.run(stage=f"child{{number}}") as run:
        run.log(number=number)
if __name__ == "__main__":
    context = multiprocessing.get_context("{method}")
    with runlake.run(stage="outer"):
        with context.Pool(4) as pool:
            pool.map(work, range(8))
            pool.close(); pool.join()
''')
    starts = {start["stage"]: start for start in python.of_kind("start")}
    ends = python.of_kind("end")
    assert set(starts) == {"outer", *(f"child{n}" for n in range(8))}
    assert all(starts[f"child{n}"]["parent"] == starts["outer"]["run"] for n in range(8))
    assert sorted(end["run"] for end in ends) == sorted(start["run"] for start in starts.values())


def test_a_forked_child_that_leaves_the_block_does_not_end_its_parents_run(python):
    python('''
import os, sys, runlake
with runlake.run(stage="outer") as run:
    pid = os.fork()
    if pid == 0:
        sys.exit(0)
    os.waitpid(pid, 0)
    run.log(after=1)
''')
    (end,) = python.of_kind("end")
    assert end["state"] == "completed"


def test_a_run_that_is_dropped_unfinished_is_failed(python):
    python('''
import runlake
run = runlake.run(stage="dropped").__enter__()
''')
    (end,) = python.of_kind("end")
    assert end["state"] == "failed"


def test_a_killed_process_leaves_its_start(python):
    python('''
import os, signal, runlake
with runlake.run(stage="victim"):
    os.kill(os.getpid(), signal.SIGKILL)
''', status=-signal.SIGKILL)
    assert [record["kind"] for record in python.records() if record["kind"] in ("start", "end")] == ["start"]


@pytest.mark.parametrize("call", [
    'run.log(x=float("nan"))', 'run.log(x="no number")', 'run.log({"": 1.0})', 'run.log(rows_out=-1)', 'run.log(x=10**400)', 'run.tag(**{"": "x"})',
    'run.note(object())', 'run.note("\\ud800")', 'run.param(x=object())', 'run.log({1: 2.0})',
])
def test_strange_values_never_raise(python, call):
    python(f'''
import warnings, runlake
warnings.simplefilter("ignore")
with runlake.run(stage="fit") as run:
    {call}
    run.log(fine=1)
''')
    assert python.ends()["fit"]["state"] == "completed"
    assert any(log.get("metrics") == {"fine": 1} for log in python.of_kind("log"))


def test_a_value_that_is_not_finite_is_seen(python):
    python('''
import runlake
with runlake.run(stage="fit") as run:
    run.log({"loss": float("inf")}, step=4)
''')
    assert any(log.get("note") == "metric loss is inf at step 4" for log in python.of_kind("log"))


def test_a_broken_store_does_not_stop_the_program(python):
    (python.project / ".runlake").write_text("not a folder")
    done = python('''
import runlake
with runlake.run(stage="fit") as run:
    run.log(x=1)
print("done", runlake.lost() > 0)
''')
    assert done.stdout == "done True\n"
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("runlake: ")


def test_warnings_that_are_errors_do_not_stop_the_program_either(python):
    python('''
import warnings, runlake
warnings.simplefilter("error")
with runlake.run(stage="fit") as run:
    run.log(x="no number")
''')


def test_strict_mode_refuses_to_begin(python):
    (python.project / ".runlake").write_text("not a folder")
    done = python('''
import runlake
with runlake.run(stage="fit"):
    print("never")
''', env={"RUNLAKE_MODE": "strict"}, status=1)
    assert done.stdout == "" and "runlake" in done.stderr


def test_mode_off_records_nothing_and_makes_nothing(python):
    python('''
import runlake
runlake.configure(mode="off")
with runlake.run(stage="fit") as run:
    run.log(x=1)
''')
    assert python.records() == []


def test_configure_refuses_other_modes(python):
    python('''
import runlake
try:
    runlake.configure(mode="loud")
except ValueError as error:
    assert "loud" in str(error)
else:
    raise SystemExit("accepted")
''')


def test_secrets_do_not_reach_the_journal(python):
    secret = "hunter" + "2" * 10
    python(f'''
import runlake
with runlake.run(stage="fit", params={{"password": "{secret}", "nested": {{"api_key": "{secret}"}}}}) as run:
    run.note("password={secret}")
    run.param(token="{secret}")
    run.tag(secret="{secret}")
    raise ValueError("password={secret}")
''', status=1)
    for path in (python.project / ".runlake").rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_recorded_runs_are_seen_by_the_command_line(python, clean_env):
    if "RUNLAKE_BIN" not in os.environ:
        pytest.skip("RUNLAKE_BIN is not set: no binary to ask")
    python('''
import runlake
with runlake.run(stage="fit", params={"lr": 0.5}) as run:
    run.log(rows_out=12)
''')
    done = subprocess.run([os.environ["RUNLAKE_BIN"], "runs", "sql", "--json", "SELECT stage, status, rows_out FROM runs"], cwd=python.project, env=clean_env,
                          capture_output=True, text=True, check=True)
    assert '"fit"' in done.stdout and "12" in done.stdout


def test_types_are_stated():
    import runlake
    assert os.path.exists(os.path.join(os.path.dirname(runlake.__file__), "py.typed"))
    for name in runlake.__all__:
        assert hasattr(runlake, name)
