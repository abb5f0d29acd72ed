# SPDX-License-Identifier: Apache-2.0
"""What is put in the queue: state points, sweeps, tags; and what is not put there twice."""

import json
import subprocess

import pytest
from queue_support import add_experiment, queue  # noqa: F401


def points(done):
    return [{name: value for name, value in one["state_point"].items() if name not in ("experiment_id", "code_commit", "code_dirty")} for one in done.json["jobs"]]


def add(runlake, *words):
    return runlake("queue", "add", "--json", "--experiment", "E001", "--no-commit", *words)


def test_one_job(queue, runlake):  # noqa: F811
    done = runlake("queue", "add", "--experiment", "E001", "--sp", "lr=0.1", "--sp", "name='1'", "--tag", "t", "--", "true").ok()
    assert done.out.startswith("queued ") and "under tag=t" in done.out and "workspace: " in done.out
    (job, listed), = queue.listed().items()
    assert (queue.folder(job)).is_dir()
    document = queue.document(job)
    assert document["status"] == "queued" and document["created_at"] == document["queue"]["queued_at"] and document["queue"]["tag"] == "t"
    assert document["aexp"]["experiment_id"] == "E001"
    point = listed["state_point"]
    assert point["lr"] == 0.1 and point["name"] == "1" and len(point["code_commit"]) == 40 and listed["index"] == 0


def test_a_sweep_is_every_combination(queue, runlake):  # noqa: F811
    done = add(runlake, "--sp", "lr=0.1", "--sweep", "seed=0..3,size=small|big", "--", "true").ok()
    assert done.json["queued"] == 8
    assert points(done)[:3] == [{"lr": 0.1, "seed": 0, "size": "small"}, {"lr": 0.1, "seed": 0, "size": "big"}, {"lr": 0.1, "seed": 1, "size": "small"}]
    assert [one["index"] for one in done.json["jobs"]] == list(range(8))
    text = runlake("queue", "add", "--experiment", "E001", "--no-commit", "--sweep", "k=1..2", "--tag", "x", "--", "true").ok().out
    assert text.startswith("queued 2 jobs under tag=x\n") and "k=1" in text


@pytest.mark.parametrize("clause, values", [
    ("a=1|2.5|true|null|x", [1, 2.5, True, None, "x"]),
    ("a='1'|\"true\"|'null'", ["1", "true", "null"]),
    ("a='x, y'|'p|q'", ["x, y", "p|q"]),
    ("a=-1..1", [-1, 0, 1]),
    ("a=1e-3|1.0", [0.001, 1.0]),
])
def test_values_of_a_sweep_have_types(queue, runlake, clause, values):  # noqa: F811
    found = [one["a"] for one in points(add(runlake, "--sweep", clause, "--", "true").ok())]
    assert found == values and [type(one) for one in found] == [type(one) for one in values]


def test_a_swept_seed_is_the_same_job_as_one_that_is_named(queue, runlake):  # noqa: F811
    swept = add(runlake, "--sweep", "seed=0..1", "--", "true").ok().json["jobs"][0]["job_id"]
    named = add(runlake, "--sp", "seed=0", "--", "true").ok().json["jobs"][0]
    assert named["job_id"] == swept and named["result"] == "is_queued"


@pytest.mark.parametrize("words", [
    [], ["--experiment", "E1"], ["--experiment", "E001", "--sweep", "a=3..1"], ["--experiment", "E001", "--sweep", "a"], ["--experiment", "E001", "--sp", "a=1", "--sweep", "a=1..2"],
    ["--experiment", "E001", "--sp", "a.b=1"], ["--experiment", "E001", "--sp", "a=nan"], ["--experiment", "E001", "--sweep", "a=0..9999,b=0..9999"],
    ["--experiment", "E001", "--retries", "-1"], ["--experiment", "E001", "--gpus", "-1"], ["--experiment", "E001", "--time-limit", "soon"], ["--experiment", "E001", "--priority", "x"],
    ["--experiment", "E001", "--tag", ""], ["--experiment", "E001", "0123"], ["--sp", "a=1", "0123"], ["--experiment", "E001", "--hypothesis", "X"],
])
def test_words_that_make_no_sense_queue_nothing(queue, runlake, project, words):  # noqa: F811
    before = sorted(path.name for path in project.iterdir())
    done = runlake("queue", "add", *words, "--", "true")
    assert done.status == 2 and done.err.strip() and "Traceback" not in done.err
    listed = runlake("queue", "list", "--json")
    assert listed.status == 3 or listed.json["jobs"] == [], before


def test_a_job_that_runs_or_has_ended_is_never_put_back(queue, runlake):  # noqa: F811
    job = queue.add_one("true")
    queue.run().ok()
    before = queue.document(job)
    assert before["status"] == "complete"
    for words in ([job], ["--again", job]):
        done = runlake("queue", "add", "--json", *words).ok()
        assert done.json["queued"] == 0 and done.json["jobs"][0]["result"] == "has_ended"
    assert queue.document(job) == before


def test_a_failed_job_is_put_back_only_when_asked_for(queue, runlake):  # noqa: F811
    job = queue.add_one("exit 3")
    assert queue.run().status == 1
    assert queue.status(job) == "failed"
    refused = runlake("queue", "add", job[:8]).ok()
    assert "already failed" in refused.out and "--again" in refused.out
    assert queue.status(job) == "failed"
    assert runlake("queue", "add", "--json", "--again", job[:8], "--", "true").ok().json["queued"] == 1
    document = queue.document(job)
    assert document["status"] == "queued" and "ended_at" not in document and "last_error" not in document["queue"]
    queue.run().ok()
    assert queue.status(job) == "complete" and queue.ledger(job)["status"] == "complete"


def commit(project, env, text):
    (project / "code.py").write_text(text)
    subprocess.run(["git", "commit", "-qam", text], cwd=project, env=env, check=True)


def test_what_is_queued_is_not_queued_again_at_another_commit(queue, runlake, project, clean_env):  # noqa: F811
    words = ["queue", "add", "--json", "--experiment", "E001", "--sp", "seed=1"]
    program = ["--", "true"]
    first = runlake(*words, *program).ok().json["jobs"][0]
    commit(project, clean_env, "second")
    again = runlake(*words, *program).ok().json["jobs"][0]
    assert again["job_id"] == first["job_id"] and again["result"] == "is_queued" and again["at_other_code"]
    assert "--allow-dup-on-recommit" in runlake(*[word for word in words if word != "--json"], *program).ok().out
    # Tags part them, and so does the option; an ended one is another job's.
    tagged = runlake(*words, "--tag", "other", *program).ok().json["jobs"][0]
    assert tagged["result"] == "queued" and tagged["job_id"] != first["job_id"]
    queue.run().ok()
    commit(project, clean_env, "third")
    assert runlake(*words, *program).ok().json["jobs"][0]["result"] == "queued"
    commit(project, clean_env, "fourth")
    assert runlake(*words, "--allow-dup-on-recommit", *program).ok().json["jobs"][0]["result"] == "queued"


def test_conditions_are_resolved_and_frozen(queue, runlake, project):  # noqa: F811
    add_experiment(project, command="true", conditions="conditions:\n  warm: {steps: 10, lr: 0.5}\n")
    done = add(runlake, "--sp", "condition=warm", "--sp", "lr=0.1").ok()
    assert points(done) == [{"condition": "warm", "steps": 10, "lr": 0.1}] or points(done) == [{"steps": 10, "lr": 0.1, "condition": "warm"}]
    assert points(add(runlake, "--sp", "condition=warm", "--no-resolve").ok()) == [{"condition": "warm"}]


def test_jobs_that_are_there_are_queued_by_their_ids(queue, runlake):  # noqa: F811
    job = runlake("job", "new", "--json", "--experiment", "E001", "--no-commit", "--sp", "a=1").ok().json["job_id"]
    assert queue.status(job) == "created"
    assert runlake("queue", "add", job[:10], "--", "true").ok().out.startswith(f"queued {job}")
    assert queue.status(job) == "queued"
    assert runlake("queue", "add", "ffffffff").status == 3


def test_a_job_that_would_wait_for_itself_is_refused(queue, runlake):  # noqa: F811
    first = queue.add_one("true")
    second = queue.add_one("true", "--after", first)
    runlake("queue", "stop", first).ok()
    done = runlake("queue", "add", "--again", "--after", second, first)
    assert done.status == 4 and "wait for itself" in done.err
    assert queue.status(first) == "stopped"
    assert runlake("queue", "add", "--experiment", "E001", "--after", "eeee", "--", "true").status == 3


def test_many_that_add_at_once_give_no_index_twice(queue):  # noqa: F811
    queue.add_one("true")
    adders = [queue.spawn("queue", "add", "--json", "--experiment", "E001", "--no-commit", "--sweep", f"who={who},n=0..4", "--", "true") for who in range(6)]
    answers = [adder.communicate(timeout=300) for adder in adders]
    assert [adder.returncode for adder in adders] == [0] * 6, answers
    indices = sorted(one["index"] for one in queue.listed().values())
    assert indices == list(range(31))


def test_the_list_says_what_keeps_a_job(queue, runlake):  # noqa: F811
    first = queue.add_one("exit 1")
    queue.add_one("true", "--after", first, "--tag", "later")
    text = runlake("queue", "list").ok().out
    assert "waits for " + first[:8] in text.replace("\n", " ") and "n=1" in text
    queue.run()
    assert "blocked by" in runlake("queue", "list", "--tag", "later").ok().out
    assert [one["status"] for one in runlake("queue", "list", "--json", "--tag", "later").ok().json["jobs"]] == ["queued"]
    assert json.loads(runlake("queue", "list", "--json", "--experiment", "E009").ok().out)["jobs"] == []
