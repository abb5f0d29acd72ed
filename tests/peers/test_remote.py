# SPDX-License-Identifier: Apache-2.0
"""Run directories in an object store: real rclone, and a server on loopback that speaks S3."""
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

import peers
from ports import free_port

PIPELINE = """\
experiment_key: sea
stages:
  clean:
    matrix: {part: [a, b]}
    command: [sh, -c, "tr a-z A-Z < {part}.txt > {out}/clean_{part}.txt"]
    reads: ["workspace:{part}.txt"]
    writes: ["clean_{part}.txt"]
    code: []
  report:
    command: [sh, -c, "mkdir {out}/reports; cat {run_dir}/clean_*.txt > {out}/reports/all.txt; echo {params.limit} >> {out}/reports/all.txt"]
    reads: ["clean_*.txt"]
    writes: [reports/]
    params: {limit: 5}
    code: []
"""
# What the venv's boto3 is asked, apart from rclone: {key: [bytes, SHA-256]}.
LIST = """
import boto3, hashlib, json, os, sys
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1")
if sys.argv[2] == "make":
    s3.create_bucket(Bucket="bucket")
elif sys.argv[2] == "put":
    s3.put_object(Bucket="bucket", Key=sys.argv[3], Body=sys.argv[4].encode())
elif sys.argv[2] == "get":
    sys.stdout.write(s3.get_object(Bucket="bucket", Key=sys.argv[3])["Body"].read().decode())
else:
    found = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket="bucket"):
        for entry in page.get("Contents", []):
            body = s3.get_object(Bucket="bucket", Key=entry["Key"])["Body"].read()
            found[entry["Key"]] = [len(body), hashlib.sha256(body).hexdigest()]
    print(json.dumps(found))
"""


class Store:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"
        self.env = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "RCLONE_S3_ENDPOINT": self.url, "RCLONE_S3_PROVIDER": "Other", "RCLONE_S3_REGION": "us-east-1"}

    def ask(self, *words):
        done = subprocess.run([peers.python_with_moto(), "-c", LIST, self.url, *words], env={**self.env, "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def objects(self, below=""):
        return {name: value for name, value in json.loads(self.ask("list")).items() if name.startswith(below)}


@pytest.fixture
def store(tmp_path):
    port = free_port()
    server = subprocess.Popen([peers.python_with_moto(), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 300
        while True:
            assert server.poll() is None, "the server ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < end, "the server does not answer"
            threading.Event().wait(0.1)
        made = Store(port)
        made.ask("make")
        yield made
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=300)


@pytest.fixture
def sea(project, store, runlake, clean_env):
    """sea("pipeline", ...): runlake in the project, with the store's environment and the rclone of `PATH`."""
    (project / "a.txt").write_text("alpha\n")
    (project / "b.txt").write_text("beta\n")
    (project / "pipeline.yaml").write_text(PIPELINE)
    folder = str(Path(peers.program("rclone")).parent)

    def call(*words, rclone=folder, env=None, **options):
        return runlake(*words, env={**store.env, "PATH": f"{rclone}:/usr/bin:/bin", **(env or {})}, **options)

    return call


def false_done(objects):
    """DONE records whose results are not all there, byte for byte."""
    wrong = []
    for name in objects:
        if name.endswith("/DONE.json"):
            result = name[: -len("DONE.json")]
            if result + "manifest.json" not in objects or not any(other.startswith(result + "out/") for other in objects):
                wrong.append(name)
    return wrong


def test_made_there_looked_at_there_and_worked_on_elsewhere(sea, store, project, tmp_path, clean_env):
    answer = sea("--json", "pipeline", "run", "pipeline.yaml", "--runs-dir", "s3://bucket/runs").ok().json
    address = answer["address"]
    assert address.startswith("s3://bucket/runs/") and answer["sent"]["results"] == 3
    below = address.removeprefix("s3://bucket/") + "/"
    objects = store.objects(below)
    assert objects[below + "reports/all.txt"][1] == hashlib.sha256(b"ALPHA\nBETA\n5\n").hexdigest()
    assert false_done(objects) == [] and sum(name.endswith("/DONE.json") for name in objects) == 3
    assert not (project / "s3:").exists() and not (project / "runs").exists()

    # Nothing to do, nothing to send.
    again = sea("--json", "pipeline", "run", "pipeline.yaml", "--run-dir", address).ok().json
    assert again["counts"]["skipped"] == 3 and again["sent"]["results"] == 0

    # Another checkout, which has never seen it.
    other = tmp_path / "other"
    shutil.copytree(project, other, ignore=shutil.ignore_patterns(".runlake", "runs"))
    elsewhere = sea("--json", "pipeline", "run", "pipeline.yaml", "--run-dir", address, cwd=other).ok().json
    assert elsewhere["counts"]["skipped"] == 3
    changed = sea("--json", "pipeline", "run", "pipeline.yaml", "--run-dir", address, "--param", "limit=6", cwd=other).ok().json
    assert (changed["counts"]["skipped"], changed["counts"]["done"], changed["sent"]["results"]) == (2, 1, 1)
    assert store.ask("get", below + "reports/all.txt") == "ALPHA\nBETA\n6\n"

    # Looked at without bringing it into the project.
    shown = sea("--json", "rundir", "show", address).ok().json
    assert (shown["path"], shown["state"]) == (address, "done") and len(shown["stages"]) == 3
    assert address in sea("rundir", "show", address).ok().out
    assert sea("--json", "rundir", "verify", address).ok().json["state"] == "done"
    sea("rundir", "diff", address, address).ok()
    sea("rundir", "export", address, "--to-env", "TARGET", env={"TARGET": str(tmp_path / "delivered")}).ok()
    assert (tmp_path / "delivered" / "reports" / "all.txt").read_text() == "ALPHA\nBETA\n6\n"
    # What is current here was sent by the other one: it is brought back.
    back = sea("--json", "pipeline", "run", "pipeline.yaml", "--run-dir", address, "--param", "limit=6").ok().json
    assert back["counts"]["skipped"] == 3

    # Asked about, pinned, and kept from being removed.
    assert sea("--json", "pipeline", "status", address).ok().json["state"] == "done"
    assert {one["action"] for one in sea("--json", "pipeline", "explain", address, "--param", "limit=6").ok().json["stages"]} == {"skip"}
    sea("rundir", "pin", address, "for the paper").ok()
    plan = sea("--json", "rundir", "gc", "--runs-dir", "s3://bucket/runs", "--keep-last", "0", "--yes").ok().json
    assert plan["removed"] == [] and [one["reason"] for one in plan["run_dirs"]] == ["pinned: for the paper"]
    sea("rundir", "pin", "--remove", address).ok()

    # Damage there is found, and not taken in.
    (victim,) = [name for name in store.objects(below) if name.endswith("out/clean_a.txt")]
    store.ask("put", victim, "ALPHB\n")
    assert sea("rundir", "verify", address).status != 0
    shutil.copytree(project, tmp_path / "third", ignore=shutil.ignore_patterns(".runlake", "runs"))
    assert sea("pipeline", "run", "pipeline.yaml", "--run-dir", address, cwd=tmp_path / "third").status == 6
    assert sea("--json", "rundir", "gc", "--runs-dir", "s3://bucket/runs", "--keep-last", "0", "--yes").ok().json["removed"] == [address]
    assert store.objects(below) == {}


def test_two_slashes_stay_two(sea, store, project):
    old, new = str(Path(peers.program("rclone")).parent), str(Path(peers.new_rclone()).parent)
    if peers.keeps_slashes(os.path.join(old, "rclone")):
        pytest.skip("the rclone that is installed keeps them already")
    # One that can't is not asked to.
    refused = sea("pipeline", "run", "pipeline.yaml", "--runs-dir", "s3://bucket//deep///runs", rclone=old)
    assert refused.status == 7 and "1.68" in refused.err
    assert store.objects() == {}
    (local,) = (project / ".runlake" / "remote").glob("*/*_sea")
    address = f"s3://bucket//deep///runs/{local.name}"
    # What was made meanwhile is sent by one that can.
    answer = sea("--json", "pipeline", "run", "pipeline.yaml", "--run-dir", address, rclone=new).ok().json
    assert answer["counts"]["skipped"] == 3 and answer["sent"]["results"] == 3
    assert {name.startswith(f"/deep///runs/{local.name}/") for name in store.objects()} == {True}
    assert false_done(store.objects()) == []
    shutil.rmtree(project / ".runlake" / "remote", onerror=lambda call, path, _: (os.chmod(os.path.dirname(path), 0o700), call(path)))
    back = sea("--json", "pipeline", "run", "pipeline.yaml", "--run-dir", address, rclone=new).ok().json
    assert back["counts"]["skipped"] == 3 and back["address"] == address
    assert sea("--json", "rundir", "verify", address, rclone=new).ok().json["state"] == "done"


def test_killed_while_it_sends_it_leaves_no_false_done(sea, store, project):
    for number in range(1, 12):
        base = f"s3://bucket/killed-{number}"
        first = sea("pipeline", "run", "pipeline.yaml", "--runs-dir", base, env={"RUNLAKE_FAULT": f"remote.send:kill:{number}"})
        objects = store.objects(f"killed-{number}/")
        assert false_done(objects) == []
        if first.status == 0:
            break
        assert first.status in (-signal.SIGKILL, 128 + signal.SIGKILL)
        (local,) = [path for path in (project / ".runlake" / "remote").glob("*/*_sea") if not path.name.startswith(".")]
        done = sea("--json", "pipeline", "run", "pipeline.yaml", "--run-dir", f"{base}/{local.name}").ok().json
        assert done["counts"]["skipped"] == 3
        objects = store.objects(f"killed-{number}/")
        assert false_done(objects) == [] and sum(name.endswith("/DONE.json") for name in objects) == 3
        subprocess.run(["chmod", "-R", "u+w", str(project / ".runlake" / "remote")], check=True)
        shutil.rmtree(project / ".runlake" / "remote")
    assert number > 4, "it sends in several steps"


def test_a_server_that_is_gone_and_credentials_that_are_wrong_are_said(sea, project):
    gone = {"RCLONE_S3_ENDPOINT": "http://127.0.0.1:1", "RCLONE_RETRIES": "1", "RCLONE_LOW_LEVEL_RETRIES": "1", "RCLONE_CONTIMEOUT": "2s"}
    made = sea("--json", "pipeline", "run", "pipeline.yaml", "--runs-dir", "s3://bucket/runs", env=gone)
    assert made.status == 8
    assert "rclone" in made.json["not_sent"] and made.json["counts"]["done"] + made.json["counts"]["reused"] == 3
    assert sea("rundir", "show", "s3://bucket/runs/x", env=gone).status == 8
    assert sea("rundir", "show", "s3://bucket/runs/x").status == 3
    assert sea("rundir", "show", "nowhere://bucket/x").status == 2
    assert sea("rundir", "pin", "s3://bucket/runs/x", "--because", "never").status == 2
