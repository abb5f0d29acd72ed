# SPDX-License-Identifier: Apache-2.0
"""`job new` and `link`: what a job is made of, the bytes that are written, and what is refused."""

import json
import subprocess

import pytest
from job_support import DATA, document, folder, job_id, new, state_point, write_experiment  # noqa: F401


def git(project, env, *words):
    return subprocess.run(["git", *words], cwd=project, env=env, check=True, capture_output=True, text=True).stdout.strip()


def test_the_state_point_is_built_in_order(runlake, project, clean_env):
    write_experiment(project)
    made = runlake("job", "new", "--json", "--experiment", "E001", "--hypothesis", "H001", "--sp", "condition=warm", "--sp", "seed=3").ok().json
    commit = git(project, clean_env, "rev-parse", "HEAD")
    expected = {
        "experiment_id": "E001", "hypothesis_id": "H001", "code_commit": commit, "code_dirty": True,  # the note is not committed
        "lr": 0.001, "steps": 500, "condition": "warm", "seed": 3,
    }  # fmt: skip
    job = made["job_id"]
    assert made["created"] is True and job == job_id(expected)
    text = (folder(project, job) / "signac_statepoint.json").read_bytes()
    assert text == json.dumps(expected).encode(), "order, spacing and escapes as Python writes them"
    done = document(project, job)
    assert list(done) == ["aexp", "status", "created_at"]
    assert done["aexp"] == {"experiment_id": "E001", "experiment_path": "kb/research/experiments/E001-*.md", "hypothesis_id": "H001", "sub_hypothesis_id": None}
    assert done["status"] == "created" and len(done["created_at"]) == 20
    again = runlake("job", "new", "--json", "--experiment", "E001", "--hypothesis", "H001", "--sp", "seed=3", "--sp", "condition=warm").ok().json
    assert again["job_id"] == job and again["created"] is False


def test_a_clean_tree_is_clean_and_another_commit_is_another_job(runlake, project, clean_env):
    write_experiment(project)
    git(project, clean_env, "add", "-A")
    git(project, clean_env, "commit", "-qm", "note")
    one = runlake("job", "new", "--json", "--experiment", "E001").ok().json
    assert one["state_point"]["code_dirty"] is False
    assert git(project, clean_env, "status", "--porcelain") == "", "a job does not show in git"
    (project / "code.py").write_text("print('other')\n")
    git(project, clean_env, "commit", "-qam", "more")
    two = runlake("job", "new", "--json", "--experiment", "E001").ok().json
    assert one["job_id"] != two["job_id"]
    plain = runlake("job", "new", "--json", "--experiment", "E001", "--no-commit").ok().json
    assert plain["state_point"] == {"experiment_id": "E001"}


def test_values_are_typed(runlake, project):
    words = ["i=1", "f=1.0", "e=1e-5", "t=true", "n=null", "s=text", "q='1'", 'd="true"', "neg=-3", "big=123456789012345678901234567890", "u=é", "c='a=1,b=2'"]
    made = runlake("job", "new", "--json", "--experiment", "E001", "--no-commit", *[part for word in words for part in ("--sp", word)]).ok()
    expected = {"experiment_id": "E001", "i": 1, "f": 1.0, "e": 1e-5, "t": True, "n": None, "s": "text", "q": "1", "d": "true", "neg": -3,
                "big": 123456789012345678901234567890, "u": "é", "c": "a=1,b=2"}  # fmt: skip
    assert made.json["job_id"] == job_id(expected)
    found = state_point(project, made.json["job_id"])
    assert found == expected and {k: type(v) for k, v in found.items()} == {k: type(v) for k, v in expected.items()}
    assert "E001" in made.err and "there is no kb/research/experiments/E001-*.md" in made.err


@pytest.mark.parametrize("words, says", [
    (["--experiment", "E1"], "no id of an experiment"),
    (["--experiment", "E001", "--hypothesis", "X"], "no id of a hypothesis"),
    (["--experiment", "E001", "--sp", "a.b=1"], "has a dot"),
    (["--experiment", "E001", "--sp", "a=nan"], "can't hold the number nan"),
    (["--experiment", "E001", "--sp", "a=-.inf"], "can't hold the number"),
    (["--experiment", "E001", "--sp", "a=1", "--sp", "a=2"], "given twice"),
    (["--experiment", "E001", "--sp", "a=1,b=2"], "several values in one word"),
    (["--experiment", "E001", "--sp", "a"], "name=value"),
    ([], "of which experiment?"),
    (["--hypothesis", "H001"], "want --experiment"),
])  # fmt: skip
def test_what_is_refused_changes_nothing(runlake, project, words, says):
    result = runlake("job", "new", "--no-commit", *words)
    assert result.status == 2 and says in result.err, result.err
    assert not (project / ".runs").exists()


@pytest.mark.parametrize("text, says", [
    ("[1]", "no JSON object"), ('{"a": NaN}', "line 1"), ('{"a": 1', "ends too early"), ('{"a.b": 1}', "has a dot"), ('{"a": {"": 1}}', "empty"),
    ('{"a": 1, "a": 2}', "twice"), ("[" * 5000, "nested"), ("", "too early"), ('{"a": 1e999}', "too large"),
])  # fmt: skip
def test_a_whole_state_point_that_is_none(runlake, project, text, says):
    result = runlake("job", "new", "--state-point", "-", input=text)
    assert result.status == 2 and says in result.err, result.err
    assert not (project / ".runs").exists()


def test_the_vectors_of_signac_go_through_the_binary(runlake, new, project):  # noqa: F811
    path = DATA / "signac" / "signac-id-vectors.json"
    if not path.exists():
        pytest.skip(f"no vectors at {path}")
    vectors = json.loads(path.read_text())
    assert len(vectors) >= 20
    for vector in vectors:
        result = runlake("job", "new", "--json", "--state-point", "-", input=vector["canonical"])
        if any("." in key for key in json.loads(vector["canonical"])):
            assert result.status == 2
            continue
        assert result.ok().json["job_id"] == vector["id"], vector
        assert json.loads((folder(project, vector["id"]) / "signac_statepoint.json").read_text()) == json.loads(vector["canonical"])


def test_it_is_taken_as_it_is(runlake, project):
    write_experiment(project)
    (project / "sp.json").write_text('{"condition": "warm", "z": 1, "a": {"b": []}}')
    made = runlake("job", "new", "--json", "--state-point", "sp.json", "--experiment", "E001").ok().json
    assert made["state_point"] == {"condition": "warm", "z": 1, "a": {"b": []}}
    assert made["document"]["aexp"]["experiment_id"] == "E001"
    assert runlake("job", "new", "--state-point", "sp.json", "--sp", "a=1").status == 2
    assert runlake("job", "new", "--state-point", "missing.json").status == 3


def test_a_path_or_a_secret_is_warned_of(runlake):
    result = runlake("job", "new", "--experiment", "E001", "--no-commit", "--sp", "data=/home/me/data.csv", "--sp", "api_key=abcdefgh12345678")
    assert result.status == 0
    assert "state point.data holds" in result.err and "state point.api_key holds" in result.err and "--allow-paths" in result.err
    assert "abcdefgh12345678" not in result.err


def test_link_says_where_a_job_belongs(runlake, new, project):  # noqa: F811
    job = new({"a": 1})
    path = folder(project, job) / "signac_job_document.json"
    path.write_text('{"limina": {"experiment_id": "E009"}, "mine":[1 ], "status":"created"}')
    assert runlake("job", "show", job[:6], "--json").ok().json["experiment"] == "E009"
    write_experiment(project)
    result = runlake("link", job[:6], "--experiment", "E001", "--sub-hypothesis", "H002").ok()
    assert result.out == f"linked {job[:8]} -> E001\n" and result.err == ""
    assert document(project, job) == {"mine": [1], "status": "created", "aexp": {
        "experiment_id": "E001", "experiment_path": "kb/research/experiments/E001-*.md", "hypothesis_id": None, "sub_hypothesis_id": "H002"}}  # fmt: skip
    assert runlake("link", job, "--experiment", "e1").status == 2
    assert runlake("link", "ffff", "--experiment", "E001").status == 3
    assert runlake("link", job).status == 2


def test_a_folder_without_a_repository_becomes_a_project(runlake, tmp_path):
    outside = tmp_path / "plain"
    outside.mkdir()
    runlake("job", "new", "--experiment", "E001", "--sp", "a=1", cwd=outside).ok()
    assert (outside / ".runs" / ".signac" / "config").read_text() == "schema_version = 2\n"
    (outside / "deep").mkdir()
    assert len(runlake("job", "list", "--json", cwd=outside / "deep").ok().json["jobs"]) == 1


def test_the_run_store_is_where_the_installation_says(runlake, project):
    (project / ".aexp").mkdir()
    (project / ".aexp" / "installed.json").write_text('{"run_store_path": "data/runs", "machine_label": "cluster"}')
    made = runlake("job", "new", "--json", "--experiment", "E001", "--no-commit").ok().json
    assert made["folder"] == f"data/runs/workspace/{made['job_id']}" and (project / made["folder"]).is_dir()
    runlake("job", "mark", made["job_id"], "complete").ok()
    assert (project / ".aexp" / "ledger" / f"{made['job_id']}.json").exists(), "the ledger is the repository's, wherever the run store is"
    assert not (project / ".runs").exists()


def test_twenty_processes_make_one_job(runlake_bin, clean_env, project, runlake):
    words = [runlake_bin, "job", "new", "--json", "--experiment", "E001", "--no-commit", "--sp", "a=1"]
    processes = [subprocess.Popen(words, cwd=project, env=clean_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(20)]
    answers = [json.loads(process.communicate()[0]) for process in processes]
    assert all(process.returncode == 0 for process in processes)
    assert len({answer["job_id"] for answer in answers}) == 1 and sum(answer["created"] for answer in answers) == 1
    assert [path.name for path in (project / ".runs" / "workspace").iterdir()] == [answers[0]["job_id"]]
    assert (project / ".runs" / ".gitignore").read_text() == "*\n"
