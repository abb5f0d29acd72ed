# SPDX-License-Identifier: Apache-2.0
"""The page of a release in headless browsers: from a folder and from servers, on releases of the program itself and on made-up ones that are hostile or large."""

import json
import os
import re
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
VIEWS = ["overview", "runs", "heat", "histogram", "graph", "data"]
PRESETS = ["runs_overview", "k_by_theorem", "recovery_by_intervention", "structure_vs_term", "provider_theorem", "provider_pairs", "goal_tactics", "structure_entropy", "distances_by_intervention",
           "recovery_and_detour", "convergence", "k_by_mode", "variant_pairs", "attractors", "reference_k", "reference_k_summary", "reference_meta"]


class Lake:
    def __init__(self, folder):
        self.folder = folder
        (folder / ".runlake").mkdir(parents=True)
        make_proof_logs.make(folder / "logs", runs=24, theorems=6, nodes=12, trace_lines=4)
        self.call("lake", "reconcile", "--logs-dir", "logs")
        config = json.loads(self.call("lake", "job", "presets", "site_dashboard_reference"))
        config["datasets"] += json.loads(self.call("lake", "job", "presets", "variant_clusters"))["datasets"]
        # Runs of many seeds have no summary, and a dashboard refuses them: here they are told by their mode of starting.
        config["selection"] = {"require_completed": True}
        (folder / "job.json").write_text(json.dumps(config))
        for run, in self.ask("SELECT run_dir FROM runs WHERE run_key NOT IN (SELECT run_key FROM run_aggregates)"):
            subprocess.run(["rm", "-r", run], check=True)
        self.call("lake", "reconcile", "--logs-dir", "logs", "--prune")
        self.call("lake", "job", "release-site-dashboard", "--config", "job.json", "--logs-dir", "logs", "--site-dir", "site")
        [self.release] = (folder / "site" / "releases").iterdir()

    def call(self, *words):
        env = {name: value for name, value in os.environ.items() if not name.startswith(("RUNLAKE_", "SPECTER_"))}
        done = subprocess.run([RUNLAKE, *words], cwd=self.folder, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done
        return done.stdout

    def ask(self, sql):
        return json.loads(self.call("--json", "lake", "sql", sql))["rows"]


@pytest.fixture(scope="session")
def lake(tmp_path_factory):
    return Lake(tmp_path_factory.mktemp("canary") / "project")


def test_from_a_folder_every_view_is_drawn(page, lake):
    page.open(from_folder(lake.release))
    runs = lake.ask("SELECT count(*) FROM runs WHERE json_extract_string(run_status, '$.status') = 'completed'")[0][0]
    assert page.text("#title") == "site_dashboard_reference" and lake.release.name.startswith(page.text("#release-id").removeprefix("Release ").rstrip("…"))
    assert page.text("#mode") == "from a folder" and page.text("#f-count") == f"{runs} of {runs} runs"
    assert page.texts("#tabs a") == ["Overview", "Runs", "Heat map", "Histogram", "Proof graph", "Data"]
    for view in VIEWS:
        page.go(f"#view={view}")
        assert page.evaluate("document.querySelector('#main').dataset.view") == view
        assert page.count("#main .problem") == 0 and page.count("#main table, #main svg") > 0, view
    assert outside(page, lake.release.as_uri() + "/") == []


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "whole"])
def test_from_a_server_every_row_is_read(page, lake, served, ranges):
    server = served(lake.release, ranges=ranges)
    page.open(server.url)
    assert page.text("#mode") == "served"
    for name, rows in page.evaluate("RUNLAKE_DATA.tables.map((table) => [table.name, table.rows])"):
        page.go(f"#view=data&dataset={name}")
        assert page.count("#main .problem") == 0, (name, page.texts(".problem"))
        said = page.text("#main .note[role=status]").replace("\u202f", "")
        assert said == (f"All {rows} row{'' if rows == 1 else 's'}." if rows <= 1000 else f"The first 1000 rows of {rows}."), name
    fetched = {path for method, path, _ in server.asked if path.endswith(".parquet")}
    assert fetched == {f"/data/{path.name}" for path in (lake.release / "data").iterdir()}
    assert any(part for _, path, part in server.asked if path.endswith(".parquet"))
    assert outside(page, server.url) == []


def test_what_the_runs_table_says_is_what_the_lake_says(page, lake):
    page.open(from_folder(lake.release) + "#view=runs&sort=rate&down=1")
    wanted = lake.ask("SELECT r.run_id, r.provider, count(*) FILTER (w.solved) / count(*) FROM runs r JOIN theorem_wild w USING (run_key) WHERE json_extract_string(run_status, '$.status') = 'completed' GROUP BY ALL")
    shown = page.evaluate("[...document.querySelectorAll('#main tbody tr')].map((row) => [0, 1, 6].map((i) => row.children[i].innerText))")
    assert sorted([one, two, number(three)] for one, two, three in shown) == sorted([one, two, round(100 * three)] for one, two, three in wanted)
    rates = [number(row[2]) for row in shown]
    assert rates == sorted(rates, reverse=True)
    assert page.evaluate("document.querySelector('th[aria-sort=descending]').innerText").startswith("Solved")
    page.click("th button[data-key=provider]")
    names = page.evaluate("[...document.querySelectorAll('#main tbody tr')].map((row) => row.children[1].innerText)")
    assert names == sorted(names) and page.evaluate("document.activeElement.dataset.key") == "provider"
    assert "sort=provider" in page.evaluate("location.hash")


def test_filters_narrow_every_view_and_stay(page, lake):
    page.open(from_folder(lake.release))
    [[wanted]] = lake.ask("SELECT count(*) FROM runs WHERE provider = 'deepseek' AND json_extract_string(run_status, '$.status') = 'completed'")
    page.choose("#f-provider", "=deepseek")
    assert page.text("#f-count").startswith(f"{wanted} of ") and page.texts(".figure b")[0] == str(wanted)
    page.click("#tabs li:nth-child(2) a")
    page.wait("document.querySelector('#main').dataset.view === 'runs'")
    assert page.count("#main tbody tr") == wanted and set(page.evaluate("[...document.querySelectorAll('#main tbody tr')].map((row) => row.children[1].innerText)")) == {"deepseek"}
    page.choose("#f-text", "no such run")
    assert "No run passes the filters" in page.text("#main")
    page.click("#f-clear")
    assert page.evaluate("location.hash").find("f.") < 0 and page.count("#main tbody tr") > wanted


def test_the_heat_map_has_the_means_of_the_lake(page, lake):
    page.open(from_folder(lake.release) + "#view=heat&by=provider&measure=solved")
    cells = page.evaluate("Object.fromEntries([...document.querySelectorAll('.heat tbody tr')].map((row) => [row.children[0].innerText, [...row.children].slice(1).map((cell) => cell.innerText)]))")
    heads = page.evaluate("[...document.querySelectorAll('.heat thead th')].slice(1).map((cell) => cell.innerText)")
    wanted = lake.ask("SELECT w.theorem, r.provider, count(*) FILTER (w.solved) / count(*) FROM runs r JOIN theorem_wild w USING (run_key) WHERE json_extract_string(run_status, '$.status') = 'completed' GROUP BY ALL")
    assert len(wanted) == sum(text != "·" for row in cells.values() for text in row) > 10
    for theorem, provider, share in wanted:
        assert abs(number(cells[theorem][heads.index(provider)]) - 100 * share) <= 0.5, (theorem, provider)
    page.choose("#measure", "k")
    assert "measure=k" in page.evaluate("location.hash") and "Mean K" in page.text(".heat caption")
    page.choose("#order", "spread")
    page.choose("#q", "thm_003")
    assert page.count(".heat tbody tr") == 1


def test_the_histogram_counts_every_value(page, lake):
    page.open(from_folder(lake.release) + "#view=histogram&measure=k")
    [[wanted]] = lake.ask("SELECT count(k_K) FROM runs r JOIN theorem_wild w USING (run_key) WHERE json_extract_string(run_status, '$.status') = 'completed'")
    assert page.evaluate("document.querySelector('.histogram').dataset.count") == str(wanted)
    assert sum(number(cell) for cell in page.evaluate("[...document.querySelectorAll('.figures td')].map((cell) => cell.textContent)")) == wanted
    assert f"{wanted} values" in page.text("figcaption")
    page.choose("#by", "provider")
    assert page.count("figure.chart") == 3


def test_a_run_its_theorems_and_their_graph(page, lake, served):
    server = served(lake.release)
    for base in (from_folder(lake.release), server.url):
        page.open(base + "#view=runs")
        page.click("#main tbody tr:first-child a")
        assert page.count("dl.facts") >= 1 and page.count("#main .grid tbody tr") == 6
        page.click("#main .grid tbody tr:first-child a")
        page.wait("document.querySelector('.graph-box')")
        uid = page.evaluate("document.querySelector('#run').value")
        nodes, edges = page.evaluate("[document.querySelector('.graph-box').dataset.nodes, document.querySelector('.graph-box').dataset.edges]")
        kind = page.evaluate("document.querySelector('#graph').selectedOptions[0].innerText")
        theorem, variant, family = re.sub(r" \(\d+\)$", "", kind).split(" · ")
        where = f"run_key = (SELECT run_key FROM runs WHERE run_uid = '{uid}') AND theorem = '{theorem}' AND variant = '{variant}' AND graph_kind = '{family}' GROUP BY rel_path"
        assert [int(nodes)] in lake.ask(f"SELECT count(*) FROM graph_nodes WHERE {where}") and [int(edges)] in lake.ask(f"SELECT count(*) FROM graph_edges WHERE {where}")
        assert page.count("svg.graph g.node") == int(nodes)
    # Served, a run has all its graphs, and the trees of its searches.
    assert page.count("#graph option") > 4
    page.choose("#kind", "tree")
    page.wait("document.querySelector('.graph-box')")
    assert page.count("svg.graph g.node") == 12


def test_the_graph_is_walked_by_keys(page, lake):
    page.open(from_folder(lake.release) + "#view=graph")
    page.evaluate("document.querySelector('g.node[tabindex=\"0\"]').focus()")
    first = page.text(".node-facts h3")
    page.press("ArrowDown")
    page.wait(f"document.querySelector('.node-facts h3').innerText !== {json.dumps(first)}")
    assert page.evaluate("document.activeElement.getAttribute('tabindex')") == "0" and page.count("g.node[tabindex='0']") == 1
    page.press("ArrowUp")
    page.wait(f"document.querySelector('.node-facts h3').innerText === {json.dumps(first)}")


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_has_its_chart(page, lake, name):
    page.open(from_folder(lake.release) + f"#view=data&dataset={name}")
    assert page.count("#chart option") > 0 and page.count("#main .heat, #main figure.chart") > 0
    for form in page.evaluate("[...document.querySelectorAll('#chart option')].map((one) => one.value)"):
        page.choose("#chart", form)
        assert page.count("#main .problem") == 0 and page.count("#main .heat, #main figure.chart") > 0, form


def cells_of(page):
    """A map's shown numbers by row and column."""
    heads = page.evaluate("[...document.querySelectorAll('#main .heat thead th')].slice(1).map((one) => one.title)")
    rows = page.evaluate("[...document.querySelectorAll('#main .heat tbody tr')].map((row) => [row.children[0].title, [...row.children].slice(1).map((cell) => cell.innerText)])")
    return {(name, head): text for name, cells in rows for head, text in zip(heads, cells)}


COMPLETED = "json_extract_string(r.run_status, '$.status') = 'completed'"


def test_each_distance_by_intervention_is_that_of_the_lake(page, lake):
    page.open(from_folder(lake.release) + "#view=data&dataset=distances_by_intervention")
    assert page.evaluate("document.querySelector('#chart').value") == "measures"
    shown = cells_of(page)
    # The mean of the providers' means, as the dataset has a row a provider.
    wanted = lake.ask(f"SELECT intervention, avg(hard), avg(path) FROM (SELECT i.intervention, r.provider, avg(i.ged_search_norm) AS hard, avg(p.solution_path_soft_distance_value) AS path FROM runs r JOIN theorem_intervention i "
                      f"USING (run_key) LEFT JOIN theorem_intervention_postprocess p USING (run_key, theorem, intervention) WHERE {COMPLETED} AND NOT i.is_control AND i.baseline_solved GROUP BY ALL) GROUP BY 1")
    assert len(wanted) == 2
    for name, hard, path in wanted:
        assert abs(number(shown[name, "hard mean"]) - hard) < 6e-4
        assert (shown[name, "path mean"] == "·") if path is None else abs(number(shown[name, "path mean"]) - path) < 6e-4


def test_means_have_their_spread(page, lake):
    page.open(from_folder(lake.release) + "#view=data&dataset=k_by_mode")
    assert page.evaluate("document.querySelector('#chart').value") == "spread"
    figures = page.evaluate("[...document.querySelectorAll('#main .figures tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent))")
    wanted = lake.ask(f"SELECT count(*) FILTER (k_valid), avg(k_K) FILTER (k_valid), stddev_samp(k_K) FILTER (k_valid) FROM runs r JOIN theorem_wild USING (run_key) WHERE {COMPLETED} GROUP BY r.provider, r.mode")
    shown = sorted((number(row[3]), number(row[1]), number(row[2])) for row in figures if "wild type" in row[0])
    assert shown == [pytest.approx(one, abs=6e-4) for one in sorted(map(tuple, wanted))]
    assert page.count("#main figure.chart circle") == len(figures) and page.count("#main figure.chart line.whisker") == len(figures)


def test_distances_of_variants_are_the_same_both_ways(page, lake):
    page.open(from_folder(lake.release) + "#view=data&dataset=variant_pairs")
    shown = cells_of(page)
    variants = sorted({name for name, _ in shown})
    assert variants == ["block_exact", "block_left", "block_simp", "wild_type"] and all(shown[a, b] == shown[b, a] for a in variants for b in variants)
    assert all(shown[a, a] == "·" for a in variants) and all(0 < number(shown[a, b]) <= 2 for a in variants for b in variants if a != b)
    page.go("#view=data&dataset=attractors")
    by_cut = cells_of(page)
    # The wider the cut, the fewer the clusters.
    for theorem in {name for name, _ in by_cut}:
        counts = [number(by_cut[theorem, cut]) for cut in sorted({cut for _, cut in by_cut}, key=number)]
        assert counts == sorted(counts, reverse=True) and 1 <= counts[-1] <= counts[0] <= 4


def test_search_efficiency_against_a_reference(page, lake):
    page.open(from_folder(lake.release) + "#view=data&dataset=reference_k")
    rows = page.evaluate("RUNLAKE_DATA.tables.find((one) => one.name === 'reference_k').rows")
    assert rows > 0 and any(text.startswith("in sample: yes") for text in page.texts("#main figcaption"))
    page.choose("#chart", "scatter")
    assert page.count("#main .problem") == 0
    page.go("#view=data&dataset=reference_meta")
    assert page.count("#main figure.chart") == 1 and page.text("#main .note[role=status]") == "All 1 row."
    page.go("#view=histogram&measure=refk")
    assert page.count("#main .problem") == 0


@pytest.mark.parametrize(("name", "form"), [("basin_by_theorem", "map"), ("reference_k", "histogram")])
def test_charts_of_what_a_lake_of_plain_runs_does_not_have(page, tmp_path, name, form):
    page.open(from_folder(make_page.make(tmp_path / "release", runs=9, theorems=10)) + f"#view=data&dataset={name}")
    assert page.evaluate("document.querySelector('#chart').value") == form and page.count("#main .heat, #main figure.chart") == 1
    assert page.text("#main .note[role=status]") == "All 72 rows."


def test_rows_are_found_by_what_they_contain(page, lake, served):
    server = served(lake.release)
    for base in (from_folder(lake.release), server.url):
        page.open(base + "#view=data&dataset=theorem_wild")
        page.choose("#column", "theorem")
        page.choose("#words", "thm_003")
        page.wait("document.querySelector('#main .note[role=status]').innerText.includes('match')")
        [[wanted]] = lake.ask("SELECT count(*) FROM runs r JOIN theorem_wild w USING (run_key) WHERE theorem = 'thm_003' AND json_extract_string(run_status, '$.status') = 'completed'")
        assert page.text("#main .note[role=status]").startswith(f"{wanted} rows of")


def test_served_rows_that_are_not_in_the_page_are_read_when_asked_for(page, lake, served, tmp_path):
    import shutil
    release = make_page.make(tmp_path / "made", runs=9, theorems=8, kept={"theorem_wild": 20})
    page.open(from_folder(release))
    assert "20 of 72 rows" in page.text(".note") and page.count("#read-all") == 0
    page.open(served(release).url)
    page.click("#read-all")
    page.wait("!document.querySelector('#read-all')")
    assert page.texts(".figure b")[2] == "72"
    # Out of Parquet as well: the page of a real release is cut, its files are whole.
    shutil.copytree(lake.release, tmp_path / "release")
    path = tmp_path / "release" / "page" / "data.js"
    document = make_page.read_data_js(path)
    [wild] = [table for table in document["tables"] if table["name"] == "theorem_wild"]
    before = make_page.rows_in(wild)
    wild["kept"] = 5
    for column in wild["columns"]:
        column["values"] = column["values"][:5]
    path.write_text("globalThis.RUNLAKE_DATA = JSON.parse('" + json.dumps(document).replace("\\", "\\\\").replace("'", "\\'") + "');")
    page.open(served(tmp_path / "release").url)
    assert page.texts(".figure b")[2] == "5"
    page.click("#read-all")
    page.wait("!document.querySelector('#read-all')")
    assert page.texts(".figure b")[2] == str(len(before)) and page.texts(".figure b")[3] == page.evaluate(f"RL.percent({sum(row['solved'] for row in before) / len(before)})")


def test_a_file_that_is_not_there_leaves_the_page(page, lake, served):
    page.expected = ["404"]
    page.open(served(lake.release, broken=("/data/theorem_wild.parquet",)).url + "#view=data&dataset=theorem_wild")
    assert "data/theorem_wild.parquet can’t be read" in page.text(".problem") and page.count("#main tbody tr") > 0


def test_without_its_data_the_page_says_so(page, lake, tmp_path):
    import shutil
    shutil.copytree(lake.release, tmp_path / "release")
    (tmp_path / "release" / "page" / "data.js").unlink()
    page.expected = ["ERR_FILE_NOT_FOUND"]
    page.open(from_folder(tmp_path / "release"))
    assert "data.js is missing" in page.text(".problem")
    (tmp_path / "release" / "page" / "data.js").write_text("globalThis.RUNLAKE_DATA = {version: 2};")
    page.open(from_folder(tmp_path / "release"))
    assert "another version" in page.text(".problem")


def test_hostile_names_are_only_names(page, served, tmp_path):
    release = make_page.make(tmp_path / "release", runs=len(make_page.HOSTILE), theorems=len(make_page.HOSTILE), hostile=True)
    server = served(release)
    for base in (from_folder(release), server.url):
        page.open(base)
        assert page.text("#title") == make_page.HOSTILE[1]
        for view in [*VIEWS, "heat&by=run", "histogram&by=corpus", "overview&by=corpus", *(f"data&dataset={name}" for name in ("runs", "theorem_wild", "goal_type_tactic", "graph_nodes"))]:
            page.go(f"#view={view}")
            assert page.count("#main .problem") == 0, (view, page.texts(".problem"))
        page.go("#view=runs")
        shown = page.evaluate("[...document.querySelectorAll('#main tbody tr td:nth-child(2)')].map((one) => one.textContent)")
        assert sorted(shown) == sorted(make_page.HOSTILE)
        for place in range(len(make_page.HOSTILE)):
            page.go("#view=runs")
            page.click(f"#main tbody tr:nth-child({place + 1}) a")
            assert page.count("#main .problem") == 0
        # From the address as well.
        page.go("#" + urllib.parse.urlencode({"view": "data", "dataset": make_page.HOSTILE[0], "f.text": make_page.HOSTILE[4]}))
        page.go("#" + urllib.parse.urlencode({"view": "__proto__", "run": make_page.HOSTILE[1]}))
        assert page.evaluate("window.pwned === undefined && ({}).pwned === undefined")
        assert page.count("#main script, #main img, #main iframe, #main object, #main [onerror], #main [onload]") == 0
        assert page.evaluate("[...document.querySelectorAll('a')].filter((one) => !['file:', 'http:'].includes(one.protocol)).length") == 0
    assert outside(page, release.as_uri() + "/") == [url for url in page.requests if url.startswith(server.url)]


@pytest.mark.parametrize("how", ["folder", "server"])
def test_nothing_may_leave_the_page(page, lake, served, how):
    """What the page's policy forbids is tried: each try is refused by the browser before a request is made."""
    server = served(lake.release)
    other = served(lake.release)
    page.expected = ["Content Security Policy", "Refused", "violates"]
    page.open(from_folder(lake.release) if how == "folder" else server.url)
    refused = page.evaluate(f"""(async () => {{
        const far = {json.dumps(other.url)};
        const refused = (act) => new Promise((done) => {{ document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective), {{once: true}}); act(); }});
        const add = (tag, values) => refused(() => document.body.append(Object.assign(document.createElement(tag), values)));
        const out = [await refused(() => fetch(far + 'index.html').catch(() => 0)), await add('img', {{src: far + 'x.png'}}), await add('script', {{src: far + 'x.js'}}),
            await add('script', {{textContent: 'window.inline = 1'}}), await add('iframe', {{src: far}}), await add('link', {{rel: 'stylesheet', href: far + 'x.css'}}),
            await add('style', {{textContent: `body {{ background: url(${{far}}y.png) }}`}}), await refused(() => {{ try {{ new Function('window.inline = 1')(); }} catch {{ /* as it should */ }} }})];
        return out; }})()""")
    assert refused == ["connect-src", "img-src", "script-src-elem", "script-src-elem", "frame-src", "style-src-elem", "style-src-elem", "script-src"]
    assert page.evaluate("window.inline") is None and other.asked == []


def test_six_hundred_runs_of_two_hundred_theorems(page, served, tmp_path):
    release = make_page.make(tmp_path / "release", runs=600, theorems=200, kept={"theorem_intervention": 60000})
    page.open(from_folder(release))
    assert page.texts(".figure b")[:3] == ["600", "200", "120\u202f000"]
    page.evaluate("document.querySelector('#footer details').open = true")
    assert "60\u202f000 of 240\u202f000" in page.text("#footer")
    page.go("#view=runs")
    assert page.count("#main tbody tr") == 100 and "of 600" in page.text("#main .grid-status")
    page.go("#view=heat&by=run")
    assert "The first 40 of 600 columns" in page.text("#main")
    page.go("#view=heat&by=provider&measure=held")
    assert "60\u202f000 of 240\u202f000 rows" in page.text("#main .note") and page.count(".heat tbody tr") == 120
    for view in VIEWS:
        page.go(f"#view={view}")
        assert page.count("#main .problem") == 0 and page.count("#main table, #main svg") > 0, view
    page.go("#view=heat")
    page.choose("#f-provider", "=reprover")
    assert page.text("#f-count").startswith("200 of 600") and page.count(".heat thead th") == 2


def test_a_release_without_runs_shows_its_datasets(page, lake, tmp_path):
    release = make_page.make(tmp_path / "release", runs=0, theorems=0)
    page.open(from_folder(release))
    assert page.texts("#tabs a") == ["Data"] and page.count("#main tbody tr") == 9


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_light_and_dark(page, lake, scheme):
    page.prefer(scheme)
    page.open(from_folder(lake.release))
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
    for view in [*VIEWS, "heat&measure=k", "data&dataset=goal_tactics"]:
        page.go(f"#view={view}")
        assert page.evaluate(CONTRAST) == [], view
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert page.evaluate(CONTRAST) == []
    page.click("#theme")


def test_names_and_roles_for_screen_readers(page, lake):
    page.open(from_folder(lake.release))
    for view in [*VIEWS, "data&dataset=goal_tactics", "data&dataset=structure_vs_term&chart=scatter"]:
        page.go(f"#view={view}")
        names_and_roles(page, view)
    assert page.evaluate("document.documentElement.lang") == "en" and page.count("[aria-current=page]") == 1


def test_by_keyboard_alone(page, lake):
    page.open(from_folder(lake.release))
    page.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    seen = []
    for _ in range(12):
        page.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.innerText"))
    assert seen[:7] == ["theme", "Overview", "Runs", "Heat map", "Histogram", "Proof graph", "Data"] and "f-text" in seen
    page.evaluate("document.querySelector('#tabs li:nth-child(2) a').focus()")
    page.press("Enter")
    page.wait("document.querySelector('#main').dataset.view === 'runs'")
    assert page.evaluate("document.activeElement.id") == "main"
    page.evaluate("document.querySelector('th button[data-key=rate]').focus()")
    page.press("Enter")
    page.wait("document.querySelector('th[aria-sort=descending]')")


def test_on_a_narrow_screen_nothing_is_wider_than_it(page, lake):
    fits_a_narrow_screen(page, from_folder(lake.release), VIEWS)
