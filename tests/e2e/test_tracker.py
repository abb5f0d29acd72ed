# SPDX-License-Identifier: Apache-2.0
"""`tracker bind` and `tracker sync`: pointers that hold nothing else, and offline runs sent on."""

import json
import os

import pytest
from kb_support import DATA, repo, validate  # noqa: F401


def document(repo, identifier):
    return json.loads((repo.path / f".runs/workspace/{identifier}/signac_job_document.json").read_text())


@pytest.fixture
def job(repo):
    repo.chain()
    return repo.job(status="running", condition="warmup", lr=0.1)


def test_noop_writes_events(repo, runlake, job):
    done = runlake("tracker", "bind", job[:8], "--project", "toy", "--json").ok().json
    pointer = done["tracker"]
    assert done["job_id"] == job and pointer == {"backend": "noop", "run_id": pointer["run_id"], "project": "toy", "group": "H001/E001/warmup"}
    assert len(pointer["run_id"]) == 12 and set(pointer["run_id"]) <= set("0123456789abcdef")
    assert document(repo, job)["tracker"] == pointer and document(repo, job)["status"] == "running"
    (line,) = (repo.path / f".runs/workspace/{job}/tracker_log/{pointer['run_id']}/events.jsonl").read_text().splitlines()
    event = json.loads(line)
    assert list(event) == ["timestamp", "event", "project", "group", "tags", "config", "notes", "offline"]
    assert event["event"] == "init_run" and event["tags"] == ["kind=experiment", "H001", "E001", "condition=warmup"]
    assert event["config"]["lr"] == 0.1 and event["config"]["job_id"] == job and event["config"]["aexp"]["experiment_id"] == "E001"
    assert event["config"]["frame"] == {"experiment_title": "A note", "hypothesis_statement": "Text."} and "**Experiment**: A note" in event["notes"]


def test_wandb_is_a_pointer(repo, runlake, job):
    done = runlake("tracker", "bind", job, "--backend", "wandb", "--project", "toy", "--run", "q7k2m9xa", "--url", "https://wandb.example/toy/runs/q7k2m9xa").ok()
    assert done.out == "bound wandb: run_id=q7k2m9xa group=H001/E001/warmup\nhttps://wandb.example/toy/runs/q7k2m9xa\n"
    assert document(repo, job)["tracker"] == {"backend": "wandb", "run_id": "q7k2m9xa", "url": "https://wandb.example/toy/runs/q7k2m9xa", "project": "toy", "group": "H001/E001/warmup"}
    runlake("tracker", "bind", job, "--backend", "wandb", "--project", "toy", "--run", "second").ok()
    assert document(repo, job)["tracker"]["run_id"] == "second" and "url" not in document(repo, job)["tracker"]


def test_mlflow_out_of_a_file_store(repo, runlake, job):
    store = DATA / "mlruns"
    if not store.exists():
        pytest.skip(f"no {store}")
    metas = sorted(path for path in store.glob("*/*/meta.yaml"))
    run_id = metas[0].parent.name
    runlake("tracker", "bind", job, "--backend", "mlflow", "--from", store, "--run", run_id[:12]).ok()
    pointer = document(repo, job)["tracker"]
    name = next(line.split(": ", 1)[1] for line in (metas[0].parent.parent / "meta.yaml").read_text().splitlines() if line.startswith("name: "))
    assert pointer["run_id"] == run_id and pointer["backend"] == "mlflow" and pointer["project"] == name
    assert str(store) not in json.dumps(document(repo, job))
    assert runlake("tracker", "bind", job, "--backend", "mlflow", "--from", store, "--run", "f" * 32).status == 3


@pytest.mark.parametrize("words, says", [
    (["--backend", "wandb"], "--project"), (["--backend", "wandb", "--project", "p"], "--run"), (["--backend", "mlflow"], "--run"), (["--run", "x"], "noop"), (["--from", "x"], "MLflow"), (["--backend", "neptune"], "neptune"),
    (["--backend", "wandb", "--project", "/home/me/p", "--run", "x"], "path"), (["--backend", "wandb", "--project", "p", "--run", "x", "--url", "file:///home/me/mlruns"], "path"),
    (["--backend", "wandb", "--project", "p", "--run", "x", "--url", "https://me:secret@host/x"], "secret"), (["--backend", "wandb", "--project", "p", "--run", "x", "--url", "https://host/x?token=abcdef123456"], "secret"),
    (["--backend", "wandb", "--project", "p", "--run", "x", "--url", "ftp://host/x"], "http"), (["--backend", "wandb", "--project", "a\nb", "--run", "x"], "control"), (["--backend", "wandb", "--project", "", "--run", "x"], "empty"),
])
def test_what_may_not_leave_the_machine_is_refused(repo, runlake, job, words, says):
    before = document(repo, job)
    done = runlake("tracker", "bind", job, *words)
    assert done.status == 2 and says in done.err, done.err
    assert document(repo, job) == before


def test_a_job_that_ended_is_promoted_again(repo, runlake):
    repo.chain()
    job = repo.job(status="complete", condition="warmup", document={"ended_at": "2026-06-03T11:48:09Z"})
    runlake("tracker", "bind", job, "--backend", "wandb", "--project", "toy", "--run", "q7k2m9xa").ok()
    entry = json.loads((repo.path / f".runlake/ledger/{job}.json").read_text())
    assert entry["tracker"] == {"backend": "wandb", "run_id": "q7k2m9xa", "project": "toy", "group": "H001/E001/warmup"}


def test_unknown_jobs_and_no_store(repo, runlake):
    assert runlake("tracker", "bind", "0123", "--project", "p").status == 3
    assert runlake("tracker", "sync").status == 3
    repo.run_store()
    assert runlake("tracker", "bind", "0123", "--project", "p").status == 3
    assert runlake("tracker", "bind", "../x", "--project", "p").status == 2


# Sync ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def python(tmp_path, clean_env):
    """A python3 that does what the test says when it is asked to sync."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def make(script):
        (folder / "python3").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "python3").chmod(0o755)
        return {"PATH": f"{folder}:{clean_env['PATH']}"}

    return make


@pytest.fixture
def offline(repo):
    first, second = repo.job(n=1), repo.job(n=2)
    paths = sorted([f"workspace/{first}/wandb/offline-run-20260603_1-a", f"workspace/{first}/wandb/offline-run-20260603_2-b", f"workspace/{second}/wandb/offline-run-20260603_3 c"])
    for path in paths:
        os.makedirs(repo.path / ".runs" / path)
    return paths


def test_sync_calls_wandb_for_each_folder(repo, runlake, python, offline, tmp_path):
    env = python(f'printf "%s|" "$@" >> {tmp_path}/calls; echo >> {tmp_path}/calls; echo done')
    dry = runlake("tracker", "sync", "--dry-run", env=env).ok()
    assert dry.out == "".join(f"would sync {path}\n" for path in offline) and not (tmp_path / "calls").exists()
    done = runlake("tracker", "sync", env=env).ok()
    assert done.out == "".join(f"synced {path}\n" for path in offline)
    assert (tmp_path / "calls").read_text().splitlines() == [f"-m|wandb|sync|{repo.path}/.runs/{path}|" for path in offline]


def test_sync_tells_failures(runlake, python, offline):
    done = runlake("tracker", "sync", "--json", env=python('case "$4" in *-b) echo "no network" >&2; exit 3;; esac'))
    assert done.status == 1 and done.json["ok"] is False
    assert [run["status"] for run in done.json["runs"]] == [3 if path.endswith("-b") else 0 for path in offline]
    assert "no network" in done.out
    done = runlake("tracker", "sync", env=python('echo "python3: No module named wandb" >&2; exit 1'))
    assert done.status == 1 and "(127): python3 has no module wandb" in done.out
    done = runlake("tracker", "sync", env={"PATH": "/nonexistent"})
    assert done.status == 1 and "(127): python3 was not found" in done.out


def test_sync_of_nothing(repo, runlake):
    repo.job(n=1)
    assert runlake("tracker", "sync").ok().out == "no offline runs\n"
