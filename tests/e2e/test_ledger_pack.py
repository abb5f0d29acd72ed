# SPDX-License-Identifier: Apache-2.0
"""`ledger pack`: what is committed, unchanged and this machine's moves into immutable files, and every reader finds it there."""

import gzip
import hashlib
import json

import pytest
from ledger_support import LINK, clone, commit_all, entry, extra, git, ledger, make_jobs, make_ledger


def packs(project):
    folder = ledger(project) / "packs"
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.fixture
def many(runlake, project, clean_env):
    """Twenty promoted jobs, committed."""
    jobs = [make_jobs.job(project, {"experiment_id": "E001", "seed": seed}, summary_metrics={"loss": seed / 8}, aexp=LINK) for seed in range(20)]
    runlake("ledger", "backfill").ok()
    commit_all(project, clean_env)
    return jobs


def test_packing_moves_every_entry_and_loses_none(runlake, project, many, clean_env, tmp_path):
    before = {job: runlake("--json", "ledger", "show", job).ok().json for job in many}
    answer = runlake("--json", "ledger", "pack").ok().json
    assert answer["packed"] == 20 and answer["removed"] == 40
    (pack,) = packs(project)
    assert pack.name == hashlib.sha256(pack.read_bytes()).hexdigest() + ".jsonl.gz"
    lines = gzip.decompress(pack.read_bytes()).decode().splitlines()
    assert json.loads(lines[0]) == {"schema": "runlake.pack/1", "entries": 20}
    assert [json.loads(line)["id"] for line in lines[1:]] == sorted(many)
    assert not list(ledger(project).glob("*.json")) and not list(extra(project).glob("*.json"))
    for job in many:
        shown = runlake("--json", "ledger", "show", job).ok().json
        assert shown["packed"] is True and (shown["entry"], shown["extra"]) == (before[job]["entry"], before[job]["extra"])
    assert len(runlake("--json", "runs", "list", "--all-machines").ok().json["runs"]) == 20
    assert runlake("--json", "ledger", "verify").ok().json["packs"] == 1
    # Nothing is left to be done: not by packing, not by backfilling.
    assert runlake("--json", "ledger", "pack").ok().json["packed"] == 0
    assert runlake("--json", "ledger", "backfill").ok().json["skipped"] == 20
    # Another machine has it by a pull.
    commit_all(project, clean_env, "packed")
    there = clone(project, clean_env, tmp_path / "there")
    assert runlake("--json", "ledger", "show", cwd=there).ok().json["packed"] == 20
    assert git(there, clean_env, "status", "--porcelain").stdout == ""


def test_only_what_is_committed_unchanged_and_ours(runlake, project, many, clean_env):
    make_ledger.write(ledger(project), make_ledger.entry({"seed": 100}, machine="cluster"))
    commit_all(project, clean_env, "theirs")
    late = make_jobs.job(project, {"seed": 101})
    make_jobs.change(project, many[0], aexp={**LINK, "experiment_id": "E002"})
    runlake("ledger", "promote", late).ok()
    runlake("ledger", "promote", many[0]).ok()
    answer = runlake("--json", "ledger", "pack").ok().json
    assert (answer["packed"], answer["other_machines"], answer["uncommitted"], answer["other"]) == (19, 1, 2, 0)
    assert {path.stem for path in ledger(project).glob("*.json")} == {make_ledger.job_id({"seed": 100}), late, many[0]}


def test_promotion_never_packs_and_its_later_word_stands(runlake, project, many):
    runlake("ledger", "pack").ok()
    (before,) = packs(project)
    make_jobs.change(project, many[0], aexp={**LINK, "experiment_id": "E007"})
    runlake("ledger", "promote", many[0]).ok()
    # Within one second both say that they were promoted then: the file is told from the pack by what it says later.
    path = ledger(project) / f"{many[0]}.json"
    found = {**entry(project, many[0]), "promoted_at": "2099-01-01T00:00:00Z"}
    path.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    shown = runlake("--json", "ledger", "show", many[0]).ok().json
    assert shown["packed"] is False and shown["entry"]["run_link"]["experiment_id"] == "E007"
    assert packs(project) == [before]


def test_an_edited_pack_is_said(runlake, project, many):
    runlake("ledger", "pack").ok()
    (pack,) = packs(project)
    text = gzip.decompress(pack.read_bytes()).replace(b'"complete"', b'"failed"')
    pack.write_bytes(gzip.compress(text))
    result = runlake("--json", "ledger", "verify")
    assert result.status == 1 and [one["code"] for one in result.json["findings"]] == ["corrupt"] and "digest" in result.json["findings"][0]["message"]
    answer = runlake("--json", "ledger", "show").ok().json
    assert answer["jobs"] == 0 and len(answer["left_out"]) == 1
    # Under its right name it is a pack, but its entries have to be what they say.
    text = text.replace(b'"seed":1,', b'"seed":2,').replace(b'"seed":1}', b'"seed":2}')
    pack.unlink()
    forged = gzip.compress(text)
    (pack.parent / f"{hashlib.sha256(forged).hexdigest()}.jsonl.gz").write_bytes(forged)
    result = runlake("--json", "ledger", "verify")
    assert result.status == 1 and any("state point" in one["message"] for one in result.json["findings"])


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b", gzip.compress(b""), gzip.compress(b'{"schema":"runlake.pack/9","entries":0}\n'), gzip.compress(b"\0" * (200 << 20), 1)],
                         ids=["empty", "cut", "nothing", "newer", "bomb"])
def test_what_is_no_pack(runlake, project, content):
    folder = ledger(project) / "packs"
    folder.mkdir(parents=True)
    (folder / f"{hashlib.sha256(content).hexdigest()}.jsonl.gz").write_bytes(content)
    result = runlake("--json", "ledger", "verify")
    assert result.status == 1 and [one["code"] for one in result.json["findings"]] in (["corrupt"], ["newer"])
    assert runlake("ledger", "show").ok().out.startswith("0 jobs")


def test_nothing_is_packed_inside_aexps_folder(runlake, project, clean_env):
    (project / ".aexp" / "ledger").mkdir(parents=True)
    job = make_jobs.job(project, {"seed": 1})
    runlake("ledger", "promote", job).ok()
    commit_all(project, clean_env)
    answer = runlake("--json", "ledger", "pack").ok().json
    assert answer["packed"] == 0 and answer["aexp"] is True and (project / ".aexp" / "ledger" / f"{job}.json").exists()


def test_without_git_nothing_is_committed(runlake, tmp_path):
    place = tmp_path / "plain"
    make_ledger.write(ledger(place), make_ledger.entry({"seed": 1}))
    assert runlake("ledger", "pack", cwd=place).status == 3


def test_runs_are_packed_too(runlake, project, clean_env):
    runlake("run", "--", "true").ok()
    (run,) = runlake("--json", "runs", "list").ok().json["runs"]
    runlake("ledger", "promote", "--run", run["run_id"]).ok()
    commit_all(project, clean_env)
    assert runlake("--json", "ledger", "pack").ok().json["packed"] == 1
    assert runlake("--json", "ledger", "show", run["run_id"][:8]).ok().json["packed"] is True
