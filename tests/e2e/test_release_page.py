# SPDX-License-Identifier: Apache-2.0
"""The page that a release gets: its files, the rows in it, and what is never in it. What it looks like is tested by tests/peers/test_page.py."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from conftest import SOURCE
from lake_support import make_logs

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_page  # noqa: E402

WEB = SOURCE / "web"


def release(runlake, project, logs="logs", site="site"):
    (project / "job.json").write_text(json.dumps({**json.loads(runlake("lake", "job", "presets", "site_dashboard_superset").ok().out), "selection": {"require_completed": True}}))
    runlake("lake", "job", "release-site-dashboard", "--config", "job.json", "--logs-dir", logs, "--site-dir", site).ok()
    return project / site / "releases" / json.loads((project / site / "dashboard_manifest.json").read_text())["release_id"]


@pytest.fixture
def made(runlake, project):
    make_logs(project / "logs", runs=8, summaries_only=True, theorems=2, nodes=6, trace_lines=2)
    runlake("lake", "reconcile").ok()
    return release(runlake, project)


def test_its_files_are_there_and_in_the_manifest(runlake, made):
    manifest = json.loads((made / "manifest.json").read_text())
    page = {entry["file"] for entry in manifest["page"]}
    assert page == {"index.html"} | {str(path.relative_to(made)) for path in (made / "page").rglob("*") if path.is_file()}
    assert {"page/data.js", "page/main.js", "page/hyparquet/LICENSE"} <= page
    sources = {str(path.relative_to(WEB)): path.read_bytes() for path in WEB.rglob("*") if path.is_file()}
    assert {name: (made / name).read_bytes() for name in sources} == sources
    runlake("lake", "release", "verify", made).ok()
    (made / "page" / "main.js").write_text("//")
    assert runlake("lake", "release", "verify", made).status == 1


def test_the_rows_in_it_are_those_of_the_lake(runlake, made):
    document = make_page.read_data_js(made / "page" / "data.js")
    manifest = json.loads((made / "manifest.json").read_text())
    assert document["version"] == 1 and document["release_id"] == made.name and document["title"] == "site_dashboard_superset"
    tables = {table["name"]: table for table in document["tables"]}
    assert set(tables) == {path.stem for path in (made / "data").iterdir()} and [table["name"] for table in document["tables"]][0] == "runs"
    for dataset in manifest.get("datasets", manifest.get("tables")):
        assert tables[dataset["name"]]["rows"] == dataset.get("rows", tables[dataset["name"]]["rows"])
    assert all((made / table["file"]).is_file() for table in tables.values())
    wanted = runlake("--json", "lake", "sql", "SELECT r.run_uid, w.theorem, w.solved, w.iterations, w.\"k_K\" FROM runs r JOIN theorem_wild w USING (run_key) WHERE json_extract_string(run_status, '$.status') = 'completed'")
    shown = [[row[name] for name in ("run_uid", "theorem", "solved", "iterations", "k_K")] for row in make_page.rows_in(tables["theorem_wild"])]
    assert sorted(shown, key=str) == sorted(wanted.ok().json["rows"], key=str) and len(shown) > 8
    nodes, edges = (make_page.rows_in(tables[name]) for name in ("graph_nodes", "graph_edges"))
    graph = lambda row: (row["run_uid"], row["theorem"], row["variant"], row["graph_kind"], row["rel_path"])  # noqa: E731
    graphs = {graph(row) for row in nodes}
    assert {graph(row) for row in edges} == graphs and 0 < max(sum(one[0] == uid for one in graphs) for uid in {one[0] for one in graphs}) <= 4
    assert tables["graph_nodes"]["kept"] == len(nodes) < tables["graph_nodes"]["rows"] and "graphs a run" in tables["graph_nodes"]["why"]
    assert tables["theorem_wild"]["why"] == ""


def test_no_place_and_no_time_is_in_it(runlake, made, project, tmp_path):
    """The same logs elsewhere give the same page, byte for byte."""
    elsewhere = tmp_path / "canary-of-another-root"
    elsewhere.mkdir()
    shutil.copytree(project / "logs", elsewhere / "logs")
    (elsewhere / ".runlake").mkdir()
    runlake("lake", "reconcile", cwd=elsewhere).ok()
    call = lambda *words, **options: runlake(*words, cwd=elsewhere, **options)  # noqa: E731
    again = release(call, elsewhere)
    for path in [*made.rglob("*")]:
        if path.is_file() and path.name != "provenance.json":
            assert (again / path.relative_to(made)).read_bytes() == path.read_bytes(), path
            assert b"canary" not in path.read_bytes() and str(project).encode() not in path.read_bytes(), path


def test_its_programs_never_read_text_as_markup_or_code():
    """No way by which a name could become an element, an attribute with code, or a program."""
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setTimeout\(\s*['\"`]|DOMParser|createContextualFragment|srcdoc|https?://(?!www\.w3\.org)")
    for path in [*WEB.rglob("*.js"), *WEB.rglob("*.html"), *WEB.rglob("*.css")]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert not forbidden.search(line), f"{path.name}:{number}: {line.strip()}"
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', (WEB / "index.html").read_text())[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'"}
