# SPDX-License-Identifier: Apache-2.0
"""TensorFlow and PyTorch under replay: pinned by their presets, two trainings end in the same bits; un-pinned they do not. Skipped where they are absent: `tools/setup frameworks`."""

import os
import sys
from pathlib import Path

import peers
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from replay_support import PYTHON, errors_of, knobs_of, verdicts, write_spec  # noqa: E402

SOURCE = Path(os.environ.get("RUNLAKE_SOURCE", Path(__file__).resolve().parents[2]))
BEGIN = f"import sys\nsys.path.insert(0, {str(SOURCE / 'python' / 'runlake')!r})\nimport replay\npinned = replay.parameters()\n"

TENSORFLOW = """\
import numpy, os, tensorflow as tf
from tensorflow.python.framework import config
if pinned:
    tf.config.experimental.enable_op_determinism()
    tf.keras.utils.set_random_seed(pinned["random_seed"])
x = numpy.random.default_rng(7).normal(size=(400, 12)).astype("float32")
y = (x[:, 0] + x[:, 1] > 0).astype("float32")[:, None]
w, v = tf.Variable(tf.random.normal((12, 8))), tf.Variable(tf.random.normal((8, 1)))
for step in range(20):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, tf.nn.dropout(tf.nn.relu(x @ w), 0.2) @ v))
    for variable, gradient in zip((w, v), tape.gradient(loss, (w, v))):
        variable.assign_sub(0.1 * gradient)
replay.report(loss=float(loss), effective={"op_determinism": config.is_op_determinism_enabled(), "random_seed": pinned.get("random_seed")})
"""
PYTORCH = """\
import torch
if pinned:
    torch.manual_seed(pinned["manual_seed"])
    torch.use_deterministic_algorithms(pinned["deterministic_algorithms"])
    torch.backends.cudnn.benchmark = pinned["cudnn_benchmark"]
    torch.set_num_threads(pinned["num_threads"])
x = torch.randn(400, 12)
y = (x[:, 0] + x[:, 1] > 0).float()
net = torch.nn.Sequential(torch.nn.Linear(12, 16), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(16, 1))
descent = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(20):
    descent.zero_grad()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x)[:, 0], y)
    loss.backward()
    descent.step()
replay.report(loss=float(loss), effective={"manual_seed": torch.initial_seed(), "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
                                           "cudnn_benchmark": torch.backends.cudnn.benchmark, "num_threads": torch.get_num_threads()})
"""


def frameworks():
    tensorflow, pytorch = peers.python_with_tensorflow(), peers.pytorch()
    found = {}
    if tensorflow:
        found["tensorflow"] = (tensorflow, TENSORFLOW, {})
    if pytorch:
        found["pytorch"] = (PYTHON, PYTORCH, pytorch)
    return found


@pytest.mark.parametrize("name", ["tensorflow", "pytorch"])
def test_pinned_it_passes_and_unpinned_it_does_not(runlake, project, name):
    if name not in frameworks():
        pytest.skip(f"{name} is not there: tools/setup frameworks fetches it")
    python, training, env = frameworks()[name]
    (project / "train.py").write_text(BEGIN + training)
    cell = {"command": [python, "train.py"], "metric": "loss", "inputs": []}
    write_spec(project, [{**cell, "name": "pinned", "pins": {"presets": [name]}}, {**cell, "name": "free"}])
    done = runlake("replay", "run", "spec.yaml", env=env, timeout=1800)
    pinned, free = verdicts(project)["pinned"], verdicts(project)["free"]
    assert errors_of(pinned) == [None, None], (done.err, pinned["replays"][0]["error"])
    assert (pinned["det_status"], pinned["det_ulp"]) == ("PASS", 0)
    assert free["verdict"] == "NON_DETERMINISTIC"
    knobs = knobs_of(pinned)
    if name == "tensorflow":
        assert knobs["TF_NUM_INTRAOP_THREADS"] == "1" and knobs["parameters.op_determinism"] == "true"
    else:
        assert knobs["OMP_NUM_THREADS"] == "1" and knobs["parameters.deterministic_algorithms"] == "true"
