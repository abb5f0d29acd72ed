# SPDX-License-Identifier: Apache-2.0
"""Value citations: numbers in findings, Markdown, LaTeX and notebooks against what the runs say."""

import json
import shutil
import subprocess

import pytest
from conftest import SOURCE
from kb_support import cite, git, repo, validate  # noqa: F401

METRICS = {"loss": {"value": 0.345, "step": 300, "min": 0.31, "max": 2.5}, "acc": {"value": 0.9124}, "n": {"value": 1234567}, "recall@10": {"value": 0.5}}


def quoted(repo, validate, value, **entry):
    """The codes that are said when F001 quotes `value`."""
    identifier = repo.entry(extra=METRICS, n=1)
    repo.chain(cite(identifier, value=value))
    return validate()


@pytest.mark.parametrize("value, code", [
    ('{loss: "0.345"}', None), ("{loss: 0.34}", None), ("{loss: 0.35}", None), ('{loss: "0.33"}', "value_mismatch"), ("{loss: 0.350}", "value_mismatch"), ("{loss: 0.3}", None), ("{loss: 0.30}", "value_mismatch"),
    ('{acc: "91.2%"}', None), ('{acc: "91.2 %"}', None), ('{acc: "91.3%"}', "value_mismatch"), ("{acc: 9.1e-1}", None), ('{n: "1,234,567"}', None), ('{n: "1.23e6"}', None), ('{n: "1,234,568"}', "value_mismatch"),
    ('{"loss@min": 0.31, "loss@max": 2.5}', None), ('{"loss@min": 0.32}', "value_mismatch"), ('{"loss@step=300": 0.345}', None), ('{"loss@step=7": 0.345}', "unchecked_value"), ('{"recall@10": 0.5}', None),
    ('{"acc@max": 0.912}', None), ("{los: 0.345}", "unknown_metric"), ("{loss: high}", "malformed_value"), ('{loss: "1,23"}', "malformed_value"),
])
def test_numbers_of_a_run_that_never_was_here(repo, validate, value, code):
    answer = quoted(repo, validate, value)
    assert answer["codes"] == ([f"finding.{code}"] if code else [])
    assert answer["ok"] == (code in (None, "unchecked_value"))


def test_a_mismatch_shows_both_and_the_line(repo, validate):
    (issue,) = quoted(repo, validate, '{loss: "0.33"}')["issues"]
    assert "0.33" in issue["message"] and "0.345" in issue["message"] and "loss" in issue["message"]
    lines = (repo.kb / "research/findings/F001-note.md").read_text().splitlines()
    assert "0.33" in lines[issue["line"] - 1]
    assert "Do not edit metrics" in issue["hint"]


def test_an_unknown_metric_names_the_nearest(repo, validate):
    (issue,) = quoted(repo, validate, "{los: 0.345}")["issues"]
    assert "nearest: loss" in issue["message"]


def test_a_run_without_metrics_is_unchecked(repo, validate):
    repo.chain(cite(repo.entry(n=1), value="{loss: 0.1}"))
    assert validate(status=0)["codes"] == ["finding.unchecked_value"]
    assert validate("--strict-runs", "off", status=0)["codes"] == []


def test_a_local_job_says_its_summary(repo, validate):
    repo.chain(cite(repo.job(metrics={"loss": 0.345, "bad": None}, n=1), value='{loss: "0.35"}'))
    assert validate(status=0)["codes"] == []
    repo.finding(cite(repo.job(metrics={"loss": 0.345}, n=1), value='{loss: "0.36"}'))
    assert validate(status=1)["codes"] == ["finding.value_mismatch"]


def test_a_damaged_extra_is_unchecked_and_said(repo, validate):
    identifier = repo.entry(extra={"loss": {"value": float("nan")}}, n=1)
    repo.chain(cite(identifier, value='{loss: "1"}'))
    answer = validate()
    assert "finding.unchecked_value" in answer["codes"] or "ledger.unreadable" in answer["codes"]
    assert "finding.value_mismatch" not in answer["codes"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "null"])
def test_a_metric_that_is_no_number(repo, validate, number):
    identifier = repo.job(metrics={"loss": 1}, n=1)
    path = repo.path / f".runs/workspace/{identifier}/signac_job_document.json"
    path.write_text(path.read_text().replace('"loss": 1', f'"loss": {number}'))
    repo.chain(cite(identifier, value='{loss: "1"}'))
    assert validate(status=1)["codes"] == ["finding.unknown_metric"]


def test_a_recorded_run_with_its_series(repo, validate, runlake, runlake_bin):
    script = "".join(f"{runlake_bin} log loss={value} --step {step}; " for step, value in ((1, 2.5), (2, 0.31), (3, 0.345))) + f"{runlake_bin} log acc=0.9124"
    runlake("run", "--stage", "train", "--", "sh", "-c", script).ok()
    run_id = runlake("--json", "runs", "list").ok().json["runs"][0]["run_id"]
    repo.chain(f'supporting_runs: {{type: run, id: {run_id[:8]}, value: {{loss: 0.345, "loss@min": 0.31, "loss@max": 2.5, "loss@step=2": 0.31, acc: "91.2%"}}}}\n')
    repo.entry(n=1)
    answer = validate(status=0)
    assert answer["codes"] == [] and answer["values"] == 5
    repo.finding(f'supporting_runs: {{type: run, id: "{run_id}", value: {{"loss@step=1": 0.31}}}}\n')
    assert validate(status=1)["codes"] == ["finding.value_mismatch"]
    repo.finding(f'supporting_runs: {{type: run, id: "{run_id}", value: {{"loss@step=9": 0.31}}}}\n')
    assert validate(status=1)["codes"] == ["finding.unknown_metric"]


def test_beginnings_that_several_runs_share(repo, validate):
    first = repo.entry(n=1)
    ids = {repo.entry(n=n) for n in range(2, 40)} | {first}
    shared = next(letter for letter in "0123456789abcdef" if sum(identifier.startswith(letter) for identifier in ids) > 1)
    repo.chain(body=f"It is 7<!-- runlake: {shared} n -->.\n")
    assert validate(status=1)["codes"] == ["finding.ambiguous_run"]


# Documents -------------------------------------------------------------------------------------------------------------------


def notebook(tag, output):
    cell = {"cell_type": "code", "metadata": {"tags": [tag]}, "source": ["print(loss)"], "outputs": [{"output_type": "stream", "name": "stdout", "text": [output]}]}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


@pytest.mark.parametrize("number, code", [("0.35", None), ("0.36", "finding.value_mismatch")])
@pytest.mark.parametrize("name, text", [
    ("kb/research/findings/F001-note.md", None),
    ("paper/report.md", "A loss of **{number}**<!-- runlake: {id} loss -->.\n"),
    ("paper/paper.tex", "% \\runvalue{{nothing}}{{x}}{{1}}\nA loss of \\runvalue{{{id}}}{{loss}}{{{number}}}.\n"),
    ("paper/notebook.ipynb", "notebook"),
])
def test_every_form_of_document(repo, validate, clean_env, name, text, number, code):
    identifier = repo.entry(extra=METRICS, n=1)
    repo.chain(body=f"A loss of {number}<!-- runlake: {identifier[:10]} loss -->." if text is None else "")
    if text is not None:
        repo.write(name, notebook(f"runlake:{identifier[:10]}:loss", number + "\n") if text == "notebook" else text.format(id=identifier[:10], number=number))
        assert validate(status=0)["citations"] == 0, "git does not know it yet"
        assert validate(name)["citations"] == 1
        git(repo.path, clean_env, "add", name)
    answer = validate()
    assert answer["codes"] == ([code] if code else []) and answer["citations"] == 1
    if code:
        line = (repo.path / name).read_text().splitlines()[answer["issues"][0]["line"] - 1]
        assert identifier[:10] in line and answer["issues"][0]["path"] == name


def test_code_blocks_cite_nothing(repo, validate):
    repo.entry(n=1)
    repo.chain(body="```\n1<!-- runlake: zzz -->\n```\n`2<!-- runlake: zzz -->`\n")
    assert validate(status=0)["citations"] == 0


def test_the_latex_package_typesets_the_number_alone(repo, tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("no pdflatex")
    shutil.copy(SOURCE / "share" / "latex" / "runlake.sty", tmp_path)
    text = "\\documentclass{article}\n\\usepackage{runlake}\n\\begin{document}\n\\tableofcontents\n\\section{It is \\runvalue{054b0181}{val_loss@min}{2.31}}\n\\runvalue{054b0181}{val_loss}{91.2\\%}\\runcite{a0eebc99}.\n\\end{document}\n"
    (tmp_path / "paper.tex").write_text(text)
    for _ in range(2):
        done = subprocess.run(["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "paper.tex"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
