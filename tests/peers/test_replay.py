# SPDX-License-Identifier: Apache-2.0
"""LightGBM and XGBoost under replay: pinned, two trainings give the same model bit by bit; un-pinned they spread, and the envelope says how far."""

import json
import os
import sys
from pathlib import Path

import peers
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from replay_support import errors_of, knobs_of, verdicts, write_spec  # noqa: E402

SOURCE = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2]))

TRAIN = """\
import sys
sys.path.insert(0, {helper!r})
import lightgbm, numpy, replay
rng = numpy.random.default_rng(7)
x = rng.normal(size=(1500, 12)).astype("float32")
y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(scale=1.5, size=1500) > 0).astype(int)
pinned = replay.parameters()
params = {{"objective": "binary", "verbosity": -1, "bagging_fraction": 0.5, "bagging_freq": 1, "num_leaves": 15, **pinned}}
params.setdefault("seed", int.from_bytes(__import__("os").urandom(3), "big"))  # as production does
model = lightgbm.train(params, lightgbm.Dataset(x[:1000], y[:1000]), num_boost_round=25)
model.save_model("model.txt")
guess = model.predict(x[1000:]) > 0.5
hits = int((guess & (y[1000:] == 1)).sum())
replay.report(f1=2 * hits / int(guess.sum() + y[1000:].sum()), effective={{name: model.params.get(name) for name in pinned}})
"""


XGBOOST = """\
import sys
sys.path.insert(0, {helper!r})
import json, os, numpy, replay, xgboost
rng = numpy.random.default_rng(7)
x = rng.normal(size=(1500, 12)).astype("float32")
y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(scale=1.5, size=1500) > 0).astype(int)
pinned = replay.parameters()
params = {{"objective": "binary:logistic", "subsample": 0.5, "max_depth": 4, **pinned}}
params.setdefault("seed", int.from_bytes(os.urandom(3), "big"))
model = xgboost.train(params, xgboost.DMatrix(x[:1000], y[:1000]), num_boost_round=15)
model.save_model("model.json")
guess = model.predict(xgboost.DMatrix(x[1000:])) > 0.5
hits = int((guess & (y[1000:] == 1)).sum())
learner = json.loads(model.save_config())["learner"]
said = {{**learner["generic_param"], **learner["gradient_booster"]["gbtree_train_param"]}}
replay.report(f1=2 * hits / int(guess.sum() + y[1000:].sum()), effective={{name: said.get(name) for name in pinned}})
"""


@pytest.fixture
def training(project):
    (project / "train.py").write_text(TRAIN.format(helper=str(SOURCE / "python" / "runlake")))
    (project / ".gitignore").write_text("model.txt\n")
    return {"name": "lightgbm", "command": [peers.python_with_lightgbm(), "train.py"], "metric": "f1", "artifacts": ["model.txt"], "inputs": [], "pins": {"presets": ["lightgbm"]}}


def test_pinned_it_passes_with_every_knob_asked_back(runlake, project, training):
    write_spec(project, [training])
    done = runlake("replay", "run", "spec.yaml")
    verdict = verdicts(project)["lightgbm"]
    assert errors_of(verdict) == [None, None], (done.err, verdict["replays"][0]["error"])
    assert verdict["det_delta"] == 0 and verdict["warnings"] == []
    knobs = knobs_of(verdict)
    assert knobs["OMP_NUM_THREADS"] == "1" and knobs["PYTHONHASHSEED"] == "0"
    assert {name: knobs[f"parameters.{name}"] for name in ("deterministic", "force_row_wise", "num_threads", "seed")} == {
        "deterministic": "true", "force_row_wise": "true", "num_threads": "1", "seed": "0"}


def test_xgboost_says_what_it_made_of_its_pins(runlake, project):
    (project / "train.py").write_text(XGBOOST.format(helper=str(SOURCE / "python" / "runlake")))
    (project / ".gitignore").write_text("model.json\n")
    cell = {"command": [peers.python_with_xgboost(), "train.py"], "metric": "f1", "artifacts": ["model.json"], "inputs": []}
    write_spec(project, [{**cell, "name": "pinned", "pins": {"presets": ["xgboost"]}}, {**cell, "name": "free", "replicas": 6}])   # two of them may come upon the same score
    done = runlake("replay", "run", "spec.yaml", timeout=600)
    pinned, free = verdicts(project)["pinned"], verdicts(project)["free"]
    assert errors_of(pinned) == [None, None], (done.err, pinned["replays"][0]["error"])
    assert (pinned["det_ulp"], pinned["artifacts_differ"]) == (0, []) and free["det_status"] == "FAIL"
    knobs = knobs_of(pinned)
    assert {name: knobs[f"parameters.{name}"] for name in ("nthread", "seed", "tree_method")} == {"nthread": "1", "seed": "0", "tree_method": "hist"}
    assert knobs["OMP_NUM_THREADS"] == "1"


def test_unpinned_it_fails_and_has_an_envelope(runlake, project, training):
    write_spec(project, [{**training, "pins": {}, "replicas": 6}])
    assert runlake("replay", "run", "spec.yaml").status == 10
    assert verdicts(project)["lightgbm"]["verdict"] == "NON_DETERMINISTIC"
    runlake("replay", "envelope", "spec.yaml").ok()
    (path,) = (project / ".runlake" / "epsilon").glob("*.json")
    envelope = json.loads(path.read_text())
    assert len(envelope["values"]) == 10 and len(set(envelope["values"])) > 1


def test_a_model_that_was_told_and_does_not_listen_is_an_error(runlake, project, training):
    text = (project / "train.py").read_text().replace('**pinned}', '**pinned, "num_threads": 2}')
    (project / "train.py").write_text(text)
    write_spec(project, [training])
    assert runlake("replay", "run", "spec.yaml").status == 12
    assert verdicts(project)["lightgbm"]["replays"][0]["error"]["detail"] == "parameters.num_threads was pinned to 1, and the program says 2"
