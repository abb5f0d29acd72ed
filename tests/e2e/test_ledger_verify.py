# SPDX-License-Identifier: Apache-2.0
"""`ledger verify` and merges: each thing that can be wrong with an entry is told, and two machines that finished one job agree in the end."""

import json

import pytest
from ledger_support import FLAT, LINK, WARM, beside, clone, commit_all, entry, extra, git, ledger, make_jobs, make_ledger

RUN = "0123abcd-0000-4000-8000-000000000001"


def run_entry(**more):
    return {"schema": "runlake.run/1", "run_id": RUN, "rule": "asked", "status": "complete", "stage": "fit", "promoted_at": "2026-06-03T11:48:10Z", "registered_machine": "cluster", **more}


def codes(result):
    assert result.status == (1 if [one for one in result.json["findings"] if not one["fixed"]] else 0)
    return [one["code"] for one in result.json["findings"]]


@pytest.fixture
def verify(runlake):
    return lambda *words: runlake("--json", "ledger", "verify", *words)


def test_a_good_ledger(runlake, project, verify):
    assert verify().ok().json["entries"] == 0
    make_ledger.write(ledger(project), make_ledger.entry(WARM))
    make_ledger.write(project / ".aexp" / "ledger", make_ledger.entry(FLAT))
    make_ledger.write(ledger(project), run_entry(), RUN)
    result = runlake("ledger", "verify").ok()
    assert result.out == "OK 3 entries\n"
    assert not (project / ".runlake" / "cache").exists()


@pytest.mark.parametrize("wrong, code", [
    ({"schema_version": 99}, "newer"),
    ({"job_id": "0" * 32}, "corrupt"),
    ({"statepoint": {"seed": 2}}, "corrupt"),
    ({"status": "running"}, "corrupt"),
    ({"run_link": {"experiment_id": "E001", "experiment_path": "/home/ada/kb/E001.md"}}, "path"),
    ({"tracker": {"backend": "wandb", "url": "https://ada:secret@wandb.example/x"}}, "secret"),
    ({"hostname": "node17"}, "member"),
])
def test_what_is_wrong_with_an_entry(project, verify, wrong, code):
    path = make_ledger.write(ledger(project), {**make_ledger.entry(WARM), **wrong}, make_ledger.job_id(WARM))
    result = verify()
    assert codes(result) == [code]
    (finding,) = result.json["findings"]
    assert finding["path"] == str(path) and finding["id"] == path.stem and "ada" not in finding["message"]


def test_a_path_in_a_state_point(project, verify):
    state_point = {"data": "C:\\data\\x.csv", "seed": 1}
    make_ledger.write(ledger(project), make_ledger.entry(state_point))
    assert codes(verify()) == ["path"]
    identity = make_ledger.job_id(state_point)
    make_ledger.write(extra(project), {"schema": "runlake.extra/1", "id": identity, "status": "complete", "promoted_at": "2026-06-03T11:48:10Z", "registered_machine": "cluster", "allow_paths": True}, identity)
    assert codes(verify()) == []


def test_other_files(project, verify):
    make_ledger.write(ledger(project), {"a": 1}, "notes")
    make_ledger.write(ledger(project), {"a": 1}, "0" * 32)
    (ledger(project) / "README.md").write_text("words\n")
    make_ledger.write(extra(project), {"schema": "runlake.extra/1", "id": "1" * 32, "status": "complete", "promoted_at": "2026-06-03T11:48:10Z", "registered_machine": "c"}, "1" * 32)
    make_ledger.write(extra(project), {"schema": "runlake.extra/1", "id": "0" * 32, "status": "complete", "promoted_at": "2026-06-03T11:48:10Z", "registered_machine": "c"}, "0" * 32)
    make_ledger.write(project / ".aexp" / "ledger", run_entry(), RUN)
    assert sorted(codes(verify())) == ["corrupt", "corrupt", "corrupt", "orphan"]


def test_garbage_is_no_entry(runlake, project, verify):
    make_ledger.write(ledger(project), make_ledger.entry(WARM))
    for text in ("", "{", "[]", "null", "NaN", '{"schema_version": NaN}', "[" * 100000, '{"a": 1, "a": 2}', "\x00\x01"):
        (ledger(project) / f"{'a' * 32}.json").write_text(text)
        assert codes(verify()) == ["corrupt"]
        assert runlake("--json", "ledger", "show").ok().json["jobs"] == 1


def test_the_job_here_says_otherwise(runlake, project, verify):
    job = make_jobs.job(project, FLAT, aexp=LINK)
    runlake("ledger", "promote", job).ok()
    assert codes(verify()) == []
    make_jobs.change(project, job, status="failed", wallclock_s=1.0)
    (finding,) = verify().json["findings"]
    assert finding["code"] == "disagrees" and "status" in finding["message"] and "wallclock_s" in finding["message"]
    make_jobs.change(project, job, status="running")
    assert "is running" in verify().json["findings"][0]["message"]
    runlake("ledger", "promote", job, "--machine-label", "cluster")
    make_jobs.change(project, job, status="complete")
    runlake("ledger", "promote", job, "--machine-label", "cluster").ok()
    make_jobs.change(project, job, status="failed")
    assert codes(verify()) == []  # another machine's entry tells of another execution


def test_the_journal_here_says_otherwise(runlake, project, verify):
    runlake("run", "--stage", "fit", "--param", "lr=0.5", "--", "true").ok()
    (run,) = runlake("--json", "runs", "list").ok().json["runs"]
    runlake("ledger", "promote", "--run", run["run_id"]).ok()
    assert codes(verify()) == []
    path = ledger(project) / f"{run['run_id']}.json"
    path.write_text(path.read_text().replace('"complete"', '"failed"'))
    assert codes(verify()) == ["disagrees"]
    runlake("ledger", "promote", "--run", run["run_id"]).ok()
    assert codes(verify()) == []


# Merges ---------------------------------------------------------------------------------------------------------------------------


def conflicted(project, **theirs):
    """A text as `git merge` leaves it when nothing tells it better."""
    ours = make_ledger.entry(WARM, machine="laptop", ended_at="2026-06-03T12:00:00Z")
    other = {**make_ledger.entry(WARM, machine="cluster", ended_at="2026-06-03T11:00:00Z"), **theirs}
    a, b = (json.dumps(one, indent=2, sort_keys=True).splitlines() for one in (ours, other))
    lines = []
    for left, right in zip(a, b):
        lines += [left] if left == right else ["<<<<<<< HEAD", left, "=======", right, ">>>>>>> origin/main"]
    path = ledger(project) / f"{make_ledger.job_id(WARM)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path, ours, other


def test_a_file_with_both_sides_is_read_as_both(runlake, project, verify):
    path, _, theirs = conflicted(project)
    before = path.read_bytes()
    shown = runlake("--json", "ledger", "show", path.stem).ok().json
    assert shown["conflicted"] is True and shown["entry"] == theirs
    (row,) = runlake("--json", "runs", "list", "--all-machines").ok().json["runs"]
    assert row["machine"] == "cluster"
    assert codes(verify()) == ["conflict"] and path.read_bytes() == before
    fixed = verify("--fix")
    assert codes(fixed) == ["conflict"] and fixed.json["ok"] is True
    assert json.loads(path.read_text()) == theirs and codes(verify()) == []


def test_a_complete_one_stands_before_one_that_failed(runlake, project, verify):
    path, ours, _ = conflicted(project, status="failed")
    verify("--fix").ok()
    assert json.loads(path.read_text()) == ours


def test_promotion_waits_for_the_merge(runlake, project, verify):
    conflicted(project)
    job = make_jobs.job(project, WARM)
    result = runlake("ledger", "promote", job)
    assert result.status == 4 and "--fix" in result.err
    verify("--fix")
    runlake("ledger", "promote", job, "--machine-label", "laptop").ok()


@pytest.mark.parametrize("text", ["<<<<<<< HEAD\n{}\n", "<<<<<<< HEAD\n{\n=======\n[\n>>>>>>> x\n"])
def test_sides_of_which_nothing_can_be_made(project, verify, text):
    path = ledger(project) / f"{make_ledger.job_id(WARM)}.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert codes(verify("--fix")) == ["conflict"]
    assert path.read_text() == text


@pytest.mark.parametrize("driver", [True, False], ids=["driver", "markers"])
def test_two_machines_that_finished_one_job(runlake, project, clean_env, tmp_path, driver):
    env = clean_env
    if driver:
        runlake("install", "--machine-label", "laptop").ok()
        commit_all(project, env, "install")
    laptop, cluster = project, clone(project, env, tmp_path / "cluster")
    if driver:
        runlake("install", "--machine-label", "cluster", cwd=cluster).ok()
    for place, label, ended in ((laptop, "laptop", "12:00"), (cluster, "cluster", "11:00")):
        job = make_jobs.job(place, WARM, ended_at=f"2026-06-03T{ended}:00Z", summary_metrics={"loss": 0.5 if label == "laptop" else 0.25})
        runlake("ledger", "promote", job, "--machine-label", label, cwd=place).ok()
        git(place, env, "add", ".runlake/ledger", ".runlake/ledger-extra")
        git(place, env, "commit", "-q", "-m", label)
    git(cluster, env, "push", "-q")
    git(laptop, env, "config", "pull.rebase", "false")
    pulled = git(laptop, env, "pull", "-q", "--no-edit", check=False)
    if driver:
        assert pulled.returncode == 0, pulled.stderr
    else:
        assert pulled.returncode != 0 and "<<<<<<<" in (ledger(laptop) / f"{job}.json").read_text()
        assert runlake("--json", "ledger", "show", job).ok().json["entry"]["registered_machine"] == "cluster"
        assert runlake("--json", "ledger", "verify", "--fix").ok().json["ok"] is True
        git(laptop, env, "add", "-A", ".runlake")
        git(laptop, env, "commit", "-q", "-m", "merged")
    assert entry(laptop, job)["registered_machine"] == "cluster" and beside(laptop, job)["metrics"]["loss"]["value"] == 0.25
    assert json.loads(git(laptop, env, "show", f"HEAD:.runlake/ledger/{job}.json").stdout)["registered_machine"] == "cluster"
    git(laptop, env, "push", "-q")
    git(cluster, env, "pull", "-q")
    assert (ledger(cluster) / f"{job}.json").read_bytes() == (ledger(laptop) / f"{job}.json").read_bytes()


def test_the_merge_driver_refuses_what_are_no_entries(runlake, project):
    for name, text in (("base", "{}"), ("ours", '{"a": 1}'), ("theirs", '{"a": 2}')):
        (project / name).write_text(text)
    assert runlake("__merge-ledger", "base", "ours", "theirs").status == 6
    assert (project / "ours").read_text() == '{"a": 1}'
