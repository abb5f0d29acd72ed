# SPDX-License-Identifier: Apache-2.0
"""A real SSH server on a loopback port, with keys of its own and nothing of this machine's configuration: Debian's sshd, run as a child in the foreground."""
import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ports import free_port

SOURCE = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2]))
UNPACKED = SOURCE / ".deps" / "peers"
# As root, sshd would want a user and folders that only its package makes, so it runs as one who is nobody, and who alone can log in then. That account is locked, which only PAM overlooks for a key.
USER = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name


def sshd():
    """The server's program; None when it is not there."""
    for path in (shutil.which("sshd", path="/usr/sbin:/usr/local/sbin"), UNPACKED / "usr" / "sbin" / "sshd"):
        if path and Path(path).exists():
            return str(path)
    return None


def missing():
    absent = [name for name, path in (("sshd", sshd()), ("ssh", shutil.which("ssh")), ("ssh-keygen", shutil.which("ssh-keygen"))) if not path]
    return f"{' and '.join(absent)} not there (make test-peers unpacks Debian's openssh-server)" if absent else None


@dataclass
class SshServer:
    """Where it listens, and as whom one logs in. `folder` is one that this user may write to."""

    user: str
    port: int
    key: Path  # private; ssh wants it readable by its owner alone, who is the caller
    known_hosts: Path
    config: Path  # for `ssh -F`: the key, the hosts, and nothing else
    folder: Path
    log: Path

    def program(self, folder):
        """A program `ssh` in `folder` that adds -F: put it first on the PATH."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "ssh"
        path.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F "{self.config}" "$@"\n')
        path.chmod(0o755)
        return path


def _environment():
    libraries = [str(path) for path in (UNPACKED / "usr" / "lib").glob("*-linux-*")] + [str(path) for path in (UNPACKED / "lib").glob("*-linux-*")]
    return {"PATH": "/usr/sbin:/usr/bin:/bin", "LD_LIBRARY_PATH": ":".join(libraries)}


@contextlib.contextmanager
def serve(work):
    """`with serve(tmp_path) as server:`; every folder on the way to `work` must let others through, as pytest's do not: a folder in /tmp of its own is used for what the server's user touches."""
    work = Path(work)
    ground = Path(subprocess.run(["mktemp", "-d", "/tmp/runlake-sshd-XXXXXX"], check=True, capture_output=True, text=True).stdout.strip())
    ground.chmod(0o755)
    server = None
    try:
        own, data = ground / "sshd", ground / "data"
        own.mkdir(mode=0o700)
        data.mkdir(mode=0o700)
        for path in (ground / "host", work / "id"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)], check=True)
        for name in ("host", "host.pub"):
            shutil.move(ground / name, own / name)
        shutil.copy(work / "id.pub", own / "authorized_keys")
        port = free_port()
        log = own / "log"
        pam = "yes" if os.getuid() == 0 else "no"
        (own / "config").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {own}/host\nPidFile none\nAuthorizedKeysFile {own}/authorized_keys\nStrictModes no\nUsePAM {pam}\nPasswordAuthentication no\n"
            f"KbdInteractiveAuthentication no\nAllowUsers {USER}\nSubsystem sftp internal-sftp\nMaxStartups 100\nMaxSessions 100\nLogLevel ERROR\n"
        )
        if os.getuid() == 0:
            nobody = pwd.getpwnam(USER)
            for path in (own, data, *own.iterdir()):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
            identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        else:
            identity = {}
        # It starts itself anew for each connection, so it wants its whole path.
        server = subprocess.Popen([sshd(), "-D", "-f", str(own / "config"), "-E", str(log)], env=_environment(), cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **identity)
        key = (own / "host.pub").read_text().split()
        hosts = work / "known_hosts"
        hosts.write_text(f"[127.0.0.1]:{port} {key[0]} {key[1]}\n")
        config = work / "ssh_config"
        config.write_text(f"Host *\n  IdentityFile {work}/id\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile {hosts}\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n")
        end = time.monotonic() + 300
        while True:
            assert server.poll() is None, f"sshd ended: {log.read_text() if log.exists() else ''}"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < end, "sshd does not answer"
            time.sleep(0.05)
        yield SshServer(USER, port, work / "id", hosts, config, data, log)
    finally:
        if server is not None:
            server.terminate()
            server.wait(timeout=300)
        shutil.rmtree(ground, ignore_errors=True)
