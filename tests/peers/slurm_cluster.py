# SPDX-License-Identifier: Apache-2.0
"""A Slurm of one node on loopback: its own key, configuration, folders and ports, started as root and taken down again."""
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from ports import free_ports

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")


def absent():
    """Why no cluster can be started here, or None."""
    missing = [name for name in PROGRAMS if find(name) is None]
    if missing:
        return f"{' and '.join(missing)} not installed (make test-peers installs Slurm)"
    return None if os.geteuid() == 0 else "Slurm's daemons want to be started as root"


def find(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")


CONFIGURATION = """\
ClusterName=runlake
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,defer_batch
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
GresTypes=gpu
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=5
MinJobAge={memory}
SlurmctldTimeout=300
SlurmdTimeout=300
InactiveLimit=0
Waittime=0
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=512 Gres=gpu:3 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


class Cluster:
    """Holds the daemons; environment() is what a client of it needs."""

    def __init__(self, memory=300):
        self.folder = Path(tempfile.mkdtemp(prefix="runlake-slurm."))
        self.daemons = []
        os.chmod(self.folder, 0o755)
        try:
            self.start(memory)
        except BaseException:
            self.close()
            raise

    def start(self, memory):
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(1024))
        key.chmod(0o400)
        controller, node = free_ports(2)
        text = CONFIGURATION.format(host=socket.gethostname().split(".")[0], folder=self.folder, controller=controller, node=node, memory=memory)
        (self.folder / "slurm.conf").write_text(text)
        # GPUs, as far as handing them out goes: any device file will do.
        (self.folder / "gres.conf").write_text("".join(f"Name=gpu File={device}\n" for device in ("/dev/null", "/dev/zero", "/dev/full")))
        self.spawn("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self.folder}/munge.socket", f"--pid-file={self.folder}/munged.pid",
                   f"--log-file={self.folder}/munged.log", f"--seed-file={self.folder}/munged.seed")
        self.until(lambda: (self.folder / "munge.socket").exists(), "munged")
        self.spawn("slurmctld", "-D", "-i", "-f", str(self.folder / "slurm.conf"))
        self.spawn("slurmd", "-D", "-f", str(self.folder / "slurm.conf"))
        self.until(lambda: "idle" in self.ask("sinfo", "--noheader", "--format=%T"), "the node")

    def spawn(self, name, *words):
        log = open(self.folder / f"{name}.out", "wb")
        self.daemons.append(subprocess.Popen([find(name), *words], env=self.environment(os.environ), stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        log.close()

    def environment(self, base):
        kept = {name: value for name, value in base.items() if not name.startswith(("SLURM_", "SBATCH_", "SQUEUE_"))}
        return {**kept, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def ask(self, *words):
        done = subprocess.run([find(words[0]), *words[1:]], env=self.environment(os.environ), capture_output=True, text=True, timeout=300, check=False)
        return done.stdout

    def until(self, is_so, what, seconds=300):
        end = time.monotonic() + seconds
        while not is_so():
            for daemon in self.daemons:
                assert daemon.poll() is None, f"{daemon.args[0]} ended with {daemon.returncode}\n{self.logs()}"
            assert time.monotonic() < end, f"waiting for {what}: not within {seconds} s\n{self.logs()}"
            threading.Event().wait(0.05)

    def logs(self):
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in sorted(self.folder.glob("*.log")) + sorted(self.folder.glob("*.out")))

    def close(self):
        if self.daemons:
            self.ask("scancel", "--full", "--signal=KILL", "--user=root")
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
