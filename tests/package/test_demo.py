# SPDX-License-Identifier: Apache-2.0
"""`make demo` records four real stages below one pipeline, and shows them."""
import json
import os

from conftest import SOURCE, call


def test_the_demonstration_records_what_it_says(tmp_path):
    place = tmp_path / "demo"
    binary = os.environ["RUNLAKE_BIN"]
    done = call(SOURCE / "examples" / "demo" / "demo", env={"RUNLAKE_BIN": binary, "DEMO_DIR": place})
    assert "loss" in done.stdout and "NotGoodEnough" in done.stdout
    assert done.stderr.count("Traceback") == 1, done.stderr
    runs = {run["stage"]: run for run in json.loads(call(binary, "runs", "list", "--json", cwd=place).stdout)["runs"]}
    assert {stage: run["status"] for stage, run in runs.items()} == {
        "pipeline": "failed", "generate": "completed", "clean": "degraded", "fit": "completed", "report": "failed"}
    assert (runs["clean"]["rows_in"], runs["clean"]["rows_out"]) == (2000, 1970)
    parents = json.loads(call(binary, "runs", "sql", "SELECT count(*) FROM run_details WHERE parent_run_id IS NOT NULL", "--json", cwd=place).stdout)
    assert parents["rows"] == [[4]]
    # Again in the same place, and refused where something else is.
    call(SOURCE / "examples" / "demo" / "demo", env={"RUNLAKE_BIN": binary, "DEMO_DIR": place})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("precious")
    assert call(SOURCE / "examples" / "demo" / "demo", env={"RUNLAKE_BIN": binary, "DEMO_DIR": tmp_path / "mine"}, check=False).returncode == 1
    assert (tmp_path / "mine" / "file").read_text() == "precious"
