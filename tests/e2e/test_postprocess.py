# SPDX-License-Identifier: Apache-2.0
"""`postprocess`: known metrics arrive where their readers look, nothing else of any file changes, and a second pass changes nothing."""
import gzip
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_proof_logs  # noqa: E402
from make_solved_logs import PLACEHOLDER, make_solved_run, put  # noqa: E402

METRICS = ["ged_search_graph_soft", "goal_novelty", "solution_path_soft_distance", "k_search_efficiency"]


def unpacked(path):
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()


def load(path):
    return json.loads(unpacked(path))


def tree(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


@pytest.fixture
def logs(project):
    make_solved_run(project / "logs" / "run-1")
    return project / "logs"


def postprocess(runlake, logs, *words, **options):
    return runlake("postprocess", "--json", "--logs-dir", str(logs), *words, **options)


def intervention(summary, variant, theorem=0):
    return next(entry for entry in summary["theorems"][theorem]["interventions"] if entry["name"] == variant)


def test_known_values(runlake, logs):
    answer = postprocess(runlake, logs).ok().json
    assert [run["state"] for run in answer["runs"]] == ["written"] and answer["runs"][0]["errors"] == []
    summary = load(logs / "run-1" / "summary.json.gz")
    comparison = load(logs / "run-1" / "thm_000" / "block_simp_comparison.json")
    simp, left = intervention(summary, "block_simp"), intervention(summary, "block_left")
    # The trees goal(Q, hyps) and goal(R, hyps) have three nodes each, one is renamed: 1/6. Two nodes and one edge in either graph.
    assert simp["ged_search_graph_soft"]["value"] == 0.166667 and simp["ged_search_graph_soft"]["normalized"] == 0.055556 and simp["ged_search_graph_soft"]["valid"] is True
    assert left["ged_search_graph_soft"]["value"] == 0.0
    assert (simp["goal_novelty"]["novel_goal_count"], simp["goal_novelty"]["dropped_goal_count"], simp["goal_novelty"]["valid"]) == (1, 1, True)
    assert simp["goal_novelty"]["novel_min_distance"] == {"count": 1, "mean": 0.166667, "p50": 0.166667, "p90": 0.166667, "min": 0.166667, "max": 0.166667}
    assert left["goal_novelty"]["novel_min_distance"] is None
    path = simp["solution_path_soft_distance"]
    assert (path["value"], path["valid"], path["wild_len"], path["intervention_len"], path["dp_cells"]) == (0.041667, True, 2, 2, 4)
    # 1/(1/4) + 1/(1/2) = 6 against 3 attempts.
    for efficiency in (simp["k_search_efficiency"], summary["theorems"][0]["wild_type"]["k_search_efficiency"], comparison["k_search_efficiency"]):
        assert efficiency["valid"] is True and efficiency["tau_agent"] == 3
        assert efficiency["primary"] == {"metric": "any_success", "null_model": "blind_uniform_candidate", "tau_blind": 6.0, "K": 0.30103}
    assert simp["k_search_efficiency"]["steps"] == {"count": 2}
    assert comparison["k_search_efficiency"]["steps"] == {"count": 2, "expected": 2, "dropped": 0, "trace_path": "block_simp_mcts_trace.jsonl", "history_path": "block_simp_history.json",
                                                          "tree_path": "block_simp_mcts_tree.json"}
    for metric in METRICS[:3]:
        assert comparison[metric] == simp[metric]
    assert summary["aggregates"]["ged_validity"]["ged_search_graph_soft"] == {"valid": 4, "invalid": 0}


def test_what_is_not_ours_stays_byte_for_byte(runlake, logs):
    run = logs / "run-1"
    before, comparison = unpacked(run / "summary.json.gz"), (run / "thm_000" / "block_left_comparison.json").read_text()
    (run / "summary.json.gz").chmod(0o640)
    others = {path: data for path, data in tree(logs).items() if "comparison" not in path.name and "summary" not in path.name}
    postprocess(runlake, logs).ok()
    assert '"theorem_count":  2e0, "big": 123456789012345678901234567890, "\\u00e9": 1.10,\n "ged_validity"' in unpacked(run / "summary.json.gz")
    assert unpacked(run / "summary.json.gz").endswith("}}}}\n") and before[:40] == unpacked(run / "summary.json.gz")[:40]
    changed = (run / "thm_000" / "block_left_comparison.json").read_text()
    assert changed.startswith(comparison[: comparison.index('"ged_search_graph_soft"')]) and '"odd": 1.5' in changed
    assert (run / "summary.json.gz").stat().st_mode & 0o777 == 0o640
    after = tree(logs)
    assert {path: after[path] for path in others} == others
    assert set(after) - set(others) - {path for path in after if "comparison" in path.name or "summary" in path.name} == {Path(f"run-1/{name}.json") for name in ("postprocess_metrics", "root_goal_similarity", "search_metrics")}


def test_the_report(runlake, logs):
    import hashlib
    postprocess(runlake, logs).ok()
    report = load(logs / "run-1" / "postprocess_metrics.json")
    assert list(report) == ["schema_version", "valid", "computed_at", "params", "inputs", "runs", "metrics"]
    assert report["schema_version"] == 1 and report["valid"] is True and report["computed_at"].endswith("+00:00") and len(report["computed_at"]) == 25
    assert report["params"]["max_soft_ged_nodes"] == 60 and report["params"]["resume"] is True
    for key, name in (("summary_sha256", "summary.json.gz"), ("goal_cache_sha256", "goal_cache.json.gz")):
        assert report["inputs"][key] == hashlib.sha256((logs / "run-1" / name).read_bytes()).hexdigest()
    assert report["runs"][0]["updated_interventions"] == 4
    assert report["metrics"]["by_metric"]["k_search_efficiency"] == {"computed": 6, "skipped": 0}
    assert report["metrics"]["computed"] == 18


def test_a_second_pass_changes_nothing_and_a_lost_value_comes_back(runlake, logs):
    postprocess(runlake, logs).ok()
    before = tree(logs)
    assert [run["state"] for run in postprocess(runlake, logs).ok().json["runs"]] == ["unchanged"]
    assert tree(logs) == before
    path = logs / "run-1" / "thm_001" / "block_simp_comparison.json"
    lost = load(path)
    put(path, {**lost, "ged_search_graph_soft": PLACEHOLDER})
    answer = postprocess(runlake, logs).ok().json
    assert answer["runs"][0]["state"] == "written"
    assert load(path) == lost
    assert answer["runs"][0]["metrics"]["ged_search_graph_soft"] == {"computed": 0, "skipped": 4}  # the summary has it still


def test_what_stands_is_kept_unless_its_inputs_changed(runlake, logs):
    own = {"value": 7, "valid": True, "validity_notes": []}
    path = logs / "run-1" / "thm_000" / "block_simp_comparison.json"
    put(path, {**load(path), "ged_search_graph_soft": own})
    postprocess(runlake, logs).ok()
    assert load(path)["ged_search_graph_soft"] == own
    assert intervention(load(logs / "run-1" / "summary.json.gz"), "block_simp")["ged_search_graph_soft"] == own
    graph = logs / "run-1" / "thm_000" / "block_simp_graph.json"
    put(graph, {**load(graph), "edges": []})
    postprocess(runlake, logs).ok()
    assert load(path)["ged_search_graph_soft"]["value"] == 1.166667
    put(path, {**load(path), "ged_search_graph_soft": own})
    postprocess(runlake, logs, "--recompute").ok()
    assert load(path)["ged_search_graph_soft"]["value"] == 1.166667


def test_what_histories_say_of_damaged_and_missing_ones(runlake, logs):
    folder = logs / "run-1" / "thm_000"
    (folder / "wild_type_history.json").write_text("{")
    (folder / "block_left_history.json").unlink()
    postprocess(runlake, logs).ok()
    told = {(one["theorem"], one["variant"]): one for one in load(logs / "run-1" / "search_metrics.json")["searches"]}
    assert sorted(told) == [("thm_000", "block_simp"), ("thm_001", "block_left"), ("thm_001", "block_simp"), ("thm_001", "wild_type")]
    alone = told["thm_000", "block_simp"]
    assert alone["trajectory"]["total_iterations"] == 2 and alone["trajectory_comparison"] is None and "wild_type_history.json" in alone["validity_notes"][0]
    left, simp = (told["thm_001", variant]["trajectory_comparison"] for variant in ("block_left", "block_simp"))
    assert left == {"divergence_iteration": None, "reconvergence_iteration": None, "recovery_iterations": None, "shared_prefix_length": 2, "reconverged": False}
    assert simp == {**left, "divergence_iteration": 1, "shared_prefix_length": 1}  # P, R beside P, Q
    # A lost file comes back, and another pass writes nothing.
    path = logs / "run-1" / "search_metrics.json"
    before = path.read_bytes()
    path.unlink()
    postprocess(runlake, logs).ok()
    assert path.read_bytes() == before
    postprocess(runlake, logs, "--only", "search_metrics", "--recompute").ok()
    assert path.read_bytes() == before


def test_only_one_metric(runlake, logs):
    postprocess(runlake, logs, "--only", "k_search_efficiency").ok()
    entry = intervention(load(logs / "run-1" / "summary.json.gz"), "block_simp")
    assert entry["ged_search_graph_soft"] == PLACEHOLDER and "goal_novelty" not in entry and entry["k_search_efficiency"]["valid"]
    assert postprocess(runlake, logs, "--only", "k_search_efficiency").ok().json["runs"][0]["state"] == "unchanged"
    assert postprocess(runlake, logs).ok().json["runs"][0]["state"] == "written"
    assert intervention(load(logs / "run-1" / "summary.json.gz"), "block_simp")["ged_search_graph_soft"]["valid"]
    assert postprocess(runlake, logs, "--only", "speed").status == 2


def test_packed_traces_count(runlake, project):
    make_solved_run(project / "logs" / "packed", packed_traces=True)
    postprocess(runlake, project / "logs").ok()
    efficiency = load(project / "logs" / "packed" / "thm_000" / "block_simp_comparison.json")["k_search_efficiency"]
    assert efficiency["primary"]["K"] == 0.30103 and efficiency["steps"]["trace_path"] == "block_simp_mcts_trace.jsonl.gz"


def test_placeholders_have_reasons(runlake, project):
    make_solved_run(project / "logs" / "text", scheme="text")
    make_solved_run(project / "logs" / "uncached")
    (project / "logs" / "uncached" / "goal_cache.json.gz").unlink()
    postprocess(runlake, project / "logs").ok()
    for run, reason in (("text", "text"), ("uncached", "goal_cache")):
        entry = intervention(load(project / "logs" / run / "summary.json.gz"), "block_simp")
        for metric in METRICS[:3]:
            assert entry[metric]["valid"] is False and entry[metric].get("value") is None
            assert "postprocess" in entry[metric]["validity_notes"][0] and reason in entry[metric]["validity_notes"][0]
    assert intervention(load(project / "logs" / "text" / "summary.json.gz"), "block_simp")["k_search_efficiency"]["valid"] is True
    # The cache comes: what was a placeholder is computed.
    make_solved_run(project / "other")
    shutil.copy(project / "other" / "goal_cache.json.gz", project / "logs" / "uncached")
    postprocess(runlake, project / "logs").ok()
    assert intervention(load(project / "logs" / "uncached" / "summary.json.gz"), "block_simp")["ged_search_graph_soft"]["value"] == 0.166667


def test_a_bad_theorem_costs_that_theorem(runlake, logs):
    folder = logs / "run-1" / "thm_000"
    (folder / "wild_type_history.json").write_text("{")
    (folder / "block_left_comparison.json").write_text("[1")
    (folder / "block_simp_graph.json").write_text('{"nodes": [{"id": "a"}], "edges": [{"source": "a", "target": "b"}]}')
    answer = postprocess(runlake, logs).ok().json
    assert len(answer["runs"][0]["errors"]) == 3 and all(error.startswith("thm_000: ") for error in answer["runs"][0]["errors"])
    summary = load(logs / "run-1" / "summary.json.gz")
    assert intervention(summary, "block_simp")["ged_search_graph_soft"]["valid"] is False
    assert intervention(summary, "block_simp")["solution_path_soft_distance"]["valid"] is False
    assert intervention(summary, "block_simp", 1)["ged_search_graph_soft"]["value"] == 0.166667
    assert (folder / "block_left_comparison.json").read_text() == "[1"
    assert load(logs / "run-1" / "postprocess_metrics.json")["valid"] is False


def test_a_pipe_is_not_waited_for(runlake, logs):
    os.mkfifo(logs / "run-1" / "postprocess_metrics.json")
    history = logs / "run-1" / "thm_000" / "wild_type_history.json"
    history.unlink()
    os.mkfifo(history)
    answer = postprocess(runlake, logs).ok().json
    assert answer["runs"][0]["state"] == "written"
    assert load(logs / "run-1" / "postprocess_metrics.json")["runs"]


def test_a_run_without_a_summary_fails_and_the_others_do_not(runlake, logs):
    make_solved_run(logs / "run-2")
    (logs / "run-2" / "summary.json.gz").rename(logs / "run-2" / "gone")
    answer = postprocess(runlake, logs)
    assert answer.status == 1
    states = {run["run_dir"]: run["state"] for run in answer.json["runs"]}
    assert states == {"run-1": "written", "run-2": "failed"}
    assert "summary.json.gz" in next(run["error"] for run in answer.json["runs"] if run["run_dir"] == "run-2")


def test_of_an_external_run_nothing_changes(runlake, project):
    make_solved_run(project / "logs" / "tptp", mode="external")
    before = tree(project / "logs")
    assert postprocess(runlake, project / "logs").ok().json["runs"][0]["state"] == "external"
    after = tree(project / "logs")
    assert {path: after[path] for path in before} == before


def test_several_providers_share_a_report(runlake, project):
    for provider in ("a", "b"):
        make_solved_run(project / "logs" / "multi" / f"provider={provider}")
    put(project / "logs" / "multi" / "run_config.json", {"providers": ["a", "b"]})
    postprocess(runlake, project / "logs").ok()
    report = load(project / "logs" / "multi" / "postprocess_metrics.json")
    assert [run["run_dir"] for run in report["runs"]] == ["provider=a", "provider=b"] and [run["provider"] for run in report["runs"]] == ["a", "b"]
    assert report["inputs"] == {"summary_sha256": None, "goal_cache_sha256": None}
    assert not (project / "logs" / "multi" / "provider=a" / "postprocess_metrics.json").exists()
    assert {run["state"] for run in postprocess(runlake, project / "logs").ok().json["runs"]} == {"unchanged"}


def test_the_same_bytes_whatever_the_threads_and_the_place(runlake, project):
    made = {}
    for jobs in ("1", "4"):
        root = project / f"place-{jobs}" / "logs"
        for number in range(5):
            make_solved_run(root / f"run-{number}", theorems=3)
        postprocess(runlake, root, "--jobs", jobs).ok()
        made[jobs] = {path: json.loads(data) | {"computed_at": None} if path.name == "postprocess_metrics.json" else data for path, data in tree(root).items()}
    assert made["1"] == made["4"]


def test_a_pass_that_was_killed_is_taken_up(runlake, project):
    """Killed before each write in turn: no reader ever finds half a file, and the next pass ends where an undisturbed one does."""
    make_solved_run(project / "whole" / "run-1")
    postprocess(runlake, project / "whole").ok()
    expected = {path: data for path, data in tree(project / "whole").items() if path.name != "postprocess_metrics.json"}
    for turn in (1, 4, 9, 14, 18):
        logs = project / f"logs-{turn}"
        make_solved_run(logs / "run-1")
        killed = postprocess(runlake, logs, "--jobs", "1", env={"RUNLAKE_FAULT": f"postprocess.write:kill:{turn}"})
        assert killed.status != 0
        for path in list(logs.rglob("*.json")) + list(logs.rglob("*.json.gz")):
            load(path)
        postprocess(runlake, logs).ok()
        after = {path: data for path, data in tree(logs).items() if path.name != "postprocess_metrics.json" and ".tmp" not in path.name and not path.name.startswith(".")}
        assert after == expected


def test_a_full_disk_is_said_and_changes_nothing_else(runlake, logs):
    before = tree(logs)
    answer = postprocess(runlake, logs, env={"RUNLAKE_FAULT": "postprocess.write:enospc:1+"})
    assert answer.status != 0
    assert tree(logs) == before
    postprocess(runlake, logs).ok()


def test_generated_logs_of_every_shape(runlake, project):
    make_proof_logs.make(project / "logs", runs=6, theorems=2)
    answer = postprocess(runlake, project / "logs")
    states = [run["state"] for run in answer.json["runs"]]
    assert answer.status == 0 and sorted(states) == ["basin-only", "external"] + ["written"] * 5, states
    before = tree(project / "logs")
    postprocess(runlake, project / "logs")
    assert tree(project / "logs") == before


def test_no_such_folder(runlake, project):
    assert postprocess(runlake, project / "nowhere").status == 3
    assert os.listdir(project) is not None
