# SPDX-License-Identifier: Apache-2.0
"""Fingerprints as a user meets them: in the rows of runs that `runlake run` recorded."""

import hashlib
import json
import os
import re
import subprocess

import pytest


def latest(runlake, **options):
    shown = runlake("--json", "runs", "tail", "--n", "1", **options).ok().json
    run_id = next(iter(re.findall(r'"run_id": ?"([0-9a-f-]{36})"', json.dumps(shown))))
    return runlake("--json", "runs", "show", run_id, **options).ok().json


def value(record, name):
    """A member of that name, wherever in the record it stands."""
    if isinstance(record, dict):
        if name in record:
            return record[name]
        record = list(record.values())
    if isinstance(record, list):
        for item in record:
            found = value(item, name)
            if found is not None:
                return found
    return None


@pytest.fixture
def recorded(runlake):
    """recorded("--input", "x", program=[...]) runs a program and gives what `runs show` says of it."""

    def call(*options, program=("sleep", "0.2"), status=0, **more):
        assert runlake("run", *options, "--", *program, **more).status == status
        return latest(runlake)

    return call


def known_code(recorded):
    """The code of a run that took as long as looking at the tree does here: the look is given the time that the program takes."""
    for seconds in ("0.2", "1", "5", "25", "100"):
        code = value(recorded(program=["sleep", seconds], env={"RUNLAKE_CODE_DIRTY_LIMIT": "100s"}), "code_ref")
        if not code.endswith("+dirty.unknown"):
            break
    return code


def git(project, env, *words):
    return subprocess.run(["git", *words], cwd=project, env=env, check=True, capture_output=True, text=True).stdout.strip()


def test_inputs_are_recorded_by_content(recorded, project):
    rows = ["id,value"] + [f"{i},1" for i in range(2000)]
    (project / "data.csv").write_text("\n".join(rows))
    first = value(recorded("--input", "data.csv", program=["true"]), "input_fingerprint")
    assert re.fullmatch(r"input/1:[0-9a-f]{64}", first)
    assert value(recorded("--input", "data.csv", program=["true"]), "input_fingerprint") == first
    rows[1001] = "1000,2"
    (project / "data.csv").write_text("\n".join(rows))
    assert value(recorded("--input", "data.csv", program=["true"]), "input_fingerprint") != first


def test_the_place_does_not_matter(runlake, project, place):
    (project / "d").mkdir()
    for name in ("b", "a", "ö", "Z"):
        (project / "d" / name).write_text(name)
    runlake("run", "--input", "d", "--", "true").ok()
    first = value(latest(runlake), "input_fingerprint")
    runlake("run", "--input", "d", "--", "true", env=place).ok()
    assert value(latest(runlake), "input_fingerprint") == first


def test_a_missing_input_does_not_stop_the_program(recorded, project):
    shown = recorded("--input", "absent.csv", program=["sh", "-c", "exit 3"], status=3)
    assert value(shown, "input_fingerprint") is None
    assert "absent.csv" in json.dumps(shown)


def test_what_is_not_there_is_said_before_the_program_begins(runlake, project):
    done = runlake("run", "--input", "absent.csv", "--config", "absent.yaml", "--", "sh", "-c", "echo begun >&2; exit 3")
    assert done.status == 3
    lines = done.err.splitlines()
    assert lines[-1] == "begun" and len(lines) == 3, lines
    assert "--input absent.csv" in done.err and "--config absent.yaml" in done.err
    # What can only be seen by reading is said after it; a glob that matches nothing is such.
    done = runlake("run", "--input", "absent/*.csv", "--", "sh", "-c", "echo begun >&2")
    assert (done.status, done.err.splitlines()[0]) == (0, "begun") and "absent/*.csv: nothing matches it" in done.err
    (project / "there.csv").write_text("1\n")
    (project / "there.yaml").write_text("a: 1\n")
    assert runlake("run", "--input", "there.csv", "--config", "there.yaml", "--", "true").ok().err == ""
    assert runlake("run", "--input", "absent.csv", "--config", "absent.yaml", "--", "true", env={"RUNLAKE_MODE": "off"}).ok().err == ""


def test_config_hash_is_of_what_it_says(recorded, project):
    (project / "a.json").write_text('{"b": [1, 2.5], "a": "x"}')
    (project / "a.yaml").write_text("# comment\na: x\nb:\n- 1\n- 2.5\n")
    first = value(recorded("--config", "a.json", program=["true"]), "config_hash")
    assert re.fullmatch(r"config/1:[0-9a-f]{64}", first)
    assert value(recorded("--config", "a.yaml", program=["true"]), "config_hash") == first
    (project / "a.yaml").write_text("a: x\nb: [1.0, 2.5]\n")
    assert value(recorded("--config", "a.yaml", program=["true"]), "config_hash") != first


def test_code_ref_of_a_clean_and_a_dirty_tree(recorded, project, clean_env, tmp_path):
    head = git(project, clean_env, "rev-parse", "HEAD")
    assert known_code(recorded) == head
    assert known_code(recorded) == head, "our own folder does not make it dirty"
    (project / "code.py").write_text("print('changed')\n")
    (project / "new.py").write_text("print('new')\n")
    dirty = known_code(recorded)
    assert re.fullmatch(head + r"\+dirty\.[0-9a-f]{64}", dirty)
    git(project, clean_env, "add", "-A")
    assert known_code(recorded) == dirty, "staging changes nothing"

    patch = project / ".runlake" / "patches" / dirty.split(".")[-1]
    assert patch.stat().st_mode & 0o777 == 0o600
    clone = tmp_path / "clone"
    git(project, clean_env, "clone", "-q", str(project), str(clone))
    git(clone, clean_env, "apply", str(patch))
    for name in ("code.py", "new.py"):
        assert (clone / name).read_bytes() == (project / name).read_bytes()


def test_a_tree_that_the_program_changes_is_unknown_or_known_never_wrong(recorded, project, clean_env):
    head = git(project, clean_env, "rev-parse", "HEAD")
    script = "for i in $(seq 200); do echo $i > changing.py; done; sleep 0.3"
    code_ref = value(recorded(program=["sh", "-c", script]), "code_ref")
    assert code_ref == head or code_ref.startswith(head + "+dirty.")


def test_the_look_at_the_tree_has_the_limit_of_the_settings(recorded, project, clean_env):
    for number in range(200):
        (project / f"new{number}.py").write_text("pass\n")
    head = git(project, clean_env, "rev-parse", "HEAD")
    assert value(recorded(env={**clean_env, "RUNLAKE_CODE_DIRTY_LIMIT": "0s"}), "code_ref") == head + "+dirty.unknown"
    assert len(known_code(recorded)) > len(head + "+dirty.unknown")


def test_outside_of_git_there_is_no_code_ref(runlake, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    runlake("run", "--", "true", cwd=outside).ok()
    assert value(latest(runlake, cwd=outside), "code_ref") is None


def test_hooks_and_filters_of_a_repository_are_not_run(recorded, project, clean_env, tmp_path):
    proof = tmp_path / "was-run"
    evil = tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {proof}\ncat\n")
    evil.chmod(0o755)
    (project / ".gitattributes").write_text("*.py filter=evil diff=evil\n")
    git(project, clean_env, "add", "-A")
    git(project, clean_env, "commit", "-q", "-m", "attributes")
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv", "diff.external"):
        git(project, clean_env, "config", key, str(evil))
    (project / "code.py").write_text("print('changed')\n")
    assert value(recorded(), "code_ref").endswith("+dirty.unknown")
    assert not proof.exists()


def test_every_end_names_an_environment_that_is_in_the_store(recorded, project):
    digests = {value(recorded(program=["true"]), "environment") for _ in range(3)}
    assert len(digests) == 1
    digest = digests.pop()
    document = json.loads((project / ".runlake" / "environments" / f"{digest}.json").read_text())
    assert document["digest"] == digest
    assert set(document["groups"]) == {"code", "gpu", "libraries", "machine", "packages", "settings", "system", "toolchain"}

    # The digests can be made again from the document alone, by the rule of docs/formats/environment.md.
    def u64(number):
        return number.to_bytes(8, "little")

    def fields(recipe, pairs):
        out = b"R" + u64(len(recipe)) + recipe
        for name, text in pairs:
            out += b"S" + u64(len(name)) + name + u64(len(text)) + text
        return hashlib.sha256(out).hexdigest()

    for name, group in document["groups"].items():
        text = json.dumps(group["values"], sort_keys=True).encode()
        assert fields(b"environment-group/1", [(b"name", name.encode()), (b"values", text)]) == group["digest"], name
    whole = [(name.encode(), group["digest"].encode()) for name, group in sorted(document["groups"].items())]
    assert fields(b"environment/1", whole) == digest


def test_secrets_of_the_environment_stay_out(runlake, project):
    runlake("run", "--", "true", env={"AWS_SECRET_ACCESS_KEY": "tops3cretvalue", "OMP_NUM_THREADS": "3"}).ok()
    texts = [path.read_text() for path in (project / ".runlake" / "environments").iterdir()]
    assert any('"OMP_NUM_THREADS": "3"' in text for text in texts)
    assert not any("tops3cretvalue" in text or str(project) in text for text in texts)


def test_a_damaged_cache_changes_nothing(recorded, project):
    (project / "data").mkdir()
    for i in range(50):
        (project / "data" / str(i)).write_text(str(i))
    first = value(recorded("--input", "data", program=["true"]), "input_fingerprint")
    cache = project / ".runlake" / "cache"
    for path in cache.rglob("*"):
        if path.is_file():
            path.write_bytes(os.urandom(200))
    shown = recorded("--input", "data", program=["true"])
    assert value(shown, "input_fingerprint") == first
    assert value(shown, "environment")
