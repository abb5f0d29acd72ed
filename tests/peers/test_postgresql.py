# SPDX-License-Identifier: Apache-2.0
"""Canonical values in a real PostgreSQL: read by parameters in a read-only transaction, and provenance written there."""
import json
import subprocess
import sys
from pathlib import Path

import pytest

import postgres_server

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from replay_support import PATIENT, PYTHON, git, run_id_of, until_code_is_known, verdicts, write_spec  # noqa: E402


@pytest.fixture(scope="module")
def server():
    with postgres_server.serve() as connection:
        yield connection


def psql(server, sql, check=True):
    """What a query gives, unaligned; psql is Debian's own client."""
    return subprocess.run(["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", server], input=sql, text=True, capture_output=True, check=check).stdout.strip()


CODE = "rows = [float(line) for line in open('data.csv')]; print((sum(rows) / len(rows)).hex())"
QUERY = "SELECT r.f1_buy, r.id, p.* FROM results r LEFT JOIN runlake_provenance p ON p.run_id = r.id WHERE crypto = $1 AND fold = $2::int"


def cell(server, **more):
    canonical = {"postgresql": server, "query": QUERY, "arguments": ["{crypto}", "{fold}"], "columns": {"value": "f1_buy", "run_id": "id"}}
    return {"dimensions": {"crypto": "btc", "fold": 3}, "command": [PYTHON, "-c", CODE], "metric": {"stdout": True, "name": "f1"}, "inputs": ["data.csv"], "canonical": canonical, **more}


@pytest.fixture
def results(server, project, runlake, clean_env):
    """A table of results without provenance, as it was before, and the run that made one of them."""
    (project / "data.csv").write_text("0.35\n0.36\n")
    (project / ".gitignore").write_text("spec.yaml\n")
    git(project, clean_env, "add", "-A")
    git(project, clean_env, "commit", "-qm", "data")
    until_code_is_known(project, runlake, lambda seconds: runlake("run", "--stage", "fit", "--input", "data.csv", "--", PYTHON, "-c", f"{CODE}; import time; time.sleep({seconds})", env=PATIENT).ok())
    run = run_id_of(runlake, "fit")
    psql(server, f"DROP TABLE IF EXISTS results, runlake_provenance; CREATE TABLE results (crypto text, fold int, f1_buy double precision, id text); INSERT INTO results VALUES ('btc', 3, 0.355, '{run}')")
    psql(server, runlake("replay", "schema").ok().out)
    write_spec(project, [cell(server)])
    runlake("replay", "envelope", "spec.yaml").ok()
    return project, run


def test_until_the_provenance_is_there_nothing_can_be_verified_then_it_can(server, results, runlake):
    project, run = results
    assert runlake("replay", "run", "spec.yaml").status == 12
    found = verdicts(project)["btc/3"]
    assert found["reason"] == "env_parity_unverified" and found["canonical_value"] == 0.355 and found["canonical_run_id"] == run
    assert {name for name, one in found["parity_dims"].items() if one["state"] == "missing" and one["weight"] == "strict"} == {"build_sha", "image", "inputs", "instance_type", "libraries", "packages"}
    assert "wrote the provenance of 1 run" in runlake("replay", "schema", "--connection", server, "--write", run).ok().out
    assert psql(server, "SELECT build_sha FROM runlake_provenance") == found["replay_build_sha"]
    done = runlake("replay", "run", "spec.yaml")
    found = verdicts(project)["btc/3"]
    assert done.status == 0, found["parity_dims"]
    assert found["verdict"] == "FIDELITY_OK" and found["canonical_source"] == "PostgreSQL"
    # Written again, it is replaced, not doubled.
    runlake("replay", "schema", "--connection", server, "--write", run).ok()
    assert psql(server, "SELECT count(*) FROM runlake_provenance") == "1"


def test_the_migration_can_be_run_again_and_on_a_table_of_yours(server, results, runlake):
    sql = runlake("replay", "schema").ok().out
    psql(server, sql)
    psql(server, runlake("replay", "schema", "--table", "results").ok().out)
    psql(server, runlake("replay", "schema", "--table", "public.results").ok().out)
    assert psql(server, "SELECT count(*) FROM information_schema.columns WHERE table_name = 'results' AND column_name IN ('build_sha', 'image', 'inputs')") == "3"


@pytest.mark.parametrize("value, wanted", [("0.1::float8 + 0.2::float8", 0.1 + 0.2), ("1e-320::float8", 1e-320), ("0.1::real", 0.1), ("3::numeric / 8", 0.375), ("7", 7), ("'NaN'::float8", None)])
def test_every_digit_arrives(server, results, runlake, value, wanted):
    project, _ = results
    write_spec(project, [cell(server, canonical={"postgresql": server, "query": f"SELECT {value} AS value"})])
    runlake("replay", "run", "spec.yaml")
    found = verdicts(project)["btc/3"]
    assert found["canonical_value"] == wanted
    assert found["reason"] == ("canonical_absent" if wanted is None else "env_parity_unverified")


@pytest.mark.parametrize("query, arguments, words", [
    ("SELECT 1 AS value WHERE $1 = 'x'", ["y"], "gave no row"),
    ("SELECT generate_series(1, 3) AS value", [], "more than one row"),
    ("INSERT INTO results VALUES ('eth', 1, 1, 'x') RETURNING 1 AS value", [], "read-only"),
    ("SELECT 1 AS value; DROP TABLE results", [], "multiple commands"),
    ("SELECT nonsense", [], "nonsense"),
    ("SELECT NULL AS value", [], "no value"),
    ("SELECT $1 AS value", ["abc"], "no number"),
])
def test_what_the_server_refuses_or_lacks_is_told(server, results, runlake, query, arguments, words):
    project, _ = results
    write_spec(project, [cell(server, canonical={"postgresql": server, "query": query, "arguments": arguments})])
    assert runlake("replay", "run", "spec.yaml").status == 12
    found = verdicts(project)["btc/3"]
    assert found["reason"] == "canonical_absent" and words in found["canonical_problem"]
    assert psql(server, "SELECT count(*) FROM results") == "1"


def test_an_argument_is_never_part_of_the_text(server, results, runlake):
    project, _ = results
    write_spec(project, [cell(server, dimensions={"crypto": "btc'; DROP TABLE results; --", "fold": 3}, name="odd")])
    assert runlake("replay", "run", "spec.yaml").status == 12
    assert "gave no row" in verdicts(project)["odd"]["canonical_problem"] and psql(server, "SELECT count(*) FROM results") == "1"


def test_writing_without_the_table_says_what_to_do(server, results, runlake):
    _, run = results
    psql(server, "DROP TABLE runlake_provenance")
    refused = runlake("replay", "schema", "--connection", server, "--write", run)
    assert refused.status == 3 and "runlake replay schema | psql" in refused.err
    assert runlake("replay", "schema", "--connection", server, "--write", "ffffffff").status == 3
    assert runlake("replay", "schema", "--connection", "host=/nowhere", "--write", run).status == 8


def test_the_binary_does_not_link_libpq(runlake_bin):
    linked = subprocess.run(["ldd", str(runlake_bin)], capture_output=True, text=True, check=True).stdout
    assert "libpq" not in linked and "libssl" not in linked


def test_what_is_printed_has_a_version(runlake):
    assert json.loads(runlake("--json", "replay", "schema").ok().out)["version"] == 1
