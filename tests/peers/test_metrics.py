# SPDX-License-Identifier: Apache-2.0
"""Distances of trees are those of zss and apted, distances of graphs those of networkx."""
import os

import pytest

import metrics_cases
import peers


@pytest.fixture
def python():
    return peers.python_with_metrics()


def ours(cases):
    return metrics_cases.answers([os.environ["RUNLAKE_METRICS_TOOL"]], cases)


def test_trees(python):
    cases = metrics_cases.tree_cases(60, 24)
    for case, own, other in zip(cases, ours(cases), metrics_cases.of_peers(python, cases)):
        assert own["value"] == other["zss"][0] == other["apted"][0], case


def test_deep_trees_whose_paths_are_chosen(python):
    """Deep enough that a strategy is followed instead of one side."""
    cases = metrics_cases.tree_cases(6, 220, seed=3, back=3)
    answers = ours(cases)
    assert any(own["way"] == "chosen" for own in answers)
    for case, own, other in zip(cases, answers, metrics_cases.of_peers(python, cases, ["apted"])):
        assert own["value"] == other["apted"][0]


def test_graphs(python):
    cases = metrics_cases.graph_cases(25, 5)
    for case, own, other in zip(cases, ours(cases), metrics_cases.of_peers(python, cases)):
        assert own["exact"] and own["value"] == other["networkx"][0], case
