# SPDX-License-Identifier: Apache-2.0
"""References killed and failed while they are built, scored and indexed: an artifact is whole or not there, a run's scores are the earlier ones or the new, and the next call ends where an undisturbed one does."""

import gzip
import hashlib
import json
import shutil
import sys
from pathlib import Path

from harness import Scenario
from scenarios_release import BINARY, LASTING, call, ended

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from make_solved_logs import make_solved_run  # noqa: E402

COUNTS = ("SELECT (SELECT count(*) FROM lake_references) AS a, (SELECT count(DISTINCT run_uid) FROM lake_reference_members) AS b, (SELECT count(*) FROM k_reference_score) AS c, "
          "(SELECT count(*) FROM lake_reference_files) AS d")


def with_runs(folder):
    """A lake of two runs, which stay where they are: the ground is copied, and the lake tells runs by their folders."""
    for name in ("one", "two"):
        make_solved_run(folder / "logs" / name, theorems=1)
    call(folder, "lake", "reconcile", "--logs-dir", folder / "logs")
    (folder / "logs.path").write_text(str(folder / "logs"))


def with_a_reference(folder):
    with_runs(folder)
    call(folder, "lake", "reference", "build", "--selection", '{"backend": "lean"}')
    # What scoring begins with is another version's scores of one run: they stay, or give way whole.
    (reference,) = references(folder).iterdir()
    uid = call(folder, "lake", "sql", "--csv", "SELECT search_uid FROM runs ORDER BY 1 LIMIT 1").split()[1]
    scores = {"schema_version": 1, "kind": "goal_outcomes", "ref_id": reference.name, "search_uid": uid, "scores": [{"theorem": "old", "variant": "wild_type", "score": {"valid": False}}]}
    (reference / "scores").mkdir()
    (reference / "scores" / f"{uid}.json.gz").write_bytes(gzip.compress(json.dumps(scores).encode(), mtime=0))
    call(folder, "lake", "reconcile", "--logs-dir", folder / "logs")


def with_scores_elsewhere(folder):
    """Files of a reference that came from another machine, and a lake that does not know them yet."""
    with_a_reference(folder)
    (reference,) = references(folder).iterdir()
    call(folder, "lake", "reference", "score", reference.name)
    (folder / "digest").write_text(digest(folder))
    shutil.copytree(reference, folder / "kept")
    shutil.rmtree(reference)
    call(folder, "lake", "reconcile", "--logs-dir", folder / "logs")
    shutil.move(folder / "kept", reference)


def references(folder):
    return folder / ".runlake" / "lake" / "reference" / "goal_outcomes"


def digest(folder):
    tables = [call(folder, "lake", "sql", "--csv", f"SELECT {columns} FROM {table} ORDER BY ALL")
              for table, columns in (("lake_references", "* EXCLUDE (created_at)"), ("lake_reference_members", "*"), ("k_reference_score", "*"))]
    return hashlib.sha256("".join(tables).encode()).hexdigest()


def whole(folder):
    """Every file of every reference can be read; what a kill leaves beside them is hidden, and nobody reads it."""
    for path in references(folder).rglob("*") if references(folder).exists() else []:
        if path.is_file() and not path.name.startswith("."):
            json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())


def no_leftovers(outcome):
    left = [path for path in references(outcome.folder).rglob(".*")] if references(outcome.folder).exists() else []
    assert outcome.killed or not left or "*" in outcome.fault, f"left: {left}"


def counts(folder):
    return call(folder, "lake", "sql", "--csv", COUNTS).split()[1]


def check_build(outcome):
    ended(outcome)
    whole(outcome.folder)
    no_leftovers(outcome)
    there = list(references(outcome.folder).glob("*/reference_goal_outcomes.json.gz"))
    assert len(there) == 1 or outcome.status != 0
    built = json.loads(call(outcome.folder, "--json", "lake", "reference", "build", "--selection", '{"backend": "lean"}'))
    assert built["unchanged"] == bool(there) and built["members"] == 2 and built["notes"] == []
    assert counts(outcome.folder) == "1,2,0,2"
    assert (references(outcome.folder) / built["ref_id"] / "provenance.json").exists()


def check_score(outcome):
    ended(outcome)
    whole(outcome.folder)
    no_leftovers(outcome)
    (reference,) = references(outcome.folder).iterdir()
    for path in (reference / "scores").glob("[!.]*"):
        theorems = {one["theorem"] for one in json.loads(gzip.decompress(path.read_bytes()))["scores"]}
        assert theorems in ({"old"}, {"thm_000"}) and (outcome.status != 0 or theorems == {"thm_000"}), theorems
    call(outcome.folder, "lake", "reconcile", "--logs-dir", (outcome.folder / "logs.path").read_text())
    answer = json.loads(call(outcome.folder, "--json", "lake", "reference", "score", reference.name))
    assert answer["scored_runs"] == 2 and answer["rows"] == 6 and answer["notes"] == []
    assert counts(outcome.folder) == "1,2,6,4"


def check_index(outcome):
    ended(outcome)
    assert counts(outcome.folder) in ("0,0,0,0", "1,2,6,4"), "a reference is in the lake whole, or not at all"
    call(outcome.folder, "lake", "reconcile", "--logs-dir", (outcome.folder / "logs.path").read_text())
    assert digest(outcome.folder) == (outcome.folder / "digest").read_text()


def check_job(outcome):
    ended(outcome)
    whole(outcome.folder)
    no_leftovers(outcome)
    answer = json.loads(call(outcome.folder, "--json", "lake", "job", "run", "--config", "job.json"))
    assert answer["reference"]["scored"] == {"runs": 2, "rows": 6, "valid": 6, "skipped": []} and answer["datasets"][0]["rows"] == 6
    assert counts(outcome.folder) == "1,2,6,4"


def with_a_job(folder):
    with_runs(folder)
    reference = {"build_outcomes": {"alpha": 1}, "selection": {"backend": "lean"}, "score_k": True}
    datasets = [{"name": "scores", "query": "SELECT run_key, theorem, variant, K FROM k_reference_score JOIN job_context USING (ref_id) ORDER BY 1, 2, 3"}]
    (folder / "job.json").write_text(json.dumps({"schema_version": 2, "name": "scored", "selection": {}, "reference": reference, "datasets": datasets}))


ONLY = ("lake.reference.write",)
SCORE = ["/bin/sh", "-c", f'exec "{BINARY}" lake reference score "$(ls .runlake/lake/reference/goal_outcomes)"']
RECONCILE = ["/bin/sh", "-c", f'exec "{BINARY}" lake reconcile --logs-dir "$(cat logs.path)"']
SCENARIOS = [
    Scenario("reference-build", [BINARY, "lake", "reference", "build", "--selection", '{"backend": "lean"}'], check_build, setup=with_runs, needs=BINARY, lasting=LASTING, only=ONLY),
    Scenario("reference-score", SCORE, check_score, setup=with_a_reference, needs=BINARY, lasting=LASTING, only=ONLY),
    Scenario("reference-index", RECONCILE, check_index, setup=with_scores_elsewhere, needs=BINARY, only=("lake.database.change",)),
    Scenario("reference-job", [BINARY, "lake", "job", "run", "--config", "job.json"], check_job, setup=with_a_job, needs=BINARY, only=ONLY),
]
