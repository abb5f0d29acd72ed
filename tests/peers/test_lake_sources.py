# SPDX-License-Identifier: Apache-2.0
"""The lake over stores that MLflow, signac, DVC and Hydra wrote themselves, each asked afterwards what is in its own store."""

import json
import subprocess

import peers

MLFLOW = """
import json, mlflow, os
from mlflow.tracking import MlflowClient
os.chdir(os.environ["WHERE"])
client = MlflowClient(tracking_uri="file:" + os.path.join(os.environ["WHERE"], "mlruns"))
heights = client.create_experiment("heights", tags={"kind": "test"})
gone = client.create_experiment("gone")
ids = []
for n in range(4):
    run = client.create_run(heights if n < 3 else gone, run_name=["1e5", "0x10", "null", "yes: no"][n], tags={"odd": "a: b\\n#c"}).info.run_id
    ids.append(run)
    client.log_param(run, "lr", 10.0 ** -n)
    client.log_param(run, "model/depth", "two words")
    client.log_param(run, "text", "caf\\u00e9 'quoted' \\"twice\\"")
    for step in range(5):
        client.log_metric(run, "loss", [1.5, float("nan"), float("inf"), 0.25, 1e-300][step], step=step, timestamp=1700000000000 + step)
    client.log_metric(run, "val/acc", 0.5)
client.set_terminated(ids[0], "FINISHED")
client.set_terminated(ids[1], "FAILED")
client.set_terminated(ids[2], "KILLED")
client.delete_run(ids[2])
client.delete_experiment(gone)
out = {}
for run_id in ids:
    run = client.get_run(run_id)
    series = {key: [[None if m.value != m.value else m.value, m.timestamp, m.step] for m in client.get_metric_history(run_id, key)] for key in run.data.metrics}
    out[run_id] = {"name": run.info.run_name, "status": run.info.status, "stage": run.info.lifecycle_stage, "start": run.info.start_time, "end": run.info.end_time,
                   "experiment": run.info.experiment_id, "params": run.data.params, "tags": run.data.tags, "series": series}
print(json.dumps(out))
"""

MLFLOW_3 = """
import json, mlflow, os
from mlflow.tracking import MlflowClient
os.chdir(os.environ["WHERE"])
mlflow.set_tracking_uri("file:" + os.path.join(os.environ["WHERE"], "mlruns"))
mlflow.set_experiment("three")
mlflow.set_experiment_tag("kind", "test")
client = MlflowClient()
with mlflow.start_run(run_name="with a model") as run:
    model = mlflow.initialize_logged_model(name="net", model_type="agent", params={"depth": "3"}, tags={"t": "v"})
    for step in range(3):
        mlflow.log_metric("acc", step / 4, step=step, model_id=model.model_id)
    mlflow.finalize_logged_model(model.model_id, "READY")
    @mlflow.trace
    def twice(x):
        with mlflow.start_span("deep", span_type="TOOL", attributes={"a": [1]}) as span:
            span.set_inputs({"q": x})
        return 2 * x
    twice(4)
mlflow.flush_trace_async_logging()
(trace,) = mlflow.search_traces(return_type="list")
mlflow.set_trace_tag(trace.info.trace_id, "k", "v")
mlflow.log_feedback(trace_id=trace.info.trace_id, name="good", value=True, rationale="because")
mlflow.log_expectation(trace_id=trace.info.trace_id, name="wanted", value={"a": 1})
client.create_registered_model("owl", tags={"a": "b"})
client.create_model_version("owl", "models:/" + model.model_id, run_id=run.info.run_id)
client.set_registered_model_alias("owl", "champ", 1)
model = client.get_logged_model(model.model_id)
trace = client.get_trace(trace.info.trace_id)
spans = [[s.span_id, s.parent_id, s.name, s.span_type, s.status.status_code.value, s.end_time_ns - s.start_time_ns, s.inputs, s.outputs] for s in trace.data.spans]
trace = trace.info
print(json.dumps({"run": run.info.run_id, "model": [model.model_id, model.name, model.model_type, str(model.status), model.source_run_id, model.creation_timestamp, model.last_updated_timestamp],
                  "params": model.params, "points": [[m.key, m.value, m.step, m.timestamp, m.run_id] for m in model.metrics or []],
                  "trace": [trace.trace_id, str(trace.state.value), trace.request_time, trace.execution_duration, trace.request_preview, trace.response_preview],
                  "metadata": trace.trace_metadata, "spans": spans, "assessments": sorted([a.name, a.value, a.rationale, a.source.source_type] for a in trace.assessments)}))
"""

HYDRA = """
import hydra, json
@hydra.main(version_base=None, config_path="conf", config_name="config")
def train(cfg):
    with open(hydra.core.hydra_config.HydraConfig.get().runtime.output_dir + "/metrics.json", "w") as file:
        json.dump({"loss": cfg.lr * 2}, file)
train()
"""

SIGNAC = """
import json, signac
project = signac.init_project()
out = {}
for seed in range(3):
    job = project.open_job({"seed": seed, "model": {"lr": 1e-05, "layers": [1, 2]}, "on": True, "none": None}).init()
    job.doc.energy = -seed / 2
    job.doc.deep = {"a": {"b": seed}}
    out[job.id] = {"statepoint": job.statepoint(), "document": dict(job.doc())}
print(json.dumps(out))
"""

DVC_YAML = """\
stages:
  fit:
    cmd: mkdir -p out && python3 fit.py ${lr} > out/fit.json
    params: [lr, model.depth]
    deps: [fit.py]
    metrics: [out/fit.json: {cache: false}]
  each:
    foreach: [us, br]
    do:
      cmd: 'echo "acc: 0.5" > scores-${item}.yaml'
      metrics: ['scores-${item}.yaml']
  deep:
    wdir: sub
    cmd: 'echo {\\"d\\": 1} > deep.json'
    metrics: [deep.json]
"""


def rows(runlake, sql):
    return runlake("--json", "lake", "sql", sql).ok().json["rows"]


def python(interpreter, code, cwd, **env):
    done = subprocess.run([interpreter, "-c", code], cwd=cwd, env={"PATH": "/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8", **{k: str(v) for k, v in env.items()}},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_mlflow(runlake, project):
    """Experiments and runs, deleted ones too, with everything that MLflow's own client says of them."""
    said = json.loads(python(peers.python_with_mlflow(), MLFLOW, project, WHERE=project))
    runlake("lake", "reconcile", "--logs-dir", "mlruns").ok()
    assert rows(runlake, "SELECT * FROM extract_errors") == []
    got = {row[0]: row[1:] for row in rows(runlake, "SELECT run_id, run_name, status, lifecycle_stage, epoch_ms(start_time), epoch_ms(end_time), experiment_id FROM mlflow_runs")}
    # MLflow marks the runs of a deleted experiment only when it is asked of them.
    assert got == {run_id: [run["name"], run["status"], got[run_id][2], run["start"], run["end"], run["experiment"]] for run_id, run in said.items()}
    assert sorted(row[2] for row in got.values())[-1] == "deleted"
    for table, part in (("mlflow_params", "params"), ("mlflow_tags", "tags")):
        assert sorted(rows(runlake, f"SELECT run_id, key, t.value FROM {table} t JOIN mlflow_runs USING (run_key)")) == sorted(
            [run_id, key, value] for run_id, run in said.items() for key, value in run[part].items())
    points = rows(runlake, "SELECT run_id, key, CASE WHEN isinf(m.value) THEN NULL ELSE m.value END, epoch_ms(\"timestamp\"), step FROM mlflow_metrics m JOIN mlflow_runs USING (run_key) "
                           "ORDER BY run_id, key, position")
    assert points == [[run_id, key, None if point[0] == float("inf") else point[0], *point[1:]]
                      for run_id, run in sorted(said.items()) for key in sorted(run["series"]) for point in run["series"][key]]
    assert sorted(row[0] for row in rows(runlake, "SELECT name FROM mlflow_experiments")) == ["Default", "gone", "heights"]


def test_mlflow_3(runlake, project):
    """What MLflow 3 keeps beside runs: logged models, traces and their assessments, registered models."""
    said = json.loads(python(peers.python_with_mlflow("mlflow3"), MLFLOW_3, project, WHERE=project, MLFLOW_ALLOW_FILE_STORE="true").splitlines()[-1])
    runlake("lake", "reconcile", "--logs-dir", "mlruns").ok()
    assert rows(runlake, "SELECT * FROM extract_errors") == []
    assert rows(runlake, "SELECT run_id, name, state FROM all_runs") == [[said["run"], "with a model", "completed"]]
    assert rows(runlake, "SELECT model_id, name, model_type, status, source_run_id, epoch_ms(creation_time), epoch_ms(last_update_time) FROM mlflow_logged_models") == [said["model"]]
    assert dict(rows(runlake, "SELECT key, value FROM mlflow_logged_model_params")) == said["params"]
    points = rows(runlake, "SELECT key, value, step, epoch_ms(\"timestamp\"), run_id FROM mlflow_logged_model_metrics ORDER BY position")
    assert [point[:3] for point in points] == [["acc", step / 4, step] for step in range(3)] and all(point in points for point in said["points"]) and {point[4] for point in points} == {said["run"]}
    assert rows(runlake, "SELECT trace_id, state, epoch_ms(request_time), duration_ms, request_preview, response_preview FROM mlflow_traces") == [said["trace"]]
    assert dict(rows(runlake, "SELECT key, value FROM mlflow_trace_values WHERE kind = 'metadata'")) == said["metadata"]
    got = rows(runlake, "SELECT span_id, parent_span_id, name, span_type, status, duration_ns, inputs, outputs FROM mlflow_spans ORDER BY position")
    assert [[*one[:6], *(None if text is None else json.loads(text) for text in one[6:])] for one in got] == said["spans"] and len(got) == 2
    assert rows(runlake, "SELECT attributes->'a' FROM mlflow_spans WHERE name = 'deep'") == [["[1]"]]
    assert ["k", "v"] in rows(runlake, "SELECT key, value FROM mlflow_trace_values WHERE kind = 'tag'")
    assert [[name, json.loads(value), *rest] for name, value, *rest in rows(runlake, "SELECT name, value, rationale, source_type FROM mlflow_assessments ORDER BY name")] == said["assessments"]
    assert rows(runlake, "SELECT m.name, aliases, v.version, run_id, model_id, key, t.value FROM mlflow_registered_models m JOIN mlflow_model_versions v USING (models_key, name) "
                         "JOIN mlflow_registered_tags t USING (models_key, name)") == [["owl", '{"champ":"1"}', "1", said["run"], None, "a", "b"]]
    assert rows(runlake, "SELECT key, value FROM mlflow_experiment_tags") == [["kind", "test"]]
    assert [row[0] for row in rows(runlake, "SELECT source_type FROM mlflow_inputs")] == ["MODEL"]


def test_hydra(runlake, project):
    """A run and a multirun: configuration, overrides, and the metrics beside them."""
    (project / "conf").mkdir()
    (project / "conf" / "config.yaml").write_text("lr: 0.1\nmodel: {depth: 3, name: big}\nwhere: ${hydra:job.name}\n")
    (project / "train.py").write_text(HYDRA)
    for words in (["lr=0.5", "+extra=a b"], ["-m", "lr=0.25,0.125"]):
        done = subprocess.run([peers.python_with_hydra(), "train.py", *words], cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    runlake("lake", "reconcile", "--logs-dir", "outputs", "--logs-dir", "multirun").ok()
    assert rows(runlake, "SELECT * FROM extract_errors") == []
    got = [(name, json.loads(params), json.loads(metrics)["loss"]) for name, params, metrics in rows(runlake, "SELECT name, params, metrics FROM all_runs WHERE source = 'hydra'")]
    base = {"model.depth": 3, "model.name": "big", "where": "${hydra:job.name}"}
    assert sorted(got, key=str) == sorted([("train", {"extra": "a b", "lr": 0.5, **base}, 1.0), ("train", {"lr": 0.25, **base}, 0.5), ("train", {"lr": 0.125, **base}, 0.25)], key=str)
    assert sorted(rows(runlake, "SELECT mode, job_num FROM hydra_runs"), key=str) == sorted([["RUN", None], ["MULTIRUN", 0], ["MULTIRUN", 1]], key=str)
    assert ["lr=0.5", "+extra=a b"] == [row[0] for row in rows(runlake, "SELECT override FROM hydra_overrides JOIN hydra_runs USING (run_key) WHERE mode = 'RUN' ORDER BY position")]


def test_signac(runlake, project):
    """State points and documents of both generations."""
    for major in (2, 1):
        folder = project / f"signac{major}"
        folder.mkdir()
        code = SIGNAC if major == 2 else SIGNAC.replace("signac.init_project()", "signac.init_project('lab')")
        said = json.loads(python(peers.python_with_signac(major), code, folder))
        runlake("lake", "reconcile", "--logs-dir", folder).ok()
        where = f"JOIN lake_units u ON u.unit_key = j.run_key WHERE u.dir LIKE '%/signac{major}/%'"
        got = {job: json.loads(text) for job, text in rows(runlake, f"SELECT job_id, statepoint FROM signac_jobs j {where}")}
        assert got == {job: one["statepoint"] for job, one in said.items()}
        metrics = {job: json.loads(text) for job, text in rows(runlake, f"SELECT run_id, metrics FROM all_runs j {where}")}
        assert metrics == {job: {"energy": one["document"]["energy"], "deep.a.b": one["document"]["deep"]["a"]["b"]} for job, one in said.items()}
    assert rows(runlake, "SELECT * FROM extract_errors") == []


def test_dvc(runlake, project, tmp_path):
    """Stages, parameters and metrics as `dvc metrics show` and the lock say them."""
    (project / "fit.py").write_text("import sys, json\nprint(json.dumps({'loss': float(sys.argv[1]) * 2, 'by': {'a': 1}}))\n")
    (project / "params.yaml").write_text("lr: 0.25\nmodel: {depth: 3}\n")
    (project / "dvc.yaml").write_text(DVC_YAML)
    (project / "sub").mkdir()
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8", "DVC_NO_ANALYTICS": "1"}

    def dvc(*words):
        done = subprocess.run([peers.dvc(), *words], cwd=project, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    dvc("init", "-q")
    dvc("repro")
    runlake("lake", "reconcile", "--logs-dir", ".").ok()
    assert rows(runlake, "SELECT * FROM extract_errors") == []
    shown = json.loads(dvc("metrics", "show", "--json"))[""]["data"]
    got = {}
    for path, name, value in rows(runlake, "SELECT path, name, \"value\" FROM dvc_metrics"):
        got.setdefault(path, {})[name] = json.loads(value)
    assert got == {path: {"by.a": 1, "loss": 0.5} if path == "out/fit.json" else one["data"] for path, one in shown.items()} and len(got) == 4
    assert [[name, json.loads(params), json.loads(metrics)] for name, params, metrics in rows(runlake, "SELECT name, params, metrics FROM all_runs WHERE source = 'dvc' ORDER BY name")] == [
        ["deep", {}, {"d": 1}], ["each@br", {}, {"acc": 0.5}], ["each@us", {}, {"acc": 0.5}], ["fit", {"lr": 0.25, "model.depth": 3}, {"by.a": 1, "loss": 0.5}]]
