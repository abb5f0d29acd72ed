# SPDX-License-Identifier: Apache-2.0
"""`runs backup` and `runs restore`: whole or not at all, verified, and never over something."""

import hashlib
import json
import os
import subprocess
import tarfile

import pytest


def stages(runlake, **options):
    return sorted(run["stage"] for run in runlake("runs", "list", "--json", **options).ok().json["runs"])


@pytest.fixture
def store(project, runlake):
    runlake("run", "--stage", "one", "--capture", "all", "--", "echo", "words").ok()
    assert runlake("run", "--stage", "two", "--", "sh", "-c", "exit 3").status == 3
    (project / ".runlake" / "config.yaml").write_text("mode: 'on'\n")
    return project / ".runlake"


@pytest.fixture(params=["backup.tar", "backup"])
def backup(request, store, runlake, tmp_path):
    path = tmp_path / request.param
    runlake("runs", "backup", path).ok()
    return path


def members(path):
    if path.is_dir():
        return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    with tarfile.open(path) as tar:
        assert all(info.isfile() for info in tar)
        return {info.name: tar.extractfile(info).read() for info in tar}


def test_manifest_tells_everything(backup):
    found = members(backup)
    manifest = json.loads(found.pop("manifest.json"))
    assert (manifest["format"], manifest["version"]) == ("runlake.backup", 1)
    assert [file["path"] for file in manifest["files"]] == sorted(found)
    for file in manifest["files"]:
        content = found[file["path"]]
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    tops = {name.split("/")[0] for name in found}
    assert {"journal", "output", "config.yaml"} <= tops


def test_never_overwrites(backup, runlake):
    before = members(backup)
    assert runlake("runs", "backup", backup).status == 4
    assert members(backup) == before


def test_refuses_a_place_inside_the_store(store, runlake):
    assert runlake("runs", "backup", store / "backup.tar").status == 2


def test_failed_backup_leaves_nothing(store, runlake, tmp_path):
    for name in ("b.tar", "b"):
        assert runlake("runs", "backup", tmp_path / "out" / name).status in (3, 8)
        done = runlake("runs", "backup", tmp_path / name, env={"RUNLAKE_FAULT": "backup.write:enospc:4"})
        assert done.status == 8
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("b")]


def test_restores_into_an_empty_store(backup, runlake, tmp_path):
    new = tmp_path / "other"
    done = runlake("--store", new, "runs", "restore", backup, "--json").ok().json
    assert done["kept_as"] is None
    assert stages(runlake, env={"RUNLAKE_STORE": new}) == ["one", "two"]
    assert (new / "config.yaml").read_text() == "mode: 'on'\n"
    source = members(backup)
    for name, content in source.items():
        if name != "manifest.json":
            assert (new / name).read_bytes() == content
    runlake("run", "--stage", "three", "--", "true", env={"RUNLAKE_STORE": new}).ok()


def test_refuses_a_used_store_without_force(backup, store, runlake):
    runlake("run", "--stage", "three", "--", "true").ok()
    done = runlake("runs", "restore", backup)
    assert done.status == 4 and "--force" in done.err
    listed = runlake("runs", "sql", "SELECT count(*) AS n FROM runs", "--json").ok()
    assert "3" in listed.out
    done = runlake("runs", "restore", "--force", backup, "--json").ok().json
    aside = done["kept_as"]
    assert os.path.isdir(os.path.join(aside, "journal"))
    count = runlake("runs", "export", "--format", "jsonl").ok().out.count("\n")
    assert count == 2


def damage(path, change):
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)


def test_damaged_backups_touch_nothing(store, runlake, tmp_path):
    good = tmp_path / "good.tar"
    runlake("runs", "backup", good).ok()
    whole = good.read_bytes()
    empty = tmp_path / "empty"
    step = max(1, len(whole) // 60)
    for at in range(0, len(whole), step):
        broken = tmp_path / "broken.tar"
        content = bytearray(whole)
        content[at] ^= 0x41
        broken.write_bytes(content)
        done = runlake("--store", empty, "runs", "restore", broken)
        if done.status == 0:  # padding, or a field of a tar header that nothing depends on
            subprocess.run(["rm", "-r", empty], check=True)
            continue
        assert done.status in (6, 7), (at, done.status, done.err)
        assert not (empty / "journal").exists() or not any(p.is_file() for p in (empty / "journal").rglob("*"))
    for size in (0, 1, 511, 512, 513, len(whole) // 2, len(whole) - 1024):
        broken = tmp_path / "broken.tar"
        broken.write_bytes(whole[:size])
        assert runlake("--store", empty, "runs", "restore", broken).status == 6, size
    assert runlake("--store", empty, "runs", "restore", tmp_path / "none.tar").status == 3


@pytest.mark.parametrize("path", ["../escape", "/etc/escape", "journal/../../escape", "journal//x", "surprise/x", "journal/a\\b", ""])
def test_strange_members_are_refused(store, runlake, tmp_path, path):
    folder = tmp_path / "made"
    folder.mkdir()
    manifest = {"format": "runlake.backup", "version": 1, "made_at": "2025-01-01T00:00:00Z", "files": [{"path": path, "bytes": 0, "sha256": hashlib.sha256(b"").hexdigest()}]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert runlake("runs", "restore", "--force", folder).status == 6
    assert not (tmp_path / "escape").exists()
    assert len(runlake("runs", "export", "--format", "jsonl").ok().out.splitlines()) == 2


def test_newer_backup_is_refused(store, runlake, tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"format": "runlake.backup", "version": 2, "files": []}))
    assert runlake("runs", "restore", "--force", folder).status == 7


def test_refuses_while_a_process_records(backup, runlake, runlake_bin, project, clean_env):
    with subprocess.Popen([runlake_bin, "run", "--stage", "busy", "--", "sh", "-c", "echo on; read line"], cwd=project, env=clean_env, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"on\n"
        assert runlake("runs", "restore", "--force", backup).status == 5
        child.communicate(b"x\n", timeout=300)


def test_consistent_while_recording_goes_on(project, runlake, runlake_bin, clean_env, tmp_path):
    """Every run that had ended before the backup is in it; every line in it is whole."""
    script = "import subprocess, sys\nfor i in range(30): subprocess.run([sys.argv[1], 'run', '--stage', f's{i}', '--', 'true'], check=True); print(i, flush=True)\n"
    with subprocess.Popen(["/usr/bin/python3", "-c", script, str(runlake_bin)], cwd=project, env=clean_env, stdout=subprocess.PIPE) as child:
        for round in range(5):
            ended = int(child.stdout.readline())
            path = tmp_path / f"b{round}"
            runlake("runs", "backup", path).ok()
            for segment in (path / "journal").rglob("*"):
                assert segment.is_dir() or segment.read_bytes().endswith(b"\n")
            other = tmp_path / f"s{round}"
            runlake("--store", other, "runs", "restore", path).ok()
            found = {json.loads(line)["stage"]: json.loads(line)["status"] for line in runlake("runs", "export", "--format", "jsonl", env={"RUNLAKE_STORE": other}).ok().out.splitlines()}
            assert all(found.get(f"s{i}") == "completed" for i in range(ended + 1)), (ended, found)
        child.stdout.read()
    assert child.returncode == 0
