# SPDX-License-Identifier: Apache-2.0
"""`rundir show verify diff pin gc export`: run directories are seen as they are, compared, kept, removed and handed on."""

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

AT = "2025-05-05T14:30:22Z"
FILES = ("preds/2020/train.csv=1,2", "delivery/Crop_Hindcast.csv=day,yield", "delivery/extra/notes.txt=hello")


@pytest.fixture(scope="session")
def driver(runlake_bin):
    """What makes run directories for tests; the build puts it beside the crash tests."""
    path = Path(os.environ.get("RUNLAKE_RUNDIR_DRIVER", Path(runlake_bin).parent / "tests" / "crash" / "rundir_driver"))
    if not path.exists():
        pytest.skip(f"no {path}")
    return path


@pytest.fixture
def drive(driver, project, clean_env):
    def call(*words, **env):
        whole = {**clean_env, "RUNLAKE_STORE": str(project / "store"), **env}
        done = subprocess.run([driver, *map(str, words)], cwd=project, env=whole, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return call


@pytest.fixture
def made(drive):
    """made("corn", AT): a run directory with one result."""

    def make(key="corn", at=AT, files=FILES):
        path = Path(drive("create", "runs", key, at))
        drive("publish", path, "deliver", "fold=2020", "first", *files)
        return path

    return make


def result_of(path, stage="deliver", instance="fold=2020"):
    (found,) = [p for p in (path / ".stages" / stage / instance).iterdir() if p.is_dir()]
    return found


def writable(path):
    """As its owner could at any time."""
    for folder in [path, *path.rglob("*")]:
        folder.chmod(folder.stat().st_mode | stat.S_IWUSR)


# Show ------------------------------------------------------------------------------------------------------------------------


def test_show_tells_id_key_and_states(runlake, made, drive):
    path = made()
    drive("attempt", path)
    shown = runlake("rundir", "show", path, "--json").ok().json
    assert list(shown)[0] == "version" and shown["version"] == 1
    record = json.loads((path / "run.json").read_text())
    assert shown["run_id"] == record["run_id"] and shown["experiment_key"] == "corn" and shown["path"] == str(path)
    assert (shown["state"], shown["pinned"], shown["attempts"], shown["files"]) == ("done", None, [1], 3)
    (stage,) = shown["stages"]
    assert (stage["stage"], stage["instance"], stage["state"]) == ("deliver", "fold=2020", "done")
    done = json.loads((result_of(path) / "DONE.json").read_text())
    assert stage["done"]["run_id"] == done["run_id"] and stage["done"]["key"] == result_of(path).name
    text = runlake("rundir", "show", path).ok().out
    for word in (record["run_id"], "corn", "done", "deliver", "fold=2020", "attempts    2", "2025-05-05 14:30:22"):
        assert word in text, word


def test_show_does_not_depend_on_place(runlake, made, place):
    path = made()
    assert runlake("rundir", "show", path, "--json", env=place).ok().out == runlake("rundir", "show", path, "--json").ok().out


def test_show_running_and_died(runlake, made, driver, project, clean_env):
    path = made()
    with subprocess.Popen([driver, "hold", path], cwd=project, env=clean_env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        shown = runlake("rundir", "show", path, "--json").ok().json
        assert (shown["state"], shown["working"]) == ("running", 1)
        kept = runlake("rundir", "gc", "--keep-last", "0", "--yes", "--json").ok().json
        assert kept["removed"] == [] and kept["run_dirs"][0]["reason"] == "running"
        holder.kill()
    shown = runlake("rundir", "show", path, "--json").ok().json
    assert (shown["state"], shown["died"]) == ("abandoned", 1)


@pytest.mark.parametrize("verb", ["show", "verify"])
def test_what_is_no_run_directory(runlake, project, verb):
    done = runlake("rundir", verb, project)
    assert done.status == 3 and "it has no run.json" in done.err
    assert runlake("rundir", verb, project / "gone").status == 3
    assert runlake("rundir", verb).status == 2


@pytest.mark.parametrize("verb", [["show"], ["verify"], ["pin", "x"], ["export", "--to-env", "HOME"]])
def test_damaged_or_newer_records(runlake, made, verb):
    path = made()
    words = ["rundir", verb[0], path, *verb[1:]]
    (path / "config_resolved.yaml").chmod(0o644)
    (path / "config_resolved.yaml").write_text("alpha: 2\n")
    done = runlake(*words)
    assert done.status == 6 and "config_resolved.yaml was changed" in done.err
    (path / "config_resolved.yaml").write_text("alpha: 1\n")
    record = (path / "run.json").read_text()
    (path / "run.json").chmod(0o644)
    (path / "run.json").write_text(record.replace('"version": 1', '"version": 9'))
    assert runlake(*words).status == 7
    (path / "run.json").write_text(record[: len(record) // 2])
    assert runlake(*words).status == 6


# Verify ----------------------------------------------------------------------------------------------------------------------


def test_verify_what_is_whole(runlake, made):
    path = made()
    for words in ([], ["--full"]):
        done = runlake("rundir", "verify", path, *words).ok()
        assert done.out.startswith("verified: 1 result, 3 files, ")
    assert runlake("rundir", "verify", path, "--json").ok().json["verified"] is True


def test_verify_names_each_difference(runlake, made):
    path = made()
    out = result_of(path) / "out"
    writable(result_of(path))
    (out / "preds/2020/train.csv").write_text("1,3")
    (out / "delivery/extra/notes.txt").unlink()
    (out / "delivery/added").write_text("x")
    for words in ([], ["--full"]):
        done = runlake("rundir", "verify", path, *words)
        assert done.status == 1
        assert "  changed preds/2020/train.csv\n" in done.out and "  missing delivery/extra/notes.txt\n" in done.out and "  added delivery/added\n" in done.out
    answer = runlake("rundir", "verify", path, "--json")
    assert answer.status == 1 and answer.json["verified"] is False and answer.json["state"] == "corrupt"
    assert [d["kind"] for d in answer.json["stages"][0]["differences"]] == ["added", "missing", "changed"]


def test_full_reads_what_seems_unchanged(runlake, made):
    """One byte, with size and times put back: `--full` reads everything."""
    path = made()
    file = result_of(path) / "out" / "preds" / "2020" / "train.csv"
    runlake("rundir", "verify", path).ok()
    before = file.stat()
    file.chmod(0o644)
    file.write_text("1,9")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert runlake("rundir", "verify", path, "--full").status == 1


def test_a_copy_elsewhere_opens_and_verifies(runlake, made, tmp_path):
    """Other times, other modes, and links either kept or followed."""
    path = made()
    for name, words in (("links", ["-r"]), ("followed", ["-rL"])):
        copy = tmp_path / name
        subprocess.run(["cp", *words, path, copy], check=True)
        writable(copy)
        runlake("rundir", "verify", copy, "--full").ok()
        assert (copy / "preds/2020/train.csv").read_text() == "1,2"
        assert runlake("rundir", "diff", path, copy).ok().out == "3 files are the same, none differs\n"
    writable(path)
    shutil.rmtree(path)
    runlake("rundir", "verify", tmp_path / "links", "--full").ok()


# Diff ------------------------------------------------------------------------------------------------------------------------


def test_diff_by_manifest(runlake, made):
    """PR-339 of the hindcast: a change of the code was taken in only because the outputs' digests were equal."""
    one = made()
    other = made("corn", AT, ("preds/2020/train.csv=1,2", "delivery/Crop_Hindcast.csv=day,corn", "new.txt=x"))
    assert other != one
    done = runlake("rundir", "diff", one, other)
    assert done.status == 1 and done.out.startswith("1 file is the same, 3 differ\n")
    answer = runlake("rundir", "diff", one, other, "--json")
    assert answer.status == 1
    assert [(d["kind"], d["path"]) for d in answer.json["differences"]] == [("changed", "delivery/Crop_Hindcast.csv"), ("missing", "delivery/extra/notes.txt"), ("added", "new.txt")]
    assert answer.json["differences"][0]["stage"] == "deliver[fold=2020]"
    runlake("rundir", "diff", one, other, "--path", "preds/**").ok()
    assert runlake("rundir", "diff", one, other, "--path", "preds/**", "--path", "new.txt").status == 1
    runlake("rundir", "diff", one, one).ok()


def test_diff_does_not_pass_over_a_damaged_manifest(runlake, made):
    one, other = made(), made()
    writable(result_of(other))
    (result_of(other) / "manifest.json").write_text("{}")
    assert runlake("rundir", "diff", one, other).status == 6


# Pin and gc ------------------------------------------------------------------------------------------------------------------


def names(project):
    return sorted(path.name for path in (project / "runs").iterdir())


def test_gc_says_first_what_goes_and_why(runlake, made, project):
    made("corn", "2025-05-05T14:30:22Z")
    made("corn", "2025-06-05T14:30:22Z")
    before = names(project)
    dry = runlake("rundir", "gc", "--keep-last", "1", "--dry-run").ok()
    assert "20250505_143022_corn" in dry.out and "not one of the 1 newest of corn" in dry.out and "one of the 1 newest of corn" in dry.out
    assert "would remove 1 run directory and 0 leftovers, " in dry.out
    asked = runlake("rundir", "gc", "--keep-last", "1")
    assert asked.status == 2 and "nothing was removed" in asked.err and "20250505_143022_corn" in asked.out
    assert names(project) == before
    done = runlake("rundir", "gc", "--keep-last", "1", "--yes").ok()
    assert "removed 1 run directory, " in done.out
    assert names(project) == [".gitignore", "20250605_143022_corn"]


def test_gc_json(runlake, made, project):
    path = made()
    plan = runlake("rundir", "gc", "--keep-last", "0", "--dry-run", "--json").ok().json
    assert plan["version"] == 1 and plan["done"] is False and plan["bytes"] > 0
    assert plan["run_dirs"] == [{"path": str(path), "bytes": plan["bytes"], "remove": True, "reason": "not one of the 0 newest of corn"}]
    done = runlake("rundir", "gc", "--keep-last", "0", "--yes", "--json").ok().json
    assert (done["done"], done["removed"], done["bytes"]) == (True, [str(path)], plan["bytes"])
    assert names(project) == [".gitignore"]


def test_gc_without_a_rule_removes_no_run_directory(runlake, made, project):
    made()
    before = names(project)
    assert "no rule lets it go" in runlake("rundir", "gc", "--yes").ok().out
    assert names(project) == before


def test_gc_never_removes_what_is_pinned(runlake, made, project):
    path = made()
    assert runlake("rundir", "pin", path, "for the paper").ok().out == f"pinned {path}: for the paper\n"
    kept = runlake("rundir", "gc", "--keep-last", "0", "--older-than", "0s", "--max-bytes", "0", "--yes", "--json").ok().json
    assert kept["removed"] == [] and kept["run_dirs"][0]["reason"] == "pinned: for the paper"
    assert runlake("rundir", "show", path, "--json").ok().json["pinned"] == "for the paper"
    assert "no longer pinned" in runlake("rundir", "pin", path, "--remove").ok().out
    assert "was not pinned" in runlake("rundir", "pin", path, "--remove").ok().out
    runlake("rundir", "gc", "--keep-last", "0", "--yes").ok()
    assert names(project) == [".gitignore"]


def test_gc_never_removes_what_the_ledger_refers_to(runlake, made, project):
    path = made()
    stage_run = json.loads((result_of(path) / "DONE.json").read_text())["run_id"]
    runlake("--store", project / "other", "run", "--", "true").ok()
    entry = project / "other" / "ledger" / f"{stage_run}.json"
    entry.parent.mkdir()
    entry.write_text(json.dumps({"schema": "of a later version", "run": stage_run}))
    kept = runlake("--store", project / "other", "rundir", "gc", "--keep-last", "0", "--yes", "--json").ok().json
    assert kept["removed"] == [] and kept["run_dirs"][0]["reason"] == f"referred to: {entry}"
    entry.unlink()
    removed = runlake("--store", project / "other", "rundir", "gc", "--keep-last", "0", "--yes", "--json").ok().json
    assert removed["removed"] == [str(path)]


@pytest.mark.parametrize("name, text", [
    ("kb/research/findings/F001-a.md", '---\nsupporting_runs: {{type: run, id: "{id}"}}\n---\n'), ("kb/research/findings/F001-a.md", "It is 7<!-- runlake: {brief} rows -->.\n"),
    ("paper.tex", "\\runcite{{{brief}}}\n"),
])
def test_gc_never_removes_what_is_cited(runlake, made, project, clean_env, name, text):
    path = made()
    stage_run = json.loads((result_of(path) / "DONE.json").read_text())["run_id"]
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text(text.format(id=stage_run, brief=stage_run[:8]))
    subprocess.run(["git", "add", name], cwd=project, env=clean_env, check=True)
    kept = runlake("rundir", "gc", "--keep-last", "0", "--yes", "--json").ok().json
    assert kept["removed"] == [] and kept["run_dirs"][0]["reason"] == f"referred to: {name}"
    (project / name).write_text("nothing is cited\n")
    assert runlake("rundir", "gc", "--keep-last", "0", "--yes", "--json").ok().json["removed"] == [str(path)]


@pytest.mark.parametrize("text, status", [("---\nsupporting_runs: [\n---\n", 6), ("---\nsupporting_runs: just a text\n---\n", 6)])
def test_gc_that_cannot_read_all_citations_removes_nothing(runlake, made, project, text, status):
    path = made()
    note = project / "kb/research/findings/F001-a.md"
    note.parent.mkdir(parents=True)
    note.write_text(text)
    done = runlake("rundir", "gc", "--keep-last", "0", "--yes")
    assert done.status == status and "F001-a.md" in done.err and path.exists()


def test_gc_by_age_and_size(runlake, made, project):
    made("corn", "2025-05-05T14:30:22Z")
    assert runlake("rundir", "gc", "--older-than", "36500d", "--yes", "--json").ok().json["removed"] == []
    assert runlake("rundir", "gc", "--max-bytes", "1GB", "--yes", "--json").ok().json["removed"] == []
    assert len(runlake("rundir", "gc", "--max-bytes", "10", "--yes", "--json").ok().json["removed"]) == 1


def test_gc_of_another_place(runlake, made, project, tmp_path):
    made()
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(project / "runs", elsewhere, symlinks=True)
    assert len(runlake("rundir", "gc", "--keep-last", "0", "--yes", "--json", env={"RUNLAKE_RUNS_DIR": elsewhere}).ok().json["removed"]) == 1
    assert len(names(project)) == 2
    assert len(runlake("rundir", "gc", "--runs-dir", "runs", "--keep-last", "0", "--yes", "--json", env={"RUNLAKE_RUNS_DIR": elsewhere}).ok().json["removed"]) == 1
    assert runlake("rundir", "gc", "--runs-dir", tmp_path / "gone").status == 3


@pytest.mark.parametrize("words", [["--keep-last", "-1"], ["--keep-last", "x"], ["--older-than", "soon"], ["--older-than", "-1d"], ["--max-bytes", "big"], ["--older-than", "99999999999d"]])
def test_gc_bad_rules(runlake, made, project, words):
    made()
    before = names(project)
    assert runlake("rundir", "gc", "--yes", *words).status == 2
    assert names(project) == before


def test_pin_wants_a_reason(runlake, made):
    path = made()
    assert runlake("rundir", "pin", path).status == 2
    assert runlake("rundir", "pin", path, " ").status == 2
    assert runlake("rundir", "pin", path, "x", "--remove").status == 2
    assert not (path / "pinned").exists()


# Export ----------------------------------------------------------------------------------------------------------------------


def test_export_copies_deliverables(runlake, made, tmp_path):
    path = made()
    target = tmp_path / "ingest"
    env = {"MODEL_INGESTION_PATH": target}
    done = runlake("rundir", "export", path, "--path", "delivery/*.csv", "--to-env", "MODEL_INGESTION_PATH", env=env).ok()
    assert "copied   delivery/Crop_Hindcast.csv\n" in done.out and "1 file copied to " in done.out
    assert sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()) == ["delivery/Crop_Hindcast.csv"]
    assert (target / "delivery/Crop_Hindcast.csv").read_text() == "day,yield"
    assert not (target / "delivery/Crop_Hindcast.csv").is_symlink()
    again = runlake("rundir", "export", path, "--to-env", "MODEL_INGESTION_PATH", "--json", env=env).ok().json
    assert [(f["path"], f["was_there"]) for f in again["files"]] == [("delivery/Crop_Hindcast.csv", True), ("delivery/extra/notes.txt", False), ("preds/2020/train.csv", False)]
    assert sorted(p.name for p in target.iterdir()) == ["delivery", "preds"]


def test_export_does_not_overwrite_unasked(runlake, made, tmp_path):
    path = made()
    target = tmp_path / "ingest"
    (target / "delivery").mkdir(parents=True)
    (target / "delivery/Crop_Hindcast.csv").write_text("another model's")
    env = {"TARGET": target}
    done = runlake("rundir", "export", path, "--to-env", "TARGET", env=env)
    assert done.status == 4 and "delivery/Crop_Hindcast.csv" in done.err
    assert [p.name for p in target.iterdir()] == ["delivery"] and [p.name for p in (target / "delivery").iterdir()] == ["Crop_Hindcast.csv"]
    runlake("rundir", "export", path, "--to-env", "TARGET", "--replace", env=env).ok()
    assert (target / "delivery/Crop_Hindcast.csv").read_text() == "day,yield"


def test_export_checks_what_it_copies(runlake, made, tmp_path):
    path = made()
    writable(result_of(path))
    (result_of(path) / "out/delivery/Crop_Hindcast.csv").write_text("day,yeild")
    target = tmp_path / "ingest"
    done = runlake("rundir", "export", path, "--to-env", "TARGET", env={"TARGET": target})
    assert done.status == 6 and "not as its manifest says" in done.err
    assert not target.exists() or list(target.iterdir()) == []


def test_export_names_the_variable(runlake, made):
    path = made()
    for env in ({}, {"TARGET": ""}):
        done = runlake("rundir", "export", path, "--to-env", "TARGET", env=env)
        assert done.status == 2 and "TARGET" in done.err
    assert runlake("rundir", "export", path).status == 2
    assert runlake("rundir", "export", path, "--to-env", "HOME", "--path", "nothing/**").status == 3


def test_export_takes_no_uri_for_a_folder(runlake, made, project):
    """PR-345 of the hindcast: an s3 URI that was taken for a local path filled a local folder in silence."""
    path = made()
    done = runlake("rundir", "export", path, "--to-env", "TARGET", env={"TARGET": "s3://bucket//models"})
    assert done.status == 7 and "s3://bucket//models" in done.err
    assert not (project / "s3:").exists()


def test_recording_does_not_change_git_status(made, project, clean_env):
    made()
    status = subprocess.run(["git", "status", "--porcelain"], cwd=project, env=clean_env, capture_output=True, text=True, check=True).stdout
    assert "runs" not in status
