# SPDX-License-Identifier: Apache-2.0
"""`validate`: links of runs, and citations here, elsewhere and broken."""

import json
import os
import re
import shutil

import pytest
from conftest import SOURCE
from kb_support import DATA, batch, cite, job_id, repo, validate  # noqa: F401

NOWHERE = "0123456789abcdef0123456789abcdef"


def test_a_clean_repository_passes(repo, validate, runlake):
    repo.chain(cite(repo.entry(condition="warmup")))
    answer = validate(status=0)
    assert (answer["errors"], answer["warnings"], answer["issues"]) == (0, 0, [])
    assert answer["citations"] == 1 and answer["version"] == 1
    assert runlake("validate").ok().out == "OK no validation errors (0 warnings)\n"


def test_text_names_code_path_and_line_and_what_to_do(repo, runlake):
    repo.entry(condition="other")
    repo.chain(cite(NOWHERE))
    done = runlake("validate")
    assert done.status == 1
    first, hint, last = done.out.splitlines()
    line = 1 + (repo.kb / "research/findings/F001-note.md").read_text().splitlines().index("  - type: job")
    assert first.startswith(f"ERROR finding.broken_run_citation [kb/research/findings/F001-note.md:{line}]: job {NOWHERE} ")
    assert hint.startswith("  hint: ") and "Do not remove the citation" in hint
    assert last == "FAILED 1 error(s), 0 warning(s)"
    assert done.err == ""


def test_usage(runlake, repo):
    assert runlake("validate", "--kb-only", "--runs-only").status == 2
    assert runlake("validate", "--strict-runs", "maybe").status == 2
    assert runlake("validate", "--json", "--sarif").status == 2
    assert runlake("validate", "/etc/passwd").status == 2


def test_answers_are_the_same_everywhere(repo, runlake, place):
    repo.entry(condition="other")
    repo.chain(cite(NOWHERE))
    assert runlake("validate", "--json", env=place).out == runlake("validate", "--json").out


# Runs ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["created", "queued", "running", "complete", "failed", "abandoned", "stopped", None])
def test_every_status_is_accepted_queued_too(repo, validate, status):
    repo.chain()
    repo.job(status=status)
    assert validate(status=0)["codes"] == []


def test_run_codes(repo, validate):
    repo.chain()
    link = {"experiment_id": "E001", "experiment_path": "x", "hypothesis_id": "H001", "sub_hypothesis_id": None}
    wrong = {
        repo.job(status="done", n=1): "run.status_invalid",
        repo.job(link=False, n=2): "run.orphan",
        repo.job(link={**link, "experiment_id": "E009"}, n=3): "run.broken_experiment_link",
        repo.job(link={"hypothesis_id": "H001"}, n=4): "run.broken_experiment_link",
        repo.job(link={**link, "hypothesis_id": "H002"}, n=5): "run.hypothesis_mismatch",
        repo.job(link={**link, "sub_hypothesis_id": "H001b"}, n=6): "run.sub_hypothesis_unlisted",
    }
    fine = [repo.job(link={**link, "hypothesis_id": "H001a"}, n=7), repo.job(link={**link, "sub_hypothesis_id": "H001a"}, n=8), repo.job(link=False, document={"limina": link}, n=9)]
    answer = validate(status=1)
    assert {issue["path"]: issue["code"] for issue in answer["issues"]} == {f".runs/workspace/{identifier}": code for identifier, code in wrong.items()}
    assert not any(identifier in json.dumps(answer) for identifier in fine)


def test_references_may_be_links(repo, validate):
    repo.chain()
    repo.note("experiments", "E001", 'status: RUNNING\nhypothesis: "[[H001]]"\nsub_hypotheses: "[[H002]]"\ncreated: 2026-06-01\n', ["H001", "F001", "ACTIVE", "CHALLENGE"])
    repo.job(link={"experiment_id": "E001", "experiment_path": "x", "hypothesis_id": "H001", "sub_hypothesis_id": "H002"})
    assert validate(status=0)["codes"] == []


def test_a_damaged_job_is_named(repo, validate):
    repo.chain()
    identifier = repo.job(n=1)
    repo.write(f".runs/workspace/{identifier}/signac_statepoint.json", '{"experiment_id": "E001", "n": 2}')
    answer = validate(status=1)
    assert answer["codes"] == ["run.unreadable"] and identifier in answer["issues"][0]["path"]


def test_the_two_halves(repo, validate):
    repo.chain(cite(NOWHERE))
    repo.job(link=False)
    (repo.kb / "ACTIVE.md").unlink()
    both = validate(status=1)["codes"]
    kb = validate("--kb-only", status=1)["codes"]
    runs = validate("--runs-only", status=1)["codes"]
    assert set(kb) == {"aexp.validation_failed/filesystem", "aexp.validation_failed/links"}
    assert runs == ["finding.broken_run_citation", "run.orphan"]
    assert both == sorted(kb + runs)


# Citations -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("item", [
    "supporting_runs: just a text", "supporting_runs: 12", "supporting_runs: [text]", "supporting_runs: [{id: x}]", "supporting_runs: [{type: jobs, id: x}]",
    "supporting_runs: [{type: job}]", "supporting_runs: [{type: job, id: ABCDEF}]", f"supporting_runs: [{{type: job, id: {'A' * 32}}}]",
    "supporting_runs: [{type: batch}]", "supporting_runs: [{type: batch, experiment_id: 5}]", "supporting_runs: [{type: batch, experiment_id: E001, selector: warmup}]",
    "supporting_runs: [{type: run}]", "supporting_runs: [{type: run, id: '../x'}]", "supporting_runs: [{type: job, id: '../../etc/passwd'}]",
])
@pytest.mark.parametrize("strict", ["error", "warn", "off"])
def test_shape_faults_are_errors_however_strict(repo, validate, item, strict):
    repo.entry(condition="other")
    repo.chain(item + "\n")
    answer = validate("--strict-runs", strict, status=1)
    assert answer["codes"] == ["finding.broken_run_citation"]
    assert "type: job" in answer["issues"][0]["message"] or "needs" in answer["issues"][0]["message"] or "no mapping" in answer["issues"][0]["message"]


def test_a_single_mapping_is_a_citation(repo, validate):
    repo.chain(f'supporting_runs: {{type: job, id: "{repo.entry(n=1)}"}}\n')
    assert validate(status=0)["citations"] == 1


def test_an_id_of_digits_alone_is_read_as_it_is_written(repo, validate):
    repo.entry(n=1)
    repo.chain("supporting_runs:\n  - type: job\n    id: 01234567890123456789012345678901\n")
    (issue,) = validate(status=1)["issues"]
    assert "01234567890123456789012345678901" in issue["message"] and issue["code"] == "finding.broken_run_citation"


@pytest.mark.parametrize("cited, code", [(cite(NOWHERE), "finding.broken_run_citation"), (batch('{condition: "none"}'), "finding.empty_batch")])
@pytest.mark.parametrize("strict, errors, warnings", [("error", 1, 0), ("warn", 0, 1), ("off", 0, 0)])
def test_existence_is_as_strict_as_asked(repo, validate, cited, code, strict, errors, warnings):
    repo.entry(condition="other")
    repo.chain(cited)
    answer = validate("--strict-runs", strict)
    assert (answer["errors"], answer["warnings"]) == (errors, warnings)
    assert answer["codes"] == [code] * (errors + warnings)


def test_here_is_local_or_in_either_ledger(repo, validate):
    first, second, third = repo.job(n=1), repo.entry(n=2), repo.entry(folder=".runlake/ledger", n=3)
    repo.chain("supporting_runs:\n" + "".join(f'  - {{type: job, id: "{identifier}"}}\n' for identifier in (first, second, third)))
    assert validate(status=0)["codes"] == []


def test_elsewhere_is_a_warning_that_names_the_machine(repo, validate):
    repo.index("cluster", {"job_id": NOWHERE, "status": "complete", "experiment_id": "E001", "condition": "warmup"})
    repo.chain(cite(NOWHERE))
    answer = validate(status=0)
    assert answer["codes"] == ["finding.absent_run_citation"] and "cluster" in answer["issues"][0]["message"]
    repo.finding(batch("{condition: warmup}"))
    assert validate(status=0)["codes"] == ["finding.absent_batch_runs"]
    repo.finding(batch())
    assert validate(status=0)["codes"] == ["finding.absent_batch_runs"]
    repo.finding(batch("{condition: flat}"))
    assert validate(status=1)["codes"] == ["finding.empty_batch"]
    repo.finding(cite("f" * 32))
    assert validate(status=1)["codes"] == ["finding.broken_run_citation"]
    assert validate("--strict-runs", "off", status=0)["codes"] == []


def test_the_ledger_goes_before_the_index(repo, validate):
    identifier = repo.entry(condition="warmup")
    repo.index("cluster", {"job_id": identifier, "status": "complete", "experiment_id": "E001", "condition": "warmup"})
    repo.chain(cite(identifier))
    assert validate(status=0)["codes"] == []


def test_no_authority_is_said_once(repo, validate):
    repo.chain(cite(NOWHERE))
    repo.finding(batch(), identifier="F002")
    (repo.kb / "research/hypotheses/H001-note.md").open("a").write("- [[F002]]\n")
    (repo.kb / "research/experiments/E001-note.md").open("a").write("- [[F002]]\n")
    answer = validate(status=0)
    assert answer["codes"] == ["finding.no_run_store"] and answer["warnings"] == 1
    repo.entry(n=1)
    assert "finding.no_run_store" not in validate(status=1)["codes"]


# Selectors -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["local", "ledger"])
@pytest.mark.parametrize("selector, matches", [
    ('{condition: "warmup"}', True), ("{condition: warmup, seed: 0}", True), ("{seed: 0}", True), ('{seed: "0"}', False), ("{seed: false}", False), ("{lr: 0.0003}", True), ("{lr: 3e-4}", True),
    ("{big: true}", True), ("{big: 1}", False), ("{none: null}", True), ("{layers: [1, 2]}", True), ("{layers: [2, 1]}", False), ("{model: {depth: 3}}", True), ("{missing: 1}", False), ("{}", True),
    ("{condition: warmup, missing: 1}", False),
])
def test_selectors_compare_every_key_by_its_type(repo, validate, where, selector, matches):
    make = repo.job if where == "local" else repo.entry
    make(condition="warmup", seed=0, lr=0.0003, big=True, none=None, layers=[1, 2], model={"depth": 3})
    make(seed=7)    # without a condition: comparing both must not fail
    repo.chain(batch(selector))
    assert validate()["codes"] == ([] if matches else ["finding.empty_batch"])


def test_a_batch_is_of_one_experiment(repo, validate):
    repo.entry(condition="warmup")
    repo.chain(batch("{condition: warmup}", experiment="E002"))
    assert validate(status=1)["codes"] == ["finding.empty_batch"]


# What can be wrong with the ledger -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"schema_version": 99}, {"job_id": "f" * 32}, {"statepoint": {"n": 5}}, {"status": "fine"}])
def test_an_entry_that_says_otherwise_counts_for_nothing(repo, validate, change):
    identifier = repo.entry(n=1, change=change)
    repo.entry(n=2)
    repo.chain(cite(identifier))
    answer = validate(status=1)
    assert answer["codes"] == ["finding.broken_run_citation", "ledger.unreadable"]
    assert {issue["path"] for issue in answer["issues"]} == {f".aexp/ledger/{identifier}.json", "kb/research/findings/F001-note.md"}


def test_a_file_of_rubbish_is_no_run(repo, validate):
    repo.entry(n=2)
    repo.write(f".aexp/ledger/{NOWHERE}.json", "rubbish")
    repo.chain(cite(NOWHERE))
    assert validate(status=1)["codes"] == ["finding.broken_run_citation", "ledger.unreadable"]
    repo.write(f".aexp/ledger/{NOWHERE}.json", '{"schema_version": 1, "job_id": "' + NOWHERE + '", "statepoint": {"a": NaN}}')
    assert validate(status=1)["codes"] == ["finding.broken_run_citation", "ledger.unreadable"]


# Claims ----------------------------------------------------------------------------------------------------------------------


def test_a_replay_that_agreed_is_no_claim(repo, validate):
    identifier = repo.entry(n=1, extra={}, facts={"last_verdict": "FIDELITY_OK"})
    repo.chain(cite(identifier))
    assert validate("--claims", status=0)["codes"] == []
    repo.entry(n=1, extra={}, facts={"last_verdict": "NON_DETERMINISTIC"})
    (issue,) = validate("--claims", status=0)["issues"]
    assert issue["code"] == "claim.not_replayed" and "NON_DETERMINISTIC" in issue["message"]


def test_claims_are_notes_that_are_never_counted(repo, validate, runlake):
    failed = repo.entry(n=1, status="failed")
    dirty = repo.entry(n=2, change={"code_dirty": True})
    other = repo.entry(n=3, change={"run_link": {"experiment_id": "E002"}})
    repo.chain("supporting_runs:\n" + "".join(f'  - {{type: job, id: "{identifier}"}}\n' for identifier in (failed, dirty, other, failed)))
    assert validate(status=0)["codes"] == []
    answer = validate("--claims", status=0)
    assert (answer["errors"], answer["warnings"]) == (0, 0)
    assert set(answer["codes"]) == {"claim.not_complete", "claim.dirty", "claim.other_experiment", "claim.not_replayed", "claim.cited_twice"}
    assert answer["notes"] == len(answer["codes"]) and all(issue["severity"] == "note" for issue in answer["issues"])
    assert runlake("validate", "--claims").ok().out.splitlines()[-1] == "OK no validation errors (0 warnings)"


# Forms of the answer ---------------------------------------------------------------------------------------------------------


def required(record, *names):
    for name in names:
        assert name in record, (name, record)


def test_sarif_has_what_the_standard_requires(repo, runlake):
    repo.entry(condition="other")
    repo.chain(cite(NOWHERE))
    (repo.kb / "ACTIVE.md").unlink()
    done = runlake("validate", "--sarif")
    assert done.status == 1
    log = done.json
    required(log, "version", "runs")
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    required(run, "tool", "results")
    required(run["tool"], "driver")
    driver = run["tool"]["driver"]
    required(driver, "name", "rules")
    rules = driver["rules"]
    for rule in rules:
        required(rule, "id")
        assert rule["shortDescription"]["text"] and rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
    assert [rule["id"] for rule in rules] == sorted({rule["id"] for rule in rules})
    assert len(run["results"]) >= 2
    for result in run["results"]:
        required(result, "message", "ruleId", "level")
        assert result["message"]["text"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        for location in result["locations"]:
            artifact = location["physicalLocation"]["artifactLocation"]
            assert not artifact["uri"].startswith("/") and artifact["uriBaseId"] == "SRCROOT"
            if "region" in location["physicalLocation"]:
                assert location["physicalLocation"]["region"]["startLine"] >= 1
    cited = [result for result in run["results"] if result["ruleId"] == "finding.broken_run_citation"]
    assert cited[0]["locations"][0]["physicalLocation"]["region"]["startLine"] > 1


def test_sarif_of_nothing(repo, runlake):
    repo.chain()
    run = runlake("validate", "--sarif").ok().json["runs"][0]
    assert run["results"] == [] and run["tool"]["driver"]["rules"] == []


def test_the_page_of_codes_is_up_to_date(runlake, tmp_path):
    """Mended by: runlake __codes docs/reference"""
    runlake("__codes", tmp_path).ok()
    made = (tmp_path / "validation-codes.md").read_text(encoding="utf-8")
    assert made == (SOURCE / "docs/reference/validation-codes.md").read_text(encoding="utf-8")
    for code in ("aexp.validation_failed", "aexp.validator_unavailable", "run.status_invalid", "run.orphan", "run.broken_experiment_link", "run.hypothesis_mismatch", "run.sub_hypothesis_unlisted",
                 "finding.broken_run_citation", "finding.empty_batch", "finding.absent_run_citation", "finding.absent_batch_runs", "finding.no_run_store"):
        assert f"| `{code}`" in made, code


def test_every_code_that_the_sources_say_is_in_the_table():
    page = (SOURCE / "docs/reference/validation-codes.md").read_text(encoding="utf-8")
    sources = [*(SOURCE / "src/kb").glob("*.cpp"), *(SOURCE / "src/ops").glob("validate*.cpp")]
    text = "".join(path.read_text() for path in sources if path.name != "codes.cpp")
    codes = set(re.findall(r'"((?:aexp|run|finding|document|ledger|claim)\.[a-z_]+)"', text))
    checks = set(re.findall(r'\b(?:say|fault)\("([a-z_]+)"', text)) | {"structure", "missing_template_header"}
    assert len(codes) > 20 and len(checks) > 10
    assert [code for code in codes if f"| `{code}`" not in page] == []
    assert [check for check in checks if f"| `aexp.validation_failed` `{check}`" not in page] == []
    said = codes | {f"aexp.validation_failed` `{check}" for check in checks}
    assert [row for row in re.findall(r"^\| `(.*?)` \| ", page, re.MULTILINE) if row not in said] == [], "rows that nothing says"


def test_some_files_alone(repo, validate):
    repo.entry(n=2)
    repo.chain(cite(NOWHERE))
    (repo.kb / "research/hypotheses/H001-note.md").write_text("no front matter\n")
    assert validate("kb/research/findings/F001-note.md", status=1)["codes"] == ["finding.broken_run_citation"]
    assert all(code.startswith("aexp.validation_failed") for code in validate("kb/research/hypotheses/H001-note.md", status=1)["codes"])
    assert validate("kb/ACTIVE.md", status=0)["codes"] == []
    assert validate("code.py", status=1)["codes"] == ["aexp.validation_failed/scope"]
    assert validate("kb/gone.md", status=1)["codes"] == ["aexp.validation_failed/filesystem"]


def test_nothing_is_written(repo, runlake):
    repo.entry(n=2)
    repo.chain(cite(NOWHERE))

    def state():
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(repo.path.rglob("*")) if ".git/" not in str(path) and ".runlake/cache" not in str(path) and path.is_file()}

    before = state()
    runlake("validate", "--claims")
    assert state() == before


def test_files_of_aexp(repo, validate):
    """An experiment, a finding and a ledger entry in aexp's own form."""
    folder = DATA / "aexp"
    if not folder.exists():
        pytest.skip(f"no {folder}")
    repo.scaffold()
    repo.note("hypotheses", "H001", "status: TESTING\ncreated: 2026-06-01\n", ["E001", "F001", "ACTIVE", "CHALLENGE"])
    for name, to in (("E001-warmup-versus-flat.md", "kb/research/experiments"), ("F001-warmup-lowers-loss.md", "kb/research/findings"), ("054b0181fd7f004b6a69bc119f140754.json", ".aexp/ledger"),
                     ("installed.json", ".aexp")):
        os.makedirs(repo.path / to, exist_ok=True)
        shutil.copy(folder / name, repo.path / to / name)
    # The batch of condition "flat" is not in the ledger that came along; nothing else is wrong.
    answer = validate(status=1)
    assert answer["codes"] == ["finding.empty_batch"]
    repo.entry(condition="flat", seed=0)
    assert validate(status=0)["codes"] == []
    assert job_id(json.loads((folder / "054b0181fd7f004b6a69bc119f140754.json").read_text())["statepoint"]) == "054b0181fd7f004b6a69bc119f140754"
