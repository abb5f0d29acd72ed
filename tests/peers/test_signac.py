# SPDX-License-Identifier: Apache-2.0
"""One workspace, two tools: signac's own library reads what Runlake wrote, Runlake reads what signac wrote, and neither loses what the other keeps."""

import json
import subprocess

import peers
import pytest

POINTS = [
    {"a": 0},
    {"lr": 1e-05, "seed": 3, "on": True, "none": None, "text": "é\u2028\U0001f600\x7f\"\\/"},
    {"big": 123456789012345678901234567890, "f": 1e16, "g": 1.5e300, "h": 5e-324, "neg": -0.0, "whole": 1.0},
    {"nested": {"z": [1, 2.0, [], {}], "a": {"deep": [{"k": "v"}]}}, "empty": {}},
    {},
]


def run(major, project, code, *words):
    done = subprocess.run([peers.python_with_signac(major), "-c", code, *words], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def call(project, clean_env, runlake_bin):
    def go(*words, input=None, status=0):
        done = subprocess.run([runlake_bin, *words], cwd=project, env=clean_env, input=input, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        return json.loads(done.stdout) if "--json" in words and status == 0 else done

    return go


def test_signac_reads_what_runlake_wrote(project, call):
    made = {call("job", "new", "--json", "--state-point", "-", input=json.dumps(point))["job_id"]: point for point in POINTS}
    first = next(iter(made))
    call("job", "mark", first, "complete")
    code = (
        "import json, signac\n"
        "project = signac.get_project('.runs')\n"
        "print(json.dumps({job.id: [job.statepoint(), job.document()] for job in project}))\n"
        "for point in json.load(open('points.json')): assert project.open_job(point) in project, point\n"
    )
    (project / "points.json").write_text(json.dumps(POINTS))
    seen = json.loads(run(2, project, code))
    assert {job: found[0] for job, found in seen.items()} == made
    assert seen[first][1]["status"] == "complete"
    # What signac writes into the document stays, and so does what Runlake wrote.
    run(2, project, f"import signac\njob = signac.get_project('.runs').open_job(id='{first}')\njob.document['score'] = {{'mean': 0.1 + 0.2, 'n': [1, 2]}}\njob.document.extra = None\n")
    call("job", "mark", first, "failed", "--force")
    found = json.loads(run(2, project, f"import json, signac\nprint(json.dumps(signac.get_project('.runs').open_job(id='{first}').document()))"))
    assert found["score"] == {"mean": 0.1 + 0.2, "n": [1, 2]} and found["extra"] is None and found["status"] == "failed"


def test_the_bytes_are_signacs(project, call):
    theirs = project / "theirs"
    code = (
        "import json, os, signac\n"
        "project = signac.init_project('theirs')\n"
        "for point in json.load(open('points.json')):\n"
        "    job = project.open_job(point).init()\n"
        "    job.document.update({'z': point, 'a': [1.0, 'é']})\n"
    )
    (project / "points.json").write_text(json.dumps(POINTS))
    run(2, project, code)
    for point in POINTS:
        job = call("job", "new", "--json", "--state-point", "-", input=json.dumps(point))["job_id"]
        ours = project / ".runs" / "workspace" / job / "signac_statepoint.json"
        assert ours.read_bytes() == (theirs / "workspace" / job / "signac_statepoint.json").read_bytes()
    assert (project / ".runs" / ".signac" / "config").read_bytes() == (theirs / ".signac" / "config").read_bytes()
    # A document that signac wrote, written again with one more member: the rest byte for byte.
    job = next((theirs / "workspace").iterdir()).name
    (project / ".runs" / "workspace" / job / "signac_job_document.json").write_bytes((theirs / "workspace" / job / "signac_job_document.json").read_bytes())
    before = (theirs / "workspace" / job / "signac_job_document.json").read_bytes()
    call("job", "mark", job, "complete")
    after = (project / ".runs" / "workspace" / job / "signac_job_document.json").read_bytes()
    assert after.startswith(before[:-1] + b', "status": "complete"')


def test_runlake_reads_what_signac_wrote(project, call):
    code = (
        "import json, signac\n"
        "project = signac.init_project('.runs')\n"
        "for point in json.load(open('points.json')):\n"
        "    job = project.open_job(point).init()\n"
        "    job.document['loss'] = float('nan')\n"
        "project.update_cache()\n"
        "print(json.dumps({job.id: job.statepoint() for job in project}))\n"
    )
    (project / "points.json").write_text(json.dumps(POINTS))
    made = json.loads(run(2, project, code))
    listed = call("job", "list", "--json")
    assert {job["job_id"]: job["state_point"] for job in listed["jobs"]} == made and listed["left_out"] == []
    job = next(iter(made))
    call("job", "run", job, "--", "true")
    text = (project / ".runs" / "workspace" / job / "signac_job_document.json").read_text()
    assert text.startswith('{"loss": NaN, ')
    assert "complete" in run(2, project, f"import signac\nprint(signac.get_project('.runs').open_job(id='{job}').document['status'])")


def test_a_project_of_signac_in_the_repository_itself(project, call):
    run(2, project, "import signac\nproject = signac.init_project('.')\nfor n in range(5): project.open_job({'n': n}).init()\n")
    assert len(call("job", "list", "--json")["jobs"]) == 5
    made = call("job", "new", "--json", "--state-point", "-", input='{"n": 99}')
    assert "99" in run(2, project, f"import signac\nprint(signac.get_project().open_job(id='{made['job_id']}').sp.n)")
    assert not (project / ".runs").exists() and not (project / "runlake").exists()


def test_signac_1_is_read_and_migrated_by_signac(project, call):
    code = (
        "import json, signac\n"
        "project = signac.init_project('demo', root='.runs')\n"
        "for point in json.load(open('points.json')):\n"
        "    job = project.open_job(point); job.init(); job.document['n'] = 1\n"
        "print(json.dumps({job.id: job.statepoint() for job in project}))\n"
    )
    (project / "points.json").write_text(json.dumps(POINTS))
    made = json.loads(run(1, project, code))
    assert (project / ".runs" / "signac.rc").exists()
    listed = call("job", "list", "--json")
    assert {job["job_id"]: job["state_point"] for job in listed["jobs"]} == made and len(made) == len(POINTS)
    refused = call("job", "mark", next(iter(made)), "complete", status=7)
    assert "signac migrate" in refused.stderr
    run(2, project, "from signac.migration import apply_migrations\napply_migrations('.runs')\n")
    call("job", "mark", next(iter(made)), "complete")
    assert {job["job_id"] for job in call("job", "list", "--json")["jobs"]} == set(made)


def test_both_write_one_document_at_once(project, call, runlake_bin, clean_env):
    """signac takes no lock: what Runlake changes is read again when signac was faster, so that no write of Runlake's takes back what signac wrote before it."""
    job = call("job", "new", "--json", "--state-point", "-", input='{"a": 1}')["job_id"]
    for number in range(10):
        run(2, project, f"import signac\nsignac.get_project('.runs').open_job(id='{job}').document['k{number}'] = {number}\n")
        call("link", job, "--experiment", f"E00{number}")
    document = json.loads((project / ".runs" / "workspace" / job / "signac_job_document.json").read_text())
    assert [document[f"k{number}"] for number in range(10)] == list(range(10)) and document["aexp"]["experiment_id"] == "E009"
