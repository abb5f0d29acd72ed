# SPDX-License-Identifier: Apache-2.0
"""`sync now`, `sync durability-status`, `sync durable-push` with a folder as remote, and with the stand-in for rclone."""
import ctypes
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sync_support import FAKE, Machine, root, states, tree, write


@pytest.fixture
def there(tmp_path):
    path = tmp_path / "there"
    path.mkdir()
    return path


@pytest.fixture
def machines(runlake, tmp_path, there):
    """machines("a", "b"): checkouts that share the remote `there`, a folder."""

    def make(*names):
        env = {"RUNLAKE_ARTIFACT_ROOT": str(there), "RUNLAKE_LOG_ROOT": str(there)}
        return [Machine(runlake, tmp_path / name, env, there) for name in names]

    return make


@pytest.fixture
def stores(runlake, tmp_path):
    """As machines, with an object store behind the stand-in for rclone."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "rclone").symlink_to(FAKE)

    def make(*names):
        env = {
            "RUNLAKE_ARTIFACT_ROOT": "team", "RUNLAKE_LOG_ROOT": "team", "RUNLAKE_REMOTE": "rclone:store:bucket", "PATH": f"{tmp_path}/bin:/usr/bin:/bin",
            "FAKE_RCLONE_STORE": str(tmp_path / "objects"), "TMPDIR": str(tmp_path),
        }
        return [Machine(runlake, tmp_path / name, env, None) for name in names]

    return make


def fill(machine, mark="a"):
    write(machine.logs / "run-1" / "run_config.json", f'{{"mark": "{mark}"}}')
    write(machine.logs / "run-1" / "thm" / "wild_type_history.json", "[]" * 1000)
    write(machine.lake / "exports" / "full" / "manifest.json", "{}")
    write(machine.lake / "exports" / "full" / "runs.jsonl", '{"x":1}\n')
    write(machine.lake / "jobs" / "k" / "1" / "job_run.json", "{}")
    write(machine.lake / "scratch.txt", "not a fact")
    write(machine.lake / "exports" / ".staging" / "half.jsonl", "x")


def test_without_a_remote_it_says_so(runlake, project):
    for verb in ("now", "durability-status", "durable-push"):
        done = runlake("--json", "sync", verb).ok()
        assert done.json["remote"] is None and done.json["roots"] == [] and "no remote is configured" in done.err
    assert not (project / ".runlake").exists()


def test_what_is_pushed_is_there_and_comes_to_the_other(machines, there):
    a, b = machines("a", "b")
    fill(a)
    before = tree(a.folder)
    looked = a.sync("durability-status")
    assert looked.status == 1 and set(states(looked.json).values()) == {"missing"} and tree(there) == {}
    assert not (a.logs / ".runlake-sync").exists(), "looking makes nothing"

    pushed = a.sync("durable-push").ok().json
    assert root(pushed, "logs")["pushed"]["files"] == 2 and root(pushed, "lake")["pushed"]["files"] == 3
    assert tree(there / "logs") == tree(a.logs)
    assert set(tree(there / "artifacts" / "lake")) == {b"exports/full/manifest.json", b"exports/full/runs.jsonl", b"jobs/k/1/job_run.json"}
    assert a.sync("durability-status").ok().json["converged"] is True
    again = a.sync("durable-push").ok().json
    assert root(again, "logs")["pushed"] == {"files": 0, "bytes": 0}

    # Only there is drift for who looks, none for who pushes.
    assert b.sync("durability-status").status == 1
    b.logs.mkdir()
    assert b.sync("durable-push").ok().json["open"] == 0 and tree(b.logs) == {}
    back = b.sync("now").ok().json
    assert root(back, "logs")["pulled"]["files"] == 2 and tree(b.logs) == tree(a.logs)
    assert tree(b.lake / "jobs") == tree(a.lake / "jobs")
    assert {path: text for path, text in tree(a.folder).items() if path in before} == before
    stat = os.stat(a.logs / "run-1" / "run_config.json")
    assert os.stat(b.logs / "run-1" / "run_config.json").st_mtime_ns == stat.st_mtime_ns


@pytest.mark.parametrize("kind", ["folder", "rclone"])
def test_which_is_newer_is_told_by_what_both_had(machines, stores, kind):
    a, b = (machines if kind == "folder" else stores)("a", "b")
    for name in ("grows", "both", "still"):
        write(a.logs / name, "1")
    a.sync("now").ok()
    b.sync("now").ok()
    # Of machines whose clocks disagree by years: the newer content has the older time.
    write(b.logs / "grows", "12")
    os.utime(b.logs / "grows", (10**9, 10**9))
    write(a.logs / "both", "from a")
    write(b.logs / "both", "from b")
    assert states(b.sync("durability-status").json) == {"grows": "newer_here", "both": "newer_here"}
    b.sync("now").ok()
    seen = a.sync("durability-status")
    assert seen.status == 1 and states(seen.json) == {"grows": "newer_there", "both": "differing"}
    # A push overwrites neither; going both ways takes what is newer, and leaves the one of which nobody can say it.
    assert a.sync("durable-push").status == 1 and (a.logs / "grows").read_text() == "1"
    both = a.sync("now")
    assert both.status == 1 and states(both.json) == {"both": "differing"}
    assert (a.logs / "grows").read_text() == "12" and (a.logs / "both").read_text() == "from a"
    assert b.sync("now").ok() and (b.logs / "both").read_text() == "from b"
    # Taking the other one is removing one's own.
    (a.logs / "both").unlink()
    a.sync("now").ok()
    assert (a.logs / "both").read_text() == "from b" and tree(a.logs) == tree(b.logs)


@pytest.mark.parametrize("kind", ["folder", "rclone"])
def test_nothing_is_ever_deleted(machines, stores, kind):
    (a,) = (machines if kind == "folder" else stores)("a")
    fill(a)
    a.sync("now").ok()
    whole = tree(a.logs)
    shutil.rmtree(a.logs / "run-1")
    assert a.sync("durable-push").ok().json["open"] == 0
    a.sync("now").ok()
    assert tree(a.logs) == whole


@pytest.mark.parametrize("kind", ["folder", "rclone"])
def test_unchanged_files_are_not_read_again(machines, stores, there, kind):
    (a,) = (machines if kind == "folder" else stores)("a")
    write(a.logs / "big", b"x" * 300_000)
    a.sync("now").ok()
    if kind == "folder":
        # Other bytes under the same stamp: who read them would see them.
        target = there / "logs" / "big"
        stamp = os.stat(target)
        with open(target, "r+b") as file:
            file.write(b"y")
        os.utime(target, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        a.sync("durability-status").ok()
        # Its manifests lost, the content decides again.
        shutil.rmtree(there / "logs" / ".runlake-sync")
        assert states(a.sync("durability-status").json) == {"big": "differing"}
    else:
        log = a.folder / "rclone.log"
        a.sync("now", env={"FAKE_RCLONE_LOG": str(log)}).ok()
        verbs = [json.loads(line)[0] for line in log.read_text().splitlines()]
        assert "check" not in verbs and verbs.count("copy") <= 2, "the lock of each root, and nothing else"


def test_hostile_names_and_links(machines, there, tmp_path):
    a, b = machines("a", "b")
    names = [b"-rf", b"new\nline", b"non-utf8-\xff\xfe", b"100%", b" spaces ", b"quote'\"$(touch x)`", b"deep/" * 20 + b"file", b"*?[a]", "\u202eabc".encode()]
    for name in names:
        write(os.path.join(os.fsencode(a.logs), name), name)
    outside = tmp_path / "outside"
    write(outside / "secret", "secret")
    (a.logs / "link-out").symlink_to(outside / "secret")
    (a.logs / "dir-out").symlink_to(outside)
    os.mkfifo(a.logs / "pipe")
    done = a.sync("now").ok().json
    assert {one["path"] for one in root(done, "logs")["passed_over"]} == {"link-out", "dir-out", "pipe"}
    assert tree(there / "logs") == {name: name for name in names}
    b.sync("now").ok()
    assert tree(b.logs) == tree(there / "logs")
    shown = a.say("now").ok().out
    assert "\x1b" not in shown and "\u202e" not in shown


@pytest.mark.parametrize("kind", ["to", "from"])
def test_no_link_is_followed_out_of_a_root(machines, there, tmp_path, kind):
    a, b = machines("a", "b")
    outside = tmp_path / "outside"
    outside.mkdir()
    write(a.logs / "run" / "file", "x")
    if kind == "to":
        (there / "logs").mkdir()
        (there / "logs" / "run").symlink_to(outside)
        done = a.sync("durable-push")
        assert done.status == 1 and "symbolic link" in root(done.json, "logs")["drift"][0]["held"]
    else:
        a.sync("now").ok()
        b.logs.mkdir()
        (b.logs / "run").symlink_to(outside)
        done = b.sync("now")
        assert done.status == 1 and "symbolic link" in root(done.json, "logs")["drift"][0]["held"]
    assert list(outside.iterdir()) == []


def test_names_that_rclone_can_not_be_told_are_drift(stores):
    (a,) = stores("a")
    write(a.logs / "plain", "x")
    write(a.logs / "new\nline", "x")
    write(os.fsencode(a.logs) + b"/\xff", "x")
    done = a.sync("durable-push")
    assert done.status == 1 and root(done.json, "logs")["pushed"]["files"] == 1
    assert all("lines of text" in one["held"] for one in root(done.json, "logs")["drift"]) and len(root(done.json, "logs")["drift"]) == 2
    assert root(done.json, "logs")["drift"][1]["path_escaped"] == "%ff"


def test_a_remote_that_ignores_case_is_told(machines, stores, there):
    (a,) = machines("a")
    for name in ("Run/x", "run/y", "other"):
        write(a.logs / name, name)
    # As such a file system would answer.
    (there / "logs" / ".runlake-sync").mkdir(parents=True)
    (there / "logs" / ".RUNLAKE-SYNC").symlink_to(there / "logs" / ".runlake-sync")
    done = a.sync("durable-push")
    (held,) = root(done.json, "logs")["drift"]
    assert done.status == 1 and held["path"] == "run/y" and "ignores case" in held["held"]
    assert set(tree(there / "logs")) == {b"Run/x", b"other"}


def test_a_remote_of_rclone_that_ignores_case_is_told(stores):
    (a,) = stores("a")
    for name in ("Run", "run"):
        write(a.logs / name, name)
    done = a.sync("durable-push", env={"FAKE_RCLONE_FEATURES": json.dumps({"BucketBased": True, "CaseInsensitive": True})})
    assert done.status == 1 and "ignores case" in root(done.json, "logs")["drift"][0]["held"]


def test_a_mount_that_is_not_mounted_is_not_filled(machines, there):
    (a,) = machines("a")
    fill(a)
    there.rmdir()
    done = a.sync("durable-push")
    assert done.status == 3 and "mount" in done.error["message"] and not there.exists()


def test_one_root_inside_the_other_is_refused(runlake, project):
    write(project / "logs" / "x", "x")
    done = runlake("sync", "now", env={"RUNLAKE_LOG_ROOT": str(project)})
    assert done.status == 2 and "RUNLAKE_RUNTIME_ROOT" in done.err and not (project / "logs" / ".runlake-sync").exists()


class TestDatabase:
    def make(self, machine, text="database"):
        write(machine.lake / "lake.duckdb", text)

    def test_it_goes_whole_and_never_comes_back(self, machines, there):
        a, b = machines("a", "b")
        self.make(a)
        assert root(a.sync("durable-push").ok().json, "lake")["database"]["state"] == "pushed"
        assert (there / "artifacts" / "lake" / "lake.duckdb").read_text() == "database"
        assert root(a.sync("durable-push").ok().json, "lake")["database"]["state"] == "same"
        self.make(a, "newer database")
        assert root(a.sync("durability-status").ok().json, "lake")["database"]["state"] == "to_push"
        a.sync("now").ok()
        assert (there / "artifacts" / "lake" / "lake.duckdb").read_text() == "newer database"
        b.sync("now").ok()
        assert not (b.lake / "lake.duckdb").exists()
        self.make(b, "database of b")
        done = b.sync("now").ok().json
        assert root(done, "lake")["database"]["state"] == "skipped" and "never merged" in root(done, "lake")["database"]["why"]
        assert (there / "artifacts" / "lake" / "lake.duckdb").read_text() == "newer database"

    def test_one_that_is_not_there_yet_is_not_counted_as_the_same(self, machines):
        (a,) = machines("a")
        self.make(a)
        assert a.say("durability-status").out.splitlines()[-1] == "OK 0 files the same on both sides"
        assert a.say("durable-push").out.splitlines()[-1] == "OK 1 file the same on both sides"

    def test_it_is_skipped_while_another_writes_it(self, machines, there):
        import fcntl

        (a,) = machines("a")
        fill(a)
        self.make(a)
        with open(a.lake / "lake.duckdb", "r+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            done = a.sync("durable-push").ok().json
            assert root(done, "lake")["database"] == {"state": "skipped", "why": "another program has it open to write"}
        assert root(done, "lake")["pushed"]["files"] == 3, "facts and datasets go all the same"
        assert not (there / "artifacts" / "lake" / "lake.duckdb").exists()
        write(a.lake / "lake.duckdb.wal", "x")
        assert "write-ahead" in root(a.sync("durable-push").ok().json, "lake")["database"]["why"]
        (a.lake / "lake.duckdb.wal").unlink()
        assert root(a.sync("durable-push").ok().json, "lake")["database"]["state"] == "pushed"


class TestTwoAtOnce:
    @pytest.mark.parametrize("kind", ["folder", "rclone"])
    def test_nothing_is_lost(self, machines, stores, runlake_bin, clean_env, there, kind):
        a, b = (machines if kind == "folder" else stores)("a", "b")
        count = 150 if kind == "folder" else 8
        for machine, name in ((a, "a"), (b, "b")):
            for i in range(count):
                write(machine.logs / f"{name}-{i}", f"{name} {i}")
                write(machine.logs / f"both-{i}", f"same {i}")
            write(machine.logs / "clash", f"of {name}")
        children = [machine.start(runlake_bin, clean_env, "now") for machine in (a, b)]
        answers = [child.communicate(timeout=300) for child in children]
        for child, (out, err) in zip(children, answers):
            assert child.returncode in (0, 1, 5), err
        # One that met the other may have to come again; then both have all, and the one name with two contents is told by both.
        for machine in (a, b, a):
            last = machine.sync("now")
            assert last.status in (0, 1), last.err
        assert {last.status for last in (a.sync("durability-status"), b.sync("durability-status"))} <= {0, 1}
        ours, theirs = tree(a.logs), tree(b.logs)
        assert ours.pop(b"clash") == b"of a" and theirs.pop(b"clash") == b"of b"
        assert ours == theirs and len(ours) == 3 * count
        assert list(states(a.sync("durability-status").json).values()) + list(states(b.sync("durability-status").json).values()) == ["differing"]

    def test_both_replace_the_same_file(self, machines, runlake_bin, clean_env, there):
        a, b = machines("a", "b")
        for i in range(30):
            write(a.logs / f"{i}", "old")
        a.sync("now").ok()
        b.sync("now").ok()
        for machine, name in ((a, "a"), (b, "b")):
            for i in range(30):
                write(machine.logs / f"{i}", f"of {name}")
        children = [machine.start(runlake_bin, clean_env, "durable-push") for machine in (a, b)]
        for child in children:
            child.communicate(timeout=300)
            assert child.returncode in (0, 1)
        # Each file is of one of them, and the other one is told that it differs: it was not overwritten twice.
        for i in range(30):
            winner = (there / "logs" / f"{i}").read_text()
            assert winner in ("of a", "of b", "old")
            loser = b if winner == "of a" else a
            if winner != "old":
                assert states(loser.sync("durability-status").json)[f"{i}"] == "differing"

    def test_one_root_is_worked_on_by_one(self, machines, runlake_bin, clean_env):
        (a,) = machines("a")
        fill(a)
        stopped = a.start(runlake_bin, clean_env, "durable-push", env={"RUNLAKE_FAULT": "sync.publish:stop"})
        try:
            os.waitid(os.P_PID, stopped.pid, os.WSTOPPED | os.WNOWAIT)
            assert a.sync("now").status == 5
            assert a.sync("durability-status").status == 1, "who only looks waits for nobody"
        finally:
            os.kill(stopped.pid, 18)
            stopped.communicate(timeout=300)
        assert stopped.returncode == 0
        a.sync("now").ok()


class TestFailures:
    @pytest.fixture
    def passings(self, runlake, tmp_path):
        """How often a push passes a point, told by pushing the same in peace to a remote of its own."""

        def count(machine, point):
            other = tmp_path / "peace"
            (other / "there").mkdir(parents=True)
            twin = Machine(runlake, other / "twin", {"RUNLAKE_LOG_ROOT": str(other / "there")}, None)
            shutil.copytree(machine.logs, twin.logs)
            twin.sync("durable-push", env={"RUNLAKE_FAULT_COUNT": str(other / "count")}).ok()
            return (other / "count").read_text().split().count(point)

        return count

    def test_a_full_disk_costs_what_did_not_fit(self, machines, there, passings):
        (a,) = machines("a")
        for i in range(10):
            write(a.logs / f"{i}", b"x" * 10000)
        done = a.sync("durable-push", env={"RUNLAKE_FAULT": f"sync.copy:enospc:{passings(a, 'sync.copy') - 12}+"})
        assert done.status == 8 and root(done.json, "logs")["failures"]
        assert "no space left" in root(done.json, "logs")["failures"][0]["why"]
        for path, content in tree(there / "logs").items():
            assert content == b"x" * 10000, path
        a.sync("durable-push").ok()
        assert tree(there / "logs") == tree(a.logs)

    def test_a_remote_that_can_not_be_written(self, machines, there):
        (a,) = machines("a")
        fill(a)
        done = a.sync("durable-push", env={"RUNLAKE_FAULT": "sync.manifest.write:erofs:1+,sync.copy:erofs:1+,sync.publish:erofs:1+"})
        assert done.status == 8 and "read-only" in done.err
        assert tree(there) == {}

    def test_a_long_copy_goes_on_where_it_was(self, machines, there, passings):
        (a,) = machines("a")
        content = os.urandom(5_000_000)
        write(a.logs / "big", content)
        killed = a.sync("durable-push", env={"RUNLAKE_FAULT": f"sync.copy:short:{passings(a, 'sync.copy') - 3}"})
        assert killed.status == 8
        (partial,) = [path for path in (there / "logs" / ".runlake-sync" / "partial").rglob("*") if path.is_file()]
        begun = partial.stat().st_size
        assert 0 < begun < len(content)
        assert not (there / "logs" / "big").exists()
        inode = partial.stat().st_ino
        a.sync("durable-push").ok()
        assert (there / "logs" / "big").read_bytes() == content
        assert (there / "logs" / "big").stat().st_ino == inode, "the same file, continued"

    def test_a_damaged_beginning_is_not_gone_on_with(self, machines, there, passings):
        (a,) = machines("a")
        content = os.urandom(5_000_000)
        write(a.logs / "big", content)
        assert a.sync("durable-push", env={"RUNLAKE_FAULT": f"sync.copy:short:{passings(a, 'sync.copy') - 3}"}).status == 8
        (partial,) = [path for path in (there / "logs" / ".runlake-sync" / "partial").rglob("*") if path.is_file()]
        with open(partial, "r+b") as file:
            file.write(b"damage")
        a.sync("durable-push").ok()
        assert (there / "logs" / "big").read_bytes() == content

    def test_damaged_manifests_cost_a_reading(self, machines, there):
        a, b = machines("a", "b")
        fill(a)
        a.sync("now").ok()
        for damage in (b"", b"runlake-sync/1 segment x\n", b"\xff" * 100):
            for segment in (there / "logs" / ".runlake-sync" / "segments").iterdir():
                segment.write_bytes(damage)
            (a.logs / ".runlake-sync" / "own").write_bytes(damage)
            done = a.sync("durability-status").ok()
            assert "manifest" in done.err and done.json["converged"] is True
        a.sync("now").ok()
        assert "manifest" not in a.sync("durability-status").ok().err
        # A newer version's is left alone.
        (segment,) = (there / "logs" / ".runlake-sync" / "segments").iterdir()
        segment.write_bytes(b"runlake-sync/9 segment x\nend 0 00000000\n")
        assert a.sync("now").status == 7 and segment.read_bytes().startswith(b"runlake-sync/9")
        b.sync("now").ok()

    def test_arrived_with_other_bytes(self, stores):
        (a,) = stores("a")
        write(a.logs / "lost-1", "x")
        write(a.logs / "kept-1", "x")
        done = a.sync("durable-push", env={"FAKE_RCLONE_LOSE": "lost-"})
        assert done.status == 8 and states(done.json) == {"lost-1": "missing"}
        a.sync("durable-push").ok()

    def test_without_rclone(self, stores, tmp_path):
        (a,) = stores("a")
        (tmp_path / "bin" / "rclone").unlink()
        if shutil.which("rclone", path="/usr/bin:/bin"):
            done = a.sync("now", env={"PATH": str(tmp_path / "bin")})
        else:
            done = a.sync("now")
        assert done.status == 7 and "rclone" in done.error["message"]

    @pytest.mark.parametrize("script", ["exit 0", "echo 'rclone v1.20.0'", "echo '[]'"])
    def test_another_program_of_that_name(self, stores, tmp_path, script):
        (a,) = stores("a")
        (tmp_path / "bin" / "rclone").unlink()
        (tmp_path / "bin" / "rclone").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bin" / "rclone").chmod(0o755)
        done = a.sync("now")
        assert done.status == 6 and "rclone version" in done.error["message"], done.err

    def test_a_remote_that_rclone_does_not_know(self, stores, tmp_path):
        (a,) = stores("a")
        (tmp_path / "bin" / "rclone").unlink()
        (tmp_path / "bin" / "rclone").write_text("#!/bin/sh\necho \"2026/01/01 00:00:00 Failed to backend: didn't find section in config file\" >&2\nexit 1\n")
        (tmp_path / "bin" / "rclone").chmod(0o755)
        done = a.sync("now")
        assert done.status == 8 and "rclone listremotes" in done.error["message"]

    def test_without_ssh_and_with_one_that_fails(self, runlake, tmp_path):
        env = {"RUNLAKE_LOG_ROOT": "/srv/x", "RUNLAKE_REMOTE": "me@host.example:22", "PATH": str(tmp_path / "bin")}
        machine = Machine(runlake, tmp_path / "m", env, None)
        write(machine.logs / "x", "x")
        (tmp_path / "bin").mkdir()
        done = machine.sync("now")
        assert done.status == 7 and "ssh" in done.error["message"]
        for script, status, said in (("echo 'Host key verification failed.' >&2; exit 255", 8, "Host key verification failed"), ("echo Welcome to this machine; exit 0", 6, "print something"), ("printf '\\0\\0\\0\\1\\2'; exit 0", 6, "cut off")):
            (tmp_path / "bin" / "ssh").write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / "bin" / "ssh").chmod(0o755)
            done = machine.sync("now")
            assert (done.status, said in done.error["message"]) == (status, True) or done.status in (6, 7), done.err
        log = tmp_path / "words"
        (tmp_path / "bin" / "ssh").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {log}\nexit 1\n')
        machine.sync("now")
        words = log.read_text().splitlines()
        assert words[-4:] == ["-s", "--", "host.example", "sftp"] and words[words.index("-l") + 1] == "me"


def test_a_pin_that_was_taken_away_does_not_come_back(machines, runlake):
    a, b = machines("a", "b")
    write(a.folder / "p.yaml", "experiment_key: sea\nstages:\n  one:\n    command: 'echo x > {out}/x'\n    writes: [x]\n    code: []\n")
    runlake("pipeline", "run", "p.yaml", cwd=a.folder, env={"RUNLAKE_RUNS_DIR": str(a.logs)}).ok()
    (path,) = [one for one in a.logs.iterdir() if one.name.endswith("_sea")]

    def pinned(machine):
        return runlake("--json", "rundir", "show", machine.logs / path.name, cwd=machine.folder).ok().json["pinned"]

    def exchange(first, second):
        first.sync("now").ok()
        second.sync("now").ok()
        first.sync("now").ok()

    runlake("rundir", "pin", path, "for the paper", cwd=a.folder).ok()
    exchange(a, b)
    assert (pinned(a), pinned(b)) == ("for the paper", "for the paper")
    runlake("rundir", "pin", path, "--remove", cwd=a.folder).ok()
    exchange(a, b)
    assert (pinned(a), pinned(b)) == (None, None)
    runlake("rundir", "pin", b.logs / path.name, "for the talk", cwd=b.folder).ok()
    exchange(b, a)
    assert (pinned(a), pinned(b)) == ("for the talk", "for the talk")
