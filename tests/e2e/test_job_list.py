# SPDX-License-Identifier: Apache-2.0
"""`job list`, `job show`, `job batches`, `job mark`: what is told of jobs, also of damaged ones and of other tools' workspaces."""

import json
import os
import shutil

import pytest
from job_support import DATA, document, folder, job_id, new, write_experiment  # noqa: F401


def ids(result):
    return [job["job_id"] for job in result.ok().json["jobs"]]


@pytest.fixture
def three(new):  # noqa: F811
    points = [{"experiment_id": "E001", "seed": 0, "condition": "warm"}, {"experiment_id": "E001", "seed": 1.0}, {"experiment_id": "E002", "seed": "1", "m": {"k": 2}}]
    return [new(point) for point in points]


def test_filters_compare_values(runlake, three):
    assert ids(runlake("job", "list", "--json")) == sorted(three)
    assert ids(runlake("job", "list", "--json", "--sp", "seed=1")) == [three[1]]
    assert ids(runlake("job", "list", "--json", "--sp", "seed='1'")) == [three[2]]
    assert ids(runlake("job", "list", "--json", "--sp", "m.k=2.0")) == [three[2]]
    assert ids(runlake("job", "list", "--json", "--experiment", "E001", "--sp", "condition=warm")) == [three[0]]
    assert ids(runlake("job", "list", "--json", "--hypothesis", "H001")) == []
    assert ids(runlake("job", "list", "--json", "--status", "created", "--status", "failed")) == sorted(three)
    assert runlake("job", "list", "--status", "complete").ok().out == "No jobs match.\n"
    wrong = runlake("job", "list", "--status", "completed")
    assert wrong.status == 2 and "did you mean complete?" in wrong.err


def test_the_table(runlake, three):
    out = runlake("job", "list").ok().out
    rows = [line for line in out.splitlines() if line.startswith("│")]
    assert len(rows) == 3
    warm = next(row for row in rows if three[0][:8] in row)
    assert [cell.strip() for cell in warm.strip("│").split("│")] == [three[0][:8], "E001", "-", "created", "warm", "-"]


def test_without_a_run_store(runlake):
    result = runlake("job", "list")
    assert result.status == 3 and "runlake job new" in result.err
    assert runlake("job", "show", "abcd").status == 3


def test_prefixes(runlake, three, new):  # noqa: F811
    for number in range(40):
        new({"n": number})
    every = ids(runlake("job", "list", "--json"))
    first = next(a for a in every if sum(b[0] == a[0] for b in every) > 1)[0]
    ambiguous = runlake("job", "show", first)
    assert ambiguous.status == 4 and "begin with it" in ambiguous.err
    for hostile in ("../..", "x", "", "A" * 8, "0" * 33):
        assert runlake("job", "show", hostile).status == 2, hostile
    assert runlake("job", "show", "0" * 32).status == 3


def test_damaged_jobs_are_named_and_the_others_listed(runlake, three, project):
    (folder(project, three[0]) / "signac_statepoint.json").write_text('{"seed": 5}')
    (folder(project, three[1]) / "signac_job_document.json").write_text('{"status": "comp')
    result = runlake("job", "list", "--json")
    assert ids(result) == [three[2]]
    assert {job["job_id"] for job in result.json["left_out"]} == {three[0], three[1]}
    assert "left out" in result.err and job_id({"seed": 5}) in result.err
    assert runlake("job", "show", three[0]).status == 6
    assert runlake("job", "mark", three[1], "failed").status == 6
    assert (folder(project, three[1]) / "signac_job_document.json").read_text() == '{"status": "comp'
    (folder(project, three[2]) / "signac_statepoint.json").write_text("[" * 100000)
    assert ids(runlake("job", "list", "--json")) == []


def test_a_document_of_a_python_program_is_kept(runlake, new, project):  # noqa: F811
    job = new({"a": 1})
    path = folder(project, job) / "signac_job_document.json"
    path.write_text('{"loss": NaN, "best": -Infinity, "name": "\\ud83d\\ude00", "nested": {"z": [1.50, 1E3]}}')
    runlake("job", "mark", job, "complete").ok()
    text = path.read_text()
    assert text.startswith('{"loss": NaN, "best": -Infinity, "name": "\\ud83d\\ude00", "nested": {"z": [1.5, 1000.0]}, "status": "complete", "ended_at": "')


def test_show(runlake, new, project):  # noqa: F811
    job = new({"experiment_id": "E001", "b": [1, 2.0], "a": "x\u001b[31m"})
    path = folder(project, job) / "signac_job_document.json"
    path.write_text(json.dumps({**document(project, job), "status": "failed", "started_at": "2026-01-01T00:00:00Z", "queue": {"queued_at": "x", "last_error": {
        "returncode": 3, "stderr_tail": "Traceback\nValueError: no", "failed_at": "2026-01-01T00:00:05Z"}},
        "tracker": {"backend": "wandb", "run_id": "r", "url": "https://x/y", "project": None, "group": None}}))  # fmt: skip
    out = runlake("job", "show", job[:10]).ok().out
    for part in (job, "failed", "return code 3", "ValueError: no", "https://x/y", '  b = [1,2.0]', f".runs/workspace/{job}"):
        assert part in out, out
    assert "\x1b" not in out
    shown = runlake("job", "show", job, "--json").ok().json
    assert shown["version"] == 1 and shown["stderr_tail"] == "Traceback\nValueError: no" and shown["life"] == "idle"


def test_an_odd_status_is_shown_as_it_is(runlake, new, project):  # noqa: F811
    job = new({"a": 1})
    (folder(project, job) / "signac_job_document.json").write_text('{"status": ["x"]}')
    assert runlake("job", "list", "--json").ok().json["jobs"][0]["status"] == '["x"]'
    runlake("job", "mark", job, "failed").ok()


def test_batches(runlake, new):  # noqa: F811
    for seed in range(3):
        new({"experiment_id": "E001", "condition": "warm", "seed": seed})
    new({"experiment_id": "E001", "seed": 7})
    new({"experiment_id": "E001", "condition": None, "seed": 8})
    new({"experiment_id": "E001", "condition": 3})
    new({"other": 1})
    found = runlake("job", "batches", "--json", "--experiment", "E001").ok().json["batches"]
    assert [(batch["selector"], len(batch["jobs"])) for batch in found] == [({}, 2), ({"condition": "warm"}, 3), ({"condition": 3}, 1)]
    assert found[1]["batch"] == "_/E001/warm" and found[1]["statuses"] == {"created": 3} and found[0]["batch"] is None
    assert "created 3" in runlake("job", "batches").ok().out


def test_mark(runlake, new, project):  # noqa: F811
    job = new({"experiment_id": "E001"})
    assert runlake("job", "mark", job, "complete").ok().out == f"{job[:8]}: created -> complete\n"
    done = document(project, job)
    assert done["status"] == "complete" and len(done["ended_at"]) == 20
    assert runlake("job", "mark", job, "complete").ok().out == f"{job[:8]}: already complete\n"
    for word in ("failed", "stopped", "abandoned"):
        refused = runlake("job", "mark", job, word)
        assert refused.status == 4 and "complete" in refused.err
    assert document(project, job) == done, "a complete job stays complete"
    runlake("job", "mark", job, "failed", "--force").ok()
    assert document(project, job)["status"] == "failed"
    assert runlake("job", "mark", job, "running").status == 2


def test_the_ledger_has_the_end_with_its_times(runlake, new, project):  # noqa: F811
    write_experiment(project)
    job = new({"experiment_id": "E001"}, "--experiment", "E001")
    runlake("job", "mark", job, "failed").ok()
    entry = json.loads((project / ".runlake" / "ledger" / f"{job}.json").read_text())
    assert entry["status"] == "failed" and entry["ended_at"] == document(project, job)["ended_at"]
    runlake("link", job, "--experiment", "E002").ok()
    entry = json.loads((project / ".runlake" / "ledger" / f"{job}.json").read_text())
    assert entry["run_link"]["experiment_id"] == "E002"


def test_a_ledger_that_cannot_be_written_does_not_reach_the_job(runlake, new, project):  # noqa: F811
    job = new({"experiment_id": "E001"})
    (project / ".runlake").mkdir(exist_ok=True)
    (project / ".runlake" / "ledger").write_text("in the way")
    result = runlake("job", "mark", job, "complete").ok()
    assert document(project, job)["status"] == "complete"
    assert len([line for line in result.err.splitlines() if "is not in the ledger" in line]) == 1


def test_a_workspace_that_signac_wrote(runlake, project):
    source = DATA / "signac" / "house-price-workspace"
    if not source.exists():
        pytest.skip(f"no workspace at {source}")
    shutil.copytree(source, project / ".runs" / "workspace")
    (project / ".runs" / ".signac").mkdir()
    (project / ".runs" / ".signac" / "config").write_text("schema_version = 2\n")
    listed = runlake("job", "list", "--json").ok().json
    names = sorted(os.listdir(source))
    found = {job["job_id"]: job for job in listed["jobs"]}
    left = {job["job_id"] for job in listed["left_out"]}
    assert sorted([*found, *left]) == names
    for name in names:
        point = json.loads((source / name / "signac_statepoint.json").read_text())
        # What was edited by hand after signac made it is told apart from what was not.
        assert (name in found) == (job_id(point) == name)
        if name in found:
            assert found[name]["state_point"] == point
