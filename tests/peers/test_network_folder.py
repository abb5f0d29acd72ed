# SPDX-License-Identifier: Apache-2.0
"""A store on a real network file system: two hosts, each with a mount of its own, share a folder of an SSH server by sshfs, which knows exclusive creation, links and renaming, and no locks."""
import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import ssh_server

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from run_support import end, wait_until  # noqa: E402

# A host is a mount namespace with a machine id and a host name of its own.
ENTER = 'mount --bind "$1" /etc/machine-id && hostname "$2" && cd "$3" && shift 3 && exec "$@"'
PIPELINE = """\
experiment_key: shared
stages:
  make:
    command: [sh, -c, "echo made > {out}/made.txt"]
    writes: [made.txt]
    code: []
  use:
    command: [sh, -c, "cat {run_dir}/made.txt {run_dir}/made.txt > {out}/used.txt"]
    reads: [made.txt]
    writes: [used.txt]
    code: []
"""


class Host:
    def __init__(self, name, mount, work, binary, env):
        self.name, self.mount, self.binary = name, mount, binary
        self.project = mount / "project"
        self.id_file = work / f"{name}-machine-id"
        self.id_file.write_text(name.encode().hex().ljust(32, "0") + "\n")
        home = work / f"{name}-home"
        home.mkdir()
        self.home = home
        self.env = {**env, "HOME": str(home)}

    def start(self, *words, **options):
        command = ["unshare", "--mount", "--uts", "sh", "-c", ENTER, "sh", str(self.id_file), self.name, str(self.project), str(self.binary), *map(str, words)]
        return subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    def run(self, *words, status=0):
        process = self.start(*words)
        out, err = process.communicate(timeout=300)
        assert process.returncode == status, (words, process.returncode, out, err)
        return out, err

    def lose(self):
        """The mount answers with an error from now on."""
        for entry in Path("/proc").iterdir():
            words = []
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it may end meanwhile
                words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if words and words[0].endswith(b"sshfs") and str(self.mount).encode() in words:
                os.kill(int(entry.name), 9)

    def ids(self):
        return {run["run_id"]: run["status"] for run in json.loads(self.run("--json", "runs", "list", "--limit", "1000")[0])["runs"]}


@pytest.fixture
def server(tmp_path):
    with ssh_server.serve(tmp_path) as running:
        yield running


@pytest.fixture
def hosts(server, tmp_path, runlake_bin, clean_env):
    made = []
    try:
        for name in ("laptop", "cluster"):
            mount = tmp_path / name
            mount.mkdir()
            # Without sshfs's own memory of names and stamps, as network file systems are mounted that several hosts write to at once.
            subprocess.run(["sshfs", "-F", str(server.config), "-p", str(server.port), "-o", "dir_cache=no,attr_timeout=0,entry_timeout=0,negative_timeout=0",
                            f"{server.user}@127.0.0.1:{server.folder}", str(mount)], check=True, timeout=300)
            made.append(Host(name, mount, tmp_path, runlake_bin, clean_env))
        made[0].project.mkdir()
        made[0].run("run", "--stage", "first", "--", "true")  # makes the store
        yield made
    finally:
        for host in made:
            subprocess.run(["fusermount3", "-u", "-z", str(host.mount)], check=False)


def test_two_hosts_record_at_once_and_nothing_is_lost(hosts):
    laptop, cluster = hosts
    each, wrong = 25, []

    def record(host):
        for number in range(each):
            process = host.start("run", "--stage", host.name, "--param", f"n={number}", "--", "sh", "-c", f"exit {number % 2}")
            _, err = process.communicate(timeout=300)
            if process.returncode != number % 2 or err:
                wrong.append((host.name, number, process.returncode, err))

    threads = [threading.Thread(target=record, args=(host,)) for host in (laptop, cluster, laptop, cluster)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    seen = laptop.ids()
    assert len(seen) == 4 * each + 1 and seen == cluster.ids()
    assert sorted(set(seen.values())) == ["completed", "failed"]
    # A journal a machine, and the database on a disk of the host's own.
    assert len([path for path in (laptop.project / ".runlake" / "journal").iterdir() if path.is_dir()]) == 2
    assert not (laptop.project / ".runlake" / "runs.duckdb").exists()
    assert list(laptop.home.rglob("runs.duckdb")) and list(cluster.home.rglob("runs.duckdb"))
    facts = json.dumps(json.loads(laptop.run("--json", "doctor")[0]))
    assert "fuse.sshfs" in facts


def test_a_killed_recorder_is_judged_by_its_own_host_alone(hosts):
    laptop, cluster = hosts
    process = cluster.start("run", "--stage", "long", "--", "sh", "-c", "echo up; exec sleep 600")
    assert process.stdout.readline() == "up\n"
    children = [int(word) for word in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    process.kill()
    process.wait(timeout=300)
    for child in children:
        end(child)
    (run_id,) = [run for run, state in laptop.ids().items() if state not in ("completed", "failed")]
    laptop.run("runs", "recover")
    assert laptop.ids()[run_id] in ("running", "unwatched")
    wait_until(lambda: cluster.run("runs", "recover") and cluster.ids()[run_id] == "abandoned", "the system to let the child go")
    assert laptop.ids()[run_id] == cluster.ids()[run_id] == "abandoned"


def test_two_hosts_run_one_pipeline(hosts):
    laptop, cluster = hosts
    (laptop.project / "pipeline.yaml").write_text(PIPELINE)
    out, _ = laptop.run("--json", "pipeline", "run", "pipeline.yaml")
    run_dir = Path(json.loads(out)["run_dir"]).relative_to(laptop.project)
    (laptop.project / "pipeline.yaml").write_text(PIPELINE.replace("echo made", "sleep 0.2; echo made again"))
    both = [host.start("--json", "pipeline", "run", "pipeline.yaml", "--run-dir", str(run_dir)) for host in hosts]
    answers = [(process.communicate(timeout=300), process.returncode) for process in both]
    assert all(status in (0, 5) for _, status in answers) and any(status == 0 for _, status in answers), answers
    for host in hosts:
        host.run("rundir", "verify", str(run_dir))
        assert (host.project / run_dir / "used.txt").read_text() == "made again\nmade again\n"
    again = json.loads(cluster.run("--json", "pipeline", "run", "pipeline.yaml", "--run-dir", str(run_dir))[0])
    assert {stage["action"] for stage in again["stages"]} == {"skip"}, again


def test_a_server_that_goes_away_stops_no_program(hosts, tmp_path):
    laptop, _ = hosts
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    process = laptop.start("run", "--stage", "cut", "--", "sh", "-c", f"echo up; read line < {gate}; echo done; exit 7")
    assert process.stdout.readline() == "up\n"
    laptop.lose()
    with open(gate, "w") as out:
        out.write("go\n")
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out) == (7, "done\n"), err
    assert "runlake" in err and err.count("\n") <= 3, err
