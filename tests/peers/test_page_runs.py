# SPDX-License-Identifier: Apache-2.0
"""The page of a release of runs that are no proof searches, in headless browsers: from a folder and from servers."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest
from page_support import CONTRAST, browser, fits_a_narrow_screen, from_folder, names_and_roles, number, outside, page, served  # noqa: F401

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_page  # noqa: E402
import make_proof_logs  # noqa: E402

RUNLAKE = os.environ["RUNLAKE_BIN"]
VIEWS = ["all", "measures", "data", "measures&against=p:lr&apart=p:opt", "measures&against=p:opt"]
STATES = {3: "completed", 4: "failed", 1: "running"}


def text(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value)


def mlflow(folder):
    """A store of an experiment and 24 runs: numbers as texts, one that is none, a parameter that only some have, a metric that is not a number."""
    text(folder / "7" / "meta.yaml", "experiment_id: '7'\nname: heights\nlifecycle_stage: active\nartifact_location: file:///x\n")
    for n in range(24):
        run = folder / "7" / f"{n:032x}"
        text(run / "meta.yaml", f"run_id: {run.name}\nrun_name: run {n:02}\nexperiment_id: '7'\nstatus: {list(STATES)[n % 3]}\nstart_time: {1700000000000 + 1000 * n}\n"
                                + ("" if n % 3 == 2 else f"end_time: {1700000000000 + 1000 * n + 500 * (n + 1)}\n") + "lifecycle_stage: active\n")
        for name, value in {"lr": 10.0 ** -(n % 3), "depth": "None" if n % 4 == 0 else n % 4, "opt": ["adam", "sgd"][n % 2], "seed": 7}.items():
            text(run / "params" / name, str(value))
        if n % 2:
            text(run / "params" / "momentum", "0.9")
        text(run / "metrics" / "loss", f"1700000001000 {n / 8} 0\n1700000002000 {n / 16} 1\n")
        text(run / "metrics" / "acc", f"1700000001000 {'nan' if n == 5 else 1 - n / 32} 0\n")


class Lake:
    def __init__(self, folder):
        self.folder = folder
        (folder / ".runlake").mkdir(parents=True)
        mlflow(folder / "logs" / "mlruns")
        for n in range(3):
            job = folder / "logs" / "workspace" / f"{n:032x}"
            text(job / "signac_statepoint.json", json.dumps({"seed": n, "box": {"l": [1, n]}}))
            text(job / "signac_job_document.json", json.dumps({"energy": -n / 2}))

    def call(self, *words):
        env = {name: value for name, value in os.environ.items() if not name.startswith(("RUNLAKE_", "SPECTER_"))}
        done = subprocess.run([RUNLAKE, *words], cwd=self.folder, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done
        return done.stdout

    def ask(self, sql):
        return json.loads(self.call("--json", "lake", "sql", sql))["rows"]

    def release(self, name, selection):
        text(self.folder / f"{name}.json", json.dumps({"schema_version": 2, "name": name, "selection": selection, "reference": None, "datasets": [
            {"name": "steps", "query": "SELECT r.run_uid, m.step, m.value FROM mlflow_metrics m JOIN all_runs r USING (run_key) WHERE m.key = 'loss' ORDER BY ALL"}]}))
        self.call("lake", "job", "release-site-dashboard", "--config", f"{name}.json", "--logs-dir", "logs", "--site-dir", f"site-{name}")
        [release] = (self.folder / f"site-{name}" / "releases").iterdir()
        return release


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    made = Lake(tmp_path_factory.mktemp("canary") / "project")
    made.call("lake", "reconcile", "--logs-dir", "logs")
    made.release_dir = made.release("others", {"source": ["mlflow", "signac"]})
    return made


def shown_rows(page):
    """The rows of the first table by the titles of their columns."""
    heads = [re.sub(r"[▲▼]", "", one).strip() for one in page.texts("#main table.grid:first-of-type thead th")]
    return [dict(zip(heads, cells)) for cells in page.evaluate("[...document.querySelector('#main table.grid').querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.innerText))")]


def test_the_table_of_runs_is_that_of_the_lake(page, lake):
    page.open(from_folder(lake.release_dir))
    assert page.texts("#tabs a") == ["Runs", "Histogram", "Data"] and page.text("#title") == "others"
    assert page.text("#f-count") == "27 of 27 runs" and page.evaluate("document.querySelector('#main').dataset.view") == "all"
    wanted = {name: (json.loads(params), json.loads(metrics), source, state, seconds) for source, name, state, params, metrics, seconds in lake.ask(
        "SELECT source, coalesce(name, run_id), state, params, metrics, epoch_ms(finished_at - started_at) / 1000 FROM all_runs")}
    rows = shown_rows(page)
    assert [row["Run"] for row in rows] == sorted(wanted), "by name, all of them"
    for row in rows:
        params, metrics, source, state, seconds = wanted[row["Run"]]
        assert (row["Source"], row["State"]) == (source, state or "–")
        for name in ("lr", "depth", "opt", "seed", "momentum"):
            value = params.get(name)
            assert row[name] == ("–" if value is None else str(value)), (row, name)
        for name in ("loss", "acc", "energy"):
            assert row[name] == "–" if metrics.get(name) is None else number(row[name]) == pytest.approx(metrics[name], abs=6e-5), (row, name)
        assert row["Seconds"] == "–" if seconds is None else number(row["Seconds"]) == seconds
    assert outside(page, lake.release_dir.as_uri() + "/") == []


def test_what_is_the_same_in_all_is_no_column(page, lake):
    page.open(from_folder(lake.release_dir) + "#" + urllib.parse.urlencode({"view": "all", "g.source": "=mlflow", "g.p:opt": "=sgd"}))
    rows = shown_rows(page)
    assert len(rows) == 12 and "seed" not in rows[0] and "Source" not in rows[0] and "lr" in rows[0]
    facts = dict(zip(page.texts("details.same dt"), page.texts("details.same dd")))
    assert facts == {"Source": "mlflow", "opt (parameter)": "sgd", "seed (parameter)": "7", "momentum (parameter)": "0.9"}


def test_columns_are_sorted_as_numbers(page, lake):
    page.open(from_folder(lake.release_dir) + "#view=all&g.source=%3Dmlflow")
    page.click('th button[data-key="p:lr"]')
    values = [float(row["lr"]) for row in shown_rows(page)]
    assert values == sorted(values, reverse=True)
    page.click('th button[data-key="p:lr"]')
    assert [float(row["lr"]) for row in shown_rows(page)] == sorted(values)
    assert "sort=p%3Alr" in page.evaluate("location.hash") and page.evaluate("document.activeElement.dataset.key") == "p:lr"
    page.click('th button[data-key="p:depth"]')
    depths = [row["depth"] for row in shown_rows(page)]
    assert depths == ["3"] * 6 + ["2"] * 6 + ["1"] * 6 + ["None"] * 6, "what is no number comes last"


def test_filters_narrow_every_view_and_stay(page, lake):
    page.open(from_folder(lake.release_dir))
    page.choose("#g-state", "=completed")
    page.choose('[id="g-p:opt"]', "=adam")
    page.choose("#g-of", "m:loss")
    page.choose("#g-from", "0.2")
    page.choose("#g-to", "1.125")
    where = "state = 'completed' AND (params->>'opt') = 'adam' AND (metrics->>'loss')::DOUBLE BETWEEN 0.2 AND 1.125"
    [[wanted]] = lake.ask(f"SELECT count(*) FROM all_runs WHERE {where}")
    assert page.text("#f-count") == f"{wanted} of 27 runs" and wanted == len(shown_rows(page)) == 3
    page.click("#tabs li:nth-child(2) a")
    page.wait("document.querySelector('#main').dataset.view === 'measures'")
    page.choose("#measure", "m:loss")
    assert page.evaluate("document.querySelector('.histogram').dataset.count") == str(wanted)
    # The address says it all: opened anew it shows the same.
    address = page.evaluate("location.href")
    page.load("about:blank")
    page.open(address)
    assert page.text("#f-count") == f"{wanted} of 27 runs"
    page.click("#f-clear")
    assert page.text("#f-count") == "27 of 27 runs" and "g." not in page.evaluate("location.hash")
    page.choose("#g-text", "RUN 03")
    assert page.text("#f-count") == "1 of 27 runs"
    page.choose("#g-text", "no such run")
    assert "no values" in page.text("#main")
    page.go("#view=all&g.text=no+such")
    assert "No run passes the filters" in page.text("#main")


def test_the_histogram_counts_every_value(page, lake):
    page.open(from_folder(lake.release_dir) + "#view=measures")
    assert page.text("#measure") is not None and page.evaluate("document.querySelector('#measure').value") == "m:acc"
    [[count, mean]] = lake.ask("SELECT count(*), avg((metrics->>'acc')::DOUBLE) FROM all_runs WHERE (metrics->>'acc') IS NOT NULL")
    assert count == 23, "one is not a number"
    assert page.evaluate("document.querySelector('.histogram').dataset.count") == str(count)
    assert sum(number(cell) for cell in page.evaluate("[...document.querySelectorAll('.figures td')].map((cell) => cell.textContent)")) == count
    assert f"mean {page.evaluate(f'RL.number({mean})')}" in page.text("figcaption")
    page.choose("#apart", "p:opt")
    assert [one.split(",")[0] for one in page.texts("figcaption")] == ["opt: (none): 0 values", "opt: adam: 12 values", "opt: sgd: 11 values"]
    # A parameter of which some are None, and how long runs took.
    page.choose("#apart", "")
    page.choose("#measure", "p:depth")
    assert page.evaluate("document.querySelector('.histogram').dataset.count") == "18"
    page.choose("#measure", "seconds")
    assert page.evaluate("document.querySelector('.histogram').dataset.count") == "16"


def test_a_metric_against_a_parameter(page, lake):
    page.open(from_folder(lake.release_dir) + "#view=measures&measure=m:loss&against=p:lr&apart=p:opt")
    assert page.count("#main svg circle") == 24 and page.texts(".keys li") == ["opt: adam", "opt: sgd"]
    page.choose("#against", "p:opt")
    shown = {row[0]: (number(row[1]), number(row[2])) for row in page.evaluate("[...document.querySelectorAll('#main .figures tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent))")}
    assert shown == {name: (pytest.approx(mean, abs=6e-4), count) for name, mean, count in lake.ask(
        "SELECT params->>'opt', avg((metrics->>'loss')::DOUBLE), count(*) FROM all_runs WHERE source = 'mlflow' GROUP BY 1")}


def test_one_run(page, lake):
    page.open(from_folder(lake.release_dir) + "#view=all&g.source=%3Dmlflow")
    page.click("#main tbody tr:nth-child(2) a")
    facts = dict(zip(page.texts("dl.facts dt"), page.texts("dl.facts dd")))
    assert facts["Run id"] == f"{1:032x}" and facts["State"] == "failed" and facts["Seconds"] == "1" and len(facts["Run uid"]) == 64
    tables = page.evaluate("[...document.querySelectorAll('#main table.grid')].map((one) => Object.fromEntries([...one.querySelectorAll('tbody tr')].map((row) => [row.children[0].innerText, row.children[1].innerText])))")
    assert tables == [{"depth": "1", "lr": "0.1", "momentum": "0.9", "opt": "sgd", "seed": "7"}, {"acc": "0.9688", "loss": "0.0625"}]
    # lr, depth and opt of run 1 are those of run 13.
    assert page.texts(".note a") == ["run 13"] and "1 other run" in page.text(".note")
    page.click(".note a")
    assert page.text("section.card h2") == "Run run 13"
    page.go("#view=all&run=nobody")
    assert "no run of that id" in page.text("#main")


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "whole"])
def test_served_rows_that_are_not_in_the_page_are_read_out_of_parquet(page, lake, served, tmp_path, ranges):
    page.open(from_folder(lake.release_dir))
    whole = shown_rows(page)
    shutil.copytree(lake.release_dir, tmp_path / "release")
    path = tmp_path / "release" / "page" / "data.js"
    document = make_page.read_data_js(path)
    [table] = [one for one in document["tables"] if one["name"] == "all_runs"]
    table["kept"] = 5
    for column in table["columns"]:
        column["values"] = column["values"][:5]
    path.write_text("globalThis.RUNLAKE_DATA = JSON.parse('" + json.dumps(document).replace("\\", "\\\\").replace("'", "\\'") + "');")
    page.open(from_folder(tmp_path / "release"))
    assert page.text("#f-count") == "5 of 5 runs" and "5 of 27 rows" in page.text(".note") and page.count("#read-all") == 0
    server = served(tmp_path / "release", ranges=ranges)
    page.open(server.url)
    assert page.text("#mode") == "served" and page.text("#f-count") == "5 of 5 runs"
    page.click("#read-all")
    page.wait("!document.querySelector('#read-all')")
    assert page.text("#f-count") == "27 of 27 runs" and shown_rows(page) == whole
    page.go("#view=measures&measure=seconds")
    assert page.evaluate("document.querySelector('.histogram').dataset.count") == "16"
    page.go("#view=data&dataset=all_runs")
    assert page.text("#main .note[role=status]") == "All 27 rows." and page.count("#main .problem") == 0
    assert outside(page, server.url) == [] or all(url.startswith("file:") for url in outside(page, server.url))


def test_beside_proof_searches_every_run_is_there(page, tmp_path):
    lake = Lake(tmp_path / "project")
    made = make_proof_logs.make(lake.folder / "logs" / "proofs", runs=6, theorems=3, nodes=6, trace_lines=2)
    lake.call("lake", "reconcile", "--logs-dir", "logs")
    bare = {dir for dir, in lake.ask("SELECT rel_run_dir FROM runs WHERE run_key NOT IN (SELECT run_key FROM run_aggregates)")}
    assert 0 < len(bare) < len(made)
    for rel in bare:
        shutil.rmtree(lake.folder / "logs" / rel)
    lake.call("lake", "reconcile", "--logs-dir", "logs", "--prune")
    release = lake.release("both", {"source": ["mlflow", "signac", "proof-search"]})
    page.open(from_folder(release))
    proofs = len(made) - len(bare)
    assert page.texts("#tabs a") == ["Overview", "Runs", "Heat map", "Histogram", "Proof graph", "All runs", "Parameters and metrics", "Data"]
    assert page.text("#f-count") == f"{proofs} of {proofs} run{'s' if proofs > 1 else ''}"
    page.go("#view=all")
    assert page.text("#f-count") == f"{27 + proofs} of {27 + proofs} runs" and {row["Source"] for row in shown_rows(page)} == {"mlflow", "signac", "proof-search"}
    for view in ("overview", "runs", "heat", "histogram", "graph", "all", "measures", "data"):
        page.go(f"#view={view}&g.source=%3Dsignac&f.text=zzz")
        assert page.count("#main .problem") == 0, view


def test_hostile_names_are_only_names(page, served, tmp_path):
    release = make_page.make(tmp_path / "release", runs=0, theorems=0, hostile=True, others=2 * len(make_page.HOSTILE))
    server = served(release)
    for base in (from_folder(release), server.url):
        page.open(base)
        assert page.texts("#tabs a") == ["Runs", "Histogram", "Data"]
        assert {one for one in page.evaluate("[...document.querySelectorAll('#main tbody th')].map((one) => one.textContent)")} == set(make_page.HOSTILE)
        for name in make_page.HOSTILE:
            for view in ({"view": "all", "sort": f"p:{name}", "g.p:optimizer": f"={name}"}, {"view": "all", "g.of": f"m:{name}", "g.from": "0", "g.text": name}, {"view": "measures", "measure": f"m:{name}", "against": f"p:{name}"},
                         {"view": "measures", "measure": "m:loss", "against": "p:optimizer"}, {"view": "measures", "apart": "p:optimizer"}, {"view": "all", "run": name}):
                page.go("#" + urllib.parse.urlencode(view))
                assert page.count("#main .problem") == 0, (view, page.texts(".problem"))
        page.go("#view=all")
        page.click("#main tbody tr:first-child a")
        assert page.count("#main table.grid") == 2
        assert page.evaluate("window.pwned === undefined && ({}).pwned === undefined")
        assert page.count("#main script, #main img, #main iframe, #main object, #main [onerror], #main [onload]") == 0
        assert page.evaluate("[...document.querySelectorAll('a')].filter((one) => !['file:', 'http:'].includes(one.protocol)).length") == 0
    assert outside(page, release.as_uri() + "/") == [url for url in page.requests if url.startswith(server.url)]


def test_ten_thousand_runs(page, tmp_path):
    page.open(from_folder(make_page.make(tmp_path / "release", runs=0, theorems=0, others=10000)))
    assert page.text("#f-count") == "10\u202f000 of 10\u202f000 runs" and page.count("#main tbody tr") == 100
    page.choose('[id="g-p:optimizer"]', "=adam")
    assert page.text("#f-count").startswith("5\u202f000 of")
    page.go("#view=measures&measure=m:loss&against=p:lr")
    assert "10\u202f000 points, every 3th of them drawn" in page.text("figcaption")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_light_and_dark_and_has_a_name(page, lake, scheme):
    page.prefer(scheme)
    page.open(from_folder(lake.release_dir))
    uid = page.evaluate("RUNLAKE_DATA.tables.find((one) => one.name === 'all_runs').columns.find((one) => one.name === 'run_uid').words[0]")
    for view in [*VIEWS, f"all&run={uid}", "all&g.of=m:loss"]:
        page.go(f"#view={view}")
        assert page.evaluate(CONTRAST) == [], view
        names_and_roles(page, view)
    assert page.count("[aria-current=page]") == 1


def test_on_a_narrow_screen_nothing_is_wider_than_it(page, lake):
    fits_a_narrow_screen(page, from_folder(lake.release_dir), VIEWS)
