# SPDX-License-Identifier: Apache-2.0
"""`lake paths`: what the roots resolve to, why, and that looking changes nothing."""


def paths(result):
    return {entry["name"]: entry for entry in result.ok().json["paths"]}


def test_defaults_and_what_exists(runlake, project):
    found = paths(runlake("lake", "paths", "--json"))
    assert found["lake"]["path"] == str(project / ".runlake" / "lake") and found["lake"]["exists"] is False
    assert found["logs"]["path"] == str(project / "logs")
    assert not (project / ".runlake").exists()
    (project / "logs").mkdir()
    (project / "sub").mkdir()
    found = paths(runlake("lake", "paths", "--json", cwd=project / "sub"))
    assert found["logs"] == {"name": "logs", "path": str(project / "logs"), "why": found["logs"]["why"], "exists": True}
    assert runlake("lake", "paths", "--json").json["remote"] is None


def test_a_named_store_has_the_lake_in_it(runlake, tmp_path):
    found = paths(runlake("lake", "paths", "--json", env={"RUNLAKE_STORE": tmp_path / "elsewhere" / "store"}))
    assert found["database"]["path"] == str(tmp_path / "elsewhere" / "store" / "lake" / "lake.duckdb")


def test_names_of_the_other_family(runlake, project, tmp_path):
    env = {"SPECTER_ARTIFACT_ROOT": tmp_path / "far", "SPECTER_LOG_ROOT": tmp_path / "farlogs", "SPECTER_REMOTE_SSH": "ann@store.example:22"}
    answer = runlake("lake", "paths", "--json", env=env)
    found = paths(answer)
    assert found["lake"]["path"] == str(project / "tmp/runtime-artifacts/wonton-soup/artifacts/lake")
    assert found["logs"]["path"] == str(project / "tmp/runtime-logs/wonton-soup/logs")
    assert found["remote_lake"]["path"] == str(tmp_path / "far/wonton-soup/artifacts/lake") and found["remote_lake"]["exists"] is None
    assert found["remote_log_archives"]["path"] == str(tmp_path / "farlogs/wonton-soup/log-archives")
    assert answer.json["remote"] == {"kind": "ssh", "user": "ann", "host": "store.example", "port": 22, "name": None, "why": "SPECTER_REMOTE_SSH is set"}
    found = paths(runlake("lake", "paths", "--json", env={**env, "SPECTER_RUNTIME_ROOT": tmp_path / "near"}))
    assert found["lake"]["path"] == str(tmp_path / "near/wonton-soup/artifacts/lake")


def test_mistakes_are_refused_by_name(runlake, project):
    for name in ("RUNLAKE_ARTIFACT_ROOT", "SPECTER_LOG_ROOT", "RUNLAKE_RUNTIME_ROOT", "SPECTER_REMOTE_SSH"):
        done = runlake("lake", "paths", env={name: ""})
        assert done.status == 2 and name in done.err and "empty" in done.err and done.out == ""
    done = runlake("lake", "paths", "--json", env={"RUNLAKE_ARTIFACT_ROOT": "/far", "RUNLAKE_REMOTE": "store.example"})
    assert done.status == 2 and "user@host:port" in done.error["message"]
    assert not (project / ".runlake").exists()


def test_notes_are_for_people(runlake):
    done = runlake("lake", "paths", "--json", env={"RUNLAKE_RUNTIME_ROOT": "/near"}).ok()
    assert "RUNLAKE_RUNTIME_ROOT changes nothing" in done.err
    assert done.json["notes"] and paths(done)["lake"]["why"].startswith("default")


def test_the_answer_does_not_depend_on_the_place(runlake, place):
    assert runlake("lake", "paths", "--json", env=place).ok().out == runlake("lake", "paths", "--json").ok().out
