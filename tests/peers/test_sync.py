# SPDX-License-Identifier: Apache-2.0
"""`sync` with a real SSH server on loopback, and with a real rclone to a folder and to a server that speaks S3."""
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import peers
import pytest
import ssh_server

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from sync_support import Machine, root, states, tree, write  # noqa: E402
from test_remote import store  # noqa: E402, F401

HOSTILE = [b"-rf", b"new\nline", b"non-utf8-\xff\xfe", b"100%", b" spaces ", b"quote'\"$(touch x)`", b"*?[a]"]


@pytest.fixture
def server(tmp_path):
    with ssh_server.serve(tmp_path) as served:
        yield served


@pytest.fixture
def by_ssh(runlake, tmp_path, server):
    server.program(tmp_path / "bin")

    def make(*names):
        env = {"RUNLAKE_ARTIFACT_ROOT": str(server.folder), "RUNLAKE_LOG_ROOT": str(server.folder), "RUNLAKE_REMOTE": f"{server.user}@127.0.0.1:{server.port}", "PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
        return [Machine(runlake, tmp_path / name, env, server.folder) for name in names]

    return make


@pytest.fixture
def by_rclone(runlake, tmp_path):
    (tmp_path / "cloud").mkdir()
    folder = str(Path(peers.program("rclone")).parent)

    def make(*names):
        env = {"RUNLAKE_ARTIFACT_ROOT": str(tmp_path / "cloud"), "RUNLAKE_LOG_ROOT": str(tmp_path / "cloud"), "RUNLAKE_REMOTE": "rclone:cold:", "RCLONE_CONFIG_COLD_TYPE": "local", "PATH": f"{folder}:/usr/bin:/bin"}
        return [Machine(runlake, tmp_path / name, env, tmp_path / "cloud") for name in names]

    return make


def fill(machine):
    write(machine.logs / "run-1" / "run_config.json", "{}")
    write(machine.logs / "run-1" / "big", os.urandom(3_000_000))
    write(machine.lake / "exports" / "full" / "manifest.json", "{}")
    write(machine.lake / "exports" / "full" / "runs.jsonl", '{"x":1}\n')
    write(machine.lake / "lake.duckdb", "database")
    for i in range(100):
        write(machine.logs / "many" / f"{i}", f"{i}")


@pytest.mark.parametrize("kind", ["ssh", "rclone"])
def test_there_and_back(by_ssh, by_rclone, kind):
    a, b = (by_ssh if kind == "ssh" else by_rclone)("a", "b")
    fill(a)
    assert a.sync("durability-status").status == 1
    pushed = a.sync("durable-push").ok().json
    assert root(pushed, "logs")["pushed"]["files"] == 102 and root(pushed, "lake")["database"]["state"] == "pushed"
    assert tree(a.there / "logs") == tree(a.logs)
    assert a.sync("durability-status").ok().json["converged"]
    assert root(a.sync("durable-push").ok().json, "logs")["pushed"]["files"] == 0
    b.sync("now").ok()
    assert tree(b.logs) == tree(a.logs) and not (b.lake / "lake.duckdb").exists()
    write(b.logs / "many" / "7", "changed")
    write(a.logs / "many" / "8", "changed by a")
    write(b.logs / "many" / "8", "changed by b")
    assert states(b.sync("durability-status").json) == {"many/7": "newer_here", "many/8": "newer_here"}
    b.sync("now").ok()
    done = a.sync("now")
    assert done.status == 1 and states(done.json) == {"many/8": "differing"} and (a.logs / "many" / "7").read_text() == "changed"


def test_every_name_goes_by_ssh(by_ssh, tmp_path):
    a, b = by_ssh("a", "b")
    for name in HOSTILE:
        write(os.path.join(os.fsencode(a.logs), name), name)
    a.sync("now").ok()
    assert tree(a.there / "logs") == {name: name for name in HOSTILE}
    b.sync("now").ok()
    assert tree(b.logs) == {name: name for name in HOSTILE}


def test_a_link_there_is_not_written_through(by_ssh, server):
    (a,) = by_ssh("a")
    write(a.logs / "run" / "file", "x")
    (server.folder / "logs").mkdir()
    (server.folder / "outside").mkdir(mode=0o777)
    (server.folder / "logs" / "run").symlink_to(server.folder / "outside")
    os.chmod(server.folder / "logs", 0o777)
    done = a.sync("durable-push")
    assert done.status == 1 and "symbolic link" in root(done.json, "logs")["drift"][0]["held"]
    assert list((server.folder / "outside").iterdir()) == []


def test_killed_anywhere_and_done_by_the_next(by_ssh, server):
    for number in (1, 9, 14, 25):
        for point in ("sync.copy", "sync.publish"):
            (a,) = by_ssh(f"a-{point}-{number}")
            a.env["RUNLAKE_LOG_ROOT"] = f"{server.folder}/{point}-{number}"
            del a.env["RUNLAKE_ARTIFACT_ROOT"]
            os.makedirs(a.env["RUNLAKE_LOG_ROOT"])
            os.chmod(a.env["RUNLAKE_LOG_ROOT"], 0o777)
            for i in range(8):
                write(a.logs / f"{i}", f"{i}" * 1000)
            a.sync("durable-push", env={"RUNLAKE_FAULT": f"{point}:kill:{number}"})
            there = tree(Path(a.env["RUNLAKE_LOG_ROOT"]) / "logs")
            assert {path: tree(a.logs)[path] for path in there} == there, "whole files alone"
            a.sync("durable-push").ok()
            assert tree(Path(a.env["RUNLAKE_LOG_ROOT"]) / "logs") == tree(a.logs)


def test_two_at_once_by_ssh(by_ssh, runlake_bin, clean_env):
    a, b = by_ssh("a", "b")
    for machine, name in ((a, "a"), (b, "b")):
        for i in range(60):
            write(machine.logs / f"{name}-{i}", f"{name} {i}")
            write(machine.logs / f"both-{i}", f"same {i}")
    children = [machine.start(runlake_bin, clean_env, "now") for machine in (a, b)]
    for child in children:
        out, err = child.communicate(timeout=300)
        assert child.returncode in (0, 1), err
    for machine in (a, b, a):
        machine.sync("now").ok()
    assert tree(a.logs) == tree(b.logs) and len(tree(a.logs)) == 180


def test_a_server_that_goes_away_and_a_key_that_is_not_known(by_ssh, server, tmp_path):
    (a,) = by_ssh("a")
    fill(a)
    server.known_hosts.write_text("")
    done = a.sync("now")
    assert done.status == 8 and "key" in done.error["message"].lower()
    assert a.sync("now", env={"RUNLAKE_REMOTE": "nobody@127.0.0.1:1"}).status == 8
    for word in ("-oProxyCommand=touch x@h:1", "a@-oProxyCommand=touch:1", "a b@h:1", "a@h;touch:1"):
        assert a.sync("now", env={"RUNLAKE_REMOTE": word}).status == 2


def test_a_remote_that_is_read_only(by_ssh, server):
    (a,) = by_ssh("a")
    fill(a)
    os.chmod(server.folder, 0o555)
    try:
        done = a.sync("durable-push")
    finally:
        os.chmod(server.folder, 0o700)
    assert done.status == 8 and "permission denied" in done.err.lower()


def test_killed_rclone_leaves_nothing_half(by_rclone):
    (a,) = by_rclone("a")
    del a.env["RUNLAKE_ARTIFACT_ROOT"]
    for i in range(10):
        write(a.logs / f"{i}", f"{i}" * 1000)
    for number in range(1, 5):
        shutil.rmtree(a.there)
        a.there.mkdir()
        killed = a.sync("durable-push", env={"RUNLAKE_FAULT": f"remote.send:kill:{number}"})
        there = tree(a.there / "logs")
        assert {path: tree(a.logs)[path] for path in there} == there
        a.sync("durable-push").ok()
        assert tree(a.there / "logs") == tree(a.logs)
        if killed.status == 0:
            break
        assert killed.status in (-signal.SIGKILL, 128 + signal.SIGKILL)
    assert number > 3


def test_an_object_store(runlake, tmp_path, store):  # noqa: F811
    folder = str(Path(peers.program("rclone")).parent)
    env = {
        **store.env, "RUNLAKE_LOG_ROOT": "team", "RUNLAKE_REMOTE": "rclone:cold:bucket/deep", "PATH": f"{folder}:/usr/bin:/bin", "RCLONE_CONFIG_COLD_TYPE": "s3", "RCLONE_CONFIG_COLD_ENV_AUTH": "true",
    }
    a, b = (Machine(runlake, tmp_path / name, env, None) for name in ("a", "b"))
    write(a.logs / "run" / "x", "x")
    write(a.logs / "run" / "grows", "1")
    a.sync("durable-push").ok()
    assert {name for name in store.objects() if ".runlake-sync" not in name} == {"deep/team/logs/run/x", "deep/team/logs/run/grows"}
    b.sync("now").ok()
    assert tree(b.logs) == tree(a.logs)
    write(b.logs / "run" / "grows", "2")
    b.sync("now").ok()
    assert states(a.sync("durability-status").json) == {"run/grows": "newer_there"}
    a.sync("now").ok()
    assert tree(b.logs) == tree(a.logs)
