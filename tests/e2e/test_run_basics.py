# SPDX-License-Identifier: Apache-2.0
"""`run`: the program's own behaviour is unchanged, and what is said of it is recorded."""

import json
import signal
import subprocess
import sys

import pytest
from run_support import journal


def store_of(project):
    return project / ".runlake"


def shown(runlake, project, **options):
    """The one run of the store, as `runs show` has it."""
    run_id = journal.only(store_of(project), "start")["run"]
    return runlake("runs", "show", run_id, "--json", **options).ok().json["run"]


def test_every_word_is_recorded(runlake, project):
    (project / "data").mkdir()
    (project / "data" / "a.csv").write_text("1\n2\n")
    (project / "conf.yaml").write_text("b: 1\na: 2\n")
    done = runlake(
        "run", "--stage", "fit", "--tenant", "acme", "--input", "data/a.csv", "--input", "data", "--config", "conf.yaml", "--param", "lr=0.1",
        "--param", "name=base", "--tag", "team=core", "--tag", "n=1", "--rows-in", "7", "--", "sh", "-c", "exit 0", "x y", env={"RUNLAKE_TENANT": "other"},
    )  # fmt: skip
    assert (done.status, done.out) == (0, "")
    run = shown(runlake, project, env={"RUNLAKE_TENANT": "acme"})
    assert (run["stage"], run["tenant_id"], run["status"], run["rows_in"], run["exit_status"]) == ("fit", "acme", "completed", 7, 0)
    assert run["argv"] == ["sh", "-c", "exit 0", "x y"] and run["working_dir"] == "."
    assert run["params"] == {"lr": 0.1, "name": "base"} and run["tags"] == {"team": "core", "n": "1"}
    assert run["config_path"] == "conf.yaml" and run["config_hash"].startswith("config/1:")
    assert [one["path"] for one in run["inputs"]] == ["data/a.csv", "data"] and all(one["fingerprint"] for one in run["inputs"])
    assert run["input_fingerprint"].startswith("input/1:")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=True).stdout.strip()
    assert run["code_ref"].startswith(head)
    assert run["environment"] and (store_of(project) / "environments" / f"{run['environment']}.json").exists()
    assert run["trace_id"] and run["span_id"] and run["duration_seconds"] > 0 and run["error"] is None and run["stderr_tail"] is None


def test_the_environment_is_in_every_end_record(runlake, project):
    for _ in range(2):
        runlake("run", "--", "true").ok()
    known = [end.get("environment") or start.get("environment")
             for start, end in zip(journal.of_kind(store_of(project), "start"), journal.of_kind(store_of(project), "end"))]
    assert len(known) == 2 and known[0] and known[0] == known[1]
    assert all(end.get("environment") for end in journal.of_kind(store_of(project), "end"))


def test_stage_is_the_base_name_by_default(runlake, project):
    runlake("run", "--", "/usr/bin/env", "true").ok()
    assert shown(runlake, project)["stage"] == "env"


def test_working_dir_inside_and_outside_the_project(runlake, project, tmp_path):
    (project / "sub").mkdir()
    runlake("run", "--", "true", cwd=project / "sub").ok()
    outside = tmp_path / "outside"
    outside.mkdir()
    runlake("--store", store_of(project), "run", "--", "true", cwd=outside).ok()
    assert [start["working_dir"] for start in journal.of_kind(store_of(project), "start")] == ["sub", str(outside)]


@pytest.mark.parametrize("status", [0, 1, 2, 3, 77, 125, 126, 127, 128, 130, 255])
def test_exit_status_is_passed_on(runlake, project, status):
    assert runlake("run", "--", "sh", "-c", f"exit {status}").status == status
    end = journal.only(store_of(project), "end")
    assert end["exit_status"] == status and end["state"] == ("failed" if status else "completed")


@pytest.mark.parametrize(
    "name, state",
    [("TERM", "stopped"), ("INT", "stopped"), ("HUP", "stopped"), ("QUIT", "stopped"), ("KILL", "stopped"), ("USR1", "stopped"),
     ("SEGV", "failed"), ("ABRT", "failed"), ("PIPE", "failed")],
)  # fmt: skip
def test_end_by_signal(runlake, project, name, state):
    number = getattr(signal, f"SIG{name}")
    assert runlake("run", "--", "sh", "-c", f"ulimit -c 0; kill -{name} $$").status == 128 + number
    end = journal.only(store_of(project), "end")
    assert (end["state"], end["signal"], end["exit_status"]) == (state, number, 128 + number)
    assert f"SIG{name}" in end["error"]["head"]


def test_a_program_that_is_not_there_or_not_executable(runlake, project):
    done = runlake("run", "--", "no-such-program-anywhere", "x")
    assert done.status == 127 and "no-such-program-anywhere: command not found" in done.err
    (project / "plain").write_text("not a program\n")
    done = runlake("run", "--", "./plain")
    assert done.status == 126 and "permission denied" in done.err
    assert runlake("run", "--", str(project)).status == 126
    assert runlake("run", "--", "./plain/below").status == 127
    ends = journal.of_kind(store_of(project), "end")
    assert [(end["state"], end["exit_status"]) for end in ends] == [("failed", 127), ("failed", 126), ("failed", 126), ("failed", 127)]
    assert "command not found" in ends[0]["error"]["head"]
    told = runlake("run", "--", "\x1b]0;title\x07").err
    assert "title" in told and "\x1b" not in told  # a name steers no terminal


def test_a_script_without_header_runs_as_in_a_shell(runlake, project):
    (project / "script").write_text("exit 5\n")
    (project / "script").chmod(0o755)
    assert runlake("run", "--", "./script").status == 5


def test_bytes_pass_through_both_ways(runlake, runlake_bin, project, clean_env):
    runlake("run", "--", "true").ok()
    data = bytes(range(256)) * 8192
    done = subprocess.run([runlake_bin, "run", "--", "tee", "/dev/stderr"], input=data, cwd=project, capture_output=True, env=clean_env, timeout=300)
    assert done.returncode == 0 and done.stdout == data and done.stderr == data


def test_the_programs_words_are_its_own(runlake):
    done = runlake("run", "--", "printf", "%s\n", "--help", "--", "-x", "", "a  b", "$HOME", "ünï").ok()
    assert done.out == "--help\n--\n-x\n\na  b\n$HOME\nünï\n"


def test_the_child_finds_its_run(runlake, project):
    done = runlake("run", "--", "sh", "-c", 'echo "$RUNLAKE_RUN_ID $RUNLAKE_STORE $TRACEPARENT"').ok()
    run_id, store, trace = done.out.split()
    run = shown(runlake, project)
    assert run_id == run["run_id"] and store == str(store_of(project).resolve())
    assert trace == f"00-{run['trace_id']}-{run['span_id']}-01"


def test_nested_runs_know_their_parent(runlake, runlake_bin, project, tmp_path):
    # The inner one stands in another folder: it finds the store of the outer one.
    done = runlake("run", "--stage", "outer", "--", "sh", "-c", f"cd {tmp_path} && {runlake_bin} run --stage inner -- true")
    assert done.status == 0
    outer, inner = journal.of_kind(store_of(project), "start")
    assert (outer["stage"], inner["stage"]) == ("outer", "inner")
    assert inner["parent"] == outer["run"] and "parent" not in outer
    assert inner["trace_id"] == outer["trace_id"] and inner["parent_span_id"] == outer["span_id"]
    assert not (tmp_path / ".runlake").exists()


def test_a_trace_from_outside_goes_on(runlake, project):
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    done = runlake("run", "--", "sh", "-c", "echo $TRACEPARENT", env={"TRACEPARENT": f"00-{trace}-{span}-01"}).ok()
    start = journal.only(store_of(project), "start")
    assert (start["trace_id"], start["parent_span_id"]) == (trace, span)
    assert done.out == f"00-{trace}-{start['span_id']}-01\n"
    runlake("run", "--", "true", env={"TRACEPARENT": "nonsense"}).ok()


@pytest.mark.parametrize(
    "text, value",
    [("1", 1), ("-3", -3), ("1.5", 1.5), ("1e3", 1000.0), ("true", True), ("False", False), ("null", None), ("~", None), ("", None), ("x", "x"), ("yes", "yes"),
     ("'5'", "5"), ('"5"', "5"), ('"a\\nb"', "a\nb"), ("0x1f", 31), ("[1]", "[1]"), ("a=b", "a=b"), (".nan", ".nan"), (".inf", ".inf"),
     ("99999999999999999999", 99999999999999999999), ("1_000", "1_000"), ("'", "'"), ("ünï", "ünï"), (" 1", " 1")],
)  # fmt: skip
def test_params_are_typed_as_in_yaml(runlake, project, text, value):
    runlake("run", "--param", f"p={text}", "--", "true").ok()
    recorded = journal.only(store_of(project), "start").get("params", {})["p"]
    assert recorded == value and type(recorded) is type(value)


@pytest.mark.parametrize(
    "words, about",
    [(["--param", "x", "--", "true"], "--param"), (["--param", "=1", "--", "true"], "--param"), (["--tag", "t", "--", "true"], "--tag"),
     (["--param", "a=1", "--param", "a=2", "--", "true"], "twice"), (["--rows-in", "x", "--", "true"], "rows-in"), (["--rows-in", "-1", "--", "true"], "rows-in"),
     (["--capture", "some", "--", "true"], "capture"), ([], "no program"), (["--"], "no program"), (["--", ""], "no program"), (["--stag", "x", "--", "true"], "--stage"),
     (["--tag", "a\nb=1", "--", "true"], "--tag")],
)  # fmt: skip
def test_wrong_words_run_nothing(runlake, project, words, about):
    done = runlake("run", *words)
    assert done.status == 2 and about in done.err
    assert not store_of(project).exists()


def test_secrets_are_not_kept(runlake, project):
    done = runlake("run", "--param", "api_key=hunter2hunter2", "--", "sh", "-c", "echo $1 $2 >&2; exit 1", "x", "--password", "hunter2hunter2")
    assert "hunter2hunter2" in done.err  # the program's own output is its own
    text = b"".join(path.read_bytes() for path in store_of(project).rglob("*") if path.is_file())
    assert b"hunter2" not in text and b"[redacted]" in text


def test_without_a_project_the_store_is_made_here_and_said_once(runlake, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    first = runlake("run", "--", "true", cwd=folder).ok()
    assert str(folder / ".runlake") in first.err
    assert runlake("run", "--", "true", cwd=folder).ok().err == ""
    assert len(journal.of_kind(folder / ".runlake", "start")) == 2
    assert not (tmp_path / ".runlake").exists()


def test_mode_off_is_the_program_itself(runlake, project):
    off = {"RUNLAKE_MODE": "off"}
    assert runlake("run", "--", "sh", "-c", 'echo "${RUNLAKE_RUN_ID-unset}"; exit 9', env=off).status == 9
    assert runlake("run", "--", "sh", "-c", 'echo "${RUNLAKE_RUN_ID-unset}"', env=off).out == "unset\n"
    assert runlake("run", "--", "no-such-program-anywhere", env=off).status == 127
    assert not store_of(project).exists()


def test_mode_by_the_projects_setting(runlake, project):
    store_of(project).mkdir()
    (store_of(project) / "config.yaml").write_text("mode: 'off'\n")
    runlake("run", "--", "true").ok()
    assert not (store_of(project) / "journal").exists()


def test_wrong_settings_do_not_stop_the_program_but_in_strict_mode(runlake, project):
    store_of(project).mkdir()
    (store_of(project) / "config.yaml").write_text("no_such_setting: 1\n")
    done = runlake("run", "--", "sh", "-c", "exit 4")
    assert done.status == 4 and "no_such_setting" in done.err and done.err.count("\n") == 1
    assert len(journal.of_kind(store_of(project), "end")) == 1
    done = runlake("run", "--", "sh", "-c", "echo ran", env={"RUNLAKE_MODE": "strict"})
    assert done.status == 2 and done.out == ""


def test_closed_descriptors_stay_closed(runlake, runlake_bin, project, clean_env):
    script = "for fd in 0 1 2; do test -e /proc/self/fd/$fd && echo $fd >> open; done; true"
    done = subprocess.run(["sh", "-c", f'exec {runlake_bin} run -- sh -c "$1" <&- >&- 2>&-', "x", script], cwd=project, env=clean_env, timeout=300)
    assert done.returncode == 0
    assert not (project / "open").exists()


def test_other_descriptors_are_the_programs_and_none_of_ours_are(runlake, runlake_bin, project, clean_env):
    listing = "import os; print(*sorted(int(fd) for fd in os.listdir('/proc/self/fd')))"
    command = [sys.executable, "-c", listing]
    with open(project / "lock", "w") as lock:
        options = dict(cwd=project, env=clean_env, capture_output=True, text=True, pass_fds=[lock.fileno()], timeout=300, check=True)
        direct = subprocess.run(command, **options)
        recorded = subprocess.run([runlake_bin, "run", "--", *command], **options)
        assert recorded.stdout == direct.stdout and str(lock.fileno()) in direct.stdout.split()


def test_ignored_signals_stay_ignored_and_no_mask_is_left(runlake, runlake_bin, project, clean_env):
    command = ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]

    def prepare():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])

    options = dict(cwd=project, env=clean_env, capture_output=True, text=True, preexec_fn=prepare, timeout=300)
    direct = subprocess.run(command, **options)
    recorded = subprocess.run([runlake_bin, "run", "--", *command], **options)
    assert recorded.returncode == 0 and recorded.stdout == direct.stdout
    failed = subprocess.run([runlake_bin, "run", "--", "false"], **options)
    assert failed.returncode == 1  # though SIGCHLD was ignored


def test_segments_are_given_back(runlake, project):
    for _ in range(5):
        runlake("run", "--", "true").ok()
    assert len([path for path in store_of(project).glob("journal/*/*") if path.is_file()]) == 1


def test_the_answer_does_not_depend_on_the_place(runlake, project, place):
    runlake("run", "--param", "x=1.5", "--", "true", env=place).ok()
    start = journal.only(store_of(project), "start")
    assert start["params"] == {"x": 1.5} and isinstance(start["at"], int)


def test_rerun(runlake, project):
    (project / "sub").mkdir()
    (project / "in.txt").write_text("1\n")
    runlake("run", "--stage", "s", "--tenant", "t", "--input", "../in.txt", "--param", "a='1'", "--tag", "k=v", "--rows-in", "3", "--", "sh", "-c", "pwd; exit 3",
            cwd=project / "sub")  # fmt: skip
    first = journal.only(store_of(project), "start")
    done = runlake("runs", "rerun", first["run"][:8])
    assert done.status == 3 and done.out == f"{(project / 'sub').resolve()}\n"
    second = journal.of_kind(store_of(project), "start")[1]
    assert second["run"] != first["run"] and second["tags"] == {"k": "v", "rerun_of": first["run"]}
    for member in ("stage", "tenant", "argv", "working_dir", "params", "rows_in"):
        assert second[member] == first[member], member
    assert [one["path"] for one in second["inputs"]] == ["../in.txt"]
    ends = journal.of_kind(store_of(project), "end")
    assert ends[0]["input_fingerprint"] == ends[1]["input_fingerprint"]


def test_rerun_refuses_what_it_does_not_know(runlake, project):
    runlake("run", "--", "echo", "--password", "hunter2hunter2").ok()
    first = journal.only(store_of(project), "start")
    done = runlake("runs", "rerun", first["run"])
    assert done.status == 4 and "secret" in done.err and done.out == ""
    (project / "gone").mkdir()
    runlake("run", "--", "true", cwd=project / "gone").ok()
    (project / "gone").rmdir()
    second = journal.of_kind(store_of(project), "start")[1]
    done = runlake("runs", "rerun", second["run"])
    assert done.status == 4 and "gone is not there" in done.err
    assert runlake("runs", "rerun", "00000000").status == 3
    assert runlake("runs", "rerun", "%").status == 2
    assert len(journal.of_kind(store_of(project), "start")) == 2


def test_errors_as_json(runlake):
    done = runlake("--json", "run", "--rows-in", "x", "--", "true")
    assert done.status == 2 and done.error["code"] == "usage" and json.loads(done.err)["version"] == 1
