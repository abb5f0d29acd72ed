# SPDX-License-Identifier: Apache-2.0
"""Verdicts and what they rest on: envelopes, canonical values from everywhere, events, and `replay show`."""

import http.server
import json
import os
import re
import subprocess
import threading
import time

import pytest
from replay_support import PATIENT, PYTHON, git, run_id_of, until_code_is_known, verdicts, write_spec

# Pinned it is the mean of its input; un-capped it spreads about that, by a series that each run takes one further.
FIT = """
import os, pathlib
rows = [float(line) for line in open('data.csv')]
value = sum(rows) / len(rows)
if os.environ.get('OMP_NUM_THREADS') != '1':
    count = pathlib.Path('.runlake/count')
    n = int(count.read_text()) if count.exists() else 0
    count.write_text(str(n + 1))
    value += [4, -3, 1, -1, 3, -4, 2, -2, 0.5, -0.5][n % 10] * 1e-4
print(value.hex())
"""


def same_everywhere(project, runlake, **more):
    """A canonical whose provenance is that of the replays here: as another tool would have stored it."""
    write_spec(project, [cell(canonical={"value": 0.355})])
    runlake("replay", "run", "spec.yaml")
    known = verdicts(project)["demo"]["replay_provenance"]
    (project / "canonical.json").write_text(json.dumps({"value": 0.355, "run_id": "row-7", "provenance": known, **more}))
    return {"json": "canonical.json"}


def cell(**more):
    return {"name": "demo", "command": [PYTHON, "fit.py"], "metric": {"stdout": True, "name": "f1"}, "inputs": ["data.csv"], "pins": {"presets": ["openmp"]},
            "canonical": {"json": "canonical.json"}, **more}


@pytest.fixture
def demo(project, clean_env):
    (project / "fit.py").write_text(FIT)
    (project / "data.csv").write_text("0.35\n0.36\n")
    (project / ".gitignore").write_text("spec.yaml\ncanonical.json\nevents.log\n")
    git(project, clean_env, "add", "-A")
    git(project, clean_env, "commit", "-qm", "demo")
    return project


@pytest.fixture
def measured(demo, runlake):
    same_everywhere(demo, runlake)
    write_spec(demo, [cell()])
    runlake("replay", "envelope", "spec.yaml").ok()
    return demo


def test_all_of_it_together_is_faithful(measured, runlake, clean_env):
    done = runlake("replay", "run", "spec.yaml")
    assert done.status == 0, done.err
    found = verdicts(measured)["demo"]
    assert found["verdict"] == "FIDELITY_OK" and found["parity_state"] == "equal" and found["canon_delta"] == 0
    assert found["parity_dims"]["image"]["compared"] in ("image", "image_fallback")
    [path] = (measured / ".runlake" / "epsilon").glob("*.json")
    envelope = json.loads(path.read_text())
    assert len(envelope["values"]) == envelope["n"] == 10 and envelope["method_used"] == "diff_chi2"
    assert found["eps_prod"] == envelope["eps_prod"] == found["epsilon"] and found["eps_prod_envelope"] == envelope["id"]
    assert abs(envelope["eps_prod"] - 4.56017122033 * envelope["statistics"]["s"]) < 1e-12
    # It is there to be committed.
    assert f".runlake/epsilon/{path.name}" in git(measured, clean_env, "status", "--short", "-uall")


def test_a_shifted_canonical_is_a_logic_gap_and_a_near_one_is_not(measured, runlake):
    canonical = json.loads((measured / "canonical.json").read_text())
    for shift, status, verdict in ((1e-4, 0, "FIDELITY_OK"), (5e-3, 11, "CANONICAL_DIVERGENCE")):
        (measured / "canonical.json").write_text(json.dumps({**canonical, "value": 0.355 + shift}))
        assert runlake("replay", "run", "spec.yaml").status == status
        assert verdicts(measured)["demo"]["verdict"] == verdict
    found = verdicts(measured)["demo"]
    assert found["cause"] == "logic_fidelity_gap" and "canonical_outside_envelope" in found["details"]
    assert "canonical is the odd one" in runlake("replay", "show", "demo").ok().out


def test_changed_data_is_a_stale_envelope_and_never_a_logic_gap(measured, runlake):
    (measured / "data.csv").write_text("0.36\n0.36\n")
    done = runlake("replay", "run", "spec.yaml")
    assert done.status == 12
    found = verdicts(measured)["demo"]
    assert (found["reason"], found["details"]) == ("epsilon_prod_unmeasured", ["stale_envelope:inputs"])
    assert found["epsilon"] is None and found["eps_prod"] is None and found["canon_delta"] is None and found["eps_prod_image_sha"]
    # Measured again for the new data, the verdict is on the conditions.
    runlake("replay", "envelope", "spec.yaml").ok()
    assert runlake("replay", "run", "spec.yaml").status == 11
    found = verdicts(measured)["demo"]
    assert found["cause"] == "env_parity_gap" and "differs:inputs" in found["details"]


def test_other_parameters_need_another_envelope(measured, runlake):
    write_spec(measured, [cell(envelope={"environment": {"MODE": "b"}})])
    assert runlake("replay", "run", "spec.yaml").status == 12
    assert verdicts(measured)["demo"]["details"] == ["stale_envelope:config"]


def test_a_canonical_that_says_nothing_of_its_conditions_can_not_be_judged(measured, runlake):
    (measured / "canonical.json").write_text('{"value": 0.355}')
    assert runlake("replay", "run", "spec.yaml").status == 12
    found = verdicts(measured)["demo"]
    assert found["reason"] == "env_parity_unverified" and found["parity_dims"]["inputs"]["state"] == "missing"
    shown = runlake("replay", "show", "demo").ok().out
    assert "RUNLAKE_IMAGE_DIGEST" in shown and "replay schema" in shown
    # A policy that asks for less is the spec's to say, and told in the verdict.
    write_spec(measured, [cell()], parity={"informational": ["build_sha", "image", "inputs", "instance_type", "libraries"]})
    (measured / "canonical.json").write_text(json.dumps({"value": 0.355, "packages": found["replay_provenance"]["packages"]}))
    assert runlake("replay", "run", "spec.yaml").status == 0
    assert verdicts(measured)["demo"]["parity_policy"]["id"].startswith("runlake/1+custom.")


@pytest.mark.parametrize("text, words", [("{", "canonical.json"), ("{}", "no value"), ('{"value": "abc"}', "no number"), (None, "canonical.json")])
def test_a_canonical_that_can_not_be_read_is_absent_with_the_reason(measured, runlake, text, words):
    if text is None:
        (measured / "canonical.json").unlink()
    else:
        (measured / "canonical.json").write_text(text)
    assert runlake("replay", "run", "spec.yaml").status == 12
    found = verdicts(measured)["demo"]
    assert found["reason"] == "canonical_absent" and words in found["canonical_problem"]


def test_a_canonical_that_is_nan_is_absent(measured, runlake):
    (measured / "canonical.json").write_text('{"value": "nan"}')
    assert runlake("replay", "run", "spec.yaml").status == 12
    found = verdicts(measured)["demo"]
    assert found["reason"] == "canonical_absent" and found["details"] == ["canonical_not_finite"]


def test_runs_and_ledger_entries_are_canonical(demo, runlake):
    code = "import subprocess, os, time; subprocess.run([os.environ['RL'], 'log', 'f1=0.355'], check=True); time.sleep({})"
    until_code_is_known(demo, runlake, lambda seconds: runlake("run", "--stage", "fit", "--input", "data.csv", "--", PYTHON, "-c", code.format(seconds), env={"RL": os.environ["RUNLAKE_BIN"], **PATIENT}).ok())
    run = run_id_of(runlake, "fit")
    runlake("ledger", "promote", "--run", run).ok()
    extra = json.loads((demo / ".runlake" / "ledger-extra" / f"{run}.json").read_text())
    assert extra["provenance"]["inputs"].startswith("replay-inputs/1:") and extra["provenance"]["build_sha"]
    write_spec(demo, [cell(canonical={kind: run}, name=kind) for kind in ("run", "ledger")])
    runlake("replay", "envelope", "spec.yaml").ok()
    assert runlake("replay", "run", "spec.yaml").status == 0
    for kind in ("run", "ledger"):
        found = verdicts(demo)[kind]
        assert found["verdict"] == "FIDELITY_OK" and found["canonical_run_id"] == run and found["canonical_source"] == kind
    # The run that was canonical says so itself.
    assert "FIDELITY_OK" in runlake("runs", "show", run).ok().out
    assert runlake("replay", "show", run[:8]).ok().out.startswith("FIDELITY_OK")


def test_too_few_runs_and_runs_that_fail_measure_nothing(demo, runlake):
    write_spec(demo, [cell()])
    refused = runlake("replay", "envelope", "spec.yaml", "--runs", "9")
    assert refused.status == 2 and "10" in refused.err
    write_spec(demo, [cell(command=[PYTHON, "-c", "print('nan')"]), cell(name="good")])
    done = runlake("--json", "replay", "envelope", "spec.yaml")
    assert done.status == 1
    bad, good = done.json["cells"]
    assert bad["envelope"] is None and "run 1: not_finite" in bad["problem"] and good["envelope"]["n"] == 10
    assert len(list((demo / ".runlake" / "epsilon").glob("*.json"))) == 1


def test_runs_without_a_spread_give_zero_and_say_what_that_proves(demo, runlake):
    write_spec(demo, [cell(command=[PYTHON, "-c", "print(0.5)"])])
    done = runlake("replay", "envelope", "spec.yaml").ok()
    [path] = (demo / ".runlake" / "epsilon").glob("*.json")
    envelope = json.loads(path.read_text())
    assert envelope["eps_prod"] == 0 and envelope["statistics"]["bit_equal"] and abs(envelope["statistics"]["zero_event_bound"] - 0.2589) < 1e-4
    assert "25.9 %" in done.err


def test_runs_of_several_hosts_make_one_envelope(demo, runlake):
    write_spec(demo, [cell()])
    alone = runlake("--json", "replay", "envelope", "spec.yaml", "--add", "--runs", "3")
    assert alone.status == 1 and "no envelope of it to add to" in alone.json["cells"][0]["problem"]
    (demo / ".runlake").mkdir(exist_ok=True)
    runlake("--json", "replay", "envelope", "spec.yaml").ok()
    more = runlake("--json", "replay", "envelope", "spec.yaml", "--add", "--runs", "3").ok().json["cells"][0]
    envelope = more["envelope"]
    assert more["added_to"] == 10 and envelope["n"] == 13 == len(envelope["values"]) and [part["runs"] for part in envelope["parts"]] == [10, 3]
    assert len(list((demo / ".runlake" / "epsilon").glob("*.json"))) == 2
    # Two hosts added at once, and git could not join what they made.
    (demo / ".runlake" / "epsilon" / "0123.json").write_text("{\n<<<<<<< HEAD\n")
    told = runlake("replay", "envelope", "spec.yaml", "--add", "--runs", "1").ok()
    assert "added to 13 runs" in told.err and "0123.json" in told.err and "it does not count" in told.err
    (demo / "data.csv").write_text("1\n2\n")
    refused = runlake("--json", "replay", "envelope", "spec.yaml", "--add", "--runs", "3")
    assert refused.status == 1 and "another inputs" in refused.json["cells"][0]["problem"]
    write_spec(demo, [{name: value for name, value in cell().items() if name != "inputs"}])
    assert "list the cell's inputs" in runlake("replay", "envelope", "spec.yaml").err


def test_a_damaged_envelope_is_told_and_does_not_count(measured, runlake):
    [path] = (measured / ".runlake" / "epsilon").glob("*.json")
    path.write_text(path.read_text().replace('"eps_prod": 0', '"eps_prod": 9', 1))
    assert runlake("replay", "run", "spec.yaml").status == 12
    found = verdicts(measured)["demo"]
    assert found["reason"] == "epsilon_prod_unmeasured" and "changed by hand" in found["eps_prod_problem"]


def test_capped_replays_and_an_envelope_never_share_the_machine(demo, runlake, runlake_bin, clean_env):
    gate = demo / ".runlake" / "gate"
    gate.parent.mkdir(exist_ok=True)
    os.mkfifo(gate)
    write_spec(demo, [cell(command=[PYTHON, "-c", "open('.runlake/gate').read(); print(1)"])])
    measuring = subprocess.Popen([str(runlake_bin), "replay", "envelope", "spec.yaml"], cwd=demo, env=clean_env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        held = os.open(gate, os.O_WRONLY)  # opens once the first run reads
        (demo / "other.yaml").write_text(json.dumps({"cells": [cell(name="other")]}))
        refused = runlake("replay", "run", "other.yaml")
        assert refused.status == 5 and "envelope" in refused.err
        assert runlake("replay", "envelope", "other.yaml").status == 5
        os.close(held)
    finally:
        measuring.terminate()
        measuring.wait(timeout=300)
    end = time.monotonic() + 300
    while runlake("replay", "run", "other.yaml").status == 5:
        assert time.monotonic() < end


class Loki:
    """Takes pushes, and refuses those whose form is not Loki's."""

    def __init__(self):
        self.lines = []
        self.labels = []
        self.faults = []
        self.tenants = []
        self.status = 204
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.take(self.path, self.headers, body)
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, path, headers, body):
        self.tenants.append(headers.get("X-Scope-OrgID"))
        right = path == "/loki/api/v1/push" and headers["Content-Type"] == "application/json" and set(body) == {"streams"}
        last = 0
        for stream in body["streams"]:
            right = right and set(stream) == {"stream", "values"}
            right = right and all(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name) and isinstance(value, str) for name, value in stream["stream"].items())
            self.labels.append(stream["stream"])
            for at, line in stream["values"]:
                right = right and isinstance(at, str) and re.fullmatch("[0-9]{19}", at) is not None and int(at) > last and isinstance(line, str)
                last = int(at)
                self.lines.append(line)
        if not right:
            self.faults.append(body)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def loki():
    it = Loki()
    yield it
    it.close()


def test_events_reach_stderr_a_file_and_loki_alike(measured, runlake, loki):
    env = {"RUNLAKE_LOKI_URL": loki.url, "RUNLAKE_LOKI_LABELS": "env=test", "RUNLAKE_LOKI_HEADERS": "X-Scope-OrgID=acme", "RUNLAKE_EVENT_PREFIX": "s18_"}
    done = runlake("replay", "run", "spec.yaml", "--events-file", "events.log", env=env).ok()
    assert not loki.faults
    lines = (measured / "events.log").read_text().splitlines()
    assert loki.lines == lines == [line for line in done.err.splitlines() if line.startswith("event=")]
    assert [line.split()[0] for line in lines] == ["event=s18_loaded", "event=s18_replay_determinism", "event=s18_replay_divergence", "event=s18_replay_verdict"]
    assert re.fullmatch("event=s18_loaded build_sha=[0-9a-f]{40}.*", lines[0])
    assert loki.labels == [{"job": "runlake_replay", "env": "test"}] and loki.tenants == ["acme"]


def test_a_loki_that_is_away_or_refuses_costs_nothing_but_the_push(measured, runlake, loki):
    for url, status in ((loki.url, 500), ("http://127.0.0.1:1", None)):
        loki.status = status
        done = runlake("replay", "run", "spec.yaml", "--events-file", "events.log", env={"RUNLAKE_LOKI_URL": url})
        assert done.status == 0 and "Loki" in done.err
    assert (measured / "events.log").read_text().count("event=replay_verdict") == 2


def test_words_for_events_are_checked_before_anything_runs(measured, runlake):
    for words, env in ((["--event-prefix", "a b"], {}), ([], {"RUNLAKE_LOKI_LABELS": "1x=y"})):
        before = len(list((measured / ".runlake" / "verdicts").glob("*.json")))
        assert runlake("replay", "run", "spec.yaml", *words, env=env).status == 2
        assert len(list((measured / ".runlake" / "verdicts").glob("*.json"))) == before


def test_show_lists_finds_and_advises(measured, runlake):
    runlake("replay", "run", "spec.yaml").ok()
    assert "demo" in runlake("replay", "show").ok().out
    identity = verdicts(measured)["demo"]["id"]
    for what in ("demo", identity, identity[:10], f".runlake/verdicts/{identity}.json"):
        shown = runlake("replay", "show", what).ok().out
        assert shown.startswith("FIDELITY_OK") and "Compared" in shown and "Differed" in shown and "Next" in shown and identity in shown
    answer = runlake("--json", "replay", "show", "demo").ok().json
    assert answer["version"] == 1 and answer["verdict"]["id"] == identity and answer["next"]
    missing = runlake("replay", "show", "demmo")
    assert missing.status == 3 and 'nearest: "demo"' in missing.err
    (measured / "v.json").write_text("{}")
    assert runlake("replay", "show", "./v.json").status == 6
    (measured / "v.json").write_text('{"schema": "runlake.verdict/7"}')
    assert runlake("replay", "show", "./v.json").status == 7


def test_a_file_that_is_no_verdict_does_not_hide_the_others(measured, runlake):
    (measured / ".runlake" / "verdicts" / "broken.json").write_text("{")
    done = runlake("replay", "show").ok()
    assert "demo" in done.out and "broken.json" in done.err


def test_the_schema_is_sql_that_can_be_run_again(runlake, project):
    printed = runlake("replay", "schema").ok().out
    assert "CREATE TABLE IF NOT EXISTS runlake_provenance" in printed and "ADD COLUMN IF NOT EXISTS build_sha text" in printed
    assert "ALTER TABLE public.finetune_results ADD COLUMN" in runlake("replay", "schema", "--table", "public.finetune_results").ok().out
    assert runlake("replay", "schema", "--table", "a; drop table b").status == 2
    assert runlake("replay", "schema", "--write", "abc").status == 2


def test_a_server_that_is_not_there_is_a_missing_canonical(measured, runlake):
    write_spec(measured, [cell(canonical={"postgresql": "host=/nowhere user=x dbname=y", "query": "SELECT 1 AS value"})])
    assert runlake("replay", "run", "spec.yaml").status == 12
    found = verdicts(measured)["demo"]
    assert found["reason"] == "canonical_absent" and "PostgreSQL" in found["canonical_problem"]


def test_the_lake_is_a_place_of_canonical_values(measured, runlake):
    known = verdicts(measured)["demo"]["replay_provenance"]
    runlake("lake", "reconcile").ok()
    columns = ", ".join(f"'{value}' AS {name}" for name, value in known.items())
    write_spec(measured, [cell(canonical={"lake": True, "query": f"SELECT 0.355::DOUBLE AS value, $1 AS run_id, {columns}", "arguments": ["row-9"]})])
    done = runlake("replay", "run", "spec.yaml")
    found = verdicts(measured)["demo"]
    assert done.status == 0, found["canonical_problem"]
    assert found["canonical_run_id"] == "row-9" and found["canonical_source"] == "the lake"
    write_spec(measured, [cell(canonical={"lake": True, "query": "DELETE FROM runs"})])
    assert runlake("replay", "run", "spec.yaml").status == 12
    assert "no SELECT" in verdicts(measured)["demo"]["canonical_problem"]


def test_a_stage_of_a_run_directory_is_canonical(demo, runlake, runlake_bin):
    stage = {"command": ["sh", "-c", f"{runlake_bin} log f1=0.355 && echo done > {{out}}/done.txt"], "reads": ["workspace:data.csv"], "writes": ["done.txt"], "code": ["fit.py"]}
    (demo / "pipe.yaml").write_text(json.dumps({"experiment_key": "demo", "stages": {"fit": stage}}))
    runlake("pipeline", "run", "pipe.yaml").ok()
    [run_dir] = [entry for entry in (demo / "runs").iterdir() if entry.is_dir()]
    write_spec(demo, [cell(canonical={"run_directory": f"runs/{run_dir.name}", "stage": "fit"}), cell(name="other", canonical={"run_directory": f"runs/{run_dir.name}", "stage": "fitt"})])
    assert runlake("replay", "run", "spec.yaml").status == 12
    found = verdicts(demo)
    assert found["demo"]["canonical_value"] == 0.355 and found["demo"]["canonical_source"].startswith("run directory ")
    assert found["demo"]["reason"] == "epsilon_prod_unmeasured" and found["other"]["reason"] == "canonical_absent" and "fitt" in found["other"]["canonical_problem"]
